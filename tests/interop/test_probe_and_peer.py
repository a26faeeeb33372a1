"""The resident peer answers what it is told, and a probe sees what a published node does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pcloud_interop.cli import main
from pcloud_interop.driver import Driver
from pcloud_interop.live.node import LiveNode
from pcloud_interop.live.waiting import until

ROOT = Path(__file__).parents[2]
PYTHON_DRIVER = ROOT / "interop/drivers/python"
NAME = "profile.name"


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A resident that stays for this file, by its link. It ends as by Ctrl-C, which all of its group hear."""
    said = tmp_path_factory.mktemp("resident") / "said"
    command = [sys.executable, "-m", "pcloud_interop", "peer", "--with", str(PYTHON_DRIVER)]
    with (
        said.open("w") as errors,
        subprocess.Popen(
            command,
            env={"PYTHONPATH": str(ROOT / "interop/suite"), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            process_group=0,
        ) as process,
    ):
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 0, said.read_text()
    assert "pcloud-interop" not in said.read_text(), "it complains of nothing"


Alive = Callable[[str, str], LiveNode]


@pytest.fixture
def alive(tmp_path: Path) -> Iterator[Alive]:
    """Nodes of this test, whose processes end with it."""
    drivers: list[Driver] = []

    def make(role: str, kind: str) -> LiveNode:
        drivers.append(Driver(PYTHON_DRIVER))
        (tmp_path / role).mkdir()
        node = LiveNode(drivers[-1], tmp_path / role, role, kind, int(time.time()))
        node.up()
        return node

    yield make
    for driver in drivers:
        driver.kill()


def probed(capsys: pytest.CaptureFixture[str], link: str, *more: str) -> tuple[int, list[str]]:
    status = main(["probe", link, "--with", str(PYTHON_DRIVER), *more])
    return status, capsys.readouterr().out.splitlines()


def test_a_probe_looks_and_sends_nothing(link: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = probed(capsys, link)
    assert status == 0
    assert told == [
        "ok: the invitation verifies: Resident, to develop against",
        "ok: a link that was changed opens nothing",
    ]


def test_a_probe_enters_speaks_and_leaves(link: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = probed(capsys, link, "--ask", "--say", "hello")
    assert status == 0, told
    assert told[2].startswith("ok: it has let us in; both show the code ")
    assert told[3:] == [
        "ok: what we said is applied",
        "ok: it acknowledges the end of the relationship",
    ]


def test_a_probe_says_what_failed(link: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = probed(capsys, link[:-2] + "xx")
    assert status == 1
    assert told[0].startswith("FAILED: prober: connect was refused")


def test_an_owner_who_does_not_answer_is_told(alive: Alive, capsys: pytest.CaptureFixture[str]) -> None:
    made = alive("host", "organisation").tell("invite", purpose="never answered")["link"]
    status, told = probed(capsys, made, "--ask", "--wait", "1")
    assert status == 1
    assert told[-1] == "FAILED: not within 1 seconds: it lets us in"


def test_an_owner_who_declines_is_told(alive: Alive, capsys: pytest.CaptureFixture[str]) -> None:
    host = alive("host", "organisation")
    made = host.tell("invite", purpose="declined")["link"]

    def decline() -> None:
        contact = until("its request", lambda: host.rows("contacts", "contacts"))[0]
        host.tell("decline", contact=contact["id"])

    owner = threading.Thread(target=decline)
    owner.start()
    status, told = probed(capsys, made, "--ask")
    owner.join()
    assert (status, told[-1]) == (1, "FAILED: its owner has declined")


def test_the_resident_answers_agrees_and_gives_what_it_has(link: str, alive: Alive) -> None:
    guest = alive("guest", "person")
    guest.tell("accept", contact=guest.tell("connect", link=link)["contact"])
    until(
        "it is active", lambda: [each for each in guest.rows("peers", "peers") if each["state"] == "active"]
    )
    (peer,) = [each["id"] for each in guest.rows("peers", "peers")]
    guest.tell("say", peer=peer, text="are you there?")
    until("its answer", lambda: guest.texts(peer) == ["You said: are you there?"])
    guest.tell("proffer", peer=peer, terms="SD-BASE")
    until("terms", lambda: guest.rows("terms", "negotiations", peer=peer)[0]["state"] == "agreed")
    guest.tell("ask", peer=peer, paths=[NAME, "profile.phone"], purposes=["dpv:ServiceProvision"])
    until("its data", lambda: guest.rows("held", "fields", peer=peer))
    fields = guest.rows("held", "fields", peer=peer)
    assert [(each["path"], each["value"]) for each in fields] == [(NAME, "Robin Resident")]
    assert guest.rows("asks", "asks") == [], "it wants nothing"
