"""The command `pcloud-interop`."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pcloud_interop.differ import Comparison, seeds
from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.live.pair import WAIT_S_MAX
from pcloud_interop.report.matrix import lines
from pcloud_interop.report.page import page
from pcloud_interop.result import Chosen, ExpectedError
from pcloud_interop.run import introduce, run
from pcloud_interop.spec import Spec, SpecError

GOOD, BAD, NOT_RUN = 0, 1, 2
"""Status of the command: nothing failed, something failed, nothing could be run."""
KINDS_SHOWN_MAX = 40
"""Kinds of disagreements that are told."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its status."""
    given = _parser().parse_args(arguments)
    try:
        status: int = given.does(given)
    except (DriverError, ExpectedError, SpecError) as error:
        sys.stderr.write(f"pcloud-interop: {error}\n")
        return NOT_RUN
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pcloud-interop", description="Tests implementations of pcloud.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    runs = commands.add_parser("run", help="run drivers against the specification, and against each other")
    runs.add_argument(
        "drivers", nargs="+", type=Path, metavar="DRIVER", help="an executable, or a folder with one"
    )
    runs.add_argument(
        "--level", type=int, action="append", choices=(1, 2, 3), help="only this level; repeatable"
    )
    runs.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="only checks whose id fits"
    )
    runs.add_argument("--spec", type=Path, help="the folder of the specification; by default what came along")
    runs.add_argument("--report", type=Path, metavar="FILE", help="write the report as a page of HTML")
    runs.add_argument(
        "--wait",
        type=float,
        default=WAIT_S_MAX,
        metavar="SECONDS",
        help="how long a node may take to do something",
    )
    runs.add_argument("--quiet", action="store_true", help="say nothing before the end")
    runs.set_defaults(does=_run)
    _add_compare(commands.add_parser("compare", help="two drivers on inputs that nobody wrote"))
    return parser


def _add_compare(compares: argparse.ArgumentParser) -> None:
    compares.add_argument("drivers", nargs=2, type=Path, metavar="DRIVER")
    compares.add_argument("--inputs", type=int, default=10_000, help="how many")
    compares.add_argument("--seed", type=int, default=0, help="which; the same seed makes the same inputs")
    compares.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="only these vector files"
    )
    compares.add_argument(
        "--spec", type=Path, help="the folder of the specification; by default what came along"
    )
    compares.add_argument(
        "--save", type=Path, metavar="FILE", help="write each disagreement as a line of JSON"
    )
    compares.set_defaults(does=_compare)


def _compare(given: argparse.Namespace) -> int:
    first, second = (Driver(path) for path in given.drivers)
    try:
        names = [introduce(driver).name for driver in (first, second)]
        chosen = seeds(
            Spec(given.spec),
            lambda file, _: not given.only or any(fnmatchcase(file, each) for each in given.only),
        )
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


def _run(given: argparse.Namespace) -> int:
    chosen = Chosen(given.only, given.level or (1, 2, 3))
    drivers = [Driver(path) for path in given.drivers]

    def progress(text: str) -> None:
        if not given.quiet:
            sys.stderr.write(f"{text}\n")

    try:
        found = run(drivers, Spec(given.spec), chosen, progress, given.wait)
    finally:
        for driver in drivers:
            driver.kill()
    for line in lines(found):
        sys.stdout.write(f"{line}\n")
    if given.report is not None:
        made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        given.report.write_text(page(found, made), encoding="utf-8")
        progress(f"the report is in {given.report}")
    if not found.results:
        sys.stderr.write("pcloud-interop: no check fits\n")
        return NOT_RUN
    return GOOD if found.good else BAD
