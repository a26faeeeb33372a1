"""[TERMS-24], [TERMS-29]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.replace import TermsReplace
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Ended, Gate, Mark


def two(world: Any) -> tuple[Any, bytes, bytes]:
    """Two agreements in force: the thread of the older, its id, the id of the newer."""
    old = world.agreed()
    new = world.agreed(replaces=old.data["agreement"])
    return old, old.data["agreement"], new.data["agreement"]


def refused(world: Any, thread: Any, message: Any) -> Code:
    with pytest.raises(Violation) as found:
        world.say(thread, world.person, message)
    return found.value.code


def test_the_first_party_ends_an_agreement_in_favour_of_a_newer_one(world: Any) -> None:
    """[TERMS-29]"""
    before, old, new = two(world)
    act = world.act(world.person, TermsReplace(old, new))
    thread, keeps, effects = world.take(before, act)

    assert (thread.state, thread.data["by"]) == ("replaced", new)
    assert keeps[0].value.ended == (Ended(act.sender, act.generation, act.number, act.id),)
    assert effects == (Tell("terms.replaced", old),)
    assert TermsReplace.read(act.message.write()) == act.message
    assert (TermsReplace.GATE, TermsReplace.MARK) == (Gate.RELATED, Mark.PERMITS)


def test_the_second_party_does_not(world: Any) -> None:
    """[TERMS-29]"""
    before, old, new = two(world)
    with pytest.raises(Violation) as found:
        world.say(before, world.shop, TermsReplace(old, new))
    assert found.value.code is Code.NOT_YOUR_TURN


def test_it_names_the_threads_agreement_and_another_known_one(world: Any) -> None:
    """[TERMS-29]"""
    before, old, new = two(world)
    assert refused(world, before, TermsReplace(new, old)) is Code.REFERENCE_MISMATCH
    assert refused(world, before, TermsReplace(old, old)) is Code.REPLACED_BY_UNKNOWN
    assert refused(world, before, TermsReplace(old, bytes(32))) is Code.REPLACED_BY_UNKNOWN


@pytest.mark.parametrize("change", [{"first": bytes(32)}, {"second": bytes(32)}, {"sealed": 0}, {"until": 1}])
def test_the_other_one_is_of_the_same_two_and_newer_and_in_force(world: Any, change: Any) -> None:
    """[TERMS-29]"""
    before, old, new = two(world)
    world.agreements[new] = world.agreements[new]._replace(**change)
    assert refused(world, before, TermsReplace(old, new)) is Code.REPLACED_BY_UNKNOWN


def test_what_the_sender_could_not_know_does_not_count(world: Any) -> None:
    """[TERMS-25]"""
    before, old, new = two(world)
    ended = Ended(world.shop.persona, 0, 50, bytes(32))
    world.agreements[new] = world.agreements[new]._replace(ended=(ended,))
    assert refused(world, before, TermsReplace(old, new)) is Code.REPLACED_BY_UNKNOWN
    act = world.act(world.person, TermsReplace(old, new), highest=49)
    assert world.take(before, act)[0].state == "replaced"


def test_a_termination_wins_over_a_replacement_that_crosses_it(world: Any) -> None:
    """[TERMS-24]"""
    before, old, new = two(world)
    instead = world.act(world.person, TermsReplace(old, new), highest=1)
    over = world.act(world.shop, TermsTerminate(old), highest=1)
    one, keeps_one, _ = world.take(world.take(before, instead)[0], over)
    other, keeps_other, _ = world.take(world.take(before, over)[0], instead)
    assert one == other
    assert keeps_one == keeps_other
    assert (one.state, one.data["by"]) == ("terminated", new)
