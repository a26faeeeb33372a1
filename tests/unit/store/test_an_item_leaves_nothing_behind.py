"""Random histories of messages: of an item that was erased no piece is on any page, whatever moved since."""

import hashlib
import random
from pathlib import Path

import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import changes_of, everything_of, met
from tests.unit.store.test_no_value_is_left_where_it_should_not_be import pages

from pcloud.engine.compose import Command, command
from pcloud.engine.snapshot import Entry
from pcloud.features.conversation.say import ConversationSay
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore

SCOPES = 3
STEPS = 120
SIZES = (1, 30, 300, 900, 3_000, 3_900)
"""In a page with others, on a page of its own, on several."""


class Letters:
    """A store in which some say much, and some of it is erased."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random, self.seed = random.Random(seed), seed
        self.store = SqliteStore.open(empty_file(path), KEY)
        self.guests = {bytes([number]) * 32: met()[0] for number in range(SCOPES)}
        for scope, guest in self.guests.items():
            self.store.commit(everything_of(guest, scope))
        self.live: dict[tuple[bytes, bytes], str] = {}
        self.gone: list[str] = []

    def step(self) -> None:
        """Somebody says something, or something that was said is erased."""
        if self.live and self.random.random() < 0.45:
            key = self.random.choice(list(self.live))
            entry = self._entry(key)
            bare = entry._replace(parts=(entry.parts[0], *(None for _ in entry.parts[1:])))
            self.store.commit(Changes(entries={key: bare}))
            self.gone.append(self.live.pop(key))
            return
        scope, guest = self.random.choice(list(self.guests.items()))
        word = hashlib.sha256(f"{self.seed} {len(self.live)} {len(self.gone)}".encode()).hexdigest()
        message, items = ConversationSay.pack(f"{word} {'w' * self.random.choice(SIZES)}")
        decision = command(guest.relationship, Command(message, None, items), guest.log, guest.setting)
        guest.commit(decision)
        self.store.commit(changes_of(decision, scope))
        self.live[scope, decision.entries[0].first_id] = word

    def _entry(self, key: tuple[bytes, bytes]) -> Entry:
        found = self.store.history(key[0]).find(key[1])
        assert found is not None
        return found

    def said(self, key: tuple[bytes, bytes]) -> bytes:
        (_, item) = self._entry(key).parts
        assert item is not None
        return item.data


@pytest.mark.parametrize("seed", range(8, 12))  # the tenth finds what deleted rows would leave
def test_what_was_erased_is_nowhere_and_what_stays_is_whole(tmp_path: Path, seed: int) -> None:
    letters = Letters(tmp_path, seed)
    for _ in range(STEPS):
        letters.step()
    assert not letters.store.check()
    for key, word in letters.live.items():
        assert word.encode() in letters.said(key)
    letters.store.close()
    data = pages(tmp_path / "store.db")
    pieces = [(word[:16].encode(), word[40:56].encode()) for word in letters.gone]
    assert len(pieces) > STEPS // 4
    assert [each for each in pieces if any(piece in data for piece in each)] == []
    assert all(word.encode() in data for word in letters.live.values())
