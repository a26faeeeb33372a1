"""How the client's questions travel: HTTP over the Unix socket of a node, or over loopback with its token."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from aiohttp.hdrs import AUTHORIZATION, CONTENT_TYPE
from yarl import URL

from pcloud.api.problems import Problem
from pcloud.api.routes import Media
from pcloud.runtime.surface import OwnerError

CONNECT_S_MAX: Final = 5
"""Until a connection stands; nothing here leaves the machine."""

ANSWER_S_MAX: Final = 120
"""Until a whole answer is there: the node may have to ask another one first."""

SILENCE_S_MAX: Final = 60
"""Of a stream of events, in which the node shows several times that it is there."""


class Carrier:
    """Connections to one node, opened when they are needed and kept for the next question."""

    def __init__(self, url: str, socket: Path | None, token: str | None) -> None:
        connector = aiohttp.TCPConnector() if socket is None else aiohttp.UnixConnector(str(socket))
        self._url = url
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={} if token is None else {AUTHORIZATION: f"Bearer {token}"},
        )

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    async def ask(self, method: str, target: str, body: bytes | None, wanted: HTTPStatus) -> bytes:
        """Send one question and give the answer. Raises OwnerError."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_S_MAX, sock_connect=CONNECT_S_MAX)
        headers = {} if body is None else {CONTENT_TYPE: str(Media.JSON)}
        with _told():
            async with self._session.request(
                method,
                URL(self._url + target, encoded=True),
                allow_redirects=False,
                data=body,
                headers=headers,
                timeout=timeout,
            ) as response:
                answer = await response.read()
        if response.status != wanted:
            raise _refusal(answer)
        return answer

    async def listen(self, target: str) -> AsyncGenerator[bytes, None]:
        """The data of each event of a stream, until the node ends it. Raises OwnerError."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX, sock_read=SILENCE_S_MAX)
        with _told():
            async with self._session.get(
                URL(self._url + target, encoded=True), allow_redirects=False, timeout=timeout
            ) as response:
                if response.status != HTTPStatus.OK:
                    raise _refusal(await response.read())
                async for line in response.content:
                    if line.startswith(b"data:"):
                        yield line.removeprefix(b"data:")

    async def receive(self, target: str) -> AsyncGenerator[bytes, None]:
        """An answer of any length, piece by piece. Raises OwnerError, also where it breaks off."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX, sock_read=SILENCE_S_MAX)
        with _told():
            async with self._session.get(
                URL(self._url + target, encoded=True), allow_redirects=False, timeout=timeout
            ) as response:
                if response.status != HTTPStatus.OK:
                    raise _refusal(await response.read())
                async for piece in response.content.iter_any():
                    yield piece


@contextmanager
def _told() -> Iterator[None]:
    """Say in the owner's words that nobody answers, or that the answer broke off."""
    try:
        yield
    except aiohttp.ClientConnectorError as fault:
        raise OwnerError("no-node", "No node answers here. Start it with: pcloud up") from fault
    except (aiohttp.ClientError, TimeoutError) as fault:
        raise OwnerError(
            "unreachable",
            "The node broke off before its answer was whole. Look whether it was done before you ask again.",
        ) from fault


def _refusal(answer: bytes) -> OwnerError:
    try:
        problem = msgspec.json.decode(answer, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return OwnerError("invalid", "What answers here is no node.")
    told = problem.detail if problem.reference is None else f"{problem.detail} ({problem.reference})"
    return OwnerError(problem.code, told)
