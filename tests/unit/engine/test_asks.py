"""[SCOPE-1] to [SCOPE-6]: asked once, applied once, always answered."""

import pytest

from pcloud.engine import asks
from pcloud.engine.asks import Admission, AskRow, Inbound, Outbound, Taken
from pcloud.errors import Code, UsageError
from pcloud.kernel.effects import Ask
from pcloud.limits import ASK_KEPT_S

APPLY, WAIT = Admission(apply=True, answer=None), Admission(apply=False, answer=None)


def row(number: int, source: str = "anna") -> AskRow:
    return AskRow(source, "invitation", number, "use", b"id")


def taken(*answers: str) -> Inbound:
    inbound = Inbound()
    for number, answer in enumerate(answers, 1):
        assert asks.admit(inbound, row(number)) == APPLY
        inbound = asks.answered(inbound, row(number), answer)
    return inbound


def test_an_ask_is_numbered_for_its_source_and_target() -> None:
    """[SCOPE-1]"""
    outbound, first = asks.ask(Outbound(), "anna", Ask("invitation", "use", b"a"))
    outbound, second = asks.ask(outbound, "anna", Ask("invitation", "use", b"b"))
    outbound, other = asks.ask(outbound, "anna", Ask("owner", "show", b"c"))
    assert first == AskRow("anna", "invitation", 1, "use", b"a")
    assert (second.number, other.number) == (2, 1)
    assert outbound.open == (first, second, other)
    assert outbound.numbers == {"invitation": 2, "owner": 1}


def test_asks_of_one_source_are_applied_in_order_and_once() -> None:
    """[SCOPE-2], [SCOPE-3]"""
    inbound = taken("applied", "invitation-used")
    assert asks.admit(inbound, row(1)) == Admission(apply=False, answer="applied")
    assert asks.admit(inbound, row(2)) == Admission(apply=False, answer="invitation-used")
    assert asks.admit(inbound, row(3)) == APPLY
    assert asks.admit(inbound, row(4)) == asks.admit(inbound, row(99)) == WAIT
    assert asks.admit(Inbound(), row(2)) == WAIT


def test_sources_do_not_wait_for_each_other() -> None:
    """[SCOPE-2]"""
    inbound = taken("applied", "applied")
    assert asks.admit(inbound, row(1, "shop")) == APPLY
    inbound = asks.answered(inbound, row(1, "shop"), "refused")
    assert asks.admit(inbound, row(3)) == APPLY
    assert asks.admit(inbound, row(1)).answer == "applied"


def test_an_answer_settles_its_ask_once_and_is_not_answered() -> None:
    """[SCOPE-4]"""
    outbound, first = asks.ask(Outbound(), "anna", Ask("invitation", "use", b"a"))
    outbound, second = asks.ask(outbound, "anna", Ask("invitation", "use", b"b"))
    settled, answered = asks.settled(outbound, first, "invitation-used")
    assert answered == first._replace(answer="invitation-used")
    assert settled == Outbound(outbound.numbers, (second,)), "its number is not given again"
    for lost in (first, second._replace(id=b"other"), row(9)):
        with pytest.raises(UsageError) as found:
            asks.settled(settled, lost, "applied")
        assert found.value.code is Code.ASK_FORGOTTEN


def test_a_row_is_kept_a_week_after_its_source_dropped_its_own() -> None:
    """[SCOPE-5]"""
    inbound = asks.source_gone(taken("applied", "refused"), "anna", 1, 1_000)
    assert inbound.taken["anna"] == (Taken(1, "applied", 1_000), Taken(2, "refused"))
    assert asks.forget(inbound, "anna", 1_000 + ASK_KEPT_S - 1) is inbound
    later = asks.forget(inbound, "anna", 1_000 + ASK_KEPT_S)
    assert later.taken["anna"] == (Taken(2, "refused"),)
    assert later.forgotten == {"anna": 1}
    assert asks.admit(later, row(1)) == Admission(apply=False, answer="ask-forgotten")
    assert asks.admit(later, row(2)).answer == "refused"
    assert asks.admit(later, row(3)) == APPLY


def test_a_row_whose_source_still_has_its_own_is_never_forgotten() -> None:
    """[SCOPE-5]"""
    inbound = taken("applied")
    assert asks.forget(inbound, "anna", 10**12) is inbound
    assert asks.forget(inbound, "nobody", 10**12) is inbound


def test_what_was_forgotten_is_not_applied_again_whatever_is_still_kept() -> None:
    """[SCOPE-5], [SCOPE-3]: the later row may go before the earlier one."""
    inbound = asks.source_gone(taken("applied", "applied"), "anna", 2, 0)
    inbound = asks.forget(inbound, "anna", ASK_KEPT_S)
    assert inbound.taken["anna"] == (Taken(1, "applied"),)
    assert asks.admit(inbound, row(2)) == Admission(apply=False, answer="ask-forgotten")
    assert asks.admit(inbound, row(3)) == APPLY
    assert asks.admit(inbound, row(4)) == WAIT
    inbound = asks.forget(asks.source_gone(inbound, "anna", 1, 0), "anna", ASK_KEPT_S)
    assert inbound.taken["anna"] == ()
    assert asks.admit(inbound, row(1)).answer == asks.admit(inbound, row(2)).answer == "ask-forgotten"
    assert asks.admit(inbound, row(3)) == APPLY


def test_a_timer_is_an_ask_from_the_clock() -> None:
    """[SCOPE-6]"""
    tick = AskRow("clock", "anna", 1, "pause-over", b"thread")
    inbound = asks.answered(Inbound(), tick, asks.APPLIED)
    assert asks.admit(inbound, tick) == Admission(apply=False, answer="applied")
