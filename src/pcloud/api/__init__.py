"""The owner's side of a node for programs: a typed client, and the server that it speaks to (docs/api.md)."""

from pcloud.api.client import Client
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import (
    Check,
    Contact,
    Entry,
    Happening,
    Invitation,
    Nearby,
    Negotiation,
    Peer,
    Status,
    Terms,
)

__all__ = [
    "Check",
    "Client",
    "Contact",
    "Entry",
    "Happening",
    "Invitation",
    "Nearby",
    "Negotiation",
    "OwnerError",
    "Peer",
    "Status",
    "Terms",
]
