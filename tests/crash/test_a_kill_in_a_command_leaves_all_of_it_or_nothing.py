"""SIGKILL before every write, sync and truncation that an owner's `accept` leads to (R01)."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from tests.crash.command import Attempt, Order

from pcloud.runtime.surface import OwnerError
from pcloud.store.port import ScopeKind
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, Street, asked, quiet, until


class Rows(NamedTuple):
    """What an accept changes, all of it in one commit."""

    uses: list[int]
    """Of the invitations that are not withdrawn."""
    contact: str
    thread: str
    messages: tuple[str, ...]
    in_outbox: int
    tried_again: bool
    """Whether what is in the outbox has its row of the next try."""
    routed: bool
    """Whether frames for the relationship's own mailbox come to it."""
    contact_keys: int
    commitments: int


BEFORE = Rows(
    uses=[0],
    contact="requested",
    thread="requested",
    messages=("relationship.request",),
    in_outbox=0,
    tried_again=False,
    routed=False,
    contact_keys=0,
    commitments=16,
)
AFTER = Rows(
    uses=[],
    contact="accepted",
    thread="accepted",
    messages=("relationship.request", "relationship.accept"),
    in_outbox=1,
    tried_again=True,
    routed=True,
    contact_keys=1,
    commitments=15,
)


def rows(folder: Path, key: bytes, scope: bytes) -> Rows:
    store = SqliteStore.open(folder / "store.db", key)
    try:
        assert store.check() == []
        relationship, contact, log = (
            store.relationship(scope),
            store.contact(scope),
            store.log(scope, None, 9),
        )
        assert relationship is not None
        assert relationship.thread is not None
        assert contact is not None
        route = store.route(relationship.me.mailbox)
        return Rows(
            [offer.state.used for offer in store.offers()],
            contact.state,
            relationship.thread.state,
            tuple(fed.entry.signed.header.name for fed in reversed(log)),
            len(relationship.outgoing.pending),
            bool(relationship.outgoing.pending) and store.delivery(scope) is not None,
            route is not None and (route.scope, route.kind) == (scope, ScopeKind.RELATIONSHIP),
            len(store.contact_keys(scope)),
            store.commitments_left(),
        )
    finally:
        store.close()


async def attempts(home: Home, contact: str) -> list[Attempt]:
    order = Order(str(home.folder), home.key, home.port, contact)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.command", msgspec.json.encode(order), stdout=-1, stderr=-1
    )
    told, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    found = [msgspec.json.decode(line, type=Attempt) for line in told.splitlines()]
    assert {each.code for each in found} == {-signal.SIGKILL}, complaints.decode()
    return found


class Pair(NamedTuple):
    """Anna has asked, and both are down."""

    anna: Home
    shop: Home
    contact: str


@pytest.fixture
async def pair(street: Street) -> Pair:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    contact = await asked(anna, shop)
    await quiet(anna)
    await shop.down()
    await anna.down()
    return Pair(anna, shop, contact.id)


async def become_peers(pair: Pair) -> None:
    async def active() -> bool:
        found = [*await pair.anna.owner.peers(), *await pair.shop.owner.peers()]
        return [peer.state for peer in found] == ["active", "active"] and not any(
            each.waiting for each in found
        )

    await until(active)


async def test_killed_at_any_write_it_has_happened_whole_or_not_at_all_and_goes_on(pair: Pair) -> None:
    scope = bytes.fromhex(pair.contact)
    assert rows(pair.shop.folder, pair.shop.key, scope) == BEFORE
    tried = await attempts(pair.shop, pair.contact)
    found = [rows(Path(each.folder), pair.shop.key, scope) for each in tried]
    stands = [each == AFTER for each in found]
    assert [each for each in found if each not in (BEFORE, AFTER)] == []
    assert stands == sorted(stands), "what stands at one instant stands at every later one"
    assert [each.told for each in tried] == [False] * (len(tried) - 1) + [True]
    assert stands[-1], "what the owner was told stands"
    assert stands.count(False) > 5

    # The last that left nothing: the owner says yes again. The first that left all: nobody has to.
    at_home = pair.anna.folder
    for number in (stands.index(True) - 1, stands.index(True)):
        pair.shop.folder = Path(tried[number].folder)
        pair.anna.folder = at_home.with_name(f"Anna-{number}")
        shutil.copytree(at_home, pair.anna.folder)
        await pair.anna.up()
        await pair.shop.up()
        if stands[number]:
            with pytest.raises(OwnerError) as refused:
                await pair.shop.owner.accept(pair.contact)
            assert refused.value.code == "not-in-state"
        else:
            await pair.shop.owner.accept(pair.contact)
        await become_peers(pair)
        await pair.shop.down()
        await pair.anna.down()
