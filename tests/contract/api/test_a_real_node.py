"""The API over a node that runs: whatever is asked, it answers in its own words and never with a fault."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from tests.contract.api.running import Served
from tests.contract.api.wire import Answer, Way

from pcloud.ambient.system import system_entropy
from pcloud.api import Client, OwnerError
from pcloud.api.routes import ROUTES, Media, Route
from pcloud.api.server import OwnerServer, Places
from pcloud.testing.home import Home, Street, related, until

HOSTILE = [
    "",
    " ",
    "\0",
    "\n\r\t\x1b[2J",
    "\u202e\u2066",
    "a" * 65,
    "f" * 64,
    "F" * 64,
    "00",
    "x" * 60_000,
    "\U0001f701" * 15_000,
    "../../etc/passwd",
    "'; DROP TABLE scopes; --",
    "%s%n{0}",
    "pcloud:contact/1/",
    "https://127.0.0.1/",
    "-1",
    "null",
]


@pytest.fixture
async def anna(street: Street) -> Home:
    return await street.home("Anna")


@pytest.fixture
async def served(anna: Home) -> AsyncIterator[Served]:
    """Anna's node, with its API on the socket."""
    faults: list[tuple[str, BaseException]] = []

    def report(reference: str, fault: BaseException) -> None:
        faults.append((reference, fault))

    served = Served(
        anna.folder, OwnerServer(anna.owner, Places(anna.folder, port=0), system_entropy, report), faults
    )
    await served.server.start()
    yield served
    served.hang_up()
    await served.server.stop()


async def asked(way: Way, route: Route[Any], subject: str, body: dict[str, Any]) -> Answer:
    target = route.path.replace(f"{{{route.subject}}}", subject)
    return await way.ask(route.method, target, msgspec.json.encode(body) if route.method == "POST" else None)


def sample(route: Route[Any]) -> dict[str, Any]:
    """A body of the right form that means nothing to the node."""
    known: dict[str, Any] = {
        "purpose": "p",
        "link": "l",
        "text": "t",
        "peer": "0",
        "peers": ["0"],
        "terms": "SD-BASE",
        "on": False,
        "relay": "r",
        "paths": ["profile.name"],
        "answer": "no",
        "right": "access",
        "name": "n",
        "holds": ["profile.name"],
        "wanted": ["profile.name"],
        "purposes": ["ServiceProvision"],
        "thread": "ab12",
        "outcomes": [{"path": "profile.name", "version": 1, "outcome": "applied"}],
        "path": "profile.name",
        "records": [{"path": "receipts/1", "value": 1}],
        "references": ["C-1"],
        "outcome": "done",
        "value": "v",
        "versions": [],
        "proffer": [],
        "accept": [],
    }
    required = len(route.request.__struct_fields__) - len(route.request.__struct_defaults__)
    return {name: known[name] for name in route.request.__struct_fields__[:required]}


async def test_every_read_of_a_fresh_node_is_answered(served: Served) -> None:
    way = served.way("unix")
    for route in ROUTES:
        if (
            route.method == "GET"
            and route.subject is None
            and route.media not in {Media.EVENTS, Media.ARCHIVE}
        ):
            assert (await asked(way, route, "", {})).status == 200, route.operation
    assert not served.faults


async def test_what_is_unknown_is_told_for_every_operation(served: Served) -> None:
    way = served.way("tcp")
    for route in ROUTES:
        if route.subject not in {None, "path"}:  # a path is no id: what stands nowhere is no fault
            answer = await asked(way, route, "00ff", sample(route))
            assert (answer.status, answer.code) == (404, "unknown"), route.operation
    assert not served.faults


async def test_no_text_that_anybody_sends_is_a_fault(served: Served) -> None:
    way = served.way("unix")
    for route in ROUTES:
        for text in HOSTILE:
            bodies = [sample(route) | {name: text} for name in route.request.__struct_fields__]
            for body in bodies if route.method == "POST" else []:
                answer = await asked(way, route, "00ff", body)
                assert answer.status < 500 or answer.code == "unreachable", (route.operation, body)
    assert not served.faults


async def test_two_owners_meet_and_speak_with_one_of_them_at_the_api(
    served: Served, anna: Home, street: Street
) -> None:
    shop = await street.home("shop", "organisation")
    async with served.client("unix") as node, served.client("tcp") as page:
        happenings = page.happenings(after=0)
        mine, _ = await related(anna, shop)
        assert [peer.id for peer in await node.peers()] == [mine.id]
        assert await node.peer("shop") == await page.peer(mine.id[:8])

        said = await node.say("shop", "Two bunches of tulips, please.")
        assert said.text == "Two bunches of tulips, please."
        names = [(await anext(happenings)).what for _ in range(4)]
        assert names[-1] == "conversation.say"

        async def acknowledged() -> bool:
            return (await page.log("shop", limit=1))[0].verdict == "applied"

        await until(acknowledged)
        assert len(await page.export("shop")) > 1_000
        with pytest.raises(OwnerError) as caught:
            await page.accept_terms("00ff")
        assert caught.value.code == "unknown"
        await happenings.aclose()
    assert not served.faults


async def test_a_client_of_the_api_can_be_stopped_at_any_time(served: Served) -> None:
    for number in range(20):
        async with Client.at(served.folder) as client:
            question = asyncio.ensure_future(client.invite(f"number {number}"))
            for _ in range(number):
                await asyncio.sleep(0)
            question.cancel()
            await asyncio.wait({question})
    async with Client.at(served.folder) as client:
        assert len(await client.invitations()) <= 20
    assert not served.faults
