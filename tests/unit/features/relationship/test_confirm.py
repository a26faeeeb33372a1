"""[REL-12], [REL-21], [REL-22]."""

from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.confirm import RelationshipConfirm
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.features.relationship.machine import commitment
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_confirm_opens_the_nonce_and_makes_the_relationship(world: Any) -> None:
    """[REL-12] [REL-22]"""
    before = world.accepted()
    thread, keeps, effects = world.take(before, world.act(world.guest, world.confirm(before)))
    assert (thread.state, keeps) == ("active", ())
    assert thread.data == {**before.data, "opened": world.guest.nonce}
    assert effects == (Tell("active", thread.id),)
    assert (RelationshipConfirm.GATE, RelationshipConfirm.MARK) == (Gate.OPEN, Mark.PERMITS)


def test_the_commitment_is_a_labelled_hash() -> None:
    """[REL-21]"""
    example = commitment(b"\xa3" * 32)
    assert example.hex() == "c1f8df068cc1ba6cc6bc617599eb2fcdc97fc06105b5402e0df93d6e3e613da5"
    assert commitment(b"") == sha256(b"pcloud/1 nonce commitment").digest()


def mismatch(world: Any, thread: Any, *, reissued: bool = False, highest: int = 99, **more: Any) -> None:
    fields = {"nonce": world.guest.nonce, "accept": thread.data.get("accept", bytes(32)), **more}
    act = world.act(world.guest, RelationshipConfirm(**fields), highest=highest)
    with pytest.raises(Violation) as found:
        world.take(thread, act, reissued=reissued)
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NONCE_MISMATCH)


def test_another_nonce_or_another_accept_is_refused(world: Any) -> None:
    """[REL-22]"""
    thread = world.accepted()
    mismatch(world, thread, nonce=bytes(32))
    mismatch(world, thread, nonce=world.host.nonce)
    mismatch(world, thread, accept=bytes(32))
    mismatch(world, thread, accept=thread.id)


def test_where_a_close_came_first_there_is_nothing_to_confirm(world: Any) -> None:
    """[REL-22] [TABLE-7]"""
    before = world.requested()
    taken_back = world.say(before, world.guest, RelationshipClose("none"))
    mismatch(world, taken_back, reissued=True)
    declined = world.say(world.requested(), world.host, RelationshipDecline(), highest=1)
    crossed = world.say(declined, world.guest, RelationshipClose("none"), highest=0)
    mismatch(world, crossed, highest=0)


def test_nobody_confirms_for_the_other_early_or_twice(world: Any) -> None:
    """[TABLE-2]"""
    accepted = world.accepted()
    message = world.confirm(accepted)
    with pytest.raises(Violation) as found:
        world.say(accepted, world.host, message)
    assert found.value.code is Code.NOT_YOUR_TURN
    for thread in world.begun():
        if thread.state != "accepted":
            with pytest.raises(Violation) as found:
                world.say(thread, world.guest, message)
            assert found.value.code is Code.NOT_IN_STATE


def test_a_confirm_that_crossed_a_close_leaves_the_same_data_either_way(world: Any) -> None:
    """[REL-14] [TABLE-8]"""
    before = world.accepted()
    confirm = world.act(world.guest, world.confirm(before), highest=1)
    close = world.act(world.host, RelationshipClose("none"), highest=1)
    one = world.take(world.take(before, confirm)[0], close)[0]
    two = world.take(world.take(before, close)[0], confirm)[0]
    assert one == two
    assert (one.state, one.data["opened"]) == ("closed", world.guest.nonce)


def test_a_body_comes_back(world: Any) -> None:
    message = world.confirm(world.accepted())
    assert RelationshipConfirm.read(message.write()) == message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in (1, 2) for value in (..., None, b"", bytes(31), bytes(33), "x" * 32, 1)),
        (0, 1),
        (3, 1),
    ],
)
def test_every_field_wrong_in_turn_is_refused(world: Any, key: int, value: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        RelationshipConfirm.read(world.body(RelationshipConfirm(bytes(32), bytes(32)), **{f"k{key}": value}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
