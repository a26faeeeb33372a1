"""[TERMS-23], [TERMS-28]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.kernel.effects import Keep, Tell
from pcloud.kernel.gate import Ended, Gate, Mark


@pytest.mark.parametrize("name", ["person", "shop"])
def test_either_party_ends_the_agreement(world: Any, name: str) -> None:
    """[TERMS-28]"""
    before = world.agreed()
    agreement = before.data["agreement"]
    act = world.act(getattr(world, name), TermsTerminate(agreement, "breach"))
    thread, keeps, effects = world.take(before, act)

    assert thread.state == "terminated"
    ended = Ended(act.sender, act.generation, act.number, act.id)
    assert keeps == (Keep("agreements", agreement, world.agreements[agreement]._replace(ended=(ended,))),)
    assert effects == (Tell("terms.terminated", agreement),)
    assert TermsTerminate.read(act.message.write()) == act.message
    assert (TermsTerminate.GATE, TermsTerminate.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_it_names_the_threads_agreement(world: Any) -> None:
    """[TERMS-28]"""
    with pytest.raises(Violation) as found:
        world.say(world.agreed(), world.person, TermsTerminate(bytes(32)))
    assert found.value.code is Code.REFERENCE_MISMATCH


def test_both_at_once_are_both_kept_in_order_of_persona(world: Any) -> None:
    """[TERMS-23]"""
    before = world.agreed()
    agreement = before.data["agreement"]
    mine = world.act(world.person, TermsTerminate(agreement), highest=1)
    theirs = world.act(world.shop, TermsTerminate(agreement), highest=2)
    one, keeps_one, _ = world.take(world.take(before, mine)[0], theirs)
    two, keeps_two, _ = world.take(world.take(before, theirs)[0], mine)
    assert one == two
    assert keeps_one == keeps_two
    senders = [ended.sender for ended in keeps_one[0].value.ended]
    assert senders == sorted([world.person.persona, world.shop.persona])


def test_a_party_is_noted_once(world: Any) -> None:
    """[TERMS-23]: even where a party that breaks the rules says it twice across ours."""
    before = world.agreed()
    agreement = before.data["agreement"]
    ours = world.say(before, world.person, TermsTerminate(agreement))
    first = world.act(world.shop, TermsTerminate(agreement), highest=0)
    second = world.act(world.shop, TermsTerminate(agreement), highest=0)
    one = world.take(ours, first)[0]
    assert world.take(one, second)[0].data == one.data


def test_it_is_not_said_again_by_who_knows(world: Any) -> None:
    """[TERMS-20]"""
    before = world.agreed()
    thread = world.say(before, world.shop, TermsTerminate(before.data["agreement"]))
    with pytest.raises(Violation) as found:
        world.say(thread, world.person, TermsTerminate(before.data["agreement"]))
    assert found.value.code is Code.NOT_IN_STATE
