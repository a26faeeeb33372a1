"""The attacks; importing this package makes all of them known."""

from pcloud_interop.hostile.attacks import (
    answers,
    bodies,
    carrier,
    disclosure,
    frames,
    handshake,
    invitations,
    links,
    order,
    recovery,
    relationship,
    requests,
    sessions,
    signatures,
    terms,
)

__all__ = [
    "answers",
    "bodies",
    "carrier",
    "disclosure",
    "frames",
    "handshake",
    "invitations",
    "links",
    "order",
    "recovery",
    "relationship",
    "requests",
    "sessions",
    "signatures",
    "terms",
]
