"""The simulator notices what is wrong: a few of the planted faults here, all of them with `make planted`."""

import pytest
from tests.simulation.planted import PLANTED
from tests.simulation.planting import first_seed, noticed

from pcloud.testing.simulation.running import CHECKERS

SEEDS = 30
SOON = [
    "of several messages the last is not written",
    "a message that comes twice is judged twice",
    "the order is off by one",
    "an older receipt is taken",
    "nonces are counted anew after a start",
    "timers are forgotten at a start",
    "a log is folded as it came",
]
"""They show in nearly every world in which much happens."""


@pytest.mark.parametrize("name", SOON)
def test_a_planted_fault_is_found_and_is_the_fault_of_nothing_else(name: str) -> None:
    seed = first_seed(PLANTED[name], 0, SEEDS)
    assert seed is not None
    assert noticed(PLANTED[name], seed) == [], "the fault is out again"


def test_every_checker_has_a_fault_that_it_must_notice() -> None:
    assert {planted.checker for planted in PLANTED.values()} >= set(CHECKERS)


def test_every_fault_says_what_it_would_cost() -> None:
    assert len(PLANTED) >= 10
    for planted in PLANTED.values():
        assert planted.plant.__doc__
