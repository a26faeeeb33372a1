"""Frames go to each peer by a lane of its own: over the connection it was heard on, or one opened for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from pcloud.ambient.fixed import FixedClock, SeededEntropy
from pcloud.limits import MAILBOX_BYTES
from pcloud.net.memory import MemoryNet, Switchboard
from pcloud.net.port import Link, Packet, UnreachableError
from pcloud.net.quiet import Quiet
from pcloud.runtime.carrying.outbox import (
    BYTES_QUEUED_MAX,
    FRAMES_QUEUED_MAX,
    HEARD_MAX,
    QUIET_S,
    REDIAL_FIRST_S,
    REDIAL_S_MAX,
    Outbox,
)
from pcloud.runtime.deciding.committed import Parcel

HOME = "https://home.example"
DAY_S = 86_400


class Ear(Quiet):
    """Who listens at an endpoint."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.mailboxes: set[bytes] = set()
        self.links: list[Link] = []
        self.posted = 0
        self.room = asyncio.Event()
        self.room.set()
        self.hangs_up = False
        self.outbox: Outbox | None = None

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        await self.room.wait()
        self.frames.append(packet.frame)
        self.mailboxes.add(packet.mailbox)
        self.posted += link is None
        if link is not None and link not in self.links:
            self.links.append(link)
        if self.hangs_up and link is not None:
            await link.close()

    def closed(self, link: Link) -> None:
        if self.outbox is not None:
            self.outbox.closed(link)


class CountedNet(MemoryNet):
    """The net of one process, which notes where it was sent."""

    def __init__(self, switchboard: Switchboard, endpoint: str) -> None:
        super().__init__(switchboard, endpoint, endpoint)
        self.dialled: list[str] = []
        self.posted: list[str] = []

    async def dial(self, endpoint: str) -> Link:
        self.dialled.append(endpoint)
        return await super().dial(endpoint)

    async def post(self, endpoint: str, packet: Packet) -> None:
        self.posted.append(endpoint)
        await super().post(endpoint, packet)


class Post:
    """An outbox, its peers, and who was told that somebody can be reached."""

    def __init__(self) -> None:
        self.clock, self.board = FixedClock(), Switchboard()
        self.net, self.ear = CountedNet(self.board, HOME), Ear()
        self.up: list[bytes] = []
        self.waits: tuple[bytes, ...] = ()
        """What is sent again as soon as somebody can be reached."""
        self.nets: list[MemoryNet] = [self.net]
        self.outbox = self.outbox_of(256)

    def outbox_of(self, links_max: int) -> Outbox:
        self.outbox = Outbox(self.net, self.clock, SeededEntropy("out"), self._came_up, links_max)
        self.ear.outbox = self.outbox
        return self.outbox

    def _came_up(self, scope: bytes) -> None:
        self.up.append(scope)
        asyncio.get_running_loop().call_soon(self.give, scope.decode(), *self.waits)

    async def peer(self, name: str) -> Ear:
        net, ear = MemoryNet(self.board, f"https://{name}.example", name), Ear()
        await net.listen(ear)
        self.nets.append(net)
        return ear

    async def calls(self, name: str) -> Link:
        """A peer opens a connection to this node; gives this node's end."""
        net = next(net for net in self.nets if net.address[0] == f"{name}.example")
        link = await net.dial(HOME)
        known = len(self.ear.links)
        await link.send((Packet(bytes(MAILBOX_BYTES), b"hello"),))
        await self.turns()
        return self.ear.links[known]

    def give(self, name: str, *frames: bytes, own: bool = True, whole: bool = True, at: str = "") -> None:
        endpoints = (f"https://{at or name}.example",)
        self.outbox.give(Parcel(name.encode(), endpoints, box(at or name), frames, own, whole))

    async def turns(self) -> None:
        for _ in range(400):
            await asyncio.sleep(0)


def box(name: str) -> bytes:
    return name.encode().ljust(MAILBOX_BYTES, b".")


def words(count: int) -> list[bytes]:
    return [f"{number}".encode() for number in range(count)]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    made = Post()
    await made.net.listen(made.ear)
    yield made
    await made.outbox.stop()
    for net in made.nets:
        await net.close()


async def test_frames_go_in_order_over_one_connection(post: Post) -> None:
    ear = await post.peer("b")
    for word in words(50):
        post.give("b", word)
    await post.turns()
    assert ear.frames == words(50)
    assert post.net.dialled == ["https://b.example"]
    assert (post.outbox.links, post.outbox.is_up(b"b"), ear.posted) == (1, True, 0)


async def test_one_that_does_not_read_holds_up_nobody_and_its_queue_is_bounded(post: Post) -> None:
    slow, quick = await post.peer("slow"), await post.peer("quick")
    slow.room.clear()
    for word in words(3 * FRAMES_QUEUED_MAX):
        post.give("slow", word)
        post.give("quick", word)
        await asyncio.sleep(0)
    await post.turns()
    assert quick.frames == words(3 * FRAMES_QUEUED_MAX)
    assert slow.frames == []
    assert len(post.outbox._lanes[b"slow"].frames) <= FRAMES_QUEUED_MAX
    slow.room.set()


async def test_what_waits_for_one_peer_is_bounded_in_bytes(post: Post) -> None:
    slow = await post.peer("slow")
    slow.room.clear()
    for _ in range(300):
        post.give("slow", bytes(65_536))
        await asyncio.sleep(0)
    await post.turns()
    lane = post.outbox._lanes[b"slow"]
    assert lane.size == sum(len(given.packet.frame) for given in lane.frames) <= BYTES_QUEUED_MAX
    slow.room.set()
    await post.turns()
    assert lane.size == 0
    assert len(slow.frames) < 300, "the rest is left to the retry"


async def test_the_first_answer_goes_back_over_the_connection_it_came_by(post: Post) -> None:
    caller = await post.peer("caller")
    link = await post.calls("caller")
    post.outbox.attach(b"caller", link)
    post.give("caller", b"receipt", own=False, at="nowhere")
    await post.turns()
    assert caller.frames == [b"receipt"]
    assert (post.net.dialled, post.net.posted) == ([], [])


async def test_an_answer_without_a_connection_is_posted_and_opens_none(post: Post) -> None:
    ear = await post.peer("b")
    post.give("b", b"receipt", own=False)
    await post.turns()
    assert (ear.frames, ear.posted) == ([b"receipt"], 1)
    assert (post.net.dialled, post.outbox.links) == ([], 0)


async def test_an_answer_tries_the_endpoints_in_their_order(post: Post) -> None:
    ear = await post.peer("third")
    endpoints = ("https://first.example", "https://second.example", "https://third.example")
    post.outbox.give(Parcel(b"b", endpoints, box("b"), (b"receipt",), own=False, whole=True))
    await post.turns()
    assert post.net.posted == list(endpoints)
    assert ear.frames == [b"receipt"]


async def test_answers_to_somebody_out_of_reach_are_dropped_at_the_first(post: Post) -> None:
    post.give("away", *words(100), own=False)
    await post.turns()
    assert post.net.posted == ["https://away.example"]
    assert post.outbox._lanes == {}


async def test_an_own_message_behind_answers_opens_a_connection(post: Post) -> None:
    ear = await post.peer("b")
    post.give("b", b"receipt", own=False)
    post.give("b", b"word")
    await post.turns()
    assert ear.frames == [b"receipt", b"word"]
    assert (ear.posted, post.outbox.links) == (0, 1)


async def test_somebody_out_of_reach_is_not_dialled_for_every_message(post: Post) -> None:
    for word in words(100):
        post.give("away", word)
        await asyncio.sleep(0)
    await post.turns()
    assert len(post.net.dialled) == 1
    await post.clock.advance(REDIAL_FIRST_S)
    post.give("away", b"again")
    await post.turns()
    assert len(post.net.dialled) == 2
    assert not post.outbox._lanes[b"away"].frames, "each has its row and its timer"


async def test_older_messages_come_first_once_a_connection_stands(post: Post) -> None:
    ear = await post.peer("b")
    post.give("b", b"newest", whole=False)
    post.give("b", b"receipt", own=False)
    await post.turns()
    assert ear.frames == [b"receipt"]
    assert post.up == [b"b"], "all in flight are asked for again, the newest among them"


async def test_a_connection_that_ends_is_opened_again_and_what_waits_is_asked_for(post: Post) -> None:
    ear = await post.peer("b")
    post.give("b", b"word")
    await post.turns()
    await post.clock.advance(60)
    await ear.links[0].close()
    await post.turns()
    assert not post.outbox.is_up(b"b")
    await post.clock.advance(1)
    assert post.outbox.is_up(b"b")
    assert post.up == [b"b"]
    assert len(post.net.dialled) == 2


async def test_one_that_hangs_up_at_once_is_dialled_ever_more_rarely(post: Post) -> None:
    ear = await post.peer("b")
    ear.hangs_up, post.waits = True, (b"word",)
    post.give("b", b"word")
    for _ in range(24 * 60):
        await post.clock.advance(60)
    assert 5 < len(post.net.dialled) < 15
    assert len(ear.frames) == len(post.net.dialled)
    post.give("b", b"later")
    await post.turns()
    assert ear.frames[-1] == b"later", "what has to go still goes"


async def test_one_that_is_gone_is_looked_for_and_then_left_alone(post: Post) -> None:
    ear = await post.peer("b")
    post.give("b", b"word")
    await post.turns()
    await post.clock.advance(60)
    await post.nets[-1].close()
    for _ in range(24 * 60):
        await post.clock.advance(60)
    assert 5 < len(post.net.dialled) < 15
    assert ear.frames == [b"word"]
    silent = len(post.net.dialled)
    await post.clock.advance(10 * REDIAL_S_MAX)
    assert len(post.net.dialled) == silent


async def test_beyond_the_bound_the_connection_that_was_used_least_recently_ends(post: Post) -> None:
    post.outbox_of(3)
    for name in "abcde":
        await post.peer(name)
        post.give(name, b"word")
        await post.turns()
        await post.clock.advance(1)
    assert [post.outbox.is_up(name.encode()) for name in "abcde"] == [False, False, True, True, True]
    assert post.outbox.links == 3
    await post.clock.advance(60)
    assert len(post.net.dialled) == 5, "what this node ended it does not open again by itself"


@pytest.mark.parametrize("most", [0, 1])
async def test_with_the_least_bound_the_newest_connection_stands_and_nothing_is_dialled_twice(
    post: Post, most: int
) -> None:
    post.outbox_of(most)
    ears = [await post.peer(name) for name in "abc"]
    for name in "abc":
        post.give(name, *words(10))
        await post.turns()
    assert [ear.frames for ear in ears] == [words(10)] * 3
    assert len(post.net.dialled) == 3
    assert post.outbox.links == 1


async def test_a_peer_that_moved_is_followed_and_its_old_place_gets_nothing_more(post: Post) -> None:
    old, new = await post.peer("old"), await post.peer("new")
    old.room.clear()
    post.give("b", *words(200), at="old")
    await post.turns()
    post.give("b", b"here", at="new")
    await post.turns()
    old.room.set()
    await post.turns()
    assert new.frames == [b"here"]
    assert new.mailboxes == {box("new")}
    assert old.mailboxes <= {box("old")}
    assert b"here" not in old.frames
    assert post.outbox.links == 1, "the connection to the old place has ended"


async def test_a_peer_that_moved_keeps_the_connection_that_it_opened(post: Post) -> None:
    caller = await post.peer("caller")
    post.outbox.attach(b"caller", await post.calls("caller"))
    post.give("caller", b"before", own=False)
    post.give("caller", b"after", own=False, at="unreachable")
    await post.turns()
    assert caller.frames == [b"after"], "what was for the old mailbox comes again"
    assert post.outbox.is_up(b"caller")
    assert post.net.posted == []


async def test_a_peer_that_has_another_mailbox_at_the_same_place_is_reached_over_the_same_connection(
    post: Post,
) -> None:
    """So each handshake, which begins at the mailbox of an invitation, takes one connection and not two."""
    ear = await post.peer("b")
    post.give("b", b"to the invitation")
    await post.turns()
    post.outbox.give(
        Parcel(b"b", ("https://b.example",), box("own"), (b"to the peer",), own=True, whole=True)
    )
    await post.turns()
    assert ear.frames == [b"to the invitation", b"to the peer"]
    assert ear.mailboxes == {box("b"), box("own")}
    assert (len(post.net.dialled), post.outbox.links) == (1, 1)


async def test_of_connections_that_were_opened_to_us_the_newest_that_brings_something_counts(
    post: Post,
) -> None:
    stranger, caller = await post.peer("stranger"), await post.peer("caller")
    post.outbox.attach(b"b", await post.calls("stranger"))
    post.give("b", b"caught")
    await post.turns()
    post.outbox.attach(b"b", await post.calls("caller"))
    assert post.up == [b"b"], "what went to the first may have gone nowhere"
    post.give("b", b"home")
    await post.turns()
    assert (stranger.frames, caller.frames) == ([b"caught"], [b"home"])


async def test_a_connection_that_was_opened_to_a_peer_stands_unless_it_brings_nothing(post: Post) -> None:
    ear, caller = await post.peer("b"), await post.peer("caller")
    post.give("b", b"one")
    await post.turns()
    other = await post.calls("caller")
    post.outbox.attach(b"b", other)
    post.give("b", b"two")
    await post.turns()
    assert (ear.frames, caller.frames, post.up) == ([b"one", b"two"], [], [])
    await post.clock.advance(QUIET_S)
    post.outbox.attach(b"b", other)
    post.give("b", b"three")
    await post.turns()
    assert (ear.frames, caller.frames, post.up) == ([b"one", b"two"], [b"three"], [b"b"])


async def test_when_the_connection_in_use_ends_another_one_of_that_peer_goes_on(post: Post) -> None:
    ear, caller = await post.peer("b"), await post.peer("caller")
    post.give("b", b"one")
    await post.turns()
    post.outbox.attach(b"b", await post.calls("caller"))
    await ear.links[0].close()
    await post.turns()
    post.give("b", b"two")
    await post.turns()
    assert caller.frames == [b"two"]
    assert len(post.net.dialled) == 1


async def test_nothing_is_kept_of_who_called_and_hung_up(post: Post) -> None:
    await post.peer("caller")
    link = await post.calls("caller")
    post.outbox.attach(b"caller", link)
    await link.close()
    await post.turns()
    assert (post.outbox.links, post.outbox._lanes) == (0, {})


async def test_nothing_is_kept_of_strangers_who_shared_a_connection(post: Post) -> None:
    await post.peer("caller")
    link = await post.calls("caller")
    for name in words(20):
        post.outbox.attach(name, link)
    post.give("7", b"an answer", own=False)
    await post.turns()
    assert len(post.outbox._lanes) == 20
    await link.close()
    await post.turns()
    assert (post.outbox.links, post.outbox._lanes, post.outbox.wrote) == (0, {}, {})


async def test_a_connection_leads_to_so_many_who_were_heard_over_it_and_to_the_last_ones(post: Post) -> None:
    caller = await post.peer("caller")
    link = await post.calls("caller")
    names = words(HEARD_MAX + 2)
    for name in [*names[:-1], names[1], names[-1]]:
        post.outbox.attach(name, link)
    assert [name for name in names if not post.outbox.is_up(name)] == [names[0], names[2]]
    assert len(post.outbox._lanes) == HEARD_MAX
    post.give(names[1].decode(), b"to one of them")
    await post.turns()
    assert caller.frames == [b"to one of them"]
    assert post.net.dialled == []


async def dialled(post: Post, name: str) -> tuple[Ear, Link]:
    """A peer that was dialled, and this node's end of the connection."""
    there = await post.peer(name)
    post.give(name, b"hello")
    await post.turns()
    (link,) = post.outbox._by_link
    return there, link


async def test_who_is_heard_on_a_connection_opened_for_another_takes_nothing_from_it(post: Post) -> None:
    there, link = await dialled(post, "peer")
    for name in words(3):
        post.outbox.attach(name, link)
    post.give("0", b"an answer", own=False)
    await post.turns()
    assert there.frames == [b"hello", b"an answer"], "over the connection on which it was heard"
    post.outbox.part(b"1")
    await post.turns()
    assert link.open
    assert post.outbox.is_up(b"peer")
    assert not post.outbox.is_up(b"1")


async def test_only_for_whom_a_connection_was_opened_it_is_opened_again(post: Post) -> None:
    there, link = await dialled(post, "peer")
    for name in words(20):
        post.outbox.attach(name, link)
    await there.links[0].close()
    await post.turns()
    await post.clock.advance(REDIAL_FIRST_S * 2)
    await post.turns()
    assert post.net.dialled == ["https://peer.example"] * 2
    assert list(post.outbox._lanes) == [b"peer"]
    assert post.up == [b"peer"]


async def test_nothing_is_kept_of_who_was_answered_without_a_connection(post: Post) -> None:
    there = await post.peer("stranger")
    for name in ("stranger", "out-of-reach"):
        post.give(name, b"an answer", own=False)
    await post.turns()
    assert there.frames == [b"an answer"]
    assert (post.outbox._lanes, post.outbox.wrote) == ({}, {})


async def test_one_who_is_dialled_again_is_not_forgotten_for_an_answer_in_between(post: Post) -> None:
    there = await post.peer("peer")
    post.give("peer", b"one")
    await post.turns()
    await there.links[0].close()
    await post.turns()
    post.give("peer", b"an answer", own=False)
    await post.turns()
    await post.clock.advance(REDIAL_FIRST_S * 2)
    await post.turns()
    assert len(post.net.dialled) == 2
    assert post.up == [b"peer"]


async def test_a_connection_that_ended_before_its_packet_was_judged_is_not_taken(post: Post) -> None:
    await post.peer("caller")
    link = await post.calls("caller")
    await link.close()
    await post.turns()
    post.outbox.attach(b"caller", link)
    assert (post.outbox.links, post.outbox._lanes) == (0, {})


async def test_an_end_gives_what_waits_over_where_a_connection_stands(post: Post) -> None:
    ear = await post.peer("b")
    post.give("b", b"one")
    await post.turns()
    post.give("b", b"two")
    post.give("away", b"three")
    await post.outbox.stop()
    await post.turns()
    assert ear.frames == [b"one", b"two"]
    assert "https://away.example" not in post.net.dialled


async def test_what_may_not_be_dialled_is_tried_once_and_never_posted(post: Post) -> None:
    class Closed(CountedNet):
        async def dial(self, endpoint: str) -> Link:
            self.dialled.append(endpoint)
            raise UnreachableError("this endpoint may not be dialled")

    post.net = Closed(post.board, "https://other.example")
    post.outbox_of(8)
    post.give("b", *words(10))
    await post.turns()
    assert (post.net.dialled, post.net.posted) == (["https://b.example"], [])


async def test_what_an_outdated_copy_is_told_leads_nothing_else_there(post: Post) -> None:
    """spec 06 §13: the way to the peer stays as it is."""
    peer, copy = await post.peer("b"), await post.peer("copy")
    post.give("b", b"1")
    await post.turns()
    packets = (Packet(box("copy"), b"told"), Packet(box("copy"), b"again"))
    post.outbox.give_aside(("https://nobody.example", "https://copy.example"), packets)
    link = next(iter(peer.links))
    post.give("b", b"2")
    await post.turns()
    assert copy.frames == [b"told", b"again"]
    assert copy.mailboxes == {box("copy")}
    assert (copy.posted, copy.links) == (2, [])
    assert peer.frames == [b"1", b"2"]
    assert (peer.links, post.outbox.links) == ([link], 1)
    assert post.net.dialled == ["https://b.example"]
