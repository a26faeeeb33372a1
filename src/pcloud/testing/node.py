"""A node in memory: the pure engine with a log, for one relationship and its invitation. No IO, no clock.

It shows the loop that every runtime has: open, load, decide, commit, then seal what goes out.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from pcloud.engine import handshake, invitations, recovery, sealing, turn
from pcloud.engine.compose import Command, Setting, command
from pcloud.engine.fold import State, fold
from pcloud.engine.intake import Opened, open_frame
from pcloud.engine.invitations import InvitationScope, Persona
from pcloud.engine.registry import STANDARD, Registry
from pcloud.engine.snapshot import APPLIED, Decision, Relationship
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.effects import Ask, Effect
from pcloud.kernel.gate import Rosters
from pcloud.kernel.message import Message
from pcloud.limits import MAILBOX_BYTES
from pcloud.testing.desk import Desk
from pcloud.testing.memory import MemoryLog
from pcloud.wire import cose, keylog, session
from pcloud.wire.answers import Stale, read_answer
from pcloud.wire.invitation import Invitation, sign_invitation
from pcloud.wire.keylog import KeyLog
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
        return self._let_go(turn.waiting(self.relationship, self.log, self.clock.now, self.draw))

    def _let_go(self, out: turn.Out) -> tuple[bytes, ...]:
        self.relationship = out.relationship
        return out.frames + tuple(notice.frame for notice in out.notices)

    def seal(
        self, signed: bytes | None, parts: tuple[Part | None, ...] = (), *, answer: bool = False
    ) -> bytes:
        """Seal one object for the peer."""
        sealed = sealing.seal(self.relationship, signed, parts, self.clock.now, self.draw, answer=answer)
        return self._let_go(turn.Out.of(sealed))[0]

    def receive(self, frame: bytes) -> Received:
        """Take one frame: whatever it is, it gives frames to send back or a refusal, never another error."""
        before = None if self._relationship is None else self.relationship.outgoing.number
        try:
            if isinstance(session.read_frame(frame), session.ContactFrame):
                return self._receive_contact(frame)
            opened = self._open(frame)
        except Violation as violation:
            known = self._relationship
            out = None if known is None else turn.refuse(known, violation, self.log, self.clock.now)
            return Received(() if out is None else self._let_go(out), violation)
        return self._act(opened, before or 0)

    def resend(self) -> tuple[bytes, ...]:
        """What a timer sends: `recover` until it is answered, what waits, and a start that waits."""
        if self._relationship is None:
            return ()
        return self._let_go(turn.again(self.relationship, self.log, self.clock.now, self.draw))

    def _open(self, frame: bytes) -> Opened:
        if self._relationship is None:
            if self.scope is None:
                raise LookupError(f"{self.name} is not there")
            return invitations.open_request(self.scope, frame, self.clock.now, self.draw)
        return open_frame(self.relationship, frame, self.clock.now, self.draw)

    def _act(self, opened: Opened, before: int) -> Received:
        decision, behind = turn.act(opened, self.log, self.setting)
        self.commit(decision)
        if self.scope is not None and decision.threads and not self.relationship.outgoing.number:
            self.scope, _ = invitations.admit(self.scope, self.thread)
        now, draw = self.clock.now, self.draw
        frames = self._let_go(turn.answer(self.relationship, decision.due, now, draw))
        if behind:
            frames += self._let_go(turn.notify(self.relationship, self.log, now, newest=True))
        again = None if decision.resend_from is None else turn.may(self.relationship, turn.RESEND, now)
        if again is not None:
            self.relationship = again
        if self.relationship.outgoing.number > before or again is not None:
            frames += self.frames()
        return Received(frames)

    # Recovery

    def recover(self, log: KeyLog, key: SigningKey) -> bytes:
        """Open a new epoch with a longer key log and its signing key; gives the first `recover` frame."""
        self.shown = None
        fresh, signed = recovery.begin(self.relationship, log, key, self.log, self.draw)
        self.relationship = fresh
        return turn.seal_contact(self.relationship.peer.log, signed)

    def _receive_contact(self, frame: bytes) -> Received:
        if self._relationship is None:
            return Received((), Violation(Code.UNKNOWN_SESSION))
        found = turn.take_contact(self.relationship, self.contact_keys, frame, self.log, self.setting)
        self.commit(found.decision)
        if found.stale:
            self.shown = shown_log(found.stale)
        frames = () if found.out is None else self._let_go(found.out)
        if found.recovered:
            frames += self._let_go(turn.recovered(self.relationship, self.log, self.setting))
        return Received(frames, found.refused)

    def state(self) -> State:
        """The fold of the whole log."""
        return fold(
            self.log.by_first_id.values(), self.registry, self.relationship.unaffirmed, self.relationship.logs
        )


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
