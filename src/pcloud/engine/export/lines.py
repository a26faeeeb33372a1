"""The lines of an exported relationship: links, what each side said it had judged, and gaps (spec 19 §4)."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pcloud.engine.export.sides import Sides
from pcloud.errors import Code, Violation
from pcloud.wire.header import Header, SignedHeader, genesis
from pcloud.wire.shape import shape


class LineKey(NamedTuple):
    """One direction between the two in one pair of epochs."""

    mine: bool
    sender_epoch: int
    recipient_epoch: int

    @property
    def generation(self) -> int:
        """Sum of both epochs."""
        return self.sender_epoch + self.recipient_epoch

    @property
    def other(self) -> "LineKey":
        """The line in the other direction, whose sender names its own epoch first."""
        return LineKey(not self.mine, self.recipient_epoch, self.sender_epoch)


@dataclass(slots=True)
class Line:
    """What is known of a line while its headers come, in order."""

    numbers: list[int] = field(default_factory=list)
    """Numbers of which there is a header, ascending."""
    newest: tuple[bytes, ...] = ()
    """Ids under the last of them: one, or more where its sender wrote it twice."""
    before: tuple[bytes, ...] = ()
    """Ids that a message under it may follow; empty where the number before is not in the file."""
    acknowledged: int = 0
    """The highest number that the other side has said in a signed object that it had judged."""
    forks: set[int] = field(default_factory=set)
    """Numbers at which what is signed of the line does not fit together."""

    def holds(self, number: int) -> bool:
        """Whether there is a header of that number."""
        at = bisect_left(self.numbers, number)
        return at < len(self.numbers) and self.numbers[at] == number


def line_of(header: Header, *, mine: bool) -> LineKey:
    """The line that a header belongs to."""
    return LineKey(mine, header.sender_epoch, header.recipient_epoch)


class Lines:
    """All lines of a file. Headers come line by line: the exporter's lines first, numbers ascending."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._lines: dict[LineKey, Line] = {}
        self._where: dict[bytes, tuple[LineKey, int]] = {}
        self._said: dict[tuple[LineKey, int], bytes] = {}
        """Ids under which one side said that it had judged numbers of the other."""
        self._last: tuple[bool, int, int, int, bytes] = (False, 0, 0, 0, b"")

    def add(self, signed: SignedHeader, *, mine: bool) -> None:
        """Take the next header. Raises Violation: `shape` out of order, `fork` where a line does not hold."""
        header = signed.header
        place = (not mine, header.generation, header.sender_epoch, header.number, signed.id)
        if place <= self._last:
            raise shape("order of the lines")
        self._last = place
        key = line_of(header, mine=mine)
        line = self._lines.setdefault(key, Line())
        self._step(key, line, signed)
        if line.before and header.prev not in line.before:
            self._fork(key, header.number)
        self._where[signed.id] = key, header.number
        if header.highest_id is not None:
            self.acknowledge(key.other, header.highest, header.highest_id)

    def _step(self, key: LineKey, line: Line, signed: SignedHeader) -> None:
        number = signed.header.number
        last = line.numbers[-1] if line.numbers else 0
        if number == last:
            line.newest += (signed.id,)
            self._fork(key, number)
            return
        line.before = line.newest if number == last + 1 else ()
        if number == 1:
            line.before = (self._genesis(signed.header, mine=key.mine),)
        line.newest = (signed.id,)
        line.numbers.append(number)

    def _genesis(self, header: Header, *, mine: bool) -> bytes:
        """`prev` of number 1. The one event of a one-time persona has the persona's own id."""
        log, other = self._sides.log(mine=mine), self._sides.log(mine=not mine)
        recipient = header.recipient
        if recipient == other.persona:
            recipient = other.events[header.recipient_epoch].id
        return genesis(log.events[header.sender_epoch].id, recipient)

    def acknowledge(self, key: LineKey, number: int, id_: bytes) -> None:
        """Take it that the other side has signed that it judged this message. Raises Violation `fork`."""
        if self._said.setdefault((key, number), id_) != id_:
            self._fork(key, number)

    def settle(self) -> None:
        """Compare what was said with what is there, once all has come. Raises Violation `fork`."""
        for (key, number), id_ in self._said.items():
            line = self._lines.setdefault(key, Line())
            line.acknowledged = max(line.acknowledged, number)
            place = self._where.get(id_)
            if place != (key, number) and (place is not None or line.holds(number)):
                self._fork(key, number)

    def _fork(self, key: LineKey, number: int) -> None:
        """Two words for one place. A fork ends with a recovery, so only an older line can have one."""
        sender, recipient = self._sides.log(mine=key.mine), self._sides.log(mine=not key.mine)
        if (key.sender_epoch, key.recipient_epoch) == (sender.epoch, recipient.epoch):
            raise Violation(Code.FORK)
        self._lines.setdefault(key, Line()).forks.add(number)

    def acknowledged(self, key: LineKey) -> int:
        """The highest number of a line that the other side has signed to have judged; 0 for none."""
        return self._lines[key].acknowledged

    def items(self) -> list[tuple[LineKey, Line]]:
        """The lines, the exporter's first and the oldest first."""
        return sorted(self._lines.items(), key=lambda each: (not each[0].mine, each[0].generation, each[0]))


Elsewhere = Mapping[tuple[bool, int], Iterable[int]]
"""First numbers of messages that were sent again, by side and first generation."""


class Held(NamedTuple):
    """What a file has of a line."""

    last: int
    """The highest number that is known to have been."""
    elsewhere: int
    """Numbers without a header here, whose message stands in a later line."""
    missing: tuple[tuple[int, int], ...]
    """First and last of each run of numbers that the file has nothing of."""


def held(key: LineKey, line: Line, elsewhere: Elsewhere) -> Held:
    """Compare a line with what is known of it from elsewhere."""
    here = set(line.numbers)
    again = set(elsewhere.get((key.mine, key.generation), ())) - here
    known = sorted(here | again)
    last = max(line.acknowledged, known[-1] if known else 0)
    missing = []
    before = 0
    for number in [*known, last + 1]:
        if number > before + 1:
            missing.append((before + 1, number - 1))
        before = number
    return Held(last, len(again), tuple(missing))
