"""Keys for more relationships come from the 24 words, and only from those of this node."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault
from pcloud.vault.words import words_of
from pcloud.wire.keylog import pool

PASSPHRASE = "correct horse battery staple"


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pcloud", *words], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "passphrase").chmod(0o600)
    made = run(
        "init", "--dir", str(folder / "node"), "--name", "Anna", "--words-file", str(folder / "words"),
        "--passphrase-file", str(folder / "passphrase"),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder


def extend(place: Path, words: Path) -> "subprocess.CompletedProcess[str]":
    return run(
        "pool", "extend", "--dir", str(place / "node"), "--json", "--words-file", str(words),
        "--passphrase-file", str(place / "passphrase"),
    )  # fmt: skip


def commitments(place: Path) -> tuple[int, tuple[int, bytes] | None]:
    secrets = FileVault(place / "node" / "vault").open(PASSPHRASE)
    store = SqliteStore.open(place / "node" / "store.db", secrets.derive("store"))
    try:
        return store.commitments_left(), store.commitment(4_095)
    finally:
        store.close()


def test_the_words_of_this_node_make_as_many_keys_again(place: Path) -> None:
    from mnemonic import Mnemonic

    done = extend(place, place / "words")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["left"] == 8_192
    secret = bytes(Mnemonic("english").to_entropy((place / "words").read_text().split()))
    left, first = commitments(place)
    assert (left, first) == (8_192, (4_096, pool(secret, 0, 4_096, 1)[0]))


def test_the_words_of_another_node_change_nothing(place: Path) -> None:
    before = commitments(place)
    other = place / "other"
    other.write_text(" ".join(words_of(os.urandom(32))))
    other.chmod(0o600)
    done = extend(place, other)
    assert done.returncode != 0
    assert "another node" in json.loads(done.stderr)["error"]["text"]
    assert commitments(place) == before


def test_a_word_that_is_none_is_told_by_its_place_and_changes_nothing(place: Path) -> None:
    before = commitments(place)
    slip = place / "slip"
    slip.write_text(
        (place / "words").read_text().replace((place / "words").read_text().split()[4], "xylograph", 1)
    )
    slip.chmod(0o600)
    done = extend(place, slip)
    assert done.returncode != 0
    assert "Word" in json.loads(done.stderr)["error"]["text"]
    assert "xylograph" not in done.stderr
    assert commitments(place) == before
