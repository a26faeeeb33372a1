"""[RELAY-4] [RELAY-5]: either side ends it."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.relay.conftest import Relay

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relay.end import RelayEnd
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


@pytest.mark.parametrize("by_customer", [True, False])
@pytest.mark.parametrize("again", [True, False])
def test_either_side_ends_it_and_nothing_of_it_stays(asked: Relay, *, by_customer: bool, again: bool) -> None:
    asked.granted()
    if again:
        exchange(asked.anna, asked.shop, asked.ask())
    who, whom = (asked.anna, asked.shop) if by_customer else (asked.shop, asked.anna)
    exchange(who, whom, asked.end(who))
    asked.alike("ended", {})
    assert whom.told[-1] == Tell("relay.ended", asked.thread)
    assert (RelayEnd.GATE, RelayEnd.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_who_asked_takes_it_back(asked: Relay) -> None:
    exchange(asked.anna, asked.shop, asked.end(asked.anna))
    asked.alike("ended", {})


def test_who_was_asked_refuses_and_does_not_end(asked: Relay) -> None:
    refused(asked.anna, forged(asked.shop, RelayEnd(), asked.thread), Code.NOT_YOUR_TURN)


@pytest.mark.parametrize("body", [{1: 1}, {"a": 1}, [], None, 0])
def test_a_body_with_anything_is_refused(body: Any) -> None:
    """[MSG-8]"""
    with pytest.raises(Violation) as found:
        RelayEnd.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_what_has_ended_is_not_ended_again_by_who_knew(asked: Relay) -> None:
    asked.granted()
    exchange(asked.anna, asked.shop, asked.end(asked.anna))
    for node in (asked.anna, asked.shop):
        with pytest.raises(UsageError) as found:
            asked.end(node)
        assert found.value.code is Code.NOT_IN_STATE
    asked.alike("ended", {})


def test_it_ends_while_the_relationship_rests(asked: Relay) -> None:
    """[GATE-4]"""
    asked.granted()
    exchange(asked.anna, asked.shop, asked.anna.say(RelationshipPause(), asked.two.anna.thread))
    exchange(asked.shop, asked.anna, asked.end(asked.shop))
    asked.alike("ended", {})


@pytest.mark.parametrize("crossing", ["grant", "end", "more"])
def test_what_crosses_the_end_leaves_both_alike(asked: Relay, crossing: str) -> None:
    """[TABLE-8]"""
    if crossing != "grant":
        asked.granted()
    if crossing == "more":
        exchange(asked.anna, asked.shop, asked.ask())
    ended = asked.end(asked.anna)
    other = asked.end(asked.shop) if crossing == "end" else asked.grant(7)
    exchange(asked.anna, asked.shop, ended)
    exchange(asked.shop, asked.anna, other)
    asked.alike("ended", {})
    assert {entry.verdict for entry in asked.anna.log.entries(asked.thread)} == {"applied"}
