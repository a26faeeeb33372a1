"""An end that a side made stays in its own log, whatever the peer says of it (spec 05 §10)."""

import pytest
from tests.unit.engine.probe import Pair

from pcloud.engine import answering
from pcloud.engine.lines import parties
from pcloud.engine.snapshot import REJECTED, Decision
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.message import Message
from pcloud.testing.node import Node
from pcloud.wire.answers import Receipt, Refusal, sign_answer


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


@pytest.mark.parametrize("code", ["rejected", "applied", "not-in-state"])
@pytest.mark.parametrize("message", [RelationshipClose("none"), RelationshipPause()])
def test_no_receipt_brings_back_what_its_sender_rejected(two: Pair, message: Message, code: str) -> None:
    """[ORDER-19], [FOLD-2]"""
    shop = two.shop
    shop.say(message, shop.thread)
    own = shop.log.sequence(mine=True)[-1].first_id
    rejects = Decision(shop.relationship, verdicts=((own, REJECTED),))
    shop.commit(answering.settle(rejects, shop.log, shop.registry))
    thread, threads = shop.relationship.thread, shop.state().threads
    lies(two.anna, shop, code)
    assert shop.log.sequence(mine=True)[-1].verdict == REJECTED
    assert (shop.relationship.thread, shop.state().threads) == (thread, threads)
    assert thread is not None
    assert thread.state == "active"
    assert not shop.relationship.outgoing.pending, "the receipt is taken all the same"
