"""A relay that drops, repeats, reorders, delays, changes, mixes up and lies: nothing is lost or believed."""

import random
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from pcloud.limits import RETRY_FIRST_S
from pcloud.mailboxes.memory import MemoryMailboxes
from pcloud.mailboxes.port import Change, PutFrame, Result, Stats, Waiting
from pcloud.store.port import Changes, FullError
from pcloud.testing.home import Home, MemoryHome, Village, related, texts, until
from pcloud.wire.services.relay import address_of
from pcloud.wire.services.service import Outcome

EACH = 20
"""Texts that each of the two says."""
ROUNDS = 600
"""Tries until all has to be there."""
Twist = Callable[[PutFrame], list[PutFrame]]


class Liar:
    """Mailboxes that make something else of what they are given."""

    def __init__(self, inner: MemoryMailboxes) -> None:
        self.inner = inner
        self.twist: Twist | None = None
        self.blind = False
        """Whether it says that there is no such mailbox."""
        self.twisted = 0

    def commit(self, changes: Sequence[Change], now: int) -> list[Result]:
        return [self._one(change, now) for change in changes]

    def _one(self, change: Change, now: int) -> Result:
        if self.twist is None or not isinstance(change, PutFrame):
            return self.inner.commit([change], now)[0]
        instead = self.twist(change)
        self.twisted += instead != [change]
        results = self.inner.commit(instead, now)
        own = [result for put, result in zip(instead, results, strict=True) if put.address == change.address]
        return own[-1] if own else Result(Outcome.FULL)

    def find(self, pickup_hash: bytes, now: int) -> int | None:
        return None if self.blind else self.inner.find(pickup_hash, now)

    def read(self, box: int, after: int, frames_max: int, bytes_max: int) -> list[Waiting]:
        return self.inner.read(box, after, frames_max, bytes_max)

    def blob(self, address: bytes, now: int) -> bytes | None:
        return self.inner.blob(address, now)

    def expire(self, now: int) -> bool:
        return self.inner.expire(now)

    def stats(self) -> Stats:
        return self.inner.stats()

    def close(self) -> None:
        self.inner.close()


class Scene:
    """Anna and Bert, who are reached by one relay only."""

    def __init__(self, village: Village, relay: Home, liar: Liar, anna: Home, bert: Home) -> None:
        self.village, self.relay, self.liar, self.anna, self.bert = village, relay, liar, anna, bert
        self.mine = self.theirs = ""

    async def talk(self) -> None:
        """Both speak in turn."""
        for number in range(EACH):
            await self.anna.owner.say(self.mine, f"anna {number:02}")
            await self.bert.owner.say(self.theirs, f"bert {number:02}")

    async def passes(self) -> None:
        """Time passes until nothing waits any more."""
        for _ in range(ROUNDS):
            await self.village.clock.advance(RETRY_FIRST_S)
            peers = [*await self.anna.owner.peers(), *await self.bert.owner.peers()]
            if not any(peer.waiting for peer in peers):
                return
        raise AssertionError("something waits for ever")

    async def all_there(self) -> None:
        """Each has all that the other has said, once and in order."""
        here, there = await texts(self.anna, self.mine), await texts(self.bert, self.theirs)
        for name in ("anna", "bert"):
            said = [f"{name} {number:02}" for number in range(EACH)]
            assert [text for text in here if text.startswith(name)] == said
            assert [text for text in there if text.startswith(name)] == said


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    village = Village()
    relay = await village.home("Relay", "organisation")
    assert isinstance(relay, MemoryHome)
    liar = relay._boxes = Liar(relay._boxes)  # type: ignore[assignment]  # another body of the port
    await relay.owner.relay_serve(on=True)
    homes = [await village.home(name, listens=False) for name in ("Anna", "Bert")]
    for home in homes:
        invitation = await relay.owner.relay_invite()
        await home.owner.relay_use(invitation.link)
        await ready(home)
    made = Scene(village, relay, liar, *homes)
    mine, theirs = await related(*homes)
    made.mine, made.theirs = mine.id, theirs.id
    yield made
    await village.clear()


async def ready(home: Home) -> None:
    async def look() -> bool:
        return any(relay.chosen and relay.connected and relay.spare for relay in await home.owner.relays())

    await until(look)


# What it can do to frames


def dropping() -> Twist:
    """Three of five are lost; by chance, or a message and its receipt could fall into step with it."""
    dice = random.Random(20)
    return lambda put: [put] if dice.random() < 0.4 else []


def repeating() -> Twist:
    """Each comes three times."""
    return lambda put: [put] * 3


def reordering() -> Twist:
    """Of four the last comes first."""
    held: dict[bytes, list[PutFrame]] = {}

    def twist(put: PutFrame) -> list[PutFrame]:
        waiting = held.setdefault(put.address, [])
        waiting.append(put)
        if len(waiting) < 4:
            return []
        given = waiting[::-1]
        waiting.clear()
        return given

    return twist


def delaying() -> Twist:
    """Each comes when seven more have come."""
    held: dict[bytes, list[PutFrame]] = {}

    def twist(put: PutFrame) -> list[PutFrame]:
        waiting = held.setdefault(put.address, [])
        waiting.append(put)
        return [waiting.pop(0)] if len(waiting) > 7 else []

    return twist


def replaying() -> Twist:
    """All that ever came comes again with each."""
    held: dict[bytes, list[PutFrame]] = {}

    def twist(put: PutFrame) -> list[PutFrame]:
        waiting = held.setdefault(put.address, [])
        waiting.append(put)
        return [*waiting[-9:-1], put]

    return twist


def changing() -> Twist:
    """A byte of every second is another."""
    seen = [0]

    def twist(put: PutFrame) -> list[PutFrame]:
        seen[0] += 1
        if seen[0] % 2:
            return [put]
        at = seen[0] * 37 % len(put.frame)
        frame = put.frame[:at] + bytes([put.frame[at] ^ 0x40]) + put.frame[at + 1 :]
        return [put._replace(frame=frame)]

    return twist


def mixing() -> Twist:
    """Each comes for everybody else too, and every third for somebody else only."""
    known: dict[bytes, None] = {}
    seen = [0]

    def twist(put: PutFrame) -> list[PutFrame]:
        known[put.address] = None
        seen[0] += 1
        others = [put._replace(address=other) for other in known if other != put.address]
        return others if seen[0] % 3 == 0 else [*others, put]

    return twist


def inventing() -> Twist:
    """With each come frames that nobody sent: noise, beginnings of true ones, and nothing but zeros."""
    return lambda put: [
        put._replace(frame=b"\x85" + put.frame[:-1]),
        put._replace(frame=put.frame[: len(put.frame) // 2]),
        put._replace(frame=bytes(300)),
        put,
    ]


TWISTS = (dropping, repeating, reordering, delaying, replaying, changing, mixing, inventing)


@pytest.mark.parametrize("make", TWISTS, ids=lambda make: make.__name__)
async def test_whatever_it_does_to_frames_all_arrives_once_and_in_order(
    scene: Scene, make: Callable[[], Twist]
) -> None:
    """[RELAY-21]"""
    scene.liar.twist = make()
    await scene.talk()
    await scene.passes()
    assert scene.liar.twisted > 0
    await scene.all_there()


async def test_a_relay_that_gives_nothing_is_silence_and_then_all_arrives(scene: Scene) -> None:
    scene.liar.twist = lambda _put: []
    await scene.talk()
    await scene.village.clock.advance(RETRY_FIRST_S * 4)
    assert [text for text in await texts(scene.bert, scene.theirs) if text.startswith("anna")] == []
    assert any(peer.waiting for peer in await scene.anna.owner.peers()), "and the owner sees that it waits"
    scene.liar.twist = None
    await scene.passes()
    await scene.all_there()


async def test_who_is_told_that_a_mailbox_never_was_is_reached_by_another(scene: Scene) -> None:
    scene.liar.blind = True
    for home in (scene.anna, scene.bert):
        await home.down()
        await home.up()
    await scene.village.clock.advance(RETRY_FIRST_S)
    scene.liar.blind = False
    await scene.talk()
    await scene.passes()
    await scene.all_there()


async def test_a_relay_that_has_lost_all_it_kept_is_given_the_same_mailboxes_again(scene: Scene) -> None:
    """[RELAY-22]"""
    before = {box.address for box in scene.liar.inner._rows.boxes.values()}
    await scene.relay.down()
    scene.liar.inner = MemoryMailboxes()
    await scene.relay.up()
    await scene.talk()
    await scene.passes()
    await scene.all_there()
    after = {box.address for box in scene.liar.inner._rows.boxes.values()}
    assert await known_to(scene.bert, scene.theirs) in before & after
    assert await known_to(scene.anna, scene.mine) in before & after


async def known_to(home: Home, peer: str) -> bytes:
    """Under which address a home sends to its peer."""
    found = home.node.store.relationship(bytes.fromhex(peer))
    assert found is not None
    return address_of(found.peer.mailbox)


async def test_what_cannot_be_kept_stays_at_the_relay(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """[RELAY-20]"""
    store = scene.bert.node.store
    commit = store.commit

    def full(changes: Changes) -> None:
        if changes.entries:
            raise FullError("There is no room on the disk for the node's data.")
        commit(changes)

    monkeypatch.setattr(store, "commit", full)
    await scene.anna.owner.say(scene.mine, "anna 00")

    async def waits() -> bool:
        await scene.village.clock.advance(5)
        return scene.liar.stats().frames > 0

    await until(waits)
    await scene.village.clock.advance(60)
    assert scene.liar.stats().frames > 0, "it was given, and not taken"
    assert await texts(scene.bert, scene.theirs) == []
    monkeypatch.undo()
    await scene.passes()
    assert await texts(scene.bert, scene.theirs) == ["anna 00"]
