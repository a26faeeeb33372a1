"""The command `pcloud-interop`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.live.pair import WAIT_S_MAX
from pcloud_interop.report.matrix import lines
from pcloud_interop.report.page import page
from pcloud_interop.result import Chosen, ExpectedError
from pcloud_interop.run import run
from pcloud_interop.spec import Spec, SpecError

GOOD, BAD, NOT_RUN = 0, 1, 2
"""Status of the command: nothing failed, something failed, nothing could be run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its status."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given)
    except (DriverError, ExpectedError, SpecError) as error:
        sys.stderr.write(f"pcloud-interop: {error}\n")
        return NOT_RUN


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
    return parser


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
