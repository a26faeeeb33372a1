"""Whatever crosses on the way, both copies of a thread end alike, and no honest message is refused.

Two copies of one thread, messages in flight both ways, every order of sending and arriving explored to a
depth. A party sends only what its own copy allows. Shows [TERMS-20] and [TERMS-38] for `terms`, [TABLE-8] and
[TABLE-9] for every table; a feature joins by giving its machine and what its parties might say.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import pytest

from pcloud.errors import Violation
from pcloud.features.conversation.machine import MACHINE as CONVERSATION
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.custody.ask import CustodyAsk
from pcloud.features.custody.end import CustodyEnd
from pcloud.features.custody.grant import CustodyGrant
from pcloud.features.custody.machine import MACHINE as CUSTODY
from pcloud.features.custody.refuse import CustodyRefuse
from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.features.relationship.machine import MACHINE as RELATIONSHIP
from pcloud.features.relationship.machine import commitment
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedEntry
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.features.relay.ask import RelayAsk
from pcloud.features.relay.end import RelayEnd
from pcloud.features.relay.grant import RelayGrant
from pcloud.features.relay.machine import MACHINE as RELAY
from pcloud.features.relay.refuse import RelayRefuse
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.decline import TermsDecline
from pcloud.features.terms.machine import MACHINE as TERMS
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.replace import TermsReplace
from pcloud.features.terms.seal import TermsSeal
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.context import Act, Context, Me, They
from pcloud.kernel.effects import Keep, Send
from pcloud.kernel.gate import Agreement, Clause, Evidence, Policy, StandardTerms
from pcloud.kernel.machine import Machine, advance, find_row, open_thread
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.wire.answers import KeyOffer
from pcloud.wire.keys import SigningKey
from pcloud.wire.parts import Part

NOW = 1_800_000_000
IN_FLIGHT_MAX = 3
MOVES_MAX = 14


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


class Plan(NamedTuple):
    """A machine to explore: how it opens, what a party might say on its copy, what both may look up."""

    machine: Machine
    kinds: tuple[str, str]
    opening: Message
    ideas: Callable[[Thread, Me], tuple[Message, ...]]
    evidence: Evidence
    moves_max: int = MOVES_MAX
    items: tuple[bytes, ...] = ()
    """What every message brings along."""


LONGEST = 7 if os.environ.get("HYPOTHESIS_PROFILE") == "quick" else 9
"""Moves of the longest exploration; `make check` looks less far."""


@dataclass(frozen=True)
class Side:
    """One party's copy: the thread, what is kept beside it, the last numbers sent and judged."""

    thread: Thread
    kept: Mapping[tuple[str, bytes], Any]
    sent: int = 0
    judged: int = 0

    def after(self, act: Act, row: Any, *, own: bool) -> "Side":
        thread, keeps = advance(row, self.thread, act)
        kept = {**self.kept, **{(keep.table, keep.key): keep.value for keep in keeps if type(keep) is Keep}}
        return Side(thread, kept, act.number if own else self.sent, self.judged if own else act.number)


@dataclass(frozen=True)
class Moment:
    """Both copies and what is in flight from each."""

    sides: tuple[Side, Side]
    flights: tuple[tuple[Act, ...], tuple[Act, ...]] = ((), ())

    def key(self) -> str:
        return repr((self.sides, self.flights))


class Exploration:
    """All moments that honest parties can reach."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        names = ("opener", "other")
        self.parties = tuple(
            Me(
                digest(name),
                kind,
                SigningKey.from_seed(digest(f"{name}'s key")),
                digest(f"{name}'s nonce"),
                digest("invitation"),
            )
            for name, kind in zip(names, plan.kinds, strict=True)
        )
        self.states: set[str] = set()
        self.quiet = 0
        self.rows: set[tuple[str, str, bool]] = set()

    def ctx(self, who: int, side: Side) -> Context:
        peer = self.parties[1 - who]
        known = {key: value for (table, key), value in side.kept.items() if table == "agreements"}
        evidence = self.plan.evidence
        evidence = evidence._replace(agreements={**evidence.agreements, **known})
        they = They(peer.persona, peer.kind, peer.key.public)
        return Context(NOW, bytes, self.parties[who], they, evidence)

    def act(self, who: int, side: Side, message: Message) -> Act:
        me = self.parties[who]
        number = side.sent + 1
        identity = sha256(me.persona + bytes([number, side.judged]) + message.NAME.encode() + message.write())
        sender = me.persona, (me.key.public,)
        return Act(message, identity.digest(), *sender, NOW, 0, number, side.judged, self.plan.items)

    def judge(self, who: int, side: Side, act: Act) -> Any:
        """The row the act takes on this party's copy, its check passed; raises Violation."""
        row = find_row(self.plan.machine, side.thread, act)
        if row.check:
            row.check(act, side.thread, self.ctx(who, side))
        return row

    def send(self, moment: Moment, who: int, message: Message) -> Moment | None:
        """The moment after this party sends, if its own copy lets it."""
        side = moment.sides[who]
        act = self.act(who, side, message)
        try:
            row = self.judge(who, side, act)
        except Violation:
            return None
        return self.changed(moment, who, side.after(act, row, own=True), (*moment.flights[who], act))

    def arrive(self, moment: Moment, sender: int) -> Moment:
        """The moment after the first message in flight is judged, and answered where the table says so."""
        act, *rest = moment.flights[sender]
        who = 1 - sender
        side = moment.sides[who]
        row = self.judge(who, side, act)  # a Violation here is what the test is about
        self.rows.add((row.state, row.message.NAME, row.crossing))
        moment = self.changed(moment, who, side.after(act, row, own=False), None)
        moment = self.changed(moment, sender, moment.sides[sender], tuple(rest))
        effects = row.reply(act, side.thread, self.ctx(who, side)) if row.reply else ()
        for effect in effects:
            if isinstance(effect, Send) and effect.thread == side.thread.id:
                answered = self.send(moment, who, effect.message)
                assert answered is not None, f"{effect.message.NAME} is an answer its sender refuses"
                moment = answered
        return moment

    def changed(self, moment: Moment, who: int, side: Side, flight: tuple[Act, ...] | None) -> Moment:
        sides, flights = list(moment.sides), list(moment.flights)
        sides[who] = side
        if flight is not None:
            flights[who] = flight
        return Moment((sides[0], sides[1]), (flights[0], flights[1]))

    def start(self) -> Moment:
        """Both copies after the opening message."""
        opener = self.parties[0].persona
        empty = Side(Thread(bytes(32), self.plan.machine.name, opener), {})
        act = self.act(0, empty, self.plan.opening)
        before = Side(open_thread(self.plan.machine, act), {})
        sent = before.after(act, self.judge(0, before, act), own=True)
        got = before.after(act, self.judge(1, before, act), own=False)
        return Moment((sent, got))

    def following(self, moment: Moment) -> Iterator[Moment]:
        for who in (0, 1):
            if moment.flights[who]:
                yield self.arrive(moment, who)
            if len(moment.flights[who]) < IN_FLIGHT_MAX:
                for message in self.plan.ideas(moment.sides[who].thread, self.parties[who]):
                    after = self.send(moment, who, message)
                    if after:
                        yield after

    def run(self) -> None:
        seen: set[str] = set()
        waiting = [self.start()]
        for _ in range(self.plan.moves_max):
            fresh: list[Moment] = []
            for moment in waiting:
                if moment.key() in seen:
                    continue
                seen.add(moment.key())
                self.check(moment)
                fresh += self.following(moment)
            waiting = fresh
        for moment in waiting:
            settled = moment
            while settled.flights[0] or settled.flights[1]:
                settled = self.arrive(settled, 0 if settled.flights[0] else 1)
            self.check(settled)

    def check(self, moment: Moment) -> None:
        one, two = moment.sides
        self.states |= {one.thread.state, two.thread.state}
        if moment.flights != ((), ()):
            return
        assert (one.thread.state, one.thread.data) == (two.thread.state, two.thread.data)
        assert one.thread == two.thread, "who was seen differs"
        assert one.kept == two.kept
        self.quiet += 1


# terms

NEWER = digest("a newer agreement")


def standard(terms: str) -> StandardTerms:
    policy = Policy((Clause("service-delivery", allowed=True),))
    return StandardTerms(digest("roster"), terms, digest(f"text {terms}"), digest(f"machine {terms}"), policy)


BASE, ANALYTICS = standard("SD-BASE"), standard("SD-BASE-A")


def terms_ideas(thread: Thread, me: Me) -> tuple[Message, ...]:
    data = thread.data
    ideas: list[Message] = [
        TermsProffer.choose(ANALYTICS, NOW + 60),
        TermsCounter("SD-BASE-A"),
        TermsDecline(),
        TermsWithdraw(),
    ]
    if thread.state.startswith("proffered"):
        ideas.append(TermsAccept.sign(thread, me, NOW + 90))
    if "accept" in data:
        ideas.append(TermsSeal.sign(thread, me.key))
    if "agreement" in data:
        ideas += [TermsTerminate(data["agreement"]), TermsReplace(data["agreement"], NEWER)]
    return tuple(ideas)


# relationship

MESSAGES_EACH_MAX = 4
"""Enough to rest, end a rest and close after the handshake; every further one only repeats these."""
RETURNED = ReturnedEntry(b"signed", (Part(b"salt", b"body"),), "applied")


def relationship_ideas(thread: Thread, me: Me) -> tuple[Message, ...]:
    own = thread.seen.opener if me.persona == thread.opener else thread.seen.other
    count = own[1]
    if count >= MESSAGES_EACH_MAX:
        return ()
    offer, where, id_ = KeyOffer(count + 1, b"key"), b"mailbox", digest(f"{me.kind} {count}")
    returned, _ = RelationshipReturned.pack((RETURNED,))
    upkeep = (RelationshipRotate(offer), RelationshipMove(where, (f"https://{count}.example",)))
    mending = (RelationshipAffirm((id_,)), RelationshipReject((id_,)), returned)
    return (
        RelationshipAccept(offer, where, ("https://other.example",), me.nonce),
        RelationshipDecline(),
        RelationshipPause(),
        RelationshipResume(),
        RelationshipClose("erased") if count % 2 else RelationshipClose("kept", NOW),
        upkeep[count % 2],
        mending[count % 3],
    )


REQUEST = RelationshipRequest(
    digest("invitation"),
    KeyOffer(1, b"key"),
    b"mailbox",
    ("https://opener.example",),
    commitment(digest("opener's nonce")),
    "person",
)

# conversation

SPOKEN, TEXT = ConversationSay.pack("Are there tulips?")


def conversation_ideas(thread: Thread, me: Me) -> tuple[Message, ...]:
    own = thread.seen.opener if me.persona == thread.opener else thread.seen.other
    return () if own[1] >= MESSAGES_EACH_MAX else (SPOKEN, ConversationSay(thread.id))


# custody


def custody_ideas(thread: Thread, me: Me) -> tuple[Message, ...]:
    own, other = thread.seen.opener, thread.seen.other
    count = own[1] if me.persona == thread.opener else other[1]
    if count >= MESSAGES_EACH_MAX:
        return ()
    granted, _ = CustodyGrant.pack(count + 1, 90, (f"https://{count}.example",), bytes(32))
    return (granted, CustodyRefuse("no-room"), CustodyEnd())


# relay


def relay_ideas(thread: Thread, me: Me) -> tuple[Message, ...]:
    own, other = thread.seen.opener, thread.seen.other
    count = own[1] if me.persona == thread.opener else other[1]
    if count >= MESSAGES_EACH_MAX:
        return ()
    granted, _ = RelayGrant.pack((f"https://{count}.example",), 2_592_000, 9, 9, count, (bytes(32),))
    return (RelayAsk(count + 2), granted, RelayRefuse("no-room"), RelayEnd())


PLANS = (
    Plan(
        RELATIONSHIP, ("person", "organisation"), REQUEST, relationship_ideas, Evidence(), moves_max=LONGEST
    ),
    Plan(
        TERMS,
        ("person", "organisation"),
        TermsProffer.choose(BASE, NOW + 60),
        terms_ideas,
        Evidence(
            agreements={
                NEWER: Agreement(
                    NEWER, digest("opener"), digest("other"), BASE.roster, "SD-BASE", NOW, None, (NEWER,)
                )
            },
            rosters={(s.roster, s.terms): s for s in (BASE, ANALYTICS)},
        ),
    ),
    Plan(
        CONVERSATION,
        ("person", "organisation"),
        SPOKEN,
        conversation_ideas,
        Evidence(),
        moves_max=LONGEST,
        items=TEXT,
    ),
    Plan(
        CUSTODY,
        ("person", "person"),
        CustodyAsk(digest("address"), 2**30, 90),
        custody_ideas,
        Evidence(),
        moves_max=LONGEST,
        items=(b"\x58\x20" + bytes(32),),
    ),
    Plan(
        RELAY,
        ("person", "organisation"),
        RelayAsk(1),
        relay_ideas,
        Evidence(),
        moves_max=LONGEST,
        items=(b"\x81\x58\x20" + bytes(32),),
    ),
)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.machine.name)
def test_whatever_crosses_both_copies_end_alike(plan: Plan) -> None:
    """[TERMS-20] [TERMS-38] [TABLE-8] [TABLE-9] [REL-14] [TALK-6] [CUSTODY-5] [CUSTODY-6]
    [RELAY-4] [RELAY-5]
    """
    exploration = Exploration(plan)
    exploration.run()

    final = {row.next for row in plan.machine.rows}
    assert exploration.states == final, "some state is never reached"
    crossing = {(row.state, row.message.NAME, True) for row in plan.machine.rows if row.crossing}
    assert crossing <= exploration.rows, f"rows for nothing: {crossing - exploration.rows}"
    assert exploration.quiet > len(final)


def test_a_missing_crossing_row_is_noticed() -> None:
    rows = [row for row in TERMS.rows if not (row.state == "withdrawn" and row.message is TermsAccept)]
    with pytest.raises(Violation):
        Exploration(PLANS[1]._replace(machine=Machine("terms", rows))).run()


def test_data_that_depends_on_the_order_is_noticed() -> None:
    rows = [
        row._replace(then=None)
        if (row.state, row.message, row.crossing) == ("closed", RelationshipAccept, True)
        else row
        for row in RELATIONSHIP.rows
    ]
    with pytest.raises(AssertionError):
        Exploration(PLANS[0]._replace(machine=Machine("relationship", rows))).run()


def test_a_row_that_depends_on_the_order_is_noticed() -> None:
    rows = [
        row._replace(next="withdrawn") if (row.state, row.crossing) == ("declined", True) else row
        for row in TERMS.rows
    ]
    with pytest.raises(AssertionError):
        Exploration(PLANS[1]._replace(machine=Machine("terms", rows))).run()
