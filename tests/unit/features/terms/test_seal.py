"""[TERMS-16], [TERMS-18], [TERMS-19], [TERMS-27]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import agreement_of
from pcloud.features.terms.seal import TermsSeal
from pcloud.kernel.effects import Keep, Tell
from pcloud.kernel.gate import Agreement, Gate, Mark


def refused(world: Any, thread: Any, message: Any, *, time: int | None = None, **more: Any) -> Code:
    with pytest.raises(Violation) as found:
        world.take(thread, world.act(world.person, message, time=time or world.now), **more)
    return found.value.code


def test_the_first_party_signs_last_and_the_agreement_is_in_force(world: Any) -> None:
    """[TERMS-16] [TERMS-19] [TERMS-27]"""
    before = world.accepted()
    body = TermsSeal.sign(before, world.person.key)
    act = world.act(world.person, body, time=world.now + 5)
    thread, keeps, effects = world.take(before, act, now=world.now + 9)

    assert thread.state == "agreed"
    agreement = Agreement(
        id=thread.data["agreement"],
        first=world.person.persona,
        second=world.shop.persona,
        roster=world.base.roster,
        terms="SD-BASE",
        sealed=world.now + 5,
        until=None,
        entries=(thread.id, before.data["accept"], act.id),
    )
    assert keeps == (Keep("agreements", agreement.id, agreement),)
    assert agreement_of(thread) == agreement
    assert effects == (Tell("terms.agreed", agreement.id),)
    assert TermsSeal.read(body.write()) == body
    assert (TermsSeal.GATE, TermsSeal.MARK) == (Gate.RELATED, Mark.PERMITS)


def test_it_names_the_acceptance(world: Any) -> None:
    """[TERMS-18]"""
    thread = world.accepted()
    body = TermsSeal(bytes(32), TermsSeal.sign(thread, world.person.key).signature)
    assert refused(world, thread, body) is Code.REFERENCE_MISMATCH


def test_a_late_seal_is_refused_by_either_clock(world: Any) -> None:
    """[TERMS-18]"""
    thread = world.accepted()
    body = TermsSeal.sign(thread, world.person.key)
    last = thread.data["seal_by"]
    assert refused(world, thread, body, now=last + 1) is Code.SEAL_LATE
    assert refused(world, thread, body, time=last + 1) is Code.SEAL_LATE
    act = world.act(world.person, body, time=last)
    assert world.take(thread, act, now=last)[0].state == "agreed"


def test_another_signature_is_refused(world: Any) -> None:
    """[TERMS-18]"""
    thread = world.accepted()
    assert refused(world, thread, TermsSeal.sign(thread, world.shop.key)) is Code.AGREEMENT_SIGNATURE
    other = thread._replace(data={**thread.data, "terms": "SD-BASE-A"})
    assert refused(world, thread, TermsSeal.sign(other, world.person.key)) is Code.AGREEMENT_SIGNATURE


def test_only_the_first_party_seals(world: Any) -> None:
    """[TERMS-16]"""
    thread = world.accepted()
    with pytest.raises(Violation) as found:
        world.say(thread, world.shop, TermsSeal.sign(thread, world.shop.key))
    assert found.value.code is Code.NOT_YOUR_TURN
