"""Being a relay: whom the owner lets have mailboxes, and how many vouchers are given (spec 20 §3)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from pcloud.engine import retry
from pcloud.engine.compose import Command
from pcloud.engine.snapshot import Decision
from pcloud.features.relay.grant import RelayGrant
from pcloud.features.relay.machine import ASKED, ASKED_AGAIN
from pcloud.features.relay.refuse import RelayRefuse
from pcloud.kernel.thread import Thread
from pcloud.mailboxes.port import Quota
from pcloud.net.endpoint import NOWHERE
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import meeting, speaking
from pcloud.runtime.owning.meeting import Self
from pcloud.runtime.relaying.moving import PAGE, RELATED
from pcloud.runtime.relaying.using import thread_of
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Direction
from pcloud.wire import cbor

VOUCHERS_GRANTED_MAX = 64
"""Vouchers of one grant."""
VOUCHERS_DAY_MAX = 1_024
"""Vouchers that one peer is given in a day."""
VOUCHERS_GOOD_S = 31_536_000
"""How long a voucher can be spent."""
DAY_S = 86_400

Serving = Literal["off", "granted", "anyone"]


class Made(NamedTuple):
    """Vouchers for a wish, and until when they are good."""

    vouchers: Sequence[bytes]
    until: int


class Wish(NamedTuple):
    """A peer that asks and may have mailboxes."""

    scope: bytes
    thread: bytes
    vouchers: int
    """How many are given; 0 where it had too many today."""


def serving(batch: Batch) -> Serving:
    """For whom this node is a relay."""
    value = batch.fact(facts.SERVING)
    return "off" if value is None else cast("Serving", value.decode())


def serve(batch: Batch, wanted: Serving, here: tuple[str, ...]) -> None:
    """Be a relay from now on, or no more. Raises OwnerError where nobody could reach it."""
    if wanted != "off" and here == (NOWHERE,):
        text = (
            "A relay has to be reached from elsewhere, and your node names no address: pcloud up --endpoint."
        )
        raise OwnerError("invalid", text)
    batch.changes.facts[facts.SERVING] = wanted.encode()
    batch.steps += 1


def has_served(batch: Batch) -> bool:
    """Whether this node is a relay, or was: then it may keep something."""
    return batch.fact(facts.SERVING) is not None


def require_relay(batch: Batch) -> None:
    """Raise OwnerError where this node is no relay."""
    if serving(batch) == "off":
        raise OwnerError("invalid", "Your node is no relay. Begin with: pcloud relay serve")


def permit(batch: Batch, scope: Scope) -> None:
    """The owner lets a peer have mailboxes."""
    batch.changes.facts[facts.CUSTOMER + scope.id.hex()] = b"1"
    batch.steps += 1


def let_in(batch: Batch, scope_id: bytes, me: Self, name: str) -> bool:
    """Accept a request by an invitation that was made for customers; false where it is another's."""
    scope = batch.scope(scope_id)
    thread = scope.relationship.thread
    waits = scope.contact.direction is Direction.IN and thread is not None and thread.state == "requested"
    if not waits or batch.fact(facts.CUSTOMERS + scope.contact.invitation.hex()) is None:
        return False
    meeting.accept(batch, scope, me, name)
    permit(batch, scope)
    return True


def wish_of(batch: Batch, scope_id: bytes) -> Wish | None:
    """What a peer asks for and may have; None where the owner has to say so first, or nothing is asked."""
    scope = batch.scope(scope_id)
    thread = _asking(batch, scope)
    how = serving(batch)
    allowed = how == "anyone" or batch.fact(facts.CUSTOMER + scope_id.hex()) is not None
    if thread is None or how == "off" or not allowed:
        return None
    left = max(0, VOUCHERS_DAY_MAX - _given_today(batch, scope_id))
    return Wish(scope_id, thread.id, min(thread.data["asked"], VOUCHERS_GRANTED_MAX, left))


def asks(batch: Batch, scope_id: bytes) -> bool:
    """Whether a peer waits for an answer."""
    return _asking(batch, batch.scope(scope_id)) is not None


def _asking(batch: Batch, scope: Scope) -> Thread | None:
    thread = thread_of(batch, scope, mine=False)
    return thread if thread is not None and thread.state in (ASKED, ASKED_AGAIN) else None


def _given_today(batch: Batch, scope_id: bytes) -> int:
    data = batch.fact(facts.GIVEN + scope_id.hex())
    if data is None:
        return 0
    day, count = cast("tuple[int, int]", cbor.decode_list(data))
    return count if day == batch.believed.begins // DAY_S else 0


def answer(batch: Batch, wish: Wish, made: Made, here: tuple[str, ...], quota: Quota) -> bool:
    """Grant what was made for a wish, or refuse it where nothing was; false where nobody asks any more."""
    scope = batch.scope(wish.scope)
    thread = _asking(batch, scope)
    if thread is None or thread.id != wish.thread:
        return False
    if not made.vouchers:
        speaking.speak(batch, scope, Command(RelayRefuse(reason="not-now"), thread.id))
        return True
    message, items = RelayGrant.pack(
        here, quota.lease_s, quota.frames, quota.bytes, made.until, made.vouchers
    )
    speaking.speak(batch, scope, Command(message, thread.id, items))
    given = _given_today(batch, wish.scope) + len(made.vouchers)
    batch.changes.facts[facts.GIVEN + wish.scope.hex()] = cbor.encode([batch.believed.begins // DAY_S, given])
    return True


def forget_vouchers(batch: Batch, scope_id: bytes) -> bool:
    """Erase the vouchers of grants that have arrived: what is left names nobody's mailboxes.

    Gives whether there are grants that have not arrived.
    """
    scope = batch.scope(scope_id)
    thread = thread_of(batch, scope, mine=False)
    left = False
    for entry in () if thread is None else scope.log.entries(thread.id):
        if not entry.mine or not any(entry.parts[1:]):
            continue
        if entry.verdict is None:
            left = True
        else:
            relationship, without = retry.erase_items(scope.relationship, entry)
            batch.apply(scope, Decision(relationship, (without,)))
    return left


def due(batch: Batch, after: bytes | None) -> tuple[list[bytes], bytes | None]:
    """Peers of one page that ask, or whose grants have vouchers left; and where to go on."""
    rows = batch.store.contacts(after, PAGE)
    found = [row.scope for row in rows if row.state in RELATED and batch.store.threads(row.scope, "relay")]
    return found, rows[-1].scope if len(rows) == PAGE else None


def waiting_guests(batch: Batch) -> list[bytes]:
    """Who has asked by an invitation for customers and was not let in, because the node stopped."""
    return [
        scope
        for offer in batch.store.offers()
        if batch.fact(facts.CUSTOMERS + offer.state.invitation.id.hex()) is not None
        for scope in batch.store.pending(offer.state.invitation.id)
    ]
