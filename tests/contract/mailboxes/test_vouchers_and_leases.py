"""A voucher opens or renews one mailbox, once; a mailbox lasts as long as its lease."""

from itertools import pairwise

import pytest
from tests.contract.mailboxes.bodies import DAY, NOW, QUOTA, Body, Box, secret

from pcloud.mailboxes.port import (
    AddVouchers,
    CloseBox,
    OpenBox,
    PublishBlob,
    PutFrame,
    RenewBox,
    Stats,
    TakeFrames,
)
from pcloud.wire.services.relay import address_of, pickup_hash, voucher_hash
from pcloud.wire.services.service import Outcome

DONE, UNKNOWN, FULL = Outcome.DONE, Outcome.UNKNOWN, Outcome.FULL


def test_a_voucher_opens_one_mailbox_and_is_gone(body: Body) -> None:
    """[RELAY-9]"""
    box, other = Box("a"), Box("b")
    assert body.outcomes(*box.opening()) == [DONE, DONE]
    assert body.boxes.stats() == Stats(0, 1, 0, 0)
    for again in (box.open(), OpenBox(voucher_hash(box.voucher), other.address, other.token)):
        assert body.outcomes(again) == [UNKNOWN]
    assert body.outcomes(RenewBox(voucher_hash(box.voucher), box.token)) == [UNKNOWN]
    assert body.boxes.stats() == Stats(0, 1, 0, 0)


def test_a_voucher_that_was_never_given_opens_nothing(body: Body) -> None:
    """[RELAY-9]"""
    assert body.outcomes(Box("a").open()) == [UNKNOWN]
    assert body.boxes.find(Box("a").token, NOW) is None
    assert body.boxes.stats() == Stats(0, 0, 0, 0)


def test_a_voucher_is_added_once_however_often_it_is_told(body: Body) -> None:
    hashes = tuple(voucher_hash(secret(number)) for number in range(3))
    assert body.outcomes(AddVouchers(hashes, NOW + DAY), AddVouchers(hashes[:2], NOW + 9 * DAY)) == [DONE] * 2
    assert body.boxes.stats().vouchers == 3


def test_a_voucher_that_is_over_opens_nothing_and_goes(body: Body) -> None:
    """[RELAY-9]"""
    box = Box("a")
    body.do(AddVouchers((voucher_hash(box.voucher),), NOW))
    body.now += 2 * DAY
    assert body.outcomes(box.open()) == [UNKNOWN]
    assert body.boxes.stats().vouchers == 1
    body.expire()
    assert body.boxes.stats() == Stats(0, 0, 0, 0)


@pytest.mark.parametrize("taken", ["address", "pickup", "beginning of the address"])
def test_what_another_mailbox_has_opens_no_second_one_and_spends_nothing(body: Body, taken: str) -> None:
    """[RELAY-10]"""
    first, second = body.opened("a"), Box("b")
    address = {
        "address": first.address,
        "pickup": second.address,
        "beginning of the address": first.address[:8] + second.address[8:],
    }[taken]
    token = first.token if taken == "pickup" else second.token
    given, _ = second.opening()
    assert body.outcomes(given, OpenBox(voucher_hash(second.voucher), address, token)) == [DONE, UNKNOWN]
    assert body.boxes.stats() == Stats(1, 1, 0, 0)
    assert body.outcomes(second.open()) == [DONE]


def test_a_relay_that_is_full_opens_nothing_and_spends_nothing(body: Body) -> None:
    """[RELAY-15]"""
    for number in range(QUOTA.mailboxes):
        body.opened(number)
    late = Box("late")
    assert body.outcomes(*late.opening()) == [DONE, FULL]
    assert body.boxes.stats() == Stats(1, QUOTA.mailboxes, 0, 0)
    assert body.outcomes(CloseBox(Box(0).token), late.open()) == [DONE, DONE]


def test_a_lease_ends_at_the_end_of_a_day_so_that_ends_tell_no_moment(body: Body) -> None:
    """[RELAY-11]"""
    for number in range(3):
        body.now += 7_001
        box = Box(number)
        until = body.do(*box.opening())[1].until
        assert until % DAY == 0
        assert body.now + QUOTA.lease_s <= until < body.now + QUOTA.lease_s + DAY


def test_a_mailbox_that_is_renewed_lasts_longer_and_keeps_what_is_in_it(body: Body) -> None:
    box = body.opened("a")
    body.do(box.put(b"kept"))
    body.now += 20 * DAY
    more = voucher_hash(secret("more"))
    _, renewed = body.do(AddVouchers((more,), NOW + 365 * DAY), RenewBox(more, box.token))
    assert renewed.outcome is DONE
    assert renewed.until >= body.now + QUOTA.lease_s
    assert body.boxes.stats() == Stats(0, 1, 1, 4)
    body.now = renewed.until - 1
    assert body.boxes.find(box.token, body.now) is not None
    body.now += 1
    assert body.boxes.find(box.token, body.now) is None


def test_nobody_renews_what_is_not_there_and_the_voucher_stays(body: Body) -> None:
    more = voucher_hash(secret("more"))
    assert body.outcomes(AddVouchers((more,), NOW + DAY), RenewBox(more, Box("a").token)) == [DONE, UNKNOWN]
    assert body.boxes.stats().vouchers == 1


def test_after_its_lease_a_mailbox_is_as_one_that_never_was(body: Body) -> None:
    """[RELAY-11]"""
    box = body.opened("a")
    body.do(box.put())
    more = voucher_hash(secret("more"))
    body.now += 100 * DAY
    body.do(AddVouchers((more,), body.now + DAY))
    for cleared in (False, True):
        if cleared:
            body.expire()
        assert body.boxes.find(box.token, body.now) is None
        assert body.outcomes(box.put(), RenewBox(more, box.token), PublishBlob(box.token, b"x", NOW)) == [
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
        ]
    assert body.boxes.stats() == Stats(1, 0, 0, 0)
    assert body.outcomes(OpenBox(more, box.address, box.token)) == [DONE]
    assert body.frames(box) == []


@pytest.mark.parametrize("holds", ["frames", "a blob", "nothing"])
@pytest.mark.parametrize("other", ["nothing else", "address", "pickup"])
def test_a_lease_that_is_over_stands_in_nobodys_way(body: Body, holds: str, other: str) -> None:
    """[RELAY-11]: before anything has looked for what is over, too. Else a good voucher would seem spent."""
    box, new = body.opened("a"), Box("b")
    if holds == "frames":
        body.do(box.put(b"old"), box.put(b"older"))
    elif holds == "a blob":
        body.do(PublishBlob(box.token, b"x", NOW * 2))
    number = body.boxes.find(box.token, NOW)
    assert number is not None
    voucher = voucher_hash(new.voucher)
    body.now += 100 * DAY
    body.do(AddVouchers((voucher,), body.now + DAY))
    assert body.outcomes(CloseBox(box.token), TakeFrames(number, 1)) == [UNKNOWN, UNKNOWN]
    address = new.address if other == "pickup" else box.address
    token = new.token if other == "address" else box.token
    assert body.outcomes(OpenBox(voucher, address, token)) == [DONE]
    assert body.boxes.stats() == Stats(0, 1, 0, 0)
    assert body.boxes.blob(address, body.now) is None
    assert body.outcomes(PutFrame(address, b"new")) == [DONE]
    opened = body.boxes.find(token, body.now)
    assert opened is not None
    assert [(each.number, each.frame) for each in body.boxes.read(opened, 0, 9, 99)] == [(1, b"new")]


def test_who_closes_a_mailbox_leaves_nothing_of_it(body: Body) -> None:
    """[RELAY-14]"""
    box, shown, other = body.opened("a"), body.opened("b"), body.opened("c")
    body.do(box.put(b"one"), box.put(b"two"), other.put(b"three"), PublishBlob(shown.token, b"blob", NOW * 2))
    assert body.outcomes(CloseBox(box.token), CloseBox(shown.token), CloseBox(box.token)) == [
        DONE,
        DONE,
        UNKNOWN,
    ]
    assert body.boxes.stats() == Stats(0, 1, 1, 5)
    assert body.outcomes(box.put(), shown.put(), other.put()) == [UNKNOWN, UNKNOWN, DONE]
    assert body.boxes.blob(shown.address, NOW) is None
    assert [frame for _, frame in body.frames(other)] == [b"three", b"frame"]


def test_what_stands_is_there_again_after_a_stop(body: Body) -> None:
    box, shown = body.opened("a"), body.opened("b")
    spare = voucher_hash(secret("spare"))
    body.do(AddVouchers((spare,), NOW + DAY), *[box.put(bytes([n])) for n in range(3)])
    body.do(PublishBlob(shown.token, b"blob", NOW + DAY))
    number = body.boxes.find(box.token, NOW)
    assert number is not None
    body.do(TakeFrames(number, 1))
    before = body.boxes.stats()
    body.again()
    assert body.boxes.stats() == before == Stats(1, 2, 2, 6)
    assert body.frames(box) == [(2, b"\1"), (3, b"\2")]
    assert body.boxes.blob(shown.address, NOW) == b"blob"
    assert body.boxes.find(box.token, NOW) == number
    third = Box("c")
    assert body.outcomes(OpenBox(spare, third.address, third.token), box.put(b"next")) == [DONE, DONE]
    assert [number for number, _ in body.frames(box)] == [2, 3, 4]


def test_the_labels_keep_what_is_asked_apart_from_what_is_kept() -> None:
    """[RELAY-8]"""
    value = secret("value")
    hashes = [address_of(value), pickup_hash(value), voucher_hash(value), value]
    assert all(one != other for one, other in pairwise(sorted(hashes)))
