"""Telling the owner's own system what happens to data of others: in order, signed, until it has taken it.

It is told at least once, with an id by which it can pass over what it knows already. How far it was told is
stored, so nothing is left out where either side was down.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from pcloud.ambient.port import Clock
from pcloud.engine.registry import STANDARD
from pcloud.kernel.thread import Thread
from pcloud.net.port import Hook, UnreachableError
from pcloud.runtime import facts
from pcloud.runtime.config import ConfigError
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.errands import Errands
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.taking.happened import BY_EITHER, Told, event
from pcloud.store.port import Fed

PAGE: Final = 50
"""Messages that are looked at for one POST."""
STORED_EVERY: Final = 1_000
"""How far it goes on, where there is nothing to tell, until that is stored."""
FIRST_S: Final = 5.0
"""The wait after the first failure; each doubles."""
LONGEST_S: Final = 900.0
SIGNATURE: Final = "Pcloud-Signature"
"""Header of the signature: `t=SECONDS,v1=HEX`, HMAC-SHA256 over `SECONDS.` and the body."""
SECRET_BYTES: Final = (16, 256)


class Receiver(NamedTuple):
    """Who is told, and with which secret."""

    hook: Hook
    secret: bytes


def read_secret(path: Path) -> bytes:
    """The secret that both know. Raises ConfigError."""
    try:
        secret = path.read_bytes().strip()
    except OSError as fault:
        raise ConfigError(f"webhook.secret cannot be read: {fault.strerror}.") from fault
    least, most = SECRET_BYTES
    if not least <= len(secret) <= most:
        raise ConfigError(f"webhook.secret has to hold {least} to {most} bytes.")
    return secret


def sign(secret: bytes, at: int, body: bytes) -> str:
    """What proves to a receiver that this node has told it, and when: it refuses what is old."""
    made = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


class Telling:
    """Tells one receiver, as long as the node runs."""

    def __init__(
        self,
        decider: Decider,
        clock: Clock,
        log: Log,
        failed: Callable[[Exception], None],
        to: Receiver | None,
    ) -> None:
        """`failed` is told of faults of ours; `to` is None where nobody wants to know."""
        self._decider, self._clock, self._log, self._to = decider, clock, log, to
        self._errands = Errands("telling", failed)
        self._news = asyncio.Event()
        self.behind = False
        """Whether the receiver did not take what it was told last."""

    @property
    def wanted(self) -> bool:
        """Whether anybody is told."""
        return self._to is not None

    def start(self) -> None:
        """Begin, where the last run ended; the first begins with what comes from now on."""
        if self._to is not None:
            self._errands.begin(self._run(self._to))

    async def stop(self) -> None:
        """Tell no more."""
        await self._errands.stop()

    def committed(self) -> None:
        """Something was committed."""
        self._news.set()

    async def _run(self, to: Receiver) -> None:
        cursor = stored = await self._decider.do(_begin)
        wait_s = FIRST_S
        while True:
            self._news.clear()
            after, events = await self._decider.do(partial(_next, cursor=cursor))
            if after == cursor:
                await self._news.wait()
                continue
            try:
                if events:
                    await self._tell(to, events)
            except UnreachableError:
                self._is_behind()
                await self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_S)
                continue
            if events and self.behind:
                self._log.note(Event.HOOK_UP)
                self.behind, wait_s = False, FIRST_S
            cursor = after
            if events or cursor - stored >= STORED_EVERY:
                await self._decider.do(partial(_note, cursor=cursor))
                stored = cursor

    def _is_behind(self) -> None:
        if not self.behind:
            self._log.note(Event.HOOK_BEHIND)
        self.behind = True

    async def _tell(self, to: Receiver, events: list[Told]) -> None:
        body, now = msgspec.json.encode({"events": events}), self._clock.now()
        headers = {"Content-Type": "application/json", SIGNATURE: sign(to.secret, now, body)}
        await to.hook.tell(body, headers)


def _begin(batch: Batch) -> int:
    known = batch.fact(facts.HOOK)
    if known is None:
        _note(batch, batch.store.feed_end())
        return batch.store.feed_end()
    return int(known)


def _note(batch: Batch, cursor: int) -> None:
    batch.changes.facts[facts.HOOK] = str(cursor).encode()


def _thread_of(batch: Batch, fed: Fed) -> Thread | None:
    """Where it has to be known who is the giver."""
    signed = fed.entry.signed
    return (
        batch.store.history(fed.scope).thread(signed.thread_id) if signed.header.name in BY_EITHER else None
    )


def _next(batch: Batch, cursor: int) -> tuple[int, list[Told]]:
    """The next page of the feed: where it ends, and what of it is to be told."""
    rows = batch.store.feed(cursor, PAGE)
    told = (event(row, STANDARD, _thread_of(batch, row)) for row in rows)
    return rows[-1].number if rows else cursor, [each for each in told if each is not None]
