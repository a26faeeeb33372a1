"""What only a copy of the whole node reads: everything of a kind, in an order, and nothing else."""

import pytest
from tests.contract.store.bodies import Body
from tests.contract.store.histories import SCOPE, met

from pcloud.engine.compose import reissue
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.store.port import Changes, Route, ScopeKind, Store, Timer
from pcloud.testing.node import Node

OTHER = b"another scope".ljust(32, b"\0")


@pytest.fixture
def guest() -> Node:
    return met()[0]


def again(node: Node, entry: Entry) -> Entry:
    """The message as it is sent again."""
    relationship, entry = reissue(node.relationship, entry)
    node.relationship = relationship
    return entry


def test_facts_are_those_whose_key_begins_so(store: Store) -> None:
    store.commit(Changes(facts={"kept/a": b"1", "kept/b/c": b"2", "kept": b"3", "keep/": b"4", "l": b"5"}))
    assert list(store.copying.facts("kept/").items()) == [("kept/a", b"1"), ("kept/b/c", b"2")]
    assert store.copying.facts("none/") == {}
    store.commit(Changes(facts={"kept/a": None}))
    assert store.copying.facts("kept/") == {"kept/b/c": b"2"}


def test_mailboxes_are_all_that_lead_to_a_scope(body: Body) -> None:
    mine = [bytes([number]) * 16 for number in (9, 3, 5)]
    routes = {each: Route(each, SCOPE, ScopeKind.RELATIONSHIP) for each in mine}
    other = Route(b"x" * 16, OTHER, ScopeKind.INVITATION)
    body.store.commit(Changes(routes={**routes, other.mailbox: other}))
    assert body.reopen().copying.mailboxes(SCOPE) == sorted(mine)
    assert body.store.copying.mailboxes(OTHER) == [other.mailbox]
    assert body.store.copying.mailboxes(b"nobody") == []


def test_timers_are_those_of_one_scope(body: Body) -> None:
    rows = [
        Timer(SCOPE, "resume", b"", 9),
        Timer(SCOPE, "resume", b"k", 3),
        Timer(SCOPE, "end", b"z", 5),
        Timer(OTHER, "resume", b"", 1),
    ]
    body.store.commit(Changes(timers={(row.scope, row.command, row.key): row for row in rows}))
    assert body.reopen().copying.timers(SCOPE) == [rows[2], rows[0], rows[1]]
    assert body.store.copying.timers(b"nobody") == []


def test_earlier_headers_are_listed_as_they_stood_and_without_parts(body: Body, guest: Node) -> None:
    store = body.store
    first, second = guest.log.sequence(mine=True)
    theirs = guest.log.sequence(mine=False)[0]
    for entry in (first, theirs, second):
        store.commit(Changes(entries={(SCOPE, entry.first_id): entry._replace(verdict=APPLIED)}))
    assert store.copying.earlier(0, 10) == []

    newer = again(guest, second), again(guest, first)
    for entry in newer:
        store.commit(Changes(entries={(SCOPE, entry.first_id): entry}))
    found = body.reopen().copying.earlier(0, 10)
    assert [(each.number, each.scope, each.entry.signed) for each in found] == [
        (1, SCOPE, first.signed),
        (3, SCOPE, second.signed),
    ]
    assert all(part is None for each in found for part in each.entry.parts)
    assert [len(each.entry.parts) for each in found] == [
        len(entry.signed.header.digests) for entry in (first, second)
    ]
    assert {each.entry.verdict for each in found} == {APPLIED}
    assert [each.number for each in body.store.copying.earlier(1, 10)] == [3]
    assert [each.number for each in body.store.copying.earlier(0, 1)] == [1]
    assert body.store.copying.earlier(0, -1) == []
    assert [each.entry.first_id for each in body.store.feed(0, 10)] == [
        theirs.first_id, second.first_id, first.first_id
    ]  # fmt: skip


def test_items_that_went_leave_no_earlier_header(body: Body, guest: Node) -> None:
    entry = guest.log.sequence(mine=True)[0]
    body.store.commit(Changes(entries={(SCOPE, entry.first_id): entry}))
    bare = entry._replace(parts=(entry.parts[0], *(None for _ in entry.parts[1:])))
    body.store.commit(Changes(entries={(SCOPE, entry.first_id): bare}))
    assert body.store.copying.earlier(0, 10) == []
