"""A relay drops, repeats, reorders, rewrites, lies: nothing is lost, doubled or out of order (spec 20 §7)."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.e2e.nodes.lodging import lodge, ready

from pcloud.net.port import Line, Packet
from pcloud.runtime.relaying.relays import Relays
from pcloud.runtime.relaying.visits import Visit
from pcloud.testing.home import Home, Street, quiet, related, texts, until
from pcloud.wire.services.relay import RELAY, Frame
from pcloud.wire.services.service import Outcome, write_answer

NOTES = 30

Spoil = Callable[[int, Frame], list[bytes]]
"""What is sent in place of the n-th frame."""


def push(said: Frame, /, **changed: Any) -> bytes:
    return RELAY.write_push(said._replace(**changed))


def flipped(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


FRAMES: dict[str, Spoil] = {
    "drops": lambda n, frame: [] if n % 3 == 0 else [push(frame)],
    "repeats": lambda _, frame: [push(frame), push(frame)],
    "repeats later": lambda n, frame: [push(frame), push(frame, number=frame.number + 500 * n)],
    "rewrites": lambda n, frame: [push(frame, frame=flipped(frame.frame) if n % 2 else frame.frame)],
    "makes up": lambda n, frame: [push(frame, frame=bytes(n) + b"x")],
    "skips numbers": lambda n, frame: [push(frame, number=frame.number + 7 * n)],
    "has no such handle": lambda _, frame: [push(frame, handle=9_999)],
    "sends more than may be under way": lambda n, frame: [
        push(frame, number=frame.number + 1_000 * n + more) for more in range(80)
    ],
    "answers nothing that was asked": lambda _, frame: [write_answer(5_000, Outcome.DONE), push(frame)],
    "says what is no message": lambda _, frame: [b"\x80", push(frame)],
    "says nothing": lambda _, __: [],
}


class Untrue(Visit):
    """A counter that spoils what it gives out."""

    spoil: Spoil | None = None
    held: bytes | None = None
    spoiled = 0

    async def _send(self, *messages: bytes) -> None:
        for message in messages:
            said = RELAY.read_back(message)
            if Untrue.spoil is None or not isinstance(said, Frame):
                await super()._send(message)
                continue
            Untrue.spoiled += 1
            for spoiled in Untrue.spoil(Untrue.spoiled, said):
                await super()._send(spoiled)


def reordered(_: int, frame: Frame) -> list[bytes]:
    """Each second one before the one that came first."""
    held, Untrue.held = Untrue.held, None
    if held is None:
        Untrue.held = push(frame)
        return []
    return [push(frame), held]


def of_another(_: int, frame: Frame) -> list[bytes]:
    """Under the handle of another mailbox."""
    return [push(frame, handle=frame.handle % 2 + 1)]


@pytest.fixture(autouse=True)
def untrue(monkeypatch: pytest.MonkeyPatch) -> None:
    async def visit(relays: Relays, line: Line) -> Visit:
        return Untrue(relays.counter, line, relays._parts.clock)

    monkeypatch.setattr(Relays, "visit", visit)
    Untrue.spoil, Untrue.held, Untrue.spoiled = None, None, 0


async def customers(street: Street) -> tuple[Home, Home, str, str]:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    await lodge(street, anna)
    theirs, mine = await related(bert, anna)
    return anna, bert, mine.id, theirs.id


@pytest.mark.parametrize(
    "spoil",
    [*FRAMES.values(), reordered, of_another],
    ids=[*FRAMES, "reorders", "gives what is of another mailbox"],
)
async def test_nothing_is_lost_doubled_or_out_of_order(street: Street, spoil: Spoil) -> None:
    """[RELAY-21]"""
    anna, bert, mine, theirs = await customers(street)
    await anna.down()
    said = [f"note {number}" for number in range(NOTES)]
    for text in said:
        await bert.owner.say(theirs, text)
    Untrue.spoil = spoil
    await anna.up()

    async def spoiled() -> bool:
        return Untrue.spoiled > 2

    await until(spoiled)
    heard = await texts(anna, mine)
    assert heard == said[: len(heard)]
    Untrue.spoil = None
    await anna.down()
    await anna.up()
    await bert.down()
    await bert.up()  # whoever comes back says again what was not acknowledged

    async def arrived() -> bool:
        return await texts(anna, mine) == said

    await until(arrived)
    await quiet(bert)
    assert await texts(bert, theirs) == said


async def test_a_line_that_ends_at_once_is_tried_again_more_slowly_and_harms_nobody(street: Street) -> None:
    anna, bert, mine, _ = await customers(street)
    shop = await street.home("Flora", "organisation")
    direct, _ = await related(anna, shop)
    Untrue.spoil = FRAMES["has no such handle"]
    await bert.owner.say((await bert.owner.peers())[0].id, "by the relay")
    await anna.owner.say(direct.id, "past the relay")
    await quiet(anna)

    async def noted() -> bool:
        return "relay-untrue" in anna.log.getvalue()

    await until(noted)
    assert await texts(anna, mine) == []
    Untrue.spoil = None

    async def arrived() -> bool:
        return await texts(anna, mine) == ["by the relay"]

    await until(arrived)


async def test_a_flooded_mailbox_is_full_and_no_other_is_touched(street: Street) -> None:
    """[RELAY-15], [RELAY-18]"""
    anna, bert, mine, theirs = await customers(street)
    cora = await street.home("Cora")
    hers, _ = await related(cora, anna)
    relay = street._homes[2]
    known = bert.node.store.relationship(bytes.fromhex(theirs))
    assert known is not None
    await anna.down()
    for number in range(200):  # twice what a mailbox holds
        frame = number.to_bytes(4, "big") * 16_000
        await relay.node.receive(Packet(known.peer.mailbox, frame), None, "198.51.100.1")

        async def taken(number: int = number) -> bool:
            kept, full = relay.node.relays.counter.counted
            return kept + full >= number

        await until(taken)
    await cora.owner.say(hers.id, "unharmed")
    await bert.owner.say(theirs, "said into a flood")
    stats = await relay.owner.relay_stats()
    assert stats.full > 0
    assert stats.bytes < 10 * 2**20
    await anna.up()

    async def arrived() -> bool:
        peers = {peer.name: peer.id for peer in await anna.owner.peers()}
        return await texts(anna, peers["Cora"]) == ["unharmed"]

    await until(arrived)

    async def emptied() -> bool:
        return (await relay.owner.relay_stats()).frames == 0

    await until(emptied)
    await bert.down()
    await bert.up()

    async def heard() -> bool:
        return await texts(anna, mine) == ["said into a flood"]

    await until(heard)


async def test_a_relay_that_was_away_is_found_again(street: Street) -> None:
    anna, bert, mine, theirs = await customers(street)
    relay = street._homes[2]
    await relay.down()
    await bert.owner.say(theirs, "nobody there?")
    await anna.owner.say(mine, "nobody here.")
    await relay.up()
    await ready(anna)
    await bert.down()
    await bert.up()

    async def both() -> bool:
        heard = ["nobody there?", "nobody here."]
        return sorted(await texts(anna, mine)) == sorted(await texts(bert, theirs)) == sorted(heard)

    await until(both)
    await quiet(anna, bert)
