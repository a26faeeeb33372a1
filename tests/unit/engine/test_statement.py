"""Positions as received (spec 06 §2)."""

from typing import Any

import pytest

from pcloud.engine import recovery
from pcloud.engine.snapshot import Relationship
from pcloud.engine.statement import read_statement
from pcloud.errors import Code, Violation
from pcloud.testing.world import World
from pcloud.wire import cose
from pcloud.wire.answers import Parties
from pcloud.wire.keylog import Relation
from pcloud.wire.keys import SigningKey
from pcloud.wire.position import sign_position

WORLD = World(3)
ANNA, SHOP = (owner.node for owner in WORLD.owners)


def signed(key: SigningKey | None = None, **parties: Any) -> bytes:
    position = recovery.position_of(ANNA.relationship, ANNA.log, None)
    position = position._replace(parties=position.parties._replace(**parties))
    return sign_position(key or ANNA.relationship.me.key, cose.RECOVER, position)


def test_a_position_is_verified_by_the_events_it_carries() -> None:
    """[REC-9]"""
    statement = read_statement(SHOP.relationship, signed(), cose.RECOVER)
    assert statement.relation is Relation.SAME
    assert statement.log.persona == ANNA.relationship.me.log.persona


def test_a_requester_may_know_only_the_invitation_persona() -> None:
    founding = SHOP.relationship.sealing.founding[0]
    assert read_statement(SHOP.relationship, signed(recipient=founding), cose.RECOVER)


@pytest.mark.parametrize(
    ("parties", "code"),
    [
        ({"sender": bytes(32)}, Code.WRONG_PARTY),
        ({"recipient": bytes(32)}, Code.WRONG_PARTY),
        ({"sender_epoch": 1}, Code.LOG_INVALID),
    ],
)
def test_a_position_of_others_is_refused(parties: dict[str, Any], code: Code) -> None:
    """[REC-9]"""
    with pytest.raises(Violation) as refused:
        read_statement(SHOP.relationship, signed(**parties), cose.RECOVER)
    assert refused.value.code is code


def test_a_position_signed_by_another_key_is_refused() -> None:
    """[REC-9]"""
    with pytest.raises(Violation) as refused:
        read_statement(SHOP.relationship, signed(SigningKey.from_seed(bytes(32))), cose.RECOVER)
    assert refused.value.code is Code.KEY_MISMATCH


def test_a_recover_is_no_recovered() -> None:
    """[SEC-3]"""
    with pytest.raises(Violation) as refused:
        read_statement(SHOP.relationship, signed(), cose.RECOVERED)
    assert refused.value.code is Code.TYPE_MISMATCH


def test_the_parties_of_a_position_are_those_of_the_scope() -> None:
    def known(relationship: Relationship) -> Parties:
        return recovery.position_of(relationship, ANNA.log, None).parties

    assert known(ANNA.relationship).sender == SHOP.relationship.peer.log.persona
