"""`pcloud-interop peer`: a well-behaved peer that stays, to develop against."""

import argparse
import signal
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pcloud_interop.commands.status import GOOD
from pcloud_interop.driver import Driver
from pcloud_interop.live.node import ANYWHERE, LiveNode
from pcloud_interop.resident import Resident

LOOK_S: Final = 0.5
"""How often it looks what waits for it."""


def add(parser: argparse.ArgumentParser) -> None:
    """Say what may be given."""
    option = parser.add_argument
    option("--with", type=Path, required=True, metavar="DRIVER", dest="driver", help="who plays it")
    option(
        "--listen", default=ANYWHERE, metavar="HOST:PORT", help="where it is reached; this machine by default"
    )
    option("--kind", choices=("person", "organisation"), default="organisation", help="what it is")
    option("--uses", type=int, default=100, metavar="COUNT", help="how many may come by its link")
    option("--expires", type=int, default=86_400, metavar="SECONDS", help="how long the link is good")
    parser.set_defaults(does=execute)


def execute(given: argparse.Namespace) -> int:
    """Say where it is, then answer what comes until a signal ends it."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    driver = Driver(given.driver)
    with ExitStack() as ends:
        folder = tempfile.TemporaryDirectory(prefix="pcloud-interop-", ignore_cleanup_errors=True)
        node = LiveNode(driver, Path(ends.enter_context(folder)), "resident", given.kind, int(time.time()))
        ends.callback(driver.kill)
        node.listen = given.listen
        node.up()
        resident = Resident(node)
        sys.stdout.write(f"{resident.settle(given.uses, given.expires)}\n")
        sys.stdout.flush()
        while not stop.wait(LOOK_S):
            for done in resident.tend():
                sys.stderr.write(f"{done}\n")
        node.down()
    return GOOD
