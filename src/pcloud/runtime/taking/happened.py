"""What happened to data of others, as the owner's systems are told it: paths and versions, never a value."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pcloud.engine.fold import act_of
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.machine import GIVEN
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.disclosure.rights import DisclosureRights
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.features.relationship.close import RelationshipClose
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.store.port import Fed

Told = dict[str, Any]

BY_EITHER: Final = frozenset({DisclosureRevoke.NAME, DisclosureErase.NAME})
"""Messages that mean something else where the sender is the taker."""


def event(fed: Fed, registry: Registry, thread: Thread | None) -> Told | None:
    """What a message of a thread means for who holds data; None where it means nothing.

    A message that lost its values since comes once more, under the same id and with less.
    """
    entry = fed.entry
    read = _READ.get((entry.signed.header.name, entry.mine))
    if read is None or (not entry.mine and entry.verdict != APPLIED):
        return None
    if read is _taken_back and (thread is None or not _gave(thread, entry)):
        return None  # they need no more what they hold of this owner
    told = read(act_of(registry, entry.signed, entry.parts).message, entry)
    if told is None:
        return None
    return {
        "id": entry.first_id.hex(),
        "at": entry.signed.header.time,
        "peer": fed.scope.hex(),
        "thread": entry.signed.thread_id.hex(),
        **told,
    }


def _gave(thread: Thread, entry: Entry) -> bool:
    """Whether the sender of a message is the giver in its thread."""
    opened = thread.opener == entry.signed.header.sender
    return opened if thread.state == GIVEN else not opened


def _given(message: Message, entry: Entry) -> Told | None:
    assert isinstance(message, DisclosurePresent | DisclosureUpdate), "its header says so"
    here = [field for field, part in zip(message.fields, entry.parts[1:], strict=True) if part is not None]
    what = "given" if isinstance(message, DisclosurePresent) else "changed"
    return {"what": what, "fields": _fields(here)} if here else None


def _taken_back(message: Message, _entry: Entry) -> Told:
    assert isinstance(message, DisclosureRevoke | DisclosureErase), "its header says so"
    what = "taken-back" if isinstance(message, DisclosureRevoke) else "delete"
    return {"what": what, "paths": None if message.paths is None else list(message.paths)}


def _deleted(message: Message, _entry: Entry) -> Told:
    assert isinstance(message, DisclosureErased), "its header says so"
    kept = [each.path for each in message.kept or ()]
    return {"what": "deleted", "fields": _fields(message.fields), "kept": kept}


def _declined(_message: Message, _entry: Entry) -> Told:
    return {"what": "declined"}


def _claimed(message: Message, _entry: Entry) -> Told:
    assert isinstance(message, DisclosureRights), "its header says so"
    paths = None if message.paths is None else list(message.paths)
    return {"what": "claimed", "right": message.right, "paths": paths}


def _closed(_message: Message, _entry: Entry) -> Told:
    return {"what": "closed"}


def _fields(fields: Iterable[Field]) -> list[Told]:
    return [{"path": path, "version": version} for path, version in fields]


_READ: Final[dict[tuple[str, bool], Callable[[Message, Entry], Told | None]]] = {
    (DisclosurePresent.NAME, False): _given,
    (DisclosureUpdate.NAME, False): _given,
    (DisclosureRevoke.NAME, False): _taken_back,
    (DisclosureErase.NAME, False): _taken_back,
    (DisclosureErased.NAME, True): _deleted,
    (DisclosureDecline.NAME, False): _declined,
    (DisclosureRights.NAME, False): _claimed,
    (RelationshipClose.NAME, False): _closed,
    (RelationshipClose.NAME, True): _closed,
}
"""By the name of a message, and whether it is this node's own."""
