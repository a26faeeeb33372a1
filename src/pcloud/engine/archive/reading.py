"""Read a volume, row by row, nothing believed that does not hold by itself (spec 21 §4)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcloud.engine.archive.coding import decode
from pcloud.engine.archive.rows import End, Fork, Former, Kept, Node, Own, Row, Said
from pcloud.engine.archive.verifying import Signers, check_header, check_said, signers_of
from pcloud.wire.files.archive import open_volume
from pcloud.wire.keys import HybridKey
from pcloud.wire.manifest import Manifest
from pcloud.wire.shape import shape


class Volume(NamedTuple):
    """A volume as it is read: what it is, and its rows as they come, the end last."""

    manifest: Manifest
    rows: Iterator[Row | End]


def read(key: HybridKey, pieces: Iterable[bytes]) -> Volume:
    """Read a volume in pieces of any length. Raises Violation, here and as rows are taken.

    Each row is verified before it is given. Whether nothing is missing is known only once the rows have
    ended: what was taken before counts for nothing where they end in a Violation.
    """
    manifest, rows = open_volume(key, pieces)
    return Volume(manifest, read_rows(manifest.after, rows))


def read_rows(after: int, encoded: Iterable[bytes]) -> Iterator[Row | End]:
    """Read the rows of a volume that goes on after that message. Raises Violation at any stage but `size`."""
    known: dict[bytes, Signers] = {}
    count, end = 0, None
    for data in encoded:
        formed = decode(data)
        if end is not None:
            raise shape("a row after the end")
        if (count == 0) is not (formed.kind is Node):
            raise shape("the first row is the node")
        if formed.scope is not None and formed.kind is not Kept and formed.scope not in known:
            raise shape("a relationship that was not named")
        row = formed.read()
        if isinstance(row, End):
            end = _checked(row, after, count)
            continue
        _check(row, known)
        count += 1
        yield row
    if end is None:
        raise shape("no end")
    yield end


def _checked(end: End, after: int, rows: int) -> End:
    if end.rows != rows or end.upto < after:
        raise shape("end")
    return end


def _check(row: Row, known: dict[bytes, Signers]) -> None:
    """Verify a row by what the volume has said of its relationship before. Raises Violation."""
    if isinstance(row, Node | Own):
        return
    if isinstance(row, Kept):
        known[row.scope] = signers_of(row)
        return
    signers = known[row.scope]
    if isinstance(row, Said):
        check_said(signers, row)
    elif isinstance(row, Former):
        check_header(signers, row.entry.signed, mine=row.entry.mine)
    elif isinstance(row, Fork):
        check_header(signers, row.signed, mine=False)
