"""Every story, to two drivers in their roles."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.live import stories
from pcloud_interop.live.node import MismatchError, NotImplementedHereError
from pcloud_interop.live.pair import Pair
from pcloud_interop.live.scenario import SCENARIOS, Scenario
from pcloud_interop.result import Check, Expected, Outcome, Result
from pcloud_interop.vectors import short

__all__ = ["Actor", "checks", "run_live", "stories"]

LEVEL = 3


class Actor(NamedTuple):
    """A driver in a role."""

    path: Path
    expected: Expected
    lives: bool
    """Whether it says that it does this level."""


def checks() -> Iterator[Check]:
    """What the stories show."""
    return map(_check, SCENARIOS)


def run_live(guest: Actor, host: Actor, chosen: frozenset[Check], wait_s_max: float) -> Iterator[Result]:
    """Tell these stories to two drivers, each a process of its own."""
    told = [story for story in SCENARIOS if _check(story) in chosen]
    if not (guest.lives and host.lives):
        yield from (Result(_check(story), Outcome.NOT_IMPLEMENTED, "level 3") for story in told)
        return
    pair = Driver(guest.path), Driver(host.path)
    try:
        for story in told:
            result = guest.expected.judge(_tell(story, *pair, wait_s_max), "guest")
            yield host.expected.judge(result, "host")
    finally:
        for driver in pair:
            driver.kill()


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
