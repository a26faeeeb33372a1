"""[REL-12], [REL-14], [REL-18], [REL-22]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.confirm import RelationshipConfirm
from pcloud.kernel.effects import Keep, Send, Tell
from pcloud.kernel.gate import Gate, Mark


def test_an_accept_is_answered_with_confirm_by_itself(world: Any) -> None:
    """[REL-12] [REL-15] [REL-22]"""
    before = world.requested()
    act = world.act(world.host, world.accept())
    thread, keeps, effects = world.take(before, act)
    assert thread.state == "accepted"
    assert thread.data == {**before.data, "accept": act.id, "nonce": world.host.nonce}
    assert keeps == (
        Keep("address", world.host.persona, world.where),
        Keep("key", world.host.persona, world.offer()),
    )
    confirm = RelationshipConfirm(world.guest.nonce, act.id)
    assert effects == (Send(confirm, thread.id), Tell("accepted", thread.id))
    assert (RelationshipAccept.GATE, RelationshipAccept.MARK) == (Gate.OPEN, Mark.PERMITS)
    assert RelationshipAccept.ITEMS_MAX == 1


def test_the_requester_cannot_accept_for_the_other(world: Any) -> None:
    """[TABLE-2]"""
    before = world.requested()
    with pytest.raises(Violation) as found:
        world.say(before, world.guest, world.accept())
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_YOUR_TURN)


def test_nobody_accepts_twice_or_later(world: Any) -> None:
    """[REL-11]"""
    for thread in world.begun():
        if thread.state != "requested":
            with pytest.raises(Violation) as found:
                world.say(thread, world.host, world.accept())
            assert found.value.code is Code.NOT_IN_STATE


def test_an_accept_that_crossed_a_close_leaves_the_same_data_either_way(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.requested()
    accept = world.act(world.host, world.accept(), highest=1)
    close = world.act(world.guest, RelationshipClose("none"), highest=0)
    first, kept, _ = world.take(before, accept)
    one = world.take(first, close)[0]
    late, keeps, effects = world.take(world.take(before, close)[0], accept)
    assert one == late
    assert one.state == "closed"
    assert (keeps, effects) == (kept, ())


def test_an_accept_after_the_close_was_seen_is_refused(world: Any) -> None:
    """[TABLE-4]"""
    thread = world.say(world.requested(), world.guest, RelationshipClose("none"))
    with pytest.raises(Violation) as found:
        world.say(thread, world.host, world.accept(), highest=2)
    assert found.value.code is Code.NOT_IN_STATE


def refused(world: Any, key: int, value: Any) -> None:
    with pytest.raises(Violation) as found:
        RelationshipAccept.read(world.body(world.accept(), **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_a_body_comes_back(world: Any) -> None:
    """[MSG-8] [REL-18]"""
    for number in (1, 2, 2**53 - 1):
        message = world.accept(key=world.offer(number))
        assert RelationshipAccept.read(message.write()) == message


@pytest.mark.parametrize("key", [1, 2, 3, 4])
def test_nothing_may_lack_or_be_null(world: Any, key: int) -> None:
    """[MSG-9]"""
    for value in (..., None):
        refused(world, key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((2, value) for value in (b"", bytes(15), bytes(17), "x" * 16)),
        *((3, value) for value in ([], ["a"] * 4, [""], ["x" * 256], [b"a"], "a")),
        *((4, value) for value in (b"", bytes(31), bytes(33), "x" * 32)),
        (0, 1),
        (5, "name"),
    ],
)
def test_every_field_wrong_in_turn_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8]"""
    refused(world, key, value)


def test_an_announced_key_has_a_number_from_one_and_is_checked(world: Any) -> None:
    """[REL-18] [SEAL-3] [SEAL-4]"""
    for number in (0, -1, True, None, "1"):
        refused(world, 1, [number, world.public])
    for public in (world.public[:-1], world.small_order, b"", None):
        refused(world, 1, [1, public])
    for value in (world.public, [], [1], [1, world.public, None]):
        refused(world, 1, value)
