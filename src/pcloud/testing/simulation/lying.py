"""Mailboxes of a relay that drops frames, repeats them, swaps and changes them, and gives them to others."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from pcloud.mailboxes.port import Change, Mailboxes, PutFrame, Result, Stats, Waiting
from pcloud.wire.services.service import Outcome

LIES: Final = 0.4
"""How many frames it does not just keep."""
REMEMBERED_MAX: Final = 64
"""Frames that it may give again later."""


class LyingMailboxes:
    """Tells everybody that their frames are kept, and may be honest for a while."""

    def __init__(self, inner: Mailboxes, dice: random.Random, lies: Callable[[], bool]) -> None:
        self._inner, self._dice, self._lies = inner, dice, lies
        self._seen: list[PutFrame] = []

    def commit(self, changes: Sequence[Change], now: int) -> list[Result]:
        """Make the changes, or others in their place."""
        return [self._one(change, now) for change in changes]

    def _one(self, change: Change, now: int) -> Result:
        if not self._lies() or not isinstance(change, PutFrame):
            return self._inner.commit([change], now)[0]
        self._seen = [*self._seen, change][-REMEMBERED_MAX:]
        instead = self._twisted(change) if self._dice.random() < LIES else [change]
        results = self._inner.commit(instead, now)
        own = [result for put, result in zip(instead, results, strict=True) if put.address == change.address]
        return own[-1] if own else Result(Outcome.DONE)

    def _twisted(self, put: PutFrame) -> list[PutFrame]:
        """What becomes of a frame."""
        other = self._dice.choice(self._seen)
        at = self._dice.randrange(len(put.frame))
        changed = put.frame[:at] + bytes([put.frame[at] ^ 1]) + put.frame[at + 1 :]
        return self._dice.choice(
            (
                [],
                [put, put],
                [other, put],
                [put._replace(address=other.address), put],
                [put._replace(frame=changed)],
                [put._replace(frame=changed), put],
            )
        )

    def find(self, pickup_hash: bytes, now: int) -> int | None:
        """As it is."""
        return self._inner.find(pickup_hash, now)

    def read(self, box: int, after: int, frames_max: int, bytes_max: int) -> list[Waiting]:
        """As it is."""
        return self._inner.read(box, after, frames_max, bytes_max)

    def blob(self, address: bytes, now: int) -> bytes | None:
        """As it is."""
        return self._inner.blob(address, now)

    def expire(self, now: int) -> bool:
        """As it is."""
        return self._inner.expire(now)

    def stats(self) -> Stats:
        """As it is."""
        return self._inner.stats()

    def close(self) -> None:
        """Let it go."""
        self._inner.close()
