"""[REL-11], [REL-12]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_the_inviting_side_says_no_and_the_data_stays(world: Any) -> None:
    """[REL-12]"""
    before = world.requested()
    thread, keeps, effects = world.take(before, world.act(world.host, RelationshipDecline("later")))
    assert (thread.state, thread.data, keeps) == ("declined", before.data, ())
    assert effects == (Tell("declined", thread.id),)
    assert (RelationshipDecline.GATE, RelationshipDecline.MARK) == (Gate.OPEN, Mark.RESTRICTS)
    assert RelationshipDecline.ITEMS_MAX == 0


def test_nobody_declines_for_the_other_or_later(world: Any) -> None:
    """[TABLE-2]"""
    with pytest.raises(Violation) as found:
        world.say(world.requested(), world.guest, RelationshipDecline())
    assert found.value.code is Code.NOT_YOUR_TURN
    for thread in world.begun():
        if thread.state != "requested":
            with pytest.raises(Violation) as found:
                world.say(thread, world.host, RelationshipDecline())
            assert found.value.code is Code.NOT_IN_STATE


def test_declined_is_the_end(world: Any) -> None:
    """[REL-11]"""
    thread = world.declined()
    for sender, message, code in [
        (world.host, world.accept(), Code.NOT_IN_STATE),
        (world.guest, RelationshipClose("none"), Code.NOT_IN_STATE),
        (world.host, RelationshipClose("none"), Code.NOT_YOUR_TURN),
    ]:
        with pytest.raises(Violation) as found:
            world.say(thread, sender, message)
        assert found.value.code is code


def test_a_close_that_crossed_it_wins(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.requested()
    no = world.act(world.host, RelationshipDecline(), highest=1)
    close = world.act(world.guest, RelationshipClose("none"), highest=0)
    one = world.take(world.take(before, no)[0], close)[0]
    two = world.take(world.take(before, close)[0], no)[0]
    assert one == two
    assert one.state == "closed"


@pytest.mark.parametrize("reason", [None, "not-wanted", "unknown", "later"])
def test_reasons_are_a_closed_list(reason: str | None) -> None:
    assert RelationshipDecline.read(RelationshipDecline(reason).write()).reason == reason


@pytest.mark.parametrize(
    ("key", "value"), [*((1, value) for value in (None, "", "Later", "busy", 1, b"later")), (0, 1), (2, 1)]
)
def test_everything_else_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        RelationshipDecline.read(world.body(RelationshipDecline(), **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
