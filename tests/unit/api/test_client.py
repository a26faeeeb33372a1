"""The client is light to import, asks nothing twice, and says in words what went wrong on the way."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from pcloud.api import Client, OwnerError

HEAVY = ["aiohttp", "prometheus_client", "rich", "structlog", "typer", "yarl", "zeroconf"]

Answering = Callable[[list[bytes]], Awaitable[None]]


def test_importing_the_client_imports_no_carrier_and_no_server() -> None:
    """A command line that only shows its help must not wait for what it does not need."""
    code = "import sys, pcloud.api; print('\\n'.join(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(found.stdout.split())
    assert not modules & set(HEAVY)
    assert not modules & {f"pcloud.api.{name}" for name in ("application", "carrier", "guard", "server")}
    assert "asyncio" not in modules


@pytest.fixture
async def answering(tmp_path: Path) -> AsyncIterator[Answering]:
    """Stand where a node should, and answer each connection with the next of these bytes."""
    servers = []

    async def started(answers: list[bytes]) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answers.pop(0))
            writer.close()

        servers.append(await asyncio.start_unix_server(answer, tmp_path / "owner.sock"))

    yield started
    for server in servers:
        server.close()


async def test_where_no_node_runs_it_says_how_to_start_one(tmp_path: Path) -> None:
    for client in (Client.at(tmp_path), Client.at(tmp_path / ("x" * 200)), Client("http://127.0.0.1:1")):
        async with client:
            with pytest.raises(OwnerError, match="pcloud up") as caught:
                await client.status()
            assert caught.value.code == "no-node"
            with pytest.raises(OwnerError, match="pcloud up"):
                await anext(client.happenings())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
async def test_an_answer_that_breaks_off_is_not_asked_for_again(
    answering: Answering, tmp_path: Path, answer: bytes
) -> None:
    """A POST may have been done: only the owner can know whether to ask again."""
    answers = [answer, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"]
    await answering(answers)
    async with Client.at(tmp_path) as client:
        with pytest.raises(OwnerError, match="before you ask again") as caught:
            await client.rotate("cc33")
    assert caught.value.code == "unreachable"
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "another version"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff", "another version"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>", "is no node"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "is no node"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://attacker.example/\r\nContent-Length: 0\r\n\r\n",
            "is no node",
        ),
    ],
)
async def test_whoever_is_no_node_of_this_version_is_not_believed(
    answering: Answering, tmp_path: Path, answer: bytes, words: str
) -> None:
    await answering([answer])
    async with Client.at(tmp_path) as client:
        with pytest.raises(OwnerError, match=words) as caught:
            await client.status()
    assert caught.value.code == "invalid"


async def test_a_field_of_tomorrow_is_no_trouble(answering: Answering, tmp_path: Path) -> None:
    body = b'{"ok":true,"name":"n","address":"192.0.2.1","port":1,"token":"t","speed":"high"}'
    await answering([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n[%s]" % (len(body) + 2, body)])
    async with Client.at(tmp_path) as client:
        [found] = await client.discover()
    assert found.address == "192.0.2.1"


async def test_a_client_that_was_closed_opens_again_when_asked(answering: Answering, tmp_path: Path) -> None:
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    await answering([answer, answer])
    client = Client.at(tmp_path)
    for _ in range(2):
        await client.announce(on=False)
        await client.aclose()
