"""`python -m pcloud.testing.simulation SEED`: run or replay one world."""

import argparse
import sys
from collections.abc import Sequence

from pcloud.testing.simulation.running import Case, run


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 0 where all of it holds."""
    parser = argparse.ArgumentParser(prog="python -m pcloud.testing.simulation", description=__doc__)
    parser.add_argument("seed", type=int, help="which world")
    parser.add_argument("--without", type=_numbers, default=(), help="events that do not happen: 3,4,9")
    parser.add_argument("--calm", type=_names, default=(), help="faults of packets that are off: loss,late")
    asked = parser.parse_args(arguments)
    result = run(Case(asked.seed, asked.without, asked.calm))
    print("\n".join(result.journal))
    for violation in result.violations:
        print(f"VIOLATED  {violation}")
    print(f"seed {asked.seed}: {len(result.violations)} violations, trace {result.digest[:16]}")
    return 1 if result.violations else 0


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(",") if each)


def _names(text: str) -> tuple[str, ...]:
    return tuple(each for each in text.split(",") if each)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
