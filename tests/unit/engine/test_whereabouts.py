"""Notices go to where an outdated copy may be (spec 06 §13)."""

import pytest
from tests.unit.engine.two import Two

from pcloud.engine import turn
from pcloud.engine.keeping import Place
from pcloud.errors import Code, Violation
from pcloud.features.relationship.move import RelationshipMove
from pcloud.limits import MAILBOX_BYTES
from pcloud.testing.node import Node, exchange

NEW = Place(b"n" * MAILBOX_BYTES, ("https://new.example",))
OTHER = Place(b"o" * MAILBOX_BYTES, ("https://other.example",))


@pytest.fixture
def two() -> Two:
    return Two()


def placed(node: Node, place: Place) -> None:
    """Let a node be reached elsewhere, without a word."""
    me = node.relationship.me._replace(mailbox=place.mailbox, endpoints=place.endpoints)
    node.relationship = node.relationship._replace(me=me)


def told(two: Two) -> turn.Out:
    """What the shop says to something of an older epoch."""
    return turn.refuse(two.shop.relationship, Violation(Code.STALE), two.shop.log, two.world.clock.now)


def test_a_copy_that_lost_the_race_is_told_where_its_recover_says_it_is(two: Two) -> None:
    """[REC-37]"""
    first, second = two.world.copy(two.hers), two.world.copy(two.hers)
    placed(first, NEW)
    placed(second, OTHER)
    two.returns(two.hers, first)
    frame = two.back(two.hers, second)
    shop = two.shop
    found = turn.take_contact(shop.relationship, shop.contact_keys, frame, shop.log, shop.setting)
    assert found.out is not None
    assert not found.out.frames
    (notice,) = found.out.notices
    assert notice.place == OTHER
    assert shop.relationship.peer[2:4] == NEW, "it is not taken for where she is"
    second.receive(notice.frame)
    assert second.relationship.stopped


def test_a_copy_of_an_older_epoch_is_told_where_she_was_in_it(two: Two) -> None:
    """[REC-41]"""
    two.says(two.hers, RelationshipMove(*OTHER))
    thief, copy = two.world.copy(two.hers), two.world.copy(two.hers)
    placed(copy, NEW)
    two.returns(two.hers, copy)
    two.says(two.hers, RelationshipMove(*NEW))
    out = told(two)
    assert [notice.place for notice in out.notices] == [OTHER]
    assert not out.frames
    thief.receive(out.notices[0].frame)
    assert thief.relationship.stopped


def test_where_she_is_still_at_the_same_place_it_goes_the_usual_way(two: Two) -> None:
    """[REC-41]"""
    two.returns(two.hers, two.world.copy(two.hers))
    out = told(two)
    assert out.frames
    assert not out.notices


def test_where_the_log_does_not_say_it_goes_to_where_she_is(two: Two) -> None:
    """[REC-41]"""
    two.returns(two.hers, two.world.copy(two.hers))
    copy = two.world.copy(two.hers)
    placed(copy, NEW)
    frame = two.back(two.hers, copy)
    exchange(two.anna, two.shop, frame)
    assert two.shop.relationship.peer.log.epoch == 2
    out = told(two)
    assert len(out.frames) == 1, "that of epoch 1, which only its recover named"
    assert len(out.notices) == 1, "that of epoch 0, which her request named"
