"""[REL-11], [REL-38]: entries of the recipient's own, put together again from the body and the items."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedBody, ReturnedEntry
from pcloud.kernel.effects import Keep, Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.limits import CODE_BYTES_MAX, PARTS_MAX, RETURNED_ENTRIES_MAX
from pcloud.wire import cbor
from pcloud.wire.parts import Part

SALT = b"s" * 16
BODY, ITEM, LAST = Part(SALT, b"\xa0"), Part(b"t" * 16, b"item"), Part(b"u" * 16, b"")
PLAIN = ReturnedEntry(b"signed", (BODY,), "applied")
FULL = ReturnedEntry(b"signed too", (BODY, ITEM, LAST), "not-in-state")
MESSAGE, ITEMS = RelationshipReturned.pack((PLAIN, FULL))


def test_the_items_of_entries_travel_as_items() -> None:
    """[REC-23]"""
    bodies = (ReturnedBody(b"signed", SALT, b"\xa0", "applied"), MESSAGE.entries[1])
    assert MESSAGE.entries == bodies
    assert MESSAGE.entries[1].verdict == "not-in-state"
    assert (cbor.encode([1, 1, *ITEM]), cbor.encode([1, 2, *LAST])) == ITEMS
    assert b"item" not in MESSAGE.write()
    assert RelationshipReturned.read(MESSAGE.write()) == MESSAGE


def test_they_are_given_back_in_every_state_but_start_and_change_neither_state_nor_data(world: Any) -> None:
    """[REL-11] [REL-12]"""
    for before in world.begun():
        for side in (world.guest, world.host):
            act = world.act(side, MESSAGE, items=ITEMS)
            thread, keeps, effects = world.take(before, act)
            assert (thread.state, thread.data) == (before.state, before.data)
            assert keeps == (Keep("returned", act.id, (PLAIN, FULL)),)
            assert effects == (Tell("returned", thread.id),)
    assert (RelationshipReturned.GATE, RelationshipReturned.MARK) == (Gate.OPEN, Mark.NEUTRAL)


def test_an_item_that_is_gone_leaves_its_place_empty(world: Any) -> None:
    """[REC-23]"""
    lost = FULL._replace(parts=(BODY, None, LAST))
    message, items = RelationshipReturned.pack((lost,))
    assert len(items) == 1
    for given in (items, (None, *items), (*items, None)):
        _, keeps, _ = world.take(world.active(), world.act(world.host, message, items=given))
        assert keeps[0].value == (lost,)
    _, keeps, _ = world.take(world.active(), world.act(world.host, message, items=(None,)))
    assert keeps[0].value == (lost._replace(parts=(BODY,)),)


def test_before_the_request_there_is_nothing_to_give_back(world: Any) -> None:
    """[TABLE-2]"""
    with pytest.raises(Violation) as found:
        world.say(None, world.host, MESSAGE)
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.NOT_IN_STATE)


@pytest.mark.parametrize(
    "item",
    [
        b"",
        b"\xa0",
        cbor.encode([0, 1, SALT]),
        cbor.encode([0, 1, SALT, b"", None]),
        cbor.encode([2, 1, SALT, b""]),
        cbor.encode([-1, 1, SALT, b""]),
        cbor.encode([True, 1, SALT, b""]),
        cbor.encode([0, 0, SALT, b""]),
        cbor.encode([0, PARTS_MAX, SALT, b""]),
        cbor.encode([0, None, SALT, b""]),
        cbor.encode([0, 1, SALT[1:], b""]),
        cbor.encode([0, 1, None, b""]),
        cbor.encode([0, 1, SALT, "x"]),
        cbor.encode([0, 1, SALT, None]),
        cbor.encode([0, 1, SALT, b""]) + b"\0",
    ],
)
def test_an_item_with_another_form_or_place_is_refused(world: Any, item: bytes) -> None:
    """[REC-23] [TABLE-7]"""
    before = world.active()
    with pytest.raises(Violation) as found:
        world.take(before, world.act(world.host, MESSAGE, items=(*ITEMS, item)))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_two_items_for_one_place_are_refused(world: Any) -> None:
    """[REC-26]"""
    with pytest.raises(Violation) as found:
        world.take(world.active(), world.act(world.host, MESSAGE, items=(*ITEMS, ITEMS[0])))
    assert found.value.code is Code.BODY_FORM


GOOD: list[Any] = [b"signed", SALT, b"\xa0", "applied"]


def each(place: int, *values: Any) -> list[Any]:
    return [[[*GOOD[:place], value, *GOOD[place + 1 :]]] for value in values]


@pytest.mark.parametrize(
    "entries",
    [
        ...,
        None,
        [],
        GOOD,
        [GOOD] * (RETURNED_ENTRIES_MAX + 1),
        [GOOD[:-1]],
        [[*GOOD, None]],
        [None],
        [GOOD, None],
        *each(0, None, "x", 1, [b"signed"]),
        *each(1, None, SALT[1:], SALT + b"s", b"", "x" * 16),
        *each(2, None, "x", 1, {}),
        *each(3, None, "", "x" * (CODE_BYTES_MAX + 1), b"applied", [True], 0),
    ],
)
def test_every_place_of_an_entry_wrong_in_turn_is_refused(world: Any, entries: Any) -> None:
    """[MSG-8] [REC-23]"""
    with pytest.raises(Violation) as found:
        RelationshipReturned.read(world.body(MESSAGE, k1=entries))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


@pytest.mark.parametrize("key", [0, 2])
def test_no_other_key_is_allowed(world: Any, key: int) -> None:
    """[MSG-8]"""
    with pytest.raises(Violation) as found:
        RelationshipReturned.read(world.body(MESSAGE, **{f"k{key}": 1}))
    assert found.value.code is Code.BODY_FORM
