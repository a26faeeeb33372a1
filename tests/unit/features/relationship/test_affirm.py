"""[REL-11], [REL-12]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Gate, Mark
from pcloud.limits import AFFIRMED_IDS_MAX

IDS = (b"\1" * 32, b"\2" * 32)


def test_it_comes_in_every_state_but_start_and_changes_neither_state_nor_data(world: Any) -> None:
    """[REL-11] [REL-12]"""
    for before in world.begun():
        for side in (world.guest, world.host):
            thread, keeps, effects = world.take(before, world.act(side, RelationshipAffirm(IDS)))
            assert (thread.state, thread.data) == (before.state, before.data)
            assert keeps == tuple(Keep("affirmed", id_, side.persona) for id_ in IDS)
            assert effects == ()
    assert (RelationshipAffirm.GATE, RelationshipAffirm.MARK) == (Gate.OPEN, Mark.PERMITS)


def test_before_the_request_there_is_nothing_to_speak_of(world: Any) -> None:
    """[TABLE-2]"""
    for side in (world.guest, world.host):
        with pytest.raises(Violation) as found:
            world.say(None, side, RelationshipAffirm(IDS))
        assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_IN_STATE)


def test_a_body_comes_back() -> None:
    for ids in (IDS, IDS[:1], IDS[:1] * AFFIRMED_IDS_MAX):
        assert RelationshipAffirm.read(RelationshipAffirm(ids).write()).ids == ids


ID = IDS[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((1, value) for value in (..., None, [], ID, "x" * 32, 1, {0: ID}, [ID] * (AFFIRMED_IDS_MAX + 1))),
        *((1, [value]) for value in (None, b"", bytes(31), bytes(33), "x" * 32, [ID], True)),
        (1, [ID, None]),
        (0, 1),
        (2, 1),
    ],
)
def test_every_field_wrong_in_turn_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        RelationshipAffirm.read(world.body(RelationshipAffirm(IDS), **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
