"""What this version did not write, it does not guess at: DamagedError, never a value or another error."""

from pathlib import Path
from typing import Any

import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, everything_of, met

from pcloud.errors import Violation
from pcloud.store.codec import decode, encode
from pcloud.store.port import Changes, DamagedError, Desk, Offer
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.node import Clock, Node, invite
from pcloud.wire import cbor

OFFER = b"an offer".ljust(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = empty_file(tmp_path)
    store = SqliteStore.open(path, KEY)
    changes = everything_of(met()[0])
    host = Node("host", Clock())
    invite(host)
    assert host.scope is not None
    changes.offers[OFFER] = Offer(OFFER, host.scope, b"m" * 16, b"k" * 16)
    changes.desks[SCOPE] = Desk()
    store.commit(changes)
    store.close()
    return path


def spoil(path: Path, statement: str, *values: Any) -> SqliteStore:
    """Open a store and write into it what no commit writes."""
    store = SqliteStore.open(path, KEY)
    database = store._database
    database.transact(lambda: database.run_many(statement, [values]))
    return store


NEXT_VERSION = cbor.encode([2, 1, 2, 3, 4, 5, 6, 7, 8, 9])
SHORT = encode(1)
GARBAGE = [b"", b"\xff", b"\x00" * 40, NEXT_VERSION, SHORT, encode(*(None,) * 5), encode(*(None,) * 9)]


@pytest.mark.parametrize("garbage", GARBAGE, ids=len)
@pytest.mark.parametrize(
    "column", ["relationship.me", "relationship.peer", "line.sessions", "line.thread", "line.proofs"]
)
def test_a_relationship_with_a_part_of_another_form_is_damaged(
    path: Path, column: str, garbage: bytes
) -> None:
    table, name = column.split(".")
    store = spoil(path, f"UPDATE {table} SET {name} = ?", garbage)
    with pytest.raises(DamagedError, match="backup"):
        store.relationship(SCOPE)
    store.close()


@pytest.mark.parametrize("garbage", [b"", b"\xd2\x84", b"\x00" * 200])
def test_an_entry_whose_header_is_none_is_damaged(path: Path, garbage: bytes) -> None:
    store = spoil(path, "UPDATE entry SET signed = ?", garbage)
    with pytest.raises(DamagedError, match="backup"):
        store.feed(0, 9)
    with pytest.raises(DamagedError, match="backup"):
        store.log(SCOPE, None, 9)
    store.close()


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\xff"])
def test_a_thread_that_holds_no_map_is_damaged(path: Path, garbage: bytes) -> None:
    store = spoil(path, "UPDATE thread SET data = ?", garbage)
    with pytest.raises(DamagedError, match="backup"):
        store.threads(SCOPE, "relationship")
    store.close()


@pytest.mark.parametrize("garbage", GARBAGE, ids=len)
def test_an_invitation_of_another_form_is_damaged(path: Path, garbage: bytes) -> None:
    store = spoil(path, "UPDATE offer SET invitation = ?", garbage)
    with pytest.raises(DamagedError, match="backup"):
        store.offers()
    store.close()


@pytest.mark.parametrize("garbage", [b"", NEXT_VERSION, SHORT])
def test_a_desk_of_another_form_is_damaged(path: Path, garbage: bytes) -> None:
    store = spoil(path, "UPDATE desk SET outbound = ?", garbage)
    with pytest.raises(DamagedError, match="backup"):
        store.desk(SCOPE)
    store.close()


def test_a_waiting_message_that_is_not_there_is_damage(path: Path) -> None:
    """Its number is in the line, so somebody may wait for its answer."""
    store = spoil(path, "UPDATE line SET out_number = out_number + 1")
    with pytest.raises(DamagedError, match="backup"):
        store.relationship(SCOPE)
    store.close()


@pytest.mark.parametrize(
    "stray",
    [
        "INSERT INTO item VALUES (99 * 64 + 1, 0, x'00', x'00')",
        "INSERT INTO delivery VALUES (99, 1, 1, 1)",
    ],
)
def test_rows_that_do_not_fit_together_are_found_by_a_check(path: Path, stray: str) -> None:
    store = SqliteStore.open(path, KEY)
    store._database._connection.pragma("foreign_keys", 0)
    store._database.transact(lambda: store._database.run_many(stray, [()]))
    assert len(store.check()) == 1
    store.close()


def test_a_part_says_which_version_it_is() -> None:
    assert decode(encode(1, "two", [b"three"]), 3) == [1, "two", [b"three"]]
    assert decode(encode(*range(5))) == [0, 1, 2, 3, 4]
    for data in (NEXT_VERSION, cbor.encode([]), cbor.encode({1: 2}), b"\x9f\xff"):
        with pytest.raises((Violation, ValueError)):
            decode(data)


def test_one_store_reads_nothing_of_another(path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    assert store.relationship(b"another") is None
    store.commit(Changes(facts={"name": b"anna"}))
    assert store.fact("kind") is None
    store.close()
