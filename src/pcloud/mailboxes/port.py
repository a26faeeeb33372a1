"""What a relay keeps: vouchers, mailboxes, frames; nothing that ties one mailbox to another (spec 20 §6).

Whose a mailbox is, by which voucher it was opened and in which order is not stored. Times are kept in whole
hours, the end of a lease in whole days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from pcloud.limits import RELAY_KEPT_S
from pcloud.wire.services.service import Outcome

DAY_S: Final = 86_400
HOUR_S: Final = 3_600

EXPIRED_AT_ONCE: Final = 256
"""Rows that one `expire` takes at most: it never holds up a commit for long."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What is kept at most. It holds for every mailbox alike: a bound of its own would tell them apart."""

    frames: int = 1_024
    """In one mailbox."""
    bytes: int = 8 * 2**20
    """In one mailbox."""
    mailboxes: int = 100_000
    """In all."""
    bytes_in_all: int = 16 * 2**30
    lease_s: int = 365 * DAY_S
    """How long a voucher opens or renews a mailbox for."""
    kept_s: int = RELAY_KEPT_S


class AddVouchers(NamedTuple):
    """Vouchers that were given away, as hashes; good until the end of that day."""

    hashes: tuple[bytes, ...]
    until: int


class OpenBox(NamedTuple):
    """Spend a voucher on a new mailbox."""

    voucher_hash: bytes
    address: bytes
    pickup_hash: bytes


class RenewBox(NamedTuple):
    """Spend a voucher on another lease."""

    voucher_hash: bytes
    pickup_hash: bytes


class PublishBlob(NamedTuple):
    """Keep a blob in a mailbox without frames, in place of an earlier one; empty to take it away."""

    pickup_hash: bytes
    blob: bytes
    until: int


class PutFrame(NamedTuple):
    """A frame that came for an address."""

    address: bytes
    frame: bytes


class TakeFrames(NamedTuple):
    """Delete the frames of a mailbox up to and with a number."""

    box: int
    number: int


class CloseBox(NamedTuple):
    """Delete a mailbox with everything in it."""

    pickup_hash: bytes


Change: TypeAlias = AddVouchers | OpenBox | RenewBox | PublishBlob | PutFrame | TakeFrames | CloseBox


class Result(NamedTuple):
    """What became of a change."""

    outcome: Outcome
    box: int = 0
    """Of a frame that was put: its mailbox, as `Mailboxes.find` names it."""
    number: int = 0
    """Of a frame that was put: its number in the mailbox."""
    until: int = 0
    """Of a mailbox that was opened or renewed: the end of its lease."""


class Waiting(NamedTuple):
    """One frame that waits."""

    number: int
    frame: bytes


class Stats(NamedTuple):
    """How much is kept."""

    vouchers: int
    mailboxes: int
    frames: int
    bytes: int
    """Of frames and blobs."""


class Mailboxes(Protocol):
    """Raises StoreError of its body's kind where nothing can be kept any more."""

    def commit(self, changes: Sequence[Change], now: int) -> list[Result]:
        """Make all these changes in their order, durably, and say what became of each.

        Raises for a fault of the disk, and then none of them was made.
        """

    def find(self, pickup_hash: bytes, now: int) -> int | None:
        """The mailbox that a pickup token opens, by a number that never leaves this node."""

    def read(self, box: int, after: int, frames_max: int, bytes_max: int) -> list[Waiting]:
        """The first frames of a mailbox above a number; at least one where there is one."""

    def blob(self, address: bytes, now: int) -> bytes | None:
        """The blob that is served under an address."""

    def expire(self, now: int) -> bool:
        """Delete what is over, some of it; gives whether there may be more.

        From here on nothing of what was deleted before can be read in what is stored.
        """

    def stats(self) -> Stats:
        """How much is kept."""

    def close(self) -> None:
        """Let it go."""
