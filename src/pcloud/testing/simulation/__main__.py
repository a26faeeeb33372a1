"""Run one world, or many.

python -m pcloud.testing.simulation 4711               one: its journal, and what did not hold
python -m pcloud.testing.simulation 4711 --shrink      the smallest part of it that still fails
python -m pcloud.testing.simulation FILE               one that failed once, and was kept
python -m pcloud.testing.simulation --seeds 300        many: one line for each that fails
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pcloud.testing.simulation import many, shrinking
from pcloud.testing.simulation.running import Case, Result, run


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 0 where all of it holds."""
    asked = _read(arguments)
    if asked.world is None:
        return _run_many(asked)
    result = run(_case(asked))
    if result.violations and asked.shrink:
        result = shrinking.shrink(result, lambda text: print(text, file=sys.stderr))
    _show(result)
    if asked.keep:
        many.keep(asked.keep, result.violations[0] if result.violations else "nothing", result.case)
    return 1 if result.violations else 0


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m pcloud.testing.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("world", nargs="?", help="its seed, or a file of one that was kept")
    parser.add_argument("--keep", type=Path, help="write the world into a file, as it was run or shrunk")
    parser.add_argument("--without", type=_numbers, default=(), help="events that do not happen: 3,4,9")
    parser.add_argument("--calm", type=_names, default=(), help="faults of packets that are off: loss,late")
    parser.add_argument("--shrink", action="store_true", help="leave out what a failure does not need")
    parser.add_argument("--seeds", type=int, default=300, help="how many worlds, where no seed is given")
    parser.add_argument("--start", type=int, default=0, help="the first of them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--first", type=Path, help="a folder of worlds that failed once: they are run first")
    return parser.parse_args(arguments)


def _case(asked: argparse.Namespace) -> Case:
    if asked.world.isdigit():
        return Case(int(asked.world), asked.without, asked.calm)
    plan = many.kept(Path(asked.world)).plan
    return Case(plan.seed, asked.without, asked.calm, whole=plan, file=asked.world)


def _run_many(asked: argparse.Namespace) -> int:
    known = many.all_kept(asked.first) if asked.first else []
    cases = [*known, *many.seeds(asked.start, asked.seeds)]
    failures = many.run_many(cases, asked.workers)
    print(f"{len(cases)} worlds, {len(failures)} with a violation")
    return 1 if failures else 0


def _show(result: Result) -> None:
    print("\n".join(result.journal))
    for violation in result.violations:
        print(f"VIOLATED  {violation}")
    left_out = many.options(result.case)
    print(f"{many.COMMAND} {left_out}: {len(result.violations)} violations, trace {result.digest[:16]}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(",") if each)


def _names(text: str) -> tuple[str, ...]:
    return tuple(each for each in text.split(",") if each)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
