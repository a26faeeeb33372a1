"""What one thread says of its fields: found by path without looking through any log (spec 09 §11)."""

import pytest
from tests.unit.features.disclosure.conftest import HOME, KIEL, NAME, Shared, agreed

from pcloud.engine.ledger.holding import Held
from pcloud.engine.ledger.index import Given, fields_of
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.kernel.gate import Ended
from pcloud.testing.node import Node

SCOPE = b"scope of a test."
GONE = (Held.ERASED, Held.KEPT, Held.ERASING, Held.REVOKED)


@pytest.fixture
def shared() -> Shared:
    return agreed()


def fields(node: Node) -> list[Given]:
    """All that the threads of a node say, in the order of its ledger."""
    known = node.relationship
    threads = sorted(node.log.threads.values())
    found = (
        fields_of(each, SCOPE, known.me.log.persona, known.agreements) for each in threads if is_one(each)
    )
    return [given for some in found for given in some]


def is_one(thread: object) -> bool:
    return getattr(thread, "machine", None) == "disclosure"


def agrees(shared: Shared) -> bool:
    """The index says of who holds what the same as the ledger, which is computed from the whole log."""
    for node in (shared.anna, shared.shop):
        persona = node.relationship.me.log.persona
        said = [(each.thread, each.path, each.version, each.mine, each.held) for each in fields(node)]
        rows = [
            (row.thread, row.path, row.version, row.giver == persona, row.state not in GONE)
            for row in shared.ledger(node)
        ]
        assert said == rows
    return True


def test_the_index_says_what_the_ledger_says(shared: Shared) -> None:
    """[DISC-40]"""
    shared.asked()
    thread, grant = shared.granted()
    given = shared.given()
    assert agrees(shared)
    shared.does(shared.anna, shared.update(grant, (HOME, 5)), thread, (KIEL,))
    assert agrees(shared)
    shared.does(shared.anna, DisclosureRevoke((NAME,)), thread)
    shared.does(shared.anna, DisclosureErase((NAME,)), given)
    assert agrees(shared)
    shared.does(shared.shop, shared.gone((NAME, 1)), given)
    assert agrees(shared)
    shared.does(shared.shop, DisclosureRevoke(), thread)
    assert agrees(shared)
    assert [each.path for each in fields(shared.anna) if each.held] == [HOME]


def test_a_grant_under_an_agreement_that_ended_or_is_unknown_is_over(shared: Shared) -> None:
    shared.granted()
    known = shared.anna.relationship
    (thread,) = (each for each in shared.anna.log.threads.values() if is_one(each))
    agreement = known.agreements[shared.agreement]
    persona = known.me.log.persona
    for agreements, over in (
        ({shared.agreement: agreement}, False),
        ({shared.agreement: agreement._replace(ended=(Ended(b"p", 1, 1, b"e"),))}, True),
        ({}, True),
    ):
        found = list(fields_of(thread, SCOPE, persona, agreements))
        assert {each.over for each in found} == {over}
        assert {each.held for each in found} == {not over}
        assert all(each.mine for each in found)
