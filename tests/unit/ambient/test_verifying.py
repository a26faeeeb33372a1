"""The process that checks signatures beside the node, as it begins, ends, and is ended."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pcloud.ambient import verifying
from pcloud.ambient.verifying import CHECKS_MIN, Verifier, serve
from pcloud.wire.keys import Check, SigningKey

KEY = SigningKey.from_seed(bytes(32))
GOOD = [Check(KEY.public, bytes([number]), KEY.sign(bytes([number]))) for number in range(CHECKS_MIN)]
MIXED = [*GOOD[1:], GOOD[0]._replace(message=b"another")]
SAID = [*[True] * (CHECKS_MIN - 1), False]
TRIES = 100_000


@pytest.fixture
def verifier() -> Iterator[Verifier]:
    made = Verifier()
    yield made
    made.close()


def until_beside(verifier: Verifier) -> None:
    """Ask until the process has answered; every answer on the way is right too."""
    before = verifier.beside
    for _ in range(TRIES):
        assert verifier(MIXED) == SAID
        if verifier.beside > before:
            return
    raise AssertionError("no process ever answered")


def children() -> set[int]:
    """Processes that this one has begun and not buried."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and verifying.__name__.encode() in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def test_a_few_are_checked_here_and_no_process_begins(verifier: Verifier) -> None:
    assert verifier(MIXED[1:]) == SAID[1:]
    assert children() == set()


def test_nobody_waits_for_a_process_that_begins(verifier: Verifier) -> None:
    assert verifier(MIXED) == SAID
    assert verifier.beside == 0
    until_beside(verifier)
    assert len(children()) == 1


def test_the_process_says_of_each_what_would_be_said_here(verifier: Verifier) -> None:
    until_beside(verifier)
    assert verifier(GOOD) == [True] * CHECKS_MIN
    assert verifier.beside >= 2 * CHECKS_MIN


def test_a_process_that_is_killed_costs_no_answer_and_another_begins(verifier: Verifier) -> None:
    until_beside(verifier)
    (killed,) = children()
    os.kill(killed, signal.SIGKILL)
    until_beside(verifier)
    assert children().isdisjoint({killed})
    assert len(children()) == 1


def test_a_process_that_answers_no_more_is_ended(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "ANSWER_S_MAX", 0.05)
    until_beside(verifier)
    (stopped,) = children()
    os.kill(stopped, signal.SIGSTOP)
    assert verifier(MIXED) == SAID
    assert stopped not in children()


def test_where_no_process_can_be_had_all_is_checked_here(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for _ in range(3):
        assert verifier(MIXED) == SAID
    assert verifier.beside == 0


def test_one_that_ends_before_it_can_be_asked_is_the_last(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\necho one >> {begun}\nexit 1\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    assert verifier(MIXED) == SAID
    while children() or not begun.exists():
        assert verifier(MIXED) == SAID
    for _ in range(20):
        assert verifier(MIXED) == SAID
    assert begun.read_text() == "one\n"
    assert verifier.beside == 0


def test_nothing_is_imported_from_the_folder_in_which_the_node_stands(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "socket.py").write_text("open('imported', 'w')")
    monkeypatch.chdir(tmp_path)
    until_beside(verifier)
    assert not (tmp_path / "imported").exists()


def test_who_has_closed_it_has_ended_the_process(verifier: Verifier) -> None:
    until_beside(verifier)
    verifier.close()
    assert children() == set()
    assert verifier(MIXED) == SAID
    assert children() == set()


def test_several_threads_get_each_its_own_answers(verifier: Verifier) -> None:
    until_beside(verifier)
    wrong: list[int] = []

    def ask(turn: int) -> None:
        asked, said = MIXED[turn:] + MIXED[:turn], SAID[turn:] + SAID[:turn]
        for _ in range(20):
            if verifier(asked) != said:
                wrong.append(turn)

    threads = [threading.Thread(target=ask, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_process_ends_where_the_node_does() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, pytest.raises(ConnectionError):
        serve(theirs)


def test_the_process_ends_where_nobody_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "IDLE_S", 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        serve(theirs)
