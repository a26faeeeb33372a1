"""What a commit leaves for later: done once, in a commit of its own, whatever comes between (spec 05 §9)."""

import pytest

from pcloud.runtime import timekeeper
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.testing.home import Home, Village, related, texts, until

LATER = "later"


class Follower:
    """Says something when it is its turn, and remembers for which keys that was."""

    def __init__(self, home: Home, peer: str) -> None:
        self.home, self.scope = home, bytes.fromhex(peer)
        self.keys: list[bytes] = []
        self.wait_s = 0
        self.fails: Exception | None = None

    def listen(self) -> None:
        """From now on, and after a start again."""
        self.home.node.decider.handlers = {LATER: self.act}

    def act(self, batch: Batch, scope: Scope, key: bytes) -> None:
        self.keys.append(key)
        if self.wait_s:
            raise PutOffError(self.wait_s)
        if self.fails is not None:
            raise self.fails
        speaking.say(batch, scope, f"as asked: {key[:1].decode(errors='replace')}", None)

    async def ask(self, *keys: bytes, in_s: int = 0) -> None:
        def job(batch: Batch) -> None:
            for key in keys:
                batch.ask(self.scope, LATER, key, batch.now + in_s)

        await self.home.node.decider.do(job)

    async def done(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.keys) >= count

        await until(enough)

    async def waiting(self) -> int:
        return await self.home.node.decider.do(
            lambda batch: sum(timer.command == LATER for timer in batch.store.copying.timers(self.scope))
        )


async def follow(village: Village) -> tuple[Follower, Home, str]:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    follower = Follower(shop, theirs.id)
    follower.listen()
    return follower, anna, mine.id


async def test_what_is_asked_twice_before_it_is_done_is_done_once(village: Village) -> None:
    follower, anna, peer = await follow(village)

    await follower.ask(b"a", b"b", b"a")
    await follower.done(2)

    assert sorted(follower.keys) == [b"a", b"b"]
    assert await follower.waiting() == 0
    await until(lambda: _said(anna, peer, 2))
    await follower.ask(b"a")
    await follower.done(3)
    await until(lambda: _said(anna, peer, 3))


async def _said(home: Home, peer: str, count: int) -> bool:
    return len(await texts(home, peer)) == count


async def test_it_is_done_after_a_start_where_the_node_ended_before(village: Village) -> None:
    follower, anna, peer = await follow(village)
    await follower.ask(b"a", in_s=60)
    await follower.home.down()
    await village.clock.advance(120)
    assert follower.keys == []

    follower.home._node = follower.home.assemble()
    follower.listen()
    await follower.home.node.start()
    await follower.done(1)

    await until(lambda: _said(anna, peer, 1))
    assert follower.keys == [b"a"]
    assert await follower.waiting() == 0


async def test_what_cannot_be_done_now_is_done_later_and_leaves_nothing_behind(village: Village) -> None:
    follower, anna, peer = await follow(village)
    follower.wait_s = 600
    await follower.ask(b"a")
    await follower.done(1)
    assert await follower.waiting() == 1
    assert await texts(follower.home, follower.scope.hex()) == []

    follower.wait_s = 0
    await village.clock.advance(601)
    await follower.done(2)

    await until(lambda: _said(anna, peer, 1))
    assert await follower.waiting() == 0


async def test_what_is_due_stops_for_others_once_it_has_taken_its_time(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, anna, peer = await follow(village)
    took: list[Batch] = []

    def act(batch: Batch, scope: Scope, key: bytes) -> None:
        took.append(batch)
        follower.act(batch, scope, key)

    follower.home.node.decider.handlers = {LATER: act}
    await follower.ask(b"a", b"b", b"c")
    await follower.done(3)
    assert len({id(batch) for batch in took}) == 1

    monkeypatch.setattr(timekeeper, "LANE_S", -1.0)
    await follower.ask(b"d", b"e", b"f")
    await follower.done(6)

    assert len({id(batch) for batch in took}) == 4, "each in a commit of its own"
    assert sorted(follower.keys) == [b"a", b"b", b"c", b"d", b"e", b"f"]
    await until(lambda: _said(anna, peer, 6))
    assert await follower.waiting() == 0


async def test_a_fault_of_one_holds_up_no_other_and_is_tried_again(village: Village) -> None:
    follower, anna, peer = await follow(village)
    follower.fails = RuntimeError("a fault of ours")
    await follower.ask(b"a")
    await follower.done(2)
    assert await follower.waiting() == 1

    follower.fails = None
    await follower.ask(b"b")
    await until(lambda: _said(anna, peer, 1))

    assert await texts(anna, peer) == ["as asked: b"]
    assert await follower.waiting() == 1, "the other one is put off, and not forgotten"


async def test_what_a_peer_says_is_followed_once_and_only_where_somebody_follows_it(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    follower = Follower(shop, theirs.id)
    await anna.owner.say(mine.id, "nobody follows this")
    await until(lambda: _said(shop, theirs.id, 1))
    shop.node.decider.handlers = {"conversation.said": follower.act}

    await anna.owner.say(mine.id, "hello")
    await follower.done(1)

    await until(lambda: _said(anna, mine.id, 3))
    assert len(follower.keys) == 1
