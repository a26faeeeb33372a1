"""`pcloud-interop probe`: a published node, looked at through its invitation alone."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from pcloud_interop.commands.status import BAD, GOOD
from pcloud_interop.driver import Driver
from pcloud_interop.live.node import LiveNode
from pcloud_interop.live.waiting import WAIT_S_MAX
from pcloud_interop.probe import Probe


def add(parser: argparse.ArgumentParser) -> None:
    """Say what may be given."""
    option = parser.add_argument
    option("invitation", metavar="INVITATION", help="its link")
    option("--with", type=Path, required=True, metavar="DRIVER", dest="driver", help="who plays our side")
    option("--ask", action="store_true", help="ask to be let in, and end the relationship at the end")
    option("--say", metavar="TEXT", help="and say this")
    option("--wait", type=float, default=WAIT_S_MAX, metavar="SECONDS", help="how long its owner may take")
    parser.set_defaults(does=execute)


def execute(given: argparse.Namespace) -> int:
    """Look, and say what was seen."""
    driver, good = Driver(given.driver), True
    with tempfile.TemporaryDirectory(prefix="pcloud-interop-", ignore_cleanup_errors=True) as folder:
        node = LiveNode(driver, Path(folder), "prober", "person", int(time.time()))
        node.listens = False
        try:
            node.up()
            for step in Probe(node, given.invitation, given.wait).run(ask=given.ask, say=given.say):
                good = good and step.good
                sys.stdout.write(f"{'ok' if step.good else 'FAILED'}: {step.what}\n")
            node.down()
        finally:
            driver.kill()
    return GOOD if good else BAD
