"""Every command line ends with one exit code, and a bad one with one sentence that says what to do."""

import errno
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.scripted import Scripted, place_with, typed

from pcloud import __version__
from pcloud.api.sockets import ListenError
from pcloud.cli.app import GROUPS, TOP, commands
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.main import main, run
from pcloud.cli.place import Place
from pcloud.errors import Code, UsageError, Violation
from pcloud.runtime.config import ConfigError
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import (
    DamagedError,
    FullError,
    InUseError,
    NewerSchemaError,
    StoreError,
    WrongKeyError,
)
from pcloud.vault.port import (
    DamagedVaultError,
    NewerVaultError,
    PassphraseError,
    UnsafeError,
    VaultError,
    WrongPassphraseError,
)

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/cli.md").read_text()


def every_command() -> list[tuple[str, Any]]:
    found = []
    for name, command in commands().commands.items():
        members = getattr(command, "commands", None)
        if members is None:
            found.append((name, command))
        else:
            found.extend((f"{name} {member}", below) for member, below in members.items())
    return found


def test_every_command_takes_dir_and_json() -> None:
    for name, command in every_command():
        options = {option for param in command.params for option in param.opts}
        assert {"--dir", "--json"} <= options, name


def test_every_command_of_the_table_is_there_and_says_what_it_does() -> None:
    listed = [name for members in TOP.values() for name in members]
    listed += [f"{group} {member}" for group, (_, members) in GROUPS.items() for member in members]

    assert sorted(name for name, _ in every_command()) == sorted(listed)
    for name, command in every_command():
        assert command.help.endswith("."), name


def test_every_command_is_in_the_document() -> None:
    missing = [name for name, _ in every_command() if f"`{name}" not in DOCUMENT]

    assert not missing


def test_every_exit_code_is_in_the_document_and_no_other() -> None:
    told = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", DOCUMENT, re.MULTILINE)}

    assert told == {int(code) for code in Exit}


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "statu",
        "status --nonsense",
        "status extra",
        "invite",
        "invite --purpose f --uses 0",
        "invite --purpose f --uses many",
        "invite --purpose f --expires soon",
        "connect",
        "say Rose",
        "close Rose --held everything",
        "announce perhaps",
        "terms nonsense",
        "terms proffer Rose",
        "terms proffer Rose SD-BASE --expires never",
        "log Rose --limit 0",
        "pause Rose --until yesterday",
    ],
)
def test_what_is_not_understood_is_said_and_nothing_is_asked(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted()

    assert typed(node, tmp_path, *line.split()) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"pcloud: .+[.?] See: pcloud[a-z ]* --help\.\n|pcloud: .+\.\n", shown.err)
    assert typed(node, tmp_path, *line.split(), "--json") == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert json.loads(shown.err)["error"]["code"] == "usage"
    assert node.asked == []


def test_without_a_command_all_of_them_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([], Place()) == Exit.USAGE
    shown = capsys.readouterr()
    assert "invite" in shown.out
    assert shown.err == "pcloud: A command is missing. See: pcloud --help.\n"


def test_the_version_is_told_without_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"], Place()) == Exit.DONE
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("line", ["--help", "invite --help", "terms --help", "up --help"])
def test_help_is_an_answer_and_no_fault(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split(), Place()) == Exit.DONE
    assert "Usage: pcloud" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("problem", "wanted", "code"),
    [
        (OwnerError("unknown", "There is no such peer."), Exit.REFUSED, "unknown"),
        (OwnerError("proffer-by-organisation", "Persons proffer."), Exit.REFUSED, "proffer-by-organisation"),
        (Violation(Code.LINK_TEXT), Exit.REFUSED, "link-text"),
        (UsageError(Code.NOT_IN_STATE), Exit.REFUSED, "not-in-state"),
        (WrongPassphraseError("It is wrong."), Exit.PASSPHRASE, "passphrase"),
        (PassphraseError("None."), Exit.PASSPHRASE, "passphrase"),
        (DamagedVaultError("The vault is damaged."), Exit.DAMAGED, "vault"),
        (NewerVaultError("Newer."), Exit.NEWER, "newer"),
        (UnsafeError("Others may read it."), Exit.UNSAFE, "unsafe"),
        (VaultError("Another process is changing this vault."), Exit.REFUSED, "vault"),
        (WrongKeyError("Another's."), Exit.DAMAGED, "wrong-key"),
        (DamagedError("Not whole."), Exit.DAMAGED, "damaged"),
        (NewerSchemaError("Newer."), Exit.NEWER, "newer"),
        (InUseError("In use."), Exit.BUSY, "in-use"),
        (FullError("Full."), Exit.FULL, "full"),
        (StoreError("Cannot."), Exit.REFUSED, "store"),
        (ConfigError("config.toml: bad."), Exit.CONFIG, "config"),
        (ListenError("The port is taken."), Exit.ADDRESS, "address"),
        (OSError(errno.ENOSPC, "No space left on device"), Exit.FULL, "full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Exit.FULL, "full"),
        (OSError(errno.EADDRINUSE, "Address already in use"), Exit.ADDRESS, "address"),
        (PermissionError(errno.EACCES, "Permission denied"), Exit.REFUSED, "system"),
        (CommandError(Exit.NO_NODE, "no-node", "None."), Exit.NO_NODE, "no-node"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_problem_has_its_exit_code(
    problem: Exception, wanted: Exit, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted(status=problem)

    assert typed(node, tmp_path, "status", "--json") == wanted
    shown = capsys.readouterr()
    told = json.loads(shown.err)["error"]
    assert told["code"] == code
    assert told["text"].endswith(".")
    assert shown.out == ""
    assert typed(node, tmp_path, "status") == wanted
    assert capsys.readouterr().err == f"pcloud: {told['text']}\n"


def test_a_fault_of_ours_says_where_and_never_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted(status=ValueError("a secret of Anna"))

    assert typed(node, tmp_path, "status") == Exit.FAULT
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "scripted.py:" in told
    assert "Anna" not in told


def test_without_a_node_the_folder_is_named_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--dir", str(tmp_path / "none"), "status"]) == Exit.NO_NODE
    assert capsys.readouterr().err == (
        f"pcloud: There is no node in {tmp_path / 'none'}. Make one with: pcloud init\n"
    )
    assert not (tmp_path / "none").exists()


def test_the_folder_is_as_typed_else_as_the_environment_says_else_the_usual(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Place(folder=Path("here")).path == Path("here")
    monkeypatch.setenv("PCLOUD_DIR", str(tmp_path))
    assert Place().path == tmp_path
    assert Place(folder=Path("here")).path == Path("here")
    monkeypatch.setenv("PCLOUD_DIR", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Place().path == tmp_path / ".pcloud"
    assert Place(folder=Path("~/x")).path == tmp_path / "x"


@pytest.mark.parametrize("line", ["--dir {} status", "status --dir {}", "--dir /nowhere status --dir {}"])
def test_dir_stands_before_or_behind_the_command(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_with(Scripted(), tmp_path)
    place.folder = None
    monkeypatch.setenv("PCLOUD_DIR", "/elsewhere")

    assert run(line.format(tmp_path).split(), place) == Exit.DONE


def test_who_stops_reading_is_not_told_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pcloud.cli.screen.document", _broken)

    assert typed(Scripted(), tmp_path, "status", "--json") == Exit.REFUSED
    assert capsys.readouterr().err == ""


def _broken(_value: Any) -> None:
    raise BrokenPipeError


def test_the_keyboard_stops_a_command_with_its_own_code(tmp_path: Path) -> None:
    def stopped() -> Any:
        raise KeyboardInterrupt

    assert typed(Scripted(status=stopped), tmp_path, "status") == Exit.INTERRUPTED


def test_main_ends_the_process_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pcloud", "nonsense"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == Exit.USAGE
