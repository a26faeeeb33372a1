"""[TERMS-10], [TERMS-11]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.counter import TermsCounter
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_a_counter_is_an_id_of_the_same_roster(world: Any) -> None:
    """[TERMS-10]"""
    before = world.proffered()
    thread, keeps, effects = world.take(before, world.act(world.shop, TermsCounter("SD-BASE-A")))

    assert thread.state == "countered"
    assert thread.data == {**before.data, "counter": "SD-BASE-A"}
    assert (keeps, effects) == ((), (Tell("terms.countered", thread.id),))
    assert TermsCounter.read(TermsCounter("SD-BASE-A").write()) == TermsCounter("SD-BASE-A")
    assert (TermsCounter.GATE, TermsCounter.MARK) == (Gate.RELATED, Mark.NEUTRAL)


@pytest.mark.parametrize("terms", ["SD-BASE", "SD-MINE"])
def test_not_the_proffered_id_and_not_one_that_the_roster_lacks(world: Any, terms: str) -> None:
    """[TERMS-10]"""
    with pytest.raises(Violation) as found:
        world.say(world.proffered(), world.shop, TermsCounter(terms))
    assert found.value.code is Code.COUNTER_INVALID


def test_there_is_one_counter(world: Any) -> None:
    """[TERMS-11]"""
    thread = world.say(world.proffered(), world.shop, TermsCounter("SD-BASE-A"))
    again = world.say(thread, world.person, world.proffer())
    for state in (thread, again):
        with pytest.raises(Violation) as found:
            world.say(state, world.shop, TermsCounter("SD-BASE-A"))
        assert found.value.code is Code.NOT_IN_STATE


def test_a_counter_cannot_be_accepted_by_itself(world: Any) -> None:
    """[TERMS-11]"""
    from pcloud.features.terms.accept import TermsAccept

    thread = world.say(world.proffered(), world.shop, TermsCounter("SD-BASE-A"))
    with pytest.raises(Violation) as found:
        world.say(thread, world.person, TermsAccept.sign(thread, world.person, world.now + 1))
    assert found.value.code is Code.NOT_IN_STATE
