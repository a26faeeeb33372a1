"""Mailboxes of a process, for tests and simulations: gone with it."""

from collections.abc import Sequence
from itertools import islice

from pcloud.mailboxes.judging import Blob, Box, Judge, number_of
from pcloud.mailboxes.port import EXPIRED_AT_ONCE, Change, Quota, Result, Stats, Waiting


class MemoryRows:
    """Rows as dicts, in the order in which they came."""

    def __init__(self) -> None:
        self.vouchers: dict[bytes, int] = {}
        self.boxes: dict[int, Box] = {}
        self.pickups: dict[bytes, int] = {}
        self.blobs: dict[int, Blob] = {}
        self.frames: dict[tuple[int, int], tuple[int, bytes]] = {}
        """From mailbox and number to the hour in which it came, and the frame."""
        self.kept: dict[int, dict[int, bytes]] = {}
        """The frames of each mailbox."""

    def voucher(self, hash_: bytes) -> int | None:
        """Until when a voucher is good."""
        return self.vouchers.get(hash_)

    def add_voucher(self, hash_: bytes, until: int) -> None:
        """Keep one."""
        self.vouchers[hash_] = until

    def drop_voucher(self, hash_: bytes) -> None:
        """It is spent, or over."""
        del self.vouchers[hash_]

    def vouchers_over(self, now: int, limit: int) -> Sequence[bytes]:
        """Some whose time is over."""
        return [hash_ for hash_, until in self.vouchers.items() if until <= now][:limit]

    def box(self, number: int) -> Box | None:
        """A mailbox by its number."""
        return self.boxes.get(number)

    def box_of(self, pickup: bytes) -> Box | None:
        """A mailbox by the hash of its pickup token."""
        number = self.pickups.get(pickup)
        return None if number is None else self.boxes[number]

    def boxes_over(self, now: int, limit: int) -> Sequence[Box]:
        """Some whose lease is over."""
        return [box for box in self.boxes.values() if box.until <= now][:limit]

    def put_box(self, box: Box) -> None:
        """Keep it, or what became of it."""
        self.boxes[box.number] = box
        self.pickups[box.pickup] = box.number

    def drop_box(self, box: Box) -> None:
        """Delete it."""
        del self.boxes[box.number], self.pickups[box.pickup]
        self.kept.pop(box.number, None)

    def blob(self, box: Box) -> Blob | None:
        """What is published there."""
        return self.blobs.get(box.number)

    def put_blob(self, box: Box, blob: Blob) -> None:
        """Publish it."""
        self.blobs[box.number] = blob

    def drop_blob(self, box: Box) -> None:
        """Publish nothing there."""
        del self.blobs[box.number]

    def add_frame(self, box: Box, number: int, hour: int, frame: bytes) -> None:
        """Keep a frame."""
        self.frames[box.number, number] = hour, frame
        self.kept.setdefault(box.number, {})[number] = frame

    def sizes(self, box: Box, upto: int, limit: int) -> Sequence[tuple[int, int]]:
        """Number and bytes of its first frames."""
        first = islice(self.kept.get(box.number, {}).items(), limit)
        return [(number, len(frame)) for number, frame in first if number <= upto]

    def drop_frames(self, box: Box, upto: int) -> None:
        """Delete its first frames."""
        kept = self.kept[box.number]
        for number in [number for number in kept if number <= upto]:
            del kept[number], self.frames[box.number, number]

    def oldest_frames(self, limit: int) -> Sequence[tuple[int, int, int]]:
        """Those that came first."""
        return [(box, number, hour) for (box, number), (hour, _) in islice(self.frames.items(), limit)]


class MemoryMailboxes:
    """See `port.Mailboxes`."""

    def __init__(self, quota: Quota | None = None) -> None:
        self._rows = MemoryRows()
        self._quota = quota or Quota()
        self._tally = Stats(0, 0, 0, 0)

    def commit(self, changes: Sequence[Change], now: int) -> list[Result]:
        """Make these changes."""
        judge = Judge(self._rows, self._quota, self._tally, now)
        results = [judge.change(change) for change in changes]
        self._tally = judge.tally
        return results

    def find(self, pickup_hash: bytes, now: int) -> int | None:
        """The mailbox that a pickup token opens."""
        box = self._rows.box_of(pickup_hash)
        return None if box is None or box.until <= now else box.number

    def read(self, box: int, after: int, frames_max: int, bytes_max: int) -> list[Waiting]:
        """The first frames of a mailbox above a number."""
        found: list[Waiting] = []
        size = 0
        for number, frame in self._rows.kept.get(box, {}).items():
            size += len(frame) if number > after else 0
            if len(found) >= frames_max or (found and size > bytes_max):
                break
            if number > after:
                found.append(Waiting(number, frame))
        return found

    def blob(self, address: bytes, now: int) -> bytes | None:
        """The blob that is served under an address."""
        box = self._rows.box(number_of(address))
        blob = None if box is None or box.address != address or box.until <= now else self._rows.blob(box)
        return None if blob is None or blob.until <= now else blob.data

    def expire(self, now: int) -> bool:
        """Delete what is over, some of it."""
        judge = Judge(self._rows, self._quota, self._tally, now)
        more = judge.expire(EXPIRED_AT_ONCE)
        self._tally = judge.tally
        return more

    def stats(self) -> Stats:
        """How much is kept."""
        return self._tally

    def close(self) -> None:
        """There is nothing to let go."""
