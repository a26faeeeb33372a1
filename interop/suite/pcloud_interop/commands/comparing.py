"""`pcloud-interop compare`: two drivers on inputs that nobody wrote."""

import argparse
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from pcloud_interop.commands.status import BAD, GOOD
from pcloud_interop.differ import Comparison, seeds
from pcloud_interop.driver import Driver
from pcloud_interop.run import introduce
from pcloud_interop.spec import Spec, SpecError

KINDS_SHOWN_MAX: Final = 40
"""Kinds of disagreements that are told."""


def add(parser: argparse.ArgumentParser) -> None:
    """Say what may be given."""
    option = parser.add_argument
    option("drivers", nargs=2, type=Path, metavar="DRIVER", help="an executable, or a folder with one")
    option("--inputs", type=int, default=10_000, metavar="COUNT", help="how many")
    option("--seed", type=int, default=0, help="which; the same seed makes the same inputs")
    option(
        "--only", action="append", default=[], metavar="PATTERN", help="only these vector files; repeatable"
    )
    option("--spec", type=Path, metavar="FOLDER", help="the specification; by default what came along")
    option("--save", type=Path, metavar="FILE", help="write each disagreement as a line of JSON")
    parser.set_defaults(does=execute)


def execute(given: argparse.Namespace) -> int:
    """Compare, and say on what they disagree."""

    def wanted(file: str) -> bool:
        return not given.only or any(fnmatchcase(file, each) for each in given.only)

    first, second = (Driver(path) for path in given.drivers)
    try:
        names = [introduce(driver).name for driver in (first, second)]
        chosen = seeds(Spec(given.spec), wanted)
        if not chosen:
            raise SpecError("no vector file fits")
        comparison = Comparison((first, second), chosen, given.seed)
        found = list(comparison.run(given.inputs))
    finally:
        first.kill()
        second.kill()
    kinds = Counter((each.case.op, each.what) for each in found)
    for (op, what), count in kinds.most_common(KINDS_SHOWN_MAX):
        sys.stdout.write(f"{count} times: {op}: {what}\n")
    asked, accepted, left_out = comparison.tally
    sys.stdout.write(f"{asked} inputs, {accepted} accepted by both, {left_out} not known to one of them, ")
    sys.stdout.write(f"{len(found)} disagreements of {' and '.join(names)}\n")
    if given.save is not None:
        given.save.write_text("".join(f"{each.as_case(names)}\n" for each in found), encoding="utf-8")
    return BAD if found else GOOD
