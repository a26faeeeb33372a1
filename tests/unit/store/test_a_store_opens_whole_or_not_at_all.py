"""What opening refuses: other keys, other nodes, other readers, newer schemas, damaged and missing files."""

import os
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, everything_of, met

from pcloud.store import migrations, opening
from pcloud.store.port import (
    Changes,
    DamagedError,
    ExposedError,
    InUseError,
    NewerSchemaError,
    Store,
    StoreError,
    WrongKeyError,
)
from pcloud.store.sqlite import SqliteStore

PAGE = opening.PAGE_BYTES
LOG = re.escape("store.db-wal")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return empty_file(tmp_path)


def filled(path: Path) -> None:
    """A store of some forty pages, closed."""
    store = SqliteStore.open(path, KEY)
    store.commit(everything_of(met()[0]))
    for number in range(40):
        store.commit(Changes(facts={f"fact {number}": bytes([number]) * 3_000}))
    store.close()


def facts(store: Store) -> list[bytes | None]:
    return [store.fact(f"fact {number}") for number in range(40)]


GOOD = [bytes([number]) * 3_000 for number in range(40)]


def crashed(path: Path, folder: Path) -> Path:
    """A copy of the files of a store that is open: what a power cut leaves."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for end in ("", "-wal"):
        shutil.copy(path.with_name(path.name + end), folder / (path.name + end))
    return folder / path.name


# Made and opened


def test_a_store_is_made_for_its_owner_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    umask = os.umask(0)
    try:
        store = SqliteStore.create(tmp_path / "store.db", KEY)
        store.commit(Changes(facts={"name": b"anna"}))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {"lock": 0o600, "store.db": 0o600, "store.db-wal": 0o600}
    store.close()
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "store.db"}
    again = SqliteStore.open(tmp_path / "store.db", KEY)
    assert again.fact("name") == b"anna"
    again.close()


def test_a_store_is_never_made_over_another(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match="already"):
        SqliteStore.create(path, KEY)
    assert path.read_bytes() == before
    SqliteStore.open(path, KEY).close()


def test_what_an_attempt_left_is_no_store_and_in_nobodys_way(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    for end in ("", "-wal", "-journal"):
        (tmp_path / f"store.db.new{end}").write_bytes(b"half")
    with pytest.raises(StoreError, match="no store"):
        SqliteStore.open(tmp_path / "store.db", KEY)
    SqliteStore.create(tmp_path / "store.db", KEY).close()
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "store.db"}


def test_no_store_is_made_by_opening_one(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StoreError, match="no store"):
            SqliteStore.open(folder / "store.db", KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_another_length_is_a_fault_of_the_program(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(ValueError, match="32 bytes"):
        SqliteStore.create(tmp_path / "store.db", KEY[:-1])
    assert not (tmp_path / "store.db").exists()


def test_settings_do_not_depend_on_how_sqlite_was_built(path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    connection = store._database._connection
    wanted = {
        "cipher": "chacha20",
        "journal_mode": "wal",
        "locking_mode": "exclusive",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "temp_store": 2,
        "mmap_size": 0,
        "wal_autocheckpoint": 0,
        "cache_spill": 0,
        "auto_vacuum": 0,
        "page_size": PAGE,
    }
    assert {name: connection.pragma(name) for name in wanted} == wanted
    assert connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, -1) == 1
    assert connection.config(apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1) == 0
    store.close()


# Keys and neighbours


def test_another_vaults_key_opens_nothing_and_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(WrongKeyError):
        SqliteStore.open(path, bytes(32))
    assert path.read_bytes() == before
    SqliteStore.open(path, KEY).close()


def test_another_vaults_key_is_told_from_damage_after_a_crash_too(path: Path, tmp_path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    store.commit(Changes(facts={"name": b"anna"}))
    copy = crashed(path, tmp_path / "copy")
    with pytest.raises(WrongKeyError):
        SqliteStore.open(copy, bytes(32))
    store.close()


def test_a_second_opener_is_kept_out_until_the_first_lets_go(path: Path) -> None:
    first = SqliteStore.open(path, KEY)
    for _ in range(2):
        with pytest.raises(InUseError):
            SqliteStore.open(path, KEY)
    first.commit(Changes(facts={"name": b"anna"}))
    first.close()
    second = SqliteStore.open(path, KEY)
    assert second.fact("name") == b"anna"
    second.close()


def test_another_process_is_kept_out_though_it_uses_another_lock(path: Path, tmp_path: Path) -> None:
    """SQLite's own lock holds too, so a tool that opens the file changes nothing under a node."""
    first = SqliteStore.open(path, KEY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child runs nothing but this
        child = os.fork()
    if child == 0:
        try:
            SqliteStore.open(path, KEY, lock=tmp_path / "other lock")
        except InUseError:
            os._exit(7)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    first.commit(Changes(facts={"name": b"anna"}))
    first.close()


def test_a_refused_store_is_let_go_of(path: Path) -> None:
    with pytest.raises(WrongKeyError):
        SqliteStore.open(path, bytes(32))
    SqliteStore.open(path, KEY).close()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_a_file_that_others_can_use_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(ExposedError, match="chmod"):
        SqliteStore.open(path, KEY)
    path.chmod(0o600)
    SqliteStore.open(path, KEY).close()


def test_a_folder_that_others_can_enter_is_refused(path: Path) -> None:
    path.parent.chmod(0o711)
    with pytest.raises(ExposedError, match="chmod"):
        SqliteStore.open(path, KEY)
    with pytest.raises(ExposedError, match="chmod"):
        SqliteStore.create(path.with_name("other.db"), KEY)
    assert not path.with_name("other.db").exists()


def test_the_folder_of_the_store_is_looked_at_wherever_its_lock_is(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o700)
    path.parent.chmod(0o755)
    for opened in (SqliteStore.open, SqliteStore.create):
        name = path if opened == SqliteStore.open else path.with_name("new.db")
        with pytest.raises(ExposedError, match="chmod"):
            opened(name, KEY, lock=elsewhere / "lock")
    assert not path.with_name("new.db").exists()


def test_a_link_in_place_of_the_file_is_not_followed(path: Path) -> None:
    real = path.with_name("real.db")
    path.rename(real)
    path.symlink_to(real)
    with pytest.raises(StoreError):
        SqliteStore.open(path, KEY)


# Schemas


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    steps = (*migrations.STEPS, ("CREATE TABLE later (number INTEGER PRIMARY KEY) STRICT",))
    database = opening.open_existing(path, KEY, path.with_name("lock"), steps=steps)
    database.close(opening.MARK_CLOSED)
    before = path.read_bytes()
    with pytest.raises(NewerSchemaError):
        SqliteStore.open(path, KEY)
    assert path.read_bytes() == before
    opening.open_existing(path, KEY, path.with_name("lock"), steps=steps).close(opening.MARK_CLOSED)


# Damage


def every(size: int, step: int) -> list[int]:
    """Places all over a file: in every page's beginning, middle and end."""
    return sorted({*range(0, size, step), *range(0, size, PAGE), *range(PAGE - 1, size, PAGE), *range(32)})


def look(path: Path) -> tuple[list[bytes | None], object]:
    """Open a store and read what was put into it. Raises StoreError."""
    store = SqliteStore.open(path, KEY)
    try:
        found = facts(store), store.relationship(SCOPE)
        assert list(store.check()) == [], "a damaged page went unseen"
        return found
    finally:
        store.close()


def test_no_flipped_byte_gives_a_wrong_value(path: Path) -> None:
    """Each page is authenticated: whatever is changed is an error at opening or use, or was not in use."""
    filled(path)
    whole = path.read_bytes()
    refused = 0
    for at in every(len(whole), 20_011):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            found, scope = look(path)
        except (DamagedError, WrongKeyError):
            refused += 1
        except AssertionError:
            refused += 1
        else:
            assert found == GOOD
            assert scope is not None
        for end in ("-wal",):
            path.with_name(path.name + end).unlink(missing_ok=True)
    assert refused > 40
    path.write_bytes(whole)
    assert look(path)[0] == GOOD


CUTS: tuple[Callable[[int], int], ...] = (
    lambda _: 0,
    lambda _: 1,
    lambda _: PAGE - 1,
    lambda _: PAGE,
    lambda size: size // 2,
    lambda size: size - PAGE,
)


@pytest.mark.parametrize("cut", CUTS)
def test_a_file_that_was_cut_off_is_damaged(path: Path, cut: Callable[[int], int]) -> None:
    filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: cut(len(whole))])
    with pytest.raises(DamagedError):
        SqliteStore.open(path, KEY)


def test_a_file_whose_last_byte_is_gone_is_damaged_at_use(path: Path) -> None:
    filled(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises((DamagedError, AssertionError)):
        look(path)


def test_two_pages_that_changed_places_are_noticed(path: Path) -> None:
    filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:PAGE] + whole[2 * PAGE : 3 * PAGE] + whole[PAGE : 2 * PAGE] + whole[3 * PAGE :])
    with pytest.raises((DamagedError, AssertionError)):
        look(path)


# After a crash


def left_by_a_crash(path: Path, folder: Path) -> Path:
    """The files of a node that had no time to stop, with forty commits in the log."""
    store = SqliteStore.open(path, KEY)
    for number in range(40):
        store.commit(Changes(facts={f"fact {number}": bytes([number]) * 3_000}))
    left = crashed(path, folder)
    store.close()
    return left


@pytest.fixture
def left(path: Path, tmp_path: Path) -> Path:
    return left_by_a_crash(path, tmp_path / "left")


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


FRAME = 24 + PAGE


def test_all_that_was_committed_is_there_after_a_crash(left: Path) -> None:
    for _ in range(2):
        store = SqliteStore.open(left, KEY)
        assert facts(store) == GOOD
        assert list(store.check()) == []
        store.close()
    assert not log_of(left).exists()


def test_a_commit_that_a_crash_interrupted_is_gone_and_no_other(left: Path) -> None:
    whole = log_of(left).read_bytes()
    log_of(left).write_bytes(whole[:-100])
    store = SqliteStore.open(left, KEY)
    assert facts(store) == [*GOOD[:39], None]
    store.close()


def test_a_log_that_is_damaged_before_its_last_commit_is_refused(left: Path) -> None:
    """SQLite alone would take what stands before the fault, and forget the rest without a word."""
    whole = log_of(left).read_bytes()
    frames = (len(whole) - 32) // FRAME
    for frame in (0, frames // 2, frames - 8):
        for at in (8, 16, 24, 500):  # salt, checksum, page
            spot = 32 + frame * FRAME + at
            log_of(left).write_bytes(whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :])
            before = left.read_bytes(), log_of(left).read_bytes()
            with pytest.raises(DamagedError, match=LOG):
                SqliteStore.open(left, KEY)
            assert (left.read_bytes(), log_of(left).read_bytes()) == before
    log_of(left).write_bytes(whole)
    store = SqliteStore.open(left, KEY)
    assert facts(store) == GOOD
    store.close()


@pytest.mark.parametrize("at", [0, 5, 9])
def test_a_log_whose_header_is_damaged_is_refused(left: Path, at: int) -> None:
    whole = log_of(left).read_bytes()
    log_of(left).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(DamagedError, match=LOG):
        SqliteStore.open(left, KEY)


@pytest.mark.parametrize("at", [17, 25, 31])
def test_a_log_whose_frames_say_which_header_it_had_gets_it_back(left: Path, at: int) -> None:
    whole = log_of(left).read_bytes()
    log_of(left).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    store = SqliteStore.open(left, KEY)
    assert facts(store) == GOOD
    store.close()


def test_a_log_that_is_gone_is_missed(left: Path) -> None:
    """So is the file of a node that ran, copied without it. It is missed each time, until it is back."""
    last_words = log_of(left).read_bytes()
    log_of(left).unlink()
    for _ in range(2):
        with pytest.raises(DamagedError, match=LOG):
            SqliteStore.open(left, KEY)
        assert not log_of(left).exists()
    log_of(left).write_bytes(last_words)
    log_of(left).chmod(0o600)
    store = SqliteStore.open(left, KEY)
    assert facts(store) == GOOD
    store.close()


def test_a_crash_before_the_first_commit_leaves_a_store(path: Path, tmp_path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    left = crashed(path, tmp_path / "left")
    assert log_of(left).read_bytes() == b""
    again = SqliteStore.open(left, KEY, lock=tmp_path / "left lock")
    assert again.feed_end() == 0
    again.close()
    store.close()


def test_a_page_that_a_crash_hid_is_found_at_opening(left: Path) -> None:
    """After a crash the whole file is looked over before anything is served."""
    SqliteStore.open(left, KEY).close()
    again = left_by_a_crash(left, left.parent.parent / "again")
    whole = again.read_bytes()
    spot = len(whole) - PAGE // 2
    again.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :])
    log_of(again).write_bytes(b"")
    with pytest.raises(DamagedError):
        SqliteStore.open(again, KEY)


def test_what_was_refused_is_said_in_one_sentence_or_two_without_a_path(left: Path) -> None:
    texts = []
    for spoil in (
        lambda: log_of(left).unlink(),
        lambda: left.write_bytes(b""),
        lambda: left.chmod(0o644),
        left.unlink,
    ):
        spoil()
        with pytest.raises(StoreError) as refused:
            SqliteStore.open(left, KEY)
        texts.append(str(refused.value))
    assert len(set(texts)) == 4
    for text in texts:
        assert str(left.parent) not in text
        assert text.endswith(".")
        assert len(text) < 200
