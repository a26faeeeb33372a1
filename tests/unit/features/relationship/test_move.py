"""[REL-15], [REL-28]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.move import RelationshipMove
from pcloud.kernel.effects import Keep, Tell
from pcloud.kernel.gate import Gate, Mark

MOVE = RelationshipMove(b"\7" * 16, ("https://new.example", "b", "c"))


def test_either_side_moves_in_every_living_state_and_changes_no_data(world: Any) -> None:
    """[REL-12] [REL-15] [REL-28]"""
    for before in world.living():
        for side in (world.guest, world.host):
            thread, keeps, effects = world.take(before, world.act(side, MOVE))
            assert (thread.state, thread.data) == (before.state, before.data)
            assert keeps == (Keep("address", side.persona, (MOVE.mailbox, MOVE.endpoints)),)
            assert effects == (Tell("moved", thread.id),)
    assert (RelationshipMove.GATE, RelationshipMove.MARK) == (Gate.OPEN, Mark.NEUTRAL)


def test_nobody_moves_what_does_not_live(world: Any) -> None:
    """[TABLE-2]"""
    for thread in (world.requested(), world.accepted(), world.declined(), world.closed()):
        for side in (world.guest, world.host):
            with pytest.raises(Violation) as found:
                world.say(thread, side, MOVE)
            assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_IN_STATE)


def test_a_close_that_crossed_it_wins_and_the_address_is_kept_either_way(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.active()
    move = world.act(world.guest, MOVE, highest=1)
    close = world.act(world.host, RelationshipClose("none"), highest=2)
    first, kept, _ = world.take(before, move)
    one = world.take(first, close)[0]
    two, late, effects = world.take(world.take(before, close)[0], move)
    assert (one, kept, effects) == (two, late, ())
    assert one.state == "closed"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((1, value) for value in (..., None, b"", bytes(15), bytes(17), "x" * 16, 1)),
        *((2, value) for value in (..., None, [], ["a"] * 4, [""], ["x" * 256], [b"a"], "a", {0: "a"})),
        (0, 1),
        (3, 1),
    ],
)
def test_every_field_wrong_in_turn_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8] [MSG-9] [REL-28]"""
    assert RelationshipMove.read(MOVE.write()) == MOVE
    with pytest.raises(Violation) as found:
        RelationshipMove.read(world.body(MOVE, **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
