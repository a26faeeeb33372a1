"""The command `pcloud-interop`."""

import argparse
import sys
from collections.abc import Sequence

from pcloud_interop.commands import comparing, probing, running, staying
from pcloud_interop.commands.status import NOT_RUN
from pcloud_interop.driver import DriverError
from pcloud_interop.live.node import MismatchError, NotImplementedHereError
from pcloud_interop.profiles import ProfileError
from pcloud_interop.result import ExpectedError
from pcloud_interop.spec import SpecError

_ERRORS = (DriverError, ExpectedError, ProfileError, SpecError, MismatchError, NotImplementedHereError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its status."""
    given = _parser().parse_args(arguments)
    try:
        status: int = given.does(given)
    except _ERRORS as error:
        sys.stderr.write(f"pcloud-interop: {error}\n")
        return NOT_RUN
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pcloud-interop", description="Tests implementations of pcloud.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    told = {
        "run": ("run drivers against the specification, and against each other", running.add),
        "compare": ("ask two drivers what nobody wrote", comparing.add),
        "probe": ("look at a published node through its invitation", probing.add),
        "peer": ("be a well-behaved peer to develop against", staying.add),
    }
    for name, (what, add) in told.items():
        add(commands.add_parser(name, help=what, description=what.capitalize()))
    return parser
