"""Two implementations on inputs that nobody wrote: what one accepts the other accepts, and both refuse alike.

Every input is a published case with some bytes, numbers or fields changed, so most of it still makes sense.
What they disagree on is printed as a case, for whoever decides what is right.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from pcloud_interop.driver import Answer, Driver, DriverError, unsupported
from pcloud_interop.reshaping import reshaped
from pcloud_interop.spec import VERBS, Spec, written_out
from pcloud_interop.vectors import difference, same

BATCH: Final = 500
"""Inputs that both are asked before the answers are compared."""
INPUT_BYTES_MAX: Final = 20_000
"""Longer inputs are left alone: nearly all of their bytes are filling."""
RESHAPED_SHARE: Final = 0.5
"""How many changes are of a field, and not of bytes."""
CHANGES_MAX: Final = 3
"""Changes of one input."""
FAULTS_MAX: Final = 20
"""How often a driver may end before it is asked nothing more."""
OWN: Final = frozenset(("seed", "secret", "random", "index", "generation", "private"))
"""Arguments that no peer chooses. What an implementation says of its own wrong secrets is its own affair."""
OWN_WORK: Final = frozenset(("ledger.make",))
"""Operations on what a node itself has written, of which there is no wrong one to refuse."""
NUMBER_MAX: Final = 2**53 - 1
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")

Way = tuple[str | int, ...]
"""The place of a value in an input: keys and indices."""


class Seed(NamedTuple):
    """A published case, and the places in it that are changed."""

    file: str
    name: str
    op: str
    input: Mapping[str, Any]
    places: tuple[Way, ...]


class Case(NamedTuple):
    """A changed input."""

    file: str
    origin: str
    op: str
    input: Mapping[str, Any]


class Disagreement(NamedTuple):
    """An input on which two differ."""

    case: Case
    what: str
    answers: tuple[Answer, Answer]

    def as_case(self, names: Sequence[str]) -> str:
        """As one line of JSON, in the form of the vectors but for the answers of both."""
        told = {
            "op": self.case.op,
            "input": self.case.input,
            "origin": f"{self.case.file}/{self.case.origin}",
        }
        return json.dumps({**told, **dict(zip(names, self.answers, strict=True))})


class Tally(NamedTuple):
    """How far a comparison has come."""

    asked: int
    accepted: int
    """By both."""
    left_out: int
    """Not known to one of them."""


def seeds(spec: Spec, only: Callable[[str], bool]) -> list[Seed]:
    """All cases that have something to change."""
    found = []
    for file in spec.vectors():
        for case in file.cases:
            given = _plain(case["input"])
            places = tuple(way for way, value in _leaves(given) if way[0] not in OWN and _changeable(value))
            if places and case["op"] not in OWN_WORK and only(file.name):
                found.append(Seed(file.name, case["name"], case["op"], given, places))
    return found


def _plain(value: Any) -> Any:
    value = written_out(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _leaves(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    items = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if items is None:
        yield way, value
        return
    for key, item in items:
        yield from _leaves(item, (*way, key))


def _changeable(value: Any) -> bool:
    if isinstance(value, str):
        return _HEX.fullmatch(value) is not None and len(value) <= 2 * INPUT_BYTES_MAX
    return type(value) is int


def mutated(seed: Seed, others: Sequence[Seed], chance: random.Random) -> Case:
    """A case with some places changed."""
    given = json.loads(json.dumps(seed.input))
    for _ in range(chance.randint(1, CHANGES_MAX)):
        way = chance.choice(seed.places)
        inside = given
        for key in way[:-1]:
            inside = inside[key]
        value = inside[way[-1]]
        if isinstance(value, str):
            inside[way[-1]] = _changed(bytes.fromhex(value), others, chance).hex()
        else:
            inside[way[-1]] = min(NUMBER_MAX, max(0, value + chance.choice((-1, 1, 2**16, -(2**31)))))
    return Case(seed.file, seed.name, seed.op, given)


def _changed(data: bytes, others: Sequence[Seed], chance: random.Random) -> bytes:
    if chance.random() < RESHAPED_SHARE and (made := reshaped(data, chance)) != data:
        return made
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 32)))
    match chance.randrange(8):
        case 0:  # a bit
            return _bit(data, chance)
        case 1:  # another head or value, as CBOR has them
            return data[:at] + bytes((chance.choice(_HEADS),)) + data[at + 1 :]
        case 2:  # one more
            return data[:at] + bytes((chance.choice(_HEADS),)) + data[at:]
        case 3:  # some fewer
            return data[:at] + data[end:]
        case 4:  # the same twice
            return data[:end] + data[at:end] + data[end:]
        case 5:  # cut short, or begun late
            return data[:at] if chance.random() < 0.5 else data[at:]
        case 6:  # a piece of another
            piece = _piece(others, chance)
            return data[:at] + piece + data[at + len(piece) :]
        case _:  # a count or length by one
            return (
                data[:at] + bytes(((data[at] + chance.choice((-1, 1))) % 256,)) + data[at + 1 :]
                if at < len(data)
                else data
            )


_HEADS: Final = bytes.fromhex("00011718191a1b202f3840415859606178798081989fa0a1b8bfc0d2d8f4f5f6f7f8f9fafbff")


def _bit(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return b"\0"
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def _piece(others: Sequence[Seed], chance: random.Random) -> bytes:
    other = chance.choice(others)
    value: Any = other.input
    for key in chance.choice(other.places):
        value = value[key]
    data = bytes.fromhex(value) if isinstance(value, str) else b"\0"
    at = chance.randrange(len(data))
    return data[at : at + chance.choice((1, 4, 33, 64))]


class Comparison:
    """Asks two drivers the same, batch by batch."""

    def __init__(self, drivers: tuple[Driver, Driver], chosen: Sequence[Seed], seed: int) -> None:
        self._drivers, self._seeds = drivers, chosen
        self._chance = random.Random(seed)
        self._faults = 0
        self.tally = Tally(0, 0, 0)

    def run(self, count: int) -> Iterator[Disagreement]:
        """Compare so many inputs. Raises DriverError where a driver ends again and again."""
        with ThreadPoolExecutor(2) as threads:
            while self.tally.asked < count:
                size = min(BATCH, count - self.tally.asked)
                cases = [
                    mutated(self._chance.choice(self._seeds), self._seeds, self._chance) for _ in range(size)
                ]
                jobs = [threads.submit(self._ask_all, driver, cases) for driver in self._drivers]
                first, second = (job.result() for job in jobs)
                for case, one, other in zip(cases, first, second, strict=True):
                    yield from self._compare(case, one, other)

    def _compare(self, case: Case, one: Answer, other: Answer) -> Iterator[Disagreement]:
        asked, accepted, left_out = self.tally
        if unsupported(one) or unsupported(other):
            self.tally = Tally(asked + 1, accepted, left_out + 1)
            return
        self.tally = Tally(asked + 1, accepted + bool(one["ok"] and other["ok"]), left_out)
        for name in ("ok", "stage", "code", *sorted(one.keys() & other.keys())):
            if not same(one.get(name), other.get(name)):
                yield Disagreement(case, difference(name, one.get(name), other.get(name)), (one, other))
                return

    def _ask_all(self, driver: Driver, cases: Sequence[Case]) -> list[Answer]:
        return [self._ask(driver, case) for case in cases]

    def _ask(self, driver: Driver, case: Case) -> Answer:
        try:
            if case.op in VERBS:
                return driver.ask(case.op, **case.input)
            return driver.ask("vector", chapter=case.file, case={"op": case.op, "input": case.input})
        except DriverError as error:
            self._faults += 1
            if self._faults > FAULTS_MAX:
                raise
            return {"ok": False, "fault": str(error)}
