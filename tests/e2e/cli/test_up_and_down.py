"""`pcloud up` as a process: ready once, alone, stopped well; what stands in its way is one clear sentence."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from pcloud.cli.exits import Exit
from pcloud.store.migrations import STEPS
from pcloud.store.opening import open_existing
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault

PASSPHRASE = "correct horse battery"
NOT_FOR_A_NODE = {
    "mnemonic",
    "multiformats",
    "prometheus_client",
    "pydantic",
    "rich",
    "segno",
    "structlog",
    "typer",
    "zeroconf",
}
WAIT_S = 60

Up = Callable[..., "subprocess.Popen[str]"]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PCLOUD_")}


def command(*words: object, python: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, *python, "-m", "pcloud", *map(str, words)]


def typed(*words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*words), capture_output=True, text=True, env=environment(), check=False, timeout=WAIT_S
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    (place / "passphrase").touch(0o600)
    (place / "passphrase").write_text(PASSPHRASE)
    words = ("--words-file", place / "words", "--passphrase-file", place / "passphrase")
    assert typed("--dir", place / "node", "init", "--name", "Anna", *words).returncode == Exit.DONE
    return place


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Path:
    """A copy of a node that a test may spoil, with its passphrase beside it."""
    shutil.copytree(made, tmp_path / "copy")
    (tmp_path / "copy/node").chmod(0o700)
    return tmp_path / "copy" / "node"


def line_up(node: Path, *more: object) -> tuple[object, ...]:
    return ("--dir", node, "up", "--passphrase-file", node.parent / "passphrase", *more)


@pytest.fixture
def up() -> Iterator[Up]:
    """Start a node; it is killed at the end if it still runs."""
    running: list[subprocess.Popen[str]] = []

    def start(node: Path, *more: object, python: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command(*line_up(node, "--listen", "127.0.0.1:0", *more), python=python),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def refused(node: Path, *more: object) -> tuple[int, str, str]:
    """How a start ends that cannot be: code, and code and text of the error."""
    ended = typed(*line_up(node, *more), "--json")
    told = json.loads(ended.stderr.splitlines()[-1])["error"]
    assert ended.stdout == ""
    assert re.fullmatch(r"[A-Z`/].*\.", told["text"]), told["text"]
    return ended.returncode, told["code"], told["text"]


def test_a_node_says_that_it_is_ready_answers_and_stops_when_asked(node: Path, up: Up) -> None:
    process = up(node, "--json")
    ready = json.loads(first_line(process))
    status = json.loads(typed("--dir", node, "status", "--json").stdout)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=WAIT_S)

    assert ready == {"ready": True, "listen": status["listening"], "socket": str(node / "owner.sock")}
    assert process.returncode == Exit.DONE
    assert out == ""
    assert [line.split()[1:3] for line in err.splitlines()] == [
        ["info", "started"],
        ["info", "stopping"],
        ["info", "stopped"],
    ]
    left = {path.name for path in node.iterdir()}
    assert left - {"copies"} == {"vault", "store.db", "config.toml", "lock"}
    assert typed("--dir", node, "status").returncode == Exit.NO_NODE


def test_who_listens_on_all_addresses_is_told_to_name_the_one_that_others_know(node: Path, up: Up) -> None:
    process = up(node, "--listen", "0.0.0.0:0")
    told = first_line(process)
    status = json.loads(typed("--dir", node, "status", "--json").stdout)
    refused_to = typed("--dir", node, "invite", "--purpose", "flowers")

    assert "names no address to others: add --endpoint URL" in told
    assert status["endpoints"] == []
    assert refused_to.returncode != Exit.DONE
    assert "--endpoint" in refused_to.stderr

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=WAIT_S)
    named = up(node, "--listen", "0.0.0.0:0", "--endpoint", "https://home.example")
    assert "names no address" not in first_line(named)
    assert typed("--dir", node, "invite", "--purpose", "flowers").returncode == Exit.DONE


def test_nothing_that_only_commands_need_is_loaded_by_a_node(node: Path, up: Up) -> None:
    process = up(node, python=("-X", "importtime"))
    first_line(process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=WAIT_S)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in err.splitlines() if "|" in line}

    assert process.returncode == Exit.DONE
    assert "aiohttp" in loaded
    assert not loaded & NOT_FOR_A_NODE


def test_a_node_starts_again_after_it_was_killed(node: Path, up: Up) -> None:
    killed = up(node, "--json")
    first_line(killed)
    assert typed("--dir", node, "invite", "--purpose", "flowers").returncode == Exit.DONE
    killed.kill()
    killed.communicate()
    assert (node / "owner.sock").exists()
    again = up(node, "--json")

    assert json.loads(first_line(again))["ready"]
    found = json.loads(typed("--dir", node, "invitations", "--json").stdout)
    assert [one["purpose"] for one in found] == ["flowers"]


def test_a_second_signal_ends_it_at_once(node: Path, up: Up) -> None:
    process = up(node)
    first_line(process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)

    # The first may have done its work before the second came.
    assert process.wait(WAIT_S) in {Exit.DONE, Exit.INTERRUPTED}


def test_a_second_node_in_one_folder_does_not_start(node: Path, up: Up) -> None:
    process = up(node)
    first_line(process)

    code, word, text = refused(node, "--listen", "127.0.0.1:0")
    assert (code, word) == (Exit.BUSY, "in-use")
    assert "Stop it" in text
    assert process.poll() is None
    assert typed("--dir", node, "status").returncode == Exit.DONE


def test_a_port_in_use_is_named_with_what_to_do(node: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, word, text = refused(node, "--listen", f"127.0.0.1:{port}")

    assert (code, word) == (Exit.ADDRESS, "address")
    assert f"127.0.0.1 port {port}" in text
    assert "--listen" in text
    assert {path.name for path in node.iterdir()} == {"vault", "store.db", "config.toml", "lock"}


def test_a_wrong_passphrase_opens_nothing(node: Path) -> None:
    (node.parent / "passphrase").write_text("something else")

    code, word, text = refused(node)
    assert (code, word) == (Exit.PASSPHRASE, "passphrase")
    assert "something else" not in text


def test_without_a_passphrase_it_is_said_where_one_may_come_from(node: Path) -> None:
    ended = subprocess.run(
        command("--dir", node, "up"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        timeout=WAIT_S,
    )

    assert ended.returncode == Exit.PASSPHRASE
    assert "--passphrase-file" in ended.stderr
    assert "PCLOUD_PASSPHRASE_FILE" in ended.stderr


def test_a_systemd_credential_opens_the_vault(node: Path) -> None:
    credentials = node.parent / "credentials"
    credentials.mkdir(0o700)
    (node.parent / "passphrase").rename(credentials / "pcloud-passphrase")
    process = subprocess.Popen(
        command("--dir", node, "up", "--listen", "127.0.0.1:0", "--json"),
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(), "CREDENTIALS_DIRECTORY": str(credentials)},
    )
    try:
        assert json.loads(first_line(process))["ready"]
    finally:
        process.terminate()
        process.communicate()


def test_a_damaged_store_is_told_and_left_as_it_is(node: Path) -> None:
    store = node / "store.db"
    store.write_bytes(store.read_bytes()[:1_000])

    assert refused(node)[:2] == (Exit.DAMAGED, "damaged")
    assert len(store.read_bytes()) == 1_000


def test_the_store_of_another_node_is_told_from_a_damaged_one(node: Path) -> None:
    (node / "vault").unlink()
    FileVault(node / "vault").create(PASSPHRASE)

    assert refused(node)[:2] == (Exit.DAMAGED, "wrong-key")


def test_a_damaged_vault_is_told(node: Path) -> None:
    (node / "vault").write_bytes(b"nonsense")

    assert refused(node)[:2] == (Exit.DAMAGED, "vault")


def test_a_store_of_a_newer_version_is_left_alone(node: Path) -> None:
    key = FileVault(node / "vault").open(PASSPHRASE).derive("store")
    later = [*STEPS, ("CREATE TABLE later (one INTEGER) STRICT",)]
    SqliteStore(open_existing(node / "store.db", key, node / "lock", steps=later)).close()
    before = (node / "store.db").read_bytes()

    assert refused(node)[:2] == (Exit.NEWER, "newer")
    assert (node / "store.db").read_bytes() == before


def test_wrong_settings_are_told_before_anything_is_asked(node: Path) -> None:
    (node / "config.toml").write_text("[listen]\nport = 99999\n")
    (node.parent / "passphrase").unlink()

    code, word, text = refused(node)
    assert (code, word) == (Exit.CONFIG, "config")
    assert "listen.port" in text


def test_a_folder_that_others_can_look_into_is_not_used(node: Path) -> None:
    node.chmod(0o755)

    assert refused(node)[:2] == (Exit.UNSAFE, "unsafe")


def test_no_secret_stands_in_the_list_of_processes(node: Path, up: Up) -> None:
    process = up(node)
    first_line(process)
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()

    assert PASSPHRASE.encode() not in shown
    assert b"passphrase-file" in shown


def test_a_person_makes_a_node_at_a_terminal(tmp_path: Path) -> None:
    person = pexpect.spawn(
        sys.executable,
        ["-m", "pcloud", "--dir", f"{tmp_path}/node", "init"],
        env={**environment(), "TERM": "xterm"},
        encoding="utf-8",
        timeout=WAIT_S,
        dimensions=(40, 120),
    )
    person.expect_exact("What is your name")
    person.sendline("Anna")
    for question in ("Choose a passphrase:", "Once more:"):
        person.expect_exact(question)
        person.sendline(PASSPHRASE)
    person.expect_exact("Press Enter once they are on paper")
    words = dict(re.findall(r"\b(\d+) ([a-z]+)\b", person.before.rpartition("nobody.")[2]))
    person.sendline()
    for _ in range(3):
        person.expect(r"Word (\d+):")
        person.sendline(words[person.match[1]])
    person.expect_exact("Your node is made")
    shown = person.before
    person.expect(pexpect.EOF)
    person.close()

    assert person.exitstatus == Exit.DONE
    assert len(words) == 24
    assert PASSPHRASE not in shown
    assert {path.name for path in (tmp_path / "node").iterdir()} == {
        "vault",
        "store.db",
        "config.toml",
        "lock",
    }


def test_two_passphrases_that_differ_make_no_node(tmp_path: Path) -> None:
    person = pexpect.spawn(
        sys.executable,
        ["-m", "pcloud", "--dir", f"{tmp_path}/node", "init", "--name", "Anna"],
        env=environment(),
        encoding="utf-8",
        timeout=WAIT_S,
    )
    person.expect_exact("Choose a passphrase:")
    person.sendline(PASSPHRASE)
    person.expect_exact("Once more:")
    person.sendline("another passphrase")
    person.expect_exact("The two are not the same")
    person.expect(pexpect.EOF)
    person.close()

    assert person.exitstatus == Exit.PASSPHRASE
    assert list((tmp_path / "node").iterdir()) == []
