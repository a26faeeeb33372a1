"""Every story, to every pair of drivers, in both roles."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.live import stories
from pcloud_interop.live.node import MismatchError, NotImplementedHereError
from pcloud_interop.live.pair import Pair
from pcloud_interop.live.scenario import SCENARIOS, Scenario
from pcloud_interop.result import Check, Chosen, Expected, Outcome, Result
from pcloud_interop.vectors import short

__all__ = ["Told", "run_live", "stories"]

LEVEL = 3


class Told(NamedTuple):
    """What came of a story with these two: places in the list of drivers."""

    guest: int
    host: int
    result: Result


def run_live(drivers: Sequence[Driver], expected: Sequence[Expected], chosen: Chosen) -> Iterator[Told]:
    """Tell all stories. A driver that stands in both roles runs as two processes."""
    stories_told = [story for story in SCENARIOS if _check(story) in chosen]
    for guest, host in product(range(len(drivers)), repeat=2):
        pair = Driver(drivers[guest].path), Driver(drivers[host].path)
        for story in stories_told:
            result = _tell(story, *pair)
            for known in {expected[guest], expected[host]}:
                result = known.judge(result)
            yield Told(guest, host, result)
        for driver in pair:
            driver.kill()


def _check(story: Scenario) -> Check:
    return Check(LEVEL, story.chapter, story.part, story.name, story.rules)


def _tell(story: Scenario, guest: Driver, host: Driver) -> Result:
    check = _check(story)
    with tempfile.TemporaryDirectory(prefix="pcloud-interop-", ignore_cleanup_errors=True) as folder:
        try:
            pair = Pair(guest, host, Path(folder))
            story.story(pair)
            pair.down()
        except NotImplementedHereError as missing:
            result = Result(check, Outcome.NOT_IMPLEMENTED, str(missing))
        except (MismatchError, DriverError) as fault:
            result = Result(check, Outcome.FAILED, str(fault))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as malformed:
            result = Result(
                check, Outcome.FAILED, f"an answer is not as the contract says: {short(malformed)}"
            )
        else:
            return Result(check, Outcome.PASSED)
        guest.kill()
        host.kill()
        return result
