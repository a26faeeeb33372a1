"""Every operation of a disk fails once, for every n: which faults there are, and what each came to."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tests.faults.trace import CODES, Ended, Fault, Outcome, run

from pcloud.testing.disks.access import Operation

SYNC: Final = Operation.SYNC
HEAP: Final = 8


class Part(NamedTuple):
    """What one process does."""

    seed: int
    deeds: int
    faults: tuple[Fault, ...]


def faults(operations: int, first: int, stride: int, codes: int = len(CODES)) -> Iterable[Fault]:
    """So many errors at each of these operations; half of them last, and after a third the power goes."""
    for at in range(first, operations, stride):
        for number in range(codes):
            code = CODES[(at // stride + number) % len(CODES)]
            yield Fault(at, code, lasts=(at // len(CODES) + number) % 2 == 1, power=(at + number) % 3 == 0)


def attempt(part: Part) -> list[tuple[Fault, Outcome]]:
    """Try all faults of a part."""
    return [(fault, run(part.seed, part.deeds, fault)[0]) for fault in part.faults]


def told(outcome: Outcome) -> list[str]:
    """What does not hold. Who could not sync may not go on: nobody knows what is on the disk."""
    goes_on = outcome.ended in (Ended.UNSEEN, Ended.FULL) and not outcome.at_end
    return [
        *outcome.violations,
        *["it went on after a sync that failed"] * goes_on * (outcome.failed is SYNC),
    ]


def parts(seed: int, deeds: int, given: Sequence[Fault]) -> list[Part]:
    """The faults, in small heaps: some take longer than others."""
    return [Part(seed, deeds, tuple(given[at : at + HEAP])) for at in range(0, len(given), HEAP)]
