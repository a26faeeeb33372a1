"""[CUSTODY-1] [CUSTODY-6]: one asks a peer to keep volumes."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.custody.conftest import ADDRESS, DAYS, GIB, Custody

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.custody.ask import CustodyAsk
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import NO_CLAIMS, Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


def test_an_ask_opens_a_thread_and_holds_what_is_wished_for(asked: Custody) -> None:
    """[CUSTODY-5] [CUSTODY-6]"""
    asked.alike("asked", {"address": ADDRESS, "bytes": GIB, "days": DAYS})
    assert asked.shop.told[-1] == Tell("custody.asked", asked.thread)
    assert (CustodyAsk.GATE, CustodyAsk.MARK, CustodyAsk.ITEMS_MAX) == (Gate.RELATED, Mark.NEUTRAL, 0)


def test_it_claims_nothing_and_carries_the_address_alone() -> None:
    """[CUSTODY-1]"""
    ask = CustodyAsk(ADDRESS, GIB, DAYS)
    assert ask.claims() == NO_CLAIMS
    assert ask.write() == cbor.encode({1: ADDRESS, 2: GIB, 3: DAYS})
    assert CustodyAsk.read(ask.write()) == ask


@pytest.mark.parametrize(
    "body",
    [
        {1: ADDRESS, 2: GIB},
        {1: ADDRESS, 2: GIB, 3: 0},
        {1: ADDRESS, 2: 0, 3: DAYS},
        {1: ADDRESS, 2: -1, 3: DAYS},
        {1: ADDRESS[1:], 2: GIB, 3: DAYS},
        {1: ADDRESS, 2: GIB, 3: True},
        {1: ADDRESS, 2: GIB, 3: DAYS, 4: b""},
        [ADDRESS, GIB, DAYS],
    ],
)
def test_a_body_with_anything_else_is_refused(body: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        CustodyAsk.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_it_is_asked_once_in_a_thread(asked: Custody) -> None:
    """[CUSTODY-5]"""
    frame = forged(asked.anna, CustodyAsk(ADDRESS, GIB, DAYS), asked.thread)
    refused(asked.shop, frame, Code.NOT_IN_STATE)


def test_nobody_asks_while_the_relationship_rests(asked: Custody) -> None:
    """[GATE-2]"""
    exchange(asked.anna, asked.shop, asked.anna.say(RelationshipPause(), asked.two.anna.thread))
    before = dict(asked.anna.log.threads)
    with pytest.raises(UsageError) as found:
        asked.anna.say(CustodyAsk(ADDRESS, GIB, DAYS), None)
    assert found.value.code is Code.PAUSED
    assert asked.anna.log.threads == before
