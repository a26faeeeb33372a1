"""What the destruction looks for it also finds: each fault is made here."""

from collections import Counter
from pathlib import Path

import pytest
from tests.destroy.canon import Canon, Records
from tests.destroy.run import DestroyedError, Loss

from pcloud.runtime.recovering.finding import Copy
from pcloud.store.personal import Version
from pcloud.wire import cbor
from pcloud.wire.manifest import Manifest


def said(text: bytes, verdict: str = "applied", *, mine: bool = True) -> bytes:
    values = [mine, bytes(32), "conversation.say", None, 1, None, None, [0, 1], [], [text], verdict]
    return cbor.encode(values)


LOSSES_MAX = 6
ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))


def canon(**entries: bytes) -> Canon:
    ids = {"one": ONE, "two": TWO, "three": THREE}
    found = {ids[name]: value for name, value in entries.items()}
    return Canon(found, frozenset(found), frozenset(), frozenset(), b"state")


WAS = canon(one=said(b"1"), two=said(b"2"))
NOW = canon(one=said(b"1"), two=said(b"2"), three=said(b"3"))
THERE = NOW._replace(mine=frozenset())


@pytest.fixture
def loss(tmp_path: Path) -> Loss:
    return Loss(tmp_path, "seed")


def test_what_came_back_as_it_was_passes(loss: Loss) -> None:
    loss._compare(WAS, NOW, THERE)
    assert loss.counts == {"messages as they were": 2}


@pytest.mark.parametrize(
    ("was", "here", "there", "reason"),
    [
        (WAS, canon(one=said(b"1"), three=said(b"3")), None, "lost"),
        (WAS, canon(one=said(b"1"), two=said(b"other")), None, "changed"),
        (WAS, canon(one=said(b"1"), two=said(b"2", "paused")), None, "changed"),
        (WAS, NOW, canon(one=said(b"1"), two=said(b"2")), "only one"),
        (WAS, NOW, THERE._replace(digest=b"other"), "different states"),
        (WAS, NOW._replace(waiting=frozenset({THREE})), THERE, "waits"),
        (WAS, NOW, NOW, "both sides"),
    ],
)
def test_a_fault_is_noticed(loss: Loss, was: Canon, here: Canon, there: Canon | None, reason: str) -> None:
    other = here._replace(mine=frozenset()) if there is None else there
    with pytest.raises(DestroyedError, match=reason):
        loss._compare(was, here, other)


def test_what_nobody_had_acknowledged_may_be_lost_and_is_counted(loss: Loss) -> None:
    waiting = canon(one=said(b"1"), two=said(b"2"))._replace(waiting=frozenset({TWO}))
    after = canon(one=said(b"1"))
    loss._compare(waiting, after, after._replace(mine=frozenset()))
    assert loss.counts["never acknowledged, and lost"] == 1


def version(number: int, value: bytes | None = b"\x01", at: int = 1) -> Version:
    return Version("x-a", number, value, at, "owner")


def known(*versions: Version) -> Records:
    return {(each.path, each.number): each for each in versions}


COPY = Copy((), Manifest(1, 16, 5, 1, 1, None, 0))


@pytest.mark.parametrize(
    ("was", "now", "reason"),
    [
        (known(version(1)), known(), "lost"),
        (known(version(1)), known(version(1), version(2)), "never was"),
        (known(version(1)), known(version(1, b"\x02")), "changed"),
        (known(version(1)), known(version(1, None)), "changed"),
        (known(version(1)), known(version(1, at=2)), "changed"),
    ],
)
def test_a_fault_in_a_record_is_noticed(loss: Loss, was: Records, now: Records, reason: str) -> None:
    with pytest.raises(DestroyedError, match=reason):
        loss._compare_records(was, now, COPY)


def test_what_was_set_or_let_go_of_after_the_copy_is_no_fault(loss: Loss) -> None:
    was = known(version(1, None), version(2, at=9))
    loss._compare_records(was, known(version(1)), COPY)
    assert loss.counts["records as they were"] == 1


async def test_a_node_is_destroyed_and_comes_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A slow machine may do nothing before its end: then another one is destroyed."""
    seen: Counter[str] = Counter()
    for number in range(LOSSES_MAX):
        loss = Loss(tmp_path_factory.mktemp("loss"), f"one {number}")
        await loss.run()
        seen += loss.counts
        if seen["messages as they were"] > 5 and seen["records as they were"] > 2:
            return
    pytest.fail(f"nothing to compare: {seen}")
