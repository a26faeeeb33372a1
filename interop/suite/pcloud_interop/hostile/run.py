"""Every attack on a node of a driver, in one role."""

import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import ClientError

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.hostile import attacks
from pcloud_interop.hostile.attack import Attack
from pcloud_interop.hostile.siege import Siege
from pcloud_interop.live.node import MismatchError, NotImplementedHereError
from pcloud_interop.result import Outcome, Result
from pcloud_interop.vectors import short

__all__ = ["attacks", "besiege"]

ENDED_MAX: Final = 5
"""After so many nodes that ended under attacks, no other is started."""
PLAYED_MAX: Final = 40
"""By one node, for each is a relationship; a node need not have room for hundreds at once."""


def besiege(path: Path, role: str, wanted: Sequence[Attack], wait_s_max: float) -> Iterator[Result]:
    """Play these against a node of the driver at this path, in a process of its own."""
    left, ended = list(wanted), 0
    while left and ended < ENDED_MAX:
        with tempfile.TemporaryDirectory(prefix="pcloud-interop-", ignore_cleanup_errors=True) as folder:
            siege = Siege(Driver(path), Path(folder), role, wait_s_max)
            try:
                ended += yield from _while_it_stands(siege, left)
            finally:
                siege.leave()
    yield from (Result(each.check, Outcome.FAILED, "the node ends again and again") for each in left)


def _while_it_stands(siege: Siege, wanted: list[Attack]) -> Generator[Result, None, bool]:
    """Play some, and take them off the list; gives whether the node has ended."""
    began = _outcome(siege.begin)
    now = wanted[:PLAYED_MAX]
    for each in now:
        wanted.remove(each)
        outcome, detail = began if began[0] is not Outcome.PASSED else _outcome(partial(siege.play, each))
        yield Result(each.check, outcome, detail)
        if outcome is Outcome.FAILED and not siege.stands():
            return True
    return False


def _outcome(work: Callable[[], None]) -> tuple[Outcome, str]:
    try:
        work()
    except NotImplementedHereError as missing:
        return Outcome.NOT_IMPLEMENTED, str(missing)
    except (MismatchError, DriverError) as fault:
        return Outcome.FAILED, str(fault)
    except (OSError, ClientError) as lost:
        return Outcome.FAILED, f"the node cannot be reached: {short(lost)}"
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as malformed:
        return Outcome.FAILED, f"what came is not as the specification says: {short(malformed)}"
    return Outcome.PASSED, ""
