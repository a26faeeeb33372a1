"""The machine is destroyed; the words and one file bring the node back, by nothing but the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.processes.cli import House, run, until
from tests.e2e.processes.test_the_whole_story import meet, said

from pcloud.vault.words import secret_of, words_of


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[tuple[House, House]]:
    anna, shop = House(tmp_path, "Anna"), House(tmp_path, "Flora", "organisation")
    yield anna.up(), shop.up()
    for house in (anna, shop):
        if house.process is not None and house.process.poll() is None:
            house.down()


def restore(house: House, words: Path, copy: Path, *more: str) -> dict[str, object]:
    """Give the document that it answers with, whichever it is."""
    done = run(
        "restore", str(copy), "--yes", "--json", "--words-file", str(words),
        "--passphrase-file", str(house.passphrase), *more, folder=house.folder,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout or done.stderr.splitlines()[-1])
    return found


def test_a_node_comes_back_from_a_file_and_goes_on(houses: tuple[House, House], tmp_path: Path) -> None:
    anna, shop = houses
    meet(anna, shop)
    anna.pcloud("say", "Flora", "Two bunches of tulips, please.")
    until(lambda: said(shop) == ["Two bunches of tulips, please."])
    copy = tmp_path / "anna.pcloud-backup"
    assert anna.pcloud("backup", str(copy))["bytes"] == copy.stat().st_size
    assert copy.stat().st_mode & 0o077 == 0
    assert b"tulips" not in copy.read_bytes()
    anna.pcloud("say", "Flora", "Make it three.")
    until(lambda: said(shop) == ["Two bunches of tulips, please.", "Make it three."])
    assert anna.process is not None
    anna.process.send_signal(signal.SIGKILL)
    anna.process.communicate()
    shutil.rmtree(anna.folder)

    told = restore(anna, tmp_path / "Anna.words", copy)
    assert (told["follows"], told["unfinished"], told["not_used"]) == (1, 0, [])
    anna.up()
    until(lambda: anna.peer().get("state") == "active")
    until(lambda: said(anna) == ["Two bunches of tulips, please.", "Make it three."])
    (listed,) = anna.pcloud("review", "list")
    assert listed["text"] == "Make it three."
    anna.pcloud("review", "affirm", "Flora", "--all")
    shop.pcloud("say", "Anna", "They are ready.")
    until(lambda: said(anna)[-1] == "They are ready.")
    assert anna.pcloud("review", "list") == []
    assert anna.pcloud("devices")["generation"] == 1
    anna.down()
    again = tmp_path / "stopped.pcloud-backup"
    offline = run(
        "backup", str(again), "--json", "--passphrase-file", str(anna.passphrase), folder=anna.folder
    )
    assert offline.returncode == 0, offline.stderr
    here = run(
        "recover", "--here", "--yes", "--json", "--words-file", str(tmp_path / "Anna.words"),
        "--passphrase-file", str(anna.passphrase), folder=anna.folder,
    )  # fmt: skip
    assert json.loads(here.stdout)["generation"] == 2
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
    until(lambda: said(anna) == ["Are you still there?"])
    anna.pcloud("say", "Flora", "Yes, elsewhere.")
    until(lambda: said(shop)[-1] == "Yes, elsewhere.")
    passing.send_signal(signal.SIGTERM)
    told, _ = passing.communicate(timeout=20)
    assert passing.returncode == 0
    assert json.loads(told)["passed_on"] >= 1


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Path, Path]:
    """A node that is gone, its words and its backup."""
    folder = tmp_path_factory.mktemp("gone")
    house = House(folder, "Anna")
    copy = folder / "copy"
    done = run("backup", str(copy), "--passphrase-file", str(house.passphrase), folder=house.folder)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(house.folder)
    return house, folder / "Anna.words", copy


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
    stored: tuple[House, Path, Path], tmp_path: Path, mistake: object, code: str, told: str
) -> None:
    house, words, copy = stored
    assert callable(mistake)
    typed = tmp_path / "typed"
    typed.write_text(mistake(words.read_text().split()))
    typed.chmod(0o600)
    answer = restore(house, typed, copy)
    assert isinstance(answer["error"], dict)
    assert answer["error"]["code"] == code
    assert told in answer["error"]["text"]
    assert "xylograph" not in str(answer)
    assert not house.folder.exists()


def test_words_in_order_for_which_nothing_is_kept_are_told_so(
    stored: tuple[House, Path, Path], tmp_path: Path
) -> None:
    house, words, copy = stored
    for place, more, code in (
        (tmp_path, (), "nothing-kept"),
        (copy, ("--before", "2020-01-01"), "nothing-kept"),
        (words, (), "damaged"),
    ):
        answer = restore(house, words, place, *more)
        assert isinstance(answer["error"], dict)
        assert answer["error"]["code"] == code
        assert not house.folder.exists()


def test_a_copy_that_was_cut_or_changed_makes_nothing(
    stored: tuple[House, Path, Path], tmp_path: Path
) -> None:
    house, words, copy = stored
    whole = copy.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    for number, data in enumerate((whole[:-1], whole[: len(whole) // 2], bytes(changed), whole + b"x")):
        damaged = tmp_path / f"{number}"
        damaged.write_bytes(data)
        answer = restore(house, words, damaged)
        assert isinstance(answer["error"], dict)
        assert answer["error"]["code"] == "damaged", number
        assert not house.folder.exists()
