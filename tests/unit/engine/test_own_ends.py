"""An end that a side made stays in its own log, whatever the peer says of it (spec 05 §10)."""

import pytest
from tests.unit.engine.probe import Pair, pair

from pcloud.engine import answering
from pcloud.engine.lines import parties
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.message import Message
from pcloud.testing.node import Node
from pcloud.wire.answers import Receipt, Refusal, sign_answer


@pytest.fixture
def two() -> Pair:
    return pair()


def lies(liar: Node, about: Node, code: str = "not-in-state") -> None:
    """The peer's receipt says that the newest message was refused."""
    line = about.relationship.outgoing
    refusals = (Refusal(line.number, code),)
    receipt = Receipt(parties(liar.relationship), None, None, line.number, line.head, refusals)
    data = sign_answer(liar.relationship.me.key, receipt)
    decision = answering.take_answer(about.relationship, receipt, data, None, about.log, about.registry)
    about.commit(decision)


@pytest.mark.parametrize(
    ("message", "state"), [(RelationshipClose("none"), "closed"), (RelationshipPause(), "active")]
)
def test_no_receipt_undoes_an_own_end_and_any_other_message_it_does(
    two: Pair, message: Message, state: str
) -> None:
    """[FOLD-2], [ORDER-16]"""
    two.shop.say(message, two.shop.thread)
    lies(two.anna, two.shop)
    thread = two.shop.relationship.thread
    assert thread is not None
    assert thread.state == two.shop.state().threads[thread.id].state == state
    assert not two.shop.relationship.outgoing.pending, "the receipt is taken all the same"
    entry = two.shop.log.sequence(mine=True)[-1]
    assert entry.verdict == "not-in-state", "and the log says what the peer said"


@pytest.mark.parametrize(
    ("message", "state", "verdict"),
    [(RelationshipClose("none"), "closed", "internal"), (RelationshipPause(), "active", "rejected")],
)
def test_only_an_own_reject_rejects_an_end(two: Pair, message: Message, state: str, verdict: str) -> None:
    """[FOLD-2], [ORDER-18]"""
    two.shop.say(message, two.shop.thread)
    lies(two.anna, two.shop, "rejected")
    thread = two.shop.relationship.thread
    assert thread is not None
    assert thread.state == state
    assert two.shop.log.sequence(mine=True)[-1].verdict == verdict
