"""Canaries (T60): what is stored stands in no file in clear, and what is erased stands nowhere at all."""

import hashlib
from itertools import count
from pathlib import Path

import apsw
import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, everything_of, met

from pcloud.engine.asks import AskRow, Inbound, Outbound, Taken
from pcloud.engine.compose import Command, command
from pcloud.engine.retry import withdraw_items
from pcloud.engine.snapshot import Entry
from pcloud.features.conversation.say import ConversationSay
from pcloud.kernel.gate import Agreement, Ended, Grant
from pcloud.kernel.thread import Thread
from pcloud.store import opening
from pcloud.store.files.disk import SYSTEM, VFS, SystemDisk
from pcloud.store.personal.port import Version, tags_of
from pcloud.store.port import Changes, Contact, Delivery, Desk, Direction, Offer, Route, ScopeKind, Timer
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.node import Clock, Node, invite
from pcloud.wire import cbor
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part


class Canaries:
    """Values that cannot be there by chance, each given once."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self._numbers = count()

    def octets(self, size: int = 32) -> bytes:
        """So many bytes, of which the first sixteen are looked for."""
        seed = f"canary {next(self._numbers)}".encode()
        value = hashlib.shake_256(seed).digest(size)
        self.given.append(value[:16])
        return value

    def text(self) -> str:
        value = hashlib.sha256(f"canary {next(self._numbers)}".encode()).hexdigest()
        self.given.append(value.encode())
        return value

    def found_in(self, data: bytes) -> int:
        return sum(value in data for value in self.given)


def spoken(node: Node, text: str) -> Entry:
    message, items = ConversationSay.pack(text)
    decision = command(node.relationship, Command(message, None, items), node.log, node.setting)
    node.commit(decision)
    return decision.entries[0]


def relationship_full_of(canaries: Canaries) -> Changes:
    """A scope with a value of its own in every field that holds one."""
    guest, _ = met()
    changes = everything_of(guest)
    scope, octets, text = changes.relationships[SCOPE], canaries.octets, canaries.text
    keys = scope.sealing
    key = HybridKey.stored(octets(), octets(1_216))
    receiving = keys.receiving._replace(current=key, spare=HybridKey.stored(octets(), octets(1_216)))
    out = keys.out
    assert out is not None
    frame_key = out.frame_key._replace(session=octets(16), key=octets())
    changes.relationships[SCOPE] = scope._replace(
        me=scope.me._replace(
            key=SigningKey.stored(octets(), octets()),
            kind=text(),
            mailbox=octets(16),
            endpoints=(text(), text()),
            nonce=octets(),
            invitation=octets(),
        ),
        peer=scope.peer._replace(
            kind=text(), mailbox=octets(16), endpoints=(text(),), succession=octets(200)
        ),
        sealing=keys._replace(
            founding=(octets(), octets()),
            receiving=receiving,
            out=out._replace(frame_key=frame_key, block=octets(1_200), start=octets(300)),
            sessions=tuple(each._replace(frame_key=frame_key) for each in keys.sessions),
            peer_start=octets(300),
        ),
        outgoing=scope.outgoing._replace(head=octets()),
        incoming=scope.incoming._replace(head=octets()),
        notices=scope.notices._replace(sent_at={text(): 1}, peer_receipt=octets(300)),
        agreements={
            octets(): Agreement(octets(), octets(), octets(), octets(), text(), 1, None, (octets(),))
        },
        grants={octets(): Grant(octets(), octets(), 1, (octets(),), (Ended(octets(), 1, 2, octets()),))},
        origins={octets(): octets()},
        unaffirmed=frozenset({octets()}),
        beyond_terms={octets(): 1},
        recovered=octets(5_000),
        stopped=text(),
    )
    entry = spoken(guest, text())
    changes.entries[SCOPE, entry.first_id] = entry._replace(
        parts=(Part(octets(16), octets(40)), Part(octets(16), octets(3_000))),
        verdict=text(),
        first_signer=octets(),
    )
    thread = Thread(octets(), text(), octets(), text(), {text(): octets(), text(): [text()]})
    changes.threads[SCOPE, thread.id] = thread
    changes.evidence.append((octets(), entry.signed))
    return changes


def everything_full_of(canaries: Canaries) -> Changes:
    """A value of its own in every text and every byte string that a commit can hold."""
    changes, octets, text = relationship_full_of(canaries), canaries.octets, canaries.text
    scope = octets()
    changes.facts[text()] = octets()
    changes.contacts[scope] = Contact(
        scope, Direction.IN, text(), text(), text(), text(), text(), octets(), 1, 2
    )
    route = Route(octets(16), octets(), ScopeKind.INVITATION)
    changes.routes[route.mailbox] = route
    changes.sessions[octets(16)] = octets()
    changes.contact_keys[octets(16)] = octets(), HybridKey.stored(octets(), octets(1_216))
    changes.deliveries[octets()] = Delivery(1, 2, 3)
    timer = Timer(octets(), text(), octets(), 4)
    changes.timers[timer[:3]] = timer
    row = AskRow(text(), text(), 1, text(), octets(), text())
    asks = Outbound({text(): 1}, (row,)), Inbound({text(): (Taken(1, text()),)}, {text(): 3})
    changes.desks[octets()] = Desk(*asks)
    changes.commitments[0] = octets()
    where = text()
    changes.versions[where, 1] = Version(where, 1, cbor.encode(text()), 1, text())
    host = Node("host", Clock())
    invite(host)
    assert host.scope is not None
    invitation = host.scope.invitation._replace(
        mailbox=octets(16), purpose=text(), title=text(), role=text(), terms=(text(),), id=octets()
    )
    state = host.scope._replace(
        invitation=invitation,
        key=SigningKey.stored(octets(), octets()),
        receiving=HybridKey.stored(octets(), octets(1_216)),
        pending=(octets(), octets()),
    )
    offer = Offer(octets(), state, octets(16), octets(16))
    changes.offers[offer.scope] = offer
    return changes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return empty_file(tmp_path)


def files(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


def test_no_value_stands_in_any_file_in_clear(path: Path) -> None:
    canaries = Canaries()
    store = SqliteStore.open(path, KEY)
    store.commit(everything_full_of(canaries))
    assert len(canaries.given) > 100
    assert set(files(path)) == {"lock", "store.db", "store.db-wal"}
    for _ in range(2):
        for name, data in files(path).items():
            assert canaries.found_in(data) == 0, name
            assert KEY not in data
            assert KEY.hex().encode() not in data
        store._database.empty_log()
    store.close()
    assert canaries.found_in(path.read_bytes()) == 0
    assert canaries.found_in(pages(path)) > 100, "they are in it, under the key"


def pages(path: Path) -> bytes:
    """All pages of a closed store as they are under the key, with those that are free and all unused room.

    Taking the key off (`rekey`) would not do: it writes a file anew without what is unused.
    """
    connection = opening._connect(path, KEY, SYSTEM)
    data = connection.serialize("main")
    connection.close()
    assert len(data) == path.stat().st_size
    return data


def test_what_is_deleted_would_be_found_without_secure_delete(path: Path) -> None:
    """The search itself can find what is left in unused room."""
    store = SqliteStore.open(path, KEY)
    store._database._connection.pragma("secure_delete", 0)
    canaries = Canaries()
    store.commit(Changes(facts={"secret": canaries.octets(5_000), "other": canaries.octets()}))
    store.commit(Changes(facts={"secret": None, "other": None}))
    store.close()
    assert canaries.found_in(pages(path)) > 0


@pytest.fixture
def in_use(path: Path) -> tuple[SqliteStore, Node, Path]:
    store = SqliteStore.open(path, KEY)
    guest, _ = met()
    store.commit(everything_of(guest))
    return store, guest, path


TEXTS = ["x" * 10, "y" * 300, "z" * 6_000]
"""In a page with others, on a page of its own, on several."""


def secret(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() + text


@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_an_item_that_was_erased_is_on_no_page_and_not_in_the_log(
    in_use: tuple[SqliteStore, Node, Path], text: str
) -> None:
    store, guest, path = in_use
    value = secret(text).encode()
    entries = [spoken(guest, secret(text)), *(spoken(guest, f"another {number}") for number in range(20))]
    store.commit(Changes(entries={(SCOPE, entry.first_id): entry for entry in entries}))
    salt = entries[0].parts[1]
    assert salt is not None
    assert path.with_name("store.db-wal").stat().st_size > 0

    store.commit(Changes(entries={(SCOPE, entries[0].first_id): withdraw_items(entries[0])}))
    assert path.with_name("store.db-wal").stat().st_size == 0, "the log is cut off at once"
    found = [store.history(SCOPE).find(entry.first_id) for entry in entries[1:]]
    assert found == entries[1:]
    store.close()
    data = pages(path)
    assert value[:32] not in data
    assert salt.salt not in data
    assert b"another 7" in data


def tag_of(value: bytes) -> bytes:
    """What stands for the first word of a value, but for the beginning that it shares with others."""
    return tags_of([value[:40].decode()])[4:].encode()


@pytest.mark.parametrize("size", [1, 300, 12_000])
def test_a_record_that_was_let_go_is_on_no_page_and_not_in_the_log(path: Path, size: int) -> None:
    """Neither the value, nor a word of it, nor what stands for a word in the index."""
    store, gone, stays = SqliteStore.open(path, KEY), [], []
    for number in range(1, 40):
        values = [
            f"{secret(str(number))[:40]} {'w' * size}",
            f"{secret(f'stays {number}')[:40]} {'w' * size}",
        ]
        gone.append(values[0].encode())
        stays.append(values[1].encode())
        store.commit(
            Changes(
                versions={
                    (name, number): Version(name, number, cbor.encode(value), number, "owner")
                    for name, value in zip(("goes", "stays"), values, strict=True)
                }
            )
        )
    assert path.with_name("store.db-wal").stat().st_size > 0
    store.commit(Changes(versions={("goes", n): Version("goes", n, None, n, "owner") for n in range(1, 40)}))
    assert path.with_name("store.db-wal").stat().st_size == 0, "the log is cut off at once"
    assert [each.value for each in store.personal.history("goes", None, 99)] == [None] * 39
    assert not store.check()
    store.close()
    data = pages(path)
    assert [value for value in gone if value[:16] in data or value[24:40] in data] == []
    assert [value for value in gone if tag_of(value) in data] == []
    assert all(value[:40] in data for value in stays)
    assert tag_of(stays[-1]) in data


def test_what_is_dropped_from_a_list_is_on_no_page_either(path: Path) -> None:
    canaries = Canaries()
    store = SqliteStore.open(path, KEY)
    key, tag = HybridKey.stored(canaries.octets(), canaries.octets(1_216)), bytes(16)
    contact = Contact(SCOPE, Direction.IN, "active", canaries.text(), "p", "person", None, b"i", 1, 2)
    session = canaries.octets(16)
    changes = Changes(
        facts={"secret": canaries.octets(5_000)},
        contact_keys={tag: (SCOPE, key)},
        contacts={SCOPE: contact},
        sessions={session: SCOPE},
        commitments={0: canaries.octets()},
    )
    store.commit(changes)
    store.commit(
        Changes(
            facts={"secret": None},
            contact_keys={tag: None},
            contacts={SCOPE: None},
            sessions={session: None},
            commitments={0: None},
        )
    )
    store.close()
    assert canaries.found_in(pages(path)) == 0


def test_a_receiving_key_that_was_spent_is_on_no_page(path: Path) -> None:
    """Forward secrecy ends where an old key lies on the disk (spec 04 §4)."""
    store = SqliteStore.open(path, KEY)
    guest, _ = met()
    changes = everything_of(guest)
    store.commit(changes)
    before = changes.relationships[SCOPE]
    receiving = before.sealing.receiving
    fresh = HybridKey.from_seed(b"f" * 32)
    following = receiving._replace(number=receiving.number + 1, current=receiving.spare, spare=fresh)
    after = before._replace(sealing=before.sealing._replace(receiving=following))
    store.commit(Changes(relationships={SCOPE: after}))
    store.close()
    data = pages(path)
    assert receiving.current.seed not in data
    assert receiving.spare.seed in data


def test_nothing_that_is_printed_or_raised_holds_a_value(path: Path) -> None:
    canaries = Canaries()
    store = SqliteStore.open(path, KEY)
    changes = everything_full_of(canaries)
    changes.facts["never"] = object()  # type: ignore[assignment]  # what no row can hold
    with pytest.raises(Exception, match=r".") as refused:
        store.commit(changes)
    texts = [str(refused.value), repr(refused.value), repr(store), str(refused.value.__cause__)]
    store.close()
    assert canaries.found_in("\n".join(texts).encode()) == 0


def test_a_file_opened_above_the_encryption_would_be_noticed(path: Path) -> None:
    """The layer that encrypts is named, not assumed: without it there is no store."""
    with pytest.raises(Exception, match=r"."):
        SqliteStore.open(path, KEY, disk=SystemDisk("unix"))
    assert apsw.vfs_names()[0] == VFS
    SqliteStore.open(path, KEY).close()
