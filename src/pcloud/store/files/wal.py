"""Whether a write-ahead log that a crash left has lost commits, or its header (SQLite's file format §4).

SQLite takes a log up to its first faulty frame. A crash leaves a fault only in the commit that was being
written, since every commit is synced before the next begins. Nothing stands behind that: no page is written
before its commit, and what a commit leaves that finds no room is taken out before the next. A whole commit
behind the fault means that the file was damaged, and that acknowledged messages would be gone without a word.
"""

import os
import struct
from typing import BinaryIO, Final

_HEADER: Final = struct.Struct(">IIIIIIII")
"""Magic, version, page size, checkpoint number, two salts, two checksums."""
_FRAME: Final = struct.Struct(">IIIIII")
"""Page number, pages of the database after a commit or 0, two salts, two checksums."""
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
"""By the order of bytes in which checksums are computed."""
_WORD: Final = 2**32
_PAGE_BYTES: Final = frozenset(2**power for power in range(9, 17))
"""What SQLite's pages may have."""


def has_lost_commits(file: BinaryIO, taken: int) -> bool:
    """Whether a log, opened at its beginning, of which SQLite took so many frames, once held more commits."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return False
    _, _, page_size, _, *salts, first, second = _HEADER.unpack(header)
    size = file.seek(0, os.SEEK_END)
    frame_size = _FRAME.size + page_size
    if _checksum(header) != (first, second):
        # It is synced before the first frame, so with a frame behind it it was whole once.
        return size > _HEADER.size + _FRAME.size
    frames = (size - _HEADER.size) // frame_size
    return _commit_then_more(file, frame_size, range(taken, frames), tuple(salts))


def whole_header(file: BinaryIO) -> bytes:
    """The header with which the frames of a log were written, where its own was cut; else nothing.

    A log begins anew, with another header, once all of its frames are in the database. A fault in the middle
    of that leaves a header of two halves in front of frames that SQLite would not know any more. They say
    which header it was: their salts are its salts, and the checksum of the first one goes on from its own.
    """
    header, first = file.read(_HEADER.size), file.read(_FRAME.size)
    if len(first) < _FRAME.size or _checksum(header) == _HEADER.unpack(header)[-2:]:
        return b""
    magic, version, page_size, begun, *_ = _HEADER.unpack(header)
    number, pages, *salts, one, other = _FRAME.unpack(first)
    order = _MAGIC.get(magic)
    if order is None or page_size not in _PAGE_BYTES:
        return b""
    page = file.read(page_size)
    if len(page) < page_size:
        return b""
    # Of the number that counts how often the log began anew, some bytes may be the next one's already.
    for before in (begun, *(begun - 256**cut for cut in range(4))):
        start = struct.pack(">6I", magic, version, page_size, before % _WORD, *salts)
        sums = _sums(start, order, (0, 0))
        if _sums(struct.pack(">2I", number, pages) + page, order, sums) == (one, other):
            return start + struct.pack(">2I", *sums)
    return b""


def _commit_then_more(file: BinaryIO, frame_size: int, frames: range, salts: tuple[int, ...]) -> bool:
    committed = False
    for frame in frames:
        file.seek(_HEADER.size + frame * frame_size)
        _, pages, *found, _, _ = _FRAME.unpack(file.read(_FRAME.size))
        if tuple(found) != salts:
            continue  # of an earlier round through the file
        if committed:
            return True
        committed = pages > 0
    return False


def _checksum(header: bytes) -> tuple[int, int]:
    order = _MAGIC.get(int.from_bytes(header[:4], "big"))
    return (-1, -1) if order is None else _sums(header[:24], order, (0, 0))


def _sums(data: bytes, order: str, before: tuple[int, int]) -> tuple[int, int]:
    """The two running sums over words (file format §4.2)."""
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    first, second = before
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) % _WORD
        second = (second + other + first) % _WORD
    return first, second
