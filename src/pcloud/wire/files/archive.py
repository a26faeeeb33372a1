"""A volume of the archive as bytes: a line, a sealed head, and a stream that only its key opens (spec 21 §2).

The stream is libsodium's secretstream (XChaCha20-Poly1305), as published: its pieces open only in their
order, none of them under another head, and the last one is marked, so that a volume cut short is seen.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, NamedTuple

import nacl.bindings as sodium
from nacl.exceptions import RuntimeError as SodiumError

from pcloud.errors import Code, Violation
from pcloud.limits import ARCHIVE_HEAD_BYTES_MAX, ARCHIVE_ROW_BYTES_MAX, ARCHIVE_TEXT_BYTES_MIN
from pcloud.wire import cbor, keys, labels
from pcloud.wire.files.stream import Stream, content_of, framed, take_framed
from pcloud.wire.keys import HybridKey
from pcloud.wire.manifest import Manifest, open_manifest, read_manifest, seal_manifest, write_manifest
from pcloud.wire.padding import padme
from pcloud.wire.shape import shape

MAGIC: Final = b"pcloud-archive/1\n"
"""The first bytes of a volume; the number in them is the protocol version."""
_FAMILY: Final = b"pcloud-archive/"
"""What the volumes of every version begin with."""

_HEADER_BYTES: Final = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_TAG_BYTES: Final = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
_MIDDLE: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
SEALED_BYTES: Final = 65_536
"""A piece of the stream as it stands in a volume; the last may be shorter."""
TEXT_BYTES: Final = SEALED_BYTES - _TAG_BYTES
"""What a whole piece opens to."""


def _stream_key(secret: bytes, head: bytes) -> bytes:
    return keys.hkdf(secret, cbor.encode([labels.ARCHIVE_STREAM, sha256(head).digest()]))


# Writing


class Sealer:
    """Seals one volume, row by row. It holds no more than a piece and a row."""

    def __init__(self, manifest: Manifest, public: bytes, secret: bytes, nonce: bytes) -> None:
        """Seal to the manifest key `public`; `secret` is 32 and `nonce` 12 fresh bytes, for this volume only.

        What libsodium puts in front of the stream is random too: two volumes of one content differ.
        """
        head = seal_manifest(public, write_manifest(manifest), secret, nonce)
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        header = sodium.crypto_secretstream_xchacha20poly1305_init_push(
            self._state, _stream_key(secret, head)
        )
        self.opening = MAGIC + framed(head) + header
        """The first bytes of the volume."""
        self._text = bytearray()
        self._size = 0

    def add(self, row: bytes) -> bytes:
        """Take an encoded row; gives the bytes that are ready, often none."""
        assert len(row) <= ARCHIVE_ROW_BYTES_MAX, "messages and relationships are bounded"
        return self._take(framed(row))

    def end(self) -> Iterator[bytes]:
        """The last bytes, after the last row, in pieces: what fills up a large volume is large too."""
        left = padme(max(self._size, ARCHIVE_TEXT_BYTES_MIN)) - self._size
        while left:
            zeros = min(left, TEXT_BYTES)
            yield self._take(bytes(zeros))
            left -= zeros
        yield self._push(bytes(self._text), _FINAL)

    def _take(self, text: bytes) -> bytes:
        self._text += text
        self._size += len(text)
        ready: list[bytes] = []
        while len(self._text) > TEXT_BYTES:  # what is last stays, for it is marked
            ready.append(self._push(bytes(self._text[:TEXT_BYTES]), _MIDDLE))
            del self._text[:TEXT_BYTES]
        return b"".join(ready)

    def _push(self, text: bytes, tag: int) -> bytes:
        return sodium.crypto_secretstream_xchacha20poly1305_push(self._state, text, tag=tag)


# Reading


class Sealed(NamedTuple):
    """A volume as it is read: what it is, and its rows as they come."""

    manifest: Manifest
    rows: Iterator[bytes]


def read_head(key: HybridKey, pieces: Iterable[bytes]) -> Manifest:
    """What a volume is, from its first bytes alone. Raises Violation at stages form and authentic."""
    return _head(key, Stream(pieces))[0]


def open_volume(key: HybridKey, pieces: Iterable[bytes]) -> Sealed:
    """Read a volume in pieces of any length. Raises Violation, here and as rows are taken.

    That the volume is whole is known only once the rows have ended.
    """
    stream = Stream(pieces)
    manifest, stream_key = _head(key, stream)
    return Sealed(manifest, _rows(stream, stream_key))


def _head(key: HybridKey, stream: Stream) -> tuple[Manifest, bytes]:
    line = stream.take(len(MAGIC))
    if line != MAGIC:
        if line.startswith(_FAMILY):
            raise Violation(Code.VERSION_UNKNOWN, "version of the volume")
        raise shape("first line")
    head = content_of(take_framed(stream, ARCHIVE_HEAD_BYTES_MAX))
    secret, content = open_manifest(key, head)
    return read_manifest(content), _stream_key(secret, head)


def _rows(stream: Stream, stream_key: bytes) -> Iterator[bytes]:
    text = Stream(_opened(stream, stream_key))
    size = 0
    while text.next_byte() not in (None, _FILLER):
        record = take_framed(text, ARCHIVE_ROW_BYTES_MAX)
        size += len(record)
        yield content_of(record)
    padded = size
    while not text.is_over():
        filler = text.up_to(TEXT_BYTES)
        padded += len(filler)
        if filler.count(_FILLER) != len(filler):
            raise Violation(Code.PADDING, "filler")
    if padded != padme(max(size, ARCHIVE_TEXT_BYTES_MIN)):
        raise Violation(Code.PADDING, "length")


_FILLER: Final = 0
"""What no byte string begins with."""


def _opened(stream: Stream, stream_key: bytes) -> Iterator[bytes]:
    """The text of the pieces. Raises Violation `not-opened`, `shape`, and `cbor-malformed` if cut short."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, stream.take(_HEADER_BYTES), stream_key)
    tag = _MIDDLE
    while tag != _FINAL:
        sealed = stream.up_to(SEALED_BYTES)
        if len(sealed) <= _TAG_BYTES:
            raise Violation(Code.CBOR_MALFORMED, "cut short")
        try:
            text, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed)
        except SodiumError:
            raise Violation(Code.NOT_OPENED, "piece") from None
        if tag not in (_MIDDLE, _FINAL) or (tag == _MIDDLE and len(sealed) < SEALED_BYTES):
            raise shape("piece")
        yield text
    if not stream.is_over():
        raise Violation(Code.CBOR_MALFORMED, "bytes after the end")
