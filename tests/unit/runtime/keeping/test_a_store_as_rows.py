"""What stands in a store comes out as rows, in order: messages sent again, marks, forks, relays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.store.bodies import Body, memory, sqlite
from tests.unit.engine.archive.archived import KEY, NOW, SCOPE, Told, back, bare, formers, told

from pcloud.ambient.system import system_entropy
from pcloud.engine.archive.chain import Link, read_chain
from pcloud.engine.archive.rows import Fork, Former, Judged, Kept, Marked, Own, Row, Said
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code, Violation
from pcloud.limits import ARCHIVE_IDS_MAX
from pcloud.runtime import facts
from pcloud.runtime.keeping import source
from pcloud.runtime.keeping.own import own_rows, put
from pcloud.runtime.keeping.source import Pages, Trail, whole
from pcloud.store.port import (
    Berth,
    BerthState,
    Changes,
    Contact,
    Direction,
    Relay,
    RelayState,
    Store,
)
from pcloud.testing.node import Node
from pcloud.wire import cbor
from pcloud.wire.keys import HybridKey
from pcloud.wire.session import contact_tag


@pytest.fixture(params=(memory, sqlite), ids=lambda make: make.__name__)
def body(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Body]:
    made: Body = request.param(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def store(body: Body) -> Store:
    body.store.commit(
        Changes(
            facts={
                facts.NAME: b"Anna",
                facts.KIND: b"person",
                facts.CREATED: b"1800000000",
                facts.GENERATION: b"2",
                facts.POOL_END: b"16",
            }
        )
    )
    return body.store


@pytest.fixture
def both() -> Told:
    return told()


Keys = dict[bytes, tuple[bytes, HybridKey] | None]


def keep(store: Store, node: Node, scope: bytes = SCOPE) -> list[Entry]:
    """Put a node in memory into a store, as its commits would have; gives its entries in their order."""
    invitation = node.relationship.me.invitation
    contact = Contact(
        scope, Direction.OUT, "active", "Flora", "flowers", "person", None, invitation, NOW, NOW
    )
    keys: Keys = {contact_tag(key.public): (scope, key) for key in node.contact_keys}
    store.commit(Changes(entries={(scope, each.first_id): bare(each) for each in formers(node)}))
    store.commit(
        Changes(
            relationships={scope: node.relationship},
            contacts={scope: contact},
            entries={(scope, id_): entry for id_, entry in node.log.by_first_id.items()},
            contact_keys=keys,
        )
    )
    return list(node.log.by_first_id.values())


def rows_of(store: Store) -> list[Row]:
    return list(read_chain(KEY, [whole(store, KEY.public, system_entropy, NOW)]))


def page_by_page(store: Store, trail: Trail) -> list[Row]:
    """The rows as they are read, before anything is sealed."""
    pages = Pages(trail)
    _, rows = pages.begin(store, NOW)
    over = False
    while not over:
        found, over, _ = pages.next(store)
        rows += found
    return rows


def test_messages_sent_again_come_back_under_all_their_headers(store: Store, both: Told) -> None:
    """[ARCHIVE-9]"""
    for number, node in enumerate(both):
        keep(store, node, bytes([number]) * 16)
    rows = rows_of(store)
    for number, node in enumerate(both):
        scope = bytes([number]) * 16
        restored = back(rows, scope=scope)
        assert restored.state().digest() == node.state().digest()
        assert restored.relationship.unaffirmed == node.relationship.unaffirmed
        assert restored.log.by_first_id == node.log.by_first_id
        for entry in formers(node):
            header = entry.signed.header
            epochs = header.sender_epoch, header.recipient_epoch
            there = restored.log.at(mine=entry.mine, epochs=epochs, number=header.number)
            assert there is not None
            assert there.signed == entry.signed
    assert any(isinstance(row, Former) for row in rows)


def test_rows_stand_in_the_order_of_the_feed(
    store: Store, both: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[ARCHIVE-16]"""
    keep(store, both.shop)
    whole_page = [row for row in page_by_page(store, Trail()) if isinstance(row, Said | Former)]
    monkeypatch.setattr(source, "ENTRIES_PAGE", 2)
    small = [row for row in page_by_page(store, Trail()) if isinstance(row, Said | Former)]
    assert small == whole_page
    said = [row.entry.first_id for row in small if isinstance(row, Said)]
    assert said == [fed.entry.first_id for fed in store.feed(0, 1_000)]


def test_marks_are_told_in_rows_that_are_bounded(store: Store, both: Told) -> None:
    keep(store, both.shop)
    marked = frozenset(number.to_bytes(32, "big") for number in range(ARCHIVE_IDS_MAX + 5))
    store.commit(Changes(relationships={SCOPE: both.shop.relationship._replace(unaffirmed=marked)}))
    rows = [row for row in rows_of(store) if isinstance(row, Marked)]
    assert [len(row.ids) for row in rows] == [ARCHIVE_IDS_MAX, 5]
    assert frozenset(id_ for row in rows for id_ in row.ids) == marked


def test_the_proof_of_a_fork_is_kept(store: Store, both: Told) -> None:
    keep(store, both.anna)
    signed = both.anna.log.sequence(mine=False)[0].signed
    store.commit(Changes(evidence=[(SCOPE, signed)]))
    assert [row for row in rows_of(store) if isinstance(row, Fork)] == [Fork(SCOPE, signed)]


def test_a_verdict_of_a_message_that_is_not_in_the_chain_is_not_told(store: Store, both: Told) -> None:
    keep(store, both.anna)
    trail = Trail()
    page_by_page(store, trail)
    trail.link = Link(1, 1, b"d" * 32, store.feed_end())
    trail.verdicts = {(SCOPE, b"a" * 32): "applied", (b"o" * 16, b"a" * 32): "applied"}
    trail.scopes = {SCOPE: None}
    rows = page_by_page(store, trail)
    assert [row for row in rows if isinstance(row, Judged)] == [Judged(SCOPE, b"a" * 32, "applied")]


def test_a_contact_without_a_scope_and_a_scope_without_a_contact_are_left_out(
    store: Store, both: Told
) -> None:
    keep(store, both.anna)
    store.commit(Changes(contacts={SCOPE: None}))
    contact = Contact(b"c" * 16, Direction.OUT, "pending", None, "", "person", None, b"i" * 32, 1, 0)
    store.commit(Changes(contacts={contact.scope: contact}))
    trail = Trail()
    trail.link = Link(1, 1, b"d" * 32, 0)
    trail.scopes = {SCOPE: None}
    rows = page_by_page(store, trail)
    assert not [row for row in rows if isinstance(row, Kept | Said)]


# What the node keeps for itself


RELAY = Relay(b"r" * 16, RelayState.GRANTED, 7, ("https://relay.example",), 86_400, 100, 1_000_000)
BERTHS = [
    Berth(bytes([number]) * 16, b"p" * 32, RELAY.scope, state, 1, 2, b"")
    for number, state in enumerate(BerthState)
]


def of_relays() -> Changes:
    return Changes(
        facts={"kept/one": b"1", "not": b"2", facts.RELAY: RELAY.scope},
        relays={RELAY.scope: RELAY},
        berths={berth.mailbox: berth for berth in BERTHS},
        vouchers={b"v" * 32: RELAY.scope},
    )


def test_relays_come_back_as_they_were_and_open_mailboxes_with_them(store: Store) -> None:
    store.commit(of_relays())
    rows = list(own_rows(store))
    found = Changes()
    for row in rows:
        put(row, found)
    assert found.facts == {"kept/one": b"1", facts.RELAY: RELAY.scope}
    assert found.relays == {RELAY.scope: RELAY}
    closed = (BerthState.OPENING, BerthState.LOST)
    assert found.berths == {each.mailbox: each for each in BERTHS if each.state not in closed}
    assert found.vouchers == {b"v" * 32: RELAY.scope}


def test_what_a_commit_changes_of_it_is_the_same(store: Store) -> None:
    trail = Trail()
    trail.note(of_relays())
    assert not trail.own
    trail.link = Link(1, 1, b"d" * 32, 0)
    trail.note(of_relays())
    store.commit(of_relays())
    now = {row.key: row.value for row in own_rows(store)}
    assert {key: value for key, value in trail.own.items() if value is not None} == now
    gone = Changes(
        facts={"kept/one": None, facts.RELAY: None},
        relays={RELAY.scope: None},
        berths={berth.mailbox: None for berth in BERTHS},
        vouchers={b"v" * 32: None},
    )
    trail.note(gone)
    assert set(trail.own.values()) == {None}
    found = Changes()
    for key, value in trail.own.items():
        put(Own(key, value), found)
    assert (found.facts, found.relays, found.vouchers) == (gone.facts, gone.relays, gone.vouchers)
    assert found.berths == gone.berths


def test_a_name_that_is_not_known_is_passed_over() -> None:
    found = Changes()
    put(Own("x-other/thing", b"\xa0"), found)
    assert not found


@pytest.mark.parametrize(
    "row",
    [
        Own("relay", b"short"),
        Own("relay/xyz", b"\x80"),
        Own(f"relay/{'00' * 16}", b"\x80"),
        Own(f"relay/{'00' * 16}", cbor.encode([1, 2, [], 3, 4, 5])),
        Own(f"relay/{'00' * 16}", cbor.encode(["odd", 2, [], 3, 4, 5])),
        Own(f"relay/{'00' * 16}", cbor.encode(["granted", 2, [b"x"], 3, 4, 5])),
        Own(f"relay/{'00' * 16}", cbor.encode(["granted", 2, ["x"], "y", [], 5])),
        Own("berth/00", cbor.encode([b"p" * 32, b"r" * 16, "used", 1, 2, b""])),
        Own(f"berth/{'00' * 16}", cbor.encode([b"p" * 32, b"r" * 16, "odd", 1, 2, b""])),
        Own(f"berth/{'00' * 16}", cbor.encode([b"p" * 32, b"r" * 16, [], 1, 2, b""])),
        Own(f"berth/{'00' * 16}", cbor.encode([b"p", b"r" * 16, "used", 1, 2, b""])),
        Own(f"berth/{'00' * 16}", cbor.encode([b"p" * 32, "r", "used", 1, 2, b""])),
        Own(f"berth/{'00' * 16}", cbor.encode([b"p" * 32, b"r" * 16, "used", 1, {}, b""])),
        Own(f"berth/{'00' * 16}", cbor.encode([b"p" * 32, b"r" * 16, "used", 1, 2, b"v"])),
        Own("voucher/0", cbor.encode([b"r" * 16])),
        Own(f"voucher/{'00' * 32}", cbor.encode([])),
        Own(f"voucher/{'00' * 32}", cbor.encode([5])),
        Own(f"voucher/{'00' * 32}", cbor.encode([b"r" * 16, 1])),
        Own("kept/endpoints", b"\xff"),
    ],
    ids=range(19),
)
def test_a_row_that_this_program_did_not_write_is_refused(row: Own) -> None:
    found = Changes()
    with pytest.raises(Violation) as refusal:
        put(row, found)
    assert refusal.value.code is Code.SHAPE
    assert not found
