"""A node that runs gives all that it holds, and what changes meanwhile, in a chain of volumes that hold."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.engine.archive.archived import Restored, taken

from pcloud.ambient.fixed import InlineWorkers
from pcloud.ambient.system import system_entropy
from pcloud.engine.archive import coding
from pcloud.engine.archive.chain import Chain, check_chain, read_chain
from pcloud.engine.archive.rows import Kept, Node, Own, Row, Said, Timed
from pcloud.engine.snapshot import Entry
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.keeping import source
from pcloud.runtime.keeping.source import Trail, volume, whole
from pcloud.store.port import Changes, Contact, Direction, Store
from pcloud.testing.home import Home, Street, Village, asked, quiet, related, until
from pcloud.wire.files.archive import read_head
from pcloud.wire.keylog import manifest_seed
from pcloud.wire.keys import HybridKey

Town = Street | Village


@pytest_asyncio.fixture(params=("file", "memory"))
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """Homes on both bodies of the store."""
    made: Town = Street(tmp_path) if request.param == "file" else Village()
    yield made
    await made.clear()


def key_of(home: Home) -> HybridKey:
    return HybridKey.from_seed(manifest_seed(home.secret))


def follow(home: Home) -> Trail:
    trail = Trail()
    home.node.decider.notes.append(trail.note)
    return trail


async def copied(home: Home, trail: Trail) -> bytes:
    """The next volume of a destination."""
    return b"".join([piece async for piece in pieces_of(home, trail)])


def pieces_of(home: Home, trail: Trail) -> AsyncGenerator[bytes]:
    return volume(home.node.decider, InlineWorkers(), trail, key_of(home).public, system_entropy)


async def held(home: Home) -> list[tuple[bytes, Entry]]:
    """All messages in the order of the node's feed."""

    def read(store: Store) -> list[tuple[bytes, Entry]]:
        return [(fed.scope, fed.entry) for fed in store.feed(0, 100_000)]

    return await home.node.decider.do(lambda batch: read(batch.store))


def all_of(home: Home, volumes: Iterable[bytes]) -> Restored:
    return taken(read_chain(key_of(home), ([each] for each in volumes)))


async def same(home: Home, volumes: Iterable[bytes]) -> Restored:
    """What the chain says is what the node holds."""
    found = all_of(home, volumes)
    assert found.entries == {(scope, entry.first_id): entry for scope, entry in await held(home)}
    return found


async def talked(town: Town) -> tuple[Home, Home, str, str]:
    """Two who have met and said something."""
    anna, shop = await town.home("Anna"), await town.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "Two bunches of tulips, please.")
    await shop.owner.say(theirs.id, "On Friday.")
    await quiet(anna, shop)
    return anna, shop, mine.id, theirs.id


@pytest.mark.asyncio
async def test_a_full_volume_has_everything_that_a_restored_node_needs(town: Town) -> None:
    """[ARCHIVE-12]"""
    anna, shop, mine, _ = await talked(town)
    for home in (anna, shop):
        data = await copied(home, follow(home))
        head = read_head(key_of(home), [data])
        assert (head.is_full, head.number, head.pool_end) == (True, 1, 16)
        found = await same(home, [data])
        assert len(found.kept) == 1

    rows = list(read_chain(key_of(anna), [[await copied(anna, follow(anna))]]))
    assert rows[0] == Node("Anna", "person", 0)
    (kept,) = (row for row in rows if isinstance(row, Kept))

    def beside(store: Store) -> tuple[Any, ...]:
        scope = store.relationship(kept.scope)
        assert scope is not None
        return scope, store.contact(kept.scope), store.contact_keys(kept.scope)

    scope, contact, keys = await anna.node.decider.do(lambda batch: beside(batch.store))
    assert kept.scope.hex().startswith(mine)
    assert (kept.me.log, kept.peer, kept.me.nonce) == (scope.me.log, scope.peer, scope.me.nonce)
    assert kept.me.mailboxes == (scope.me.mailbox,)
    assert list(kept.me.contact_seeds) == [key.seed for key in keys]
    assert Contact(kept.scope, Direction.OUT, *kept.met[1:]) == contact
    assert kept.proofs.invitation is not None
    assert (kept.proofs.succession, kept.proofs.receipt) == (
        scope.peer.succession,
        scope.notices.peer_receipt,
    )
    assert (kept.lines.out_number, kept.lines.in_number) == (scope.outgoing.number, scope.incoming.number)


@pytest.mark.asyncio
async def test_no_secret_of_the_running_node_is_in_a_volume(town: Town) -> None:
    """[ARCHIVE-13]"""
    anna, shop, _, _ = await talked(town)
    await shop.owner.invite("for more", uses=3)
    for home in (anna, shop):
        rows = list(read_chain(key_of(home), [[await copied(home, follow(home))]]))
        text = b"".join(coding.encode(row) for row in rows)
        (kept,) = (row for row in rows if isinstance(row, Kept))

        def secrets(batch: Batch, scope: bytes) -> list[bytes]:
            store = batch.store
            relationship = store.relationship(scope)
            assert relationship is not None
            sealing = relationship.sealing
            assert sealing.out is not None
            offers = [each.state for each in store.offers()]
            return [
                relationship.me.key.seed,
                sealing.receiving.current.seed,
                sealing.receiving.spare.seed,
                sealing.out.frame_key.key,
                *(each.frame_key.key for each in sealing.sessions),
                *(state.key.seed for state in offers),
                *(state.receiving.seed for state in offers),
            ]

        found = await home.node.decider.do(partial(secrets, scope=kept.scope))
        assert len(found) >= 5
        assert not [secret for secret in found if secret in text]
        assert kept.me.contact_seeds[0] in text


@pytest.mark.asyncio
async def test_an_increment_has_what_came_since_and_nothing_else(town: Town) -> None:
    """[ARCHIVE-14]"""
    anna, shop, mine, theirs = await talked(town)
    third = await town.home("Third")
    await related(anna, third)
    trail = follow(anna)
    volumes = [await copied(anna, trail)]
    assert trail.link is not None
    assert not trail.scopes

    await anna.owner.say(mine, "And a rose.")
    await shop.owner.say(theirs, "Gladly.")
    await quiet(anna, shop)
    before = len(volumes[0])
    volumes.append(await copied(anna, trail))
    rows = list(Chain(key_of(anna)).read([volumes[0]]))
    head = read_head(key_of(anna), [volumes[1]])
    assert (head.is_full, head.number, head.base) == (False, 2, 1)
    assert len(volumes[1]) < before
    chain = Chain(key_of(anna))
    list(chain.read([volumes[0]]))
    new = list(chain.read([volumes[1]]))
    assert len([row for row in new if isinstance(row, Kept)]) == 1
    assert len([row for row in new if isinstance(row, Said)]) == 2
    assert len([row for row in rows if isinstance(row, Kept)]) == 2
    await same(anna, volumes)


@pytest.mark.asyncio
async def test_a_verdict_that_becomes_known_later_is_in_the_increment(town: Town) -> None:
    """[ARCHIVE-14]"""
    anna, shop, mine, _ = await talked(town)
    await shop.down()
    await anna.owner.say(mine, "Are you there?")
    trail = follow(anna)
    volumes = [await copied(anna, trail)]
    assert None in {entry.verdict for entry in all_of(anna, volumes).entries.values()}

    await shop.up()
    if isinstance(town, Village):
        await town.clock.advance(3_600)
    await quiet(anna)
    volumes.append(await copied(anna, trail))
    found = await same(anna, volumes)
    assert {entry.verdict for entry in found.entries.values()} == {"applied"}


@pytest.mark.asyncio
async def test_an_item_that_was_erased_is_gone_with_the_increment(town: Town) -> None:
    """[ARCHIVE-14]"""
    anna, _, _, _ = await talked(town)
    trail = follow(anna)
    volumes = [await copied(anna, trail)]
    scope, entry = next(each for each in await held(anna) if len(each[1].parts) > 1 and each[1].parts[1])
    bare = entry._replace(parts=(entry.parts[0], *(None for _ in entry.parts[1:])))
    await changed(anna, Changes(entries={(scope, entry.first_id): bare}))
    volumes.append(await copied(anna, trail))
    found = await same(anna, volumes)
    assert found.entries[scope, entry.first_id].parts[1] is None
    rows = list(read_chain(key_of(anna), [[volumes[0]]]))
    assert any(isinstance(row, Said) and row.entry == entry for row in rows)


async def changed(home: Home, changes: Changes) -> None:
    """Commit rows as they are."""

    def job(batch: Any) -> None:
        for name in changes.__slots__:
            value = getattr(changes, name)
            if value:
                getattr(batch.changes, name).update(value)
        batch.steps += 1

    await home.node.decider.do(job)


@pytest.mark.asyncio
async def test_who_only_asks_is_left_out_and_comes_in_whole_once_let_in(town: Town) -> None:
    """[ARCHIVE-15] A request to an invitation cannot come back: its persona cannot grow."""
    anna, shop = await town.home("Anna"), await town.home("Flora", "organisation")
    waiting = await asked(anna, shop)
    trail = follow(shop)
    volumes = [await copied(shop, trail)]
    found = all_of(shop, volumes)
    assert not found.kept
    assert not found.entries
    assert len(trail.left_out) == 1

    await shop.owner.accept(waiting.id)

    async def active() -> bool:
        return [peer.state for peer in await shop.owner.peers()] == ["active"]

    await until(active)
    await quiet(shop)
    volumes.append(await copied(shop, trail))
    found = await same(shop, volumes)
    assert len(found.kept) == 1
    assert not trail.left_out


@pytest.mark.asyncio
async def test_what_changes_while_a_volume_is_made_is_in_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[ARCHIVE-16]"""
    monkeypatch.setattr(source, "SCOPES_PAGE", 1)
    monkeypatch.setattr(source, "ENTRIES_PAGE", 1)
    anna, shop, mine, theirs = await talked(town)
    third = await town.home("Third")
    trail = follow(anna)
    pieces = pieces_of(anna, trail)
    data = []
    async for piece in pieces:
        data.append(piece)
        if len(data) == 2:
            await anna.owner.say(mine, "While it is written.")
            await shop.owner.say(theirs, "And an answer.")
            await related(anna, third)
            await quiet(anna, shop, third)
    found = await same(anna, [b"".join(data)])
    assert len(found.kept) == 2
    assert trail.link is not None
    assert [len(each) for each in (trail.scopes, trail.verdicts, trail.own)] == [0, 0, 0]


@pytest.mark.asyncio
async def test_a_volume_that_was_not_finished_makes_the_next_one_full(town: Town) -> None:
    anna, _, mine, _ = await talked(town)
    trail = follow(anna)
    await copied(anna, trail)
    pieces = pieces_of(anna, trail)
    await anext(pieces)
    await pieces.aclose()
    await anna.owner.say(mine, "Still here.")
    await quiet(anna)
    assert not trail.scopes
    data = await copied(anna, trail)
    head = read_head(key_of(anna), [data])
    assert head.is_full
    assert head.number == 3
    await same(anna, [data])


@pytest.mark.asyncio
async def test_too_many_changes_make_the_next_volume_full(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _, mine, _ = await talked(town)
    trail = follow(anna)
    await copied(anna, trail)
    monkeypatch.setattr(source, "TOUCHED_MAX", 0)
    await anna.owner.say(mine, "One too many.")
    await quiet(anna)
    assert trail.link is None
    monkeypatch.undo()
    data = await copied(anna, trail)
    assert read_head(key_of(anna), [data]).is_full
    await same(anna, [data])


@pytest.mark.asyncio
async def test_what_the_node_keeps_under_its_own_names_comes_and_goes(town: Town) -> None:
    anna = await town.home("Anna")
    await changed(anna, Changes(facts={"kept/a": b"1", "kept/b": b"2", "other": b"3"}))
    trail = follow(anna)
    volumes = [await copied(anna, trail)]
    await changed(anna, Changes(facts={"kept/a": None, "kept/c": b"4", "more": b"5"}))
    volumes.append(await copied(anna, trail))
    chain = Chain(key_of(anna))
    first = [row for row in chain.read([volumes[0]]) if isinstance(row, Own) and row.key != facts.ENDPOINTS]
    second = [row for row in chain.read([volumes[1]]) if isinstance(row, Own)]
    assert first == [Own("kept/a", b"1"), Own("kept/b", b"2")]
    assert sorted(second) == [Own("kept/a", None), Own("kept/c", b"4")]


@pytest.mark.asyncio
async def test_a_pause_with_an_end_ends_after_a_restore_too(town: Town) -> None:
    anna, _, mine, _ = await talked(town)
    until = (await anna.node.decider.do(lambda batch: batch.now)) + 3_600
    await anna.owner.pause(mine, until=until)
    rows: list[Row] = list(read_chain(key_of(anna), [[await copied(anna, follow(anna))]]))
    timers = {(row.command, row.at) for row in rows if isinstance(row, Timed)}
    assert timers == {("resume", until)}, "twice, where the peer answered while it was written"


@pytest.mark.asyncio
async def test_a_node_that_is_down_is_copied_from_its_store(town: Town) -> None:
    anna, _, _, _ = await talked(town)
    entries = await held(anna)
    online = all_of(anna, [await copied(anna, follow(anna))])
    store = anna.node.decider.store
    data = b"".join(whole(store, key_of(anna).public, system_entropy, 1_800_000_000))
    checked = check_chain(key_of(anna), [[data]])
    assert checked is not None
    assert checked.manifest.time == 1_800_000_000
    found = all_of(anna, [data])
    assert (found.kept, found.entries) == (online.kept, online.entries)
    assert len(found.entries) == len(entries)


async def settled(home: Home) -> bool:
    """Whether the handshake with the only peer is over, and everything acknowledged."""
    peers = await home.owner.peers()
    return bool(peers and peers[0].code) and not peers[0].waiting


@pytest.mark.asyncio
async def test_who_is_let_in_while_a_volume_is_made_is_in_it_under_the_new_persona(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[ARCHIVE-16] The peer's first message is signed by a persona that the volume does not have yet."""
    monkeypatch.setattr(source, "ENTRIES_PAGE", 1)
    anna, shop = await town.home("Anna"), await town.home("Flora", "organisation")
    waiting = await asked(anna, shop)
    await quiet(anna)
    trail = follow(anna)
    data = []
    async for piece in pieces_of(anna, trail):
        data.append(piece)
        if len(data) == 2:
            await shop.owner.accept(waiting.id)
            await until(lambda: settled(anna))
    rows = list(read_chain(key_of(anna), [data]))
    assert len({row.peer.log.persona for row in rows if isinstance(row, Kept)}) == 2
    await same(anna, [b"".join(data)])


@pytest.mark.asyncio
async def test_a_volume_of_a_node_that_never_rests_has_an_end(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "SCOPES_PAGE", 1)
    monkeypatch.setattr(source, "ENTRIES_PAGE", 1)
    anna = await town.home("Anna")
    for name in ("One", "Two", "Three"):
        await related(anna, await town.home(name))
    trail = follow(anna)
    peers = [bytes.fromhex(peer.id) for peer in await anna.owner.peers()]
    data = []
    async for piece in pieces_of(anna, trail):
        data.append(piece)
        trail.scopes |= dict.fromkeys(peers)
        assert len(data) < 100
    found = all_of(anna, [b"".join(data)])
    assert len(found.kept) == 3


@pytest.mark.asyncio
async def test_what_is_noted_while_a_volume_is_made_is_never_too_much(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _, mine, _ = await talked(town)
    trail = follow(anna)
    monkeypatch.setattr(source, "TOUCHED_MAX", 0)
    data = []
    async for piece in pieces_of(anna, trail):
        data.append(piece)
        if len(data) == 1:
            await anna.owner.say(mine, "More than nothing.")
            await quiet(anna)
    await same(anna, [b"".join(data)])
    assert trail.link is not None
    assert trail.writing is None


@pytest.mark.asyncio
async def test_a_volume_that_was_left_alone_does_not_disturb_the_next_one(town: Town) -> None:
    anna, _, mine, _ = await talked(town)
    trail = follow(anna)
    left = pieces_of(anna, trail)
    await anext(left)
    data = []
    async for piece in pieces_of(anna, trail):
        data.append(piece)
        if len(data) == 1:
            await left.aclose()
            await anna.owner.say(mine, "Meanwhile.")
            await quiet(anna)
    await same(anna, [b"".join(data)])
    assert trail.link is not None
