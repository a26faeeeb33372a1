"""What a commit lets go: frames, notices to outdated copies, and what the owner hears of (spec 05 §9)."""

from collections.abc import Mapping
from typing import NamedTuple

from pcloud.engine.snapshot import Entry
from pcloud.net.port import Link, Packet
from pcloud.runtime.views import Happening
from pcloud.store.port import Berth

Way = Link | tuple[str, ...]
"""A connection, or the endpoints of a node."""


class Parcel(NamedTuple):
    """Frames of one relationship to let go after the commit."""

    scope: bytes
    endpoints: tuple[str, ...]
    mailbox: bytes
    frames: tuple[bytes, ...]
    own: bool
    """Whether there is more than an answer in it, so that a connection is worth opening."""
    whole: bool
    """Whether nothing else waits for the peer's receipt, so that this is all to send once it is reached."""
    hidden: bool = False
    """Whether this side has no address, so that the peer waits for a connection from here (TRANSPORT-39)."""


class Told(NamedTuple):
    """Something that a message of a peer has brought about, by a row's reply."""

    scope: bytes
    event: str
    key: bytes


class Committed(NamedTuple):
    """What to do once the rows stand."""

    parcels: tuple[Parcel, ...]
    happenings: tuple[Happening, ...]
    entries: Mapping[tuple[bytes, bytes], Entry]
    """By scope and first id, in their order in the feed."""
    feed_end: int = 0
    """The number of the last of them in the feed."""
    receipts: int = 0
    retried: int = 0
    """Own messages that are sent again."""
    seconds: float = 0.0
    """What the commit took."""
    due: int | None = None
    """When the first of what it wrote is due: a try, or a timer."""
    apart: float = 0.0
    """What the wall clock showed beyond the monotonic one when it was decided."""
    links: tuple[tuple[bytes, Link], ...] = ()
    """Connections over which a relationship's peer was heard."""
    parted: tuple[bytes, ...] = ()
    """Relationships whose peer has begun a new epoch: connections of its older copies lead nowhere."""
    notices: tuple[tuple[Way, tuple[Packet, ...]], ...] = ()
    """What outdated copies are told, and how they may be reached."""
    told: tuple[Told, ...] = ()
    """What messages of peers have brought about."""
    berths: tuple[Berth, ...] = ()
    """Own mailboxes at relays that have changed."""
    ended: bool = False
    """Whether an invitation of one's own has ended."""
