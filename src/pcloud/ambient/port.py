"""What the pure core may not touch: time, randomness, threads (D17)."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from pcloud.errors import PcloudError
from pcloud.wire.keys import Check

T = TypeVar("T")


class WorkersClosedError(PcloudError):
    """The node is stopping: nothing more is run."""


class Lane(StrEnum):
    """Where blocking work runs, so that the loop goes on serving sockets."""

    OPEN = "open"
    """Opening and verifying frames: several at once, touching no scope."""
    DECIDE = "decide"
    """Loading, deciding, committing: one at a time, the only writer."""
    KEEP = "keep"
    """What is kept for others, beside one's own: one at a time."""


class Clock(Protocol):
    """Time. The wall clock says what is valid; the monotonic one how long something took."""

    def now(self) -> int:
        """Seconds since 1970-01-01 UTC, by the wall."""

    def elapsed(self) -> float:
        """Seconds since some moment; never goes backwards."""

    def since_boot(self) -> float:
        """The same, with those in which the machine slept."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class Entropy(Protocol):
    """Randomness from the operating system; never a generator that could be seeded."""

    def __call__(self, size: int) -> bytes:
        """That many random bytes."""


class Workers(Protocol):
    """Threads, or in a simulation none."""

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Run it in its lane and give its result. Raises what it raises; WorkersClosedError once closed."""

    def verified(self, checks: Sequence[Check]) -> Sequence[bool]:
        """Whether each of these signatures holds, in their order. Blocks: for who runs in a lane."""

    def close(self) -> None:
        """Wait for what runs, then take nothing more."""
