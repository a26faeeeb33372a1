"""Entries: found by ids and places, replaced, judged, erased; the log of a scope and the feed of all."""

from collections.abc import Sequence

import pytest
from tests.contract.store.bodies import Body
from tests.contract.store.histories import SCOPE, everything_of, met

from pcloud.engine.compose import Command, command, reissue
from pcloud.engine.retry import withdraw_items
from pcloud.engine.snapshot import Entry
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.kernel.message import Message
from pcloud.store.port import Changes, Store
from pcloud.testing.node import Node

OTHER = b"another scope".ljust(32, b"\0")


def entries_of(*entries: Entry, scope: bytes = SCOPE) -> Changes:
    return Changes(entries={(scope, entry.first_id): entry for entry in entries})


def said(node: Node, message: Message, items: tuple[bytes, ...] = (), thread: bytes | None = None) -> Entry:
    """An own message whose frame goes nowhere."""
    decision = command(node.relationship, Command(message, thread, items), node.log, node.setting)
    node.commit(decision)
    return decision.entries[0]


def told(node: Node, text: str) -> Entry:
    message, items = ConversationSay.pack(text)
    return said(node, message, items)


def pauses(node: Node, count: int) -> list[Entry]:
    kinds = (RelationshipPause, RelationshipResume)
    return [said(node, kinds[number % 2](), thread=node.thread) for number in range(count)]


def sent_again(node: Node, entry: Entry) -> Entry:
    """The entry of the same message, sent again (spec 06 §4)."""
    node.relationship, again = reissue(node.relationship, entry)
    node.log.put(again)
    return again


def ids(fed: Sequence[object]) -> list[bytes]:
    return [each.entry.first_id for each in fed]  # type: ignore[attr-defined]  # a Fed


def ids_of(entries: Sequence[Entry]) -> set[bytes]:
    return {entry.first_id for entry in entries}


@pytest.fixture
def guest() -> Node:
    return met()[0]


def test_an_entry_is_found_by_its_id_its_place_and_its_thread(body: Body, guest: Node) -> None:
    body.store.commit(everything_of(guest))
    history = body.reopen().history(SCOPE)
    for entry in guest.log.by_first_id.values():
        header = entry.signed.header
        assert history.find(entry.signed.id) == entry
        epochs = header.sender_epoch, header.recipient_epoch
        assert history.at(mine=entry.mine, epochs=epochs, number=header.number) == entry
        assert history.at(mine=not entry.mine, epochs=epochs, number=header.number + 5) is None
        assert entry in history.entries(entry.signed.thread_id)
    assert history.find(bytes(32)) is None
    assert history.find(b"") is None
    assert list(history.entries(bytes(32))) == []


def test_scopes_do_not_see_each_others_entries(store: Store, guest: Node) -> None:
    (entry,) = pauses(guest, 1)
    store.commit(entries_of(entry))
    store.commit(entries_of(scope=OTHER))
    assert store.history(SCOPE).find(entry.first_id) == entry
    assert store.history(OTHER).find(entry.first_id) is None
    store.commit(entries_of(entry._replace(verdict="applied"), scope=OTHER))
    assert store.history(SCOPE).find(entry.first_id) == entry
    assert store.counts()["entries"] == 2
    assert ids(store.log(OTHER, None, 9)) == ids(store.log(SCOPE, None, 9)) == [entry.first_id]


def test_a_message_sent_again_is_found_wherever_it_was(body: Body, guest: Node) -> None:
    first, between = pauses(guest, 2)
    body.store.commit(entries_of(first, between))
    second = sent_again(guest, first)
    third = sent_again(guest, second)
    body.store.commit(entries_of(second))
    body.store.commit(entries_of(third))
    assert len({entry.signed.id for entry in (first, second, third)}) == 3
    for _ in range(2):
        history = body.store.history(SCOPE)
        for id_ in (first.first_id, first.signed.id, second.signed.id, third.signed.id):
            assert history.find(id_) == third
        places = [history.at(mine=True, epochs=(0, 0), number=number) for number in (3, 4, 5, 6)]
        assert [place.signed for place in places if place] == [
            entry.signed for entry in (first, between, second, third)
        ]
        assert list(history.sequence(mine=True)) == [between, third]
        assert list(history.entries(guest.thread)) == [between, third]
        assert body.store.counts()["entries"] == 2
        body.reopen()


def test_an_entry_that_replaces_another_is_the_newest_of_the_feed(body: Body, guest: Node) -> None:
    one, two = pauses(guest, 2)
    body.store.commit(entries_of(one, two))
    again = sent_again(guest, one)
    body.store.commit(entries_of(again))
    store = body.reopen()
    assert [(each.number, each.entry) for each in store.feed(0, 9)] == [(2, two), (3, again)]
    assert [(each.number, each.entry) for each in store.log(SCOPE, None, 9)] == [(3, again), (2, two)]
    assert store.feed_end() == 3


def test_an_entry_written_twice_stands_once(body: Body, guest: Node) -> None:
    one, two = pauses(guest, 2)
    body.store.commit(entries_of(one, two))
    body.store.commit(entries_of(one._replace(verdict="expired"), two))
    store = body.reopen()
    assert [entry.verdict for entry in store.history(SCOPE).sequence(mine=True)] == ["expired", None]
    assert store.counts()["entries"] == 2
    assert [each.number for each in store.feed(0, 9)] == [3, 4]
    assert store.history(SCOPE).at(mine=True, epochs=(0, 0), number=3) == one._replace(verdict="expired")


def test_a_verdict_is_set_where_the_entry_is_and_nowhere_else(body: Body, guest: Node) -> None:
    one, two = pauses(guest, 2)
    body.store.commit(entries_of(one, two))
    verdicts = {(SCOPE, one.first_id): "applied", (SCOPE, bytes(32)): "applied", (OTHER, two.first_id): "no"}
    body.store.commit(Changes(verdicts=verdicts))
    history = body.reopen().history(SCOPE)
    assert history.find(one.first_id) == one._replace(verdict="applied")
    assert history.find(two.first_id) == two
    assert body.store.history(OTHER).find(two.first_id) is None
    assert body.store.counts()["entries"] == 2
    assert body.store.feed_end() == 2


def test_an_entry_and_its_verdict_may_come_in_one_commit(store: Store, guest: Node) -> None:
    (one,) = pauses(guest, 1)
    changes = entries_of(one)
    changes.verdicts[SCOPE, one.first_id] = "applied"
    store.commit(changes)
    assert store.history(SCOPE).find(one.first_id) == one._replace(verdict="applied")


def test_items_come_back_and_go_one_by_one(body: Body, guest: Node) -> None:
    entry = told(guest, "flowers")
    body.store.commit(entries_of(entry))
    assert body.reopen().history(SCOPE).find(entry.first_id) == entry
    empty = withdraw_items(entry)
    assert empty.parts[1] is None
    body.store.commit(entries_of(empty))
    history = body.reopen().history(SCOPE)
    assert history.find(entry.first_id) == empty
    assert history.at(mine=True, epochs=(0, 0), number=3) == empty


def test_of_a_thread_only_what_still_holds_an_item_is_found(body: Body, guest: Node) -> None:
    message, items = ConversationSay.pack("flowers")
    first = said(guest, message, items)
    second, third = (said(guest, message, items, thread=first.first_id) for _ in range(2))
    other, bare = told(guest, "of another thread"), pauses(guest, 1)[0]
    body.store.commit(entries_of(first, second, third, other, bare))
    assert ids_of(body.reopen().history(SCOPE).holding(first.first_id)) == ids_of([first, second, third])

    body.store.commit(entries_of(withdraw_items(second)))
    history = body.reopen().history(SCOPE)
    assert sorted(history.holding(first.first_id)) == sorted([first, third])
    assert len(history.entries(first.first_id)) == 3, "the log is whole"
    assert list(history.holding(other.first_id)) == [other]
    assert list(history.holding(bare.signed.thread_id)) == list(history.holding(bytes(32))) == []
    assert list(body.store.history(OTHER).holding(first.first_id)) == []


def test_what_was_sent_earlier_has_lost_its_items_too(store: Store, guest: Node) -> None:
    entry = told(guest, "flowers")
    store.commit(entries_of(entry))
    again = sent_again(guest, entry)
    store.commit(entries_of(again))
    history = store.history(SCOPE)
    assert history.at(mine=True, epochs=(0, 0), number=3) == entry
    store.commit(entries_of(withdraw_items(again)))
    assert history.at(mine=True, epochs=(0, 0), number=3) == withdraw_items(entry)


def test_a_refused_message_is_kept_without_any_part(body: Body, guest: Node) -> None:
    entry = told(guest, "flowers")._replace(mine=False, verdict="paused", parts=(None, None))
    body.store.commit(entries_of(entry))
    assert body.reopen().history(SCOPE).find(entry.first_id) == entry


def test_the_key_that_signed_a_message_first_is_kept(body: Body, guest: Node) -> None:
    (entry,) = pauses(guest, 1)
    body.store.commit(entries_of(entry._replace(first_signer=b"k" * 32)))
    found = body.reopen().history(SCOPE).find(entry.first_id)
    assert found is not None
    assert (found.signer, found.signed.signer) == (b"k" * 32, entry.signed.signer)


def test_a_log_is_read_page_by_page_newest_first(body: Body, guest: Node) -> None:
    made = pauses(guest, 5)
    for entry in made:
        body.store.commit(entries_of(entry))
        body.store.commit(entries_of(entry, scope=OTHER))
    store = body.reopen()
    page = store.log(SCOPE, None, 2)
    assert [each.number for each in page] == [9, 7]
    assert {each.scope for each in page} == {SCOPE}
    page = store.log(SCOPE, page[-1].number, 2)
    assert ids(page) == [made[2].first_id, made[1].first_id]
    assert [each.number for each in store.log(SCOPE, page[-1].number, 2)] == [1]
    assert (
        list(store.log(SCOPE, 1, 2))
        == list(store.log(SCOPE, None, 0))
        == list(store.log(SCOPE, None, -1))
        == []
    )


def test_the_feed_goes_through_all_scopes_in_the_order_of_commits(body: Body, guest: Node) -> None:
    made = pauses(guest, 4)
    body.store.commit(entries_of(made[0]))
    body.store.commit(entries_of(made[1], made[2], scope=OTHER))
    body.store.commit(entries_of(made[3]))
    store = body.reopen()
    fed = store.feed(0, 3)
    assert [(each.number, each.scope) for each in fed] == [(1, SCOPE), (2, OTHER), (3, OTHER)]
    assert ids(fed) == [entry.first_id for entry in made[:3]]
    assert ids(store.feed(3, 10)) == [made[3].first_id]
    assert list(store.feed(4, 10)) == list(store.feed(0, 0)) == list(store.feed(0, -1)) == []
    assert store.feed_end() == 4


def test_evidence_of_a_fork_is_kept_for_its_scope(body: Body, guest: Node) -> None:
    one, two = pauses(guest, 2)
    body.store.commit(Changes(evidence=[(SCOPE, one.signed), (OTHER, two.signed), (SCOPE, two.signed)]))
    store = body.reopen()
    assert list(store.evidence(SCOPE)) == [one.signed, two.signed]
    assert list(store.evidence(OTHER)) == [two.signed]
    assert store.counts()["entries"] == 0
