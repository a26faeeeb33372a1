"""Own mailboxes at relays, as decisions take and leave them: a spare one needs no word with the relay."""

from collections.abc import Iterator
from typing import NamedTuple

from pcloud.engine.snapshot import Relationship
from pcloud.limits import MAILBOX_BYTES
from pcloud.net.endpoint import NOWHERE
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Berth, BerthState, Relay, RelayState

PAGE = 256
"""Mailboxes that are read in one go."""


class Place(NamedTuple):
    """Where a peer, or whoever has an invitation, is told to send."""

    endpoints: tuple[str, ...]
    mailbox: bytes


def relay_of(batch: Batch, scope: bytes) -> Relay | None:
    """A relay that this node uses or has used, as this batch leaves it."""
    if scope in batch.changes.relays:
        return batch.changes.relays[scope]
    return next((relay for relay in batch.store.relays.all() if relay.scope == scope), None)


def chosen(batch: Batch) -> Relay | None:
    """The relay that the owner uses for whom it meets; None where this node is reached itself."""
    scope = batch.fact(facts.RELAY)
    return None if scope is None else relay_of(batch, scope)


def berth_of(batch: Batch, mailbox: bytes) -> Berth | None:
    """One's own mailbox at a relay, as this batch leaves it."""
    if mailbox in batch.changes.berths:
        return batch.changes.berths[mailbox]
    return batch.store.relays.berth(mailbox)


def everyone(batch: Batch, relay: Relay, state: BerthState) -> Iterator[Berth]:
    """All mailboxes at a relay in one state, as they were before this batch."""
    after: bytes | None = None
    while page := batch.store.relays.berths(relay.scope, state, after, PAGE):
        yield from page
        after = page[-1].mailbox


def put(batch: Batch, berth: Berth, state: BerthState) -> Berth:
    """Let a mailbox be in another state from now on."""
    changed = berth._replace(state=state, since=batch.believed.begins)
    batch.changes.berths[berth.mailbox] = changed
    batch.steps += 1
    return changed


def take_spare(batch: Batch, relay: Relay, state: BerthState = BerthState.USED) -> Berth | None:
    """Take a mailbox that is open and that nobody knows; None where the relay has to be asked first."""
    taken = batch.changes.berths
    spares = batch.store.relays.berths(relay.scope, BerthState.SPARE, None, len(taken) + 1)
    free = next((berth for berth in spares if berth.mailbox not in taken), None)
    return None if free is None else put(batch, free, state)


def place(batch: Batch, here: tuple[str, ...]) -> Place:
    """Where somebody new is told to send: a fresh mailbox at the relay in use, else at this node itself.

    Raises OwnerError `busy` where the relay has none ready.
    """
    relay = chosen(batch)
    if relay is None:
        return Place(here, batch.draw(MAILBOX_BYTES))
    return Place(relay.endpoints, need(batch, relay, BerthState.USED).mailbox)


def place_to_show(batch: Batch) -> bytes:
    """The mailbox under which a sealed invitation is fetched. Raises OwnerError `busy`."""
    relay = chosen(batch)
    return batch.draw(MAILBOX_BYTES) if relay is None else need(batch, relay, BerthState.BLOB).mailbox


def need(batch: Batch, relay: Relay, state: BerthState) -> Berth:
    """A spare mailbox. Raises OwnerError `busy`."""
    berth = take_spare(batch, relay, state)
    if berth is None:
        raise OwnerError(
            "busy", "Your relay has no mailbox ready for you. Try again soon; `pcloud relay list` shows why."
        )
    return berth


def reachable(batch: Batch, here: tuple[str, ...]) -> None:
    """Raise OwnerError where an invitation could lead nowhere."""
    if chosen(batch) is None and here == (NOWHERE,):
        text = (
            "Nobody can reach your node: it names no address and uses no relay. "
            "Start it with `pcloud up --endpoint URL`, or see `pcloud relay use`."
        )
        raise OwnerError("unreachable", text)


def wanted(batch: Batch, scope: bytes) -> Relay | None:
    """The relay by which a peer is to reach this node; None for none.

    A relay itself is spoken to directly: it would otherwise see a mailbox beside a name.
    """
    known = relay_of(batch, scope)
    return chosen(batch) if known is None or known.state is RelayState.ENDED else None


def house(batch: Batch, scope: bytes, relationship: Relationship, here: tuple[str, ...]) -> Relationship:
    """Give a new relationship its own place, before the peer is told of one. Raises OwnerError `busy`."""
    relay, me = wanted(batch, scope), relationship.me
    if relay is None:
        return relationship._replace(me=me._replace(endpoints=here))
    mailbox = need(batch, relay, BerthState.USED).mailbox
    return relationship._replace(me=me._replace(endpoints=relay.endpoints, mailbox=mailbox))


def leave(batch: Batch, mailbox: bytes) -> None:
    """A mailbox is named no more. What still comes there is collected for a while."""
    berth = berth_of(batch, mailbox)
    if berth is None:
        return
    if berth.state is BerthState.LOST:
        batch.changes.berths[mailbox] = None
    else:
        put(batch, berth, BerthState.LEFT)
