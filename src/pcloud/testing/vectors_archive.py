"""The operations of the vectors on volumes of the archive (spec 21)."""

from collections.abc import Mapping

from pcloud.engine.archive.chain import check_chain
from pcloud.engine.archive.coding import encode
from pcloud.engine.archive.reading import read_rows
from pcloud.errors import Code, Violation
from pcloud.testing.vectors_input import Input
from pcloud.testing.vectors_wire import Operation, Result
from pcloud.wire import cbor
from pcloud.wire.files.archive import open_volume
from pcloud.wire.keys import HybridKey
from pcloud.wire.manifest import Manifest, read_manifest, write_manifest


def _manifest(manifest: Manifest) -> object:
    return cbor.decode_map(write_manifest(manifest))


def _manifest_read(given: Input) -> Result:
    return {"fields": _manifest(read_manifest(given.octets("manifest")))}


def _volume_open(given: Input) -> Result:
    opened = open_volume(HybridKey.from_seed(given.octets("seed")), (given.octets("bytes"),))
    return {"rows": list(opened.rows), "fields": _manifest(opened.manifest)}


def _rows_read(given: Input) -> Result:
    return {"rows": [encode(row) for row in read_rows(given.number("after"), given.several("rows"))]}


def _chain_read(given: Input) -> Result:
    key = HybridKey.from_seed(given.octets("seed"))
    checked = check_chain(key, ((data,) for data in given.several("volumes")))
    if checked is None:
        raise Violation(Code.STALE, "no volume")
    number, base, digest, upto = checked.link
    return {"number": number, "base": base, "digest": digest, "last": upto, "rows": checked.rows}


ARCHIVE: Mapping[str, Operation] = {
    "manifest.read": _manifest_read,
    "volume.open": _volume_open,
    "rows.read": _rows_read,
    "chain.read": _chain_read,
}
"""The operations of chapter 21, and the head of chapter 06."""
