"""When to try again, and what is no longer worth sending (spec 05 §5)."""

from collections.abc import Collection, Iterator

from pcloud.engine.registry import Registry
from pcloud.engine.sealing import erase_sessions, renew
from pcloud.engine.snapshot import Decision, Entry, History, Relationship
from pcloud.kernel.message import Message
from pcloud.limits import RETRY_FIRST_S, RETRY_S_MAX, RETRY_SILENT_S, SILENCE_RESET_S, SILENCE_S_MAX

_DOUBLINGS_MAX = 10
"""After so many the wait is at its longest."""
_JITTER = 4
"""The random time is up to the fourth part of a wait."""


def next_try(first_try: int, tries: int, silent_since: int, now: int, jitter: float) -> int:
    """When a message without receipt is sent again. There is always a next time.

    `tries` counts those since the first, or since the peer's first frame after a silence (`resets`);
    `silent_since` is the time of the peer's last valid frame. `jitter` is random, from 0 to 1.
    """
    wait = min(RETRY_FIRST_S << min(max(tries - 1, 0), _DOUBLINGS_MAX), RETRY_S_MAX)
    if now - max(silent_since, first_try) >= SILENCE_S_MAX:
        wait = RETRY_SILENT_S
    return now + wait + int(wait * jitter / _JITTER)


def resets(silent_since: int, now: int) -> bool:
    """Whether a valid frame ends a silence, so that waits begin anew and the lowest number goes at once."""
    return now - silent_since >= SILENCE_RESET_S


def outlived(since: int, now: int) -> bool:
    """Whether a message has waited so long for its receipt that it loses its items."""
    return now - since >= SILENCE_S_MAX


def withdraw_items(entry: Entry, places: Collection[int] | None = None) -> Entry:
    """Header and body travel on; the items are gone with their salts, and can no longer be sealed.

    `places` are those of some items among the parts; None for all.
    """
    body, *items = entry.parts
    left = [None if places is None or place in places else item for place, item in enumerate(items, 1)]
    return entry._replace(parts=(body, *left))


def erase_items(
    relationship: Relationship, entry: Entry, places: Collection[int] | None = None
) -> tuple[Relationship, Entry]:
    """Erase items of an entry, and in the same commit what would still open the frames they came in.

    Of the peer's items: all session secrets but the newest. Of one's own: a new session becomes due.
    `places` are as in `withdraw_items`.
    """
    keys = renew(relationship) if entry.mine else erase_sessions(relationship)
    return keys, withdraw_items(entry, places)


def withdraw_waiting(decision: Decision, history: History) -> Decision:
    """The relationship is closed: what waits for a receipt travels without items from now on."""
    return _with(decision, [withdraw_items(entry) for entry in _waiting(decision, history)])


def take_back(
    decision: Decision, message: Message, thread_id: bytes, history: History, registry: Registry
) -> Decision:
    """The owner takes something back: what waits in the thread travels without those items from now on."""
    emptied = []
    for entry in _waiting(decision, history):
        body = entry.parts[0]
        if entry.signed.thread_id != thread_id or body is None:
            continue
        said = registry.messages[entry.signed.header.name].read(body.data)
        places = message.takes_back(said)
        parts = tuple(None if place in places else part for place, part in enumerate(entry.parts))
        if parts != entry.parts:
            emptied.append(entry._replace(parts=parts))
    return _with(decision, emptied)


def _waiting(decision: Decision, history: History) -> Iterator[Entry]:
    """Own messages without receipt that still have items."""
    for sent in decision.relationship.outgoing.pending:
        entry = history.find(sent.first_id)
        if entry is not None and any(entry.parts[1:]):
            yield entry


def _with(decision: Decision, emptied: list[Entry]) -> Decision:
    if not emptied:
        return decision
    return decision._replace(
        relationship=renew(decision.relationship), entries=decision.entries + tuple(emptied)
    )
