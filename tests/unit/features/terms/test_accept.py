"""[TERMS-8], [TERMS-9], [TERMS-16], [TERMS-17], [TERMS-30]."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.agreement import agreement_id
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.machine import MACHINE
from pcloud.features.terms.replace import TermsReplace
from pcloud.features.terms.seal import TermsSeal
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.effects import Send, Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import By
from pcloud.limits import SEAL_AFTER_EXPIRY_S_MAX


def refused(world: Any, thread: Any, message: Any, **more: Any) -> Code:
    with pytest.raises(Violation) as found:
        world.take(thread, world.act(world.shop, message), **more)
    return found.value.code


def test_an_acceptance_carries_the_second_partys_signature(world: Any) -> None:
    """[TERMS-8]"""
    before = world.proffered()
    seal_by = world.now + 2 * world.day
    body = TermsAccept.sign(before, world.shop, seal_by)
    act = world.act(world.shop, body)
    thread, keeps, effects = world.take(before, act)

    assert thread.state == "accepted"
    assert thread.data == {
        **before.data,
        "accept": act.id,
        "seal_by": seal_by,
        "second": world.shop.persona,
        "second_key": world.shop.key.public,
        "second_signature": body.signature,
    }
    assert keeps == ()
    assert effects == (
        Send(TermsSeal.sign(thread, world.person.key), thread.id),
        Tell("terms.agreed", agreement_id(thread, world.person.key.public)),
    )
    assert TermsAccept.read(body.write()) == body
    assert (TermsAccept.GATE, TermsAccept.MARK) == (Gate.RELATED, Mark.PERMITS)


def test_what_the_reply_seals_the_second_party_takes(world: Any) -> None:
    """[TERMS-16]"""
    before = world.proffered()
    act = world.act(world.shop, TermsAccept.sign(before, world.shop, world.now + world.day))
    thread, _, (send, told) = world.take(before, act)
    agreed = world.say(thread, world.person, send.message)
    assert (agreed.state, agreed.data["agreement"]) == ("agreed", told.key)


def test_it_names_the_current_proffer(world: Any) -> None:
    """[TERMS-8]"""
    first = world.proffered()
    old = TermsAccept.sign(first, world.shop, world.now + world.day)
    thread = world.say(first, world.shop, TermsCounter("SD-BASE-A"))
    again = world.say(thread, world.person, world.proffer(world.analytics))
    assert refused(world, again, old) is Code.REFERENCE_MISMATCH
    good = TermsAccept.sign(again, world.shop, world.now + world.day)
    assert world.say(again, world.shop, good).state == "accepted"


def test_it_comes_before_the_proffer_expires(world: Any) -> None:
    """[TERMS-9]"""
    thread = world.proffered()
    body = TermsAccept.sign(thread, world.shop, world.now + 3 * world.day)
    assert refused(world, thread, body, now=world.now + world.day + 1) is Code.PROFFER_EXPIRED
    assert world.take(thread, world.act(world.shop, body), now=world.now + world.day)[0].state == "accepted"


@pytest.mark.parametrize("after_expiry", [1 - 86_400, SEAL_AFTER_EXPIRY_S_MAX])
def test_seal_by_lies_after_the_acceptance_and_at_most_a_week_after_expiry(
    world: Any, after_expiry: int
) -> None:
    """[TERMS-9]"""
    thread = world.proffered()
    body = TermsAccept.sign(thread, world.shop, thread.data["expires"] + after_expiry)
    assert world.say(thread, world.shop, body).state == "accepted"


@pytest.mark.parametrize("after_expiry", [-86_400, SEAL_AFTER_EXPIRY_S_MAX + 1])
def test_any_other_seal_by_is_refused(world: Any, after_expiry: int) -> None:
    """[TERMS-9]"""
    thread = world.proffered()
    body = TermsAccept.sign(thread, world.shop, thread.data["expires"] + after_expiry)
    assert refused(world, thread, body) is Code.SEAL_BY_INVALID


def test_another_signature_is_refused(world: Any) -> None:
    """[TERMS-8]: not over another seal-by time, not by another key, not over other terms."""
    thread = world.proffered()
    body = TermsAccept.sign(thread, world.shop, world.now + world.day)
    stretched = TermsAccept(body.proffer, body.seal_by + 1, body.signature)
    assert refused(world, thread, stretched) is Code.AGREEMENT_SIGNATURE

    foreign = TermsAccept.sign(thread, world.shop._replace(key=world.person.key), body.seal_by)
    assert refused(world, thread, foreign) is Code.AGREEMENT_SIGNATURE

    other = thread._replace(data={**thread.data, "terms": "SD-BASE-A"})
    assert (
        refused(world, thread, TermsAccept.sign(other, world.shop, body.seal_by)) is Code.AGREEMENT_SIGNATURE
    )


def test_too_late_to_seal_is_answered_with_a_withdrawal(world: Any) -> None:
    """[TERMS-17]"""
    before = world.proffered()
    act = world.act(world.shop, TermsAccept.sign(before, world.shop, world.now + 60))
    thread, _, effects = world.take(before, act, now=world.now + 61)
    assert effects == (Send(TermsWithdraw(), thread.id), Tell("terms.withdrawn", thread.id))
    assert world.say(thread, world.person, TermsWithdraw()).state == "withdrawn"
    assert MACHINE.row("accepted", "terms.withdraw", By.OPENER).crossing is False


def test_an_agreement_in_place_of_another_ends_that_one_in_the_same_commit(world: Any) -> None:
    """[TERMS-30]"""
    old_thread = world.agreed()
    old = old_thread.data["agreement"]
    before = world.proffered(replaces=old)
    act = world.act(world.shop, TermsAccept.sign(before, world.shop, world.now + world.day))
    _, _, effects = world.take(before, act)
    seal, told, replace = effects
    assert isinstance(seal, Send)
    assert isinstance(told, Tell)
    assert replace == Send(TermsReplace(old, told.key), old_thread.id)

    _, keeps, _ = world.take(old_thread, world.act(world.person, TermsTerminate(old)))
    world.agreements[old] = keeps[0].value
    assert world.take(before, act)[2] == (seal, told)
