"""The machine's own clock, randomness and threads. A decision gets what these give as arguments (D17)."""

import asyncio
import ctypes
import gc
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pcloud.ambient.port import Lane, T, WorkersClosedError
from pcloud.ambient.verifying import Verifier
from pcloud.wire.keys import Check

OPEN_THREADS: Final = 2
"""Frames opened at once. Their cryptography lets go of the interpreter lock, the rest does not."""


def _trim() -> Callable[[int], object] | None:
    """What gives freed memory back; None where the C library has no such call, or cannot be asked."""
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except OSError:
        return None


_TRIM: Final = _trim()
_SINCE_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

MADE_BEFORE_COLLECTION: Final = 10_000
"""Objects made, and not gone by themselves, before the young ones are looked through for cycles."""


def settle_memory() -> None:
    """Look no more for garbage in what stands when a process has started: modules, settings, the node.

    Nearly everything of a message goes without being looked for. A look at everything takes 60 ms, in which
    a node does nothing else.
    """
    gc.freeze()
    gc.set_threshold(MADE_BEFORE_COLLECTION)


def give_back_memory() -> None:
    """Give the machine back what was freed; nothing happens where the C library cannot (glibc can, musl not).

    It would lie in pieces between others until it is used again: 10 MiB after a thousand peers were greeted.
    It takes 2 ms where much was freed, and 0.3 where nothing was.
    """
    if _TRIM is not None:
        _TRIM(0)


class SystemClock:
    """The wall clock of the machine, and its monotonic one, which stands still while the machine sleeps."""

    def now(self) -> int:
        """Seconds since 1970-01-01 UTC, by the wall."""
        return int(time.time())

    def elapsed(self) -> float:
        """Seconds since some moment; never goes backwards."""
        return time.monotonic()

    def since_boot(self) -> float:
        """The same, with those in which the machine slept, where the system counts them (Linux does)."""
        return time.clock_gettime(_SINCE_BOOT)

    async def sleep(self, seconds: float) -> None:
        """Wait; not at all for nothing or less."""
        await asyncio.sleep(max(0.0, seconds))


def system_entropy(size: int) -> bytes:
    """Random bytes of the operating system. Raises what it raises: there is nothing to fall back on (T20)."""
    return os.urandom(size)


class ThreadWorkers:
    """Two threads that open, one that decides, one that keeps. Whoever stops waiting stops no work."""

    def __init__(self) -> None:
        self._lanes = {
            Lane.OPEN: ThreadPoolExecutor(OPEN_THREADS, "pcloud-open"),
            # One thread is what makes it the only writer, in the order of asking.
            Lane.DECIDE: ThreadPoolExecutor(1, "pcloud-decide"),
            Lane.KEEP: ThreadPoolExecutor(1, "pcloud-keep"),
        }
        self._verifier = Verifier()
        self._closed = False

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Run it in its lane and give its result. Raises what it raises, or WorkersClosedError."""
        if self._closed:
            raise WorkersClosedError
        return await asyncio.get_running_loop().run_in_executor(self._lanes[lane], work)

    def verified(self, checks: Sequence[Check]) -> Sequence[bool]:
        """Whether each holds: many are checked in a process of their own."""
        return self._verifier(checks)

    def close(self) -> None:
        """Wait for what was taken, then take nothing more. Blocks; a second call does nothing."""
        self._closed = True
        for pool in self._lanes.values():
            pool.shutdown()
        self._verifier.close()
