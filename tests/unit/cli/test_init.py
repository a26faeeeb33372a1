"""`pcloud init` makes a whole node or none, and never two sets of words."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcloud.cli import making
from pcloud.cli.exits import Exit
from pcloud.cli.main import run
from pcloud.limits import POOL_SIZE
from pcloud.runtime import facts
from pcloud.runtime.config import Config, load
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault
from pcloud.vault.words import secret_of
from pcloud.wire.keylog import pool

PASSPHRASE = "correct horse battery"
FILES = {"vault", "store.db", "config.toml", "lock"}


@pytest.fixture(scope="module")
def passphrase_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("owner") / "passphrase"
    path.touch(0o600)
    path.write_text(f"{PASSPHRASE}\n")
    return path


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch, passphrase_file: Path) -> Iterator[None]:
    monkeypatch.setenv("PCLOUD_PASSPHRASE_FILE", str(passphrase_file))
    mask = os.umask(0o022)
    yield
    os.umask(mask)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, passphrase_file: Path) -> Path:
    """A node with its words beside it, made once."""
    place = tmp_path_factory.mktemp("made")
    line = ["--dir", f"{place}/node", "init", "--name", "Anna", "--words-file", f"{place}/words"]
    assert run([*line, "--passphrase-file", str(passphrase_file)]) == Exit.DONE
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_node_is_four_files_that_only_its_owner_can_read(made: Path) -> None:
    folder = made / "node"

    assert {path.name for path in folder.iterdir()} == FILES
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert (made / "words").stat().st_mode & 0o777 == 0o600
    assert load(folder / "config.toml") == Config()


def test_the_words_make_the_commitments_and_are_nowhere_in_the_folder(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "node", tmp_path / "node", copy_function=shutil.copy)
    folder = tmp_path / "node"
    folder.chmod(0o700)
    words = (made / "words").read_text()
    key = FileVault(folder / "vault").open(PASSPHRASE).derive("store")
    store = SqliteStore.open(folder / "store.db", key)
    try:
        assert store.commitments_left() == POOL_SIZE
        assert store.commitment() == (0, pool(secret_of(words), 0, 0, 1)[0])
        assert store.commitment(POOL_SIZE - 2) == (
            POOL_SIZE - 1,
            pool(secret_of(words), 0, POOL_SIZE - 1, 1)[0],
        )
        assert store.fact(facts.NAME) == b"Anna"
        assert store.fact(facts.KIND) == b"person"
        assert store.fact(facts.GENERATION) == b"0"
        assert int(store.fact(facts.CREATED) or b"0") > 1_700_000_000
        assert store.check() == []
    finally:
        store.close()
    together = b"".join(contents(folder).values())
    assert not [word for word in (secret_of(words), words.encode(), b"Anna") if word in together]


def test_a_second_init_changes_nothing(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(made)

    line = ["--dir", f"{made}/node", "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]
    assert run(line) == Exit.BUSY
    assert contents(made) == before
    assert not (tmp_path / "words").exists()
    assert "pcloud up" in capsys.readouterr().err


def test_a_words_file_is_never_written_over(made: Path, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("precious")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    for name in ("words", "dangling"):
        line = ["--dir", f"{tmp_path}/node", "init", "--name", "Eve", "--words-file", f"{tmp_path}/{name}"]
        assert run(line) == Exit.REFUSED
    assert (tmp_path / "words").read_text() == "precious"
    assert list((tmp_path / "node").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_where_nobody_could_read_the_words_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--dir", f"{tmp_path}/node", "init", "--name", "Eve"]) == Exit.USAGE
    assert "--words-file" in capsys.readouterr().err
    assert not (tmp_path / "node").exists()


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x1b[2J", "x" * 101, "\u202egnp"])
def test_a_name_that_cannot_be_shown_is_refused(name: str, tmp_path: Path) -> None:
    line = ["--dir", f"{tmp_path}/node", "init", "--name", name, "--words-file", f"{tmp_path}/words"]

    assert run(line) == Exit.USAGE
    assert not (tmp_path / "words").exists()
    assert not making.exists(tmp_path / "node")


def test_a_passphrase_that_anybody_guesses_makes_no_node(tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    weak.touch(0o600)
    weak.write_text("1234567\n")
    line = ["--dir", f"{tmp_path}/node", "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]

    assert run([*line, "--passphrase-file", str(weak)]) == Exit.PASSPHRASE
    assert list((tmp_path / "node").iterdir()) == []
    assert not (tmp_path / "words").exists()


def test_a_passphrase_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.write_text(PASSPHRASE)
    shared.chmod(0o644)
    line = ["--dir", f"{tmp_path}/node", "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]

    assert run([*line, "--passphrase-file", str(shared)]) == Exit.UNSAFE
    assert not making.exists(tmp_path / "node")


def test_a_folder_that_others_can_look_into_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "node").mkdir(0o755)
    (tmp_path / "node" / "mine.txt").write_text("mine")
    line = ["--dir", f"{tmp_path}/node", "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]

    assert run(line) == Exit.UNSAFE
    assert "chmod 700" in capsys.readouterr().err
    assert contents(tmp_path) == {"node/mine.txt": b"mine"}


def test_a_store_without_its_vault_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "node"
    folder.mkdir(0o700)
    (folder / "store.db").write_bytes(b"somebody's relationships")
    line = ["--dir", str(folder), "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]

    assert run(line) == Exit.DAMAGED
    assert "vault" in capsys.readouterr().err
    assert contents(tmp_path) == {"node/store.db": b"somebody's relationships"}


def test_words_that_cannot_be_written_leave_no_node(tmp_path: Path) -> None:
    line = ["--dir", f"{tmp_path}/node", "init", "--name", "Eve", "--words-file", f"{tmp_path}/no/words"]

    assert run(line) == Exit.REFUSED
    assert {path.name for path in (tmp_path / "node").iterdir()} <= {"lock"}


def test_what_an_interrupted_init_left_is_void_and_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "node"
    (folder / making.SCRATCH).mkdir(0o700, parents=True)
    folder.chmod(0o700)
    (folder / making.SCRATCH / "vault").write_bytes(b"half")
    (folder / "config.toml").write_text('[log]\nlevel = "debug"\n')
    (folder / "config.toml").chmod(0o600)
    line = ["--dir", str(folder), "init", "--name", "Eve", "--words-file", f"{tmp_path}/words", "--json"]

    assert run(line) == Exit.DONE
    shown = capsys.readouterr()
    assert "destroy them" in shown.err
    assert json.loads(shown.out) == {
        "folder": str(folder),
        "name": "Eve",
        "kind": "person",
        "words_file": f"{tmp_path}/words",
    }
    assert {path.name for path in folder.iterdir()} == FILES
    assert load(folder / "config.toml").log.level == "debug"


class _PowerCut(BaseException):
    """Nothing catches it, as nothing catches a loss of power."""


@pytest.mark.parametrize("step", range(5))
def test_an_init_that_lacked_only_its_last_steps_is_finished_by_the_next(
    step: int, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "node"
    folder.mkdir(0o700)
    shutil.copytree(made / "node", folder / making.SCRATCH)
    (folder / making.SCRATCH / "lock").unlink()
    wanted = contents(folder / making.SCRATCH)
    renamed = Path.rename
    left = [step]

    def rename(path: Path, target: Path) -> Path:
        if left[0] == 0:
            raise _PowerCut
        left[0] -= 1
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    try:
        making.keep(folder)
    except _PowerCut:
        assert step < 4
    monkeypatch.undo()
    monkeypatch.setattr(making, "make", lambda *_: pytest.fail("no second set of words"))
    existed = making.exists(folder)
    assert existed == (step > 0)
    if not existed:
        return
    line = ["--dir", str(folder), "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]

    assert run(line) == (Exit.DONE if step < 4 else Exit.BUSY)
    assert contents(folder) == wanted
    assert not (folder / making.READY).exists()
    assert not (tmp_path / "words").exists()
    assert ("the words that it gave you hold" in capsys.readouterr().out) == (step < 4)


def test_two_inits_at_once_are_one(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    line = ["--dir", str(folder), "init", "--name", "Eve", "--words-file", f"{tmp_path}/words"]

    with making.alone_in(folder) as left:
        assert left is making.Leftover.NOTHING
        (folder / making.SCRATCH).mkdir()
        assert run(line) == Exit.REFUSED
        assert (folder / making.SCRATCH).exists()
    assert not (tmp_path / "words").exists()


def test_what_a_node_is_made_of_does_not_print_its_secrets() -> None:
    newcomer = making.Newcomer("Anna", "person", 0, "a passphrase", b"the secret")

    assert repr(newcomer) == "Newcomer(person)"
