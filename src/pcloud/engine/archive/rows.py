"""The rows of a volume, in order: a later one replaces what an earlier one said of the same (spec 21 §3).

What is not here cannot get into an archive: no session, no receiving key, no signing key, no thread, which is
what its entries fold to.
"""

from typing import Final, NamedTuple

from pcloud.engine.snapshot import Entry, Peer
from pcloud.wire.header import SignedHeader
from pcloud.wire.keylog import KeyLog

SCOPE_BYTES: Final = 16
"""What a node calls a relationship by; it means nothing to anybody else."""


class Node(NamedTuple):
    """The node itself."""

    name: str
    kind: str
    created: int


class Own(NamedTuple):
    """Something that a node keeps for itself under a name of its own; None where it is gone."""

    key: str
    value: bytes | None

    def __repr__(self) -> str:
        """Without the value: what is printed ends in logs."""
        return f"Own({self.key!r})"


class Met(NamedTuple):
    """What a list shows of a relationship. Texts are the peer's own claims."""

    asked: bool
    """Whether this side asked for it."""
    state: str
    name: str | None
    purpose: str
    kind: str
    role: str | None
    invitation: bytes
    created: int
    heard: int


class Mine(NamedTuple):
    """This side of a relationship, without the keys that end with the node."""

    founding: bytes
    log: KeyLog
    kind: str
    mailboxes: tuple[bytes, ...]
    """The present one first."""
    endpoints: tuple[str, ...]
    nonce: bytes
    contact_seeds: tuple[bytes, ...]
    """Of the contact keys that still have to be kept."""

    def __repr__(self) -> str:
        """Without keys and nonce: what is printed ends in logs."""
        return f"Mine({self.log.persona.hex()}, epoch {self.log.epoch})"


class Proofs(NamedTuple):
    """Signed objects that cannot be made again."""

    invitation: bytes | None = None
    succession: bytes | None = None
    receipt: bytes | None = None
    """The peer's newest."""


class Lines(NamedTuple):
    """The heads of both lines of the present pair of epochs."""

    out_number: int
    out_head: bytes
    receipted: int
    in_number: int
    in_head: bytes


class Kept(NamedTuple):
    """A relationship as it stands. It also takes away its marks, forks and timers: those that hold follow."""

    scope: bytes
    met: Met
    me: Mine
    peer: Peer
    peer_founding: bytes
    proofs: Proofs
    lines: Lines
    clock: int
    closed: int
    """When this side took it to be closed; 0 while it is not."""


class Marked(NamedTuple):
    """Entries that are unaffirmed (spec 06 §6), by first id."""

    scope: bytes
    ids: tuple[bytes, ...]


class Said(NamedTuple):
    """A message as it is held now: what is erased is not here."""

    scope: bytes
    entry: Entry


class Former(NamedTuple):
    """An earlier header of a message that was sent again; its parts stand with the newest."""

    scope: bytes
    entry: Entry


class Judged(NamedTuple):
    """The verdict of a message became known, or changed."""

    scope: bytes
    first_id: bytes
    verdict: str


class Fork(NamedTuple):
    """The second header of a fork, kept as proof."""

    scope: bytes
    signed: SignedHeader


class Timed(NamedTuple):
    """A command that the clock asks of the relationship."""

    scope: bytes
    command: str
    key: bytes
    at: int


class End(NamedTuple):
    """The last row: the number of the newest entry, and how many rows stand before."""

    upto: int
    rows: int


InScope = Kept | Marked | Said | Former | Judged | Fork | Timed
Row = Node | Own | InScope
"""What a volume holds before its end."""
