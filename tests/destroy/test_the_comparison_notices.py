"""What the destruction looks for it also finds: each fault is made here."""

from pathlib import Path

import pytest
from tests.destroy.canon import Canon
from tests.destroy.run import DestroyedError, Loss

from pcloud.wire import cbor


def said(text: bytes, verdict: str = "applied", *, mine: bool = True) -> bytes:
    values = [mine, bytes(32), "conversation.say", None, 1, None, None, [0, 1], [], [text], verdict]
    return cbor.encode(values)


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


async def test_one_node_is_destroyed_and_comes_back(tmp_path: Path) -> None:
    loss = Loss(tmp_path, "one")
    await loss.run()
    assert loss.counts["messages as they were"] > 10
