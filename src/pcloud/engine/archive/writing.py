"""Write a volume, row by row (spec 21 §2)."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from pcloud.engine.archive.chain import Link
from pcloud.engine.archive.coding import encode
from pcloud.engine.archive.rows import End, Row
from pcloud.wire.files.archive import Sealer
from pcloud.wire.manifest import Manifest


class Writer:
    """One volume as it is written. What it gives, joined, is the volume; it holds no more than a piece."""

    def __init__(self, manifest: Manifest, public: bytes, secret: bytes, nonce: bytes) -> None:
        """Seal to the manifest key `public`; `secret` is 32 and `nonce` 12 fresh bytes, for this volume."""
        self._manifest = manifest
        self._sealer = Sealer(manifest, public, secret, nonce)
        self._rows = 0
        self._upto = manifest.after
        self._digest = sha256()

    def begin(self) -> bytes:
        """The first bytes."""
        return self._summed(self._sealer.opening)

    def add(self, rows: Iterable[Row]) -> bytes:
        """Take rows; gives the bytes that are ready, often none."""
        ready: list[bytes] = []
        for row in rows:
            ready.append(self._sealer.add(encode(row)))
            self._rows += 1
        return self._summed(b"".join(ready))

    def end(self, upto: int) -> Iterator[bytes]:
        """The last bytes. `upto` is the number of the newest entry that the volume, or one before, has."""
        self._upto = upto
        yield self._summed(self._sealer.add(encode(End(upto, self._rows))))
        for piece in self._sealer.end():
            yield self._summed(piece)

    def link(self) -> Link:
        """What the next volume of the chain builds on, once this one has ended."""
        return Link(self._manifest.number, self._manifest.base, self._digest.digest(), self._upto)

    def _summed(self, data: bytes) -> bytes:
        self._digest.update(data)
        return data
