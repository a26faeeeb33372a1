"""The machine is destroyed; the words and one file bring the node back, by nothing but the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.processes.cli import House, meet, until
from tests.e2e.processes.pair import Refusal, refusal

from pcloud.vault.words import secret_of, words_of


def test_a_node_comes_back_from_a_file_and_goes_on(houses: tuple[House, House], tmp_path: Path) -> None:
    anna, shop = houses
    meet(anna, shop)
    anna.pcloud("say", "Flora", "Two bunches of tulips, please.")
    until(lambda: shop.texts() == ["Two bunches of tulips, please."])
    copy = tmp_path / "anna.pcloud-backup"
    assert anna.pcloud("backup", str(copy))["bytes"] == copy.stat().st_size
    assert copy.stat().st_mode & 0o077 == 0
    assert b"tulips" not in copy.read_bytes()
    anna.pcloud("say", "Flora", "Make it three.")
    until(lambda: shop.texts() == ["Two bunches of tulips, please.", "Make it three."])
    anna.kill()
    shutil.rmtree(anna.folder)

    told = anna.pcloud("restore", str(copy), "--yes", *anna.by_words)
    assert (told["follows"], told["unfinished"], told["not_used"]) == (1, 0, [])
    anna.up()
    until(lambda: anna.peer().get("state") == "active")
    until(lambda: anna.texts() == ["Two bunches of tulips, please.", "Make it three."])
    (listed,) = anna.pcloud("review", "list")
    assert listed["text"] == "Make it three."
    anna.pcloud("review", "affirm", "Flora", "--all")
    shop.pcloud("say", "Anna", "They are ready.")
    until(lambda: anna.texts()[-1] == "They are ready.")
    assert anna.pcloud("review", "list") == []
    assert anna.pcloud("devices")["generation"] == 1
    anna.down()
    again = tmp_path / "stopped.pcloud-backup"
    anna.pcloud("backup", str(again), "--passphrase-file", str(anna.passphrase))
    assert anna.pcloud("recover", "--here", "--yes", *anna.by_words)["generation"] == 2
    anna.up()
    until(lambda: anna.pcloud("devices")["unanswered"] == [])


def test_the_old_machine_passes_on_what_still_comes(houses: tuple[House, House], tmp_path: Path) -> None:
    anna, shop = houses
    meet(anna, shop)
    shop.down()
    anna.down()
    old, where = tmp_path / "old", anna.port
    shutil.copytree(anna.folder, old)
    anna.port = 0
    anna.up()
    passing = subprocess.Popen(
        [
            sys.executable, "-m", "pcloud", "retire", "--to", f"http://127.0.0.1:{anna.port}", "--json",
            "--dir", str(old), "--listen", f"127.0.0.1:{where}", "--passphrase-file", str(anna.passphrase),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert passing.stdout is not None
    assert json.loads(passing.stdout.readline())["ready"] is True
    shop.up()
    shop.pcloud("say", "Anna", "Are you still there?")
    until(lambda: anna.texts() == ["Are you still there?"])
    anna.pcloud("say", "Flora", "Yes, elsewhere.")
    until(lambda: shop.texts()[-1] == "Yes, elsewhere.")
    passing.send_signal(signal.SIGTERM)
    told, _ = passing.communicate(timeout=20)
    assert passing.returncode == 0
    assert json.loads(told)["passed_on"] >= 1


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Path]:
    """A node that is gone, and its backup."""
    folder = tmp_path_factory.mktemp("gone")
    house = House(folder, "Anna")
    copy = folder / "copy"
    house.pcloud("backup", str(copy), "--passphrase-file", str(house.passphrase))
    shutil.rmtree(house.folder)
    return house, copy


def restore_refused(house: House, words: Path, copy: Path, *more: str) -> Refusal:
    """How a restore is refused, which then has made nothing."""
    papers = ("--words-file", str(words), "--passphrase-file", str(house.passphrase))
    refused = refusal("restore", str(copy), "--yes", *papers, *more, folder=house.folder)
    assert not house.folder.exists()
    return refused


def unknown_word(words: list[str]) -> str:
    return " ".join([*words[:6], "xylograph", *words[7:]])


def missing(words: list[str]) -> str:
    return " ".join(words[:-1])


def twice(words: list[str]) -> str:
    return " ".join([*words, words[3]])


def swapped(words: list[str]) -> str:
    """Two changed places; of many pairs one that the checksum shows, as it does 255 times in 256."""
    for place in range(23):
        other = [*words]
        other[place], other[place + 1] = other[place + 1], other[place]
        try:
            secret_of(" ".join(other))
        except Exception:  # noqa: BLE001 - this one it shows
            return " ".join(other)
    raise AssertionError("no pair")


def of_another(words: list[str]) -> str:
    return " ".join(words_of(os.urandom(32)))


@pytest.mark.parametrize(
    ("mistake", "code", "told"),
    [
        (unknown_word, "vault", "Word 7 "),
        (missing, "vault", "that is 23"),
        (twice, "vault", "that is 25"),
        (swapped, "vault", "changed places"),
        (of_another, "other-words", "of another node"),
    ],
)
def test_each_mistake_in_the_words_is_told_before_anything_is_made(
    stored: tuple[House, Path], tmp_path: Path, mistake: Callable[[list[str]], str], code: str, told: str
) -> None:
    house, copy = stored
    typed = tmp_path / "typed"
    typed.write_text(mistake(house.words.read_text().split()))
    typed.chmod(0o600)
    refused = restore_refused(house, typed, copy)
    assert refused.code == code
    assert told in refused.text
    assert "xylograph" not in str(refused)


def test_words_in_order_for_which_nothing_is_kept_are_told_so(
    stored: tuple[House, Path], tmp_path: Path
) -> None:
    house, copy = stored
    for place, more, code in (
        (tmp_path, (), "nothing-kept"),
        (copy, ("--before", "2020-01-01"), "nothing-kept"),
        (house.words, (), "damaged"),
    ):
        assert restore_refused(house, house.words, place, *more).code == code


def test_a_copy_that_was_cut_or_changed_makes_nothing(stored: tuple[House, Path], tmp_path: Path) -> None:
    house, copy = stored
    whole = copy.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    for number, data in enumerate((whole[:-1], whole[: len(whole) // 2], bytes(changed), whole + b"x")):
        damaged = tmp_path / f"{number}"
        damaged.write_bytes(data)
        assert restore_refused(house, house.words, damaged).code == "damaged", number
