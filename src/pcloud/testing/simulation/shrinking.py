"""From a world that fails to the smallest part of it that still fails in the same way.

Events are left out in ever smaller pieces, as delta debugging does (Zeller and Hildebrandt, 2002), after
faults of packets were switched off. What stays is what the failure needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pcloud.testing.simulation.plan import PACKET_FAULTS
from pcloud.testing.simulation.running import Case, Result, run

Told = Callable[[str], None]


def shrink(failed: Result, told: Told, play: Callable[[Case], Result] = run) -> Result:
    """The smallest world found that fails as this one does; `told` hears how it goes."""
    kind = kind_of(failed)
    best = failed

    def fails(case: Case) -> bool:
        nonlocal best
        result = play(case)
        if kind not in map(_kind, result.violations):
            return False
        best = result
        return True

    for fault in PACKET_FAULTS:
        calmer = replace(best.case, calm=(*best.case.calm, fault))
        if fault not in best.case.calm and fails(calmer):
            told(f"without {fault}")
    numbers = [event.number for event in best.case.plan().events]
    size = len(numbers)
    while size:
        for piece in _pieces(numbers, size):
            if fails(replace(best.case, without=tuple(sorted({*best.case.without, *piece})))):
                numbers = [number for number in numbers if number not in piece]
                told(f"{len(numbers)} events are left")
        size //= 2
    return best


def kind_of(failed: Result) -> str:
    """In which way it fails, without names and numbers."""
    return _kind(failed.violations[0])


def _kind(violation: str) -> str:
    return violation.partition(":")[0]


def _pieces(numbers: Sequence[int], size: int) -> list[Sequence[int]]:
    return [numbers[at : at + size] for at in range(0, len(numbers), size)]
