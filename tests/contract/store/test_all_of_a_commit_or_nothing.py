"""A commit that cannot be written leaves nothing of itself, and the store goes on."""

from typing import Any

import pytest
from tests.contract.store.bodies import Body
from tests.contract.store.histories import SCOPE, everything_of, held, met, plain

from pcloud.kernel.thread import Thread
from pcloud.store.port import Changes, Contact, Delivery, Desk, Direction, Route, ScopeKind, Store, Timer


def everything(store: Store) -> Any:
    """What can be read of a store."""
    contacts = store.contacts(None, 100)
    return plain(
        [
            store.relationship(SCOPE),
            store.feed(0, 1_000),
            store.feed_end(),
            store.fact("name"),
            contacts,
            store.counts()["entries"],
            store.counts()["threads"],
            store.deliveries_due(1_000, 100),
            store.timers_due(1_000, 100),
            store.commitment(),
            store.route(b"m" * 16),
            store.session(b"s" * 16),
            store.desk(SCOPE),
            store.threads(SCOPE, "terms"),
        ]
    )


def full() -> Changes:
    """Something in nearly every list."""
    guest, _ = met()
    changes = everything_of(guest)
    changes.facts["name"] = b"anna"
    changes.contacts[SCOPE] = Contact(
        SCOPE, Direction.IN, "active", "Anna", "to meet", "person", None, b"i", 1, 2
    )
    changes.routes[b"m" * 16] = Route(b"m" * 16, SCOPE, ScopeKind.RELATIONSHIP)
    changes.sessions[b"s" * 16] = SCOPE
    changes.deliveries[SCOPE] = Delivery(1, 1, 5)
    changes.timers[SCOPE, "expire", b""] = Timer(SCOPE, "expire", b"", 9)
    changes.desks[SCOPE] = Desk()
    changes.commitments[0] = bytes(32)
    return changes


def unwritable() -> Changes:
    """As good as any, but for one thread that holds what no row can."""
    changes = full()
    changes.threads[SCOPE, b"t" * 32] = Thread(b"t" * 32, "terms", b"o" * 32, data={"bad": object()})
    changes.facts["name"] = b"mallory"
    return changes


def test_a_commit_that_cannot_be_written_leaves_nothing(store: Store) -> None:
    empty = everything(store)
    with pytest.raises(Exception, match="no encoding"):
        store.commit(unwritable())
    assert everything(store) == empty


def test_what_stood_before_stands_after_a_commit_that_failed(body: Body) -> None:
    body.store.commit(full())
    before = everything(body.store)
    changes = unwritable()
    moved = changes.relationships[SCOPE]._replace(clock=99, stopped="it never was")
    changes.relationships[SCOPE] = moved
    changes.contacts[SCOPE] = None
    changes.commitments[0] = None
    with pytest.raises(Exception, match="no encoding"):
        body.store.commit(changes)
    assert everything(body.store) == before
    assert everything(body.reopen()) == before


def test_a_commit_after_one_that_failed_is_whole(body: Body) -> None:
    with pytest.raises(Exception, match="no encoding"):
        body.store.commit(unwritable())
    changes = full()
    body.store.commit(changes)
    assert plain(held(body.store)) == plain(changes.relationships[SCOPE])
    assert [fed.number for fed in body.store.feed(0, 10)] == [1, 2, 3]
    before = everything(body.store)
    assert everything(body.reopen()) == before
    assert list(body.store.check()) == []


def test_a_commit_is_read_at_once(store: Store) -> None:
    changes = full()
    store.commit(changes)
    assert store.fact("name") == b"anna"
    assert store.contact(SCOPE) == changes.contacts[SCOPE]
    assert store.counts()["threads"] == 1
    assert store.feed_end() == len(changes.entries)


def test_what_was_given_to_a_commit_may_change_afterwards(store: Store) -> None:
    """What is stored is rows, not the objects that were given."""
    changes = full()
    changes.threads[SCOPE, b"t" * 32] = Thread(b"t" * 32, "terms", b"o" * 32, data={"held": [1]})
    store.commit(changes)
    changes.threads[SCOPE, b"t" * 32].data["held"].append(2)
    changes.facts.clear()
    assert store.threads(SCOPE, "terms")[0].data == {"held": [1]}
    assert store.fact("name") == b"anna"
