"""[TERMS-1], [TERMS-2], [TERMS-3], [TERMS-4], [TERMS-5], [TERMS-6], [TERMS-7]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def refused(world: Any, sender: Any, message: Any, *, thread: Any = None, **more: Any) -> Code:
    with pytest.raises(Violation) as found:
        world.take(thread, world.act(sender, message), **more)
    assert found.value.stage is Stage.CONTENT
    return found.value.code


def test_a_proffer_opens_a_thread_that_holds_what_is_proffered(world: Any) -> None:
    """[TERMS-1] [TERMS-2]"""
    act = world.act(world.person, world.proffer(until=world.now + 9 * world.day))
    thread, keeps, effects = world.take(None, act)

    assert (thread.id, thread.opener, thread.state) == (act.id, world.person.persona, "proffered")
    assert thread.data == {
        "proffer": act.id,
        "roster": world.base.roster,
        "terms": "SD-BASE",
        "text": world.base.text_hash,
        "machine": world.base.machine_hash,
        "expires": world.now + world.day,
        "until": world.now + 9 * world.day,
    }
    assert keeps == ()
    assert effects == (Tell("terms.proffered", act.id),)
    assert (TermsProffer.GATE, TermsProffer.MARK) == (Gate.RELATED, Mark.PERMITS)


def test_it_reads_what_it_writes(world: Any) -> None:
    for body in (world.proffer(), world.proffer(until=world.now + 2 * world.day, replaces=bytes(32))):
        assert TermsProffer.read(body.write()) == body


def test_an_organisation_does_not_proffer_to_a_person(world: Any) -> None:
    """[TERMS-3]"""
    assert refused(world, world.shop, world.proffer()) is Code.PROFFER_BY_ORGANISATION


@pytest.mark.parametrize("kinds", [("organisation", "organisation"), ("person", "person")])
def test_between_equals_either_may_proffer(world: Any, kinds: tuple[str, str]) -> None:
    """[TERMS-3]"""
    world.person = world.person._replace(kind=kinds[0])
    world.shop = world.shop._replace(kind=kinds[1])
    assert world.say(None, world.shop, world.proffer()).opener == world.shop.persona


def test_the_sender_is_held_to_the_same_rule(world: Any) -> None:
    """[TERMS-3]: the check does not know whose copy it runs on."""
    from pcloud.features.terms.proffer import check
    from pcloud.kernel.machine import open_thread

    from_shop = world.act(world.shop, world.proffer())
    thread = open_thread(type("Any", (), {"name": "terms"})(), from_shop)
    with pytest.raises(Violation) as found:
        check(from_shop, thread, world.ctx(world.shop))
    assert found.value.code is Code.PROFFER_BY_ORGANISATION


def test_terms_come_from_a_roster_that_is_loaded(world: Any) -> None:
    """[TERMS-4]"""
    unknown = world.base._replace(terms="SD-MINE")
    assert refused(world, world.person, world.proffer(unknown)) is Code.ROSTER_UNKNOWN


@pytest.mark.parametrize("field", ["text_hash", "machine_hash"])
def test_both_hashes_are_those_of_the_roster(world: Any, field: str) -> None:
    """[TERMS-5]"""
    changed = world.base._replace(**{field: bytes(32)})
    assert refused(world, world.person, world.proffer(changed)) is Code.TEXT_MISMATCH


def test_a_proffer_is_good_to_its_last_second(world: Any) -> None:
    """[TERMS-6]"""
    world.take(None, world.act(world.person, world.proffer()), now=world.now + world.day)
    late = world.now + world.day + 1
    assert refused(world, world.person, world.proffer(), now=late) is Code.PROFFER_EXPIRED


def test_an_agreement_does_not_end_before_its_proffer(world: Any) -> None:
    """[TERMS-6]"""
    assert refused(world, world.person, world.proffer(until=world.now + world.day)) is Code.BODY_FORM


def test_a_counter_is_answered_from_the_same_roster(world: Any) -> None:
    """[TERMS-12]"""
    thread = world.say(world.proffered(), world.shop, TermsCounter("SD-BASE-A"))
    assert refused(world, world.person, world.proffer(world.foreign), thread=thread) is Code.COUNTER_INVALID

    act = world.act(world.person, world.proffer(world.analytics))
    again, _, _ = world.take(thread, act)
    assert again.state == "proffered-again"
    assert again.data["proffer"] == act.id
    assert (again.data["terms"], again.data["counter"]) == ("SD-BASE-A", "SD-BASE-A")


def test_what_is_to_be_replaced_is_in_force_between_these_two(world: Any) -> None:
    """[TERMS-7]"""
    old = world.agreed().data["agreement"]
    assert world.proffered(replaces=old).data["replaces"] == old

    assert refused(world, world.person, world.proffer(replaces=bytes(32))) is Code.REPLACES_UNKNOWN
    world.agreements[old] = world.agreements[old]._replace(first=world.shop.persona)
    assert refused(world, world.person, world.proffer(replaces=old)) is Code.REPLACES_UNKNOWN


def test_what_has_ended_is_not_replaced_unless_the_sender_could_not_know(world: Any) -> None:
    """[TERMS-7]"""
    thread = world.agreed()
    old = thread.data["agreement"]
    _, keeps, _ = world.take(thread, world.act(world.shop, TermsTerminate(old)))
    world.agreements[old] = keeps[0].value

    assert refused(world, world.person, world.proffer(replaces=old)) is Code.REPLACES_UNKNOWN
    crossing = world.act(world.person, world.proffer(replaces=old), highest=0)
    assert world.take(None, crossing)[0].state == "proffered"

    world.agreements[old] = world.agreements[old]._replace(ended=(), until=world.now)
    assert refused(world, world.person, world.proffer(replaces=old)) is Code.REPLACES_UNKNOWN
