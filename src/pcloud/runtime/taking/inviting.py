"""Invitations for customers: one for each, bound to what the owner calls them; and who comes by one."""

from typing import Final, Literal, NamedTuple

from pcloud.errors import Code, UsageError
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import customers, meeting, offering
from pcloud.runtime.owning.customers import Customer
from pcloud.runtime.owning.meeting import Self
from pcloud.runtime.recovering.housing import here
from pcloud.runtime.taking import views
from pcloud.store.port import Direction

AT_ONCE_MAX: Final = 100
"""Customers that are invited in one commit."""
AGAIN_S: Final = 3_600
"""How soon somebody is let in for whom there is no key now."""
OPEN: Final = "open"


class Round(NamedTuple):
    """What all invitations of one call say."""

    wanted: offering.Wanted
    let_in: bool


def invite(batch: Batch, reference: str, how: Round) -> views.Invited:
    """The invitation of a customer: the one that is open, or a new one. Raises OwnerError, Violation."""
    known = customers.find(batch, reference)
    if known is not None and known.scope:
        return _row(batch, known, "came")
    if known is not None:
        offer = batch.offer(known.offer)
        if offer is not None and offering.view(offer, batch.now).state == OPEN:
            return _row(batch, known, "open")
    offer = offering.invite(batch, how.wanted)
    made = Customer(reference, offer.scope, offer.state.invitation.id, b"", how.let_in)
    customers.bind(batch, made)
    return _row(batch, made, "new")


def _row(batch: Batch, customer: Customer, state: Literal["new", "open", "came"]) -> views.Invited:
    offer = batch.offer(customer.offer)
    shown = None if offer is None or customer.scope else offering.view(offer, batch.now)
    return views.Invited(
        customer.reference,
        state,
        None if shown is None else shown.link,
        None if shown is None else shown.expires,
        customer.offer.hex(),
        customer.scope.hex() or None,
    )


def let_in(batch: Batch, scope: Scope, _key: bytes) -> None:
    """Let somebody in who came by an invitation of which the owner has said so."""
    thread, customer = scope.relationship.thread, customers.of_contact(batch, scope.contact)
    waits = scope.contact.direction is Direction.IN and thread is not None and thread.state == "requested"
    if not waits or customer is None or not customer.let_in or customer.scope:
        return
    if not batch.store.commitments_left():
        raise PutOffError(AGAIN_S)
    name, kind = batch.fact(facts.NAME) or b"", batch.fact(facts.KIND) or b"person"
    try:
        meeting.accept(batch, scope, Self(kind.decode(), here(batch)), name.decode())
    except UsageError as error:
        if error.code is not Code.INVITATION_USED:
            raise
