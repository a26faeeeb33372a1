"""Where the hostile peer is reached, and how it reaches others (chapter 13): one door for all it plays."""

import asyncio
import queue
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from pcloud_interop.hostile.wire.invitations import blob_name

T = TypeVar("T")

MAILBOX_BYTES: Final = 16
PACKET_BYTES_MAX: Final = 65_552
PROTOCOL: Final = "pcloud.1"
DONE_S_MAX: Final = 20
"""How long opening or ending a connection may take."""


class Harbour:
    """A door for packets, links and invitations, on a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="harbour", daemon=True)
        self._thread.start()
        self._mailboxes: dict[bytes, queue.SimpleQueue[bytes]] = {}
        self._blobs: dict[str, web.Response] = {}
        self._lines: dict[str, Line] = {}
        self._runner, self.endpoint = self.await_(self._open())

    async def _open(self) -> tuple[web.AppRunner, str]:
        application = web.Application(client_max_size=PACKET_BYTES_MAX)
        application.router.add_post("/pcloud/1/packets", self._posted)
        application.router.add_get("/pcloud/1/link", self._linked)
        application.router.add_get("/pcloud/1/invitations/{name}", self._fetched)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"

    def await_(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DONE_S_MAX)

    def mailbox(self, name: bytes, into: "queue.SimpleQueue[bytes]") -> None:
        """Take frames for a mailbox."""
        self._mailboxes[name] = into

    def publish(self, mailbox: bytes, blob: bytes) -> None:
        """Keep a blob under a mailbox id."""
        self._blobs[blob_name(mailbox)] = web.Response(body=blob, content_type="application/octet-stream")

    def redirect(self, mailbox: bytes, to: str) -> None:
        """Say of a blob that it is somewhere else."""
        answer = web.Response(status=302, headers={"Location": f"/pcloud/1/invitations/{to}"})
        self._blobs[blob_name(mailbox)] = answer

    def line_to(self, endpoint: str) -> "Line":
        """The link to a node, which all peers share: a node bounds how often a source asks (TRANSPORT-22)."""
        line = self._lines.get(endpoint)
        if line is None or line.ended:
            line = self._lines[endpoint] = Line(self, self.await_(self._dial(endpoint)))
        return line

    async def _dial(self, endpoint: str) -> tuple[ClientSession, ClientWebSocketResponse]:
        session = ClientSession(trust_env=False)
        try:
            socket = await session.ws_connect(
                f"{endpoint}/pcloud/1/link", protocols=(PROTOCOL,), max_msg_size=PACKET_BYTES_MAX, compress=0
            )
        except BaseException:
            await session.close()
            raise
        return session, socket

    async def _posted(self, request: web.Request) -> web.Response:
        self.deliver(await request.read())
        return web.Response(status=202)

    async def _linked(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), max_msg_size=PACKET_BYTES_MAX, compress=False, heartbeat=None
        )
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                self.deliver(message.data)
        return socket

    async def _fetched(self, request: web.Request) -> web.Response:
        found = self._blobs.get(request.match_info["name"])
        if found is None:
            return web.Response(status=404)
        return web.Response(status=found.status, headers=found.headers, body=found.body)

    def deliver(self, packet: bytes) -> None:
        """Put a packet where it belongs; what is for nobody is dropped."""
        into = self._mailboxes.get(packet[:MAILBOX_BYTES])
        if into is not None:
            into.put(packet[MAILBOX_BYTES:])

    def close(self) -> None:
        """End all of it."""
        for line in self._lines.values():
            line.close()
        self.await_(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Line:
    """A link to a node; what comes back over it is delivered."""

    def __init__(self, harbour: Harbour, opened: tuple[ClientSession, ClientWebSocketResponse]) -> None:
        self._harbour, (self._session, self._socket) = harbour, opened
        self._reading = harbour.await_(self._start())

    async def _start(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                self._harbour.deliver(message.data)

    @property
    def ended(self) -> bool:
        """Whether the other side, or this one, has ended it."""
        return self._socket.closed

    def send(self, mailbox: bytes, frame: bytes) -> None:
        """Send a packet. Raises ConnectionError where the link has ended."""
        self._harbour.await_(self._socket.send_bytes(mailbox + frame))

    def close(self) -> None:
        """End it."""
        self._harbour.await_(self._close())

    async def _close(self) -> None:
        await self._socket.close()
        await self._session.close()
        await self._reading
