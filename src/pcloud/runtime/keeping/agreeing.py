"""Custody as two owners agree on it, from either side (spec 22 §3)."""

from hashlib import sha256
from typing import Final, NamedTuple

from pcloud.engine.compose import Command
from pcloud.features.custody.ask import CustodyAsk
from pcloud.features.custody.end import CustodyEnd
from pcloud.features.custody.grant import CustodyGrant, read_token
from pcloud.features.custody.machine import ASKED, KEPT
from pcloud.features.custody.refuse import CustodyRefuse
from pcloud.holdings.port import Custody
from pcloud.kernel.thread import Thread
from pcloud.limits import CUSTODY_TOKEN_BYTES, LOCATOR_BYTES
from pcloud.net.endpoint import NOWHERE
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Store
from pcloud.wire.services.custody import token_hash

MACHINE: Final = "custody"
BYTES_ASKED: Final = 2**30
"""Room that is asked for, and granted, where the owner names none."""
DAYS_ASKED: Final = 90
"""How long older versions are to be kept, where the owner does not say."""


class Terms(NamedTuple):
    """What a holder has granted, as the owner of the volumes uses it."""

    scope: bytes
    thread: bytes
    endpoints: tuple[str, ...]
    token: bytes
    bytes_max: int
    days: int
    address: bytes


def threads(store: Store, scope: bytes) -> list[Thread]:
    """The custodies of a relationship, from either side, oldest first."""
    return list(store.threads(scope, MACHINE))


def is_mine(scope: Scope, thread: Thread) -> bool:
    """Whether the volumes are this node's; else this node is the holder."""
    return thread.opener == scope.relationship.me.log.persona


def is_closed(scope: Scope) -> bool:
    """Whether nothing more is said in the relationship."""
    thread = scope.relationship.thread
    return thread is None or thread.state in ("closed", "declined")


def open_thread(batch: Batch, scope: Scope, *, mine: bool) -> Thread:
    """The custody that is asked for or granted. Raises OwnerError `unknown`."""
    found = [
        thread
        for thread in threads(batch.store, scope.id)
        if is_mine(scope, thread) is mine and thread.state in (ASKED, KEPT)
    ]
    if found:
        return found[-1]
    what = "keeps no copies of yours" if mine else "has asked for no room here"
    raise OwnerError("unknown", f"This peer {what}. See: pcloud holders list.")


# The owner of the volumes


def ask(batch: Batch, scope: Scope, bytes_max: int, days: int) -> bytes:
    """Ask a peer to be a holder; gives the thread. Raises OwnerError, UsageError, FullOutboxError."""
    for thread in threads(batch.store, scope.id):
        if is_mine(scope, thread) and thread.state in (ASKED, KEPT):
            raise OwnerError("invalid", "This peer is asked already. See: pcloud holders list.")
    address = _free_address(batch, scope)
    return speaking.speak(batch, scope, Command(CustodyAsk(address, bytes_max, days), None))


def _free_address(batch: Batch, scope: Scope) -> bytes:
    """An address that no other peer was told; where none is left, one that nobody keeps anything under."""
    whole = batch.fact(facts.ADDRESSES) or b""
    addresses = [whole[at : at + LOCATOR_BYTES] for at in range(0, len(whole), LOCATOR_BYTES)]
    told: set[bytes] = set()
    live: set[bytes] = set()
    after: bytes | None = None
    while rows := batch.store.contacts(after, 256):
        after = rows[-1].scope
        for row in rows:
            for thread in threads(batch.store, row.scope):
                address = thread.data["address"]
                if row.scope == scope.id and thread.state not in (ASKED, KEPT) and address in addresses:
                    return bytes(address)  # this peer knows it already
                told.add(address)
                if thread.state in (ASKED, KEPT):
                    live.add(address)
    for used in (told, live):
        free = [address for address in addresses if address not in used]
        if free:
            return free[0]
    if not addresses:
        text = "This node was made without addresses for copies. Give it its words: pcloud pool extend."
        raise OwnerError("invalid", text)
    raise OwnerError("full", f"There are {len(addresses)} holders already. Remove one first.")


def terms_of(scope: Scope, thread: Thread) -> Terms | None:
    """What a custody of this node's volumes allows; None where it is not granted, or its token is gone."""
    if thread.state != KEPT or is_closed(scope):
        return None
    token = _token(scope, thread)
    if token is None:
        return None
    data = thread.data
    endpoints = tuple(data["endpoints"])
    return Terms(scope.id, thread.id, endpoints, token, data["bytes"], data["days"], data["address"])


def _token(scope: Scope, thread: Thread) -> bytes | None:
    entry = scope.log.find(thread.data["grant"])
    item = None if entry is None or len(entry.parts) < 2 else entry.parts[1]  # noqa: PLR2004 - body and token
    return None if item is None else read_token(item.data)


def end(batch: Batch, scope: Scope, thread: Thread) -> None:
    """End a custody, or refuse one that is only asked for."""
    refused = thread.state == ASKED and not is_mine(scope, thread)
    message = CustodyRefuse() if refused else CustodyEnd()
    speaking.speak(batch, scope, Command(message, thread.id))


# The holder


def can_hold(endpoints: tuple[str, ...]) -> bool:
    """Whether anybody could put something here."""
    return NOWHERE not in endpoints


def grant(
    batch: Batch, scope: Scope, thread: Thread, bytes_max: int, days: int, here: tuple[str, ...]
) -> None:
    """Say yes, or say anew how much, how long and where; what it gives is bounded by what is asked for."""
    if not can_hold(here):
        text = "A holder has to be one that can be reached: let the node listen, and set reach.endpoints."
        raise OwnerError("invalid", text)
    token = _token(scope, thread) if thread.state == KEPT else None
    message, items = CustodyGrant.pack(bytes_max, days, here, token or batch.draw(CUSTODY_TOKEN_BYTES))
    speaking.speak(batch, scope, Command(message, thread.id, items))


def name_of(thread: Thread) -> bytes:
    """What the holdings call a custody: nothing that stands elsewhere."""
    return sha256(thread.id).digest()


def custody_of(scope: Scope, thread: Thread) -> Custody | None:
    """What this node has granted, for its holdings; None where it has not, or it is over."""
    if is_mine(scope, thread) or thread.state != KEPT or is_closed(scope):
        return None
    token = _token(scope, thread)
    if token is None:
        return None
    data = thread.data
    return Custody(name_of(thread), token_hash(token), data["address"], data["bytes"], data["days"])
