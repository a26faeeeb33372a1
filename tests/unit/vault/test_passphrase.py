"""Where a passphrase comes from, and what is none (D15)."""

import inspect
import os
import threading
from pathlib import Path

import pytest

from pcloud.vault import passphrase as module
from pcloud.vault.passphrase import (
    BYTES_MAX,
    CHARACTERS_MIN,
    CREDENTIAL,
    check_new,
    find_passphrase,
    from_file,
    normalised,
)
from pcloud.vault.port import PassphraseError, UnsafeError

SECRET = "four words drawn at random"


def file_with(folder: Path, data: bytes, mode: int = 0o600, name: str = "passphrase") -> Path:
    path = folder / name
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"four words", "four words"),
        (b"four words\n", "four words"),
        (b"four words\r\n", "four words"),
        (b" four words \n", " four words "),
        (b"\xc3\xb6l und essig", "öl und essig"),
        (b"x" * BYTES_MAX + b"\n", "x" * BYTES_MAX),
        (b"x" * BYTES_MAX + b"\r\n", "x" * BYTES_MAX),
    ],
)
def test_a_file_gives_its_one_line_without_its_end(tmp_path: Path, data: bytes, read: str) -> None:
    assert from_file(file_with(tmp_path, data)) == read


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\r\n",
        b"two\nlines",
        b"one line\n\n",
        b"\n leading",
        b"\xff\xfe\xfd",
        b"\xed\xa0\x80 surrogate",
        b"x" * (BYTES_MAX + 1),
        b"x" * 10_000_000,
    ],
    ids=["empty", "newline", "crlf", "two", "two ends", "leading", "binary", "surrogate", "1025", "10 MB"],
)
def test_a_file_that_holds_something_else_holds_no_passphrase(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PassphraseError, match="holds no passphrase"):
        from_file(file_with(tmp_path, data))


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o666, 0o602, 0o620, 0o440])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UnsafeError, match="chmod 600"):
        from_file(file_with(tmp_path, SECRET.encode(), mode))


def test_a_file_of_another_user_is_refused_and_one_of_root_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_with(tmp_path, SECRET.encode())
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    if path.stat().st_uid == 0:
        assert from_file(path) == SECRET
        os.chown(path, 12_345, 12_345)
    with pytest.raises(UnsafeError, match="another user"):
        from_file(path)


def test_a_pipe_gives_what_is_written_into_it(tmp_path: Path) -> None:
    """As `--passphrase-file <(command)` has it."""
    os.mkfifo(tmp_path / "pipe", 0o644)
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(f"{SECRET}\n".encode(),))
    writer.start()
    assert from_file(tmp_path / "pipe") == SECRET
    writer.join()


@pytest.mark.parametrize("name", ["nothing", "folder", "deeper/nothing"])
def test_what_cannot_be_read_is_said_without_its_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(PassphraseError, match="cannot be read") as refusal:
        from_file(tmp_path / name)
    assert str(tmp_path) not in str(refusal.value)


def test_a_file_with_something_else_is_called_what_it_is(tmp_path: Path) -> None:
    missing, lines, shared = tmp_path / "missing", tmp_path / "lines", tmp_path / "shared"
    for path, data, mode in ((lines, b"abandon\nability\n", 0o600), (shared, b"abandon ability\n", 0o644)):
        path.write_bytes(data)
        path.chmod(mode)
    for path in (missing, lines, shared):
        with pytest.raises((PassphraseError, UnsafeError)) as caught:
            from_file(path, "words")
        assert "words file" in str(caught.value)
        assert "passphrase" not in str(caught.value)


def test_a_device_is_neither_a_file_nor_a_pipe() -> None:
    with pytest.raises(PassphraseError, match="neither"):
        from_file(Path("/dev/zero"))


def test_a_named_file_comes_before_the_credential_and_that_before_asking(tmp_path: Path) -> None:
    named = file_with(tmp_path, b"from the file\n", name="named")
    file_with(tmp_path, b"from systemd\n", name=CREDENTIAL)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_passphrase(named, environ, lambda: "asked") == "from the file"
    assert find_passphrase(None, environ, lambda: "asked") == "from systemd"
    assert find_passphrase(None, {}, lambda: "asked") == "asked"
    assert find_passphrase(None, {"CREDENTIALS_DIRECTORY": ""}, lambda: "asked") == "asked"
    (tmp_path / CREDENTIAL).unlink()
    assert find_passphrase(None, environ, lambda: "asked") == "asked"


def test_where_there_is_none_and_nobody_to_ask_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PassphraseError, match="--passphrase-file"):
        find_passphrase(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, None)


def test_a_named_file_that_cannot_be_used_is_not_passed_over(tmp_path: Path) -> None:
    """Whoever names a file means it: no other passphrase is taken in its stead."""
    file_with(tmp_path, SECRET.encode(), name=CREDENTIAL)
    with pytest.raises(PassphraseError):
        find_passphrase(tmp_path / "nothing", {"CREDENTIALS_DIRECTORY": str(tmp_path)}, lambda: "asked")


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_a_credential_is_read_as_systemd_makes_it(tmp_path: Path, mode: int) -> None:
    """0440 is how its access list shows where the unit has a user of its own."""
    file_with(tmp_path, SECRET.encode(), mode, CREDENTIAL)
    assert find_passphrase(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, None) == SECRET


def test_a_credential_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    file_with(tmp_path, SECRET.encode(), 0o444, CREDENTIAL)
    with pytest.raises(UnsafeError):
        find_passphrase(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, None)


def test_no_variable_of_the_environment_and_no_argument_can_hold_one(tmp_path: Path) -> None:
    """D15: what the environment may name is the folder of systemd's credentials, and nothing else is read."""
    environ = {"PCLOUD_PASSPHRASE": SECRET, "PASSPHRASE": SECRET, "PCLOUD_PASSPHRASE_FILE": SECRET}
    with pytest.raises(PassphraseError):
        find_passphrase(None, environ, None)
    source = inspect.getsource(module)
    assert "os.environ" not in source
    assert "argv" not in source


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u00e9clair au beurre", "e\u0301clair au beurre"),
        ("\ufb01fty words", "fifty words"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "12345678"),
        ("K\u00f6ln am Rhein", "\u212ao\u0308ln am Rhein"),
        ("no-break\u00a0space", "no-break space"),
    ],
)
def test_the_same_letters_in_two_forms_are_one_passphrase(one: str, other: str) -> None:
    assert one != other
    assert normalised(one) == normalised(other) == check_new(one)


@pytest.mark.parametrize(("one", "other"), [("Four words", "four words"), ("four words", "four  words")])
def test_case_and_blanks_count(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("", "at least 8"),
        ("x" * (CHARACTERS_MIN - 1), "at least 8"),
        ("e\u0301" * (CHARACTERS_MIN - 1), "at least 8"),
        ("\U0001f511" * (CHARACTERS_MIN - 1), "at least 8"),
        ("x" * (BYTES_MAX + 1), "at most 1024"),
        ("\u00e9" * 513, "at most 1024"),
        ("half a pair \udc80", "no text"),
        ("a letter to be \u0378", "does not know"),
    ],
)
def test_what_is_not_worth_a_vault_is_refused_by_name(bad: str, said: str) -> None:
    with pytest.raises(PassphraseError, match=said):
        check_new(bad)


def test_the_shortest_and_the_longest_are_taken() -> None:
    assert check_new("x" * CHARACTERS_MIN) == b"x" * CHARACTERS_MIN
    assert check_new("x" * BYTES_MAX) == b"x" * BYTES_MAX
