"""A cut of the power is survived, and a store that would not survive it is found out (promise R02)."""

import shlex

import apsw
import pytest
from tests.power.__main__ import CUT
from tests.power.trace import NOTHING_LOST, Cut
from tests.power.work import Found, cuts, parts, run

from pcloud.store import database, opening
from pcloud.store.database import Database
from pcloud.testing.disks.file import File

SEED = 3
DEEDS = 25


def cut(images: int = 60) -> Found:
    found = cuts(SEED, DEEDS, images)
    assert {each.tear for each in found} > {"", NOTHING_LOST}
    return run(parts(SEED, DEEDS, found, 1)[0])


def test_nothing_is_lost_and_the_nodes_go_on() -> None:
    found = cut()
    assert found.violations == []
    assert found.counts["images"] == 2 * found.counts["sync"] + 60
    assert found.counts["images with the commit that was being made"] > DEEDS // 2
    assert found.counts["images on which the nodes went on"] >= 1


def test_the_same_seed_cuts_at_the_same_instants() -> None:
    assert cuts(SEED, DEEDS, 5) == cuts(SEED, DEEDS, 5) != cuts(SEED + 1, DEEDS, 5)
    assert all(isinstance(each, Cut) for each in cuts(SEED, DEEDS, 1))


def test_a_store_that_syncs_too_seldom_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    settle = opening._settle

    def careless(connection: apsw.Connection) -> None:
        settle(connection)
        connection.pragma("synchronous", "NORMAL")

    monkeypatch.setattr(opening, "_settle", careless)
    lost = next(text for text in cut().violations if "left what no commit had left" in text)
    named = CUT.search(lost)
    assert named is not None
    _, operation, tear = shlex.split(named[0])
    again = run(parts(SEED, DEEDS, [Cut(int(operation), tear)], 1)[0])
    assert lost in again.violations, "the cut that is named is tried again alone"


def test_a_disk_that_says_it_synced_and_did_not_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(File, "sync", lambda _file: None)
    assert cut().violations != []


def test_a_commit_in_two_halves_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a commit were not one transaction: in between, half of it stands."""
    run_many = Database.run_many

    def halves(self: Database, statement: str, values: list[tuple[object]]) -> None:
        run_many(self, statement, values)
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN IMMEDIATE")

    monkeypatch.setattr(database.Database, "run_many", halves)
    assert any("left what no commit had left" in text for text in cut().violations)
