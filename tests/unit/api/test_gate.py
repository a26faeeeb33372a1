"""What the connections of one listener have in common: how many there are, and that they end together."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from pcloud.api.connection import Bounds, Gate


async def answer(request: web.BaseRequest) -> web.Response:
    if request.path == "/fault":
        raise RuntimeError("canary")
    return web.Response(text="welcome")


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    gate = Gate(web.Server(answer), Bounds(connections_max=2))
    listening = await asyncio.get_running_loop().create_unix_server(gate, str(tmp_path / "socket"))
    yield gate
    listening.close()
    await gate.server.shutdown(1)


async def ask(folder: Path, path: str = "/") -> bytes:
    """The whole answer; nothing where one is turned away."""
    reader, writer = await asyncio.open_unix_connection(folder / "socket")
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_gate_has_room_until_it_is_full(gate: Gate, tmp_path: Path) -> None:
    assert gate.has_room()
    kept = [await asyncio.open_unix_connection(tmp_path / "socket") for _ in range(2)]
    for reader, writer in kept:
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"welcome")
    assert not gate.has_room()
    assert await ask(tmp_path) == b""
    for _, writer in kept:
        writer.close()


async def test_who_comes_when_it_is_closed_is_turned_away(gate: Gate, tmp_path: Path) -> None:
    gate.close()
    assert not gate.has_room()
    assert await ask(tmp_path) == b""
    assert gate.server.connections == []


async def test_a_fault_outside_of_every_handler_keeps_its_words_to_itself(
    gate: Gate, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answered = await ask(tmp_path, "/fault")
    assert answered.startswith(b"HTTP/1.1 500 ")
    assert b'"code":"internal"' in answered
    assert b"canary" not in answered
    assert len(caplog.records) == 1
    assert (await ask(tmp_path)).endswith(b"welcome")
