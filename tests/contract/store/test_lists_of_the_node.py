"""Facts, contacts, routes, keys, times, asks, invitations: put, read, replaced, dropped, in order."""

from typing import Any

import pytest
from tests.contract.store.bodies import Body
from tests.contract.store.histories import plain

from pcloud.engine.asks import AskRow, Inbound, Outbound, Taken
from pcloud.engine.invitations import InvitationScope
from pcloud.store.port import (
    Changes,
    Contact,
    Delivery,
    Desk,
    Direction,
    Offer,
    Route,
    ScopeKind,
    Store,
    Timer,
)
from pcloud.testing.node import Clock, Node, invite
from pcloud.wire.keys import HybridKey


def scope(number: int) -> bytes:
    return number.to_bytes(32, "big")


def contact(id_: bytes, name: str | None = None, **fields: Any) -> Contact:
    return Contact(
        id_, Direction.IN, "requested", name, "to meet", "person", None, b"invitation", 5, 0
    )._replace(**fields)


def offer(name: str, **fields: Any) -> Offer:
    host = Node(name, Clock())
    invite(host, uses=3)
    assert host.scope is not None
    mailbox = name.encode().ljust(16)
    return Offer(name.encode().ljust(32), host.scope, mailbox, bytes(16))._replace(**fields)


# Facts


def test_a_fact_is_kept_replaced_and_forgotten(body: Body) -> None:
    body.store.commit(Changes(facts={"name": b"anna", "kind": b"person"}))
    assert (body.store.fact("name"), body.store.fact("kind")) == (b"anna", b"person")
    body.store.commit(Changes(facts={"name": b"shop"}))
    body.reopen()
    assert (body.store.fact("name"), body.store.fact("kind")) == (b"shop", b"person")
    body.store.commit(Changes(facts={"name": None, "never": None}))
    assert (body.store.fact("name"), body.store.fact("kind")) == (None, b"person")


def test_an_empty_value_is_a_value(store: Store) -> None:
    store.commit(Changes(facts={"empty": b""}))
    assert store.fact("empty") == b""


def test_an_empty_commit_changes_nothing(store: Store) -> None:
    store.commit(Changes(facts={"name": b"anna"}))
    before = dict(store.counts()), store.feed_end()
    store.commit(Changes())
    assert (dict(store.counts()), store.feed_end()) == before
    assert store.fact("name") == b"anna"


# Contacts


def test_contacts_come_page_by_page_in_the_order_of_their_ids(store: Store) -> None:
    numbers = [5, 3, 900, 1, 256]
    store.commit(Changes(contacts={scope(n): contact(scope(n)) for n in numbers}))
    first = store.contacts(None, 2)
    assert [each.scope for each in first] == [scope(1), scope(3)]
    rest = store.contacts(first[-1].scope, 10)
    assert [each.scope for each in rest] == [scope(5), scope(256), scope(900)]
    assert list(store.contacts(scope(900), 10)) == []
    assert list(store.contacts(None, 0)) == list(store.contacts(None, -1)) == []


def test_a_contact_comes_back_whole_and_changes_whole(body: Body) -> None:
    before = Contact(
        scope(1), Direction.OUT, "pending", "Anna", "flowers", "organisation", "buyer", b"i" * 32, 7, 0
    )
    body.store.commit(Changes(contacts={scope(1): before}))
    assert body.reopen().contact(scope(1)) == before
    heard = before._replace(heard=99)
    body.store.commit(Changes(contacts={scope(1): heard}))
    assert body.store.contact(scope(1)) == heard
    other = heard._replace(name=None, role=None, state="active", direction=Direction.IN)
    body.store.commit(Changes(contacts={scope(1): other}))
    found = body.reopen().contact(scope(1))
    assert found == other
    assert found is not None
    assert isinstance(found.direction, Direction)
    assert body.store.counts()["contacts"] == 1
    assert body.store.contact_states() == {"active": 1}
    body.store.commit(
        Changes(contacts={scope(3): other._replace(scope=scope(3), state="closed"), scope(4): before})
    )
    assert body.store.contact_states() == {"active": 1, "closed": 1, before.state: 1}
    body.store.commit(Changes(contacts={scope(3): None, scope(4): None}))
    assert body.store.contact_states() == {"active": 1}
    body.store.commit(Changes(contacts={scope(1): None, scope(2): None}))
    assert body.store.contact(scope(1)) is None
    assert body.store.counts()["contacts"] == 0


def test_a_contact_is_found_by_its_name_or_the_beginning_of_its_id(store: Store) -> None:
    anna, also, shop = (
        contact(bytes.fromhex(start).ljust(32, b"\1"), name)
        for start, name in (("abc0", "Änna"), ("abcf", "ännA"), ("ff", "Straße"))
    )
    store.commit(Changes(contacts={each.scope: each for each in (shop, anna, also)}))
    assert list(store.find_contacts("äNNa", 10)) == [anna, also]
    assert list(store.find_contacts("äNNa", 1)) == [anna]
    assert list(store.find_contacts("strasse", 10)) == [shop]
    assert list(store.find_contacts("ab", 10)) == list(store.find_contacts("ABC", 10)) == [anna, also]
    assert list(store.find_contacts("abcf", 10)) == [also]
    assert list(store.find_contacts(also.scope.hex(), 10)) == [also]
    assert list(store.find_contacts("f", 10)) == list(store.find_contacts("fF", 10)) == [shop]
    assert list(store.find_contacts("", 10)) == [anna, also, shop]
    for text in ("nn", "abd", "%", "_", "x", "0x", "ab c", "½", also.scope.hex() + "00"):
        assert list(store.find_contacts(text, 10)) == [], text


def test_a_name_is_found_no_more_when_it_was_changed(store: Store) -> None:
    store.commit(Changes(contacts={scope(1): contact(scope(1), "Anna")}))
    store.commit(Changes(contacts={scope(1): contact(scope(1), "Berta")}))
    assert list(store.find_contacts("anna", 10)) == []
    assert [each.scope for each in store.find_contacts("berta", 10)] == [scope(1)]


def test_who_asked_by_an_invitation_is_listed_newest_first_until_it_is_confirmed(store: Store) -> None:
    for number in (4, 2, 9):
        store.commit(Changes(contacts={scope(number): contact(scope(number))}))
    store.commit(
        Changes(
            contacts={
                scope(2): contact(scope(2), "Anna", state="accepted", heard=3),
                scope(10): contact(scope(10), state="active"),
                scope(11): contact(scope(11), direction=Direction.OUT),
                scope(12): contact(scope(12), invitation=b"another"),
                scope(13): contact(scope(13), state="declined"),
            }
        )
    )
    assert list(store.pending(b"invitation")) == [scope(9), scope(2), scope(4)]
    store.commit(Changes(contacts={scope(9): contact(scope(9), state="active"), scope(4): None}))
    assert list(store.pending(b"invitation")) == [scope(2)]
    assert list(store.pending(b"nobody's")) == []


def test_who_was_declined_by_an_invitation_is_listed_newest_first(store: Store) -> None:
    for number in (4, 2, 9):
        store.commit(Changes(contacts={scope(number): contact(scope(number), state="declined")}))
    others = {
        scope(10): contact(scope(10), state="requested"),
        scope(11): contact(scope(11), direction=Direction.OUT, state="declined"),
        scope(12): contact(scope(12), invitation=b"another", state="declined"),
        scope(13): contact(scope(13), state="closed"),
    }
    store.commit(Changes(contacts={**others}))
    assert list(store.declined(b"invitation", 9)) == [scope(9), scope(2), scope(4)]
    assert list(store.declined(b"invitation", 2)) == [scope(9), scope(2)]
    assert list(store.declined(b"invitation", -1)) == []
    assert list(store.declined(b"nobody's", 9)) == []
    assert list(store.pending(b"invitation")) == [scope(10)], "nobody of them waits for a word"


# Ways in


def test_a_mailbox_leads_where_its_route_says(body: Body) -> None:
    old = Route(b"m" * 16, scope(1), ScopeKind.INVITATION)
    body.store.commit(Changes(routes={old.mailbox: old}))
    new = Route(b"m" * 16, scope(2), ScopeKind.RELATIONSHIP)
    other = Route(b"n" * 16, scope(2), ScopeKind.RELATIONSHIP)
    body.store.commit(Changes(routes={new.mailbox: new, other.mailbox: other}))
    found = body.reopen().route(b"m" * 16)
    assert found == new
    assert found is not None
    assert isinstance(found.kind, ScopeKind)
    body.store.commit(Changes(routes={b"m" * 16: None, b"x" * 16: None}))
    assert body.store.route(b"m" * 16) is None
    assert body.store.route(b"n" * 16) == other


def test_a_session_leads_to_its_scope_until_it_is_dropped(body: Body) -> None:
    body.store.commit(Changes(sessions={b"s" * 16: scope(1), b"t" * 16: scope(2)}))
    assert body.reopen().session(b"s" * 16) == scope(1)
    body.store.commit(Changes(sessions={b"s" * 16: None, b"t" * 16: scope(3)}))
    assert body.store.session(b"s" * 16) is None
    assert body.store.session(b"t" * 16) == scope(3)


def test_contact_keys_are_found_by_tag_and_listed_by_scope(body: Body) -> None:
    keys = [HybridKey.from_seed(bytes([number]) * 32) for number in range(3)]
    tags = [bytes([number]) * 16 for number in (9, 1, 5)]
    held = {tag: (scope(1), key) for tag, key in zip(tags, keys, strict=True)}
    held[b"z" * 16] = scope(2), keys[0]
    body.store.commit(Changes(contact_keys=dict(held)))
    body.reopen()
    for tag, value in held.items():
        assert plain(body.store.contact_key(tag)) == plain(value)
    assert plain(list(body.store.contact_keys(scope(1)))) == plain(keys)
    body.store.commit(Changes(contact_keys={tags[1]: None}))
    assert body.store.contact_key(tags[1]) is None
    assert plain(list(body.store.contact_keys(scope(1)))) == plain([keys[0], keys[2]])
    assert plain(list(body.store.contact_keys(scope(2)))) == plain([keys[0]])


# Times


def test_deliveries_come_due_the_most_overdue_first(body: Body) -> None:
    times = {1: 50, 2: 40, 3: 60, 4: 40}
    body.store.commit(Changes(deliveries={scope(n): Delivery(10, n, at) for n, at in times.items()}))
    store = body.reopen()
    assert store.delivery(scope(3)) == Delivery(10, 3, 60)
    assert list(store.deliveries_due(39, 10)) == []
    assert list(store.deliveries_due(50, 10)) == [scope(2), scope(4), scope(1)]
    assert list(store.deliveries_due(99, 2)) == [scope(2), scope(4)]
    assert list(store.deliveries_due(99, -1)) == []
    assert store.counts()["deliveries"] == 4
    store.commit(Changes(deliveries={scope(2): Delivery(10, 3, 70), scope(4): None, scope(8): None}))
    assert list(store.deliveries_due(99, 10)) == [scope(1), scope(3), scope(2)]
    assert store.delivery(scope(4)) is None
    assert store.counts()["deliveries"] == 3


def test_timers_come_due_the_earliest_first(body: Body) -> None:
    timers = [
        Timer(scope(1), "pause-over", b"a", 30),
        Timer(scope(1), "pause-over", b"b", 20),
        Timer(scope(1), "expire", b"a", 25),
        Timer(scope(2), "pause-over", b"a", 20),
    ]
    body.store.commit(Changes(timers={timer[:3]: timer for timer in timers}))
    store = body.reopen()
    assert list(store.timers_due(25, 10)) == [timers[1], timers[3], timers[2]]
    assert list(store.timers_due(99, 1)) == [timers[1]]
    later = timers[1]._replace(at=99)
    store.commit(Changes(timers={later[:3]: later, timers[3][:3]: None, (b"", "none", b""): None}))
    assert list(store.timers_due(99, 10)) == [timers[2], timers[0], later]
    assert list(store.timers_due(19, 10)) == list(store.timers_due(99, -1)) == []


def test_the_next_time_is_the_earliest_of_both(store: Store) -> None:
    assert store.next_due() is None
    store.commit(Changes(deliveries={scope(1): Delivery(1, 1, 50)}))
    assert store.next_due() == 50
    timer = Timer(scope(2), "expire", b"", 40)
    store.commit(Changes(timers={timer[:3]: timer}))
    assert store.next_due() == 40
    store.commit(Changes(deliveries={scope(1): None}, timers={timer[:3]: timer._replace(at=60)}))
    assert store.next_due() == 60


# Asks


def test_a_desk_comes_back_with_both_ends(body: Body) -> None:
    assert body.store.desk(scope(1)) == Desk()
    rows = tuple(AskRow("me", target, n, "use", bytes(32)) for target, n in (("b", 2), ("a", 1), ("b", 3)))
    inbound = Inbound({"x": (Taken(1, "applied"), Taken(2, "expired", 77)), "y": ()}, {"x": 0, "z": 4})
    desk = Desk(Outbound({"a": 1, "b": 3}, rows), inbound)
    body.store.commit(Changes(desks={scope(1): desk}))
    assert body.reopen().desk(scope(1)) == desk

    settled = Desk(Outbound({"a": 1, "b": 3}, ()), Inbound({"x": (Taken(3, "applied"),)}, {"x": 2}))
    body.store.commit(Changes(desks={scope(1): settled}))
    assert body.store.desk(scope(1)) == settled
    assert body.reopen().desk(scope(1)) == settled
    assert body.store.desk(scope(2)) == Desk()


# Invitations of one's own


def test_an_invitation_comes_back_by_its_scope_and_by_its_blob(body: Body) -> None:
    made = offer("first")
    body.store.commit(Changes(offers={made.scope: made}))
    store = body.reopen()
    assert plain(store.offer(made.scope)) == plain(made)
    assert plain(store.offer_of_blob(made.blob_mailbox)) == plain(made)
    assert store.offer(scope(1)) is None
    assert store.offer_of_blob(b"x" * 16) is None


def test_an_invitation_with_every_field_comes_back(body: Body) -> None:
    made = offer("full")
    invitation = made.state.invitation._replace(
        role="buyer", invited_role="seller", expires=9, title="Flowers", terms=("SD-BASE", "SD-BASE-A")
    )
    state: InvitationScope = made.state._replace(
        invitation=invitation, used=2, pending=(bytes(32), b"p" * 32)
    )
    made = made._replace(state=state)
    body.store.commit(Changes(offers={made.scope: made}))
    assert plain(body.reopen().offer(made.scope)) == plain(made)
    bare = made._replace(state=state._replace(invitation=invitation._replace(terms=())))
    body.store.commit(Changes(offers={made.scope: bare}))
    assert plain(body.reopen().offer(made.scope)) == plain(bare)


def test_invitations_are_listed_oldest_first_without_those_withdrawn(body: Body) -> None:
    names = ("b", "a", "c", "d")
    made = {name: offer(name) for name in names}
    for each in made.values():
        body.store.commit(Changes(offers={each.scope: each}))
    used = made["b"]._replace(state=made["b"].state._replace(used=1, pending=(b"r" * 32,)))
    gone = made["a"]._replace(withdrawn=True)
    body.store.commit(Changes(offers={used.scope: used, gone.scope: gone, made["d"].scope: None}))
    store = body.reopen()
    assert plain(list(store.offers())) == plain([used, made["c"]])
    assert plain(store.offer(gone.scope)) == plain(gone)
    assert store.offer(made["d"].scope) is None
    assert store.offer_of_blob(made["d"].blob_mailbox) is None


# Commitments


def test_commitments_are_used_from_the_lowest_index_up(body: Body) -> None:
    assert body.store.commitment() is None
    assert body.store.commitments_left() == 0
    body.store.commit(Changes(commitments={n: bytes([n]) * 32 for n in (7, 0, 3)}))
    assert body.store.commitment() == (0, bytes(32))
    assert body.store.commitment(above=0) == (3, b"\3" * 32)
    assert body.store.commitment(above=7) is None
    body.store.commit(Changes(commitments={0: None}))
    assert body.reopen().commitment() == (3, b"\3" * 32)
    assert body.store.commitments_left() == 2
    body.store.commit(Changes(commitments={3: None, 7: None, 9: None}))
    assert body.store.commitment() is None
    assert body.store.commitments_left() == 0


@pytest.mark.parametrize("name", ["contacts", "entries", "threads", "deliveries", "bytes"])
def test_an_empty_store_counts_nothing(store: Store, name: str) -> None:
    assert store.counts().keys() == {"contacts", "entries", "threads", "deliveries", "bytes"}
    assert store.counts()[name] == 0 or name == "bytes"
    assert list(store.check()) == []
