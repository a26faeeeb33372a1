"""[DISC-12] to [DISC-16]: giving, whole or in part."""

from typing import Any

import pytest
from tests.unit.engine.probe import DAY
from tests.unit.features.disclosure.conftest import (
    ANNA,
    BREMEN,
    DELIVER,
    HOME,
    MAIL,
    NAME,
    SERVE,
    USE,
    Shared,
    agreed,
)

from pcloud.engine.retry import withdraw_items
from pcloud.errors import Code
from pcloud.features.disclosure.fields import Declined
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Claims, Gate, Grant, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor

BOTH = (ANNA, BREMEN)


def test_what_is_given_is_a_grant_under_the_agreement(shared: Shared) -> None:
    """[DISC-12] [DISC-39]"""
    thread, grant = shared.granted()
    until = shared.now + 30 * DAY
    assert shared.data(thread) == {
        "grant": grant,
        "agreement": shared.agreement,
        "action": USE,
        "purposes": [DELIVER],
        "until": until,
        "standing": True,
        "fields": {NAME: [1, 0], HOME: [1, 0]},
    }
    assert shared.shop.relationship.grants == {grant: Grant(grant, shared.agreement, until, (grant,))}
    assert shared.shop.told[-1] == Tell("disclosure.presented", thread)
    assert (DisclosurePresent.GATE, DisclosurePresent.MARK) == (Gate.AGREED, Mark.PERMITS)


def test_no_value_stands_anywhere_but_in_the_items(shared: Shared) -> None:
    """[TABLE-11]"""
    shared.granted()
    for node in (shared.anna, shared.shop):
        assert "Anna" not in repr((node.log.threads, node.told, node.relationship.grants))
        bodies = [entry.parts[0] for entry in node.log.by_first_id.values()]
        assert not any(body and (b"Anna" in body.data or b"Bremen" in body.data) for body in bodies)


def test_each_field_is_proven_without_the_other(shared: Shared) -> None:
    """[MSG-13] [MSG-17]"""
    _, grant = shared.granted()
    entry = shared.shop.log.by_first_id[grant]
    one = entry._replace(parts=(entry.parts[0], None, entry.parts[2]))
    shared.shop.log.put(one)
    shared.alike()
    assert shared.ledger(shared.shop) == shared.ledger(shared.anna), "the ledger needs no item"


def test_it_claims_what_it_gives(shared: Shared) -> None:
    """[DISC-4]"""
    given = shared.present((HOME, 1), ("profile.address:city", 1), onward="x")
    assert given.claims() == Claims(
        USE, ("pd:City", "pd:PhysicalAddress"), (DELIVER,), shared.now + 30 * DAY, "x"
    )


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        (((NAME, 1),), {"purposes": ("dpv:Marketing",)}),
        ((("profile.birthDate", 1),), {}),
        (((NAME, 1),), {"until": 1_800_000_000 + 91 * DAY}),
        (((NAME, 1),), {"onward": "partner.example"}),
        (((NAME, 1),), {"action": "dpv:Profiling"}),
    ],
)
def test_an_owner_cannot_give_what_the_terms_forbid(
    shared: Shared, fields: tuple[tuple[str, int], ...], more: dict[str, Any]
) -> None:
    """[DISC-4] [GATE-17]"""
    shared.refuses(shared.shop, shared.present(*fields, **more), None, (ANNA,), code=Code.TERMS_FORBID)


def test_a_fact_is_given_where_its_value_is_forbidden(shared: Shared) -> None:
    """[DISC-3] [DISC-5]"""
    item = (b"\xf5",)
    shared.does(shared.anna, shared.present(("profile.birthDate:over-18", 1)), None, item)
    wrong = (cbor.encode("1990-01-01"),)
    shared.refuses(
        shared.shop, shared.present(("profile.birthDate:over-18", 1)), None, wrong, code=Code.BODY_FORM
    )


@pytest.mark.parametrize(
    "more",
    [
        {"purposes": (DELIVER, SERVE)},
        {"purposes": (SERVE,)},
        {"until": 1_800_000_000 + 30 * DAY + 1},
        {"standing": True},
        {"declined": (Declined("profile.telephone", "not-now"),)},
    ],
)
def test_an_answer_stays_within_what_was_asked(shared: Shared, more: dict[str, Any]) -> None:
    """[DISC-14]"""
    thread = shared.asked(standing=False)
    given = {"standing": False, **more}
    shared.refuses(shared.shop, shared.present(**given), thread, BOTH, code=Code.NOT_ASKED)


def test_nothing_is_given_that_was_not_asked_for(shared: Shared) -> None:
    """[DISC-14]"""
    thread = shared.asked(NAME, "receipts/*")
    fields = (NAME, 1), (MAIL, 1)
    shared.refuses(shared.shop, shared.present(*fields), thread, BOTH, code=Code.NOT_ASKED)


def test_an_answer_to_a_pattern_brings_records(shared: Shared) -> None:
    """[DISC-14]"""
    thread = shared.asked(NAME, "receipts/*")
    shared.does(shared.anna, shared.present(("receipts/a", 1), ("receipts/b", 1)), thread, BOTH)
    assert shared.fields(thread) == {"receipts/a": [1, 0], "receipts/b": [1, 0]}


def test_less_than_was_asked_for_is_an_answer(shared: Shared) -> None:
    """[DISC-14]"""
    thread = shared.asked(purposes=(DELIVER, SERVE))
    less = shared.present(
        (NAME, 1),
        until=shared.now + DAY,
        standing=False,
        declined=(Declined(MAIL, "not-needed"),),
        answers=thread,
    )
    shared.does(shared.anna, less, thread, (ANNA,))
    assert (shared.data(thread)["until"], shared.data(thread)["standing"]) == (shared.now + DAY, False)


@pytest.mark.parametrize(
    ("asked", "given", "code"),
    [("a.example", "b.example", Code.NOT_ASKED), ("a.example", "a.example", None), ("a.example", None, None)],
)
def test_it_is_passed_on_to_nobody_but_who_was_named(
    asked: str, given: str | None, code: Code | None
) -> None:
    """[DISC-14]"""
    shared = agreed(onward=True)
    thread = shared.asked(onward=asked)
    message = shared.present(onward=given)
    if code:
        shared.refuses(shared.shop, message, thread, BOTH, code=code)
    else:
        shared.does(shared.anna, message, thread, BOTH)
        assert shared.data(thread).get("onward") == given


def test_an_answer_is_under_the_agreement_of_its_request(shared: Shared) -> None:
    """[DISC-8] [DISC-13]"""
    thread = shared.asked()
    wrong = shared.present(agreement=bytes(32))
    shared.refuses(shared.shop, wrong, thread, BOTH, code=Code.REFERENCE_MISMATCH)
    shared = agreed()
    thread = shared.asked()
    _, second = shared.two.dealt()
    other = shared._replace(agreement=second)
    other.refuses(other.shop, other.present(), thread, BOTH, code=Code.REFERENCE_MISMATCH)


def test_the_header_of_an_answer_names_the_agreement_of_its_body(shared: Shared) -> None:
    """[DISC-8]"""
    thread = shared.asked()
    _, second = shared.two.dealt()
    other = shared._replace(agreement=second)
    other.refuses(other.shop, shared.present(), thread, BOTH, code=Code.REFERENCE_MISMATCH)
    assert shared.data(thread).get("grant") is None


def test_given_unasked_nothing_is_declined(shared: Shared) -> None:
    """[DISC-15]"""
    thread = shared.given()
    assert shared.shop.log.threads[thread].state == "given"
    wrong = shared.present(declined=(Declined(MAIL, "not-now"),))
    shared.refuses(shared.shop, wrong, None, BOTH, code=Code.BODY_FORM)
    wrong = shared.present(agreement=bytes(32))
    shared = agreed()
    shared.refuses(shared.shop, wrong, None, BOTH, code=Code.REFERENCE_MISMATCH)


def test_a_disclosure_without_any_item_is_refused(shared: Shared) -> None:
    """[DISC-16] [MSG-15]"""
    shared.say(shared.anna, shared.present(), None, BOTH)
    entry = shared.anna.log.sequence(mine=True)[-1]
    shared.anna.log.put(withdraw_items(entry))
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.shop.log.sequence(mine=False)[-1].verdict == Code.WITHDRAWN
    shared.alike()
    assert entry.first_id not in shared.anna.state().threads
    assert not shared.anna.relationship.grants
    assert not shared.ledger(shared.anna)


def test_a_disclosure_with_some_item_is_applied(shared: Shared) -> None:
    """[DISC-16]"""
    shared.say(shared.anna, shared.present(), None, BOTH)
    entry = shared.anna.log.sequence(mine=True)[-1]
    shared.anna.log.put(entry._replace(parts=(entry.parts[0], None, entry.parts[2])))
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.shop.log.sequence(mine=False)[-1].verdict == "applied"
    shared.alike()


def test_only_who_was_asked_gives(shared: Shared) -> None:
    """[DISC-38]"""
    thread = shared.asked()
    shared.refuses(shared.anna, shared.present(), thread, BOTH, code=Code.NOT_YOUR_TURN)
    thread, _ = agreed().granted()
    shared = agreed()
    thread, _ = shared.granted()
    shared.refuses(shared.shop, shared.present(), thread, BOTH, code=Code.NOT_IN_STATE)
