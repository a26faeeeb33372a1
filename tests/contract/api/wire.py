"""Requests as bytes and answers as they come, so that a test can send what no library would."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answer(NamedTuple):
    """One answer, its header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        problem: dict[str, Any] = msgspec.json.decode(self.body)
        assert problem["status"] == self.status
        assert self.headers["content-type"] == "application/problem+json"
        return str(problem["code"])


@dataclass(frozen=True)
class Way:
    """One door of a server: how to get there, and what it wants to see."""

    socket: Path | None
    port: int
    headers: Mapping[str, str]
    opened: list[asyncio.StreamWriter]
    """Closed behind the test."""

    async def open(self) -> Streams:
        """A connection. Who does not read from it holds 128 KiB, and the node's system the rest."""
        if self.socket is not None:
            reader, writer = await asyncio.open_unix_connection(self.socket)
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.opened.append(writer)
        return reader, writer

    def request(
        self, method: str, target: str, body: bytes | None = None, **headers: str | list[str] | None
    ) -> bytes:
        """A request that this door lets in, but for the headers given; None leaves one out."""
        wanted: dict[str, Any] = {**self.headers, "Connection": "close"}
        if body is not None:
            wanted |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        wanted |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {target} HTTP/1.1"]
        for name, value in wanted.items():
            values = value if isinstance(value, list) else [] if value is None else [value]
            lines += [f"{name}: {one}" for one in values]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    async def ask(
        self, method: str, target: str, body: bytes | None = None, **headers: str | list[str] | None
    ) -> Answer:
        """Send it and give the whole answer."""
        return await self.send(self.request(method, target, body, **headers))

    async def send(self, data: bytes) -> Answer:
        """Send these bytes and give the first answer; the node closes behind it."""
        reader, writer = await self.open()
        writer.write(data)
        async with asyncio.timeout(20):
            answer = await read_answer(reader, bodiless=data.startswith(b"HEAD "))
        writer.close()
        return answer


async def read_answer(reader: asyncio.StreamReader, *, bodiless: bool = False) -> Answer:
    """The next answer of a connection."""
    head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    if bodiless:
        body = b""
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked" or headers.get("connection") != "close":
        body = b""
    else:
        body = await reader.read()
    return Answer(int(head.split(" ")[1]), headers, body)
