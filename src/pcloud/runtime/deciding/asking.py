"""Asks between scopes of one store: written, applied once and answered in one commit (spec 05 §9)."""

import hashlib

from pcloud.engine import asks, invitations
from pcloud.errors import UsageError, Violation
from pcloud.kernel.effects import Ask
from pcloud.limits import ASK_KEPT_S
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.store.port import Desk, Offer, Timer

CONSUME = "consume"
FORGET = "forget-ask"
"""The timer that drops a target's row a week after its source's is gone."""


def ask_for_use(batch: Batch, source: Scope, offer: Offer, thread: bytes) -> Offer:
    """Use an invitation once for a pending request. Raises UsageError `invitation-used`, changing nothing."""
    target = f"invitation/{offer.scope.hex()}"
    name = f"relationship/{source.id.hex()}"
    pair = pair_of(target, name)
    mine, theirs = batch.desk(source.id), batch.desk(pair)
    outbound, row = asks.ask(mine.outbound, name, Ask(target, CONSUME, thread))
    apply_now, answer = asks.admit(theirs.inbound, row)
    inbound = theirs.inbound
    if apply_now:
        try:
            used = invitations.consume(offer.state, thread, batch.now)
        except Violation as violation:
            raise UsageError(violation) from violation
        offer, answer = offer._replace(state=used), asks.APPLIED
        inbound = asks.answered(inbound, row, answer)
    if answer is None:
        raise RuntimeError("an ask of this scope came before its turn")
    outbound, _ = asks.settled(outbound, row, answer)
    inbound = asks.source_gone(inbound, name, row.number, batch.now)
    batch.steps += 1
    batch.changes.desks[source.id] = Desk(outbound, mine.inbound)
    batch.changes.desks[pair] = Desk(theirs.outbound, inbound)
    batch.changes.offers[offer.scope] = offer
    timer = Timer(pair, FORGET, name.encode(), batch.now + ASK_KEPT_S)
    batch.changes.timers[pair, FORGET, name.encode()] = timer
    return offer


def forget(batch: Batch, timer: Timer) -> None:
    """Drop what is older than a week after its source's row went."""
    desk = batch.desk(timer.scope)
    inbound = asks.forget(desk.inbound, timer.key.decode(), batch.now)
    batch.changes.desks[timer.scope] = desk._replace(inbound=inbound)


def pair_of(target: str, source: str) -> bytes:
    """The key of what a target remembers of one source, so that a row holds one pair only."""
    return hashlib.sha256(f"{target} {source}".encode()).digest()[:16]
