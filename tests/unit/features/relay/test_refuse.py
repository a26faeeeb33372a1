"""[RELAY-4] [RELAY-5]: no mailboxes, or no more of them."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.relay.conftest import Relay

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relay.refuse import RelayRefuse
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


@pytest.mark.parametrize("reason", [None, "not-wanted", "no-room", "not-now"])
def test_a_refusal_ends_it_with_or_without_a_reason(asked: Relay, reason: str | None) -> None:
    exchange(asked.shop, asked.anna, asked.refuse(reason))
    asked.alike("refused", {})
    assert asked.anna.told[-1] == Tell("relay.refused", asked.thread)
    assert (RelayRefuse.GATE, RelayRefuse.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_a_refusal_of_more_leaves_what_was_granted(asked: Relay) -> None:
    data = asked.granted()
    exchange(asked.anna, asked.shop, asked.ask())
    exchange(asked.shop, asked.anna, asked.refuse("no-room"))
    asked.alike("granted", data)


@pytest.mark.parametrize("body", [{1: "other"}, {1: ""}, {1: 0}, {1: None}, {2: "no-room"}, [], None])
def test_a_body_with_anything_else_is_refused(body: Any) -> None:
    """[MSG-8]"""
    with pytest.raises(Violation) as found:
        RelayRefuse.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_what_was_granted_is_ended_and_not_refused(asked: Relay) -> None:
    asked.granted()
    refused(asked.anna, forged(asked.shop, RelayRefuse(), asked.thread), Code.NOT_IN_STATE)


def test_who_asked_does_not_refuse(asked: Relay) -> None:
    refused(asked.shop, forged(asked.anna, RelayRefuse(), asked.thread), Code.NOT_YOUR_TURN)


@pytest.mark.parametrize("again", [False, True])
def test_a_refusal_that_crosses_the_end_leaves_both_ended(asked: Relay, *, again: bool) -> None:
    """[TABLE-8]"""
    if again:
        asked.granted()
        exchange(asked.anna, asked.shop, asked.ask())
    ended, no = asked.end(asked.anna), asked.refuse()
    exchange(asked.anna, asked.shop, ended)
    exchange(asked.shop, asked.anna, no)
    asked.alike("ended", {})
