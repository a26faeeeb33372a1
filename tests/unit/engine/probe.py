"""A feature that exists only in tests: every gate, every effect, a crossing, and three ways to fail."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from pcloud.engine import answering, decide
from pcloud.engine.compose import Command, command, make_parts, sign
from pcloud.engine.intake import Opened, open_frame
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Decision
from pcloud.errors import STAGE_OF, Code, Stage, Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Ask, Effect, Keep, Send, Tell, Wake
from pcloud.kernel.gate import (
    Agreement,
    Claims,
    Clause,
    Ended,
    Gate,
    Grant,
    Mark,
    Policy,
    StandardTerms,
)
from pcloud.kernel.machine import By, Machine, Row, Step
from pcloud.kernel.message import Message, octets, optional, required, several, text, unsigned
from pcloud.kernel.thread import START, Thread
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.wire import session
from pcloud.wire.content import Content, write_content
from pcloud.wire.header import SignedHeader, sign_header
from pcloud.wire.keylog import pool
from pcloud.wire.parts import Part

DAY = 86_400
ROSTER = sha256(b"roster").digest()
OPEN, OVER = "open", "over"


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


@dataclass(frozen=True, slots=True)
class Begin(Message):
    NAME: ClassVar[str] = "x-probe.begin"
    GATE: ClassVar[Gate] = Gate.RELATED

    word: str = required(1, text(20))


@dataclass(frozen=True, slots=True)
class Free(Message):
    NAME: ClassVar[str] = "x-probe.free"
    GATE: ClassVar[Gate] = Gate.OPEN


@dataclass(frozen=True, slots=True)
class Note(Message):
    NAME: ClassVar[str] = "x-probe.note"
    GATE: ClassVar[Gate] = Gate.RELATED
    ITEMS_MAX: ClassVar[int] = 2

    word: str = required(1, text(20))


@dataclass(frozen=True, slots=True)
class Bye(Message):
    NAME: ClassVar[str] = "x-probe.bye"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS


@dataclass(frozen=True, slots=True)
class Deal(Message):
    NAME: ClassVar[str] = "x-probe.deal"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS

    until: int | None = optional(1, unsigned())


@dataclass(frozen=True, slots=True)
class Cancel(Message):
    NAME: ClassVar[str] = "x-probe.cancel"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS


@dataclass(frozen=True, slots=True)
class Allow(Message):
    NAME: ClassVar[str] = "x-probe.allow"
    GATE: ClassVar[Gate] = Gate.AGREED
    MARK: ClassVar[Mark] = Mark.PERMITS

    until: int = required(1, unsigned())
    agreement: bytes = required(2, octets(32))

    def claims(self) -> Claims:
        return Claims("store")


@dataclass(frozen=True, slots=True)
class Share(Message):
    NAME: ClassVar[str] = "x-probe.share"
    GATE: ClassVar[Gate] = Gate.AGREED
    ITEMS_MAX: ClassVar[int] = 2

    action: str = required(1, text(20))
    categories: tuple[str, ...] = required(2, several(text(20), 0, 4))
    purposes: tuple[str, ...] = required(3, several(text(20), 0, 4))
    until: int | None = optional(4, unsigned())
    onward: str | None = optional(5, text(20))

    def claims(self) -> Claims:
        return Claims(self.action, self.categories, self.purposes, self.until, self.onward)


@dataclass(frozen=True, slots=True)
class Use(Message):
    NAME: ClassVar[str] = "x-probe.use"
    GATE: ClassVar[Gate] = Gate.GRANTED

    grant: bytes | None = optional(1, octets(32))

    def claims(self) -> Claims:
        return Claims("store", grant=self.grant)


@dataclass(frozen=True, slots=True)
class Ring(Message):
    NAME: ClassVar[str] = "x-probe.ring"
    GATE: ClassVar[Gate] = Gate.RELATED


@dataclass(frozen=True, slots=True)
class Break(Message):
    NAME: ClassVar[str] = "x-probe.break"
    GATE: ClassVar[Gate] = Gate.RELATED

    how: str = required(1, text(20))


@dataclass(frozen=True, slots=True)
class Tick(Message):
    NAME: ClassVar[str] = "x-probe.tick"
    GATE: ClassVar[Gate] = Gate.OPEN


def _began(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step({"word": message.word})


def _noted(act: Act, thread: Thread) -> Step:
    return Step({**thread.data, "notes": sorted([*thread.data.get("notes", []), act.id])})


def _bye(act: Act, thread: Thread) -> Step:
    return Step({**thread.data, "byes": sorted([*thread.data.get("byes", []), act.id])})


def _agreements(thread: Thread, data: Any) -> Step:
    """Every deal of a thread ends with every cancel in it, whichever comes first: so they may cross."""
    ended = tuple(Ended(*end) for end in data.get("cancelled", []))
    values = (
        Agreement(id_, thread.opener, other, ROSTER, "X-1", sealed, until, (id_,), ended)
        for id_, other, sealed, until in data.get("deals", [])
    )
    return Step(data, tuple(Keep("agreements", value.id, value) for value in values))


def _dealt(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    deal = [act.id, act.sender, act.time, message.until]
    return _agreements(thread, {**thread.data, "deals": sorted([*thread.data.get("deals", []), deal])})


def _cancelled(act: Act, thread: Thread) -> Step:
    end = [act.sender, act.generation, act.number, act.id]
    ends = sorted([*thread.data.get("cancelled", []), end])
    return _agreements(thread, {**thread.data, "cancelled": ends})


def _allowed(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    value = Grant(act.id, message.agreement, message.until, (act.id,))
    return Step(thread.data, (Keep("grants", act.id, value),))


def _rung(act: Act, thread: Thread, ctx: Context) -> tuple[Effect, ...]:
    return (
        Send(Note("echo"), thread.id),
        Wake(ctx.now + 60, "x-probe.wake", thread.id),
        Ask("owner", "x-probe.show", act.id),
        Tell("x-probe.rung", thread.id),
    )


def _check_break(act: Act, thread: Thread, ctx: Context) -> None:
    message: Any = act.message
    if ctx.me.persona == act.sender:
        return  # it breaks only where it arrives
    if message.how == "check":
        raise KeyError("a fault of our own")
    if message.how == "refuse":
        raise Violation(Code.REFERENCE_MISMATCH, "as asked")


def _break(act: Act, thread: Thread, ctx: Context) -> tuple[Effect, ...]:
    return (Send(Begin("again"), thread.id),)


EITHER = By.EITHER
MACHINE = Machine(
    "x-probe",
    (
        Row(START, Begin, By.OPENER, OPEN, "begins", then=_began),
        Row(START, Free, By.OPENER, OPEN, "begins, whoever asks"),
        Row(OPEN, Note, EITHER, OPEN, "a word", then=_noted),
        Row(OVER, Note, EITHER, OVER, "a late word", then=_noted, crossing=True),
        Row(OPEN, Bye, EITHER, OVER, "the end", then=_bye),
        Row(OVER, Bye, EITHER, OVER, "both ended it", then=_bye, crossing=True),
        Row(OPEN, Deal, By.OPENER, OPEN, "an agreement", then=_dealt),
        Row(OPEN, Cancel, EITHER, OPEN, "its end", then=_cancelled),
        Row(OPEN, Allow, EITHER, OPEN, "a grant", then=_allowed),
        Row(OPEN, Share, EITHER, OPEN, "data", then=_noted),
        Row(OPEN, Use, EITHER, OPEN, "data under a grant", then=_noted),
        Row(OPEN, Ring, EITHER, OPEN, "all effects", reply=_rung),
        Row(OPEN, Break, EITHER, OPEN, "a fault of ours", check=_check_break, reply=_break),
        Row(OVER, Deal, By.OPENER, OVER, "late", then=_dealt, crossing=True),
        Row(OVER, Cancel, EITHER, OVER, "late", then=_cancelled, crossing=True),
        Row(OVER, Allow, EITHER, OVER, "late", then=_allowed, crossing=True),
        Row(OVER, Share, EITHER, OVER, "late", then=_noted, crossing=True),
        Row(OVER, Use, EITHER, OVER, "late", then=_noted, crossing=True),
        Row(OVER, Ring, EITHER, OVER, "late", crossing=True),
        Row(OPEN, Tick, By.ENGINE, OVER, "a timer"),
    ),
)
REGISTRY = STANDARD.with_machine(MACHINE)

CLAUSES = (
    Clause("store", allowed=True, actions=("store",)),
    Clause("contact", allowed=True, actions=("read",), categories=("name", "mail"), purposes=("deliver",)),
    Clause("no-health", allowed=False, categories=("health",)),
)


def rosters(*clauses: Clause, retention: int | None = None, onward: bool = False) -> Any:
    policy = Policy(clauses or CLAUSES, retention, onward)
    return {(ROSTER, "X-1"): StandardTerms(ROSTER, "X-1", digest("text"), digest("machine"), policy)}


class Pair(NamedTuple):
    """Anna asked, the shop accepted; both are active and nothing is under way."""

    anna: Node
    shop: Node
    clock: Clock

    def begun(self) -> bytes:
        """A thread of the probe that Anna opened; both have it."""
        exchange(self.anna, self.shop, self.anna.say(Begin("hello")))
        return self.anna.relationship.outgoing.head

    def dealt(self, until: int | None = None) -> tuple[bytes, bytes]:
        """A thread with an agreement in it: ids of both."""
        thread = self.begun()
        exchange(self.anna, self.shop, self.anna.say(Deal(until), thread))
        return thread, self.anna.relationship.outgoing.head


def commitment(name: str) -> bytes:
    return pool(digest(name), 0, 0, 1)[0]


def strangers(**more: Any) -> tuple[Node, Node, Clock, Any]:
    """Two nodes and the invitation of the shop; nothing was sent."""
    clock = Clock()
    anna = Node("anna", clock, rosters(), REGISTRY)
    shop = Node("shop", clock, rosters(), REGISTRY)
    return anna, shop, clock, invite(shop, "organisation", **more)


def pair() -> Pair:
    anna, shop, clock, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    exchange(shop, anna, welcome(shop, commitment("shop")))
    assert anna.relationship.thread is not None
    assert anna.relationship.thread.state == "active"
    return Pair(anna, shop, clock)


def held(node: Node) -> Any:
    """All that a node holds, to compare before and after."""
    log = node.log
    return node.relationship, dict(log.by_first_id), dict(log.threads), list(node.told)


def opens(node: Node, frame: bytes) -> Opened:
    return open_frame(node.relationship, frame, node.clock.now, node.draw)


def take(node: Node, frame: bytes) -> Decision:
    """What a runtime does with a frame, giving the decision. Raises Violation."""
    opened = opens(node, frame)
    if opened.header is not None:
        decision = decide.judge(opened, node.log, node.setting)
    else:
        assert opened.answer is not None
        assert opened.answer_data is not None
        decision = answering.take_answer(
            opened.relationship,
            opened.answer,
            opened.answer_data,
            opened.session,
            node.log,
            node.registry,
        )
    node.commit(decision)
    return decision


def tell(node: Node, message: Message, thread: bytes | None = None, **more: Any) -> bytes:
    """A command with any of its options; gives the frame."""
    node.commit(command(node.relationship, Command(message, thread, **more), node.log, node.setting))
    return node.frames()[-1]


def made(
    node: Node, message: Message, thread: bytes | None = None, items: tuple[bytes, ...] = (), **header: Any
) -> tuple[SignedHeader, tuple[Part, ...]]:
    """A message of the node that it does not commit to: nothing was checked, any field may be another."""
    wanted = Command(message, thread, items)
    parts = make_parts(wanted, node.draw)
    plain = sign(node.relationship, wanted, parts, node.clock.now).header
    return sign_header(node.relationship.me.key, plain._replace(**header)), parts


def forged(node: Node, message: Message, thread: bytes | None = None, **more: Any) -> bytes:
    """The frame of such a message."""
    signed, parts = made(node, message, thread, **more)
    return node.seal(signed.data, parts)


def verdict(node: Node, frame: bytes) -> str | None:
    """Judge a frame: the verdict, which used up the number."""
    before = node.relationship.incoming.number
    decision = take(node, frame)
    assert decision.refused is None, decision.refused
    (entry, *_) = [entry for entry in decision.entries if not entry.mine]
    assert node.relationship.incoming.number == before + 1 == entry.signed.header.number
    return entry.verdict


def refused(node: Node, frame: bytes, code: Code) -> None:
    """The verdict uses the number up and changes no thread; nothing of the message is kept but its header."""
    threads, told = dict(node.log.threads), list(node.told)
    assert verdict(node, frame) == code
    assert STAGE_OF[code] in (Stage.GATE, Stage.CONTENT)
    entry = node.log.sequence(mine=False)[-1]
    assert not any(entry.parts)
    assert (entry.verdict, dict(node.log.threads), node.told) == (code, threads, told)


def stopped(node: Node) -> bool:
    return bool(node.relationship.stopped)


def contact_frame(public: bytes, signed: bytes) -> bytes:
    """A frame to a contact key."""
    return session.seal_contact(public, write_content(Content(None, None, signed, ())))
