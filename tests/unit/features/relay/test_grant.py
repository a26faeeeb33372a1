"""[RELAY-1] to [RELAY-5]: the relay's yes, with vouchers."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.relay.conftest import BYTES, FRAMES, LEASE, UNTIL, VOUCHERS, WHERE, Relay, data

from pcloud.engine.retry import withdraw_items
from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.relay.grant import RelayGrant, read_vouchers
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.limits import MESSAGE_BYTES_MAX, VOUCHERS_MAX
from pcloud.testing.node import exchange
from pcloud.wire import cbor

FULL = RelayGrant(WHERE, LEASE, FRAMES, BYTES, UNTIL)


def test_a_grant_says_where_how_long_and_how_much_and_its_item_is_the_vouchers(asked: Relay) -> None:
    asked.granted()
    entry = asked.anna.log.sequence(mine=False)[-1]
    asked.alike("granted", data(entry.first_id))
    item = entry.parts[1]
    assert item is not None
    assert read_vouchers(item.data) == VOUCHERS
    assert asked.anna.told[-1] == Tell("relay.granted", asked.thread)
    assert (RelayGrant.GATE, RelayGrant.MARK) == (Gate.RELATED, Mark.PERMITS)


def test_no_voucher_stands_in_what_is_never_erased(asked: Relay) -> None:
    """[MSG-17]"""
    asked.granted()
    for node in (asked.anna, asked.shop):
        (entry,) = [each for each in node.log.entries(asked.thread) if each.parts[1:]]
        body = entry.parts[0]
        assert body is not None
        lasting = (entry.signed.data, body.data, repr(node.log.threads[asked.thread]).encode())
        assert not any(voucher in each for voucher in VOUCHERS for each in lasting)
        assert not any(voucher.hex().encode() in lasting[2] for voucher in VOUCHERS)


def test_as_many_as_one_grant_may_bring_fit_into_a_message(asked: Relay) -> None:
    """[RELAY-2]"""
    many = tuple(number.to_bytes(32, "big") for number in range(VOUCHERS_MAX))
    exchange(asked.shop, asked.anna, asked.grant(vouchers=many))
    item = asked.anna.log.sequence(mine=False)[-1].parts[1]
    assert item is not None
    assert read_vouchers(item.data) == many
    assert len(item.data) < MESSAGE_BYTES_MAX
    with pytest.raises(Violation):
        read_vouchers(cbor.encode([*many, bytes(31) + b"\xff"]))


@pytest.mark.parametrize(
    "item",
    [
        b"",
        cbor.encode([]),
        cbor.encode(VOUCHERS[0]),
        cbor.encode([VOUCHERS[0][1:]]),
        cbor.encode([VOUCHERS[0] + b"\0"]),
        cbor.encode(["x" * 32]),
        cbor.encode([None]),
        cbor.encode([VOUCHERS[0], VOUCHERS[0]]),
        cbor.encode({1: VOUCHERS[0]}),
        cbor.encode(None),
        cbor.encode([*VOUCHERS]) + b"\0",
        b"\x98\x01" + cbor.encode([VOUCHERS[0]])[1:],
        b"\x9f" + cbor.encode([VOUCHERS[0]])[1:] + b"\xff",
    ],
)
def test_an_item_that_is_no_vouchers_is_refused(asked: Relay, item: bytes) -> None:
    """[RELAY-2]"""
    refused(asked.anna, forged(asked.shop, FULL, asked.thread, items=(item,)), Code.BODY_FORM)


@pytest.mark.parametrize(("count", "code"), [(0, Code.BODY_FORM), (2, Code.PART_MISMATCH)])
def test_one_place_for_vouchers_and_neither_none_nor_two(asked: Relay, count: int, code: Code) -> None:
    """[RELAY-1]"""
    items = (cbor.encode([*VOUCHERS]),) * count
    refused(asked.anna, forged(asked.shop, FULL, asked.thread, items=items), code)


@pytest.mark.parametrize(
    "wrong",
    [
        {1: []},
        {1: ["x"] * 4},
        {1: [b"x"]},
        {1: "x"},
        {2: 2_591_999},
        {2: "x"},
        {3: 0},
        {4: 0},
        {5: -1},
        {5: None},
        {6: [*VOUCHERS]},
    ],
)
def test_a_body_with_anything_else_is_refused(wrong: dict[int, Any]) -> None:
    """[MSG-8] [MSG-9]"""
    right = {1: [*WHERE], 2: LEASE, 3: FRAMES, 4: BYTES, 5: UNTIL}
    assert RelayGrant.read(cbor.encode(right)) == FULL
    with pytest.raises(Violation) as found:
        RelayGrant.read(cbor.encode({**right, **wrong}))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)
    for key in right:
        with pytest.raises(Violation):
            RelayGrant.read(cbor.encode({other: value for other, value in right.items() if other != key}))


def test_a_grant_whose_vouchers_are_gone_is_applied(asked: Relay) -> None:
    """[RELAY-3] [MSG-15]"""
    asked.grant()
    asked.shop.log.put(withdraw_items(asked.shop.log.sequence(mine=True)[-1]))
    exchange(asked.shop, asked.anna, *asked.shop.frames())
    entry = asked.anna.log.sequence(mine=False)[-1]
    assert (entry.verdict, entry.parts[1]) == ("applied", None)
    asked.alike("granted", data(entry.first_id))


def test_what_is_granted_later_takes_the_place_of_the_earlier(asked: Relay) -> None:
    asked.granted()
    exchange(asked.anna, asked.shop, asked.ask())
    exchange(asked.shop, asked.anna, asked.grant(7))
    asked.alike("granted", data(asked.shop.relationship.outgoing.head, 7))


def test_nothing_is_granted_twice_for_one_wish(asked: Relay) -> None:
    asked.granted()
    items = (cbor.encode([*VOUCHERS]),)
    refused(asked.anna, forged(asked.shop, FULL, asked.thread, items=items), Code.NOT_IN_STATE)


def test_only_who_was_asked_grants(asked: Relay) -> None:
    items = (cbor.encode([*VOUCHERS]),)
    refused(asked.shop, forged(asked.anna, FULL, asked.thread, items=items), Code.NOT_YOUR_TURN)


def test_nothing_is_granted_that_was_not_asked_for(asked: Relay) -> None:
    items = (cbor.encode([*VOUCHERS]),)
    refused(asked.anna, forged(asked.shop, FULL, None, items=items), Code.NOT_IN_STATE)


def test_a_refusal_names_no_byte_of_a_voucher(asked: Relay) -> None:
    """[TABLE-11]"""
    with pytest.raises(UsageError) as found:
        asked.shop.say(FULL, asked.thread, (cbor.encode([VOUCHERS[0] + b"x"]),))
    assert found.value.code is Code.BODY_FORM
    assert VOUCHERS[0].hex() not in repr((found.value, found.value.__cause__))
