"""Invitations of one's own: made, kept sealed for whoever has the link, ended (spec 07 §1-2)."""

from hashlib import sha256
from typing import Literal, NamedTuple

from pcloud.engine.invitations import InvitationScope, new_persona
from pcloud.limits import LINK_KEY_BYTES
from pcloud.runtime import views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.knocking import SCOPE_BYTES, ended
from pcloud.runtime.relaying import berths
from pcloud.store.port import Offer, Route, ScopeKind, Timer
from pcloud.wire.invitation import Link, seal_blob, sign_invitation, write_link
from pcloud.wire.keys import SEED_BYTES, HybridKey

END = "end-invitation"
"""The timer that destroys the receiving key of an invitation that has expired."""


class Wanted(NamedTuple):
    """What the owner wants an invitation to say."""

    purpose: str
    kind: str
    here: tuple[str, ...]
    """Where this node is reached itself."""
    role: str | None
    uses: int
    expires_s: int | None
    title: str | None
    terms: tuple[str, ...] | None


def invite(batch: Batch, wanted: Wanted) -> Offer:
    """Make an invitation of a one-time persona, at the relay in use or at this node itself.

    Raises Violation for a text that is too long, OwnerError where nobody could come by it.
    """
    berths.reachable(batch, wanted.here)
    contact = HybridKey.from_seed(batch.draw(SEED_BYTES))
    persona = new_persona(batch.draw, contact, None)
    receiving = HybridKey.from_seed(batch.draw(SEED_BYTES))
    scope, (endpoints, mailbox) = batch.draw(SCOPE_BYTES), berths.place(batch, wanted.here)
    expires = None if wanted.expires_s is None else batch.now + wanted.expires_s
    fields = {
        2: [event.data for event in persona.log.events],
        3: receiving.public,
        4: mailbox,
        5: list(endpoints),
        6: wanted.purpose,
        7: wanted.kind,
        8: wanted.role,
        10: wanted.uses,
        11: batch.now,
        12: expires,
        13: wanted.title,
        14: None if wanted.terms is None else list(wanted.terms),
    }
    given = {key: value for key, value in fields.items() if value is not None}
    invitation = sign_invitation(persona.key, given)
    state = InvitationScope(invitation, persona.key, receiving)
    offer = Offer(scope, state, berths.place_to_show(batch), batch.draw(LINK_KEY_BYTES))
    batch.steps += 1
    batch.changes.offers[scope] = offer
    batch.changes.routes[mailbox] = Route(mailbox, scope, ScopeKind.INVITATION)
    if expires is not None:
        batch.changes.timers[scope, END, b""] = Timer(scope, END, b"", expires + 1)
    return offer


def end(batch: Batch, offer: Offer) -> None:
    """No request for it can be accepted from now on, and its receiving key is destroyed (spec 07 §1)."""
    blank = HybridKey.stored(bytes(SEED_BYTES), offer.state.receiving.public)
    state = offer.state._replace(receiving=blank)
    batch.steps += 1
    batch.changes.offers[offer.scope] = offer._replace(state=state, withdrawn=True)


def link_of(offer: Offer) -> str:
    """The short link that leads to it."""
    invitation = offer.state.invitation
    link = Link(invitation.endpoints[0], offer.blob_mailbox, _hash(offer), offer.blob_key)
    return write_link(link)


def _hash(offer: Offer) -> bytes:
    return sha256(offer.state.invitation.data).digest()


def blob_of(offer: Offer, now: int) -> bytes | None:
    """What is kept for the link; None once the invitation has ended."""
    return None if ended(offer, now) else seal_blob(offer.state.invitation.data, offer.blob_key)


def view(offer: Offer, now: int) -> views.Invitation:
    """As the owner sees it."""
    state, invitation = offer.state, offer.state.invitation
    how: Literal["open", "used", "expired", "withdrawn"] = "open"
    if state.used >= invitation.uses:
        how = "used"
    elif invitation.expires is not None and now > invitation.expires:
        how = "expired"
    elif offer.withdrawn:
        how = "withdrawn"
    return views.Invitation(
        offer.scope.hex(),
        link_of(offer),
        invitation.purpose,
        invitation.role,
        invitation.uses,
        state.used,
        invitation.created,
        invitation.expires,
        how,
    )
