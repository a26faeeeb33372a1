"""Which copy is taken: nothing is believed that a thief could have written (spec 21 §5)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pcloud.ambient.system import system_entropy
from pcloud.engine.archive.rows import Node, Own
from pcloud.engine.archive.writing import Writer
from pcloud.runtime import facts
from pcloud.runtime.keeping.source import whole
from pcloud.runtime.recovering.finding import Copy, Fault, Words, newest
from pcloud.runtime.recovering.nextkeys import BLOCKS_MAX
from pcloud.runtime.recovering.restoring import rebuild, settle
from pcloud.store.memory import MemoryStore
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, Street
from pcloud.wire.manifest import Manifest

NOW = 1_800_000_000


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    street = Street(tmp_path)
    anna = await street.home("Anna")
    await anna.down()
    yield anna
    await street.clear()


def written(home: Home, path: Path, now: int = NOW, **told: int) -> Path:
    """A full volume that somebody with the node's folder seals to its words."""
    store = SqliteStore.open(home.folder / "store.db", home.key)
    known = {"generation": facts.GENERATION, "pool_end": facts.POOL_END}
    store.commit(Changes(facts={known[name]: str(value).encode() for name, value in told.items()}))
    public = store.fact(facts.MANIFEST_PUBLIC)
    assert public is not None
    path.write_bytes(b"".join(whole(store, public, system_entropy, now)))
    store.close()
    return path


def found(home: Home, *paths: Path, before: int | None = None) -> tuple[Copy | None, list[Fault]]:
    return newest(Words.of(home.secret).key, paths, NOW + 100, before)


async def test_the_newest_that_holds_is_taken_and_others_are_named(home: Home, tmp_path: Path) -> None:
    old, new = written(home, tmp_path / "old", NOW), written(home, tmp_path / "new", NOW + 60)
    none = tmp_path / "none"
    none.write_bytes(b"no volume at all")
    copy, faults = found(home, old, none, new)
    assert copy is not None
    assert copy.volumes == (new,)
    assert [fault.place for fault in faults] == ["none"]
    new.write_bytes(new.read_bytes()[:-1])
    copy, faults = found(home, old, new)
    assert copy is not None
    assert copy.volumes == (old,)
    assert [fault.place for fault in faults] == ["new"]
    copy, faults = found(home, old, before=NOW)
    assert (copy, faults) == (None, [])


async def test_words_of_another_node_open_nothing(home: Home, tmp_path: Path) -> None:
    volume = written(home, tmp_path / "volume")
    copy, faults = newest(Words.of(bytes(32)).key, [volume], NOW, None)
    assert copy is None
    assert [fault.text for fault in faults] == ["not-opened"]


async def test_a_generation_that_cannot_be_is_a_fault_and_the_older_copy_is_taken(
    home: Home, tmp_path: Path
) -> None:
    true = written(home, tmp_path / "true")
    false = written(home, tmp_path / "false", NOW + 60, generation=2**53 - 1)
    copy, faults = found(home, true, false)
    assert copy is not None
    assert copy.volumes == (true,)
    assert [fault.place for fault in faults] == ["false"]


async def test_a_copy_from_the_time_to_come_is_a_fault_and_not_the_newest_for_ever(
    home: Home, tmp_path: Path
) -> None:
    true = written(home, tmp_path / "true")
    false = written(home, tmp_path / "false", NOW + 2 * 86_400)
    copy, faults = found(home, true, false)
    assert copy is not None
    assert copy.volumes == (true,)
    assert [fault.place for fault in faults] == ["false"]


async def test_a_made_up_row_of_the_nodes_own_is_a_fault_and_the_older_copy_is_taken(
    home: Home, tmp_path: Path
) -> None:
    """It would be refused later, when the folder is being made."""
    true, false = written(home, tmp_path / "true"), tmp_path / "false"
    manifest = Manifest(0, 16, NOW + 60, 1, 1, None, 0)
    writer = Writer(manifest, Words.of(home.secret).key.public, bytes(32), bytes(12))
    rows = (Node("Anna", "person", NOW), Own(f"voucher/{'00' * 32}", b"\x81\x05"))
    false.write_bytes(writer.begin() + writer.add(rows) + b"".join(writer.end(0)))
    copy, faults = found(home, true, false)
    assert copy is not None
    assert copy.volumes == (true,)
    assert [(fault.place, fault.text) for fault in faults] == [("false", "It is damaged (shape).")]


async def test_a_pool_without_end_is_cut_to_what_is_looked_through(home: Home, tmp_path: Path) -> None:
    volume = written(home, tmp_path / "volume", pool_end=2**53 - 1)
    copy, faults = found(home, volume)
    assert copy is not None
    assert faults == []
    store = MemoryStore()
    rebuild(store, [], system_entropy)
    settle(store, home.secret, copy.manifest)
    assert int(store.fact(facts.POOL_END) or b"0") == BLOCKS_MAX * 4_096
