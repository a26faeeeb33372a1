"""Files that are read as a stream: pieces of any length, and byte strings one after the other (RFC 8742)."""

from collections.abc import Iterable
from typing import Final

from pcloud.errors import Code, Violation
from pcloud.wire import cbor
from pcloud.wire.shape import shape


class Stream:
    """Pieces of any length, read by exact lengths. It holds no more than one of them."""

    __slots__ = ("_at", "_piece", "_pieces")

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._at = 0

    def is_over(self) -> bool:
        """Whether nothing is left."""
        while self._at == len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return True
            self._piece, self._at = piece, 0
        return False

    def next_byte(self) -> int | None:
        """The byte that comes next, which stays; None where nothing is left."""
        return None if self.is_over() else self._piece[self._at]

    def up_to(self, size: int) -> bytes:
        """The next bytes, fewer only where nothing more is left."""
        found: list[bytes] = []
        while size and not self.is_over():
            cut = self._piece[self._at : self._at + size]
            self._at += len(cut)
            size -= len(cut)
            found.append(cut)
        return b"".join(found)

    def take(self, size: int) -> bytes:
        """The next bytes. Raises Violation `cbor-malformed` where the file ends before."""
        found = self.up_to(size)
        if len(found) < size:
            raise Violation(Code.CBOR_MALFORMED, "cut short")
        return found


_BYTES_HEAD: Final = 0x40
_LONGEST_HEAD: Final = 27
_ONE_BYTE: Final = 24
"""Additional information of a head whose argument is in the next byte; two, four, eight follow (RFC 8949)."""


def take_framed(stream: Stream, bytes_max: int) -> bytes:
    """The next byte string with its head. A longer one than may be is refused before it is read.

    Raises Violation `shape` for it and for another type, `cbor-not-deterministic`, `cbor-malformed`.
    """
    first = stream.take(1)
    info = first[0] - _BYTES_HEAD
    if not 0 <= info <= _LONGEST_HEAD:
        raise shape("record")
    head = first + stream.take(_width(info))
    size = int.from_bytes(head[1:], "big") if len(head) > 1 else info
    if size > bytes_max:
        raise shape("record")
    if cbor.head(2, size) != head:
        raise Violation(Code.CBOR_NOT_DETERMINISTIC, "head of a record")
    return head + stream.take(size)


def framed(content: bytes) -> bytes:
    """An encoding as a byte string of a stream."""
    return cbor.head(2, len(content)) + content


def content_of(record: bytes) -> bytes:
    """What stands in a byte string that `take_framed` gave."""
    return record[1 + _width(record[0] - _BYTES_HEAD) :]


def _width(info: int) -> int:
    """Bytes of the length behind the first byte of a head; none where that byte holds the length."""
    return 0 if info < _ONE_BYTE else 1 << info - _ONE_BYTE
