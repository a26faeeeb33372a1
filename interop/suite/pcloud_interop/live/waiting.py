"""Waiting until something has come, and for nothing else."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from pcloud_interop.live.node import MismatchError

T = TypeVar("T")

WAIT_S_MAX: Final = 45
"""How long something may take to come, where nobody says otherwise: a busy machine is no fault."""
LOOK_S: Final = 0.02
"""After this it is looked for the second time; then more and more seldom."""
LOOK_S_MAX: Final = 0.25


def until(what: str, look: Callable[[], T | None], wait_s_max: float = WAIT_S_MAX) -> T:
    """What a look gives once it gives something. Raises MismatchError where it never does."""
    end, pause_s = time.monotonic() + wait_s_max, LOOK_S
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise MismatchError(f"not within {wait_s_max:g} seconds: {what}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LOOK_S_MAX)
