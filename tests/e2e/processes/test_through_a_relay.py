"""Two homes without an open port, each in a network of its own, live by a relay that learns nothing."""

import asyncio
import secrets
from pathlib import Path

import pytest
from tests.e2e.processes.apart import Dweller, Networks, networks
from tests.e2e.processes.cage import free_ports
from tests.e2e.processes.pair import related
from tests.e2e.processes.shelves import ID_BYTES, Groups, leaves, shared, shelves, tables, values

from pcloud.api import Client
from pcloud.runtime.views import Entry
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import until
from pcloud.wire import cbor

SWAPS = 4
EACH = 125
"""Notes in each of two relationships before the writer goes and the reader comes: a thousand in all."""
CANARY = secrets.token_hex(8)


async def ready(owner: Client) -> None:
    async def look() -> bool:
        return any(each.chosen and each.connected and each.spare for each in await owner.relays())

    await until(look)


async def customers(relay: Dweller, *homes: Dweller) -> None:
    """Everybody gets mailboxes by an invitation that the relay's owner made for that."""
    async with relay.owner() as owner:
        await owner.relay_serve(on=True)
        link = (await owner.relay_invite(uses=len(homes))).link
    for home in homes:
        async with home.owner() as owner:
            await owner.relay_use(link)
            await ready(owner)


async def agree(host: Client, guest: Client, theirs: str, mine: str) -> None:
    """One proffers terms and the other accepts them, so that both hold a record."""
    await host.proffer(theirs, "SD-BASE")

    async def proffered() -> str | None:
        found = await guest.terms(mine)
        return found[0].id if found else None

    negotiation = await until(proffered)
    assert negotiation is not None
    await guest.accept_terms(negotiation)

    async def in_force() -> bool:
        both = [(await host.peer(theirs)).terms, (await guest.peer(mine)).terms]
        return both == [["SD-BASE"], ["SD-BASE"]]

    await until(in_force)


async def notes(owner: Client, peer: str) -> tuple[list[str], list[str]]:
    """What was said in a relationship, in order: by this side, and by the other."""
    found: list[Entry] = []
    before: int | None = None
    while page := await owner.log(peer, before=before, limit=100):
        found += page
        before = page[-1].number
    found.reverse()
    mine, theirs = (
        [each.text for each in found if each.text is not None and each.mine is side] for side in (True, False)
    )
    return mine, theirs


async def write(owner: Client, peers: list[str], swap: int) -> list[str]:
    said = [f"{CANARY} {swap} {number}" for number in range(EACH)]
    for text in said:
        await asyncio.gather(*(owner.say(peer, text) for peer in peers))
    return said


async def kept(relay: Dweller, at_least: int) -> None:
    async with relay.owner() as owner:

        async def look() -> bool:
            return (await owner.relay_stats()).frames >= at_least

        await until(look)


async def arrived(owner: Client, peers: list[str], texts: list[str]) -> None:
    """Wait until some of this has come; which of it, a page of the newest does not tell."""
    for peer in peers:

        async def look(peer: str = peer) -> bool:
            return any(each.text in texts for each in await owner.log(peer, limit=100))

        await until(look)


async def quiet(*owners: Client) -> None:
    async def nothing_waits() -> bool:
        waiting = [peer.waiting for owner in owners for peer in await owner.peers()]
        return not any(waiting)

    await until(nothing_waits)


def own_mailboxes(home: Dweller) -> dict[str, list[bytes]]:
    """A home's mailboxes at its relay, by what they are for."""
    store = SqliteStore.open(home.folder / "store.db", home.key("store"))
    try:
        found: dict[str, list[bytes]] = {}
        relay = store.relays.all()[0]
        for state in store.relays.counts(relay.scope):
            for berth in store.relays.berths(relay.scope, state, None, 1_000):
                route = store.route(berth.mailbox)
                name = berth.mailbox.hex() if route is None else route.scope.hex()
                found.setdefault(name, []).append(berth.mailbox)
        return found
    finally:
        store.close()


def groups_of(relay: Dweller, homes: list[Dweller]) -> list[Groups]:
    """For each person, what the relay has of each of their relationships, and what is in its own books."""
    books = [
        value for table in tables(relay.folder / "store.db", relay.key("store")) for value in values(table)
    ]
    found = []
    for home in homes:
        groups = shelves(relay.folder, relay.key("relay"), own_mailboxes(home))
        found.append({name: held for name, held in groups.items() if held} | {"books": books})
    return found


def traces(relay: Dweller, secrets_: list[bytes]) -> list[str]:
    """Files of the relay, its log among them, in which any of these stands as it is, or as text."""
    files = [*relay.folder.rglob("*"), relay.log]
    wanted = [
        form for each in secrets_ for form in (each, each.hex().encode(), each[:ID_BYTES].hex().encode())
    ]
    return [
        str(file.name)
        for file in files
        if file.is_file() and any(form in file.read_bytes() for form in wanted)
    ]


def search(relay: Dweller, homes: list[Dweller]) -> None:
    """[RELAY-19]: nothing it stores is shared by two relationships of one person, and no word is there."""
    for groups in groups_of(relay, homes):
        assert len(groups) > 2
        assert shared(groups) == []
    mailboxes = [each for home in homes for held in own_mailboxes(home).values() for each in held]
    assert mailboxes
    assert traces(relay, [CANARY.encode(), *mailboxes]) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


async def live(nets: Networks, folder: Path) -> None:
    """The whole story; blocking work is done where nothing else runs."""
    relay = Dweller(folder, "Relay", nets, relay=True)
    anna, bert = (Dweller(folder, name, nets) for name in ("Anna", "Bert"))
    everybody = [relay, anna, bert]
    try:
        for each in everybody:
            each.up()
        await customers(relay, anna, bert)
        if nets.apart:
            assert [home.ports() for home in (anna, bert)] == [[], []]
        async with anna.owner() as host, bert.owner() as guest:
            pairs = [await related(guest, host, purpose) for purpose in ("to meet", "to work")]
            for mine, theirs in pairs:
                await agree(host, guest, theirs, mine)
            before = [await guest.export(mine) for mine, _ in pairs]
            assert all(before)
        of = {"Anna": [theirs for _, theirs in pairs], "Bert": [mine for mine, _ in pairs]}
        said: dict[str, list[str]] = {"Anna": [], "Bert": []}
        bert.down()
        writer, reader = anna, bert
        for swap in range(SWAPS):
            async with writer.owner() as owner:
                wrote = await write(owner, of[writer.name], swap)
            said[writer.name] += wrote
            await kept(relay, 2 * EACH)
            writer.down()
            if swap == SWAPS // 2:
                relay.down()
                search(relay, [anna, bert])
                relay.up()
            reader.up()
            async with reader.owner() as owner:
                await arrived(owner, of[reader.name], wrote)  # the writer is away
            writer, reader = reader, writer
        reader.up()
        async with anna.owner() as host, bert.owner() as guest:
            await quiet(host, guest)
        for home, other in ((anna, bert), (bert, anna)):
            async with home.owner() as owner:
                for peer in of[home.name]:
                    assert await notes(owner, peer) == (said[home.name], said[other.name])
        assert sum(map(len, said.values())) * 2 == 1_000
    finally:
        for each in reversed(everybody):
            each.down()
    search(relay, [anna, bert])


def test_two_homes_without_a_port_exchange_a_thousand_notes_by_a_relay(folder: Path) -> None:
    with networks(["Anna", "Bert"], free_ports(1)[0]) as nets:
        asyncio.run(live(nets, folder))


def test_the_search_finds_what_two_relationships_share() -> None:
    mark = secrets.token_bytes(ID_BYTES)
    held = {name: [secrets.token_bytes(400) for _ in range(20)] for name in ("one", "two", "three")}
    assert shared(held) == []
    held["one"] += leaves(b"before" + mark)
    held["three"] += leaves(cbor.encode([1, mark + b"after"]))
    assert shared(held) == [("one", "three", mark)]


def test_the_search_finds_a_canary_and_an_id_in_a_file_or_the_log(folder: Path) -> None:
    with networks([], free_ports(1)[0]) as nets:
        relay = Dweller(folder, "Relay", nets._replace(before={"relay": [], "Relay": []}), relay=True)
    mailbox = secrets.token_bytes(16)
    wanted = [CANARY.encode(), mailbox]
    relay.log.touch()
    assert traces(relay, wanted) == []
    (relay.folder / "relay.db").write_bytes(b"\0" * 100 + mailbox)
    relay.log.write_text(f"a frame for {mailbox[:ID_BYTES].hex()}\n")
    (relay.folder / "note").write_text(f"somebody said {CANARY}")
    assert sorted(traces(relay, wanted)) == ["Relay.log", "note", "relay.db"]
