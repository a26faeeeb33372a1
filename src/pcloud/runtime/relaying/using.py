"""Using a relay: asking for mailboxes, taking what it grants, and what is to be done there (spec 20 §3)."""

from collections.abc import Iterator
from typing import NamedTuple

from pcloud.engine import retry
from pcloud.engine.compose import Command
from pcloud.engine.gatekeeper import ACTIVE
from pcloud.engine.snapshot import Decision, Relationship
from pcloud.features.relay.ask import RelayAsk
from pcloud.features.relay.grant import read_vouchers
from pcloud.features.relay.machine import ASKED, ASKED_AGAIN, ENDED, GRANTED, REFUSED
from pcloud.kernel.thread import Thread
from pcloud.limits import MAILBOX_BYTES, PICKUP_BYTES, RELAY_BLOB_BYTES_MAX
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.knocking import ended
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import offering, speaking
from pcloud.runtime.relaying import berths
from pcloud.runtime.relaying.moving import RELATED, has_followed, names
from pcloud.store.port import Berth, BerthState, Relay, RelayState, ScopeKind

MACHINE = "relay"
REFUSED_EVENT = "relay.refused"
SPARES = 16
"""Mailboxes that are kept open in advance, so that nobody who meets has to wait for a relay."""
VOUCHERS_WANTED = 64
"""What is asked for at once; every customer asks for as many."""
VOUCHERS_LOW = 32
"""Fewer unspent ones than this: more are asked for."""
ASK_AGAIN_S = 3_600
"""After a refusal the same relay is not asked sooner."""
LEFT_S = 2_592_000
"""How long a mailbox that was left is still collected at least."""
LEASE_S_MAX = 31_536_000
"""A longer lease is renewed as one of a year, whatever the relay says."""
RENEW_PARTS = 3
"""A lease is renewed in the last part of so many."""
WORK_MAX = 32
"""Mailboxes of one kind that one round looks after."""

HELD = (RelayState.GRANTED, RelayState.FULL)
"""With such a relay there are mailboxes."""
PAGE = 256
"""Mailboxes that are read in one go."""


def thread_of(batch: Batch, scope: Scope, *, mine: bool) -> Thread | None:
    """The newest thread on mailboxes that this side, or the other, has opened; None where there is none."""
    known = {thread.id: thread for thread in batch.store.threads(scope.id, MACHINE)}
    for (of, _), thread in batch.changes.threads.items():
        if of == scope.id and thread.machine == MACHINE:
            known[thread.id] = thread
    me = scope.relationship.me.log.persona
    found = [thread for thread in known.values() if (thread.opener == me) is mine]
    return found[-1] if found else None


def begin(batch: Batch, scope: Scope, *, move: bool) -> None:
    """The owner wants to use this contact or peer as a relay."""
    known = berths.relay_of(batch, scope.id)
    if known is None or known.state in (RelayState.REFUSED, RelayState.ENDED):
        known = batch.changes.relays[scope.id] = Relay(scope.id, RelayState.WANTED, batch.believed.begins)
    batch.changes.facts[facts.MOVE_TO + scope.id.hex()] = b"1" if move else None
    batch.steps += 1
    if known.state is RelayState.FULL:
        known = batch.changes.relays[scope.id] = known._replace(state=RelayState.GRANTED)  # asked anew
    if known.state in HELD:
        _choose(batch, known)
    advance(batch, scope.id)


def _choose(batch: Batch, relay: Relay) -> None:
    batch.changes.facts[facts.RELAY] = relay.scope
    move = facts.MOVE_TO + relay.scope.hex()
    if batch.fact(move) is not None:
        batch.changes.facts[facts.MOVING] = b"1"
        batch.changes.facts[move] = None


def advance(batch: Batch, scope_id: bytes, event: str = "") -> None:
    """Take the next step with a relay, from what stands in its thread. Doing it twice does nothing more.

    `event` is what its last message has brought about.
    """
    relay = berths.relay_of(batch, scope_id)
    if relay is None:
        return
    scope = batch.scope(scope_id)
    related = scope.relationship.thread
    if related is None or related.state not in RELATED:
        return
    thread = thread_of(batch, scope, mine=True)
    state = None if thread is None else thread.state
    if relay.state is RelayState.WANTED and state in (None, REFUSED, ENDED):
        _ask(batch, scope, None)
        _note(batch, relay, RelayState.ASKED)
    elif event == REFUSED_EVENT and relay.state is RelayState.GRANTED:
        _note(batch, relay, RelayState.FULL)
    elif thread is not None and state in (GRANTED, ASKED_AGAIN):
        _take_grant(batch, scope, relay, thread)
    elif state == REFUSED and relay.state is not RelayState.REFUSED:
        _note(batch, relay, RelayState.REFUSED)
    elif state == ENDED and relay.state is not RelayState.ENDED:
        _note(batch, relay, RelayState.ENDED)
    elif state == ASKED and relay.state is RelayState.WANTED:
        _note(batch, relay, RelayState.ASKED)


def _note(batch: Batch, relay: Relay, state: RelayState) -> None:
    batch.changes.relays[relay.scope] = relay._replace(state=state, since=batch.believed.begins)
    batch.steps += 1
    batch.tell(f"relay-{state}", batch.scope(relay.scope))


def _ask(batch: Batch, scope: Scope, thread: Thread | None) -> None:
    wanted = RelayAsk(vouchers=VOUCHERS_WANTED)
    speaking.speak(batch, scope, Command(wanted, None if thread is None else thread.id))


def _take_grant(batch: Batch, scope: Scope, relay: Relay, thread: Thread) -> None:
    """Keep the vouchers of a grant where they belong, and erase the item that brought them."""
    data, first = thread.data, relay.state not in HELD
    entry = scope.log.find(data["grant"])
    item = entry.parts[1] if entry is not None and len(entry.parts) > 1 else None
    if entry is not None and item is not None:
        batch.changes.vouchers.update(dict.fromkeys(read_vouchers(item.data), scope.id))
        relationship, without = retry.erase_items(scope.relationship, entry)
        batch.apply(scope, Decision(relationship, (without,)))
    elif not first:
        return
    granted = relay._replace(
        endpoints=tuple(data["endpoints"]),
        lease_s=data["lease"],
        frames=data["frames"],
        octets=data["bytes"],
    )
    _note(batch, granted, RelayState.GRANTED)
    if first:
        _choose(batch, granted)
    elif granted.endpoints != relay.endpoints and batch.fact(facts.RELAY) == relay.scope:
        batch.changes.facts[facts.MOVING] = b"1"  # the relay itself has moved


# ---------------------------------------------------------------- what is to be done at the relay


class Renewal(NamedTuple):
    """A mailbox whose lease is to go on, and what for."""

    berth: Berth
    voucher: bytes


class Show(NamedTuple):
    """A sealed invitation that is to stand at the relay."""

    berth: Berth
    blob: bytes
    until: int


class Work(NamedTuple):
    """One round at a relay."""

    opening: tuple[Berth, ...]
    renewing: tuple[Renewal, ...]
    showing: tuple[Show, ...]
    closing: tuple[Berth, ...]


def plan(batch: Batch, scope_id: bytes, *, tidy: bool) -> Work:
    """What is to be asked of a relay now. Mailboxes that are to be opened have their rows from here on.

    `tidy` looks at all that is there for what is over, too.
    """
    relay = berths.relay_of(batch, scope_id)
    if relay is None or relay.state not in (*HELD, RelayState.ENDED):
        return Work((), (), (), ())
    vouchers = list(batch.store.relays.vouchers(scope_id, SPARES + WORK_MAX))
    renewing = _renewals(batch, relay, vouchers) if tidy else []
    if relay.state in HELD:
        _ask_for_more(batch, relay)
        _fill_the_pool(batch, relay, vouchers[len(renewing) :])
    opening = _in(batch, relay, BerthState.OPENING)
    opening += [
        berth for berth in batch.changes.berths.values() if berth and berth.state is BerthState.OPENING
    ]
    showing = [_show(batch, berth) for berth in _in(batch, relay, BerthState.BLOB)]
    return Work(
        tuple(opening),
        tuple(renewing),
        tuple(show for show in showing if show is not None),
        tuple(_over(batch, relay)) if tidy else (),
    )


def _in(batch: Batch, relay: Relay, state: BerthState) -> list[Berth]:
    return list(batch.store.relays.berths(relay.scope, state, None, WORK_MAX))


def _ask_for_more(batch: Batch, relay: Relay) -> None:
    scope = batch.scope(relay.scope)
    thread, relationship = thread_of(batch, scope, mine=True), scope.relationship
    waits = relay.state is RelayState.FULL and 0 <= batch.believed.begins - relay.since < ASK_AGAIN_S
    if thread is None or thread.state != GRANTED or waits or not _can_ask(relationship):
        return
    if len(batch.store.relays.vouchers(relay.scope, VOUCHERS_LOW)) < VOUCHERS_LOW:
        _ask(batch, scope, thread)


def _can_ask(relationship: Relationship) -> bool:
    """Whether a relay can be asked now: not while the relationship rests, and no more after its end.

    What it keeps is collected all the same.
    """
    thread, waiting = relationship.thread, len(relationship.outgoing.pending)
    held = relationship.stopped or relationship.recovering or waiting >= speaking.WAITING_MAX
    return thread is not None and thread.state == ACTIVE and not held


def _renewals(batch: Batch, relay: Relay, vouchers: list[bytes]) -> list[Renewal]:
    before = batch.believed.begins + min(relay.lease_s, LEASE_S_MAX) // RENEW_PARTS
    ending = batch.store.relays.ending(relay.scope, before, WORK_MAX)
    kept = [berth for berth in ending if berth.state is not BerthState.LOST]
    return [Renewal(berth, voucher) for berth, voucher in zip(kept, vouchers, strict=False)]


def _fill_the_pool(batch: Batch, relay: Relay, vouchers: list[bytes]) -> None:
    counts = batch.store.relays.counts(relay.scope)
    missing = SPARES - counts.get(BerthState.SPARE, 0) - counts.get(BerthState.OPENING, 0)
    for voucher in vouchers[: max(0, missing)]:
        mailbox, pickup = batch.draw(MAILBOX_BYTES), batch.draw(PICKUP_BYTES)
        opening = Berth(mailbox, pickup, relay.scope, BerthState.OPENING, batch.believed.begins, 0, voucher)
        batch.changes.berths[mailbox] = opening
        batch.changes.vouchers[voucher] = None
        batch.steps += 1


def _show(batch: Batch, berth: Berth) -> Show | None:
    offer = batch.store.offer_of_blob(berth.mailbox)
    blob = None if offer is None else offering.blob_of(offer, batch.now)
    if offer is None or blob is None or len(blob) > RELAY_BLOB_BYTES_MAX:
        return None
    return Show(berth, blob, offer.state.invitation.expires or berth.until)


def _over(batch: Batch, relay: Relay) -> Iterator[Berth]:
    """Mailboxes to close: of invitations that have ended, and those that everybody has left long ago."""
    for berth in berths.everyone(batch, relay, BerthState.USED):
        if not _leads_somewhere(batch, berth):
            berths.leave(batch, berth.mailbox)
    for state in (BerthState.BLOB, BerthState.SHOWN):
        yield from (berth for berth in berths.everyone(batch, relay, state) if _show(batch, berth) is None)
    for berth in berths.everyone(batch, relay, BerthState.LEFT):
        route = batch.store.route(berth.mailbox)
        peer = None if route is None or route.kind is ScopeKind.INVITATION else route
        followed = peer is None or (not names(batch, peer, berth.mailbox) and has_followed(batch, peer.scope))
        if berth.since > batch.believed.begins:
            berths.put(batch, berth, BerthState.LEFT)  # by a clock that was ahead
        elif batch.believed.ends - berth.since >= LEFT_S and followed:
            yield berth


def _leads_somewhere(batch: Batch, berth: Berth) -> bool:
    """Whether anybody may still be sending there in good order."""
    route = batch.store.route(berth.mailbox)
    if route is None:
        return False
    if route.kind is ScopeKind.INVITATION:
        offer = batch.store.offer(route.scope)
        return offer is not None and not ended(offer, batch.now)
    contact = batch.store.contact(route.scope)
    return contact is not None and contact.state not in ("closed", "declined")


# ---------------------------------------------------------------- what came of it


def opened(batch: Batch, berth: Berth, until: int | None) -> None:
    """The relay has opened a mailbox; without `until`, at a time that it did not say any more."""
    relay = berths.relay_of(batch, berth.relay)
    if relay is not None and berths.berth_of(batch, berth.mailbox) == berth:
        until = batch.believed.ends + relay.lease_s if until is None else until
        berths.put(batch, berth._replace(until=until, voucher=b""), BerthState.SPARE)


def renewed(batch: Batch, renewal: Renewal, until: int | None) -> None:
    """A voucher is spent, or was good for nothing; with `until` the lease goes on."""
    batch.changes.vouchers[renewal.voucher] = None
    known = berths.berth_of(batch, renewal.berth.mailbox)
    if known is not None and until is not None:
        state = BerthState.BLOB if known.state is BerthState.SHOWN else known.state  # its end has moved too
        batch.changes.berths[known.mailbox] = known._replace(until=until, state=state)
    batch.steps += 1


def shown(batch: Batch, berth: Berth) -> None:
    """A sealed invitation stands at the relay."""
    known = berths.berth_of(batch, berth.mailbox)
    if known is not None and known.state is BerthState.BLOB:
        berths.put(batch, known, BerthState.SHOWN)


def forgotten(batch: Batch, berth: Berth) -> None:
    """A mailbox is closed, or was never opened."""
    batch.changes.berths[berth.mailbox] = None
    batch.steps += 1


def spend(batch: Batch, scope: bytes) -> bytes | None:
    """Take a voucher of a relay; None where there is none."""
    taken = batch.changes.vouchers
    found = batch.store.relays.vouchers(scope, len(taken) + 1)
    voucher = next((each for each in found if each not in taken), None)
    if voucher is not None:
        batch.changes.vouchers[voucher] = None
        batch.steps += 1
    return voucher


def unspent(batch: Batch, scope: bytes, voucher: bytes) -> None:
    """A voucher was not needed."""
    batch.changes.vouchers[voucher] = scope
    batch.steps += 1


def kept(batch: Batch, berth: Berth, until: int) -> None:
    """The relay has a mailbox after all, or again."""
    known = berths.berth_of(batch, berth.mailbox)
    if known is not None:
        state = BerthState.USED if known.state is BerthState.LOST else known.state
        berths.put(batch, known._replace(until=until), state)


def lost(batch: Batch, berth: Berth) -> None:
    """The relay has a mailbox no more. A relationship is moved from it; an invitation there has ended."""
    known = berths.berth_of(batch, berth.mailbox)
    route = batch.store.route(berth.mailbox)
    if known is None or known.state is BerthState.LOST:
        return
    if known.state is BerthState.USED and route is not None and route.kind is ScopeKind.RELATIONSHIP:
        berths.put(batch, known._replace(until=0), BerthState.LOST)
        return
    offer = batch.store.offer_of_blob(berth.mailbox)
    if offer is None and route is not None and route.kind is ScopeKind.INVITATION:
        offer = batch.offer(route.scope)
    if offer is not None and not offer.withdrawn:
        offering.end(batch, offer)
    forgotten(batch, berth)
