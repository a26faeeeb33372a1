"""[DISC-7] to [DISC-10], and the terms as a firewall: asking."""

from typing import Any

import pytest
from tests.unit.engine.probe import DAY, forged, take
from tests.unit.features.disclosure.conftest import ANNA, DELIVER, NAME, USE, Shared, agreed

from pcloud.engine.retry import withdraw_items
from pcloud.errors import Code
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Claims, Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


def need(path: str, item: int | None = None) -> Wanted:
    return Wanted(path, required=True, item=item)


LIKE = cbor.encode({"seller": "Flora"})


def test_a_request_is_held_until_it_is_answered(shared: Shared) -> None:
    """[DISC-39]"""
    thread = shared.asked()
    assert shared.data(thread) == {
        "agreement": shared.agreement,
        "wanted": ["profile.name", "profile.address", "profile.email"],
        "action": USE,
        "purposes": [DELIVER],
        "until": shared.now + 30 * DAY,
        "standing": True,
    }
    assert shared.anna.told[-1] == Tell("disclosure.asked", thread)
    assert (DisclosureRequest.GATE, DisclosureRequest.MARK) == (Gate.AGREED, Mark.NEUTRAL)


def test_a_request_claims_what_it_asks_for(shared: Shared) -> None:
    """[DISC-4]"""
    asked = shared.request("receipts/*", NAME, onward="partner.example")
    assert asked.claims() == Claims(
        USE, ("pd:Name", "pd:Purchase"), (DELIVER,), shared.now + 30 * DAY, "partner.example"
    )


FORBIDDEN: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("no-marketing", (NAME,), {"purposes": ("dpv:Marketing",)}),
    ("no-marketing", (NAME,), {"purposes": (DELIVER, "dpv:Marketing")}),
    ("no clause allows it", (NAME,), {"purposes": ("dpv:Research",)}),
    ("no clause allows it", (NAME, "profile.birthDate"), {}),
    ("no clause allows it", ("x-shop.shoe",), {}),
    ("no clause allows it", (NAME,), {"action": "dpv:Profiling"}),
    ("onward", (NAME,), {"onward": "partner.example"}),
    ("until", (NAME,), {"until": 1_800_000_000 + 90 * DAY + 1}),
]


@pytest.mark.parametrize(("clause", "paths", "more"), FORBIDDEN)
def test_what_the_terms_forbid_is_refused_with_the_clause_and_counted(
    shared: Shared, clause: str, paths: tuple[str, ...], more: dict[str, Any]
) -> None:
    """[DISC-4] [GATE-10] [GATE-11] [GATE-12] [GATE-13]"""
    message = shared.request(*paths, **more)
    frame = forged(shared.shop, message, agreement=shared.agreement)
    decision = take(shared.anna, frame)
    assert (decision.entries[0].verdict, decision.detail) == (Code.TERMS_FORBID, clause)
    assert shared.anna.relationship.beyond_terms == {shared.agreement: 1}
    assert not shared.anna.log.thread(decision.entries[0].first_id)


def test_the_end_of_the_agreement_bounds_a_request() -> None:
    """[DISC-4] [GATE-12]"""
    shared = agreed(1_800_000_000 + 10 * DAY)
    shared.refuses(shared.anna, shared.request(until=shared.now + 10 * DAY + 1), code=Code.TERMS_FORBID)
    agreed(1_800_000_000 + 10 * DAY).asked(until=shared.now + 10 * DAY)


def test_what_the_terms_allow_may_be_passed_on() -> None:
    """[DISC-39]"""
    shared = agreed(onward=True)
    thread = shared.asked(onward="partner.example")
    assert shared.data(thread)["onward"] == "partner.example"


def test_body_and_header_name_one_agreement(shared: Shared) -> None:
    """[DISC-8]"""
    shared.refuses(shared.anna, shared.request(agreement=bytes(32)), code=Code.REFERENCE_MISMATCH)


@pytest.mark.parametrize(
    ("wanted", "more", "items"),
    [
        ((need("receipts/*", 1),), {}, (LIKE,)),
        ((need("receipts/*"),), {"circumstances": 1}, (LIKE,)),
        ((need("profile.email:equal", 2),), {"circumstances": 1}, (LIKE, ANNA)),
        ((need("receipts/*:equal", 1),), {}, (ANNA,)),
    ],
)
def test_examples_values_and_circumstances_are_items(
    shared: Shared, wanted: tuple[Wanted, ...], more: dict[str, Any], items: tuple[bytes, ...]
) -> None:
    """[DISC-7] [DISC-9] [DISC-10]"""
    shared.does(shared.shop, shared.request(wanted=wanted, **more), None, items)
    entry = shared.anna.log.sequence(mine=False)[-1]
    assert [part and part.data for part in entry.parts[1:]] == list(items)


@pytest.mark.parametrize(
    ("wanted", "more", "items"),
    [
        ((need(NAME),), {}, (LIKE,)),
        ((need("receipts/*", 1),), {}, ()),
        ((need("receipts/*", 2),), {}, (LIKE,)),
        ((need("receipts/*", 1),), {"circumstances": 1}, (LIKE,)),
        ((need("receipts/*", 1),), {}, (ANNA,)),
        ((need("receipts/*"),), {"circumstances": 1}, (ANNA,)),
        ((need("profile.email:equal"),), {}, ()),
        ((need("receipts/*:equal"),), {}, ()),
        ((need("profile.email:equal", 1),), {}, (b"\xf6",)),
        ((need(NAME, 1),), {}, (LIKE,)),
    ],
)
def test_an_item_that_is_not_what_it_is_named_for_is_refused(
    shared: Shared, wanted: tuple[Wanted, ...], more: dict[str, Any], items: tuple[bytes, ...]
) -> None:
    """[DISC-7] [DISC-9] [DISC-10]"""
    shared.refuses(shared.anna, shared.request(wanted=wanted, **more), None, items, code=Code.BODY_FORM)


def test_a_request_whose_items_are_gone_is_applied(shared: Shared) -> None:
    """[MSG-15]"""
    wanted = (need("receipts/*", 1), need("profile.email:equal", 2))
    shared.say(shared.shop, shared.request(wanted=wanted, circumstances=3), None, (LIKE, ANNA, LIKE))
    shared.shop.log.put(withdraw_items(shared.shop.log.sequence(mine=True)[-1]))
    exchange(shared.shop, shared.anna, *shared.shop.frames())
    assert shared.anna.log.sequence(mine=False)[-1].verdict == "applied"
    shared.alike()
