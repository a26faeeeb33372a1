"""Recovery: what begins anew, what is numbered and what is not, and what a verdict may be (spec 06, 14)."""

from typing import Any

import pytest
from tests.unit.engine.probe import digest, forged, take

from pcloud.engine.decide import judge
from pcloud.engine.intake import open_frame
from pcloud.engine.snapshot import APPLIED, REJECTED
from pcloud.errors import STAGE_OF, Code, Stage
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedEntry
from pcloud.kernel.message import Message
from pcloud.testing.node import Node, exchange
from pcloud.testing.world import World
from pcloud.wire import cbor
from pcloud.wire.header import First
from pcloud.wire.keys import HybridKey
from pcloud.wire.parts import Part

CONTACT = HybridKey.from_seed(bytes(32)).public


class Lost:
    """Anna paused and resumed; she comes back from a copy of before, with the words."""

    def __init__(self) -> None:
        self.world = World(3)
        self.hers, its = self.world.owners
        self.shop: Node = its.node
        self.copy = self.world.copy(self.hers)
        for message in (RelationshipPause(), RelationshipResume()):
            self.says(message)
        self.replaced = self.anna.relationship

    @property
    def anna(self) -> Node:
        return self.hers.node

    def recover(self) -> bytes:
        self.hers.node = self.copy
        frame = self.hers.recover()
        assert frame is not None
        return frame

    def returns(self) -> None:
        """As `recover`, and all that follows."""
        frame = self.recover()
        exchange(self.anna, self.shop, frame)

    def says(self, message: Message) -> None:
        exchange(self.anna, self.shop, self.anna.say(message, self.anna.thread))


@pytest.fixture
def lost() -> Lost:
    return Lost()


def test_a_recovery_begins_a_new_epoch_with_new_numbers_sessions_and_keys(lost: Lost) -> None:
    """[REC-1]"""
    lost.returns()
    lost.says(RelationshipAffirm((lost.anna.thread,)))
    now, before = lost.anna.relationship, lost.replaced
    assert now.me.log.epoch == before.me.log.epoch + 1
    assert now.me.key.public not in {event.signing_key for event in before.me.log.events}
    fresh = [entry for entry in lost.anna.log.sequence(mine=True) if entry.signed.header.sender_epoch]
    assert [entry.signed.header.number for entry in fresh] == list(range(1, now.outgoing.number + 1))
    assert before.sealing.out is not None
    assert now.sealing.out is not None
    assert now.sealing.out.frame_key.session != before.sealing.out.frame_key.session
    known = {session.frame_key.session for session in lost.shop.relationship.sealing.sessions}
    assert before.sealing.out.frame_key.session not in known


def test_a_recover_consumes_no_number(lost: Lost) -> None:
    """[REC-11]"""
    frame = lost.recover()
    lost.shop.receive(frame)
    accepted = lost.shop.relationship
    assert (accepted.incoming.number, accepted.incoming.refusals) == (0, ())
    lost.shop.receive(frame)
    assert lost.shop.relationship.incoming == accepted.incoming
    entries = len(lost.shop.log.by_first_id)
    stopped = accepted._replace(stopped="set back")
    lost.shop.relationship = stopped
    lost.hers.node = lost.world.copy(lost.hers)
    again = lost.hers.recover()
    assert again is not None
    assert lost.shop.receive(again).refused is not None
    assert lost.shop.relationship.incoming == accepted.incoming
    assert len(lost.shop.log.by_first_id) == entries


@pytest.mark.parametrize("change", ["generation", "rank", "name", "time", "digests"])
def test_a_reissue_that_is_not_what_it_says_is_a_fork(lost: Lost, change: str) -> None:
    """[REC-48]"""
    lost.returns()
    known = next(
        entry for entry in lost.shop.log.sequence(mine=False) if entry.signed.header.name.endswith("confirm")
    )
    old = known.signed.header
    fields: dict[str, Any] = {
        "name": old.name,
        "time": old.time,
        "digests": old.digests,
        "thread": old.thread,
    }
    rank, knew = known.signed.rank, known.signed.knew[1]
    body = RelationshipPause()
    same = forged(lost.anna, body, **fields, first=First(known.first_id, *rank, knew))
    assert opened_and_judged(lost.shop, same) is None
    changes: dict[str, dict[str, Any]] = {
        "generation": {"first": First(digest("unknown"), 1, 1, 0)},
        "rank": {"first": First(known.first_id, rank[0], rank[1] + 1, knew)},
        "name": {"name": "relationship.resume"},
        "time": {"time": old.time + 1},
        "digests": {"digests": (digest("other"),)},
    }
    wrong = forged(
        lost.anna, body, **{**fields, "first": First(known.first_id, *rank, knew), **changes[change]}
    )
    assert opened_and_judged(lost.shop, wrong) == Code.FORK


def opened_and_judged(node: Node, frame: bytes) -> str | None:
    """What the stage order says to a message; nothing is committed."""
    opened = open_frame(node.relationship, frame, node.clock.now, node.draw)
    return judge(opened, node.log, node.setting).refused


def test_items_of_returned_entries_travel_as_items_and_never_in_the_body() -> None:
    """[REC-26]"""
    parts = (Part(b"s" * 16, b"\xa0"), None, Part(b"t" * 16, b"her name"))
    message, items = RelationshipReturned.pack((ReturnedEntry(b"header", parts, APPLIED),) * 2)
    assert b"her name" not in message.write()
    assert [cbor.decode(item) for item in items] == [[index, 2, b"t" * 16, b"her name"] for index in (0, 1)]


def test_an_item_of_another_form_is_refused(lost: Lost) -> None:
    """[REC-26]"""
    entry = lost.shop.log.sequence(mine=False)[-1]
    lost.says(RelationshipPause())
    message, _ = RelationshipReturned.pack((ReturnedEntry(entry.signed.data, entry.parts, APPLIED),))
    for wrong in ([1, 1, bytes(16), b""], [0, 0, bytes(16), b""], [0, 1, bytes(15), b""], [0, 1, bytes(16)]):
        twin = lost.anna.clone("as it stands")
        frame = forged(
            lost.shop.clone("as it stands"), message, lost.shop.thread, items=(cbor.encode(wrong),)
        )
        (judged, *_) = take(twin, frame).entries
        assert judged.verdict == Code.BODY_FORM


def test_an_affirm_that_comes_back_lifts_no_mark(lost: Lost) -> None:
    """[REC-34]"""
    lost.returns()
    marked = tuple(sorted(lost.anna.relationship.unaffirmed))
    lost.copy = lost.world.copy(lost.hers)
    lost.says(RelationshipAffirm(marked))
    affirm = lost.anna.relationship.outgoing.head
    assert not lost.shop.relationship.unaffirmed
    lost.returns()
    assert lost.anna.relationship.unaffirmed == lost.shop.relationship.unaffirmed == {*marked, affirm}
    lost.says(RelationshipAffirm((affirm,)))
    assert lost.anna.relationship.unaffirmed == lost.shop.relationship.unaffirmed == set(marked)


def test_a_verdict_is_applied_rejected_or_a_code_of_gate_or_content(lost: Lost) -> None:
    """[ERR-6]"""
    lost.returns()
    marked = tuple(sorted(lost.anna.relationship.unaffirmed))
    lost.says(RelationshipReject(marked))
    node, her = lost.shop, lost.anna
    passed = ({"number": 99}, {"prev": bytes(32)}, {"recipient_epoch": 1}, {"sender_epoch": 0})
    for fields in ({"name": "x-nobody.knows"}, {"expiry": 1}, {"name": "relationship.reject"}, *passed):
        twin = node.clone("as it stands")
        twin.receive(forged(her.clone("as it stands"), RelationshipPause(), her.thread, **fields))
        verdicts = {str(entry.verdict) for entry in twin.log.sequence(mine=False)}
        refusals = verdicts - {APPLIED, REJECTED}
        assert REJECTED in verdicts
        assert len(refusals) == (fields not in passed)
        assert {STAGE_OF[Code(code)] for code in refusals} <= {Stage.GATE, Stage.CONTENT}
