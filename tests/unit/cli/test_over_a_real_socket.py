"""The same command lines over the node's own Unix socket: nothing is lost or changed on the way."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.cli.scripted import HAPPENING, Scripted, typed
from tests.unit.cli.test_commands import ASKED, TYPED

from pcloud.ambient.system import system_entropy
from pcloud.api.server import OwnerServer, Places
from pcloud.cli.exits import Exit
from pcloud.cli.main import run
from pcloud.runtime.surface import OwnerError, Surface


class Served:
    """A scripted node behind a real server, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.node = Scripted()
        self._loop = asyncio.new_event_loop()
        surface = cast("Surface", self.node)  # it answers every method, by __getattr__
        self._server = OwnerServer(surface, Places(folder), system_entropy, lambda _reference, _fault: None)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def type(self, *arguments: str) -> int:
        return run(["--dir", str(self.folder), *arguments])


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("node")
    folder.chmod(0o700)
    (folder / "vault").touch(0o600)
    node = Served(folder)
    node.start()
    yield node
    node.stop()


@pytest.fixture
def served(there: Served) -> Iterator[Served]:
    answers = there.node.answers
    yield there
    there.node.answers = answers


@pytest.mark.parametrize(("line", "asked"), ASKED, ids=TYPED)
def test_what_is_typed_arrives_and_the_answer_comes_back(
    line: str,
    asked: list[Any],
    served: Served,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = line.replace(" -- ", " --json -- ").split() if " -- " in line else [*line.split(), "--json"]
    served.node.asked.clear()

    assert served.type(*arguments) == Exit.DONE
    over_socket = capsys.readouterr().out
    arrived = [(name, (*given, *named.values())) for name, given, named in served.node.asked]
    assert typed(Scripted(), tmp_path, *arguments) == Exit.DONE

    assert capsys.readouterr().out == over_socket
    assert [name for name, _ in arrived] == [name for name, _, _ in asked]
    assert [sorted(map(repr, all_of)) for _, all_of in arrived] == [
        sorted(map(repr, (*given, *named.values()))) for _, given, named in asked
    ]


def test_happenings_stream_until_the_node_ends_them(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert served.type("watch", "--after", "2", "--json") == Exit.DONE
    first, second = capsys.readouterr().out.splitlines()

    assert json.loads(first)["number"] == HAPPENING.number
    assert json.loads(second)["what"] == "acknowledged"


def test_a_refusal_arrives_with_its_code_and_text(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.node.answers = served.node.answers | {
        "rotate": OwnerError("ambiguous", "More than one peer fits. Give more of its id.")
    }

    assert served.type("rotate", "R", "--json") == Exit.REFUSED
    assert json.loads(capsys.readouterr().err)["error"] == {
        "code": "ambiguous",
        "text": "More than one peer fits. Give more of its id.",
    }


def test_an_export_arrives_byte_for_byte(served: Served, tmp_path: Path) -> None:
    served.node.answers = served.node.answers | {"export": bytes(range(256)) * 4_096}

    assert served.type("export", "Rose", str(tmp_path / "out")) == Exit.DONE
    assert (tmp_path / "out").read_bytes() == bytes(range(256)) * 4_096


def test_a_name_with_a_slash_or_a_question_mark_is_a_name(served: Served) -> None:
    for name in ("a/b", "a?b=c", "%2e%2e", "Müller & Söhne", "🌹"):
        served.node.asked.clear()
        assert served.type("resume", name) == Exit.DONE
        assert served.node.asked == [("resume", (), {"peer": name})]


def test_where_no_node_answers_it_is_said_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vault").touch()

    assert run(["--dir", str(tmp_path), "status"]) == Exit.NO_NODE
    told = capsys.readouterr()
    assert "pcloud up" in told.err
    assert told.out == ""
