"""[REL-12], [REL-13], [REL-31]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def statement(act: Any) -> list[Any]:
    message = act.message
    return [message.held, message.until, act.id, act.generation, act.number, act.time]


def test_either_side_ends_it_in_every_living_state(world: Any) -> None:
    """[REL-12] [REL-13]"""
    for before in [world.accepted(), *world.living()]:
        for side, name in ((world.guest, "opener"), (world.host, "other")):
            act = world.act(side, RelationshipClose("kept", 9))
            thread, keeps, effects = world.take(before, act)
            assert (thread.state, keeps) == ("closed", ())
            assert thread.data == {**before.data, "closed": {name: statement(act)}}
            assert effects == (Tell("closed", thread.id),)
    assert (RelationshipClose.GATE, RelationshipClose.MARK) == (Gate.OPEN, Mark.RESTRICTS)
    assert RelationshipClose.SUSPENDED


def test_a_request_is_taken_back_by_who_made_it(world: Any) -> None:
    """[REL-11]"""
    assert world.say(world.requested(), world.guest, RelationshipClose("none")).state == "closed"
    with pytest.raises(Violation) as found:
        world.say(world.requested(), world.host, RelationshipClose("none"))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_YOUR_TURN)


def test_nobody_ends_it_twice(world: Any) -> None:
    """[TABLE-4]"""
    for side in (world.guest, world.host):
        closed = world.closed()
        with pytest.raises(Violation) as found:
            world.say(closed, side, RelationshipClose("erased"))
        assert found.value.code is Code.NOT_IN_STATE


def test_of_two_that_cross_each_statement_stands(world: Any) -> None:
    """[REL-13] [REL-14] [TABLE-8]"""
    before = world.active()
    one = world.act(world.guest, RelationshipClose("erased"), highest=1)
    two = world.act(world.host, RelationshipClose("kept", 9), highest=2)
    here = world.take(world.take(before, one)[0], two)[0]
    there = world.take(world.take(before, two)[0], one)[0]
    assert here == there
    assert here.data["closed"] == {"opener": statement(one), "other": statement(two)}
    assert list(here.data["closed"]) == list(there.data["closed"]) == ["opener", "other"]


@pytest.mark.parametrize("held", ["erased", "kept", "none"])
def test_a_body_comes_back(held: str) -> None:
    """[REL-31]"""
    message = RelationshipClose(held)
    assert RelationshipClose.read(message.write()) == message
    dated = RelationshipClose("kept", 0)
    assert RelationshipClose.read(dated.write()) == dated


@pytest.mark.parametrize("held", ["erased", "none"])
def test_a_day_goes_with_what_is_kept_only(world: Any, held: str) -> None:
    """[REL-31]"""
    with pytest.raises(Violation) as found:
        RelationshipClose(held, 9)
    assert found.value.code is Code.BODY_FORM
    with pytest.raises(Violation) as found:
        RelationshipClose.read(world.body(RelationshipClose(held), k2=9))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((1, value) for value in (..., None, "", "Kept", "lost", 0, b"kept", True)),
        *((2, value) for value in (None, -1, True, "9", b"\1")),
        (0, 1),
        (3, 1),
    ],
)
def test_every_field_wrong_in_turn_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        RelationshipClose.read(world.body(RelationshipClose("kept"), **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
