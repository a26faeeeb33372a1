"""[REL-12], [REL-16], [REL-18]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.machine import commitment
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.kernel.effects import Keep, Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.thread import START


def test_a_request_opens_the_thread_and_says_how_to_reach_its_sender(world: Any) -> None:
    """[REL-12] [REL-15]"""
    act = world.act(world.guest, world.request())
    thread, keeps, effects = world.take(None, act)
    assert (thread.id, thread.opener, thread.state) == (act.id, world.guest.persona, "requested")
    data = {"invitation": act.message.invitation, "commitment": commitment(world.guest.nonce)}
    assert thread.data == data
    assert keeps == (
        Keep("address", world.guest.persona, world.where),
        Keep("key", world.guest.persona, world.offer()),
        Keep("kind", world.guest.persona, "person"),
    )
    assert effects == (Tell("requested", thread.id),)
    assert (RelationshipRequest.GATE, RelationshipRequest.MARK) == (Gate.OPEN, Mark.PERMITS)
    assert RelationshipRequest.ITEMS_MAX == 1


def test_there_is_no_second_request(world: Any) -> None:
    """[REL-16]"""
    for thread in world.begun():
        for sender in (world.guest, world.host):
            with pytest.raises(Violation) as found:
                world.say(thread, sender, world.request())
            assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_IN_STATE)


def test_nothing_else_opens_a_thread(world: Any) -> None:
    """[REL-11] [TABLE-2]"""
    thread = world.accepted()
    for message in (world.accept(), world.confirm(thread)):
        with pytest.raises(Violation) as found:
            world.say(None, world.guest, message)
        assert found.value.code is Code.NOT_IN_STATE
    assert world.requested()._replace(state=START, data={}).state == START


@pytest.mark.parametrize("more", [{}, {"role": "x" * 64, "purpose": "é" * 100}, {"kind": "organisation"}])
def test_a_body_comes_back(world: Any, more: dict[str, Any]) -> None:
    """[MSG-8]"""
    message = world.request(**more)
    assert RelationshipRequest.read(message.write()) == message


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 6])
def test_nothing_that_is_required_may_lack_or_be_null(world: Any, key: int) -> None:
    """[MSG-9]"""
    for value in (..., None):
        refused(world, key, value)


WRONG = [
    *((key, value) for key in (1, 5) for value in (b"", bytes(31), bytes(33), "x" * 32, 1)),
    *((3, value) for value in (b"", bytes(15), bytes(17), "x" * 16)),
    *((4, value) for value in ([], ["a"] * 4, [""], ["x" * 256], [b"a"], "a")),
    *((6, value) for value in ("", "Person", "people", 0, b"person")),
    *((7, value) for value in (None, "", "x" * 65, b"x", 1)),
    *((8, value) for value in (None, "", "x" * 201, b"x", 1)),
    *((key, 1) for key in (0, 9)),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_every_field_wrong_in_turn_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8] [MSG-11]"""
    refused(world, key, value)


def test_the_first_key_has_number_one(world: Any) -> None:
    """[REL-18]"""
    for number in (0, 2, 2**53 - 1, -1, True, None, "1"):
        refused(world, 2, [number, world.public])


def test_a_key_that_is_none_is_refused(world: Any) -> None:
    """[SEAL-3] [SEAL-4]"""
    for public in (world.public[:-1], world.public + b"\0", b"", world.small_order, "x", None):
        refused(world, 2, [1, public])
    for value in (world.public, [], [1], [1, world.public, None], 1):
        refused(world, 2, value)


def refused(world: Any, key: int, value: Any) -> None:
    with pytest.raises(Violation) as found:
        RelationshipRequest.read(world.body(world.request(), **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_a_request_that_names_another_invitation_is_refused(world: Any) -> None:
    """[REL-5]"""
    with pytest.raises(Violation) as found:
        world.say(None, world.guest, world.request(invitation=bytes(32)))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.INVITATION_MISMATCH)
    assert world.requested().state == "requested"
