"""[REL-11], [REL-25]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_each_side_ends_its_own_rest_only(world: Any) -> None:
    """[REL-11] [REL-12]"""
    for side, left in ((world.guest, "paused-by-other"), (world.host, "paused-by-opener")):
        alone = world.paused(side)
        thread, keeps, effects = world.take(alone, world.act(side, RelationshipResume()))
        assert (thread.state, thread.data, keeps) == ("active", alone.data, ())
        assert effects == (Tell("resumed", thread.id),)
        both = world.paused(world.guest, world.host)
        assert world.say(both, side, RelationshipResume()).state == left
        with pytest.raises(Violation) as found:
            world.say(alone, world.other(side), RelationshipResume())
        assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_YOUR_TURN)
    assert (RelationshipResume.GATE, RelationshipResume.MARK) == (Gate.OPEN, Mark.PERMITS)


def test_where_nobody_rests_nobody_resumes(world: Any) -> None:
    """[TABLE-2]"""
    for thread in (world.requested(), world.accepted(), world.declined(), world.active(), world.closed()):
        for side in (world.guest, world.host):
            with pytest.raises(Violation) as found:
                world.say(thread, side, RelationshipResume())
            assert found.value.code is Code.NOT_IN_STATE


def test_a_close_that_crossed_it_wins(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.paused(world.guest)
    resume = world.act(world.guest, RelationshipResume(), highest=1)
    close = world.act(world.host, RelationshipClose("none"), highest=3)
    one = world.take(world.take(before, resume)[0], close)[0]
    two, _, effects = world.take(world.take(before, close)[0], resume)
    assert one == two
    assert (one.state, effects) == ("closed", ())


@pytest.mark.parametrize("body", [b"\xa1\x00\x01", b"\xa1\x01\x01", b"\xa1\x01\xf6", b"\x80", b"\xf6", b""])
def test_it_says_nothing_more(body: bytes) -> None:
    """[MSG-8]"""
    assert RelationshipResume.read(b"\xa0") == RelationshipResume()
    assert RelationshipResume().write() == b"\xa0"
    with pytest.raises(Violation) as found:
        RelationshipResume.read(body)
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
