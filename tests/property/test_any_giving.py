"""Random histories between nodes that run: what a taker has is what the ledger says, and nothing else.

[DISC-40] [DISC-42] [DISC-20] [DISC-31] [SCOPE-1]
"""

import random
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from tests.unit.runtime.giving.village import BREMEN, DAY, HOME, KIEL, MAIL, NAME, Pair, agreed

from pcloud.api import OwnerError
from pcloud.engine.ledger.projection import ledger
from pcloud.errors import UsageError
from pcloud.home import deriving
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.testing.home import Village, until
from pcloud.wire import cbor

SEEDS = 6
STEPS = 36
CITY = f"{HOME}:city"
PATHS = (NAME, HOME, CITY, MAIL)
VALUES: dict[str, tuple[Any, ...]] = {
    NAME: ("Anna", "Anna Berg", "Anna Tal"),
    HOME: (BREMEN, KIEL, {**BREMEN, "streetAddress": "Am Wall 1"}),
    MAIL: ("anna@example.org", "a@example.net"),
}
GONE = ("erased",)
HELD = ("applied", "confirmed")


class Row(NamedTuple):
    """One row of the ledger as one side computes it, without what only waits."""

    thread: bytes
    path: str
    version: int
    state: str


@pytest.fixture
async def village() -> AsyncIterator[Village]:
    village = Village()
    yield village
    await village.clear()


class History:
    """What Anna and two shops do, in any order, with stops and starts in between."""

    def __init__(self, seed: int, pairs: list[Pair]) -> None:
        self.random, self.pairs = random.Random(seed), pairs
        self.refused: set[str] = set()
        self.given: dict[str, set[str]] = {pair.anna.peer: set() for pair in pairs}
        """What each was ever given: nothing else may ever be found there."""
        self.down: set[str] = set()

    async def step(self) -> None:
        draw, pair = self.random, self.random.choice(self.pairs)
        ideas = (
            *(self.change,) * 5,
            *(self.share,) * 3,
            *(self.answer,) * 2,
            *(self.stop_or_start,) * 2,
            self.take_back,
            self.delete,
            self.rest,
        )
        try:
            await draw.choice(ideas)(pair)
        except (OwnerError, UsageError) as error:
            self.refused.add(error.code)

    @property
    def owner(self) -> Any:
        return self.pairs[0].anna.home.owner

    async def change(self, _pair: Pair) -> None:
        path = self.random.choice(list(VALUES))
        await self.owner.data_set(path, self.random.choice(VALUES[path]))

    async def share(self, pair: Pair) -> None:
        some = self.random.sample(PATHS, self.random.randint(1, 3))
        told = await self.owner.share(pair.anna.peer, some, once=self.random.random() < 0.2)
        self.given[pair.anna.peer] |= set(told.given)

    async def answer(self, pair: Pair) -> None:
        if pair.anna.peer in self.down:
            return
        some = self.random.sample(PATHS, self.random.randint(1, 3))
        thread = await pair.shop.says(pair.wants(*some))
        for _ in range(40):
            asks = [each for each in await self.owner.asks(peer=pair.anna.peer) if each.id == thread.hex()]
            if asks:
                told = await self.owner.answer(thread.hex(), only=some[:2], once=self.random.random() < 0.2)
                self.given[pair.anna.peer] |= set(told.given)
                return
            await pair.village.clock.advance(1)

    async def take_back(self, pair: Pair) -> None:
        some = self.random.choice((None, self.random.sample(PATHS, 1), self.random.sample(PATHS, 2)))
        order = self.random.choice((self.owner.revoke, self.owner.erase))
        await order(pair.anna.peer, paths=some)

    async def delete(self, _pair: Pair) -> None:
        path = self.random.choice(list(VALUES))
        await self.owner.data_delete(path, keep_history=True, at_holders=self.random.random() < 0.5)

    async def stop_or_start(self, pair: Pair) -> None:
        """A shop goes or comes back; or Anna's node is stopped and started, with whatever was under way."""
        if self.random.random() < 0.3:
            await pair.anna.home.down()
            await pair.anna.home.up()
        elif pair.anna.peer in self.down:
            self.down.remove(pair.anna.peer)
            await pair.shop.home.up()
        else:
            self.down.add(pair.anna.peer)
            await pair.shop.home.down()

    async def rest(self, pair: Pair) -> None:
        order = self.random.choice((self.owner.pause, self.owner.resume, self.owner.resume))
        await order(pair.anna.peer)

    async def settle(self) -> None:
        """Everybody is there and nobody rests; then nothing waits any more."""
        for pair in self.pairs:
            if pair.anna.peer in self.down:
                await pair.shop.home.up()
            try:
                await self.owner.resume(pair.anna.peer)
            except OwnerError as error:
                self.refused.add(error.code)
        self.down.clear()
        await self.pairs[0].village.clock.advance(DAY / 8)
        await until(self.is_settled)

    async def is_settled(self) -> bool:
        await self.pairs[0].village.clock.advance(30)
        if (await self.owner.ledger(lagging=True)).rows:
            return False
        states = {row.state for row in (await self.owner.ledger()).rows}
        waiting = [peer for home in self.homes() for peer in await home.owner.peers() if peer.waiting]
        return not waiting and not states & {"queued", "sent", "applied", "erasing"}

    def homes(self) -> list[Any]:
        return [self.pairs[0].anna.home, *(pair.shop.home for pair in self.pairs)]


def rows(batch: Batch, scope: Scope) -> list[Row]:
    """The ledger of one relationship as this side's log has it."""
    known, registry = scope.relationship, batch.setting.registry
    entries = [*scope.log.sequence(mine=True), *scope.log.sequence(mine=False)]
    found = ledger(entries, registry, known.unaffirmed, known.agreements)
    return [Row(each.thread, each.path, each.version, each.state.value) for each in found]


def items(batch: Batch, scope: Scope) -> dict[tuple[bytes, str, int], bytes]:
    """Every value that the taker's log still has, by thread, path and version."""
    found = {}
    for entry in scope.log.sequence(mine=False):
        if entry.signed.header.name in ("disclosure.present", "disclosure.update"):
            body = entry.parts[0]
            assert body is not None or entry.verdict != "applied"
            if body is None:
                continue
            said: Any = batch.setting.registry.messages[entry.signed.header.name].read(body.data)
            for (path, version), part in zip(said.fields, entry.parts[1:], strict=True):
                if part is not None:
                    found[entry.signed.thread_id, path, version] = part.data
    return found


async def expected(pair: Pair, path: str, version: int) -> bytes:
    """What stood at a path in that version, as an item."""
    record = path.partition(":")[0]

    def job(batch: Batch, _scope: Scope) -> bytes:
        found = batch.store.personal.version(record, version)
        assert found is not None
        assert found.value is not None
        if record == path:
            return found.value
        return cbor.encode(deriving.derive(path, cbor.decode(found.value), None, batch.now))

    return await pair.anna.do(job)


async def judge(pair: Pair, given: set[str]) -> set[str]:
    """Compare what a shop has with both ledgers; gives the states that were found."""
    mine, theirs = await pair.anna.do(rows), await pair.shop.do(rows)
    assert mine == theirs, "both compute one ledger"
    kept = await pair.shop.do(items)
    assert {path for _, path, _ in kept} <= given, "nothing was ever sent that was not given"
    for row in mine:
        item = kept.get((row.thread, row.path, row.version))
        if row.state in HELD:
            assert item == await expected(pair, row.path, row.version), row
        elif row.state in GONE:
            assert not [each for each in kept if each[:2] == (row.thread, row.path)], row
    shown = {(row.grant, row.path): row for row in await pair.rows()}
    for row in mine:
        told = shown[row.thread.hex(), row.path]
        assert (told.version, told.state, told.lagging) == (row.version, row.state, False)
    return {row.state for row in mine}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_what_a_taker_has_is_what_the_ledger_says(village: Village, seed: int) -> None:
    anna = await village.home("Anna")
    pairs = [await agreed(village, anna, name) for name in ("Flora", "Sport")]
    for path, values in VALUES.items():
        await anna.owner.data_set(path, values[0])
    history = History(seed, pairs)
    for _ in range(STEPS):
        await history.step()
    await history.settle()
    for pair in pairs:
        await judge(pair, history.given[pair.anna.peer])
