"""[CUSTODY-5] [CUSTODY-6]: either side ends a custody."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.custody.conftest import ADDRESS, Custody

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.custody.end import CustodyEnd
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


@pytest.mark.parametrize("by_owner", [True, False])
def test_either_side_ends_it_and_the_address_alone_stays(asked: Custody, *, by_owner: bool) -> None:
    asked.granted()
    who, whom = (asked.anna, asked.shop) if by_owner else (asked.shop, asked.anna)
    exchange(who, whom, asked.end(who))
    asked.alike("ended", {"address": ADDRESS})
    assert whom.told[-1] == Tell("custody.ended", asked.thread)
    assert (CustodyEnd.GATE, CustodyEnd.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_who_asked_takes_it_back(asked: Custody) -> None:
    exchange(asked.anna, asked.shop, asked.end(asked.anna))
    asked.alike("ended", {"address": ADDRESS})


def test_who_was_asked_refuses_and_does_not_end(asked: Custody) -> None:
    refused(asked.anna, forged(asked.shop, CustodyEnd(), asked.thread), Code.NOT_YOUR_TURN)


@pytest.mark.parametrize("body", [{1: 1}, {"a": 1}, [], None, 0])
def test_a_body_with_anything_is_refused(body: Any) -> None:
    """[MSG-8]"""
    with pytest.raises(Violation) as found:
        CustodyEnd.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_what_has_ended_is_not_ended_again_by_who_knew(asked: Custody) -> None:
    asked.granted()
    exchange(asked.anna, asked.shop, asked.end(asked.anna))
    for node in (asked.anna, asked.shop):
        with pytest.raises(UsageError) as found:
            asked.end(node)
        assert found.value.code is Code.NOT_IN_STATE
    asked.alike("ended", {"address": ADDRESS})


def test_it_ends_while_the_relationship_rests(asked: Custody) -> None:
    """[GATE-4]"""
    asked.granted()
    exchange(asked.anna, asked.shop, asked.anna.say(RelationshipPause(), asked.two.anna.thread))
    exchange(asked.shop, asked.anna, asked.end(asked.shop))
    asked.alike("ended", {"address": ADDRESS})


@pytest.mark.parametrize("crossing", ["grant", "end", "regrant"])
def test_what_crosses_the_end_leaves_both_alike(asked: Custody, crossing: str) -> None:
    """[TABLE-8]"""
    if crossing != "grant":
        asked.granted()
    ended = asked.end(asked.anna)
    other = asked.end(asked.shop) if crossing == "end" else asked.grant(7)
    exchange(asked.anna, asked.shop, ended)
    exchange(asked.shop, asked.anna, other)
    asked.alike("ended", {"address": ADDRESS})
    assert {entry.verdict for entry in asked.anna.log.entries(asked.thread)} == {"applied"}
