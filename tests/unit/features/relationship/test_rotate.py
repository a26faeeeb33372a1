"""[REL-15], [REL-26]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Gate, Mark


def test_either_side_renews_in_every_living_state_and_changes_no_data(world: Any) -> None:
    """[REL-12] [REL-15] [REL-26]"""
    for before in world.living():
        for side in (world.guest, world.host):
            act = world.act(side, RelationshipRotate(world.offer(2)))
            thread, keeps, effects = world.take(before, act)
            assert (thread.state, thread.data, effects) == (before.state, before.data, ())
            assert keeps == (
                Keep("key", side.persona, world.offer(2)),
                Keep("renewed", side.persona, act.id),
            )
    assert (RelationshipRotate.GATE, RelationshipRotate.MARK) == (Gate.OPEN, Mark.NEUTRAL)


def test_nobody_renews_what_does_not_live(world: Any) -> None:
    """[TABLE-2]"""
    for thread in (world.requested(), world.accepted(), world.declined(), world.closed()):
        for side in (world.guest, world.host):
            with pytest.raises(Violation) as found:
                world.say(thread, side, RelationshipRotate(world.offer(2)))
            assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_IN_STATE)


def test_a_close_that_crossed_it_wins_and_the_key_is_kept_either_way(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.active()
    rotate = world.act(world.guest, RelationshipRotate(world.offer(2)), highest=1)
    close = world.act(world.host, RelationshipClose("none"), highest=2)
    first, kept, _ = world.take(before, rotate)
    one = world.take(first, close)[0]
    two, late, effects = world.take(world.take(before, close)[0], rotate)
    assert (one, kept, effects) == (two, late, ())
    assert one.state == "closed"


def test_a_body_comes_back_and_everything_else_is_refused(world: Any) -> None:
    """[MSG-8] [MSG-9] [SEAL-3] [SEAL-4]"""
    message = RelationshipRotate(world.offer(2**53 - 1))
    assert RelationshipRotate.read(message.write()) == message
    keys = [..., None, [], [1], [1, world.public, 0], [0, world.public], [True, world.public], world.public]
    keys += [[1, public] for public in (b"", world.public[1:], world.small_order, "x", None)]
    for key, value in [*((1, value) for value in keys), (0, 1), (2, 1)]:
        with pytest.raises(Violation) as found:
            RelationshipRotate.read(world.body(message, **{f"k{key}": value}))
        assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
