"""Four peers of the victim: they are never killed, and never stop talking to it."""

import asyncio
import random
import socket
from pathlib import Path

from tests.crash.audit import Side, side
from tests.crash.clock import QuickClock
from tests.crash.victim import QUIET_LOOK_S, Kept, Related

from pcloud.runtime.config import Limits
from pcloud.testing.home import Home, quiet, related

PEERS = 4
WINDOW = 8
"""What one peer says before it waits for receipts."""
ROTATE = 0.02
"""How likely a peer renews the sessions instead of saying something."""
PORTS = range(10_000, 32_000)
"""For the victim: below those that systems give to outgoing connections, so that none takes its place."""


class Peer:
    """One peer, what it said and what was acknowledged to it. All of it is kept outside the victim."""

    def __init__(self, home: Home, mine: str, theirs: Related, seed: str) -> None:
        self.home, self.mine, self.theirs = home, mine, theirs
        self.said: list[str] = []
        self.acknowledged: list[tuple[bytes, str]] = []
        self.kept: list[str] = []
        """What the victim's owner was told is kept for this peer."""
        self._random = random.Random(seed)
        self._room = asyncio.Semaphore(WINDOW)
        self._talks = True
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to hear receipts and to talk."""
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._talk())]

    def check(self) -> None:
        """Raise what ended one of the two before its time."""
        for task in self._tasks:
            if task.done() and self._talks:
                task.result()

    async def fall_silent(self) -> None:
        """Finish what is being said, and say no more."""
        self._talks = False
        self._room.release()
        await self._tasks[1]

    async def _hear(self) -> None:
        async for happened in self.home.owner.happenings():
            if happened.what == "acknowledged" and happened.id is not None:
                self.acknowledged.append((bytes.fromhex(happened.id), happened.verdict or ""))
                self._room.release()

    async def _talk(self) -> None:
        owner = self.home.owner
        while True:
            await self._room.acquire()
            if not self._talks:
                return
            if self._random.random() < ROTATE:
                await owner.rotate(self.mine)
            else:
                text = f"{len(self.said)}"
                await owner.say(self.mine, text, thread=self.theirs.thread)
                self.said.append(text)

    async def side(self) -> Side:
        """The relationship as this peer has it now."""
        scope = bytes.fromhex(self.mine)
        return await self.home.node.decider.do(lambda batch: side(batch.store, scope))


class Crowd:
    """The victim's home, before anything happens to it, and its peers."""

    def __init__(self, folder: Path, seed: str, zero: float) -> None:
        self._folder, self._seed = folder, seed
        self._clock = QuickClock(zero)
        self.victim = Home(folder / "victim", "Victim", "person", self._clock, Limits())
        self.peers: list[Peer] = []

    async def meet(self) -> None:
        """Let all meet the victim and open a conversation; then it is stopped, for the first time."""
        self.victim.port = _free_port(random.Random(self._seed))
        await self.victim.up()
        for number in range(PEERS):
            name = f"peer-{number}"
            home = Home(self._folder / name, name, "organisation", self._clock, Limits())
            self.peers.append(await self._befriend(await home.up()))
        await quiet(self.victim)
        await self.victim.down()

    async def _befriend(self, home: Home) -> Peer:
        mine, theirs = await related(home, self.victim)
        said = await home.owner.say(mine.id, "hello")
        await quiet(home)
        return Peer(home, mine.id, Related(theirs.id, said.thread), f"{self._seed} {home.name}")

    def keep(self, kept: Kept) -> None:
        """Note what the victim's owner was told."""
        for peer in self.peers:
            if peer.theirs.peer == kept.peer:
                peer.kept.append(kept.text)

    async def fall_silent(self) -> None:
        """Let nobody say anything new."""
        for peer in self.peers:
            await peer.fall_silent()

    async def quiet(self) -> None:
        """Wait until the victim has acknowledged everything."""
        for peer in self.peers:
            while (await peer.home.owner.peer(peer.mine)).waiting:  # noqa: ASYNC110 - receipts come when they come
                await asyncio.sleep(QUIET_LOOK_S)

    async def leave(self) -> None:
        """Take all peers down."""
        for peer in self.peers:
            await peer.home.down()


def _free_port(draw: random.Random) -> int:
    while True:
        port = draw.choice(PORTS)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
