"""The interpreter of tables: which row an act takes, and what taking it changes."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.kernel.context import Act
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Gate
from pcloud.kernel.machine import (
    By,
    Machine,
    Row,
    Step,
    advance,
    find_row,
    open_thread,
    party,
    unseen,
)
from pcloud.kernel.message import Message
from pcloud.kernel.thread import START, Seen, Thread

OPENER, OTHER = b"\1" * 32, b"\2" * 32


@dataclass(frozen=True, slots=True)
class Ask(Message):
    """Opens."""

    NAME: ClassVar[str] = "x-sample.ask"
    GATE: ClassVar[Gate] = Gate.OPEN


@dataclass(frozen=True, slots=True)
class Answer(Message):
    """Ends."""

    NAME: ClassVar[str] = "x-sample.answer"
    GATE: ClassVar[Gate] = Gate.OPEN


def remember(act: Act, thread: Thread) -> Step:
    return Step({**thread.data, "last": act.id}, (Keep("kept", act.id, thread.state),))


ASKED = Row(START, Ask, By.OPENER, "asked", "a question", then=remember)
ANSWERED = Row("asked", Answer, By.OTHER, "answered", "its answer")
AGAIN = Row("asked", Ask, By.EITHER, "asked", "asked again", then=remember)
LATE = Row("answered", Ask, By.OPENER, "answered", "it crossed the answer", crossing=True)
TIDIED = Row("answered", Answer, By.ENGINE, "gone", "a timer")
ROWS = (ASKED, ANSWERED, AGAIN, LATE, TIDIED)
MACHINE = Machine("x-sample", ROWS)


def act(
    sender: bytes = OPENER,
    message: Message | None = None,
    *,
    generation: int = 0,
    number: int = 6,
    highest: int = 0,
) -> Act:
    return Act(message or Ask(), b"\3" * 32, sender, (bytes(32),), 0, generation, number, highest)


def thread(state: str, seen: Seen | None = None) -> Thread:
    return Thread(b"\4" * 32, "x-sample", OPENER, state, {"first": 1}, seen or Seen())


def refused(*args: Any, **more: Any) -> Code:
    with pytest.raises(Violation) as refusal:
        find_row(MACHINE, *args, **more)
    assert refusal.value.stage is Stage.CONTENT
    return refusal.value.code


def test_a_machine_knows_its_messages_by_name() -> None:
    assert MACHINE.messages == {"x-sample.ask": Ask, "x-sample.answer": Answer}
    assert (MACHINE.name, MACHINE.rows) == ("x-sample", ROWS)


def test_a_message_is_idle_that_leaves_every_open_thread_as_it_is() -> None:
    still = AGAIN._replace(then=None)
    for rows, idle in (
        (ROWS, set()),
        ((ASKED, still), {"x-sample.ask"}),
        ((ASKED, still, LATE), {"x-sample.ask"}),
        ((ASKED, still, ANSWERED), {"x-sample.ask"}),
        ((ASKED, still, LATE._replace(next="asked")), set()),
        ((ASKED, still, LATE._replace(then=remember)), set()),
        ((ASKED,), {"x-sample.ask"}),
    ):
        assert Machine("x-sample", rows).idle == idle


@pytest.mark.parametrize(
    "row",
    [AGAIN, AGAIN._replace(by=By.OPENER), AGAIN._replace(by=By.OTHER), AGAIN._replace(next="elsewhere")],
)
def test_two_rows_for_one_input_are_our_mistake_and_never_a_choice(row: Row) -> None:
    with pytest.raises(AssertionError, match="two rows"):
        Machine("x-sample", (*ROWS, row))


def test_a_row_is_found_by_state_message_and_party() -> None:
    """[TABLE-2]"""
    assert MACHINE.row(START, "x-sample.ask", By.OPENER) is ASKED
    assert MACHINE.row("asked", "x-sample.ask", By.OPENER) is AGAIN
    assert MACHINE.row("asked", "x-sample.ask", By.OTHER) is AGAIN
    assert MACHINE.row("answered", "x-sample.answer", By.ENGINE) is TIDIED


@pytest.mark.parametrize(
    ("state", "name", "by", "code"),
    [
        (START, "x-sample.ask", By.OTHER, Code.NOT_YOUR_TURN),
        ("asked", "x-sample.answer", By.OPENER, Code.NOT_YOUR_TURN),
        ("answered", "x-sample.ask", By.OTHER, Code.NOT_YOUR_TURN),
        (START, "x-sample.answer", By.OTHER, Code.NOT_IN_STATE),
        ("gone", "x-sample.ask", By.OPENER, Code.NOT_IN_STATE),
        ("nowhere", "x-sample.ask", By.OPENER, Code.NOT_IN_STATE),
        ("asked", "x-sample.shout", By.OPENER, Code.NOT_IN_STATE),
        ("asked", "x-sample.ask", By.ENGINE, Code.NOT_YOUR_TURN),
    ],
)
def test_what_is_not_in_the_table_is_refused(state: str, name: str, by: By, code: Code) -> None:
    """[TABLE-2]"""
    with pytest.raises(Violation) as refusal:
        MACHINE.row(state, name, by)
    assert (refusal.value.stage, refusal.value.code) == (Stage.CONTENT, code)


def test_a_peer_never_takes_the_engines_row() -> None:
    """[TABLE-3]"""
    for sender in (OPENER, OTHER):
        found = thread("answered", Seen((0, 5), (0, 5)))
        assert refused(found, act(sender, Answer())) is Code.NOT_YOUR_TURN
        assert refused(found, act(sender, Answer()), reissued=True) is Code.NOT_YOUR_TURN


def test_whoever_did_not_open_the_thread_is_the_other() -> None:
    assert party(thread(START), OPENER) is By.OPENER
    assert party(thread(START), OTHER) is By.OTHER
    assert party(thread(START), bytes(32)) is By.OTHER


@pytest.mark.parametrize(
    ("last", "generation", "highest", "crossed"),
    [
        ((0, 0), 0, 0, False),
        ((0, 5), 0, 4, True),
        ((0, 5), 0, 5, False),
        ((0, 5), 0, 6, False),
        ((2, 5), 2, 4, True),
        ((2, 5), 2, 5, False),
        ((2, 5), 3, 9, True),
        ((2, 5), 1, 0, False),
        ((0, 0), 3, 0, False),
    ],
)
def test_a_message_crossed_if_its_sender_had_not_judged_the_others_last_one(
    last: tuple[int, int], generation: int, highest: int, *, crossed: bool
) -> None:
    """[TABLE-4]"""
    by_opener = thread("answered", Seen(other=last))
    assert unseen(by_opener, By.OPENER, generation, highest) is crossed
    by_other = thread("answered", Seen(opener=last))
    assert unseen(by_other, By.OTHER, generation, highest) is crossed


def test_ones_own_last_message_says_nothing_of_what_one_saw() -> None:
    """[TABLE-4]"""
    assert not unseen(thread("answered", Seen(opener=(0, 5))), By.OPENER, 0, 0)
    assert not unseen(thread("answered", Seen(other=(0, 5))), By.OTHER, 0, 0)


def test_a_crossing_row_is_for_what_crossed_and_for_what_is_sent_again() -> None:
    """[TABLE-4]"""
    ended = thread("answered", Seen((0, 4), (0, 5)))
    assert find_row(MACHINE, ended, act(highest=4)) is LATE
    assert refused(ended, act(highest=5)) is Code.NOT_IN_STATE
    assert find_row(MACHINE, ended, act(highest=5), reissued=True) is LATE
    assert refused(ended, act(OTHER, highest=4)) is Code.NOT_YOUR_TURN


def test_an_ordinary_row_does_not_ask_what_was_seen() -> None:
    """[TABLE-4]"""
    for highest in (0, 5):
        for reissued in (False, True):
            found = find_row(
                MACHINE, thread("asked", Seen((0, 5), (0, 5))), act(highest=highest), reissued=reissued
            )
            assert found is AGAIN


def test_taking_a_row_gives_a_new_thread_and_leaves_the_old_one() -> None:
    """[TABLE-5]"""
    before = thread("asked", Seen((0, 4), (0, 5)))
    copy = (before, dict(before.data))
    after, keeps = advance(AGAIN, before, act(OTHER, generation=1, number=7))
    assert after.data == {"first": 1, "last": b"\3" * 32}
    assert (after.id, after.machine, after.opener, after.state) == (before.id, "x-sample", OPENER, "asked")
    assert after.seen == Seen((0, 4), (1, 7))
    assert keeps == (Keep("kept", b"\3" * 32, "asked"),)
    assert (before, dict(before.data)) == copy


def test_a_row_without_functions_changes_only_state_and_what_was_seen() -> None:
    before = thread("asked", Seen((0, 4), (0, 5)))
    after, keeps = advance(ANSWERED, before, act(OTHER, Answer()))
    assert after == before._replace(state="answered", seen=Seen((0, 4), (0, 6)))
    assert keeps == ()
    opener, _ = advance(AGAIN, before, act())
    assert opener.seen == Seen((0, 6), (0, 5))


def test_an_opening_act_names_its_thread_and_opens_it() -> None:
    opened = open_thread(MACHINE, act(OTHER))
    assert opened == Thread(b"\3" * 32, "x-sample", OTHER, START, {}, Seen())
    assert find_row(MACHINE, opened, act(OTHER)) is ASKED
