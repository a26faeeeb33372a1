"""What a holder keeps for its peers, and what it never does: nothing that is kept is changed (spec 22 §6).

Every volume belongs to a *custody*, one agreement with one peer. Only hashes of tokens and locators are known
here. All of it may be called from several threads at once.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pcloud.errors import PcloudError
from pcloud.wire.services.custody import Kept

BLOCK_BYTES = 4_096
"""Each volume counts as a multiple of this, as it does on a disk (spec 22 §5)."""
DAY_S = 86_400


class HoldingsError(PcloudError):
    """What is kept cannot be read or written; the text is one sentence for the owner, with what to do."""


class UnknownError(HoldingsError):
    """Nothing here answers to that: who asks learns no more."""


class NoRoomError(HoldingsError):
    """It does not fit into what was granted, or the disk is full. Nothing was changed."""


class Custody(NamedTuple):
    """One agreement. `id` is the holder's own name for it."""

    id: bytes
    token: bytes
    """SHA-256 of the put token, under its label."""
    address: bytes
    bytes_max: int
    days: int
    """How long an older version is kept."""
    ended: int | None = None
    """Since when nothing more is taken: seconds since 1970 UTC."""


class Held(NamedTuple):
    """A custody, and how it is used."""

    custody: Custody
    bytes: int
    """Counted as room is: in whole blocks, with what was begun."""
    volumes: int
    newest: int
    """When the last volume was finished; 0 before the first."""


class Holdings(Protocol):
    """Volumes of others."""

    @property
    def damaged(self) -> Sequence[HoldingsError]:
        """What could not be opened, one for each custody. Nothing of it is touched."""

    def allow(self, custody: Custody) -> None:
        """Begin a custody, or give one of the same id another token, room or days; what is kept stays.

        Raises NoRoomError, HoldingsError.
        """

    def end(self, id_: bytes, now: int) -> None:
        """Take nothing more for a custody; what is there stays for its days. Raises HoldingsError.

        An end that is still to come is one of a wrong clock: it is now.
        """

    def held(self) -> Sequence[Held]:
        """Every custody, in the order in which they began."""

    def begin(self, token: bytes, kind: int, size: int, digest: bytes) -> int:
        """Begin or go on with a volume; gives how many bytes of it are here.

        Another one that was begun and not finished is dropped. Raises UnknownError, NoRoomError.
        """

    def add(self, token: bytes, digest: bytes, offset: int, data: bytes) -> int:
        """Take bytes that follow what is here, and no others; gives how many are here.

        Raises UnknownError, NoRoomError for a full disk.
        """

    def finish(self, token: bytes, digest: bytes, now: int) -> None:
        """Keep a volume, durably. One whose bytes are not of its digest is dropped.

        Raises UnknownError for it too, NoRoomError.
        """

    def volumes(self, address: bytes, after: int, limit: int) -> Sequence[Kept]:
        """What is kept under an address, in the order in which it came. Raises UnknownError for nothing."""

    def read(self, address: bytes, digest: bytes, offset: int, size: int) -> bytes:
        """Bytes of a volume, fewer at its end. Raises UnknownError."""

    def prove(self, token: bytes, digest: bytes, prefix: bytes) -> bytes:
        """SHA-256 of the prefix and the volume as it is kept. Raises UnknownError."""

    def expire(self, now: int) -> None:
        """Let go what was kept for as long as was agreed (spec 22 §6). Raises HoldingsError."""

    def close(self) -> None:
        """Let go of files."""
