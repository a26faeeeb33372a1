"""[CUSTODY-2] to [CUSTODY-6]: the holder's yes, with the token."""

from typing import Any

import pytest
from tests.unit.engine.probe import forged, refused
from tests.unit.features.custody.conftest import ADDRESS, DAYS, GIB, TOKEN, WHERE, Custody

from pcloud.engine.retry import withdraw_items
from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.custody.ask import CustodyAsk
from pcloud.features.custody.grant import CustodyGrant, read_token
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.testing.node import exchange
from pcloud.wire import cbor


def data(grant: bytes, bytes_max: int = GIB) -> dict[str, Any]:
    return {
        "address": ADDRESS,
        "bytes": bytes_max,
        "days": DAYS,
        "endpoints": list(WHERE),
        "grant": grant,
    }


def test_a_grant_says_how_much_how_long_and_where_and_its_item_is_the_token(asked: Custody) -> None:
    """[CUSTODY-5] [CUSTODY-6]"""
    asked.granted()
    entry = asked.anna.log.sequence(mine=False)[-1]
    asked.alike("kept", data(entry.first_id))
    item = entry.parts[1]
    assert item is not None
    assert read_token(item.data) == TOKEN
    assert TOKEN.hex() not in repr(asked.anna.log.threads[asked.thread])
    assert asked.anna.told[-1] == Tell("custody.granted", asked.thread)
    assert (CustodyGrant.GATE, CustodyGrant.MARK) == (Gate.RELATED, Mark.PERMITS)


def test_a_later_grant_takes_the_place_of_the_earlier(asked: Custody) -> None:
    """[CUSTODY-5] [CUSTODY-6]"""
    asked.granted()
    exchange(asked.shop, asked.anna, asked.grant(2 * GIB, token=bytes(32)))
    asked.alike("kept", data(asked.shop.relationship.outgoing.head, 2 * GIB))


@pytest.mark.parametrize(
    "item",
    [
        b"",
        cbor.encode(TOKEN[1:]),
        cbor.encode(TOKEN + b"\0"),
        cbor.encode("x" * 32),
        cbor.encode(None),
        cbor.encode([TOKEN]),
        cbor.encode(TOKEN) + b"\0",
        b"\x59\x00\x20" + TOKEN,
    ],
)
def test_an_item_that_is_no_token_is_refused(asked: Custody, item: bytes) -> None:
    """[CUSTODY-3]"""
    message, _ = CustodyGrant.pack(GIB, DAYS, WHERE, TOKEN)
    refused(asked.anna, forged(asked.shop, message, asked.thread, items=(item,)), Code.BODY_FORM)


@pytest.mark.parametrize(("count", "code"), [(0, Code.BODY_FORM), (2, Code.PART_MISMATCH)])
def test_one_place_for_a_token_and_neither_none_nor_two(asked: Custody, count: int, code: Code) -> None:
    """[CUSTODY-2]"""
    message, items = CustodyGrant.pack(GIB, DAYS, WHERE, TOKEN)
    refused(asked.anna, forged(asked.shop, message, asked.thread, items=items * count), code)


@pytest.mark.parametrize(
    "body",
    [
        {1: GIB, 2: DAYS},
        {1: GIB, 2: DAYS, 3: []},
        {1: GIB, 2: DAYS, 3: ["x"] * 4},
        {1: GIB, 2: DAYS, 3: [b"x"]},
        {1: 0, 2: DAYS, 3: ["x"]},
        {1: GIB, 2: 0, 3: ["x"]},
        {1: GIB, 2: DAYS, 3: ["x"], 4: TOKEN},
    ],
)
def test_a_body_with_anything_else_is_refused(body: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        CustodyGrant.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_a_grant_whose_token_is_gone_is_applied(asked: Custody) -> None:
    """[CUSTODY-4] [MSG-15]"""
    asked.grant()
    asked.shop.log.put(withdraw_items(asked.shop.log.sequence(mine=True)[-1]))
    exchange(asked.shop, asked.anna, *asked.shop.frames())
    entry = asked.anna.log.sequence(mine=False)[-1]
    assert (entry.verdict, entry.parts[1]) == ("applied", None)
    asked.alike("kept", data(entry.first_id))


def test_only_who_was_asked_grants(asked: Custody) -> None:
    """[CUSTODY-5]"""
    message, items = CustodyGrant.pack(GIB, DAYS, WHERE, TOKEN)
    refused(asked.shop, forged(asked.anna, message, asked.thread, items=items), Code.NOT_YOUR_TURN)
    with pytest.raises(UsageError) as found:
        asked.anna.say(message, asked.thread, items)
    assert found.value.code is Code.NOT_YOUR_TURN
    asked.alike("asked", {"address": ADDRESS, "bytes": GIB, "days": DAYS})


def test_nothing_is_granted_that_was_not_asked(asked: Custody) -> None:
    """[CUSTODY-5]"""
    message, items = CustodyGrant.pack(GIB, DAYS, WHERE, TOKEN)
    refused(asked.anna, forged(asked.shop, message, None, items=items), Code.NOT_IN_STATE)
    assert CustodyAsk.NAME not in {e.signed.header.name for e in asked.shop.log.sequence(mine=True)}


def test_a_refusal_names_no_byte_of_the_token(asked: Custody) -> None:
    """[TABLE-11]"""
    with pytest.raises(UsageError) as found:
        asked.shop.say(CustodyGrant(GIB, DAYS, WHERE), asked.thread, (cbor.encode(TOKEN + b"x"),))
    assert found.value.code is Code.BODY_FORM
    assert TOKEN.hex() not in repr((found.value, found.value.__cause__))
