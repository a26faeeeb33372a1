"""`pcloud-interop run`: drivers against the specification, and against each other."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pcloud_interop.commands.status import BAD, GOOD, NOT_RUN
from pcloud_interop.driver import Driver
from pcloud_interop.jobs import AT_ONCE
from pcloud_interop.live.waiting import WAIT_S_MAX
from pcloud_interop.report.matrix import lines
from pcloud_interop.report.page import page
from pcloud_interop.result import Chosen
from pcloud_interop.run import run
from pcloud_interop.spec import Spec

QUICK_ONE_IN: Final = 8
"""Of the checks of level 3, where it has to be quick."""


def add(parser: argparse.ArgumentParser) -> None:
    """Say what may be given."""
    option = parser.add_argument
    option("drivers", nargs="+", type=Path, metavar="DRIVER", help="an executable, or a folder with one")
    option("--level", type=int, action="append", choices=(1, 2, 3), help="only this level; repeatable")
    option(
        "--only", action="append", default=[], metavar="PATTERN", help="only checks whose id fits; repeatable"
    )
    option("--attack", action="append", default=[], metavar="NAME", help="only this attack; repeatable")
    option("--quick", action="store_true", help="of level 3 a fixed part, another for each pair")
    option("--jobs", type=int, default=AT_ONCE, metavar="N", help="so many things at the same time")
    option("--spec", type=Path, metavar="FOLDER", help="the specification; by default what came along")
    option("--report", type=Path, metavar="FILE", help="write the report as a page of HTML")
    option(
        "--wait",
        type=float,
        default=WAIT_S_MAX,
        metavar="SECONDS",
        help="how long something may take to come",
    )
    option("--quiet", action="store_true", help="say nothing before the end")
    parser.set_defaults(does=execute)


def execute(given: argparse.Namespace) -> int:
    """Run what was chosen, and say what came of it."""
    drivers = [Driver(path) for path in given.drivers]

    def progress(text: str) -> None:
        if not given.quiet:
            sys.stderr.write(f"{text}\n")

    try:
        only = [*given.only, *(f"3/hostile-*/{name}" for name in given.attack)]
        chosen = Chosen(only, given.level or (1, 2, 3), QUICK_ONE_IN if given.quick else 1)
        found = run(drivers, Spec(given.spec), chosen, progress, given.wait, given.jobs)
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
