"""Running until somebody stops it, or until something else has come to its end."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

from pcloud.ambient.port import Clock
from pcloud.cli.exits import Exit

LOOK_S: Final = 1.0
"""How often it is looked whether a moment has come, or something has broken."""
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Stop at the first signal; at the second leave at once, which loses nothing that was acknowledged."""

    def asked() -> None:
        if stop.is_set():
            os._exit(Exit.INTERRUPTED)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in _STOPPING:
            loop.remove_signal_handler(number)


async def until_stopped(clock: Clock, end: int) -> None:
    """Wait for a signal that stops a program, or for a moment by the wall."""
    stop = asyncio.Event()
    with stopped_by_signals(stop):
        await first(stop.wait(), _until(clock, end))


async def _until(clock: Clock, end: int) -> None:
    while clock.now() < end:
        await clock.sleep(LOOK_S)


async def first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait for the first to end, and end the rest. Raises what it raised."""
    tasks = [asyncio.create_task(each) for each in awaited]
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    for task in done:
        task.result()
