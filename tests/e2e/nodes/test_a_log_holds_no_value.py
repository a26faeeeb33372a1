"""A whole story with everything that can go wrong in it leaves no value in the log at any level (spec 15)."""

import asyncio
import logging
import os
from typing import Any

import pytest
from tests.e2e.nodes.inside import at_rest
from tests.e2e.nodes.rogue import Rogue

from pcloud.engine import handshake
from pcloud.net.port import Packet
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.store.faults import FULL
from pcloud.store.port import Changes, FullError, Route, StoreError
from pcloud.testing.home import Home, Street, quiet, related, requests, texts, until
from pcloud.wire.session import FrameKey, seal_frame

CANARIES = ["Canary-Anna", "Canary-Flora", "canary text", "canary purpose", "canary role", "canary reason"]


def shown(value: bytes) -> list[str]:
    """How bytes end in a line: whole, or the beginning of them."""
    return [value.hex()[:12], repr(value)[2:12], repr(value[:6])[2:-1]]


async def values(home: Home) -> list[str]:
    """Everything of a node that is somebody's: ids, mailboxes, addresses."""

    def job(batch: Batch) -> list[str]:
        found: list[str] = []
        for row in batch.store.contacts(None, 1_000):
            relationship = batch.store.relationship(row.scope)
            assert relationship is not None
            me, peer = relationship.me, relationship.peer
            for value in (row.scope, me.mailbox, peer.mailbox, me.log.persona, peer.log.persona):
                found += shown(value)
            found += [*me.endpoints, *peer.endpoints]
            found += [
                value for fed in batch.store.log(row.scope, None, 100) for value in shown(fed.entry.first_id)
            ]
        return found

    return await home.node.decider.do(job)


async def test_a_story_with_every_mishap_leaves_no_value_in_the_log_or_anywhere_else(
    street: Street, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    anna, shop = await street.home("Canary-Anna"), await street.home("Canary-Flora", "organisation")
    homes = (anna, shop)
    for home in homes:
        home.node.log._least = logging.DEBUG
        asyncio.get_running_loop().set_exception_handler(lambda _, context: shop.node.log._of_loop(context))
    rogue = await Rogue("canary-rogue").up()

    # What is usual
    link = (await shop.owner.invite("canary purpose", role="canary role")).link
    await rogue.invited(link)
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "canary text")
    proffered = await anna.owner.proffer(mine.id, "SD-BASE")
    await quiet(anna, shop)
    await shop.owner.decline_terms(proffered.id)
    hostile = await rogue.befriend(shop)
    await quiet(anna)

    # What is refused
    for asked in (
        shop.owner.decline_terms(proffered.id, reason="canary reason"),
        anna.owner.peer("Canary-Flora2"),
        anna.owner.say(mine.id, "canary text" * 1_000),
        anna.owner.connect("pcloud:contact/1/canary"),
        anna.owner.accept(mine.id, name="Canary-Anna" * 20),
    ):
        with pytest.raises(OwnerError):
            await asked
    endpoint = shop.node.me.endpoints[0]
    for _ in range(3):
        await rogue.net.post(endpoint, Packet(os.urandom(16), b"canary text"))
        await rogue.post(b"canary text")
    invitation = await rogue.invited((await shop.owner.invite("canary purpose")).link)
    await rogue.post(rogue.lie(handshake.request(rogue.relationship, invitation), number=9))
    await at_rest(*homes)

    # What breaks
    poisoned = bytes(range(16))
    route = shop.node.store.route

    def breaking(mailbox: bytes) -> Route | None:
        if mailbox == poisoned:
            raise RuntimeError(f"Canary-Flora {mailbox!r} canary text {endpoint}")
        return route(mailbox)

    shop.node.store.route = breaking  # type: ignore[method-assign]  # a fault of ours that tells everything
    frame = seal_frame(FrameKey(poisoned, bytes(32)), None, bytes(300), bytes(12))
    await rogue.net.post(endpoint, Packet(poisoned, frame))
    await at_rest(*homes)
    follow = shop.node.following.tell

    def failing(*_: Any, **__: Any) -> None:
        raise ValueError(f"canary text for Canary-Anna at {endpoint}")

    shop.node.following.tell = failing  # type: ignore[method-assign]  # the same after a commit
    await anna.owner.say(mine.id, "canary text")
    await quiet(anna)
    shop.node.following.tell = follow  # type: ignore[method-assign]  # as it was
    commit = anna.node.store.commit

    def full(changes: Changes) -> None:
        raise FullError(FULL) from OSError(28, "canary text", "/home/Canary-Anna/store.db")

    anna.node.store.commit = full  # type: ignore[method-assign]  # a disk that is full
    await shop.owner.say(theirs.id, "canary text")
    with pytest.raises(OwnerError):
        await anna.owner.say(mine.id, "canary text")
    await at_rest(*homes)
    anna.node.store.commit = commit  # type: ignore[method-assign]  # there is room
    anna.node.failed(StoreError(f"canary text {endpoint}"))
    await anna.owner.close(mine.id)
    assert await requests(shop) == []
    assert hostile.id

    found = [*CANARIES, *await values(anna), *await values(shop), str(anna.port), str(shop.port), link[-20:]]
    await rogue.down()
    for home in homes:
        await home.down()
    told = anna.log.getvalue() + shop.log.getvalue()
    assert "fault" in told
    assert "store-failed" in told
    assert "frame-refused" in told
    printed = capsys.readouterr()
    said = told + printed.out + printed.err + caplog.text
    assert [value for value in found if value.lower() in said.lower()] == []


async def test_an_error_of_ours_shows_nothing_where_it_is_printed(street: Street) -> None:
    anna, shop = await street.home("Canary-Anna"), await street.home("Canary-Flora")
    mine, _ = await related(anna, shop)
    await anna.owner.say(mine.id, "canary text")
    await until(lambda: texts(anna, mine.id))

    def job(batch: Batch) -> list[str]:
        scope = batch.scope(bytes.fromhex(mine.id))
        return [repr(scope), repr(batch), repr(scope.log), str(scope)]

    for text in await anna.node.decider.do(job):
        assert "canary" not in text.lower()
