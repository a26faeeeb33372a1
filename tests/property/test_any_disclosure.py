"""Random histories of grants, changes, revocations and erasures: both sides compute one ledger.

[DISC-42] [DISC-31] [TABLE-8] [TABLE-9] [TABLE-12]
"""

import random
from collections.abc import Callable

import pytest
from tests.property.test_crossing import Exploration, Plan, digest
from tests.unit.features.disclosure.conftest import ANNA, DELIVER, HOME, NAME, USE, Shared, agreed

from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.answer import DisclosureAnswer
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.handback import DisclosureHandback
from pcloud.features.disclosure.machine import MACHINE
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.disclosure.rights import DisclosureRights
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.context import Me
from pcloud.kernel.gate import Agreement, Evidence
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.testing.node import Node

STEPS = 60
PATHS = (NAME, HOME)


class History:
    """Two nodes, frames on their way that may be lost, doubled or late, and what was ever held."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.shared: Shared = agreed()
        self.flights: list[tuple[Node, bytes]] = []
        self.version = 1
        self.refusals: set[str] = set()

    def frame(self, node: Node, message: Message, thread: bytes | None, items: tuple[bytes, ...]) -> None:
        """A command where the node's own tables allow it; its frame is on its way."""
        try:
            frame = self.shared.say(node, message, thread, items)
        except UsageError as refused:
            self.refusals.add(refused.code)
            return
        self.flights.append((self.shared.other(node), frame))

    def step(self) -> None:
        """Somebody does something, or something arrives."""
        if self.random.random() < 0.4:
            self.speak()
        elif self.flights:
            node, frame = self.flights.pop(self.random.randrange(len(self.flights)))
            chance = self.random.random()
            if chance < 0.15:
                return
            if chance > 0.85:
                self.flights.append((node, frame))
            self.arrives(node, frame)

    def arrives(self, node: Node, frame: bytes) -> None:
        self.flights += [(self.shared.other(node), answer) for answer in node.receive(frame).frames]

    def speak(self) -> None:
        """One of all messages, in some thread, by either side."""
        shared, draw = self.shared, self.random
        node = draw.choice((shared.anna, shared.shop))
        threads = [id_ for id_, each in node.log.threads.items() if each.machine == MACHINE.name]
        thread = draw.choice(threads[-3:]) if threads and draw.random() < 0.9 else None
        some = tuple(draw.sample(PATHS, draw.randint(1, 2)))
        self.version += 1
        fields = tuple((path, self.version) for path in some)
        data = {} if thread is None else node.log.threads[thread].data
        held = tuple((path, row[0]) for path, row in data.get("fields", {}).items()) or fields
        whole = draw.choice((some, None))
        ideas: list[tuple[Message, int]] = [
            (shared.request(), 0),
            (shared.present(*fields), len(some)),
            (shared.update(data.get("grant", bytes(32)), *fields), len(some)),
            (shared.update(data.get("grant", bytes(32)), *fields), len(some)),
            (shared.update(data.get("grant", bytes(32)), *fields), len(some)),
            (DisclosureAcknowledge(tuple(Outcome(path, number, "applied") for path, number in held)), 0),
            (DisclosureRevoke(whole), 0),
            (DisclosureErase(whole), 0),
            (DisclosureErased(tuple(Field(*field) for field in held), shared.now), 0),
            (DisclosureDecline(), 0),
        ]
        message, count = draw.choice(ideas)
        self.frame(node, message, thread, (ANNA,) * count)
        if draw.random() < 0.3:
            self.regret(node, message, thread)

    def regret(self, node: Node, message: Message, thread: bytes | None) -> None:
        """What was given is taken back at once; what is updated is given up at once by the other."""
        if isinstance(message, DisclosurePresent) and node.relationship.outgoing.pending:
            self.frame(node, DisclosureRevoke(), thread or node.relationship.outgoing.head, ())
        if isinstance(message, DisclosureUpdate):
            self.frame(self.shared.other(node), DisclosureRevoke(), thread, ())

    def settle(self) -> None:
        """Everything that waits is sent until nothing does."""
        for _ in range(40):
            while self.flights:
                self.arrives(*self.flights.pop(0))
            waiting = [
                node for node in (self.shared.anna, self.shared.shop) if node.relationship.outgoing.pending
            ]
            if not waiting:
                return
            self.shared.two.clock.now += 60
            for node in waiting:
                self.flights += [(self.shared.other(node), frame) for frame in node.frames()]
        raise AssertionError("something waits for ever")


@pytest.mark.parametrize("seed", range(60))
def test_after_any_history_both_sides_have_the_same_ledger(seed: int) -> None:
    history = History(seed)
    for _ in range(STEPS):
        history.step()
    history.settle()
    shared = history.shared
    shared.alike()
    assert shared.ledger(shared.anna) == shared.ledger(shared.shop)
    for node in (shared.anna, shared.shop):
        for entry in node.log.sequence(mine=True):
            if entry.verdict in (Code.UNKNOWN_THREAD, Code.NO_GRANT):
                thread = node.log.entries(entry.signed.thread_id)
                assert any(each.verdict == Code.WITHDRAWN for each in thread), "built on what was refused"
            else:
                assert entry.verdict in ("applied", Code.CROSSED, Code.WITHDRAWN), "legal when it was sent"


def test_the_histories_reach_every_state_of_a_row() -> None:
    found: set[str] = set()
    verdicts: set[str | None] = set()
    for seed in range(60):
        history = History(seed)
        for _ in range(STEPS):
            history.step()
            found |= {row.state for row in history.shared.ledger(history.shared.anna)}
        history.settle()
        verdicts |= {entry.verdict for entry in history.shared.shop.log.by_first_id.values()}
    assert {"queued", "applied", "confirmed", "revoked", "erasing", "erased"} <= found
    assert {"applied", Code.WITHDRAWN, Code.CROSSED} <= verdicts, "some came empty, some crossed an end"


# Every order of a few messages

AGREEMENT = digest("agreement")
ITEM = (b"\xa1\x61a\x01",)
IN_FORCE = Agreement(
    AGREEMENT, digest("opener"), digest("other"), digest("roster"), "T", 0, None, (AGREEMENT,)
)
UNTIL = 1_900_000_000
Ideas = Callable[[Thread, Me], tuple[Message, ...]]
FIELDS = (Field(NAME, 1),)
ASK = DisclosureRequest(
    AGREEMENT, (Wanted(NAME, required=True),), USE, (DELIVER,), UNTIL, standing=True, circumstances=1
)
GIVE = DisclosurePresent(AGREEMENT, FIELDS, USE, (DELIVER,), UNTIL, standing=True)
OPENINGS: tuple[Message, ...] = (
    ASK,
    GIVE,
    DisclosureHandback(FIELDS),
    DisclosureRights("correction", (NAME,)),
)


def ideas(thread: Thread, me: Me) -> tuple[Message, ...]:
    own = thread.seen.opener if me.persona == thread.opener else thread.seen.other
    if own[1] >= 4:
        return ()
    version = 1 + own[1]
    return (
        GIVE,
        DisclosureDecline(),
        DisclosureUpdate(thread.data.get("grant", AGREEMENT), (Field(NAME, version),), USE, (DELIVER,)),
        DisclosureAcknowledge((Outcome(NAME, version, "applied"),)),
        DisclosureRevoke((NAME,)) if version % 2 else DisclosureRevoke(),
        DisclosureErase(),
        DisclosureErased((Field(NAME, version),), UNTIL),
        DisclosureHandback(FIELDS),
        DisclosureAnswer("partly" if version % 2 else "done", fields=FIELDS),
    )


def test_whatever_crosses_both_copies_of_a_disclosure_end_alike() -> None:
    """[DISC-38] [DISC-39] [TABLE-8] [TABLE-9]"""
    states = set()
    for opening in OPENINGS:
        plan = Plan(
            MACHINE,
            ("person", "organisation"),
            opening,
            ideas,
            Evidence(agreement=IN_FORCE),
            moves_max=6,
            items=ITEM,
        )
        exploration = Exploration(plan)
        exploration.run()
        assert exploration.quiet > 2
        states |= exploration.states
    assert states == {row.next for row in MACHINE.rows}
