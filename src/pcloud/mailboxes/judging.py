"""What becomes of each change: quotas, leases, vouchers. The same for every body (spec 20 §4 to §6)."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pcloud.mailboxes.port import (
    DAY_S,
    HOUR_S,
    AddVouchers,
    Change,
    CloseBox,
    OpenBox,
    PublishBlob,
    PutFrame,
    Quota,
    RenewBox,
    Result,
    Stats,
    TakeFrames,
)
from pcloud.wire.services.service import Outcome

_NUMBER_BYTES = 8
_UNKNOWN, _FULL, _DONE = Result(Outcome.UNKNOWN), Result(Outcome.FULL), Result(Outcome.DONE)


class Box(NamedTuple):
    """One mailbox; times in seconds."""

    number: int
    address: bytes
    pickup: bytes
    until: int
    last: int = 0
    """Number of its last frame."""
    frames: int = 0
    bytes: int = 0
    """Of its frames, or of its blob."""


class Blob(NamedTuple):
    """A sealed invitation, and until when it is served."""

    until: int
    data: bytes


class Rows(Protocol):
    """What a body stores. It judges nothing."""

    def voucher(self, hash_: bytes) -> int | None:
        """Until when a voucher is good."""

    def add_voucher(self, hash_: bytes, until: int) -> None:
        """Keep one that is not there."""

    def drop_voucher(self, hash_: bytes) -> None:
        """It is spent, or over."""

    def vouchers_over(self, now: int, limit: int) -> Sequence[bytes]:
        """Some whose time is over."""

    def box(self, number: int) -> Box | None:
        """A mailbox by its number."""

    def box_of(self, pickup: bytes) -> Box | None:
        """A mailbox by the hash of its pickup token."""

    def boxes_over(self, now: int, limit: int) -> Sequence[Box]:
        """Some whose lease is over."""

    def put_box(self, box: Box) -> None:
        """Keep it, or what became of it."""

    def drop_box(self, box: Box) -> None:
        """Delete it; there is nothing in it any more."""

    def blob(self, box: Box) -> Blob | None:
        """What is published there."""

    def put_blob(self, box: Box, blob: Blob) -> None:
        """Publish it, in place of an earlier one."""

    def drop_blob(self, box: Box) -> None:
        """Publish nothing there."""

    def add_frame(self, box: Box, number: int, hour: int, frame: bytes) -> None:
        """Keep a frame, after all others."""

    def sizes(self, box: Box, upto: int, limit: int) -> Sequence[tuple[int, int]]:
        """Number and bytes of its first frames, up to and with a number."""

    def drop_frames(self, box: Box, upto: int) -> None:
        """Delete its frames up to and with a number."""

    def oldest_frames(self, limit: int) -> Sequence[tuple[int, int, int]]:
        """Of the frames that came first: mailbox, number, hour in which it came."""


def number_of(address: bytes) -> int:
    """The number of a mailbox: the beginning of its address, a hash, so that it tells no order."""
    return int.from_bytes(address[:_NUMBER_BYTES], "big", signed=True)


def end_of_day(time: int) -> int:
    """The end of the day, UTC, that a time is in: ends of one second would show what was opened together."""
    return -(-time // DAY_S) * DAY_S


class Judge:
    """One commit: changes in their order, and the tally after them."""

    def __init__(self, rows: Rows, quota: Quota, tally: Stats, now: int) -> None:
        self._rows = rows
        self._quota = quota
        self._now = now
        self.tally = tally

    def change(self, change: Change) -> Result:
        """Make one change."""
        match change:
            case PutFrame():
                return self._put(change)
            case TakeFrames():
                return self._take(change)
            case OpenBox():
                return self._open(change)
            case RenewBox():
                return self._renew(change)
            case PublishBlob():
                return self._publish(change)
            case CloseBox():
                return self._close(change)
            case AddVouchers():
                return self._add(change)

    def expire(self, limit: int) -> bool:
        """Delete what is over, at most so many rows; gives whether there may be more."""
        left = limit
        for hash_ in self._rows.vouchers_over(self._now, left):
            self._drop_voucher(hash_)
            left -= 1
        for box in self._rows.boxes_over(self._now, left):
            if left > 0:
                left -= 1 + self._empty(box, left)
        oldest = (self._now - self._quota.kept_s) // HOUR_S
        for number, upto, hour in self._rows.oldest_frames(max(left, 0)):
            if hour >= oldest:
                break
            held = self._rows.box(number)
            assert held is not None, "a frame is in a mailbox"
            left -= self._drop_frames(held, upto, left)
        return left <= 0

    # Vouchers

    def _add(self, change: AddVouchers) -> Result:
        until = end_of_day(change.until)
        for hash_ in change.hashes:
            if self._rows.voucher(hash_) is None:
                self._rows.add_voucher(hash_, until)
                self._count(vouchers=1)
        return _DONE

    def _is_good(self, hash_: bytes) -> bool:
        until = self._rows.voucher(hash_)
        return until is not None and until > self._now

    def _drop_voucher(self, hash_: bytes) -> None:
        self._rows.drop_voucher(hash_)
        self._count(vouchers=-1)

    # Mailboxes

    def _live(self, box: Box | None) -> Box | None:
        return box if box is not None and box.until > self._now else None

    def _open(self, change: OpenBox) -> Result:
        rows, number = self._rows, number_of(change.address)
        held = rows.box(number), rows.box_of(change.pickup_hash)
        if not self._is_good(change.voucher_hash) or any(map(self._live, held)):
            return _UNKNOWN
        for box in {box.number: box for box in held if box is not None}.values():
            self._empty(box, box.frames)  # its lease is over: it is as one that never was
        if self.tally.mailboxes >= self._quota.mailboxes:
            return _FULL
        self._drop_voucher(change.voucher_hash)
        until = end_of_day(self._now + self._quota.lease_s)
        rows.put_box(Box(number, change.address, change.pickup_hash, until))
        self._count(mailboxes=1)
        return Result(Outcome.DONE, until=until)

    def _renew(self, change: RenewBox) -> Result:
        box = self._live(self._rows.box_of(change.pickup_hash))
        if box is None or not self._is_good(change.voucher_hash):
            return _UNKNOWN
        self._drop_voucher(change.voucher_hash)
        until = max(box.until, end_of_day(self._now + self._quota.lease_s))
        self._rows.put_box(box._replace(until=until))
        return Result(Outcome.DONE, until=until)

    def _close(self, change: CloseBox) -> Result:
        box = self._live(self._rows.box_of(change.pickup_hash))
        if box is None:
            return _UNKNOWN
        self._empty(box, box.frames)
        return _DONE

    def _empty(self, box: Box, limit: int) -> int:
        """Delete a mailbox, or so many of its frames where it has more; gives how many."""
        dropped = self._drop_frames(box, box.last, limit)
        if dropped < box.frames:
            return dropped
        if not dropped and box.bytes:
            self._rows.drop_blob(box)
            self._count(bytes_=-box.bytes)
        self._rows.drop_box(box)
        self._count(mailboxes=-1)
        return dropped

    # What is in them

    def _publish(self, change: PublishBlob) -> Result:
        box = self._live(self._rows.box_of(change.pickup_hash))
        if box is None:
            return _UNKNOWN
        size = len(change.blob)
        if box.frames or (size and not self._has_room(size - box.bytes, box)):
            return _FULL
        if box.bytes:
            self._rows.drop_blob(box)
        if size:
            self._rows.put_blob(box, Blob(change.until, change.blob))
        self._rows.put_box(box._replace(bytes=size))
        self._count(bytes_=size - box.bytes)
        return _DONE

    def _put(self, change: PutFrame) -> Result:
        box = self._live(self._rows.box(number_of(change.address)))
        if box is None or box.address != change.address:
            return _UNKNOWN
        size = len(change.frame)
        holds_blob = bool(box.bytes and not box.frames)
        if holds_blob or box.frames >= self._quota.frames or not self._has_room(size, box):
            return _FULL
        number = box.last + 1
        self._rows.add_frame(box, number, self._now // HOUR_S, change.frame)
        self._rows.put_box(box._replace(last=number, frames=box.frames + 1, bytes=box.bytes + size))
        self._count(frames=1, bytes_=size)
        return Result(Outcome.DONE, box.number, number)

    def _has_room(self, more: int, box: Box) -> bool:
        quota = self._quota
        return box.bytes + more <= quota.bytes and self.tally.bytes + more <= quota.bytes_in_all

    def _take(self, change: TakeFrames) -> Result:
        box = self._live(self._rows.box(change.box))
        if box is None or change.number > box.last:
            return _UNKNOWN
        self._drop_frames(box, change.number, box.frames)
        return _DONE

    def _drop_frames(self, box: Box, upto: int, limit: int) -> int:
        """Delete its first frames, up to and with a number, at most so many; gives how many."""
        sizes = self._rows.sizes(box, upto, limit)
        if not sizes:
            return 0
        count, size = len(sizes), sum(size for _, size in sizes)
        self._rows.drop_frames(box, sizes[-1][0])
        self._rows.put_box(box._replace(frames=box.frames - count, bytes=box.bytes - size))
        self._count(frames=-count, bytes_=-size)
        return count

    def _count(self, *, vouchers: int = 0, mailboxes: int = 0, frames: int = 0, bytes_: int = 0) -> None:
        tally = self.tally
        self.tally = Stats(
            tally.vouchers + vouchers,
            tally.mailboxes + mailboxes,
            tally.frames + frames,
            tally.bytes + bytes_,
        )
