"""Put each planted fault into the code, and look which seed finds it: `python -m tests.simulation.planting`.

See `make planted`. A fault counts as found where the checker of its own promise says that something does not
hold; what others say of the same seed is worth as much to an owner, but does not count here.
"""

import argparse
import sys
import time

import pytest
from tests.simulation.planted import PLANTED, Planted

from pcloud.testing.simulation.checkers.port import Checker
from pcloud.testing.simulation.running import Case, run

SEEDS_MAX = 1_000
"""Within so many seeds each is found."""


def first_seed(planted: Planted, start: int, seeds_max: int) -> int | None:
    """The first seed in which the checker notices it; None where none does."""
    with pytest.MonkeyPatch.context() as patch:
        planted.plant(patch)
        for seed in range(start, start + seeds_max):
            if noticed(planted, seed):
                return seed
    return None


def noticed(planted: Planted, seed: int) -> list[str]:
    """What the checker of this fault says of the world of a seed, whatever else is said of it."""
    made: list[Checker] = []

    class Watching(planted.checker):  # type: ignore[name-defined, misc]  # whichever class it is
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    run(Case(seed), [Watching])
    return made[0].violations


def main() -> int:
    """Look for each that is asked for; 1 where one is not found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=SEEDS_MAX, help="how many are looked through for each")
    asked.add_argument("--start", type=int, default=0, help="the first seed")
    asked.add_argument("--only", action="append", choices=sorted(PLANTED), help="this fault")
    given = asked.parse_args()
    missed = 0
    for name in given.only or PLANTED:
        began = time.process_time()
        seed = first_seed(PLANTED[name], given.start, given.seeds)
        took = f"{time.process_time() - began:.0f} s"
        found = "NOT FOUND" if seed is None else f"found in seed {seed}"
        print(f"{name:<48} {PLANTED[name].checker.__name__:<12} {found} ({took})", flush=True)
        missed += seed is None
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
