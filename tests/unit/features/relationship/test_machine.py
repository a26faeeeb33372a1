"""The table as a whole: who may say what when, and that a close wins over all that crosses it."""

from collections import Counter
from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.machine import MACHINE, ROWS
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.kernel.machine import By
from pcloud.kernel.thread import START


def test_the_table_has_the_states_and_messages_of_the_chapter(world: Any) -> None:
    """[REL-11]"""
    assert {row.state for row in ROWS} - {START} == world.states
    verbs = "request accept decline confirm pause resume rotate move close returned affirm reject"
    assert set(MACHINE.messages) == {f"relationship.{verb}" for verb in verbs.split()}
    assert MACHINE.rows == ROWS


def test_only_the_ends_have_crossing_rows_and_none_of_them_leaves_an_end() -> None:
    """[REL-11] [REL-14]"""
    crossing = [row for row in ROWS if row.crossing]
    assert {(row.state, row.next) for row in crossing} == {("closed", "closed"), ("declined", "closed")}
    late = Counter(row.message.NAME.removeprefix("relationship.") for row in crossing)
    assert late == Counter("accept decline confirm pause resume rotate move close close".split())


def test_a_crossing_row_makes_the_same_data_as_the_ordinary_row() -> None:
    """[REL-14]"""
    ordinary = {row.message: row.then for row in ROWS if not row.crossing}
    for row in ROWS:
        if row.crossing:
            assert row.then is ordinary[row.message]


def test_every_living_state_can_be_closed_by_either_side(world: Any) -> None:
    """[REL-11]"""
    closable = {row.state for row in ROWS if row.message is RelationshipClose and row.by is By.EITHER}
    assert closable == world.states - {"requested", "declined"}


def test_no_row_is_the_engines() -> None:
    assert all(row.by is not By.ENGINE for row in ROWS)


def test_every_row_says_why() -> None:
    assert all(row.why for row in ROWS)


def test_rests_that_cross_end_alike(world: Any) -> None:
    """[TABLE-8]"""
    before = world.active()
    one = world.act(world.guest, RelationshipPause(), highest=1)
    two = world.act(world.host, RelationshipPause(), highest=2)
    here = world.take(world.take(before, one)[0], two)[0]
    there = world.take(world.take(before, two)[0], one)[0]
    assert here == there
    assert here.state == "paused-by-both"
    ends = (
        world.act(world.guest, RelationshipResume(), highest=2),
        world.act(world.host, RelationshipResume()),
    )
    one_first = world.take(world.take(here, ends[0])[0], ends[1])[0]
    two_first = world.take(world.take(here, ends[1])[0], ends[0])[0]
    assert one_first == two_first
    assert one_first.state == "active"


def test_the_data_has_no_other_keys_than_the_chapter_names(world: Any) -> None:
    """[REL-12]"""
    before = world.active()
    assert set(before.data) == {"invitation", "commitment", "accept", "nonce", "opened"}
    closed = world.say(before, world.host, RelationshipClose("kept", 5))
    assert set(closed.data) == {*before.data, "closed"}
    assert set(closed.data["closed"]) == {"other"}


def test_a_refusal_leaves_the_thread_as_it_was(world: Any) -> None:
    """[TABLE-7]"""
    before = world.closed()
    copy = (before, dict(before.data))
    for message in (RelationshipResume(), RelationshipClose("none"), world.accept()):
        for side in (world.guest, world.host):
            with pytest.raises(Violation) as found:
                world.say(before, side, message)
            assert found.value.code in {Code.NOT_IN_STATE, Code.NOT_YOUR_TURN}
    assert (before, dict(before.data)) == copy
