"""Moving house: every peer is told where this node is reached now, and who has not followed is listed."""

from enum import Enum
from typing import NamedTuple, cast

from pcloud.engine.compose import Command
from pcloud.features.relationship.move import RelationshipMove
from pcloud.limits import MAILBOX_BYTES
from pcloud.net.endpoint import NOWHERE
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.runtime.relaying import berths
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import BerthState, Relay, Route, ScopeKind
from pcloud.wire import cbor

LOST_S = 600
"""How long a relay may take to give vouchers by which a lost mailbox is opened again."""
PAGE = 64
"""Relationships that are looked at, and moved, in one commit."""

RELATED = ("active", "paused-by-opener", "paused-by-other", "paused-by-both")
"""States in which a peer can be told."""


BEGINNING = ("requested", "accepted")
"""States in which it can be told soon."""


class Telling(Enum):
    """What became of telling a peer."""

    KNOWS = "knows"
    """It was told now, or before."""
    LATER = "later"
    """Nothing can be said to it now."""
    SHORT = "short"
    """The relay has no mailbox ready for it."""


class Moved(NamedTuple):
    """What became of one page of relationships."""

    after: bytes | None
    """Where to go on; None after the last."""
    short: bool
    """Whether the relay had too few mailboxes ready."""
    all_told: bool
    """Whether everybody of the page knows, or nobody has to."""


class Told(NamedTuple):
    """The last move that a peer was told of."""

    first_id: bytes
    at: int


class Standing(NamedTuple):
    """How far a move has come with one peer."""

    scope: Scope
    told: int | None
    """When it was told of the place where this node is now; None where it was not, or always knew."""
    followed: bool


def move_some(batch: Batch, after: bytes | None, here: tuple[str, ...]) -> Moved:
    """Tell the peers of one page where this node is reached now, as far as they do not know."""
    rows = batch.store.contacts(after, PAGE)
    last = rows[-1].scope if len(rows) == PAGE else None
    all_told = True
    for row in rows:
        if row.state in RELATED:
            told = move_one(batch, batch.scope(row.scope), here)
            if told is Telling.SHORT:
                return Moved(after, short=True, all_told=all_told)
            all_told = all_told and told is Telling.KNOWS
        elif row.state in BEGINNING:
            all_told = False
    return Moved(last, short=False, all_told=all_told)


def move_one(batch: Batch, scope: Scope, here: tuple[str, ...]) -> Telling:
    """Tell one peer, where that is possible and it does not know."""
    me, thread = scope.relationship.me, scope.relationship.thread
    relay = berths.wanted(batch, scope.id)
    if is_there(batch, scope, here):
        return Telling.KNOWS
    held = scope.relationship.stopped or scope.relationship.recovering
    full = len(scope.relationship.outgoing.pending) >= speaking.WAITING_MAX
    if thread is None or thread.state not in RELATED or held or full:
        return Telling.LATER
    endpoints, mailbox = here, me.mailbox
    if relay is not None:
        berth = berths.take_spare(batch, relay)
        if berth is None:
            return Telling.SHORT
        endpoints, mailbox = relay.endpoints, berth.mailbox
    elif berths.berth_of(batch, me.mailbox) is not None:
        mailbox = batch.draw(MAILBOX_BYTES)
    moved = RelationshipMove(mailbox=mailbox, endpoints=endpoints)
    first_id = speaking.speak(batch, scope, Command(moved, thread.id))
    batch.changes.routes[mailbox] = Route(mailbox, scope.id, ScopeKind.RELATIONSHIP)
    batch.changes.facts[facts.MOVED + scope.id.hex()] = cbor.encode([first_id, batch.now])
    if mailbox != me.mailbox:
        berths.leave(batch, me.mailbox)
    return Telling.KNOWS


def is_there(batch: Batch, scope: Scope, here: tuple[str, ...]) -> bool:
    """Whether a peer was told of the place where this node is to be reached now."""
    me, relay = scope.relationship.me, berths.wanted(batch, scope.id)
    berth = berths.berth_of(batch, me.mailbox)
    if relay is None:
        return berth is None and me.endpoints == here
    at_home = berth is not None and berth.relay == relay.scope and berth.state is BerthState.USED
    return at_home and me.endpoints == relay.endpoints


def rescue(batch: Batch, relay: Relay, here: tuple[str, ...]) -> None:
    """Tell those whose mailbox the relay has lost, and does not open again, where to send instead."""
    for berth in batch.store.relays.berths(relay.scope, BerthState.LOST, None, PAGE):
        if 0 <= batch.believed.begins - berth.since < LOST_S:
            continue
        route = batch.store.route(berth.mailbox)
        if route is None or not names(batch, route, berth.mailbox):
            batch.changes.berths[berth.mailbox] = None
            batch.steps += 1
        elif move_one(batch, batch.scope(route.scope), here) is Telling.SHORT:
            return


def names(batch: Batch, route: Route, mailbox: bytes) -> bool:
    """Whether a relationship that lives is still reached there."""
    contact = batch.store.contact(route.scope)
    lives = contact is not None and contact.state not in ("closed", "declined")
    return lives and batch.scope(route.scope).relationship.me.mailbox == mailbox


def rehouse(batch: Batch) -> None:
    """After a recovery leave every mailbox that another copy of this node may collect from (spec 20 §8)."""
    recovered, relays = batch.fact(facts.RECOVERED), batch.store.relays
    if recovered == batch.fact(facts.REHOUSED):
        return
    for relay in relays.all():
        for state in (BerthState.SPARE, BerthState.USED):
            for berth in berths.everyone(batch, relay, state):
                route = batch.store.route(berth.mailbox)
                if route is None or route.kind is ScopeKind.RELATIONSHIP:
                    berths.put(batch, berth, BerthState.LEFT)
                    batch.changes.facts[facts.MOVING] = b"1"
        for berth in berths.everyone(batch, relay, BerthState.OPENING):
            batch.changes.berths[berth.mailbox] = None
            # It may be spent, or somebody else may spend it: then the relay says so, and the next is taken.
            batch.changes.vouchers[berth.voucher] = relay.scope
    batch.changes.facts[facts.REHOUSED] = recovered
    batch.steps += 1


# ---------------------------------------------------------------- who has followed


def told_of(batch: Batch, scope_id: bytes) -> Told | None:
    """The last move that a peer was told of."""
    data = batch.fact(facts.MOVED + scope_id.hex())
    if data is None:
        return None
    first_id, at = cast("tuple[bytes, int]", cbor.decode_list(data))
    return Told(first_id, at)


def has_followed(batch: Batch, scope_id: bytes) -> bool:
    """Whether the peer has acknowledged the last move that it was told of, or needs to no more."""
    told = told_of(batch, scope_id)
    contact = batch.store.contact(scope_id)
    if told is None or contact is None or contact.state not in RELATED:
        return True
    entry = batch.scope(scope_id).log.find(told.first_id)
    return entry is None or entry.verdict is not None


def standing(batch: Batch, scope: Scope, here: tuple[str, ...]) -> Standing | None:
    """How far a peer is; None for whom nothing need be said to."""
    if scope.contact.state not in RELATED:
        return None
    told = told_of(batch, scope.id)
    if not is_there(batch, scope, here):
        return Standing(scope, None, followed=False)
    return Standing(scope, None if told is None else told.at, has_followed(batch, scope.id))


def to_relay(batch: Batch, relay: Relay) -> None:
    """From now on everybody is to reach this node by this relay."""
    batch.changes.facts[facts.RELAY] = relay.scope
    batch.changes.facts[facts.MOVING] = b"1"
    batch.steps += 1


def to_here(batch: Batch, here: tuple[str, ...]) -> None:
    """From now on everybody is to reach this node itself. Raises OwnerError where nobody can."""
    if here == (NOWHERE,):
        text = (
            "Your node names no address: nobody could follow. Move to a relay, or see pcloud up --endpoint."
        )
        raise OwnerError("invalid", text)
    batch.changes.facts[facts.RELAY] = None
    batch.changes.facts[facts.MOVING] = b"1"
    batch.steps += 1
