"""Scopes of real histories: what a store gives back is what was committed, whatever happened to the nodes."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.contract.store.bodies import Body, memory, sqlite, sqlite_that_keeps_nothing_in_memory
from tests.contract.store.histories import (
    SCOPE,
    Noting,
    assert_same_log,
    changes_of,
    everything_of,
    held,
    met,
    plain,
)

from pcloud.engine.compose import Command, command
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.store.port import Changes, Store
from pcloud.testing import story, world
from pcloud.testing.node import Node
from pcloud.testing.world import Owner


@pytest.fixture(params=(memory, sqlite, sqlite_that_keeps_nothing_in_memory), ids=lambda make: make.__name__)
def body(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Body]:
    made: Body = request.param(tmp_path)
    yield made
    made.store.close()


@cache
def weather(seed: int) -> tuple[Owner, ...]:
    """The two of one world, whose nodes note what they commit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "Watched", Noting)
        return world.run(seed).owners


@cache
def told() -> story.Story:
    """The story of a handshake, terms, a theft and an end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(story, "Node", Noting)
        one = story.Story(lambda _: None)
        one.handshake()
        return one


def replay(body: Body, node: Any) -> None:
    """Commit all that a node committed, one by one, and look at the scope each time."""
    for changes in node.commits:
        body.store.commit(changes)
        assert plain(held(body.store)) == plain(changes.relationships[SCOPE])
    body.reopen()
    assert plain(held(body.store)) == plain(node.relationship)
    assert_same_log(body.store, node)
    assert list(body.store.check()) == []


@pytest.mark.parametrize(("seed", "side"), [(0, 1), (5, 0), (7, 1), (26, 0)])
def test_a_scope_comes_back_after_any_weather(body: Body, seed: int, side: int) -> None:
    """Loss, repeats, thefts, copies that are set back, recoveries, ends: after every single commit."""
    node: Any = weather(seed)[side].node
    assert len(node.commits) > 100
    replay(body, node)


def test_a_story_with_terms_a_theft_and_an_end_comes_back(body: Body) -> None:
    shop = told().shop
    assert shop.relationship.agreements
    assert shop.relationship.closed
    assert shop.relationship.recovered
    replay(body, shop)


def test_a_pending_contact_comes_back_before_anything_was_sent(body: Body) -> None:
    first: Any = told().anna
    changes = first.commits[0]
    assert changes.relationships[SCOPE].thread is None
    body.store.commit(changes)
    assert plain(held(body.reopen())) == plain(changes.relationships[SCOPE])
    assert body.store.feed_end() == 0


def test_a_thread_stands_beside_its_scope_and_in_it(store: Store) -> None:
    guest, _ = met()
    store.commit(everything_of(guest))
    known = guest.relationship.thread
    assert known is not None
    assert list(store.threads(SCOPE, "relationship")) == [known]
    assert held(store).thread == known
    assert list(store.threads(SCOPE, "terms")) == []
    assert list(store.threads(b"another", "relationship")) == []


def test_threads_are_listed_oldest_first_and_keep_their_place(body: Body) -> None:
    shop = told().shop
    threads = [thread for thread in shop.log.threads.values() if thread.machine == "terms"]
    assert len(threads) > 1
    for thread in threads:
        body.store.commit(Changes(threads={(SCOPE, thread.id): thread._replace(state="proffered")}))
    body.store.commit(Changes(threads={(SCOPE, thread.id): thread for thread in threads}))
    assert list(body.reopen().threads(SCOPE, "terms")) == threads
    assert body.store.counts()["threads"] == len(threads)


def test_threads_are_found_by_the_beginning_of_an_id_in_all_relationships(body: Body) -> None:
    of = {scope: told().shop.log.threads for scope in (SCOPE, b"another".ljust(32))}
    threads = [thread for thread in of[SCOPE].values() if thread.machine == "terms"]
    for scope, held_there in of.items():
        body.store.commit(Changes(threads={(scope, id_): thread for id_, thread in held_there.items()}))
    store = body.reopen()
    for thread in threads:
        wanted = sorted((scope, thread) for scope in of)
        for text in (thread.id.hex(), thread.id.hex()[:9], thread.id.hex()[:8].upper()):
            assert sorted(store.find_threads("terms", text, 9)) == wanted
        assert len(store.find_threads("terms", thread.id.hex(), 1)) == 1
        assert list(store.find_threads("disclosure", thread.id.hex(), 9)) == [], "of another feature"
        assert list(store.find_threads("terms", thread.id.hex() + "0", 9)) == []
    relation = next(thread for thread in of[SCOPE].values() if thread.machine == "relationship")
    assert list(store.find_threads("relationship", relation.id.hex(), 9)) == [], "found in its own scope only"
    assert list(store.find_threads("terms", "no hex", 9)) == []
    assert len(store.find_threads("terms", "", 100)) == 2 * len(threads)


def test_threads_in_one_state_are_listed_alone(body: Body) -> None:
    threads = [thread for thread in told().shop.log.threads.values() if thread.machine == "terms"]
    states = [f"state {number % 2}" for number in range(len(threads))]
    marked = [thread._replace(state=state) for thread, state in zip(threads, states, strict=True)]
    body.store.commit(Changes(threads={(SCOPE, thread.id): thread for thread in marked}))
    store = body.reopen()
    assert list(store.threads(SCOPE, "terms", "state 1")) == marked[1::2]
    assert list(store.threads(SCOPE, "terms", "state 2")) == []
    assert list(store.threads(SCOPE, "terms")) == marked


def say(store: Store, node: Node, *messages: RelationshipPause | RelationshipResume) -> None:
    """Command messages whose frames go nowhere."""
    for message in messages:
        decision = command(node.relationship, Command(message, node.thread), node.log, node.setting)
        node.commit(decision)
        store.commit(changes_of(decision))


def test_messages_without_a_receipt_wait_in_order_until_it_comes(body: Body) -> None:
    guest, host = met()
    body.store.commit(everything_of(guest))
    assert held(body.store).outgoing.pending == ()
    say(body.store, guest, RelationshipPause(), RelationshipResume(), RelationshipPause())
    waiting = guest.relationship.outgoing.pending
    assert [sent.number for sent in waiting] == [3, 4, 5]
    assert held(body.reopen()).outgoing.pending == waiting

    (receipt,) = host.receive(guest.frames()[0]).frames
    before = body.store.feed_end()
    guest.receive(receipt)
    verdicts = {(SCOPE, waiting[0].first_id): "applied"}
    body.store.commit(Changes(relationships={SCOPE: guest.relationship}, verdicts=verdicts))
    assert held(body.store).outgoing.pending == waiting[1:]
    assert held(body.reopen()).outgoing.pending == waiting[1:]
    assert body.store.feed_end() == before


def test_a_message_waits_though_the_peer_gives_another_one_back_for_its_place(body: Body) -> None:
    """Two copies of a node wrote one number; what the peer returns of the other one is no waiting message."""
    guest, _ = met()
    thief = guest.clone("thief")
    body.store.commit(everything_of(guest))
    say(body.store, guest, RelationshipPause(), RelationshipResume())
    thief.say(RelationshipPause(), thief.thread)
    theirs = thief.log.sequence(mine=True)[-1]._replace(verdict="applied")
    own = guest.log.sequence(mine=True)[-2]
    assert theirs.signed.header.number == own.signed.header.number == 3
    assert theirs.first_id != own.first_id

    body.store.commit(Changes(entries={(SCOPE, theirs.first_id): theirs}))
    for _ in range(2):
        assert held(body.store).outgoing.pending == guest.relationship.outgoing.pending
        history = body.store.history(SCOPE)
        assert history.at(mine=True, epochs=(0, 0), number=3) == theirs
        assert (history.find(own.first_id), history.find(theirs.first_id)) == (own, theirs)
        assert len(history.sequence(mine=True)) == 5
        body.reopen()


def test_a_scope_that_was_never_stored_is_empty(store: Store) -> None:
    assert store.relationship(SCOPE) is None
    history = store.history(SCOPE)
    assert history.find(bytes(32)) is None
    assert history.at(mine=True, epochs=(0, 0), number=1) is None
    assert history.thread(bytes(32)) is None
    assert list(history.entries(bytes(32))) == []
    assert list(history.sequence(mine=True)) == []
    assert list(store.log(SCOPE, None, 10)) == []
    assert list(store.contact_keys(SCOPE)) == []
    assert list(store.evidence(SCOPE)) == []
