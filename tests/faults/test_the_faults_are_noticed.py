"""A disk that fails costs nothing that was told, and a node that makes light of it is found out (R07)."""

import errno

import pytest
from tests.faults.trace import CODES, Ended, Fault, run
from tests.faults.work import attempt, faults, parts, told

from pcloud.store import database
from pcloud.store.files import wal
from pcloud.store.port import StoreError
from pcloud.testing.disks.access import Operation

SEED = 0
DEEDS = 8


@pytest.fixture(scope="module")
def operations() -> list[Operation]:
    """What is done to the disk where nothing fails."""
    outcome, seen = run(SEED, DEEDS, None)
    assert (outcome.ended, outcome.failed, outcome.violations) == (Ended.UNSEEN, None, [])
    return seen


def test_the_life_has_everything_that_can_fail_in_it(operations: list[Operation]) -> None:
    wanted = {Operation.OPEN, Operation.WRITE, Operation.SYNC, Operation.TRUNCATE, Operation.DELETE}
    assert set(operations) >= wanted
    assert operations.count(Operation.SYNC) > 20


def test_each_fault_is_tried_with_each_error_once_and_for_longer(operations: list[Operation]) -> None:
    given = list(faults(len(operations), 0, 1))
    assert {fault.operation for fault in given} == set(range(len(operations)))
    assert {fault.code for fault in given} == set(CODES)
    assert {(fault.lasts, fault.power) for fault in given} == {
        (a, b) for a in (True, False) for b in (True, False)
    }
    assert [fault for part in parts(SEED, DEEDS, given) for fault in part.faults] == given


def early(operations: list[Operation], wanted: Operation) -> int:
    """One of the first life, when the nodes know each other."""
    found = [at for at, operation in enumerate(operations) if operation is wanted]
    return found[len(found) // 4]


def test_whatever_fails_the_node_stops_or_refuses_and_loses_nothing(operations: list[Operation]) -> None:
    given = list(faults(len(operations), 3, len(operations) // 4, 2))
    outcomes = [outcome for part in parts(SEED, DEEDS, given) for _, outcome in attempt(part)]
    assert [text for outcome in outcomes for text in told(outcome)] == []
    assert all(outcome.failed is not None for outcome in outcomes), "each of them was met"


def test_a_full_disk_ends_no_node_and_a_broken_one_does(operations: list[Operation]) -> None:
    write = early(operations, Operation.WRITE)
    for code, ended in ((errno.ENOSPC, (Ended.FULL, Ended.REFUSED)), (errno.EIO, (Ended.STOPPED,))):
        outcome, _ = run(SEED, DEEDS, Fault(write, code, lasts=True))
        assert outcome.ended in ended
        assert (outcome.failed, told(outcome)) == (Operation.WRITE, [])


def test_after_a_sync_that_failed_the_node_ends(operations: list[Operation]) -> None:
    for code, power in ((errno.EIO, True), (errno.EIO, False), (errno.ENOSPC, True), (errno.EROFS, False)):
        outcome, _ = run(SEED, DEEDS, Fault(early(operations, Operation.SYNC), code, power=power))
        assert (outcome.ended, outcome.failed) == (Ended.STOPPED, Operation.SYNC)
        assert told(outcome) == []


def test_a_node_that_goes_on_after_a_failed_sync_is_found_out(
    operations: list[Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "goes_on", lambda _error: True)
    monkeypatch.setattr("pcloud.runtime.node.FullError", StoreError)
    outcome, _ = run(SEED, DEEDS, Fault(early(operations, Operation.SYNC), errno.EIO))
    assert "it went on after a sync that failed" in told(outcome)


def test_a_node_that_does_not_start_again_is_found_out(
    operations: list[Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wal, "has_lost_commits", lambda _file, _taken: True)
    outcome, _ = run(SEED, DEEDS, Fault(early(operations, Operation.SYNC), errno.EIO))
    assert any("damaged" in text for text in told(outcome))
