"""[REL-11], [REL-25]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.effects import Tell, Wake
from pcloud.kernel.gate import Gate, Mark


def test_each_side_rests_by_itself(world: Any) -> None:
    """[REL-11] [REL-12]"""
    active = world.active()
    for side, state in ((world.guest, "paused-by-opener"), (world.host, "paused-by-other")):
        one, keeps, effects = world.take(active, world.act(side, RelationshipPause()))
        assert (one.state, one.data, keeps) == (state, active.data, ())
        assert effects == (Tell("paused", one.id),)
        both = world.say(one, world.other(side), RelationshipPause())
        assert (both.state, both.data) == ("paused-by-both", active.data)
    assert (RelationshipPause.GATE, RelationshipPause.MARK) == (Gate.OPEN, Mark.RESTRICTS)


def test_the_end_that_it_names_wakes_the_clock_and_changes_nothing(world: Any) -> None:
    """[REL-25]"""
    active = world.active()
    thread, _, effects = world.take(active, world.act(world.guest, RelationshipPause(7)))
    assert effects == (Tell("paused", thread.id), Wake(7, "pause-over", thread.id))
    without = world.take(active, world.act(world.guest, RelationshipPause()))[0]
    assert (thread.state, thread.data) == (without.state, without.data)


def test_nobody_rests_twice_or_outside_a_relationship(world: Any) -> None:
    """[TABLE-2]"""
    cases = [
        (world.requested(), world.guest, Code.NOT_IN_STATE),
        (world.accepted(), world.host, Code.NOT_IN_STATE),
        (world.declined(), world.guest, Code.NOT_IN_STATE),
        (world.closed(), world.host, Code.NOT_IN_STATE),
        (world.paused(world.guest), world.guest, Code.NOT_YOUR_TURN),
        (world.paused(world.host), world.host, Code.NOT_YOUR_TURN),
        (world.paused(world.guest, world.host), world.host, Code.NOT_IN_STATE),
    ]
    for thread, sender, code in cases:
        with pytest.raises(Violation) as found:
            world.say(thread, sender, RelationshipPause())
        assert (found.value.stage, found.value.code) == (Stage.CONTENT, code)


def test_a_close_that_crossed_it_wins(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.active()
    pause = world.act(world.guest, RelationshipPause(9), highest=1)
    close = world.act(world.host, RelationshipClose("none"), highest=2)
    one = world.take(world.take(before, pause)[0], close)[0]
    two, _, effects = world.take(world.take(before, close)[0], pause)
    assert one == two
    assert (one.state, effects) == ("closed", ())


def test_a_body_comes_back_and_everything_else_is_refused(world: Any) -> None:
    """[MSG-8] [MSG-9]"""
    for until in (None, 0, 2**53 - 1):
        assert RelationshipPause.read(RelationshipPause(until).write()).until == until
    for key, value in [*((1, value) for value in (None, -1, True, "1", b"\1", [1])), (0, 1), (2, 1)]:
        with pytest.raises(Violation) as found:
            RelationshipPause.read(world.body(RelationshipPause(), **{f"k{key}": value}))
        assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
