"""One loss: a node is killed while four owners talk, its folder is deleted, and the words bring it back."""

import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from tests.crash.clock import QuickClock
from tests.crash.crowd import _free_port
from tests.destroy.canon import Canon, Records, canon, records
from tests.destroy.victim import STORE, Order
from tests.e2e.nodes.comeback import followed, found_in, restored
from tests.e2e.nodes.copying import endpoint, holds

from pcloud.runtime.config import Limits
from pcloud.runtime.recovering.finding import Copy, Words, from_holder
from pcloud.runtime.surface import OwnerError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, Street, loopback, quiet
from pcloud.wire import cbor

PEERS = 3
LIVES_S_MAX = 1.5
"""How long the node lives after its first copy."""
PAUSE_S_MAX = 0.02
HOLDERS = 0.5
"""How likely it comes back from holders, and not from a file."""
RUN_S_MAX = 90.0
"""A run that takes longer has failed."""


class DestroyedError(AssertionError):
    """Something that was promised did not come back."""


class Peer(NamedTuple):
    """One of the others, and the relationship as each side knows it."""

    home: Home
    mine: str
    theirs: str


class Loss:
    """A victim and its peers, from the first meeting to the comparison at the end."""

    def __init__(self, folder: Path, seed: str) -> None:
        self._folder, self._seed, self._zero = folder, seed, time.time()
        self._draw = random.Random(seed)
        self._clock = QuickClock(self._zero)
        self._street = Street(folder)
        self._peers: list[Peer] = []
        self._copies = folder / "copies"
        self._copies.mkdir()
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Raises DestroyedError."""
        try:
            async with asyncio.timeout(RUN_S_MAX):
                victim = await self._meet()
                before, known = await self._live_and_die(victim)
                await self._come_back(victim, before, known)
        finally:
            await self._street.clear()

    async def _meet(self) -> Home:
        victim = await self._street.home("victim", clock=self._clock, limits=Limits())
        for number in range(PEERS):
            home = await self._street.home(f"peer-{number}", "organisation", self._clock, Limits())
            mine = await holds(victim, home)
            theirs = {peer.name: peer.id for peer in await victim.owner.peers()}
            self._peers.append(Peer(home, mine, theirs[home.name]))
        await quiet(victim)
        await victim.down()
        victim.port = _free_port(self._draw)
        return victim

    async def _live_and_die(self, victim: Home) -> tuple[list[Canon], Records]:
        order = Order(
            str(victim.folder),
            str(self._copies),
            victim.key,
            victim.port,
            self._zero,
            self._seed,
            tuple(peer.theirs for peer in self._peers),
        )
        life = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.destroy.victim", msgspec.json.encode(order).decode(), stdout=-1
        )
        talk = [asyncio.create_task(self._talk(peer)) for peer in self._peers]
        assert life.stdout is not None
        first = await life.stdout.readline()
        if first != b"copied\n":
            raise DestroyedError("the victim failed by itself")
        await asyncio.sleep(self._draw.uniform(0, LIVES_S_MAX))
        life.kill()
        await life.communicate()
        for each in talk:
            each.cancel()
        await asyncio.wait(talk)
        for each in talk:
            if not each.cancelled():
                each.result()
        store = SqliteStore.open(victim.folder / STORE, victim.key)
        try:
            known = [canon(store, bytes.fromhex(peer.theirs)) for peer in self._peers]
            return known, records(store)
        finally:
            store.close()

    async def _talk(self, peer: Peer) -> None:
        """What the other owners do meanwhile; what cannot be done now is left."""
        draw = random.Random(f"{self._seed} {peer.home.name}")
        number = 0
        while True:
            number += 1
            try:
                await self._once(peer, draw, number)
            except OwnerError as refused:
                if refused.code in ("internal", "store"):
                    raise
            await asyncio.sleep(draw.uniform(0, PAUSE_S_MAX))

    async def _once(self, peer: Peer, draw: random.Random, number: int) -> None:
        owner, roll = peer.home.owner, draw.random()
        if roll < 0.05:
            await owner.rotate(peer.mine)
        elif roll < 0.3:
            for each in await owner.terms(peer.mine):
                if each.turn == "mine":
                    await draw.choice((owner.accept_terms, owner.decline_terms))(each.id)
                    return
        else:
            await owner.say(peer.mine, f"{peer.home.name} {number}")

    async def _come_back(self, victim: Home, before: list[Canon], known: Records) -> None:
        shutil.rmtree(victim.folder)
        found = await self._of_holders(victim) if self._draw.random() < HOLDERS else self._of_file(victim)
        owner = restored(self._street, victim, self._folder / "new", found)
        await owner.up()
        self._compare_records(known, await owner.node.decider.do(lambda batch: records(batch.store)), found)
        await followed(owner, *(peer.theirs for peer in self._peers))
        homes = (owner, *(peer.home for peer in self._peers))
        await quiet(*homes)
        self.counts["given back"] += (await owner.owner.recovery()).unaffirmed
        for peer in self._peers:
            await owner.owner.affirm(peer.theirs)
        await quiet(*homes)
        for peer, was in zip(self._peers, before, strict=True):
            here, there = await _read(owner, peer.theirs), await _read(peer.home, peer.mine)
            self._compare(was, here, there)

    def _of_file(self, victim: Home) -> Copy:
        copies = sorted(self._copies.glob("*.volume"))
        self.counts["from a file"] += 1
        return found_in(victim, copies[-1])

    async def _of_holders(self, victim: Home) -> Copy:
        """The newest that holds, of three of whom one lies."""
        liar = self._draw.choice(self._peers)
        for path in (liar.home.folder / "holdings").rglob("*.volume"):
            spoil(path, self._draw)
        words, now = Words.of(victim.secret), self._clock.now()
        net = loopback(0, listens=False)
        copies: list[Copy] = []
        for peer in self._peers:
            folder = self._folder / f"of-{peer.home.name}"
            folder.mkdir()
            copy, faults = await from_holder(net, endpoint(peer.home), words, folder, now, None)
            _require((copy is None) is (peer is liar), "the liar was believed, or an honest holder was not")
            _require(bool(faults) is (peer is liar), "the wrong holder was named")
            copies += [] if copy is None else [copy]
        await net.close()
        self.counts["from holders, the liar named"] += 1
        return max(copies, key=lambda each: each.manifest.time)

    def _compare_records(self, was: Records, now: Records, copy: Copy) -> None:
        """Nobody but the copy has the owner's own data: all is there that was before the copy began."""
        for key, version in now.items():
            _require(key in was, "a version that never was")
            gone = was[key].value is None and version.value is not None
            _require(gone or was[key] == version, "a version came back changed")
        for key, version in was.items():
            _require(key in now or version.at >= copy.manifest.time, "a version is lost")
        self.counts["records as they were"] += len(now)

    def _compare(self, was: Canon, here: Canon, there: Canon) -> None:
        _require(here.digest == there.digest, "the two logs fold to different states")
        _require(not here.waiting and not there.waiting, "something waits")
        either = {**here.entries, **there.entries}
        odd = {
            _told(said)
            for id_, said in either.items()
            if (id_ in here.entries) is not (id_ in there.entries) and id_ not in here.refused | there.refused
        }
        _require(not odd, f"only one of the two logs holds {odd}")
        _require(here.mine.isdisjoint(there.mine), "a message is from both sides")
        for first_id, said in was.entries.items():
            if first_id in was.waiting and first_id not in here.entries:
                self.counts["never acknowledged, and lost"] += 1
                continue
            if first_id in was.refused and first_id not in here.entries:
                self.counts["refused, and not given back"] += 1
                continue
            _require(first_id in here.entries, f"an acknowledged message is lost: {_told(said)}")
            now = here.entries[first_id]
            same = now == said
            _require(same or first_id in was.waiting, f"a message came back changed: {_differ(said, now)}")
            self.counts["messages as they were" if same else "answered since"] += 1


def _differ(before: bytes, after: bytes) -> str:
    one, other = cbor.decode_list(before), cbor.decode_list(after)
    return "; ".join(f"{at}: {a!r} {b!r}" for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)


def spoil(path: Path, draw: random.Random) -> None:
    """Change a byte of a volume, or cut it, as whoever keeps it can."""
    data = bytearray(path.read_bytes())
    if draw.random() < 0.5:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    else:
        del data[draw.randrange(len(data)) :]
    path.write_bytes(bytes(data))


def _told(said: bytes) -> str:
    """What a message is, for whoever looks for the fault."""
    values: list[Any] = cbor.decode_list(said)
    mine, _, name, _, at, _, _, rank, _, _, verdict = values
    return f"{'mine' if mine else 'theirs'} {name} {rank} at {at}: {verdict}"


async def _read(home: Home, peer: str) -> Canon:
    return await home.node.decider.do(lambda batch: canon(batch.store, bytes.fromhex(peer)))


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise DestroyedError(otherwise)
