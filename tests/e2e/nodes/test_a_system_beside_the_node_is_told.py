"""The owner's own system is told what happens to data of others: signed, in order, at least once."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.e2e.nodes.agreed import Pair
from tests.e2e.nodes.taker import (
    ANNA,
    HOME,
    NAME,
    STREET_,
    claim,
    erase,
    give,
    holds,
    pair_in,
    revoke,
    settled,
    update,
)

from pcloud.net.hook import HttpHook
from pcloud.net.port import UnreachableError
from pcloud.net.settings import NetSettings
from pcloud.runtime.config import ConfigError
from pcloud.runtime.logs import Log
from pcloud.runtime.node import Node
from pcloud.runtime.taking import telling
from pcloud.runtime.taking.telling import SIGNATURE, Receiver, Telling
from pcloud.testing.home import Home, Village, until

SECRET = b"known to both, and nobody"


class Crm:
    """Takes what it is told, or does not."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.is_down = False
        self.tries = 0

    async def tell(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.tries += 1
        if self.is_down:
            raise UnreachableError("down")
        self.bodies.append(body)
        self.headers.append(headers)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for body in self.bodies for event in json.loads(body)["events"]]

    @property
    def told(self) -> list[str]:
        return [event["what"] for event in self.events]


async def listening(home: Home, crm: Crm) -> None:
    """Let the node of a home tell it, as it would from its start."""
    node: Node = home.node
    await node.telling.stop()
    log: Log = node.log
    node.telling = Telling(node.decider, node.clock, log, node.failed, Receiver(crm, SECRET))
    node.telling.start()

    async def begun() -> bool:
        return await node.decider.do(lambda batch: batch.store.fact("taking-told")) is not None

    await until(begun)


async def knows(crm: Crm, *what: str) -> None:
    async def there() -> bool:
        return crm.told == list(what)

    await until(there)


@pytest.fixture
async def pair(village: Village) -> Pair:
    return await pair_in(village)


async def test_what_happens_is_told_in_order_and_without_a_value(pair: Pair) -> None:
    crm = Crm()
    await listening(pair.shop, crm)
    grant = await give(pair, {NAME: ANNA, HOME: STREET_})
    await holds(pair, {NAME: 1, HOME: 1})
    await knows(crm, "given")
    await update(pair, grant, {HOME: {"streetAddress": "Salbeigasse 3"}}, 2)
    await holds(pair, {NAME: 1, HOME: 2})
    await revoke(pair, grant, HOME)
    await holds(pair, {NAME: 1})
    await erase(pair, grant)
    await holds(pair, {})
    await claim(pair, "access", NAME)
    await settled(pair)

    async def enough() -> bool:
        return crm.told[-1] == "claimed"

    await until(enough)
    seen: list[str] = []
    for event in crm.events:  # what lost values since may come again, under the same id
        if event["id"] not in [each["id"] for each in crm.events[: len(seen)]]:
            seen.append(event["what"])
        else:
            seen.append("again")
    assert [what for what in seen if what != "again"] == [
        "given",
        "changed",
        "taken-back",
        "deleted",
        "delete",
        "deleted",
        "claimed",
    ]
    first = crm.events[0]
    assert first["peer"] == pair.theirs.id
    assert first["fields"] == [{"path": NAME, "version": 1}, {"path": HOME, "version": 1}]
    whole = b"".join(crm.bodies)
    for value in (ANNA["familyName"], STREET_["streetAddress"], "Salbeigasse"):
        assert value.encode() not in whole


async def test_each_post_is_signed_with_its_time(pair: Pair) -> None:
    crm = Crm()
    await listening(pair.shop, crm)
    await give(pair, {NAME: ANNA})
    await knows(crm, "given")
    stamp, _, signature = crm.headers[0][SIGNATURE].partition(",")
    signed = stamp.removeprefix("t=").encode() + b"." + crm.bodies[0]
    assert signature == "v1=" + hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    assert int(stamp.removeprefix("t=")) == pair.shop.clock.now()


async def test_what_it_did_not_take_is_told_again_after_a_kill_too(village: Village, pair: Pair) -> None:
    crm = Crm()
    await listening(pair.shop, crm)
    crm.is_down = True
    await give(pair, {NAME: ANNA})
    await give(pair, {HOME: STREET_})
    await holds(pair, {NAME: 1, HOME: 1})

    async def tried() -> bool:
        return crm.tries > 0

    await until(tried)
    (check,) = [each for each in await pair.shop.owner.doctor() if each.name == "webhook"]
    assert not check.ok
    await village.clock.advance(60)
    assert 2 < crm.tries < 8, "again and again, and each time later"
    await pair.shop.down()
    await pair.shop.up()
    crm.is_down = False
    await listening(pair.shop, crm)
    await village.clock.advance(1)
    await knows(crm, "given", "given")
    (check,) = [each for each in await pair.shop.owner.doctor() if each.name == "webhook"]
    assert check.ok
    await pair.shop.down()
    await pair.shop.up()
    await listening(pair.shop, crm)
    await give(pair, {"profile.email": "a@b.example"})
    await knows(crm, "given", "given", "given")


async def test_nothing_of_what_others_do_is_told(pair: Pair) -> None:
    crm = Crm()
    await listening(pair.shop, crm)
    await pair.anna.owner.say(pair.mine.id, "Good morning")
    await pair.shop.owner.say(pair.theirs.id, "Good morning to you")
    await give(pair, {NAME: ANNA})
    await knows(crm, "given")


async def test_what_a_peer_needs_no_more_of_the_owner_s_own_data_is_none_of_it(pair: Pair) -> None:
    crm = Crm()
    await listening(pair.anna, crm)
    grant = await give(pair, {NAME: ANNA})
    await holds(pair, {NAME: 1})
    await pair.shop.owner.give_up(pair.theirs.id, grant)
    await settled(pair)
    await pair.shop.owner.close(pair.theirs.id)
    await knows(crm, "closed")


def test_a_secret_is_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for content in (b"", b"short", b"x" * 257):
        file.write_bytes(content)
        with pytest.raises(ConfigError):
            telling.read_secret(file)
    with pytest.raises(ConfigError):
        telling.read_secret(tmp_path / "gone")
    file.write_bytes(b"x" * 16 + b"\n")
    assert telling.read_secret(file) == b"x" * 16


# Over a real socket

Door = tuple[int, list[tuple[bytes, str]], dict[str, int]]


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """A server of the owner's: port, what came, and the status that it answers with."""
    came: list[tuple[bytes, str]] = []
    answers = {"status": 204}

    async def take(request: web.Request) -> web.Response:
        came.append((await request.read(), request.headers.get(SIGNATURE, "")))
        return web.Response(status=answers["status"], headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/changes", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1], came, answers
    await runner.cleanup()


async def test_it_goes_out_through_the_one_door(
    door: tuple[int, list[tuple[bytes, str]], dict[str, int]],
) -> None:
    port, came, answers = door
    here = NetSettings(listens=False, allow_private=("127.0.0.0/8",))
    url = f"http://127.0.0.1:{port}/changes"
    await HttpHook(here, url).tell(b"{}", {SIGNATURE: "s"})
    assert came == [(b"{}", "s")]
    for status in (301, 400, 404, 500):
        answers["status"] = status
        with pytest.raises(UnreachableError):
            await HttpHook(here, url).tell(b"{}", {})
    answers["status"] = 200
    before = len(came)
    with pytest.raises(UnreachableError):  # this network is not allowed
        await HttpHook(NetSettings(listens=False), url).tell(b"{}", {})
    assert len(came) == before
