"""One commit of the node: scopes loaded, decisions taken, rows gathered, frames sealed (spec 05 §9).

Nothing that is made here leaves the node, and no caller gets its result, before the commit stands.
"""

from collections.abc import Callable, Mapping

from pcloud.ambient.jump import Believed
from pcloud.engine import retry, turn
from pcloud.engine.compose import Setting
from pcloud.engine.snapshot import Decision, Entry
from pcloud.features.relationship.fields import read_name
from pcloud.kernel.effects import Ask, Effect, Tell, Wake
from pcloud.limits import WINDOW_MESSAGES
from pcloud.net.port import Link, Packet
from pcloud.runtime import facts
from pcloud.runtime.deciding.committed import Committed, Parcel, Told, Way
from pcloud.runtime.deciding.scope import Scope, Scopes
from pcloud.runtime.views import Happening
from pcloud.store.personal import Version
from pcloud.store.port import Changes, Delivery, Desk, Offer, Store, Timer

HEARD_S = 60
"""How exactly a list says when a peer was last heard; a row less for each commit."""
_NAMED = ("relationship.request", "relationship.accept")
"""Messages whose only item is the display name of their sender (spec 07 §3)."""
DECLINED = "declined"
LET_IN = "let-in"
"""What follows where somebody asks to be let in by an invitation: the owner may have said yes before."""
GROUND_GONE = "ground-gone"
"""What follows where an agreement has changed, a relationship was closed, or own words of it came back."""
AT_ONCE = 0
"""The time of a timer that is due whatever the clock says."""
RESUMED = "resumed"
"""What follows where own words are refused no longer: after a pause of either side, a recovery, a review."""

Handler = Callable[["Batch", Scope, bytes], None]
"""What follows by itself: done once, in a commit of its own. For a relationship, and a key like a thread."""


Needed = Callable[["Batch"], bool]
"""Whether anything follows from an event at all: where nothing would, no commit is spent on finding out."""


class Batch:
    """The work between two commits."""

    def __init__(
        self,
        store: Store,
        scopes: Scopes,
        setting: Setting,
        believed: Believed,
        handlers: Mapping[str, Handler] | None = None,
        needed: Mapping[str, Needed] | None = None,
    ) -> None:
        self.store = store
        self.scopes = scopes
        self.setting = setting
        self.believed = believed
        """The time of what cannot be undone."""
        self.handlers = handlers or {}
        """By the event of a row's reply, or the command of a timer."""
        self._needed = needed or {}
        self.changes = Changes()
        self._records: dict[str, Version] = {}
        """The newest version of each record that this batch has changed."""
        self._stored: dict[str, Version | None] = {}
        """The same as committed, of those that it has read."""
        self.steps = 0
        """Grows with every change, so that it shows whether a job that failed had begun."""
        self.tried = 0
        """How often a stranger's frame was tried on somebody's keys."""
        self.parcels: list[Parcel] = []
        self.links: dict[bytes, Link] = {}
        self.repeats: dict[bytes, Link] = {}
        """Connections over which peers without an address, which are not connected, repeated something."""
        self.parted: list[bytes] = []
        self.notices: list[tuple[Way, tuple[Packet, ...]]] = []
        self._used: set[bytes] = set()
        self._touched: dict[bytes, Scope] = {}
        self._happenings: list[Happening] = []
        self._told: list[Told] = []
        self._receipts = self._retried = 0

    @property
    def now(self) -> int:
        """The time of every decision of this batch, by the wall."""
        return self.setting.now

    def draw(self, size: int) -> bytes:
        """Random bytes."""
        return self.setting.draw(size)

    def fact(self, key: str) -> bytes | None:
        """A small value of the node itself, as this batch leaves it."""
        return self.changes.facts[key] if key in self.changes.facts else self.store.fact(key)

    def newest(self, path: str) -> Version | None:
        """The newest version of a record as this batch leaves it; without a value where it is deleted."""
        return self._records.get(path) or self._stored_newest(path)

    def _stored_newest(self, path: str) -> Version | None:
        """As committed; read once, though a thousand holders may be brought to it."""
        if path not in self._stored:
            self._stored[path] = self.store.personal.newest(path)
        return self._stored[path]

    def put(self, version: Version) -> None:
        """Write a version of a record: a new one, or an older one without its value."""
        self.steps += 1
        self.changes.versions[version.path, version.number] = version
        known = self._records.get(version.path)
        if known is None or known.number <= version.number:
            newest = self._stored_newest(version.path) if known is None else known
            if newest is None or newest.number <= version.number:
                self._records[version.path] = version

    def facts(self, prefix: str) -> dict[str, bytes]:
        """All facts whose names begin so, as this batch leaves them, in the order of their names."""
        found: dict[str, bytes | None] = {**self.store.copying.facts(prefix)}
        found |= {key: value for key, value in self.changes.facts.items() if key.startswith(prefix)}
        return {key: value for key, value in sorted(found.items()) if value is not None}

    def offer(self, scope: bytes) -> Offer | None:
        """An invitation of one's own, as this batch leaves it."""
        return self.changes.offers[scope] if scope in self.changes.offers else self.store.offer(scope)

    def desk(self, key: bytes) -> Desk:
        """Asks, as this batch leaves them: of a scope, or of a pair of them."""
        return self.changes.desks[key] if key in self.changes.desks else self.store.desk(key)

    # Scopes

    def scope(self, id_: bytes) -> Scope:
        """A relationship of this node. Raises LookupError where there is none of that id."""
        self._used.add(id_)
        scope = self.scopes.get(id_)
        if scope is None:
            raise LookupError("no such relationship")
        return scope

    def touch(self, scope: Scope) -> None:
        """Let the scope be looked over when the batch ends: something may have to go out."""
        self._touched[scope.id] = scope

    def found(self, scope: Scope) -> None:
        """A new relationship, with its list row."""
        self._used.add(scope.id)
        self.scopes.add(scope)
        self.changes.relationships[scope.id] = scope.relationship
        self.changes.contacts[scope.id] = scope.contact
        self.steps += 1
        self.touch(scope)

    def apply(self, scope: Scope, decision: Decision) -> None:
        """Take a decision: rows, effects, and what is owed for it."""
        self.steps += 1
        before, after = scope.relationship, decision.relationship
        scope.apply(decision, self.changes)
        if after.stopped and not before.stopped:
            self.tell("stopped", scope)
            self.changes.facts[facts.STOPPED + scope.id.hex()] = b"1"
        if after.peer is not before.peer and after.peer.log.epoch > before.peer.log.epoch:
            self.parted.append(scope.id)
            self.links.pop(scope.id, None)
        if after.sealing.offered is not None and before.sealing.offered is None:
            scope.offered = True
        ended = after.agreements is not before.agreements or (after.closed and not before.closed)
        reviewed = after.unaffirmed is not before.unaffirmed
        if ended or reviewed:
            self._follows(scope, GROUND_GONE)
        if (before.recovering or reviewed) and not after.recovering:
            self._follows(scope, RESUMED)  # updates that the own gate refused (spec 09 §13)
        scope.owe(decision.due)
        if decision.resend_from is not None:
            scope.resend = True
        self.touch(scope)
        for entry in decision.entries:
            self._note(scope, entry)
        for effect in decision.effects:
            self._effect(scope, effect)
        for first_id, verdict in decision.verdicts:
            self._happenings.append(Happening(None, "acknowledged", scope.id.hex(), first_id.hex(), verdict))

    def _note(self, scope: Scope, entry: Entry) -> None:
        """Keep the list row as the relationship is."""
        contact = scope.contact
        if entry.signed.header.name in _NAMED and not entry.mine:
            contact = contact._replace(name=read_name(entry.parts) or contact.name)
        thread = scope.relationship.thread
        if thread is not None and thread.state != contact.state:
            contact = contact._replace(state=thread.state)
        if contact != scope.contact:
            scope.contact = self.changes.contacts[scope.id] = contact

    def _effect(self, scope: Scope, effect: Effect) -> None:
        if isinstance(effect, Ask):
            raise LookupError("no scope of this node takes an ask")  # noqa: TRY004 - it is no fault of a type
        if isinstance(effect, Wake):
            timer = Timer(scope.id, effect.command, effect.key, effect.at)
            self.changes.timers[scope.id, effect.command, effect.key] = timer
        if isinstance(effect, Tell):
            self._told.append(Told(scope.id, effect.event, effect.key))
            needed = self._needed.get(effect.event)
            if effect.event in self.handlers and (needed is None or needed(self)):
                self.ask(scope.id, effect.event, effect.key)

    def _follows(self, scope: Scope, event: str) -> None:
        """Something is to follow from an event of the relationship as a whole."""
        if event in self.handlers:
            self.ask(scope.id, event, b"")

    def ask(self, scope: bytes, command: str, key: bytes, at: int | None = None) -> None:
        """Let the handler of a command act on a relationship once this commit stands, or from a time on.

        Written here and done once, whatever happens in between; asking again before it is done asks for the
        same thing (spec 05 §9). What is to be done at once waits for no clock that was wrong for a moment.
        """
        self.steps += 1
        self.changes.timers[scope, command, key] = Timer(scope, command, key, AT_ONCE if at is None else at)

    def tell(self, what: str, scope: Scope | None, id_: bytes | None = None) -> None:
        """Let the owner's page and scripts know."""
        peer = None if scope is None else scope.id.hex()
        self._happenings.append(Happening(None, what, peer, None if id_ is None else id_.hex()))

    # The end of the batch

    def finish(self) -> Committed:
        """Seal what is owed and what waits, and gather the last rows. The commit follows."""
        for scope in self._touched.values():
            self._let_go(scope)
            self._schedule(scope)
            if abs(scope.heard - scope.contact.heard) >= HEARD_S:
                scope.contact = self.changes.contacts[scope.id] = scope.contact._replace(heard=scope.heard)
        return Committed(
            tuple(self.parcels),
            tuple(self._happenings),
            self.changes.entries,
            receipts=self._receipts,
            retried=self._retried,
            due=self._due(),
            links=tuple(self.links.items()),
            parted=tuple(self.parted),
            notices=tuple(self.notices),
            told=tuple(self._told),
            berths=tuple(each for each in self.changes.berths.values() if each is not None),
            ended=any(offer is None or offer.withdrawn for offer in self.changes.offers.values()),
        )

    def _let_go(self, scope: Scope) -> None:
        now, draw = self.now, self.draw
        before, own = scope.relationship, False
        frames: tuple[bytes, ...] = ()
        if scope.recovered:
            out = turn.recovered(scope.relationship, scope.log, self.setting)
            sealed = self._sealed(scope, out)
            answer, frames, own = sealed[:1], sealed[1:], len(sealed) > 1
            scope.sent = _last_in_flight(scope)
            self.send(scope, answer, own=False)
            self._answer_repeat(scope, answer)
        for due in scope.owed():
            answer = self._sealed(scope, turn.answer(scope.relationship, due, now, draw))
            frames += answer
            self._receipts += len(answer)
            self._answer_repeat(scope, answer)
        if scope.behind:
            frames += self._sealed(scope, turn.notify(scope.relationship, scope.log, now, newest=True))
        if scope.resend:
            noted = turn.may(scope.relationship, turn.RESEND, now)
            if noted is not None:
                scope.relationship, scope.sent = noted, 0
        whole = scope.sent <= scope.relationship.outgoing.receipted
        if _last_in_flight(scope) > scope.sent and not scope.relationship.recovering:
            out = turn.waiting(scope.relationship, scope.log, now, draw, above=scope.sent)
            more = self._sealed(scope, out)
            if more:
                frames, own = frames + more, True
                scope.sent = _last_in_flight(scope)
        if scope.offered:  # what it could not begin before, it begins now: the peer learns that it is back
            begun = self._sealed(scope, turn.begin(scope.relationship, now, draw))
            frames, own = frames + begun, own or bool(begun)
        scope.dues, scope.behind, scope.resend, scope.recovered = {}, False, False, False
        scope.offered = False
        self.send(scope, frames, own=own, whole=whole)
        if scope.relationship is not before:
            self.changes.relationships[scope.id] = scope.relationship

    def _answer_repeat(self, scope: Scope, frames: tuple[bytes, ...]) -> None:
        """Answer where something was repeated: there is no other way to a peer without an address.

        Nothing but the answer goes there: a repeat may be from somebody who has recorded it.
        """
        link = self.repeats.get(scope.id)
        if link is not None and frames:
            mailbox = scope.relationship.peer.mailbox
            self.notices.append((link, tuple(Packet(mailbox, frame) for frame in frames)))

    def _sealed(self, scope: Scope, out: turn.Out) -> tuple[bytes, ...]:
        scope.relationship = out.relationship
        self.tell_copies(out)
        return out.frames

    def tell_copies(self, out: turn.Out) -> None:
        """Let notices go to where outdated copies of a peer may be, which is not where the peer is."""
        self.notices += ((place.endpoints, (Packet(place.mailbox, frame),)) for place, frame in out.notices)

    def send(self, scope: Scope, frames: tuple[bytes, ...], *, own: bool, whole: bool = True) -> None:
        """Let frames go to the peer of a relationship once the commit stands."""
        if frames:
            peer, hidden = scope.relationship.peer, scope.is_hidden
            # Over a connection that it opens, who is hidden says first who it is, in a session of its own.
            whole = whole and not (own and hidden)
            self.parcels.append(Parcel(scope.id, peer.endpoints, peer.mailbox, frames, own, whole, hidden))

    def again(self, scope: Scope) -> None:
        """Send again what waits: the peer's connection came up, or it is time (spec 05 §5)."""
        out = turn.again(scope.relationship, scope.log, self.now, self.draw)
        self.steps += 1
        self.touch(scope)
        frames = self._sealed(scope, out)
        self._retried += len(frames)
        self.send(scope, frames, own=True)
        self.changes.relationships[scope.id] = scope.relationship
        if frames:
            scope.sent = _last_in_flight(scope)

    def _schedule(self, scope: Scope) -> None:
        """Keep the row of the next try while anything waits; the waits begin anew with each receipt."""
        relationship, delivery = scope.relationship, scope.delivery
        # Who was declined has nothing more to say, and the other side knows no session that is begun anew.
        begins = turn.start_waits(relationship) and scope.contact.state != DECLINED
        waits = relationship.outgoing.pending or begins or relationship.recovering
        anew = delivery is None or (scope.progress and delivery.tries > 1)
        scope.progress = False
        if relationship.stopped or not waits:
            if delivery is not None:
                self.set_delivery(scope, None)
        elif anew:
            self.set_delivery(scope, self.next_delivery(scope, Delivery(self.believed.begins, 0, 0)))

    def next_delivery(self, scope: Scope, delivery: Delivery) -> Delivery:
        """The row after one more try."""
        tries = delivery.tries + 1
        jitter = int.from_bytes(self.draw(2), "big") / 0xFFFF
        first_try = min(delivery.first_try, self.believed.begins)  # not that of a clock that was ahead
        at = retry.next_try(first_try, tries, scope.heard, self.now, jitter)
        return Delivery(first_try, tries, at)

    def set_delivery(self, scope: Scope, delivery: Delivery | None) -> None:
        """Write the row."""
        scope.delivery = self.changes.deliveries[scope.id] = delivery

    def _due(self) -> int | None:
        tries = [delivery.next_try for delivery in self.changes.deliveries.values() if delivery is not None]
        timers = [timer.at for timer in self.changes.timers.values() if timer is not None]
        return min(tries + timers, default=None)

    def committed(self) -> None:
        """The rows stand."""
        for scope in self._touched.values():
            scope.log.committed()
            self.scopes.add(scope)
        self.scopes.committed(self.changes.relationships)
        self.scopes.trim()

    def abandoned(self) -> None:
        """Nothing stands: what is in memory of every scope that a job has had may be wrong."""
        for id_ in self._used:
            self.scopes.forget(id_)


def _last_in_flight(scope: Scope) -> int:
    pending = scope.relationship.outgoing.pending
    return pending[min(len(pending), WINDOW_MESSAGES) - 1].number if pending else 0
