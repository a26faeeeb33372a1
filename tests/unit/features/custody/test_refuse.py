"""[CUSTODY-5] [CUSTODY-6]: the peer does not keep volumes."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.custody.conftest import ADDRESS, Custody

from pcloud.errors import Code, Stage, Violation
from pcloud.features.custody.refuse import CustodyRefuse
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


@pytest.mark.parametrize("reason", [None, "not-wanted", "no-room", "not-now"])
def test_a_refusal_ends_it_with_or_without_a_reason(asked: Custody, reason: str | None) -> None:
    exchange(asked.shop, asked.anna, asked.refuse(reason))
    asked.alike("refused", {"address": ADDRESS})
    assert asked.anna.told[-1] == Tell("custody.refused", asked.thread)
    assert (CustodyRefuse.GATE, CustodyRefuse.MARK) == (Gate.RELATED, Mark.RESTRICTS)


@pytest.mark.parametrize("body", [{1: "other"}, {1: ""}, {1: 0}, {1: None}, {2: "no-room"}, [], None])
def test_a_body_with_anything_else_is_refused(body: Any) -> None:
    """[MSG-8]"""
    with pytest.raises(Violation) as found:
        CustodyRefuse.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_what_was_granted_is_ended_and_not_refused(asked: Custody) -> None:
    asked.granted()
    refused(asked.anna, forged(asked.shop, CustodyRefuse(), asked.thread), Code.NOT_IN_STATE)


def test_who_asked_does_not_refuse(asked: Custody) -> None:
    refused(asked.shop, forged(asked.anna, CustodyRefuse(), asked.thread), Code.NOT_YOUR_TURN)


def test_a_refusal_that_crosses_the_end_leaves_both_alike(asked: Custody) -> None:
    ended, no = asked.end(asked.anna), asked.refuse()
    exchange(asked.anna, asked.shop, ended)
    exchange(asked.shop, asked.anna, no)
    asked.alike("refused", {"address": ADDRESS})
