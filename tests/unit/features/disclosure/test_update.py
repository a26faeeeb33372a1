"""[DISC-19] to [DISC-21]: change once, and each taker is brought to the version."""

from typing import Any

import pytest
from tests.unit.engine.probe import DAY, Cancel, forged, verdict
from tests.unit.features.disclosure.conftest import ANNA, DELIVER, HOME, KIEL, MAIL, NAME, SERVE, USE, Shared

from pcloud.engine.retry import withdraw_items
from pcloud.errors import Code
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Claims, Gate, Mark
from pcloud.testing.node import exchange

NEW = (KIEL,)


def test_an_update_brings_fields_to_a_version(shared: Shared) -> None:
    """[DISC-19] [DISC-39]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, shared.update(grant, (HOME, 4)), thread, NEW)
    assert shared.fields(thread) == {NAME: [1, 0], HOME: [4, 0]}
    assert shared.shop.told[-1] == Tell("disclosure.updated", thread)
    assert (DisclosureUpdate.GATE, DisclosureUpdate.MARK) == (Gate.GRANTED, Mark.NEUTRAL)
    assert shared.update(grant, (HOME, 4)).claims() == Claims(
        USE, ("pd:PhysicalAddress",), (DELIVER,), grant=grant
    )


def test_the_giver_of_what_was_given_unasked_updates_too(shared: Shared) -> None:
    grant = shared.given()
    shared.does(shared.anna, shared.update(grant, (HOME, 2), (NAME, 2)), grant, (KIEL, ANNA))
    assert shared.fields(grant) == {NAME: [2, 0], HOME: [2, 0]}


@pytest.mark.parametrize(
    ("field", "more", "code"),
    [
        ((MAIL, 1), {}, Code.NOT_GRANTED),
        (("profile.address:city", 2), {}, Code.NOT_GRANTED),
        ((HOME, 2), {"purposes": (SERVE,)}, Code.NOT_GRANTED),
        ((HOME, 2), {"purposes": (DELIVER, SERVE)}, Code.NOT_GRANTED),
        ((HOME, 2), {"purposes": ("dpv:Marketing",)}, Code.TERMS_FORBID),
        ((HOME, 2), {"action": "dpv:Share"}, Code.TERMS_FORBID),
        ((HOME, 1), {}, Code.VERSION_ORDER),
    ],
)
def test_what_the_grant_does_not_hold_is_refused(
    shared: Shared, field: tuple[str, int], more: dict[str, Any], code: Code
) -> None:
    """[DISC-20] [DISC-21] [GATE-14]"""
    thread, grant = shared.granted()
    shared.refuses(shared.shop, shared.update(grant, field, **more), thread, (ANNA,), code=code)


def test_a_grant_that_is_not_held_supports_nothing(shared: Shared) -> None:
    """[GATE-14]"""
    thread, _ = shared.granted()
    shared.refuses(shared.shop, shared.update(bytes(32), (HOME, 2)), thread, NEW, code=Code.NO_GRANT)


def test_a_version_below_one_that_was_given_is_out_of_order(shared: Shared) -> None:
    """[DISC-21]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, shared.update(grant, (HOME, 7)), thread, NEW)
    shared.refuses(shared.shop, shared.update(grant, (HOME, 6)), thread, NEW, code=Code.VERSION_ORDER)


def test_an_update_names_the_grant_of_its_thread(shared: Shared) -> None:
    """[DISC-19]"""
    thread, _ = shared.granted()
    other = shared.given()
    wrong = shared.update(other, (HOME, 2))
    shared.refuses(shared.shop, wrong, thread, NEW, code=Code.REFERENCE_MISMATCH)


def test_what_is_not_granted_is_found_before_a_version_out_of_order(shared: Shared) -> None:
    """[DISC-20] [DISC-21]"""
    thread, grant = shared.granted()
    wrong = shared.update(grant, (HOME, 1), (MAIL, 1))
    shared.refuses(shared.shop, wrong, thread, (KIEL, ANNA), code=Code.NOT_GRANTED)


def test_only_the_giver_updates(shared: Shared) -> None:
    """[DISC-38]"""
    thread, grant = shared.granted()
    shared.refuses(shared.anna, shared.update(grant, (HOME, 2)), thread, NEW, code=Code.NOT_YOUR_TURN)


def test_what_was_given_once_is_not_updated(shared: Shared) -> None:
    """[DISC-20]"""
    grant = shared.does(shared.anna, shared.present((HOME, 1), standing=False), None, NEW)
    shared.refuses(shared.shop, shared.update(grant, (HOME, 2)), grant, NEW, code=Code.NOT_GRANTED)


def test_an_update_needs_its_item(shared: Shared) -> None:
    """[DISC-16] [DISC-11]"""
    thread, grant = shared.granted()
    message = shared.update(grant, (HOME, 2))
    shared.say(shared.anna, message, thread, NEW)
    shared.anna.log.put(withdraw_items(shared.anna.log.sequence(mine=True)[-1]))
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.shop.log.sequence(mine=False)[-1].verdict == Code.WITHDRAWN
    assert shared.fields(thread)[HOME] == [1, 0], "the taker stays at the version before"
    shared.refuses(shared.shop, message, thread, (), code=Code.BODY_FORM)


def test_an_update_that_crosses_the_takers_end_is_refused_crossed_and_not_counted(shared: Shared) -> None:
    """[GATE-8] [GATE-9]"""
    thread, grant = shared.granted()
    end = shared.say(shared.shop, DisclosureRevoke(), thread)
    frame = shared.say(shared.anna, shared.update(grant, (HOME, 2)), thread, NEW)
    for answer in (*shared.shop.receive(frame).frames, *shared.anna.receive(end).frames):
        for node in (shared.anna, shared.shop):
            exchange(shared.other(node), node, answer)
    assert shared.shop.log.sequence(mine=False)[-1].verdict == Code.CROSSED
    assert not any(shared.shop.log.sequence(mine=False)[-1].parts), "its items are erased unread"
    assert not shared.shop.relationship.beyond_terms
    assert shared.fields(thread)[HOME] == [1, 0]
    assert shared.ledger(shared.anna) == shared.ledger(shared.shop)


def test_after_the_end_that_both_know_nothing_is_updated(shared: Shared) -> None:
    """[GATE-8]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, DisclosureRevoke(), thread)
    shared.refuses(shared.shop, shared.update(grant, (HOME, 2)), thread, NEW, code=Code.AGREEMENT_ENDED)


def test_a_grant_ends_on_its_day(shared: Shared) -> None:
    """[DISC-12] [GATE-8]"""
    thread, grant = shared.granted()
    shared.two.clock.now += 30 * DAY
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), thread, NEW)
    shared.two.clock.now += 1
    shared.refuses(shared.shop, shared.update(grant, (HOME, 3)), thread, NEW, code=Code.AGREEMENT_ENDED)


def test_a_grant_ends_with_its_agreement(shared: Shared) -> None:
    """[GATE-8]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, Cancel(), shared.deal)
    shared.refuses(shared.shop, shared.update(grant, (HOME, 2)), thread, NEW, code=Code.AGREEMENT_ENDED)
    assert {row.state for row in shared.ledger(shared.shop)} == {"revoked"}


def test_a_grant_holds_under_its_agreement_alone(shared: Shared) -> None:
    """[GATE-14]"""
    thread, grant = shared.granted()
    _, second = shared.two.dealt()
    frame = forged(shared.anna, shared.update(grant, (HOME, 2)), thread, items=NEW, agreement=second)
    assert verdict(shared.shop, frame) == Code.NO_GRANT
