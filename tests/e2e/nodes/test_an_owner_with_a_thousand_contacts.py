"""Lists in pages, names and ids that mean one peer, and a sentence with a code for everything that is not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest
from tests.e2e.nodes.inside import at_rest

from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import SCOPES_CACHED_MAX
from pcloud.runtime.owner import Owner
from pcloud.runtime.owning.answering import PAGE_MAX
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Peer
from pcloud.store.port import Timer
from pcloud.testing.home import Home, Street, related

PEERS = 1_000


async def multiply(home: Home, peer: Peer, count: int) -> None:
    """Let one relationship stand in the store so many times, each under an id and a name of its own."""
    scope = bytes.fromhex(peer.id)

    def job(batch: Batch) -> None:
        relationship, row = batch.store.relationship(scope), batch.store.contact(scope)
        assert relationship is not None
        assert row is not None
        batch.steps += 1
        for number in range(count):
            id_ = batch.draw(16)
            batch.changes.relationships[id_] = relationship
            batch.changes.contacts[id_] = row._replace(scope=id_, name=f"Peer {number}")

    await home.node.decider.do(job)


class Crowd(NamedTuple):
    home: Home
    ids: list[str]
    """Of all peers, in their order."""


@pytest.fixture
async def crowd(street: Street) -> Crowd:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await at_rest(anna, shop)
    await multiply(anna, mine, PEERS - 1)
    rows = await anna.node.decider.do(lambda batch: list(batch.store.contacts(None, 2 * PEERS)))
    return Crowd(anna, [row.scope.hex() for row in rows])


async def test_pages_hold_each_peer_once_in_order(crowd: Crowd) -> None:
    owner = crowd.home.owner
    seen: list[str] = []
    while page := await owner.peers(after=seen[-1] if seen else None):
        assert len(page) <= PAGE_MAX
        seen += [peer.id for peer in page]
    assert seen == crowd.ids
    assert len(seen) == PEERS
    assert (await owner.status()).peers == PEERS


@pytest.mark.parametrize(
    ("limit", "rows"), [(-1, 0), (0, 0), (1, 1), (7, 7), (PAGE_MAX + 1, PAGE_MAX), (2**70, 100)]
)
async def test_a_page_has_what_was_asked_for_and_never_more_than_its_bound(
    crowd: Crowd, limit: int, rows: int
) -> None:
    assert [peer.id for peer in await crowd.home.owner.peers(limit=limit)] == crowd.ids[:rows]


async def test_a_peer_is_found_by_its_whole_name_and_by_an_id_that_only_it_has(crowd: Crowd) -> None:
    owner = crowd.home.owner
    assert (await owner.peer("peer 77")).name == "Peer 77"
    for id_ in crowd.ids[::100]:
        assert (await owner.peer(id_)).id == id_
        assert (await owner.peer(id_[:16].upper())).id == id_
    with pytest.raises(OwnerError) as refused:
        await owner.peer("Peer")
    assert refused.value.code == "unknown"


async def test_fewer_characters_of_an_id_than_four_mean_nobody(crowd: Crowd) -> None:
    owner, only = crowd.home.owner, crowd.ids[0]
    for length in range(1, 4):
        with pytest.raises(OwnerError) as refused:
            await owner.say(only[:length], "meant for somebody of that name")
        assert refused.value.code == "unknown"
    assert (await owner.peer(only)).waiting == 0


async def test_a_short_name_means_its_peer_whoever_has_an_id_that_begins_so(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("ed")
    mine, _ = await related(anna, shop)
    await multiply(anna, mine, 300)
    with pytest.raises(OwnerError) as refused:
        await anna.owner.peer("e")
    assert refused.value.code == "unknown"
    assert (await anna.owner.peer("Ed")).id == mine.id


async def test_looking_through_all_leaves_memory_within_its_bound(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await multiply(anna, mine, 1_200)
    await anna.owner.terms()
    with pytest.raises(OwnerError):
        await anna.owner.show_terms("abcd")
    scopes = anna.node.decider.scopes
    assert len(scopes._kept) <= SCOPES_CACHED_MAX + 1, "nobody else is expected to answer"
    await anna.owner.say(mine.id, "still here")
    await at_rest(anna, shop)
    assert (await anna.owner.peer(mine.id)).waiting == 0


TEXTS = [
    "",
    "x",
    "x" * 300,
    "x" * 70_000,
    "\x00",
    "\ud800",
    "a\nb",
    "é" * 200,
    "\u202e",
    "%",
    "'; drop",
    "0" * 64,
]
NUMBERS = [-(2**70), -1, 0, 2**31, 2**53, 2**63, 2**70]

WithText: list[Callable[[Owner, str, str], Awaitable[object]]] = [
    lambda owner, _peer, text: owner.invite(text),
    lambda owner, _peer, text: owner.invite("x", role=text),
    lambda owner, _peer, text: owner.invite("x", title=text),
    lambda owner, _peer, text: owner.invite("x", terms=[text]),
    lambda owner, _peer, text: owner.withdraw(text),
    lambda owner, _peer, text: owner.connect(text),
    lambda owner, _peer, text: owner.accept(text),
    lambda owner, _peer, text: owner.decline(text),
    lambda owner, _peer, text: owner.peers(after=text),
    lambda owner, _peer, text: owner.peer(text),
    lambda owner, _peer, text: owner.pause(text),
    lambda owner, _peer, text: owner.resume(text),
    lambda owner, _peer, text: owner.close(text),
    lambda owner, peer, text: owner.close(peer, held=text),
    lambda owner, _peer, text: owner.rotate(text),
    lambda owner, _peer, text: owner.say(text, "x"),
    lambda owner, peer, text: owner.say(peer, text),
    lambda owner, peer, text: owner.say(peer, "x", thread=text),
    lambda owner, _peer, text: owner.log(text),
    lambda owner, _peer, text: owner.export(text),
    lambda owner, _peer, text: owner.terms(text),
    lambda owner, _peer, text: owner.show_terms(text),
    lambda owner, peer, text: owner.proffer(peer, text),
    lambda owner, peer, text: owner.proffer(peer, "SD-BASE", replaces=text),
    lambda owner, _peer, text: owner.accept_terms(text),
    lambda owner, _peer, text: owner.counter_terms(text, "SD-BASE"),
    lambda owner, _peer, text: owner.counter_terms("abcd", text),
    lambda owner, _peer, text: owner.decline_terms(text),
    lambda owner, _peer, text: owner.terminate_terms(text),
]
WithNumber: list[Callable[[Owner, str, int], Awaitable[object]]] = [
    lambda owner, _peer, number: owner.invite("x", uses=number),
    lambda owner, _peer, number: owner.invite("x", expires_s=number),
    lambda owner, _peer, number: owner.peers(limit=number),
    lambda owner, peer, number: owner.log(peer, limit=number),
    lambda owner, peer, number: owner.log(peer, before=number),
    lambda owner, peer, number: owner.proffer(peer, "SD-BASE", expires_s=number),
    lambda owner, peer, number: owner.proffer(peer, "SD-BASE", until=number),
    lambda owner, peer, number: owner.pause(peer, until=number),
]


async def refusal(asked: Awaitable[object]) -> OwnerError | None:
    """What the owner was told; None where it was done. Anything else that is raised fails the test."""
    try:
        await asked
    except OwnerError as error:
        return error
    return None


async def test_whatever_an_owner_asks_is_done_or_refused_with_a_code_and_a_sentence(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    mine, _ = await related(anna, shop)
    asked = [work(anna.owner, mine.id, text) for work in WithText for text in TEXTS]
    asked += [work(anna.owner, mine.id, number) for work in WithNumber for number in NUMBERS]
    for each in asked:
        error = await refusal(each)
        if error is not None:
            assert error.code == error.code.lower().strip() != ""
            assert error.text[0].isupper()
            assert error.text.endswith((".", ")"))
    assert (await anna.owner.peer(mine.id)).id == mine.id
    assert anna.node.broken is None
    assert "fault" not in anna.log.getvalue()
    timers = await anna.node.decider.do(lambda batch: list(batch.store.timers_due(2**53 - 1, 1_000)))
    assert all(isinstance(timer, Timer) for timer in timers)


async def test_what_happens_can_be_followed_from_any_place_that_can_be_named(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    await related(anna, shop)
    for number in (-(2**70), -1, 0):
        follower = anna.owner.happenings(after=number)
        assert (await anext(follower)).number == 1
        await follower.aclose()  # type: ignore[attr-defined]  # it is a generator
    for number in (2**53, 2**70):
        follower = anna.owner.happenings(after=number)
        waits = asyncio.ensure_future(anext(follower))
        await asyncio.sleep(0)
        await anna.owner.status()
        assert not waits.done()
        waits.cancel()


async def test_a_follower_and_a_caller_that_are_there_at_the_end_are_let_go(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    await related(anna, shop)
    owner = anna.owner
    end = await anna.node.decider.do(lambda batch: batch.store.feed_end())
    seen = []

    async def follow() -> None:
        async for happening in owner.happenings(after=end):
            seen.append(happening)

    following = asyncio.create_task(follow())
    await owner.status()
    await anna.down()
    await following
    error = await refusal(owner.status())
    assert error is not None
    assert error.code == "busy"
