"""`pcloud-interop run`: drivers against the specification, and against each other."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pcloud_interop import __version__
from pcloud_interop.commands.status import BAD, GOOD, NOT_RUN
from pcloud_interop.driver import Driver
from pcloud_interop.found import Run
from pcloud_interop.jobs import AT_ONCE
from pcloud_interop.live.waiting import WAIT_S_MAX
from pcloud_interop.profiles import REASONS_MAX, Judgement, judge, names, read
from pcloud_interop.report.badge import Shown, badge
from pcloud_interop.report.matrix import lines
from pcloud_interop.report.page import page
from pcloud_interop.result import Chosen
from pcloud_interop.run import run
from pcloud_interop.spec import VERSION, Spec

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
    option("--profile", metavar="NAME", help=f"what a node of a kind has to do: {', '.join(names())}")
    option(
        "--badge", type=Path, metavar="FILE", help="where the badge of the first driver goes, if it conforms"
    )
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
    profile = read(given.profile) if given.profile else None

    def progress(text: str) -> None:
        if not given.quiet:
            sys.stderr.write(f"{text}\n")

    try:
        only = [*given.only, *(f"3/hostile-*/{name}" for name in given.attack)]
        part = QUICK_ONE_IN if given.quick else 1
        role = profile.role if profile else None
        chosen = Chosen(only, given.level or (1, 2, 3), part, profile, role)
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
    if profile is not None:
        whole = not (only or given.quick) and chosen.levels >= set(profile.levels)
        judgements = [judge(profile, found, subject, whole=whole) for subject in range(len(drivers))]
        for one in judgements:
            _judged(one, found, None if one.subject else given.badge)
        return GOOD if all(one.conforms for one in judgements) else BAD
    return GOOD if found.good else BAD


def _judged(one: Judgement, found: Run, path: Path | None) -> None:
    """Say whether a driver conforms, and why not; who does gets the badge."""
    known = found.subjects[one.subject].implementation
    who = f"{known.name} {known.version}"
    if one.conforms:
        sys.stdout.write(
            f"{who} is conformant to the profile {one.profile.name}: {one.passed} checks passed\n"
        )
        if path is not None:
            shown = Shown(known.name, known.version, VERSION, __version__, f"{datetime.now(UTC):%Y-%m-%d}")
            path.write_text(badge(one, shown), encoding="utf-8")
        return
    sys.stdout.write(f"{who} is not conformant to the profile {one.profile.name}:\n")
    for reason in one.reasons[:REASONS_MAX]:
        sys.stdout.write(f"  {reason}\n")
    if len(one.reasons) > REASONS_MAX:
        sys.stdout.write(f"  and {len(one.reasons) - REASONS_MAX} more\n")
