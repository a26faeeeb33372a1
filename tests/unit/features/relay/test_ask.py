"""[RELAY-4] [RELAY-5]: one asks a peer for mailboxes, and for more of them."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.relay.conftest import Relay

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relay.ask import RelayAsk
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import NO_CLAIMS, Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


def test_an_ask_opens_a_thread_and_holds_how_many_are_wished_for(asked: Relay) -> None:
    asked.alike("asked", {"asked": 2})
    assert asked.shop.told[-1] == Tell("relay.asked", asked.thread)
    assert (RelayAsk.GATE, RelayAsk.MARK, RelayAsk.ITEMS_MAX) == (Gate.RELATED, Mark.NEUTRAL, 0)
    assert RelayAsk(2).claims() == NO_CLAIMS
    assert RelayAsk(2).write() == cbor.encode({1: 2})


@pytest.mark.parametrize(
    "body", [{}, {1: 0}, {1: -1}, {1: "2"}, {1: None}, {1: True}, {1: 2, 2: 3}, [2], None]
)
def test_a_body_with_anything_else_is_refused(body: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        RelayAsk.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_it_waits_for_an_answer_before_it_is_asked_again(asked: Relay) -> None:
    refused(asked.shop, forged(asked.anna, RelayAsk(3), asked.thread), Code.NOT_IN_STATE)


def test_more_are_asked_for_and_what_was_granted_stands_meanwhile(asked: Relay) -> None:
    data = asked.granted()
    exchange(asked.anna, asked.shop, asked.ask(9))
    asked.alike("asked-again", {**data, "asked": 9})
    assert asked.shop.told[-1] == Tell("relay.asked", asked.thread)


def test_the_relay_asks_for_nothing(asked: Relay) -> None:
    asked.granted()
    refused(asked.anna, forged(asked.shop, RelayAsk(1), asked.thread), Code.NOT_YOUR_TURN)


def test_nobody_asks_while_the_relationship_rests(asked: Relay) -> None:
    """[GATE-2]"""
    asked.granted()
    exchange(asked.anna, asked.shop, asked.anna.say(RelationshipPause(), asked.two.anna.thread))
    before = dict(asked.anna.log.threads)
    with pytest.raises(UsageError) as found:
        asked.ask()
    assert found.value.code is Code.PAUSED
    assert asked.anna.log.threads == before


def test_asking_at_once_with_the_end_leaves_it_ended_on_both_sides(asked: Relay) -> None:
    """[TABLE-8]"""
    asked.granted()
    more, ended = asked.ask(), asked.end(asked.shop)
    exchange(asked.anna, asked.shop, more)
    exchange(asked.shop, asked.anna, ended)
    asked.alike("ended", {})
    assert {entry.verdict for entry in asked.anna.log.entries(asked.thread)} == {"applied"}
