"""What goes wrong in a house is told in one sentence, loses nothing, and can be mended."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.processes.cli import PASSPHRASE, House, run, until
from tests.e2e.processes.disks import SmallDisk
from tests.e2e.processes.pair import (
    ON_ITS_WAY,
    SAID,
    Pair,
    files,
    held,
    moved,
    refusal,
    refused_up,
    said,
    say,
    stop,
    waiting,
)

from pcloud.cli.exits import Exit
from pcloud.store.migrations import STEPS
from pcloud.store.opening import PAGE_BYTES, open_existing
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault
from pcloud.vault.words import secret_of
from pcloud.wire.keylog import pool

DAY_S = 86_400
MANY = 12


def assert_nothing_is_lost(house: House, before: object) -> None:
    """It starts, and holds what it held."""
    house.up()
    assert held(house) == before
    house.down()


def unwell(house: House) -> dict[str, Any]:
    """What the doctor finds that is not well."""
    ended = run("doctor", "--json", folder=house.folder)
    assert ended.returncode == Exit.REFUSED
    return {check["name"]: check for check in json.loads(ended.stdout) if not check["ok"]}


# ---------------------------------------------------------------- passphrase and rights


def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(anna: House) -> None:
    before = files(anna.folder)
    anna.passphrase.write_text("not the one that was chosen")

    told = refused_up(anna)
    assert told[:2] == (Exit.PASSPHRASE, "passphrase")
    assert "not the one" not in told.text
    assert files(anna.folder) == before


@pytest.mark.parametrize("content", [None, "", "two\nlines"])
def test_a_passphrase_file_without_a_passphrase_is_told(anna: House, content: str | None) -> None:
    if content is None:
        anna.passphrase.unlink()
    else:
        anna.passphrase.write_text(content)

    told = refused_up(anna)
    assert told[:2] == (Exit.PASSPHRASE, "passphrase")
    assert "passphrase file" in told.text


OPENED: dict[str, tuple[Callable[[House], Path], str]] = {
    "folder": (lambda house: house.folder, "chmod 700"),
    "vault": (lambda house: house.folder / "vault", "chmod 600"),
    "store": (lambda house: house.folder / "store.db", "chmod 600"),
    "passphrase file": (lambda house: house.passphrase, "chmod 600"),
}


@pytest.mark.parametrize("what", OPENED)
def test_what_others_can_read_is_not_used_before_it_is_closed(anna: House, what: str) -> None:
    which, advice = OPENED[what]
    before = files(anna.folder)
    which(anna).chmod(which(anna).stat().st_mode | 0o044)

    told = refused_up(anna)
    assert told[:2] == (Exit.UNSAFE, "unsafe")
    assert advice in told.text
    assert files(anna.folder) == before


# ---------------------------------------------------------------- folders and their other users


@pytest.mark.parametrize("command", ["up", "status", "doctor"])
def test_without_a_folder_each_command_says_how_one_is_made(tmp_path: Path, command: str) -> None:
    told = refusal(command, folder=tmp_path / "nowhere", shown=True)

    assert told[:2] == (Exit.NO_NODE, "no-node")
    assert "pcloud init" in told.text
    assert list(tmp_path.iterdir()) == []


def test_a_node_that_does_not_run_is_told_with_how_to_start_it(anna: House) -> None:
    told = refusal("say", "Flora", "good morning", folder=anna.folder, shown=True)

    assert told[:2] == (Exit.NO_NODE, "no-node")
    assert "pcloud up" in told.text


def test_a_second_node_in_a_folder_does_not_start_and_the_first_goes_on(pair: Pair, anna: House) -> None:
    anna.up()

    told = refused_up(anna)
    assert told[:2] == (Exit.BUSY, "in-use")
    assert "Stop it" in told.text
    assert held(anna) == pair.annas


def test_a_port_in_use_is_told_with_what_to_do(pair: Pair, anna: House) -> None:
    before = files(anna.folder)
    with socket.create_server(("127.0.0.1", anna.port)):
        told = refused_up(anna, shown=True)

    assert told[:2] == (Exit.ADDRESS, "address")
    assert str(anna.port) in told.text
    assert "--listen" in told.text
    assert files(anna.folder).keys() == before.keys()
    assert_nothing_is_lost(anna, pair.annas)


# ---------------------------------------------------------------- damage


def flipped(data: bytes) -> bytes:
    """One bit of every page but the first, and of that one too behind what stands in clear."""
    spoilt = bytearray(data)
    for place in range(PAGE_BYTES // 2, len(data), PAGE_BYTES):
        spoilt[place] ^= 1
    return bytes(spoilt)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "flipped": flipped,
    "cut": lambda data: data[: len(data) // 2 + 100],
    "without its last page": lambda data: data[:-PAGE_BYTES],
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_store_is_told_and_left_for_who_can_mend_it(anna: House, how: str) -> None:
    store = anna.folder / "store.db"
    store.write_bytes(DAMAGE[how](store.read_bytes()))
    before = files(anna.folder)

    told = refused_up(anna)
    assert told[:2] == (Exit.DAMAGED, "damaged")
    assert "backup" in told.text
    assert files(anna.folder) == before


def test_damage_that_shows_later_is_told_to_whoever_asks_and_ends_the_node(anna: House) -> None:
    store = anna.folder / "store.db"
    whole = store.read_bytes()
    page = len(whole) // PAGE_BYTES * 3 // 4 * PAGE_BYTES  # none that a start reads
    store.write_bytes(whole[:page] + flipped(whole[page : page + PAGE_BYTES]) + whole[page + PAGE_BYTES :])
    anna.up()

    found = unwell(anna)["store"]
    assert "damaged" in found["detail"]
    assert "backup" in found["advice"]
    ended = anna.ended()
    assert ended.code == Exit.DAMAGED
    assert "damaged" in json.loads(ended.errors.splitlines()[-1])["error"]["text"]


def test_a_store_whose_last_words_are_gone_does_not_start_as_if_nothing_were_missing(
    pair: Pair, anna: House, tmp_path: Path
) -> None:
    anna.up()
    say(anna, "And a card, please.")
    with_more = held(anna)
    anna.kill()
    log = anna.folder / "store.db-wal"
    log.rename(tmp_path / "moved away")

    for _ in range(2):
        told = refused_up(anna)
        assert told[:2] == (Exit.DAMAGED, "damaged")
        assert "store.db-wal" in told.text
    (tmp_path / "moved away").rename(log)
    assert_nothing_is_lost(anna, with_more)


def test_a_newer_version_s_store_is_left_alone(pair: Pair, anna: House) -> None:
    key = FileVault(anna.folder / "vault").open(PASSPHRASE).derive("store")
    later = [*STEPS, ("CREATE TABLE later (one INTEGER) STRICT",)]
    SqliteStore(open_existing(anna.folder / "store.db", key, anna.folder / "lock", steps=later)).close()
    before = files(anna.folder)

    told = refused_up(anna)
    assert told[:2] == (Exit.NEWER, "newer")
    assert "Install" in told.text
    assert files(anna.folder) == before


# ---------------------------------------------------------------- links


def spoilt(link: str) -> dict[str, str]:
    """Links that are no longer what was given."""
    return {
        "cut": link[:-7],
        "with a letter changed": link[:30] + ("A" if link[30] != "A" else "B") + link[31:],
        "no text": "pcloud:contact/1/\x1b[2J",
    }


def test_a_link_that_cannot_be_read_is_told_and_makes_no_contact(
    pair: Pair, anna: House, shop: House
) -> None:
    anna.up()
    shop.up()
    until(lambda: waiting(anna) == waiting(shop) == 0)
    link = shop.pcloud("invite", "--purpose", "flowers on order")["link"]
    shop.down()
    before = held(anna)

    for kind, text in spoilt(link).items():
        notes = 1 if kind == "with a letter changed" else 0
        told = refusal("connect", text, folder=anna.folder, notes=notes)
        assert told.exit == Exit.REFUSED, kind
        assert told.code in {"link-text", "unreachable"}, kind
        assert "\x1b" not in told.text
    told = refusal("connect", link, folder=anna.folder, notes=1)
    assert told[:2] == (Exit.REFUSED, "unreachable")
    assert "Try again later" in told.text
    assert held(anna) == before


# ---------------------------------------------------------------- an init that is interrupted


def init_words(folder: Path) -> list[str]:
    return [
        "init", "--name", "Berta", "--dir", str(folder / "Berta"), "--words-file", str(folder / "words"),
        "--passphrase-file", str(folder / "passphrase"),
    ]  # fmt: skip


def made_with(folder: Path) -> bool:
    """Whether the node in this folder is made of the words beside it."""
    secret = secret_of((folder / "words").read_text())
    key = FileVault(folder / "Berta" / "vault").open(PASSPHRASE).derive("store")
    store = SqliteStore.open(folder / "Berta" / "store.db", key)
    try:
        first = store.commitment()
    finally:
        store.close()
    return first is not None and (first[1],) == pool(secret, 0, first[0], 1)


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "Berta/.init/store.db"),
        (signal.SIGKILL, "words"),
        (signal.SIGKILL, "Berta/vault"),
    ],
)
def test_an_init_that_is_ended_leaves_no_half_node_and_no_second_words(
    tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    (tmp_path / "passphrase").touch(0o600)
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    command = [sys.executable, "-m", "pcloud", *init_words(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until(lambda: (tmp_path / moment).exists() or process.poll() is not None)
        process.send_signal(number)
        process.communicate()

    berta = tmp_path / "Berta"
    if not (berta / "vault").exists() and not (berta / ".ready").exists() and (tmp_path / "words").exists():
        told = refusal(*init_words(tmp_path), folder=berta, notes=1)
        assert told[:2] == (Exit.REFUSED, "exists")
        assert "destroy it" in told.text
        (tmp_path / "words").unlink()
    there = (berta / "vault").exists()
    again = run(*init_words(tmp_path))
    assert again.returncode == (Exit.BUSY if there else Exit.DONE), again.stderr
    assert not there or "destroy" not in again.stderr, "these words are those of the node"
    assert made_with(tmp_path)
    names = sorted(path.name for path in berta.iterdir())
    assert names == ["config.toml", "lock", "store.db", "vault"]


# ---------------------------------------------------------------- kills, clocks, keyboards


def test_a_node_that_was_killed_starts_on_what_it_left(pair: Pair, anna: House, shop: House) -> None:
    anna.up()
    assert anna.kill() == -signal.SIGKILL
    assert (anna.folder / "owner.sock").exists()
    assert (anna.folder / "store.db-wal").exists()
    told = refusal("status", folder=anna.folder)
    assert told[:2] == (Exit.NO_NODE, "no-node")
    anna.up()
    assert held(anna) == pair.annas

    shop.up()
    until(lambda: said(shop) == [*SAID, ON_ITS_WAY])
    until(lambda: waiting(anna) == 0)


def test_ctrl_c_twice_ends_a_node_at_once_and_loses_nothing(pair: Pair, anna: House) -> None:
    anna.up()
    anna.send(signal.SIGSTOP)  # both come before it can do anything about the first
    anna.send(signal.SIGINT)
    anna.send(signal.SIGTERM)
    anna.send(signal.SIGCONT)
    assert anna.ended().code == Exit.INTERRUPTED
    assert_nothing_is_lost(anna, pair.annas)


def test_ctrl_c_before_a_node_is_ready_ends_it_without_a_trace(anna: House) -> None:
    before = files(anna.folder)
    command = [
        sys.executable, "-m", "pcloud", "up", "--dir", str(anna.folder), "--listen", f"127.0.0.1:{anna.port}",
        "--passphrase-file", str(anna.passphrase),
    ]  # fmt: skip
    os.mkfifo(anna.passphrase.with_name("pipe"), 0o600)
    command[-1] = str(anna.passphrase.with_name("pipe"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        with Path(command[-1]).open("w"):  # it has come to its passphrase once this opens
            process.send_signal(signal.SIGINT)
            process.wait(30)
        out, err = process.communicate()

    assert (process.returncode, out, err) == (Exit.INTERRUPTED, "", "")
    assert files(anna.folder) == before


ASKEW = """
import sys, time
shift, true = float(sys.argv.pop(1)), time.time
time.time = lambda: true() + shift
from pcloud.cli.main import main
main()
"""
"""The program, on a machine whose clock is wrong by so many seconds."""


def test_a_clock_that_was_set_back_delays_nothing_and_is_told_by_the_doctor(
    pair: Pair, anna: House, shop: House, tmp_path: Path
) -> None:
    # The time of a decision is never before the last one's, whatever the clock says: [SCOPE-7].
    program = tmp_path / "askew.py"
    program.write_text(ASKEW)
    anna.up((str(program), str(-400 * DAY_S)))
    shop.up()
    until(lambda: said(shop) == [*SAID, ON_ITS_WAY])
    say(anna, "It is last year here.")
    until(lambda: said(shop) == [*SAID, ON_ITS_WAY, "It is last year here."])
    say(shop, "Not here.")
    until(lambda: said(anna)[-1] == "Not here.")
    assert "NTP" in unwell(anna)["clock"]["advice"]

    anna.down()
    anna.up()
    say(anna, "Here neither, now.")
    until(lambda: said(shop)[-1] == "Here neither, now.")
    assert said(shop) == said(anna)
    until(lambda: waiting(anna) == waiting(shop) == 0)


# ---------------------------------------------------------------- disks


@pytest.fixture
def signs(tmp_path: Path) -> Iterator[socket.socket]:
    """Where signs of life are heard."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "signs"))
        yield heard


def drained(heard: socket.socket) -> list[bytes]:
    """The signs that were given until now."""
    signs = []
    heard.settimeout(0)
    with suppress(BlockingIOError):
        while True:
            signs.append(heard.recv(64))
    heard.settimeout(30)
    return signs


def test_a_node_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    pair: Pair, anna: House, disk: SmallDisk, signs: socket.socket
) -> None:
    shop = moved(pair.shop, disk.folder)
    anna.up()
    with ExitStack() as ends:
        ends.callback(stop, shop)
        shop.up(NOTIFY_SOCKET=signs.getsockname(), WATCHDOG_USEC="300000")  # ten signs of life in a second
        until(lambda: said(shop) == [*SAID, ON_ITS_WAY])
        until(lambda: waiting(anna) == waiting(shop) == 0)
        much = disk.fill()

        for _ in range(MANY):  # its log on the disk has some room that it keeps
            say(anna, f"Is there room for this?{' Or this?' * 800}")
        until(lambda: b"store-failed" in logged(shop))
        assert waiting(anna) > 0, "what is not kept is not acknowledged"
        kept, before = said(shop), held(shop)
        told = refusal("say", "Anna", "not much" * 1_000, folder=shop.folder)
        assert told[:2] == (Exit.REFUSED, "full")
        assert "Make room" in told.text
        assert held(shop) == before
        assert "Make room" in unwell(shop)["disk"]["advice"]
        drained(signs)
        assert {signs.recv(64) for _ in range(3)} == {b"WATCHDOG=1"}, "no restart makes room"

        much.unlink()
        anna.down()
        anna.up()  # it need not wait for the time of its next try
        until(lambda: waiting(anna) == 0)
        assert said(shop)[: len(kept)] == kept
        assert kept[: len(SAID) + 1] == [*SAID, ON_ITS_WAY]
        assert len(said(shop)) == len(SAID) + 1 + MANY
        drained(signs)
        shop.down()


def logged(house: House) -> bytes:
    """What a node has logged since it was last looked at."""
    assert house.process is not None
    assert house.process.stderr is not None
    descriptor = house.process.stderr.fileno()
    os.set_blocking(descriptor, False)
    try:
        return os.read(descriptor, 65_536)
    except BlockingIOError:
        return b""


def test_a_node_starts_on_a_full_disk_only_once_there_is_room(pair: Pair, disk: SmallDisk) -> None:
    shop = moved(pair.shop, disk.folder)
    before = files(shop.folder)
    much = disk.fill()

    told = refused_up(shop)
    assert told[:2] == (Exit.FULL, "full")
    assert "Make room" in told.text
    assert files(shop.folder) == before
    much.unlink()
    try:
        assert_nothing_is_lost(shop, pair.shops)
    finally:
        stop(shop)


def test_no_half_node_is_made_on_a_full_disk(disk: SmallDisk) -> None:
    folder = disk.folder
    (folder / "passphrase").touch(0o600)
    (folder / "passphrase").write_text(PASSPHRASE)
    much = disk.fill()

    told = refusal(*init_words(folder), folder=folder / "Berta")
    assert told[:2] == (Exit.FULL, "full")
    assert not (folder / "words").exists()
    assert not any((folder / "Berta").rglob("*"))
    much.unlink()
    assert run(*init_words(folder)).returncode == Exit.DONE
    assert made_with(folder)


def test_a_disk_that_takes_nothing_is_told(pair: Pair, disk: SmallDisk) -> None:
    shop = moved(pair.shop, disk.folder)
    before = files(shop.folder)
    disk.take_nothing()

    told = refused_up(shop)
    assert told[:2] == (Exit.REFUSED, "store")
    assert "Check the folder's permissions and the disk" in told.text
    assert files(shop.folder) == before
