"""Customers as the owner's other systems call them: an invitation is bound to that name, and who comes by it.

The name is the owner's own, such as a number of a customer. It is never sent to anybody.
"""

from dataclasses import replace
from hashlib import sha256
from typing import Final, NamedTuple, cast

from pcloud.runtime import facts, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import show
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Contact
from pcloud.wire import cbor

REFERENCE_BYTES_MAX: Final = 128
"""Of one name."""


class Customer(NamedTuple):
    """One name, the invitation that is bound to it, and who came by it."""

    reference: str
    offer: bytes
    """Scope of the invitation."""
    invitation: bytes
    """Its id, which the contact that comes of it names."""
    scope: bytes = b""
    """Of the relationship; empty until the owner has let somebody in."""
    let_in: bool = False
    """Whether who comes by it is let in without asking the owner."""


def bind(batch: Batch, customer: Customer) -> None:
    """Bind an invitation to a name. Raises OwnerError for one that is too long, or empty."""
    if not 0 < len(customer.reference.encode()) <= REFERENCE_BYTES_MAX:
        raise OwnerError("invalid", f"A customer's name has 1 to {REFERENCE_BYTES_MAX} bytes.")
    batch.changes.facts[_key(customer.reference)] = cbor.encode(list(customer))
    batch.changes.facts[_bound(customer.invitation)] = customer.reference.encode()
    batch.steps += 1


def find(batch: Batch, reference: str) -> Customer | None:
    """The customer of a name."""
    written = batch.fact(_key(reference))
    return None if written is None else _read(written)


def _read(written: bytes) -> Customer:
    reference, offer, invitation, scope, let_in = cast(
        "tuple[str, bytes, bytes, bytes, bool]", cbor.decode_list(written)
    )
    return Customer(reference, offer, invitation, scope, let_in)


def of_contact(batch: Batch, contact: Contact) -> Customer | None:
    """The customer that a contact is, by the invitation that it came with."""
    reference = reference_of(batch, contact)
    known = None if reference is None else find(batch, reference)
    return None if known is None or known.invitation != contact.invitation else known


def reference_of(batch: Batch, contact: Contact) -> str | None:
    """What the owner calls a contact; None where its invitation was bound to no name."""
    written = batch.fact(_bound(contact.invitation))
    return None if written is None else written.decode()


def scope_of(batch: Batch, reference: str) -> bytes | None:
    """The relationship of a customer who came."""
    known = find(batch, reference)
    return known.scope if known is not None and known.scope else None


def shown(batch: Batch, scope: Scope) -> views.Peer:
    """A relationship, with what the owner calls it."""
    return replace(show.peer(scope, batch.now), reference=reference_of(batch, scope.contact))


def came(batch: Batch, contact: Contact) -> None:
    """The owner lets somebody in: who came by a bound invitation is found by its name from now on."""
    known = of_contact(batch, contact)
    if known is not None:
        batch.changes.facts[_key(known.reference)] = cbor.encode(list(known._replace(scope=contact.scope)))
        batch.steps += 1


def _key(reference: str) -> str:
    return facts.CUSTOMER_NAMED + sha256(reference.encode()).hexdigest()


def _bound(invitation: bytes) -> str:
    return facts.CUSTOMER_BY + invitation.hex()
