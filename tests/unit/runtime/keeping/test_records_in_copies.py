"""The owner's records are in every copy, each version, and what a made-up volume says of them is judged."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.contract.store.bodies import Body, memory, sqlite
from tests.unit.engine.archive.archived import KEY, NOW

from pcloud.ambient.system import system_entropy
from pcloud.engine.archive.chain import Link, read_chain
from pcloud.engine.archive.rows import Node, Own, Row
from pcloud.errors import Violation
from pcloud.runtime import facts
from pcloud.runtime.keeping import own, records, source
from pcloud.runtime.keeping.source import Pages, Trail, whole
from pcloud.store.memory import MemoryStore
from pcloud.store.personal import Version
from pcloud.store.port import Changes, Store
from pcloud.wire import cbor

HOME, LONG = "profile.address.home", "receipts/" + "x" * 48


@pytest.fixture(params=(memory, sqlite), ids=lambda make: make.__name__)
def body(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Body]:
    made: Body = request.param(tmp_path)
    named = {facts.NAME: b"Anna", facts.KIND: b"person", facts.CREATED: b"1"}
    made.store.commit(Changes(facts={**named, facts.GENERATION: b"2", facts.POOL_END: b"16"}))
    yield made
    made.store.close()


@pytest.fixture
def store(body: Body) -> Store:
    return body.store


def version(path: str, number: int, value: object, source_: str = "owner") -> Version:
    return Version(path, number, None if value is None else cbor.encode(value), 7, source_)


def put(store: Store, *versions: Version) -> Changes:
    changes = Changes(versions={(each.path, each.number): each for each in versions})
    store.commit(changes)
    return changes


def everything(store: Store) -> list[Version]:
    return list(store.personal.all(None, 100_000))


def restored(rows: list[Row]) -> Store:
    """A store of the records among these rows, taken in their order."""
    made = MemoryStore()
    for row in rows:
        if isinstance(row, Own):
            changes = Changes()
            own.put(row, changes)
            made.commit(changes)
    return made


def pages(store: Store, trail: Trail, meanwhile: Iterator[Changes] | None = None) -> list[Row]:
    """The rows of a volume, page by page; between two pages something may happen."""
    made = Pages(trail)
    _, rows = made.begin(store, NOW)
    over = False
    while not over:
        found, over, _ = made.next(store)
        rows += found
        for changes in () if meanwhile is None or over else [next(meanwhile, Changes())]:
            trail.note(changes)
    trail.writing = None
    return rows


def records_of(rows: list[Row]) -> list[Own]:
    return [row for row in rows if isinstance(row, Own) and row.key.startswith(records.RECORD)]


def test_every_version_of_every_record_comes_back(store: Store) -> None:
    """[ARCHIVE-12]"""
    put(
        store,
        version(HOME, 1, {"addressLocality": "Bremen"}, "import:vcard"),
        version(HOME, 2, {"addressLocality": "Kiel"}),
        version(LONG, 1, "x"),
        version("profile.name", 1, None),
        version("profile.name", 2, None),
    )
    rows = list(read_chain(KEY, [whole(store, KEY.public, system_entropy, NOW)]))
    assert everything(restored(rows)) == everything(store)
    assert all(HOME not in row.key for row in records_of(rows))


def test_many_records_are_read_a_page_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, *(version(f"receipts/{number:03}", 1, number) for number in range(100)))
    monkeypatch.setattr(source, "RECORDS_PAGE", 7)
    made, sizes = Pages(Trail()), []
    _, rows = made.begin(store, NOW)
    assert records_of(rows) == []
    over = False
    while not over:
        found, over, _ = made.next(store)
        rows += found
        sizes.append(len(records_of(found)))
    assert max(sizes) == 7
    assert everything(restored(rows)) == everything(store)


def test_what_changes_while_a_copy_is_made_is_in_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, *(version(f"receipts/{number:03}", 1, number) for number in range(20)))
    monkeypatch.setattr(source, "RECORDS_PAGE", 5)

    def changing() -> Iterator[Changes]:
        yield put(store, version("receipts/000", 2, "after it was read"))
        yield put(store, version("receipts/000", 1, None), version("receipts/019", 2, None))
        yield put(store, version("x-new", 1, "came last"))

    rows = pages(store, Trail(), changing())
    assert everything(restored(rows)) == everything(store)


def test_an_increment_has_what_has_changed_and_nothing_else(store: Store) -> None:
    put(store, *(version(f"receipts/{number:03}", 1, number) for number in range(20)))
    trail = Trail()
    first = pages(store, trail)
    trail.link = Link(1, 1, b"d" * 32, 0)
    trail.note(put(store, version("receipts/003", 2, "new")))
    trail.note(put(store, version("receipts/003", 1, None)))
    second = pages(store, trail)
    assert len(records_of(second)) == 2
    assert everything(restored(first + second)) == everything(store)
    assert not trail.versions


def test_much_that_has_changed_is_read_a_page_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "RECORDS_PAGE", 8)
    trail = Trail()
    first = pages(store, trail)
    trail.link = Link(1, 1, b"d" * 32, 0)
    trail.note(put(store, *(version(f"receipts/{number:03}", 1, number) for number in range(200))))
    made = Pages(trail)
    _, rows = made.begin(store, NOW)
    over, sizes = False, []
    while not over:
        found, over, _ = made.next(store)
        rows += found
        sizes.append(len(records_of(found)))
    assert max(sizes) == 16, "no page of a node that rests grows"
    assert everything(restored(first + rows)) == everything(store)


def test_before_a_full_copy_nothing_is_noted_and_too_much_makes_the_next_one_full(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = Trail()
    changes = put(store, *(version("x-a", number, number) for number in range(1, 12)))
    trail.note(changes)
    assert not trail.versions
    trail.link = Link(1, 1, b"d" * 32, 0)
    monkeypatch.setattr(source, "TOUCHED_MAX", 10)
    trail.note(changes)
    assert len(trail.versions) == 0
    assert pages(store, trail)[0] == Node("Anna", "person", 1), "it is a full one"
    assert trail.number == 1


def row(path: Any = HOME, number: Any = 1, value: Any = b"\x01", at: Any = 1, source_: Any = "owner") -> Own:
    said = cbor.encode([path, number, value, at, source_])
    name = sha256(cbor.encode([path, number])).digest()[:16].hex()
    return Own(f"record/{name}", said)


@pytest.mark.parametrize(
    "told",
    [
        row(path="Not A Path"),
        row(path=f"{HOME}:city"),
        row(path="receipts/*"),
        row(path=7),
        row(number=0),
        row(number="1"),
        row(value=cbor.encode(None)),
        row(value=b"\xff"),
        row(value=cbor.encode("x" * 16_384)),
        row(value="text"),
        row(at=-1),
        row(source_=""),
        row(source_="x" * 65),
        row()._replace(key="record/" + "0" * 32),
        row()._replace(value=None),
        row()._replace(value=b"\x00"),
        row()._replace(value=cbor.encode([HOME, 1, None, 1])),
    ],
)
def test_what_a_made_up_volume_says_of_a_record_is_refused(told: Own) -> None:
    changes = Changes()
    with pytest.raises(Violation):
        own.put(told, changes)
    assert not changes


def test_what_is_right_is_taken() -> None:
    changes = Changes()
    own.put(row(), changes)
    own.put(row(number=2, value=None), changes)
    assert changes.versions == {
        (HOME, 1): Version(HOME, 1, b"\x01", 1, "owner"),
        (HOME, 2): Version(HOME, 2, None, 1, "owner"),
    }
