"""One round: a fresh victim with four peers, killed so many times, and looked over in between and after."""

import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
from tests.crash.audit import AuditError, Side, require, require_agreement, require_lost_nothing, side, texts
from tests.crash.crowd import Crowd
from tests.crash.victim import LOG, STORE, Ended, Kept, Moment, Order, Told

from pcloud.store.sqlite import SqliteStore

AUDITED = 25
"""Lives between two looks into the store that a kill has left."""
MOMENTS = {Moment.RUN: 70, Moment.START: 20, Moment.STOP: 10}
"""How often a life ends at each, of a hundred."""
WAIT_S_MAX = {Moment.RUN: 0.02, Moment.START: 0.05, Moment.STOP: 0.04}
"""From the moment to the kill: about as long as one commit, a start, a stop."""
HAPPENINGS_MAX = 50
"""Messages and receipts that a life waits for before its moment."""
AT_ONCE = 0.3
"""How likely it waits for none."""
LAST_S_MAX = 60.0
"""What the last life may take until nothing waits."""
TOLD = msgspec.json.Decoder[Told](Told)
FAULTS = (" error ", " warning ")
"""What no log of a node may hold."""


class Round:
    """`run` raises AuditError where anything was lost, doubled or out of order."""

    def __init__(self, folder: Path, seed: str, lives: int, tell: Callable[[], None]) -> None:
        folder.mkdir(mode=0o700)
        self._folder, self._lives, self._tell = folder, lives, tell
        self._random = random.Random(seed)
        self._zero = time.time()
        self._crowd = Crowd(folder, seed, self._zero)
        self._killer: asyncio.subprocess.Process | None = None
        self._quiet = asyncio.Event()
        self._ended: asyncio.Queue[Ended] = asyncio.Queue()
        self.life = 0
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """All lives of the round."""
        await self._crowd.meet()
        self._killer = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.killer", stdin=-1, stdout=-1
        )
        reading = asyncio.create_task(self._read())
        try:
            await self._live()
        finally:
            if self._killer.stdin is not None:
                self._killer.stdin.close()
            await asyncio.wait([reading])
            await self._killer.wait()
            await self._crowd.leave()
        self._require_clean_logs()

    async def _live(self) -> None:
        for peer in self._crowd.peers:
            peer.start()
        for life in range(1, self._lives + 1):
            self.life = life
            await self._one()
            if life % AUDITED == 0:
                await self._audit()
        await self._last()

    # ---------------------------------------------------------------- lives

    async def _one(self) -> None:
        draw = self._random
        moment = draw.choices(list(MOMENTS), list(MOMENTS.values()))[0]
        happenings = 0 if draw.random() < AT_ONCE else draw.randrange(HAPPENINGS_MAX)
        ended = await self._give(moment, happenings, draw.uniform(0, WAIT_S_MAX[moment]))
        require(ended.killed or ended.code == 0, f"the victim failed by itself, with {ended.code}")
        require(ended.up or moment is Moment.START, "a start took too long")
        self.counts["killed" if ended.killed else "stopped before the kill"] += 1
        if ended.killed:
            self.counts[f"killed at {moment}, {'up' if ended.up else 'not up'}"] += 1
        for peer in self._crowd.peers:
            peer.check()
        self._count()
        self._tell()

    def _count(self) -> None:
        peers = self._crowd.peers
        self.counts["said"] = sum(len(peer.said) for peer in peers)
        self.counts["acknowledged"] = sum(len(peer.acknowledged) for peer in peers)
        self.counts["kept"] = sum(len(peer.kept) for peer in peers)

    async def _give(self, moment: Moment, happenings: int, wait_s: float) -> Ended:
        victim = self._crowd.victim
        order = Order(
            self.life,
            str(victim.folder),
            victim.key,
            victim.port,
            self._zero,
            tuple(peer.theirs for peer in self._crowd.peers),
            moment,
            happenings,
            wait_s,
        )
        self._write(msgspec.json.encode(order))
        return await self._ended.get()

    def _write(self, line: bytes) -> None:
        assert self._killer is not None
        assert self._killer.stdin is not None
        self._killer.stdin.write(line + b"\n")

    async def _read(self) -> None:
        """What the killer and its victims tell."""
        assert self._killer is not None
        assert self._killer.stdout is not None
        async for line in self._killer.stdout:
            told = TOLD.decode(line)
            if isinstance(told, Kept):
                self._crowd.keep(told)
            elif isinstance(told, Ended):
                self._ended.put_nowait(told)
            else:
                self._quiet.set()
        self._ended.put_nowait(Ended(killed=False, code=1, up=False))  # the killer has ended, and its victim

    # ---------------------------------------------------------------- looking

    async def _audit(self) -> None:
        """Look into the store as the kill has left it; nobody has it open."""
        crowd = self._crowd
        acknowledged = [list(peer.acknowledged) for peer in crowd.peers]
        for peer, so_far, found in zip(crowd.peers, acknowledged, self._look(), strict=True):
            require_lost_nothing(found, await peer.side(), so_far, peer.kept)
        self.counts["audits"] += 1

    def _look(self) -> list[Side]:
        """Of a copy, so that the next life meets what the last one left."""
        victim, copy = self._crowd.victim, self._folder / "copy"
        shutil.copytree(victim.folder, copy)
        store = SqliteStore.open(copy / STORE, victim.key)
        try:
            faults = store.check()
            require(not faults, f"the store is not whole: {faults}")
            return [side(store, bytes.fromhex(peer.theirs.peer)) for peer in self._crowd.peers]
        finally:
            store.close()
            shutil.rmtree(copy)

    async def _last(self) -> None:
        """Let it live until nothing waits, stop it, and compare everything."""
        crowd = self._crowd
        await crowd.fall_silent()
        life = asyncio.create_task(self._give(Moment.LAST, 0, 0))
        try:
            async with asyncio.timeout(LAST_S_MAX):
                await self._quiet.wait()
                await crowd.quiet()
        except TimeoutError:
            raise AuditError(f"something still waits after {LAST_S_MAX} s") from None
        self._write(b"stop")
        ended = await life
        require(ended.code == 0, f"the last stop failed, with {ended.code}")
        for peer, found in zip(crowd.peers, self._look(), strict=True):
            there = await peer.side()
            require_lost_nothing(found, there, peer.acknowledged, peer.kept)
            require_agreement(found, there)
            require(texts(found.theirs) == ["hello", *peer.said], "what the peer said is not what came")
        self._count()

    def _require_clean_logs(self) -> None:
        victim = self._crowd.victim
        logs = [(victim.folder / LOG).read_text(), *(peer.home.log.getvalue() for peer in self._crowd.peers)]
        faults = [line for log in logs for line in log.splitlines() if any(mark in line for mark in FAULTS)]
        require(not faults, f"a node logged {len(faults)} faults, the first: {faults[:1]}")
