"""[DISC-35] to [DISC-37]: what became of a right that was claimed."""

import pytest
from tests.unit.engine.probe import DAY
from tests.unit.features.disclosure.conftest import ANNA, NAME, Shared

from pcloud.errors import Code
from pcloud.features.disclosure.answer import DisclosureAnswer
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.rights import DisclosureRights
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def claimed(shared: Shared) -> bytes:
    return shared.does(shared.anna, DisclosureRights("access"))


def test_an_answer_may_come_in_pieces(shared: Shared) -> None:
    """[DISC-35] [DISC-36]"""
    thread = claimed(shared)
    for outcome, more in (
        ("extended", {"until": shared.now + DAY}),
        ("partly", {"fields": (Field(NAME, 1),)}),
    ):
        items = (ANNA,) if "fields" in more else ()
        shared.does(shared.shop, DisclosureAnswer(outcome, **more), thread, items)
        assert shared.data(thread) == {"right": "access", "outcome": outcome}
    shared.does(shared.shop, DisclosureAnswer("done"), thread)
    assert shared.anna.told[-1] == Tell("disclosure.answered", thread)
    assert (DisclosureAnswer.GATE, DisclosureAnswer.MARK) == (Gate.RELATED, Mark.RESTRICTS)


@pytest.mark.parametrize("last", ["done", "refused"])
def test_after_the_last_nothing_is_answered(shared: Shared, last: str) -> None:
    """[DISC-37]"""
    thread = claimed(shared)
    shared.does(shared.shop, DisclosureAnswer(last, "not-held"), thread)
    shared.refuses(shared.anna, DisclosureAnswer("partly"), thread, code=Code.NOT_IN_STATE)


@pytest.mark.parametrize(
    ("message", "items"),
    [
        (DisclosureAnswer("extended"), ()),
        (DisclosureAnswer("done"), (ANNA,)),
        (DisclosureAnswer("done", fields=(Field(NAME, 1),)), ()),
        (DisclosureAnswer("done", fields=(Field(NAME, 1),)), (b"\xf6",)),
    ],
)
def test_an_answer_that_is_none_is_refused(
    shared: Shared, message: DisclosureAnswer, items: tuple[bytes, ...]
) -> None:
    """[DISC-36] [DISC-11]"""
    shared.refuses(shared.anna, message, claimed(shared), items, code=Code.BODY_FORM)


def test_only_who_was_asked_answers(shared: Shared) -> None:
    """[DISC-38]"""
    shared.refuses(shared.shop, DisclosureAnswer("done"), claimed(shared), code=Code.NOT_YOUR_TURN)
