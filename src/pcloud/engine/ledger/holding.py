"""One field that a taker was given, and what became of it (spec 09 §11)."""

from enum import StrEnum
from typing import NamedTuple


class Held(StrEnum):
    """What became of a field, in the order in which it is decided (spec 09 §11)."""

    ERASED = "erased"
    KEPT = "kept"
    ERASING = "erasing"
    REVOKED = "revoked"
    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    NEED_MORE = "need-more"
    CONFIRMED = "confirmed"
    APPLIED = "applied"


class Holding(NamedTuple):
    """One field that a taker was given. Ids and versions, never a value; times in seconds since 1970."""

    thread: bytes
    grant: bytes
    path: str
    giver: bytes
    taker: bytes
    agreement: bytes
    until: int
    standing: bool
    version: int
    """The newest that was given."""
    message: bytes
    """First id of the message that gave it."""
    item: int
    """The part of that message which holds the value."""
    applied: int
    """The newest version that the taker's node is known to have; 0 for none."""
    state: Held
    backups: int | None = None
    """When the last backup of what was deleted is gone."""
