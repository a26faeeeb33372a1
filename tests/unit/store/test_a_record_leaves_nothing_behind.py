"""Random histories of records: of what was let go of no piece is on any page, nor what its words were."""

import hashlib
import random
from pathlib import Path

import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.unit.store.test_no_value_is_left_where_it_should_not_be import pages

from pcloud.store.personal.port import Version, tags_of
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.wire import cbor

STEPS = 80
PATHS = 60
SIZES = (1, 5, 50, 300, 1_000, 3_000, 5_000, 12_000)
"""In a page with others, on a page of its own, on several."""
BULK = 30


class Records:
    """A store in which records come and go, and the words that are in their values."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random, self.seed = random.Random(seed), seed
        self.store = SqliteStore.open(empty_file(path), KEY)
        self.live: dict[tuple[str, int], str] = {}
        self.gone: list[str] = []
        self._numbers: dict[str, int] = {}

    def change(self) -> None:
        """One commit: some values more, some let go of."""
        changes: dict[tuple[str, int], Version] = {}
        for _ in range(self.random.choice((1, 1, 1, BULK))):
            if self.random.random() < 0.6 or not self.live:
                self._add(changes)
            else:
                key = self.random.choice(list(self.live))
                if key not in changes:
                    changes[key] = Version(*key, None, 2, "let go")
                    self.gone.append(self.live.pop(key))
        self.store.commit(Changes(versions=changes))

    def _add(self, changes: dict[tuple[str, int], Version]) -> None:
        path = f"x-a/{self.random.randrange(PATHS)}"
        number = self._numbers[path] = self._numbers.get(path, 0) + 1
        word = hashlib.sha256(f"{self.seed} {path} {number}".encode()).hexdigest()
        value = f"{word} {'w' * self.random.choice(SIZES)}"
        changes[path, number] = Version(path, number, cbor.encode(value), 1, "owner")
        self.live[path, number] = word


@pytest.mark.parametrize("seed", range(2))
def test_what_was_let_go_of_is_nowhere_and_what_stays_is_whole(tmp_path: Path, seed: int) -> None:
    records = Records(tmp_path, seed)
    for _ in range(STEPS):
        records.change()
    store = records.store
    assert not store.check()
    for (path, number), word in records.live.items():
        version = store.personal.version(path, number)
        assert version is not None
        assert word in str(cbor.decode(version.value or b""))
    store.close()
    data = pages(tmp_path / "store.db")
    assert len(records.gone) > STEPS
    pieces = [
        (word[:16].encode(), word[40:56].encode(), tags_of([word])[5:].encode()) for word in records.gone
    ]
    assert [each for each in pieces if any(piece in data for piece in each)] == []
    assert all(word.encode() in data for word in records.live.values())
