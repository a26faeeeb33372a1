"""What no node can leave out, by bare primitives: a socket, opening, verifying, a synced row a message.

Each floor runs in a process of its own, as the node does.
"""

import asyncio
import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import apsw
import nacl.bindings as sodium
from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

GROUP = 256
BODY_BYTES = 620
"""With signature, tag and nonces as long as one of our frames of a conversation with the same text."""
KEY = bytes(range(32))
PUBLIC, SECRET = sodium.crypto_sign_seed_keypair(b"f" * 32)

Take = Callable[[bytes], tuple[bytes, bytes]]
"""Opens and verifies one frame: its id, and what to keep."""


def open_database(folder: Path) -> apsw.Connection:
    """A database that syncs each commit, encrypted as ours is."""
    database = apsw.Connection(str(folder / f"floor-{os.urandom(4).hex()}.db"))
    database.pragma("hexkey", KEY.hex())
    for name, value in (("journal_mode", "wal"), ("synchronous", "full"), ("temp_store", "memory")):
        database.pragma(name, value)
    database.execute("CREATE TABLE inbox (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, data BLOB)")
    database.execute("CREATE TABLE outbox (number INTEGER PRIMARY KEY, data BLOB)")
    return database


def seal(number: int) -> bytes:
    """One frame: nonce, and under the session's key the signed message."""
    nonce = number.to_bytes(12, "big")
    signed = sodium.crypto_sign(nonce + bytes(BODY_BYTES), SECRET)
    return nonce + ChaCha20Poly1305(KEY).encrypt(nonce, signed, None)


def take(frame: bytes) -> tuple[bytes, bytes]:
    """Open and verify one frame: its id, and what to keep."""
    signed = ChaCha20Poly1305(KEY).decrypt(frame[:12], frame[12:], None)
    message = sodium.crypto_sign_open(signed, PUBLIC)
    return hashlib.sha256(message).digest(), message


def keep(database: apsw.Connection, rows: Sequence[tuple[bytes, bytes]]) -> None:
    """One synced commit."""
    with database:
        database.executemany("INSERT OR IGNORE INTO inbox (id, data) VALUES (?, ?)", rows)


def _help(pipe: Connection, taking: Take) -> None:
    while (frames := pipe.recv()) is not None:
        pipe.send([taking(frame) for frame in frames])


class Server:
    """Receives over one WebSocket, where every group is answered once it is kept; or each by a request."""

    def __init__(self, folder: Path, *, helper: bool, taking: Take = take) -> None:
        self._database = open_database(folder)
        self._take = taking
        self._helper: Connection | None = None
        self._pending: list[bytes] = []
        self._asked = False
        self._keeping: asyncio.Task[None] | None = None
        self.done = 0
        """Messages that are kept."""
        if helper:
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.get_context("fork").Process(
                target=_help, args=(theirs, taking), daemon=True
            )
            process.start()
            self._helper = ours

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One connection, or one message."""
        return await (self._post(request) if request.method == "POST" else self._link(request))

    async def _post(self, request: web.BaseRequest) -> web.Response:
        """Answered at once, as a node does (spec 13 §3), and kept with all that wait by then."""
        self._pending.append((await request.read())[16:])
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_what_waits())
        return web.Response(status=202)

    async def _keep_what_waits(self) -> None:
        while self._pending:
            frames, self._pending = self._pending[:GROUP], self._pending[GROUP:]
            rows = [self._take(frame) for frame in frames]
            await asyncio.to_thread(keep, self._database, rows)  # requests are read while it syncs
            self.done += len(rows)

    async def _link(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """One connection."""
        socket = web.WebSocketResponse(compress=False, protocols=("pcloud.1",))
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                break
            self._pending.append(message.data[16:])
            if len(self._pending) == GROUP:
                frames, self._pending = self._pending, []
                self._judge(frames)
                await socket.send_bytes(self.done.to_bytes(8, "big"))
        return socket

    def _judge(self, frames: list[bytes]) -> None:
        """Verify here, or every other group beside it in the helper."""
        helper = self._helper
        if helper is not None and not self._asked:
            helper.send(frames)
            self._asked = True
            return
        rows = [self._take(frame) for frame in frames]
        if helper is not None:
            rows += helper.recv()
            self._asked = False
        if rows:
            keep(self._database, rows)
            self.done += len(rows)


def serve(pipe: Connection, folder: Path, core: int | None, *, helper: bool, taking: Take = take) -> None:
    """Run a server in this process; says its port, ends when told."""
    if core is not None:
        os.sched_setaffinity(0, {core})

    async def run() -> None:
        server = Server(folder, helper=helper, taking=taking)
        runner = web.ServerRunner(web.Server(server.handle, access_log=None))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        pipe.send(runner.addresses[0][1])
        loop = asyncio.get_running_loop()
        while (asked := await loop.run_in_executor(None, pipe.recv)) != "end":
            pipe.send(server.done if asked == "count" else time.process_time())
        await runner.cleanup()

    asyncio.run(run())
