"""Settings, folder, vault and store are looked over without changing them, whether the node runs or not."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest
from tests.unit.cli.scripted import CHECK, Scripted, typed

from pcloud.cli.exits import Exit
from pcloud.cli.main import run
from pcloud.vault.file import FileVault
from pcloud.vault.port import WrongPassphraseError

PASSPHRASE = "correct horse battery"
ROOT = Path(__file__).parents[3]


def written(path: Path, line: str) -> Path:
    path.touch(0o600)
    path.write_text(f"{line}\n")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    written(place / "passphrase", PASSPHRASE)
    line = ["--dir", f"{place}/node", "init", "--name", "Anna", "--words-file", f"{place}/words"]
    mask = os.umask(0o077)
    assert run([*line, "--passphrase-file", f"{place}/passphrase"]) == Exit.DONE
    os.umask(mask)
    return place


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Path:
    """A copy of a node that a test may spoil, with its passphrase beside it."""
    shutil.copytree(made, tmp_path / "copy")
    (tmp_path / "copy/node").chmod(0o700)
    return tmp_path / "copy" / "node"


def doctored(node: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, bool]]:
    code = run(["--dir", str(node), "doctor", "--json", *more])
    return code, {one["name"]: one["ok"] for one in json.loads(capsys.readouterr().out)}


def test_settings_are_checked_without_starting_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "config.toml", "[listen]\nport = 7099")

    assert run(["--dir", str(tmp_path), "config", "check"]) == Exit.DONE
    assert "in order" in capsys.readouterr().out
    assert run(["config", "check", str(path), "--json"]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(path)
    assert told["settings"]["listen"]["port"] == 7099


def test_wrong_settings_name_the_key_and_have_their_own_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "config.toml", "[listen]\nport = 70990")

    assert run(["--dir", str(tmp_path), "config", "check"]) == Exit.CONFIG
    assert "listen.port" in capsys.readouterr().err


def test_without_a_file_the_defaults_hold_but_a_named_one_has_to_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--dir", str(tmp_path), "config", "check"]) == Exit.DONE
    assert "defaults" in capsys.readouterr().out
    assert run(["config", "check", str(tmp_path / "config.toml")]) == Exit.CONFIG


def test_a_node_at_rest_is_well_and_its_store_stays_closed_without_the_passphrase(
    node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (node / "store.db").read_bytes()

    assert doctored(node, capsys) == (
        Exit.DONE,
        {"folder": True, "settings": True, "node": True, "store": True},
    )
    assert run(["--dir", str(node), "doctor"]) == Exit.DONE
    shown = capsys.readouterr().out
    assert "pcloud up" in shown
    assert "--passphrase-file" in shown
    assert (node / "store.db").read_bytes() == before


def test_with_the_passphrase_the_store_is_looked_into(node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--passphrase-file", str(node.parent / "passphrase"))

    assert doctored(node, capsys, *more)[0] == Exit.DONE
    store = node / "store.db"
    data = bytearray(store.read_bytes())
    data[-2_000:] = bytes(2_000)
    store.write_bytes(data)
    code, found = doctored(node, capsys, *more)
    assert code == Exit.REFUSED
    assert found == {"folder": True, "settings": True, "node": True, "store": False}


def test_a_wrong_passphrase_is_what_doctor_then_tells(node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = written(node.parent / "wrong", "not the passphrase")

    code = run(["--dir", str(node), "doctor", "--json", "--passphrase-file", str(wrong)])
    shown = capsys.readouterr()
    assert code == Exit.REFUSED
    assert "passphrase" in json.loads(shown.out)[-1]["detail"]
    assert json.loads(shown.err)["error"]["code"] == "unwell"


def test_files_that_others_can_read_are_named_with_the_cure(
    node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (node / "store.db").chmod(0o644)
    written(node / "config.toml", "[listen]\nport = 70990")

    code = run(["--dir", str(node), "doctor", "--json"])
    folder, settings, *_ = json.loads(capsys.readouterr().out)
    assert code == Exit.REFUSED
    assert folder["advice"] == f"chmod go-rwx {node / 'store.db'}"
    assert (folder["ok"], settings["ok"]) == (False, False)
    assert "listen.port" in settings["detail"]


def test_a_node_that_runs_is_asked_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o700)
    ill = dataclasses.replace(CHECK, ok=False, advice="Set the clock.")
    well, unwell = Scripted(), Scripted(doctor=[ill])
    typed(well, tmp_path, "doctor")
    (tmp_path / "vault").chmod(0o600)

    assert typed(well, tmp_path, "doctor") == Exit.DONE
    assert typed(unwell, tmp_path, "doctor") == Exit.REFUSED
    assert "Set the clock." in capsys.readouterr().out
    assert well.names == ["doctor", "doctor"]


def test_the_passphrase_is_changed_and_the_old_one_opens_nothing(
    node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = node.parent / "passphrase", written(node.parent / "new", "another good passphrase")
    line = ["--dir", str(node), "passphrase", "--passphrase-file", str(old)]

    assert run([*line, "--new-passphrase-file", str(new)]) == Exit.DONE
    assert FileVault(node / "vault").open("another good passphrase").master
    with pytest.raises(WrongPassphraseError):
        FileVault(node / "vault").open(PASSPHRASE)
    assert run([*line, "--new-passphrase-file", str(new)]) == Exit.PASSPHRASE
    assert PASSPHRASE not in capsys.readouterr().err


def test_a_passphrase_that_anybody_guesses_changes_nothing(node: Path) -> None:
    old, weak = node.parent / "passphrase", written(node.parent / "weak", "12345")
    before = (node / "vault").read_bytes()
    line = ["--dir", str(node), "passphrase", "--passphrase-file", str(old)]

    assert run([*line, "--new-passphrase-file", str(weak)]) == Exit.PASSPHRASE
    assert (node / "vault").read_bytes() == before


def test_the_new_passphrase_is_never_taken_from_where_the_old_one_is(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCLOUD_PASSPHRASE_FILE", str(node.parent / "passphrase"))
    before = (node / "vault").read_bytes()

    assert run(["--dir", str(node), "passphrase"]) == Exit.PASSPHRASE
    assert (node / "vault").read_bytes() == before


def test_what_is_no_export_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in (("empty", b""), ("noise", os.urandom(4_096)), ("zeros", bytes(100_000))):
        (tmp_path / name).write_bytes(data)
        assert run(["verify", str(tmp_path / name), "--json"]) == Exit.REFUSED
        assert "proves nothing" in json.loads(capsys.readouterr().err)["error"]["text"]


def test_what_was_disclosed_is_told_and_what_is_hidden_is_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors = json.loads((ROOT / "spec/vectors/export.json").read_text())
    (case,) = (each for each in vectors["cases"] if each["name"] == "disclosed-one-shown")
    (tmp_path / "file").write_bytes(bytes.fromhex(case["input"]["bytes"]))

    assert run(["verify", str(tmp_path / "file")]) == Exit.DONE
    told = capsys.readouterr().out
    assert '{"addressLocality": "Kiel"}' in told
    assert "not shown" in told
    assert "Anna" not in told
    assert run(["verify", str(tmp_path / "file"), "--json"]) == Exit.DONE
    fields = {each["path"]: each for each in json.loads(capsys.readouterr().out)["fields"]}
    assert (fields["profile.name"]["shown"], fields["profile.name"]["value"]) == (False, None)
    assert (fields["profile.address"]["version"], fields["profile.address"]["giver"]) == (2, "exporter")


def test_a_file_that_is_not_there_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(tmp_path / "none")]) == Exit.REFUSED
    assert "No such file" in capsys.readouterr().err
