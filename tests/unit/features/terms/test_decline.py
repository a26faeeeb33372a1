"""[TERMS-13], [TERMS-22]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.decline import TermsDecline
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_the_party_asked_says_no_and_only_the_proffer_stays(world: Any) -> None:
    """[TERMS-13]"""
    before = world.proffered()
    thread, keeps, effects = world.take(before, world.act(world.shop, TermsDecline("not-now")))
    assert (thread.state, thread.data) == ("declined", before.data)
    assert (keeps, effects) == ((), (Tell("terms.declined", thread.id),))
    assert (TermsDecline.GATE, TermsDecline.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_the_first_party_declines_a_counter(world: Any) -> None:
    """[TERMS-13]"""
    before = world.proffered()
    thread = world.say(before, world.shop, TermsCounter("SD-BASE-A"))
    declined = world.say(thread, world.person, TermsDecline())
    assert (declined.state, declined.data) == ("declined", before.data)


def test_nobody_declines_for_the_other(world: Any) -> None:
    """[TERMS-13]"""
    with pytest.raises(Violation) as found:
        world.say(world.proffered(), world.person, TermsDecline())
    assert found.value.code is Code.NOT_YOUR_TURN


def test_declined_is_the_end(world: Any) -> None:
    """[TERMS-13]"""
    thread = world.say(world.proffered(), world.shop, TermsDecline())
    for sender, message in [
        (world.shop, TermsAccept.sign(thread, world.shop, world.now + 1)),
        (world.person, world.proffer()),
        (world.person, TermsWithdraw()),
    ]:
        with pytest.raises(Violation) as found:
            world.say(thread, sender, message)
        assert found.value.code is Code.NOT_IN_STATE


def test_a_refusal_wins_over_a_withdrawal_that_crosses_it(world: Any) -> None:
    """[TERMS-22]"""
    thread = world.proffered()
    no = world.act(world.shop, TermsDecline(), highest=1)
    back = world.act(world.person, TermsWithdraw(), highest=0)
    one = world.take(world.take(thread, no)[0], back)[0]
    two = world.take(world.take(thread, back)[0], no)[0]
    assert one == two
    assert one.state == "declined"


@pytest.mark.parametrize("reason", [None, "not-these-terms", "not-now", "not-needed"])
def test_reasons_are_a_closed_list(reason: str | None) -> None:
    """[TERMS-14]"""
    assert TermsDecline.read(TermsDecline(reason).write()).reason == reason
    with pytest.raises(Violation) as found:
        TermsDecline.read(TermsDecline("I dislike you").write())
    assert found.value.code is Code.BODY_FORM
