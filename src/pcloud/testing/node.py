"""A node in memory: the pure engine with a log, for one relationship and its invitation. No IO, no clock.

It shows the loop that every runtime has: open, load, decide, commit, then seal what goes out.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from pcloud.engine import answering, decide, handshake, intake, invitations, recovery, sealing
from pcloud.engine.compose import Command, Setting, command
from pcloud.engine.fold import State, fold
from pcloud.engine.intake import Opened, open_contact_frame, open_frame
from pcloud.engine.invitations import InvitationScope, Persona
from pcloud.engine.registry import STANDARD, Registry
from pcloud.engine.snapshot import APPLIED, Decision, Due, Relationship
from pcloud.engine.statement import read_statement
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.effects import Ask, Effect
from pcloud.kernel.gate import Rosters
from pcloud.kernel.message import Message
from pcloud.limits import MAILBOX_BYTES
from pcloud.testing.desk import Desk
from pcloud.testing.memory import MemoryLog
from pcloud.wire import cose, keylog, session
from pcloud.wire.answers import Stale, read_answer
from pcloud.wire.content import Content, write_content
from pcloud.wire.invitation import Invitation, sign_invitation
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part


def seeded(seed: str) -> Callable[[int], bytes]:
    """Entropy that can be repeated, for tests only: SHAKE256 of a seed and a counter."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(size)

    return draw


class Clock:
    """Virtual time that a test moves."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self.now = now


class Received(NamedTuple):
    """What a frame led to: frames that go back, and why it was refused if it was."""

    frames: tuple[bytes, ...]
    refused: Violation | None = None


class Node:
    """One side of one relationship."""

    def __init__(
        self, name: str, clock: Clock, rosters: Rosters | None = None, registry: Registry = STANDARD
    ) -> None:
        self.name = name
        self.clock = clock
        self.draw = seeded(name)
        self.rosters: Rosters = rosters or {}
        self.registry = registry
        self.log = MemoryLog()
        self.told: list[Effect] = []
        self.contact_keys: list[HybridKey] = []
        self.scope: InvitationScope | None = None
        self.desk = Desk(name)
        self._relationship: Relationship | None = None
        self.shown: KeyLog | None = None
        """Its own key log as a peer knows it, where that is not the one it holds."""

    @property
    def relationship(self) -> Relationship:
        """The scope. Raises LookupError before there is one."""
        if self._relationship is None:
            raise LookupError(f"{self.name} knows nobody")
        return self._relationship

    @relationship.setter
    def relationship(self, relationship: Relationship) -> None:
        self._relationship = relationship

    @property
    def thread(self) -> bytes:
        """Id of the relationship's own thread. Raises LookupError before there is one."""
        thread = self.relationship.thread
        if thread is None:
            raise LookupError(f"{self.name} has not asked yet")
        return thread.id

    def code(self) -> str | None:
        """The short code its owner compares with the other side's; None before both know it."""
        thread = self.relationship.thread
        return None if thread is None else handshake.short_code(thread)

    @property
    def setting(self) -> Setting:
        """What a decision is given."""
        return Setting(self.clock.now, self.draw, self.rosters, self.registry)

    def clone(self, name: str) -> "Node":
        """A copy, as a backup or a thief has it; its entropy is its own."""
        twin = Node(name, self.clock, self.rosters, self.registry)
        twin.log = self.log.copy()
        twin.contact_keys = list(self.contact_keys)
        twin.scope, twin._relationship = self.scope, self._relationship
        return twin

    def use_invitation(self) -> None:
        """Use the invitation once for the pending request. Raises Violation `invitation-used`."""
        if self.scope is not None:
            self.scope = invitations.consume(self.scope, self.thread, self.clock.now)

    def persona(self, commitment: bytes | None) -> Persona:
        """A fresh persona with its contact key."""
        contact = HybridKey.from_seed(self.draw(32))
        self.contact_keys.append(contact)
        return invitations.new_persona(self.draw, contact, commitment)

    def say(self, message: Message, thread: bytes | None = None, items: tuple[bytes, ...] = ()) -> bytes:
        """Command a message; gives its frame. Raises UsageError."""
        wanted = Command(message, thread, items)
        self.commit(command(self.relationship, wanted, self.log, self.setting))
        return self.frames()[-1]

    def commit(self, decision: Decision) -> None:
        """One transaction."""
        self.log.commit(decision)
        self.relationship = decision.relationship
        self.told.extend(decision.effects)

    def frames(self) -> tuple[bytes, ...]:
        """Everything without a receipt, sealed afresh; nothing from a copy that has stopped."""
        found: list[bytes] = []
        if self.relationship.stopped or not sealing.can_seal(self.relationship.sealing):
            return ()
        for sent in answering.in_flight(self.relationship):
            entry = self.log.find(sent.id)
            if entry is None:
                raise LookupError("a message without an entry")
            found.append(self.seal(entry.signed.data, entry.parts))
        return tuple(found)

    def seal(
        self, signed: bytes | None, parts: tuple[Part | None, ...] = (), *, answer: bool = False
    ) -> bytes:
        """Seal one object for the peer."""
        sealed = sealing.seal(self.relationship, signed, parts, self.clock.now, self.draw, answer=answer)
        self.relationship = sealed.relationship
        return sealed.frame

    def receive(self, frame: bytes) -> Received:
        """Take one frame: whatever it is, it gives frames to send back or a refusal, never another error."""
        before = None if self._relationship is None else self.relationship.outgoing.number
        try:
            if isinstance(session.read_frame(frame), session.ContactFrame):
                return self._receive_contact(frame)
            opened = self._open(frame)
        except Violation as violation:
            return Received(self._refuse(violation), violation)
        return self._act(opened, before or 0)

    def resend(self) -> tuple[bytes, ...]:
        """What a timer sends: `recover` until it is answered, what waits, and a start that waits."""
        relationship = self._relationship
        if relationship is None:
            return ()
        if relationship.recovering:
            signed = recovery.repeat_recover(relationship, self.log)
            return (self.seal_contact(relationship.peer.log, signed),)
        frames = self.frames()
        keys = relationship.sealing
        begun = keys.out is not None and keys.out.block is not None
        if frames or relationship.stopped or not (begun or (keys.due and keys.offered is not None)):
            return frames
        return (self.seal(None),)

    def _refuse(self, violation: Violation) -> tuple[bytes, ...]:
        """What a refused frame still leads to: a copy of the peer, or this one, may be outdated."""
        if self._relationship is None:
            return ()
        self.relationship = intake.after_refusal(self.relationship, violation)
        if violation.code is Code.STALE:
            return self._notify(newest=False)
        if violation.code in (Code.NOT_OPENED, Code.UNKNOWN_SESSION, Code.KEY_SPENT, Code.START_MISMATCH):
            return self._notify(newest=True)
        return ()

    def _notify(self, *, newest: bool) -> tuple[bytes, ...]:
        """Tell a copy of the peer that it may be outdated, at most once an hour.

        One of an older epoch is shown the newer key log, at every contact key that it may hold; one of the
        newest gets its own receipt and start back.
        """
        kind = answering.NOTICE if newest else answering.STALE
        noted = answering.may_notify(self.relationship, kind, self.clock.now)
        if noted is None:
            return ()
        self.relationship = noted
        log = noted.peer.log
        older = [KeyLog(log.events[: epoch + 1]) for epoch in range(log.epoch)]
        stale = answering.make_stale(noted)
        frames = [self.seal_contact(before, stale) for before in older]
        own = (noted.notices.peer_receipt, noted.sealing.peer_start) if newest else ()
        frames.extend(self.seal_contact(log, signed) for signed in own if signed is not None)
        return tuple(frames)

    def _open(self, frame: bytes) -> Opened:
        if self._relationship is None:
            if self.scope is None:
                raise LookupError(f"{self.name} is not there")
            return invitations.open_request(self.scope, frame, self.clock.now, self.draw)
        return open_frame(self.relationship, frame, self.clock.now, self.draw)

    def _act(self, opened: Opened, before: int) -> Received:
        behind = opened.answer is not None and answering.peer_behind(opened.relationship, opened.answer)
        if opened.header is not None:
            decision = decide.judge(opened, self.log, self.setting)
        elif opened.answer is not None and opened.answer_data is not None:
            decision = answering.take_answer(
                opened.relationship,
                opened.answer,
                opened.answer_data,
                opened.session,
                self.log,
                self.registry,
            )
        elif opened.statement is not None:
            decision = recovery.accept_recovered(
                opened.relationship, opened.statement, self.log, self.setting
            )
            decision = decision._replace(due=Due("receipt", opened.session))
        else:
            decision = Decision(opened.relationship, due=Due("receipt", opened.session))
        self.commit(decision)
        if self.scope is not None and decision.threads and not self.relationship.outgoing.number:
            self.scope, _ = invitations.admit(self.scope, self.thread)
        frames = list(self._answer(decision.due))
        if behind:
            frames.extend(self._notify(newest=True))
        again = decision.resend_from is not None and self._may("resend")
        if self.relationship.outgoing.number > before or again:
            frames.extend(self.frames())
        return Received(tuple(frames))

    def _answer(self, due: Due | None) -> tuple[bytes, ...]:
        """The answer that is due, where it may go out now."""
        keys = self.relationship.sealing
        if due is None or self.relationship.stopped or not sealing.can_seal(keys):
            return ()
        noted = answering.may_answer(self.relationship, due.kind, self.clock.now)
        if noted is None:
            return ()
        self.relationship = noted
        return (self.seal(answering.make_answer(noted, due), answer=True),)

    def _may(self, kind: str) -> bool:
        """Whether what the peer asked for again may go out again now."""
        noted = answering.may_answer(self.relationship, kind, self.clock.now)
        if noted is not None:
            self.relationship = noted
        return noted is not None

    # Recovery

    def recover(self, log: KeyLog, key: SigningKey) -> bytes:
        """Open a new epoch with a longer key log and its signing key; gives the first `recover` frame."""
        self.shown = None
        fresh, signed = recovery.begin(self.relationship, log, key, self.log, self.draw)
        self.relationship = fresh
        return self.seal_contact(self.relationship.peer.log, signed)

    def seal_contact(self, peer: KeyLog, signed: bytes) -> bytes:
        """Seal to the newest contact key of a log."""
        content = write_content(Content(None, None, signed, ()))
        return session.seal_contact(peer.current.contact_key, content)

    def _receive_contact(self, frame: bytes) -> Received:
        if self._relationship is None:
            return Received((), Violation(Code.UNKNOWN_SESSION))
        signed = open_contact_frame(self.contact_keys, frame)
        if cose.peek_type(signed) != cose.RECOVER:
            self.relationship = answering.take_notice(self.relationship, signed)
            if self.relationship.stopped and cose.peek_type(signed) == cose.STALE:
                self.shown = shown_log(signed)
            return Received(())
        statement = read_statement(self.relationship, signed, cose.RECOVER)
        decision = recovery.accept_recover(self.relationship, statement, self.log, self.setting)
        self.commit(decision)
        if decision.refused is not None:
            return Received(
                self._refuse_recover(statement.log, decision.refused), Violation(Code(decision.refused))
            )
        if not sealing.can_seal(self.relationship.sealing):
            return Received(())
        if statement.relation is Relation.SAME and not self._may("recovered"):
            return Received(())
        recovered = self.seal(recovery.make_recovered(self.relationship, self.log))
        begun = self.relationship.sealing.peer_start is not None  # it was answered, and was set back since
        return Received((recovered, *self.frames(), *(self._notify(newest=True) if begun else ())))

    def _refuse_recover(self, log: KeyLog, code: str) -> tuple[bytes, ...]:
        """Show the owner of a conflicting copy the key log that is known here (spec 06 §5)."""
        noted = answering.may_notify(self.relationship, answering.STALE, self.clock.now)
        if noted is None or code != Code.STALE:
            return ()
        self.relationship = noted
        return (self.seal_contact(log, answering.make_stale(noted)),)

    def state(self) -> State:
        """The fold of the whole log."""
        return fold(self.log.by_first_id.values(), self.registry, self.relationship.unaffirmed)


def shown_log(stale: bytes) -> KeyLog:
    """The key log that a `stale` shows."""
    answer = read_answer(cose.STALE, cose.parse_sign1(stale, cose.STALE).payload)
    if not isinstance(answer, Stale):
        raise TypeError(answer)
    return keylog.read_log(answer.log)


def invite(host: Node, kind: str = "person", *, uses: int = 1, purpose: str = "to meet") -> Invitation:
    """Let a host make an invitation of a one-time persona."""
    persona = host.persona(None)
    receiving = HybridKey.from_seed(host.draw(32))
    fields = {
        2: [event.data for event in persona.log.events],
        3: receiving.public,
        4: host.draw(MAILBOX_BYTES),
        5: [f"https://{host.name}.example"],
        6: purpose,
        7: kind,
        10: uses,
        11: host.clock.now,
    }
    invitation = sign_invitation(persona.key, fields)
    host.scope = InvitationScope(invitation, persona.key, receiving)
    return invitation


def pend(guest: Node, invitation: Invitation, commitment: bytes | None, kind: str = "person") -> None:
    """Let a guest hold the pending contact; nothing is sent."""
    endpoints = (f"https://{guest.name}.example",)
    persona = guest.persona(commitment)
    guest.relationship = invitations.answer_invitation(invitation, persona, kind, endpoints, guest.draw)


def ask(guest: Node, invitation: Invitation) -> bytes:
    """The guest's owner says yes: the frame with the request."""
    wanted = handshake.request(guest.relationship, invitation)
    guest.commit(command(guest.relationship, wanted, guest.log, guest.setting))
    return guest.frames()[-1]


def welcome(host: Node, commitment: bytes | None) -> bytes:
    """The host's owner accepts the pending request as a fresh persona: the frame with the accept."""
    thread = host.relationship.thread
    if host.scope is None or thread is None:
        raise LookupError("no request is pending")
    answer = host.desk.ask(Ask("invitation", "consume", thread.id), host.use_invitation)
    if answer != APPLIED:
        raise UsageError(Code(answer or Code.ASK_FORGOTTEN))
    endpoints = (f"https://{host.name}.example",)
    host.relationship = invitations.become(host.relationship, host.persona(commitment), host.draw, endpoints)
    wanted = handshake.accept(host.relationship, thread.id)
    host.commit(command(host.relationship, wanted, host.log, host.setting))
    return host.frames()[-1]


def exchange(first: Node, second: Node, *frames: bytes) -> None:
    """Deliver frames from the first to the second node, and all that follows, until silence."""
    queue = [(second, frame) for frame in frames]
    while queue:
        receiver, frame = queue.pop(0)
        other = first if receiver is second else second
        queue.extend((other, answer) for answer in receiver.receive(frame).frames)
