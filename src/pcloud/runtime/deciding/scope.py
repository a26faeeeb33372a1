"""A relationship as the runtime holds it: what is committed, and what the present batch adds (spec 05 §9)."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from pcloud.engine import sealing
from pcloud.engine.decide import RECEIPT
from pcloud.engine.intake import Opened
from pcloud.engine.lines import EXPECTED
from pcloud.engine.snapshot import Decision, Due, Entry, History, Relationship
from pcloud.kernel.thread import Thread
from pcloud.limits import CONTACT_KEPT_S, SESSION_KEPT_S_MAX
from pcloud.net.endpoint import NOWHERE
from pcloud.net.port import Link
from pcloud.store.port import Changes, Contact, Delivery, Direction, Store, Timer
from pcloud.store.recent import Expected

SCOPES_CACHED_MAX = 128
"""Relationships kept in memory; a cold one costs a few reads."""
SCOPES_EXPECTED_MAX = 1_024
"""Beside them those that own messages wait in: who is answered by a thousand reads none of them twice."""
TIDY = "tidy-sessions"
"""The timer that destroys the secret of a session a day after its successor began (spec 04 §4)."""
FORGET_KEYS = "forget-contact-keys"
"""The timer that destroys the contact keys of older epochs: the peer knows the newest (spec 06 §13)."""
THREADS_CACHED_MAX = 16
"""Threads kept in memory for one relationship."""

_GOES_ON = ("active", "accepted", "paused-by-opener", "paused-by-other", "paused-by-both")

Place = tuple[bool, int, int, int]


class Buffer:
    """A history as it is with the batch's rows, over the committed one. Own messages in flight stay here."""

    def __init__(self, base: History) -> None:
        self._base = base
        self._entries: dict[bytes, Entry] = {}
        self._ids: dict[bytes, bytes] = {}
        self._places: dict[Place, bytes] = {}
        self._threads: OrderedDict[bytes, Thread] = OrderedDict()
        self._verdicts: dict[bytes, str] = {}
        self._passing: list[bytes] = []
        """First ids of entries that need not stay in memory once they are committed."""

    def apply(self, decision: Decision) -> None:
        """Take a decision's rows."""
        for entry in decision.entries:
            self._put(entry)
        for first_id, verdict in decision.verdicts:
            known = self._entries.get(first_id)
            if known is not None:
                self._entries[first_id] = known._replace(verdict=verdict)
                self._passing.append(first_id)
            else:
                self._verdicts[first_id] = verdict
        for thread in decision.threads:
            self._threads[thread.id] = thread
            self._threads.move_to_end(thread.id)

    def _put(self, entry: Entry) -> None:
        first_id = entry.first_id
        before = self._entries.get(first_id)
        if before is not None:
            self._places.pop(_place_of(before), None)  # the store knows what stood there
        self._entries[first_id] = entry
        self._ids[entry.signed.id] = first_id
        self._places[_place_of(entry)] = first_id
        self._verdicts.pop(first_id, None)
        if not entry.mine or entry.verdict is not None:
            self._passing.append(first_id)

    def committed(self) -> None:
        """The rows stand: only own messages that wait for a receipt stay, because they are sent again."""
        for first_id in self._passing:
            entry = self._entries.pop(first_id, None)
            if entry is not None:
                self._ids.pop(entry.signed.id, None)
                self._places.pop(_place_of(entry), None)
        self._passing.clear()
        self._verdicts.clear()
        while len(self._threads) > THREADS_CACHED_MAX:
            self._threads.popitem(last=False)

    def _current(self, entry: Entry) -> Entry:
        known = self._entries.get(entry.first_id)
        if known is not None:
            return known
        verdict = self._verdicts.get(entry.first_id)
        return entry if verdict is None else entry._replace(verdict=verdict)

    # History

    def thread(self, thread_id: bytes) -> Thread | None:
        """The thread as it stands."""
        known = self._threads.get(thread_id)
        if known is None:
            known = self._base.thread(thread_id)
            if known is not None:
                self._threads[thread_id] = known
        return known

    def entries(self, thread_id: bytes) -> Sequence[Entry]:
        """All entries of a thread."""
        found = {entry.first_id: self._current(entry) for entry in self._base.entries(thread_id)}
        for entry in self._entries.values():
            if entry.signed.thread_id == thread_id:
                found.pop(entry.first_id, None)
                found[entry.first_id] = entry
        return list(found.values())

    def holding(self, thread_id: bytes) -> Sequence[Entry]:
        """Those of them that still hold an item."""
        found = {entry.first_id: self._current(entry) for entry in self._base.holding(thread_id)}
        found.update(
            (id_, entry) for id_, entry in self._entries.items() if entry.signed.thread_id == thread_id
        )
        return [entry for entry in found.values() if any(entry.parts[1:])]

    def find(self, id_: bytes) -> Entry | None:
        """The entry of that message id or first id."""
        known = self._entries.get(self._ids.get(id_, id_))
        if known is None:
            stored = self._base.find(id_)
            known = None if stored is None else self._current(stored)
        return known

    def at(self, *, mine: bool, epochs: tuple[int, int], number: int) -> Entry | None:
        """The entry at a place of a line; what was sent again since is given as it was signed there."""
        first_id = self._places.get((mine, *epochs, number))
        if first_id is not None:
            return self._entries[first_id]
        stored = self._base.at(mine=mine, epochs=epochs, number=number)
        if stored is None:
            return None
        now = self._current(stored)
        return now if _place_of(now) == _place_of(stored) else stored._replace(parts=now.parts)

    def sequence(self, *, mine: bool) -> Sequence[Entry]:
        """All entries of one side, by line and number."""
        found = {entry.first_id: self._current(entry) for entry in self._base.sequence(mine=mine)}
        found.update((id_, entry) for id_, entry in self._entries.items() if entry.mine is mine)
        return sorted(
            found.values(), key=lambda each: (each.signed.header.generation, each.signed.header.number)
        )


class Scope:
    """One loaded relationship, changed only in the lane that decides; others may read `relationship`."""

    __slots__ = (
        "ahead",
        "behind",
        "called",
        "contact",
        "delivery",
        "dues",
        "heard",
        "id",
        "log",
        "offered",
        "progress",
        "recovered",
        "relationship",
        "resend",
        "sent",
    )

    def __init__(self, id_: bytes, relationship: Relationship, contact: Contact, store: Store) -> None:
        self.id = id_
        self.relationship = relationship
        self.contact = contact
        self.log = Buffer(store.history(id_))
        self.delivery: Delivery | None = store.delivery(id_)
        self.heard = contact.heard
        self.sent = 0
        """Highest own number of the present line that was let go since the peer's connection came up."""
        self.ahead: dict[int, Opened] = {}
        """Later messages than the next, unjudged (spec 05 §4)."""
        self.called: dict[Link, int] = {}
        """Connections over which `recover` went to whoever is there, and when."""
        self.dues: dict[tuple[str, bytes | None], Due] = {}
        """By kind, and the session to be named."""
        self.behind = False
        self.progress = False
        """Whether the peer has acknowledged something in this batch."""
        self.recovered = False
        self.resend = False
        self.offered = False
        """Whether this batch brought a key for the next session, where there was none."""

    def owe(self, due: Due | None) -> None:
        """Note an answer: one of a kind for the whole batch, and one more for each session to be named."""
        if due is None:
            return
        if (due.kind, due.session) not in self.dues:
            known = [session for kind, session in self.dues if kind == due.kind]
            if due.session is None and known:
                due = due._replace(session=known[-1])
            elif None in known:
                del self.dues[due.kind, None]
        self.dues[due.kind, due.session] = due

    def owed(self) -> list[Due]:
        """The answers that are due at the end of a batch, in which what was expected may have come."""
        found = []
        for due in self.dues.values():
            if due.kind != EXPECTED or due.number > self.relationship.incoming.number:
                found.append(due)
            elif due.session is not None and not any(due.session == each.session for each in found):
                found.append(Due(RECEIPT, due.session))
        return found

    def apply(self, decision: Decision, changes: Changes) -> None:
        """Take a decision, into memory and into the rows of the batch."""
        before = self.relationship
        self.relationship = decision.relationship
        self.log.apply(decision)
        changes.relationships[self.id] = decision.relationship
        for entry in decision.entries:
            changes.entries[self.id, entry.first_id] = entry
        for first_id, verdict in decision.verdicts:
            written = changes.entries.get((self.id, first_id))
            if written is not None:
                changes.entries[self.id, first_id] = written._replace(verdict=verdict)
            else:
                changes.verdicts[self.id, first_id] = verdict
        for thread in decision.threads:
            changes.threads[self.id, thread.id] = thread
        if decision.evidence is not None:
            changes.evidence.append((self.id, decision.evidence))
        if self.relationship.outgoing.receipted > before.outgoing.receipted:
            self.progress = True
        sessions = self.relationship.sealing.sessions
        if sessions is not before.sealing.sessions and len(sessions) > 1:
            at = sessions[1].began + SESSION_KEPT_S_MAX
            changes.timers[self.id, TIDY, b""] = Timer(self.id, TIDY, b"", at)
        if before.recovering and not self.relationship.recovering:
            at = self.relationship.clock + CONTACT_KEPT_S
            changes.timers[self.id, FORGET_KEYS, b""] = Timer(self.id, FORGET_KEYS, b"", at)
        if not _same_line(before, self.relationship):
            self.sent = 0
            self.ahead.clear()

    @property
    def is_hidden(self) -> bool:
        """Whether this side has no address, so that its peer waits for it (TRANSPORT-39)."""
        me, peer = self.relationship.me, self.relationship.peer
        hidden = me.endpoints == (NOWHERE,) and peer.endpoints != (NOWHERE,)
        return hidden and not self.relationship.stopped and is_greeted(self.contact)

    @property
    def mailbox(self) -> bytes | None:
        """Its own mailbox; None while it answers at an invitation's, which others share."""
        me = self.relationship.me
        asked = self.contact.direction is Direction.OUT
        return me.mailbox if asked or me.log.persona != self.relationship.sealing.founding[0] else None


def is_greeted(contact: Contact) -> bool:
    """Whether its peer is told that this node is there: where it was asked, or goes on."""
    asked = contact.state == "requested" and contact.direction is Direction.OUT
    return asked or contact.state in _GOES_ON


def _place_of(entry: Entry) -> Place:
    header = entry.signed.header
    return entry.mine, header.sender_epoch, header.recipient_epoch, header.number


def _same_line(before: Relationship, after: Relationship) -> bool:
    """Whether numbers still count in the same pair of epochs."""
    return before.me.log is after.me.log and before.peer.log is after.peer.log


class Scopes:
    """The relationships in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Expected[bytes, Scope] = Expected(SCOPES_CACHED_MAX, SCOPES_EXPECTED_MAX, _waits)
        self.by_mailbox: dict[bytes, Scope] = {}
        """For the loop, which may open a frame against what it finds here before anything is loaded."""
        self._mailboxes: dict[bytes, set[bytes]] = {}
        """Under which each is found there: also those that it has left since it came into memory."""
        self._renewed: set[bytes] = set()
        """Those of which the store says, since this start, that a new session is due or begun."""

    def get(self, id_: bytes) -> Scope | None:
        """A relationship, loaded where it is not in memory; once it is due for a session (spec 06 §10)."""
        scope = self._kept.recall(id_)
        if scope is not None:
            return scope
        relationship, contact = self._store.relationship(id_), self._store.contact(id_)
        if relationship is None or contact is None:
            return None
        if id_ not in self._renewed:
            relationship = sealing.renew(relationship)
        return self.add(Scope(id_, relationship, contact, self._store))

    def committed(self, ids: Iterable[bytes]) -> None:
        """These are stored as they are in memory, so that a new session is due, or was begun, for good."""
        self._renewed.update(ids)

    def add(self, scope: Scope) -> Scope:
        """Keep a relationship in memory."""
        self._kept.keep(scope.id, scope)
        if scope.mailbox is not None:
            self.by_mailbox[scope.mailbox] = scope
            self._mailboxes.setdefault(scope.id, set()).add(scope.mailbox)
        return scope

    def forget(self, id_: bytes) -> None:
        """Drop what is in memory of it: the next use loads what is committed."""
        if self._kept.drop(id_) is not None:
            self._unlist(id_)

    def _unlist(self, id_: bytes) -> None:
        for mailbox in self._mailboxes.pop(id_, ()):
            self.by_mailbox.pop(mailbox, None)

    def trim(self) -> None:
        """Let the least recently used go, beyond the bounds."""
        for id_ in self._kept.trim():
            self._unlist(id_)


def _waits(scope: Scope) -> bool:
    return bool(scope.relationship.outgoing.pending)
