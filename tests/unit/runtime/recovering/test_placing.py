"""A node that came back says where it is found now; one that never did looks at nobody (spec 06 §3)."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from tests.contract.store.histories import SCOPE, everything_of, held, met

from pcloud.ambient.fixed import FixedClock, SeededEntropy
from pcloud.ambient.system import ThreadWorkers
from pcloud.engine.registry import STANDARD
from pcloud.runtime import facts
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.recovering.housing import here, place
from pcloud.store.port import Changes, Contact, Direction
from pcloud.store.sqlite import SqliteStore

NOW = ("http://127.0.0.1:7001",)


class WatchedStore(SqliteStore):
    """The real store, and how often its contacts were looked through."""

    looked = 0

    def contacts(self, after: bytes | None, count: int) -> Sequence[Contact]:
        self.looked += 1
        return super().contacts(after, count)


class Moved:
    """A node with one relationship whose `recover` is not answered, and that starts at another address."""

    def __init__(self, folder: Path) -> None:
        guest = met()[0]
        self.before = guest.relationship.me.endpoints
        self.store = WatchedStore.create(folder / "store.db", bytes(range(32)))
        self.store.commit(everything_of(guest))
        contact = Contact(SCOPE, Direction.IN, "active", "Anna", "to meet", "person", None, b"i", 1, 2)
        waits = held(self.store)._replace(recovering=True)
        told: dict[str, bytes | None] = {facts.ENDPOINTS: "\n".join(self.before).encode()}
        self.store.commit(Changes(relationships={SCOPE: waits}, contacts={SCOPE: contact}, facts=told))
        self.workers = ThreadWorkers()
        self.decider = Decider(
            self.store, FixedClock(), SeededEntropy("moved"), self.workers, STANDARD, lambda _: None
        )

    async def place(self) -> None:
        after: bytes | None = None
        while (after := await self.decider.do(partial(place, endpoints=NOW, after=after))) is not None:
            pass


@pytest.fixture
async def moved(tmp_path: Path) -> AsyncIterator[Moved]:
    made = Moved(tmp_path)
    yield made
    await made.decider.idle()
    made.workers.close()
    made.store.close()


async def test_one_that_recovers_names_its_new_address_once(moved: Moved) -> None:
    moved.store.commit(Changes(facts={facts.RECOVERED: b"1"}))
    await moved.place()
    assert held(moved.store).me.endpoints == NOW
    assert await moved.decider.do(here) == NOW
    looked = moved.store.looked
    await moved.place()
    assert moved.store.looked == looked, "nothing has changed since"


async def test_one_that_never_recovered_looks_at_no_relationship_and_remembers_its_address(
    moved: Moved,
) -> None:
    await moved.place()
    assert moved.store.looked == 0
    assert held(moved.store).me.endpoints == moved.before
    assert await moved.decider.do(here) == NOW
