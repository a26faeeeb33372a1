"""Level 3: a whole node with its store and sockets, under a clock that is set forward (interop/DRIVER.md)."""

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from interop.drivers.python.clock import ShiftedClock
from interop.drivers.python.making import KEY, LOOPBACK, STORE, come_back, make
from interop.drivers.python.words import WORDS

from pcloud.ambient.fixed import SeededEntropy
from pcloud.ambient.port import Entropy
from pcloud.ambient.system import system_entropy
from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.net.http import HttpNet
from pcloud.net.settings import NetSettings
from pcloud.runtime.config import Limits
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.node import Node
from pcloud.runtime.owner import Owner
from pcloud.runtime.owning.answering import peer_of
from pcloud.runtime.relaying.opening import open_mailboxes
from pcloud.runtime.surface import OwnerError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Kept, assemble
from pcloud.testing.vectors import UNSUPPORTED
from pcloud.testing.vectors_input import Input, malformed

T = TypeVar("T")
Answer = dict[str, Any]

FOLDER: Final = "node"
"""Inside of what the suite gives: nobody else may look into it."""
KINDS: Final = ("person", "organisation")
_OWN_CODES: Final = {"ambiguous": "unknown", "full": "busy"}


class Living:
    """At most one node, on a loop of its own, so that lines are read while it works."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="node", daemon=True)
        self._thread.start()
        self._node: Node | None = None
        self._clock = ShiftedClock(0)

    def start(self, given: Input) -> Answer:
        """Make the node of a folder, or go on with it."""
        if self._node is not None:
            raise malformed("a node runs already")
        if given.text("kind") not in KINDS:
            raise malformed("kind")
        return self._owners(self._start(given))

    async def _start(self, given: Input) -> Answer:
        folder, entropy = Path(given.text("dir")) / FOLDER, _entropy(given)
        folder.mkdir(mode=0o700, exist_ok=True)
        clock = ShiftedClock(given.number("now"))
        listen = given.given.get("listen")
        host, port = ("127.0.0.1", 0) if listen is None else _address(given.text("listen"))
        secret = await _prepared(folder, given, entropy)
        settings = NetSettings(host, port, allow_private=LOOPBACK, listens=listen is not None)
        node = assemble(
            SqliteStore.open(folder / STORE, KEY),
            HttpNet(settings),
            clock,
            Limits(),
            io.StringIO(),
            entropy=entropy,
            mailboxes=partial(open_mailboxes, folder, KEY),
            kept=Kept(folder),
        )
        await node.start()
        self._node, self._clock = node, clock
        endpoint = None if listen is None else node.me.endpoints[0]
        return {"ok": True, "endpoint": endpoint, "secret": secret}

    def stop(self, _: Input) -> Answer:
        """Stop it as an owner does. Its folder stays."""
        node, self._node = self._running(), None
        self._await(node.stop())
        return {"ok": True}

    def advance(self, given: Input) -> Answer:
        """Let time pass for it."""
        seconds = given.number("seconds")
        self._running()
        if seconds < 1:
            raise malformed("seconds: at least 1")
        self._loop.call_soon_threadsafe(self._clock.advance, seconds)
        return {"ok": True, "now": self._await(self._now())}

    async def _now(self) -> int:
        return self._clock.now()

    def state(self, given: Input) -> Answer:
        """How a relationship stands, in what two implementations can compare."""
        node, peer = self._running(), given.text("peer")

        def job(batch: Batch) -> Answer:
            scope = peer_of(batch, peer)
            held, log = scope.relationship, scope.log
            entries = [*log.sequence(mine=True), *log.sequence(mine=False)]
            return {
                "ok": True,
                "personas": [held.me.log.persona.hex(), held.peer.log.persona.hex()],
                "digest": fold(entries, STANDARD, held.unaffirmed, held.logs).digest().hex(),
                "waiting": len(held.outgoing.pending),
            }

        return self._owners(_decided(node, job))

    def command(self, given: Input) -> Answer:
        """Tell it what its owner wants."""
        owner, arguments = Owner(self._running()), given.given.get("arguments", {})
        if not isinstance(arguments, dict):
            raise malformed("arguments: an object")
        word = WORDS.get(given.text("name"))
        if word is None:
            return dict(UNSUPPORTED)
        return self._owners(_done(word(owner, Input(arguments))))

    def end(self) -> None:
        """Stop the node where one runs, and its loop."""
        if self._node is not None:
            self.stop(Input({}))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _running(self) -> Node:
        if self._node is None:
            raise malformed("no node runs")
        return self._node

    def _owners(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return self._await(work)
        except OwnerError as error:
            return {"ok": False, "code": _OWN_CODES.get(error.code, error.code)}

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _done(work: Awaitable[Answer]) -> Answer:
    return {"ok": True, **await work}


async def _decided(node: Node, job: Callable[[Batch], Answer]) -> Answer:
    return await node.decider.do(job)


async def _prepared(folder: Path, given: Input, entropy: Entropy) -> str | None:
    """Have a store in the folder; gives the rotation secret of one that is new."""
    recover = given.given.get("recover")
    if recover is not None:
        if not isinstance(recover, dict):
            raise malformed("recover: an object")
        await come_back(folder, Input(recover), given.number("now"), entropy)
    elif not (folder / STORE).exists():
        return make(folder, given.text("name"), given.text("kind"), entropy).hex()
    return None


def _entropy(given: Input) -> Entropy:
    seed = given.octets_or_none("entropy")
    return system_entropy if seed is None else SeededEntropy(seed.hex())


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise malformed("listen: host:port")
    return host.strip("[]"), int(port)
