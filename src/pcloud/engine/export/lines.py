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
    since: list[int] = field(default_factory=list)
    """For each of them, the number down to which every link holds."""
    newest: set[bytes] = field(default_factory=set)
    """Ids under the last of them: one, or more where its sender wrote it twice."""
    before: set[bytes] = field(default_factory=set)
    """Ids that a message under it may follow; empty where the number before is not in the file."""
    named: int = 0
    """The highest number that the other side has said to have judged, whether it is in the file or not."""
    tops: dict[int, int] = field(default_factory=dict)
    """For each unbroken run, by its first number: the highest in it that the other side named by its id."""
    forks: set[int] = field(default_factory=set)
    """Numbers at which what is signed of the line does not fit together."""

    @property
    def acknowledged(self) -> int:
        """The highest number in the file that the other side has named by its id."""
        return max(self.tops.values(), default=0)

    def run(self, number: int) -> int | None:
        """The number down to which every link holds; None where there is no header of that number."""
        at = bisect_left(self.numbers, number)
        return self.since[at] if at < len(self.numbers) and self.numbers[at] == number else None


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
        last = line.numbers[-1] if line.numbers else 0
        if header.number == last:
            line.newest.add(signed.id)
            line.since[-1] = last
            line.forks.add(last)
        else:
            self._step(line, signed, last, mine=mine)
        if line.before and header.prev not in line.before:
            self._fork(key, header.number)
        self._where[signed.id] = key, header.number
        if header.highest_id is not None:
            self.acknowledge(key.other, header.highest, header.highest_id)

    def _step(self, line: Line, signed: SignedHeader, last: int, *, mine: bool) -> None:
        """Go on to a new number. A run goes on where it follows the one message under the number before."""
        header, number = signed.header, signed.header.number
        line.before = line.newest if number == last + 1 else set()
        goes_on = line.before == {header.prev}
        if number == 1:
            line.before = {self._genesis(header, mine=mine)}
        line.numbers.append(number)
        line.since.append(line.since[-1] if goes_on else number)
        line.newest = {signed.id}

    def _genesis(self, header: Header, *, mine: bool) -> bytes:
        """`prev` of number 1. The one event of a one-time persona has the persona's own id."""
        log, other = self._sides.log(mine=mine), self._sides.log(mine=not mine)
        recipient = header.recipient
        if recipient == other.persona:
            recipient = other.events[header.recipient_epoch].id
        return genesis(log.events[header.sender_epoch].id, recipient)

    def acknowledge(self, key: LineKey, number: int, id_: bytes) -> None:
        """Take it that the other side has signed that it judged this message; `settle` compares it."""
        if self._said.setdefault((key, number), id_) != id_:
            self._lines.setdefault(key, Line()).forks.add(number)

    def settle(self) -> None:
        """Compare what was said with what is there, once all has come. Raises Violation `fork`."""
        for key, line in self._lines.items():
            if line.forks:
                self._fork(key, min(line.forks))
        for (key, number), id_ in self._said.items():
            line = self._lines.setdefault(key, Line())
            line.named = max(line.named, number)
            place, run = self._where.get(id_), line.run(number)
            if place == (key, number):
                assert run is not None, "the header is there"
                line.tops[run] = max(line.tops.get(run, 0), number)
            elif place is not None or run is not None:
                self._fork(key, number)

    def _fork(self, key: LineKey, number: int) -> None:
        """Two words for one place. A fork ends with a recovery, so only an older line can have one."""
        sender, recipient = self._sides.log(mine=key.mine), self._sides.log(mine=not key.mine)
        if (key.sender_epoch, key.recipient_epoch) == (sender.epoch, recipient.epoch):
            raise Violation(Code.FORK)
        self._lines.setdefault(key, Line()).forks.add(number)

    def is_acknowledged(self, key: LineKey, number: int, id_: bytes) -> bool:
        """Whether the other side has named this message by its id, or a later one that it is linked to."""
        line = self._lines[key]
        run = line.run(number)
        assert run is not None, "the header is there"
        return self._said.get((key, number)) == id_ or line.tops.get(run, 0) > number

    def reaches(self, key: LineKey, named: tuple[int, bytes], number: int) -> bool:
        """Whether the message of that number and id is here, and every link from it down to another."""
        if self._where.get(named[1]) != (key, named[0]):
            return False
        run = self._lines[key].run(named[0])
        assert run is not None, "the header is there"
        return run <= number

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
    last = max(line.named, known[-1] if known else 0)
    missing = []
    before = 0
    for number in [*known, last + 1]:
        if number > before + 1:
            missing.append((before + 1, number - 1))
        before = number
    return Held(last, len(again), tuple(missing))
