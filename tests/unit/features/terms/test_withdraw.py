"""[TERMS-15], [TERMS-21]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.seal import TermsSeal
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_a_proffer_can_be_taken_back_until_it_is_sealed(world: Any) -> None:
    """[TERMS-15]"""
    before = world.proffered()
    thread, keeps, effects = world.take(before, world.act(world.person, TermsWithdraw()))
    assert (thread.state, thread.data) == ("withdrawn", before.data)
    assert (keeps, effects) == ((), (Tell("terms.withdrawn", thread.id),))
    assert TermsWithdraw.read(TermsWithdraw().write()) == TermsWithdraw()
    assert (TermsWithdraw.GATE, TermsWithdraw.MARK) == (Gate.RELATED, Mark.RESTRICTS)

    accepted = world.accepted()
    late = world.say(accepted, world.person, TermsWithdraw())
    assert late.state == "withdrawn"
    assert "second_signature" not in late.data


def test_nothing_can_be_sealed_after_it(world: Any) -> None:
    """[TERMS-15]"""
    accepted = world.accepted()
    seal = TermsSeal.sign(accepted, world.person.key)
    with pytest.raises(Violation) as found:
        world.say(world.say(accepted, world.person, TermsWithdraw()), world.person, seal)
    assert found.value.code is Code.NOT_IN_STATE


def test_a_sealed_agreement_is_not_withdrawn(world: Any) -> None:
    """[TERMS-15]"""
    with pytest.raises(Violation) as found:
        world.say(world.agreed(), world.person, TermsWithdraw())
    assert found.value.code is Code.NOT_IN_STATE


@pytest.mark.parametrize("answer", ["accept", "counter"])
def test_a_withdrawal_wins_over_an_answer_that_crosses_it(world: Any, answer: str) -> None:
    """[TERMS-21]"""
    thread = world.proffered()
    message = {
        "accept": TermsAccept.sign(thread, world.shop, world.now + world.day),
        "counter": TermsCounter("SD-BASE-A"),
    }[answer]
    said = world.act(world.shop, message, highest=1)
    back = world.act(world.person, TermsWithdraw(), highest=0)
    one = world.take(world.take(thread, said)[0], back)[0]
    two, keeps, effects = world.take(world.take(thread, back)[0], said)
    assert one == two
    assert (one.state, keeps, effects) == ("withdrawn", (), ())


def test_who_has_seen_the_counter_declines_instead(world: Any) -> None:
    """[TERMS-20]"""
    thread = world.say(world.proffered(), world.shop, TermsCounter("SD-BASE-A"))
    with pytest.raises(Violation) as found:
        world.say(thread, world.person, TermsWithdraw())
    assert found.value.code is Code.NOT_IN_STATE
