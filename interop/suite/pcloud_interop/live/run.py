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


class Actor(NamedTuple):
    """A driver in a role."""

    driver: Driver
    expected: Expected
    lives: bool
    """Whether it says that it does this level."""


def run_live(actors: Sequence[Actor], chosen: Chosen, wait_s_max: float) -> Iterator[Told]:
    """Tell all stories. One driver in both roles is two processes. The caller ends those of the actors."""
    stories_told = [story for story in SCENARIOS if _check(story) in chosen]
    for guest, host in product(range(len(actors)), repeat=2):
        if not (actors[guest].lives and actors[host].lives):
            for story in stories_told:
                yield Told(guest, host, Result(_check(story), Outcome.NOT_IMPLEMENTED, "level 3"))
            continue
        itself = guest == host
        pair = actors[guest].driver, Driver(actors[host].driver.path) if itself else actors[host].driver
        try:
            for story in stories_told:
                result = _tell(story, *pair, wait_s_max)
                result = actors[guest].expected.judge(result, "guest")
                result = actors[host].expected.judge(result, "host")
                yield Told(guest, host, result)
        finally:
            if itself:
                pair[1].kill()


def _check(story: Scenario) -> Check:
    return Check(LEVEL, story.chapter, story.part, story.name, story.rules)


def _tell(story: Scenario, guest: Driver, host: Driver, wait_s_max: float) -> Result:
    check = _check(story)
    with tempfile.TemporaryDirectory(prefix="pcloud-interop-", ignore_cleanup_errors=True) as folder:
        pair = Pair(guest, host, Path(folder), check.id, wait_s_max)
        try:
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
        finally:
            pair.over()
        guest.kill()
        host.kill()
        return result
