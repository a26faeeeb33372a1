"""The old machine after a move: packets for the node's mailboxes go on, and nothing else happens."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.contract.net.worlds import Taker

from pcloud.net.memory import MemoryNet, Switchboard
from pcloud.net.port import Packet, UnreachableError
from pcloud.runtime.recovering.retiring import Forwarder, mailboxes_of
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Street, related

OLD, NEW, PEER = (f"https://{name}.example" for name in ("old", "new", "peer"))
MINE = bytes(16)


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard()


async def test_what_is_for_the_node_goes_on_and_nothing_else(switchboard: Switchboard) -> None:
    old, new, peer = (MemoryNet(switchboard, each, each) for each in (OLD, NEW, PEER))
    forwarder, taker = Forwarder(old, NEW, frozenset({MINE})), Taker()
    await old.listen(forwarder)
    await new.listen(taker)
    await peer.listen(Taker())
    await peer.post(OLD, Packet(os.urandom(16), b"somebody else's"))
    await peer.post(OLD, Packet(MINE, b"by post"))
    link = await peer.dial(OLD)
    await link.send((Packet(MINE, b"over a link"), Packet(os.urandom(16), b"not over a link")))
    await taker.until(lambda: len(taker.came) == 2)
    assert [packet.frame for packet, _, _ in taker.came] == [b"by post", b"over a link"]
    assert forwarder.passed_on == 2
    for asked in (peer.fetch(OLD, MINE), peer.fetch_card(OLD), peer.call(OLD)):
        with pytest.raises(UnreachableError):
            await asked
    for net in (old, new, peer):
        await net.close()


async def test_what_cannot_be_passed_on_is_dropped_and_the_next_goes(switchboard: Switchboard) -> None:
    old, new = MemoryNet(switchboard, OLD, OLD), MemoryNet(switchboard, NEW, NEW)
    forwarder, taker = Forwarder(old, NEW, frozenset({MINE})), Taker()
    await old.listen(forwarder)
    await forwarder.receive(Packet(MINE, b"nobody is there"), None, "source")
    assert forwarder.passed_on == 0
    await new.listen(taker)
    await forwarder.receive(Packet(MINE, b"now"), None, "source")
    await taker.until(lambda: len(taker.came) == 1)
    assert [packet.frame for packet, _, _ in taker.came] == [b"now"]
    for net in (old, new):
        await net.close()


async def test_two_that_pass_on_to_each_other_do_not_go_round(switchboard: Switchboard) -> None:
    old, new = MemoryNet(switchboard, OLD, OLD), MemoryNet(switchboard, NEW, NEW)
    there, back = Forwarder(old, NEW, frozenset({MINE})), Forwarder(new, OLD, frozenset({MINE}))
    await old.listen(there)
    await new.listen(back)
    await there.receive(Packet(MINE, b"once"), None, "source")
    for _ in range(50):
        await asyncio.sleep(0)
    assert (there.passed_on, back.passed_on) == (1, 1)
    for net in (old, new):
        await net.close()


async def test_every_mailbox_of_a_node_is_known(tmp_path: Path) -> None:
    street = Street(tmp_path)
    anna, shop = await street.home("Anna"), await street.home("Flora")
    await related(anna, shop)
    await anna.owner.invite("to meet")
    await anna.down()
    store = SqliteStore.open(anna.folder / "store.db", anna.key)
    found = mailboxes_of(store)
    (row,) = store.contacts(None, 10)
    relationship = store.relationship(row.scope)
    assert relationship is not None
    assert relationship.me.mailbox in found
    assert {offer.state.invitation.mailbox for offer in store.offers()} < found
    assert relationship.peer.mailbox not in found
    store.close()
    await street.clear()
