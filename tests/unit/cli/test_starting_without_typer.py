"""What starts a node is read without typer, and typer would have read the same."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcloud.cli.app import commands
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.main import run
from pcloud.cli.place import Place
from pcloud.cli.serve import settings as settled
from pcloud.cli.wanted import Wanted, read_up
from pcloud.runtime.config import Config

Seen = tuple[Wanted, Path | None, bool]


@pytest.fixture
def by_typer(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], Seen | None]:
    """Read a command line with typer alone; None where it refuses it, or where it answers by itself."""
    seen: list[Seen] = []
    monkeypatch.setattr(
        "pcloud.cli.serve.serve",
        lambda place, wanted: seen.append((wanted, place.folder, place.json)),
    )
    built = commands()

    def read(line: list[str]) -> Seen | None:
        seen.clear()
        try:
            built.main(line, prog_name="pcloud", standalone_mode=False, obj=Place())
        except Exception:  # noqa: BLE001 - whatever it refuses with
            return None
        return seen[0] if seen else None

    return read


def by_hand(line: list[str]) -> Seen | None:
    place = Place()
    wanted = read_up(line, place)
    return None if wanted is None else (wanted, place.folder, place.json)


TAKEN = [
    "up",
    "--dir a up",
    "--dir=a up",
    "up --dir a",
    "--dir a up --dir b",
    "--json up",
    "up --json",
    "up --json --json",
    "up --listen 127.0.0.1:0",
    "up --listen=[::1]:7012",
    "up --listen a --listen b",
    "up --endpoint https://a.example --endpoint https://b.example",
    "up --passphrase-file p",
    "up --page",
    "up --page --listen 127.0.0.1:0",
    "--dir a --json up --listen h:1 --endpoint e --passphrase-file=p=q --dir b",
]
LEFT = [
    "",
    "--help",
    "up --help",
    "up --nonsense",
    "up extra",
    "up up",
    "up --listen",
    "up --listen=",
    "up --listen --json",
    "up -- --json",
    "--listen a up",
    "status",
    "--dir up",
    "up --jso",
    "up --json=true",
    "--page up",
    "up --page=yes",
]


@pytest.mark.parametrize("line", TAKEN)
def test_a_start_is_read_without_typer_as_typer_would(
    line: str, by_typer: Callable[[list[str]], Seen | None]
) -> None:
    read = by_hand(line.split())

    assert read is not None
    assert read == by_typer(line.split())


@pytest.mark.parametrize("line", LEFT)
def test_whatever_else_is_typed_is_left_to_typer(line: str) -> None:
    assert by_hand(line.split()) is None


WORDS = st.sampled_from(
    "up --dir --json --page --listen --endpoint --passphrase-file --listen=a --dir=b --help -- -x 1:2".split()
)


@settings(max_examples=300)
@given(line=st.lists(WORDS, max_size=7))
def test_nothing_is_read_that_typer_would_refuse_or_read_otherwise(line: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        seen: list[Seen] = []
        patched.setattr(
            "pcloud.cli.serve.serve",
            lambda place, wanted: seen.append((wanted, place.folder, place.json)),
        )
        read = by_hand(line)
        if read is not None:
            BUILT.main(line, prog_name="pcloud", standalone_mode=False, obj=Place())
            assert seen == [read]


BUILT = commands()


def test_a_line_that_was_not_taken_leaves_the_place_as_it_was() -> None:
    place = Place()

    assert read_up(["--dir", "a", "--json", "up", "--nonsense"], place) is None
    assert (place.folder, place.json) == (None, False)


def test_what_is_typed_stands_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[listen]\nhost = "10.1.2.3"\nport = 1\n[log]\nlevel = "debug"\n')

    config = settled(tmp_path, Wanted("[::1]:7099", ("https://a.example",)))

    assert (config.listen.host, config.listen.port, config.listen.named) == ("::1", 7099, True)
    assert config.reach.endpoints == ("https://a.example",)
    assert config.log.level == "debug"


def test_without_file_and_options_the_defaults_hold(tmp_path: Path) -> None:
    assert settled(tmp_path, Wanted()) == Config()


@pytest.mark.parametrize(
    "listen",
    [
        "7012",
        ":7012",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "example.com:1",
        "::1:x",
        "a:-1",
    ],
)
def test_an_address_that_cannot_be_listened_on_is_refused(listen: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        settled(tmp_path, Wanted(listen))

    assert caught.value.exit_code is Exit.USAGE
    assert "HOST:PORT" in caught.value.text


@pytest.mark.parametrize("endpoint", ["", "example.com", "ftp://a.example", "https://u:p@a.example"])
def test_an_endpoint_that_nobody_could_dial_is_refused(endpoint: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        settled(tmp_path, Wanted(endpoints=(endpoint,)))

    assert caught.value.exit_code is Exit.USAGE


def test_up_without_a_node_says_how_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--dir", str(tmp_path), "up", "--json"]) == Exit.NO_NODE
    assert "pcloud init" in json.loads(capsys.readouterr().err)["error"]["text"]
