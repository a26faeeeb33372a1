"""Real nodes that stand still, whose disk is full or cannot sync, whose clock jumps: nothing told is lost.

Promises R06, R07 and R13; what is told is what the owner's program was answered.
"""

import resource
import signal
from pathlib import Path

import pytest
from tests.e2e.processes.cli import House, until
from tests.e2e.processes.disks import SmallDisk
from tests.e2e.processes.pair import SAID, held, introduce, moved, said, say_all, stop, waiting
from tests.process.instruments import faketime, strace

from pcloud.cli.exits import Exit

DAY_S = 86_400
MANY = [f"text {number}" for number in range(20)]
ENDLESS = [f"text {number} {'x' * 8_000}" for number in range(2_000)]


def peer(house: House) -> str:
    """Its first relationship."""
    return str(held(house)["peers"][0].id)


def test_a_peer_that_stands_still_holds_up_nobody_else(anna: House, shop: House, tmp_path: Path) -> None:
    """SIGSTOP: its connections stay open, and nobody reads them."""
    anna.up()
    shop.up()
    other = House(tmp_path, "Gilda", "organisation").up()
    try:
        first = peer(anna)
        second = introduce(anna, other, "more flowers")
        until(lambda: waiting(anna) == 0)
        shop.send(signal.SIGSTOP)
        assert say_all(anna, first, MANY) == (MANY, "")
        assert say_all(anna, second, MANY) == (MANY, "")
        until(lambda: said(other) == MANY)
        assert next(each for each in held(anna)["peers"] if each.id == first).waiting > 0
        shop.send(signal.SIGCONT)
        until(lambda: said(shop)[-len(MANY) :] == MANY)
        until(lambda: all(each.waiting == 0 for each in held(anna)["peers"]))
        assert said(other) == MANY
        assert said(shop).count(MANY[0]) == 1
    finally:
        stop(other)


def test_a_disk_without_room_is_said_and_nothing_told_is_lost(anna: House, disk: SmallDisk) -> None:
    disk.resize(64_000)
    house = moved(anna, disk.folder)
    try:
        house.up()
        name = peer(house)
        disk.resize(disk.used_kib() + 600)
        told, why = say_all(house, name, ENDLESS)
        assert (why, len(told) > 5) == ("full", True)
        assert house.process is not None
        assert house.process.poll() is None
        assert say_all(house, name, ["no room for this"])[0] in ([], ["no room for this"])
        disk.resize(64_000)
        assert say_all(house, name, ["room again"]) == (["room again"], "")
        house.kill()
        house.up()
        assert [text for text in said(house, name) if text in {*told, "room again"}] == [
            *told,
            "room again",
        ]
        house.down()
    finally:
        stop(house)


def test_a_file_that_may_not_grow_ends_the_node_and_nothing_told_is_lost(anna: House) -> None:
    """RLIMIT_FSIZE: the system refuses the write with an error that no full disk gives."""
    anna.up()
    name = peer(anna)
    assert anna.process is not None
    size = max(path.stat().st_size for path in anna.folder.iterdir())
    resource.prlimit(anna.process.pid, resource.RLIMIT_FSIZE, (size + 300_000, size + 300_000))
    told, why = say_all(anna, name, ENDLESS)
    assert (why, len(told) > 5) == ("store", True)
    assert anna.ended().code == Exit.REFUSED
    anna.up()
    assert [text for text in said(anna, name) if text in set(told)] == told
    assert say_all(anna, name, ["later"]) == (["later"], "")
    anna.down()


@pytest.mark.parametrize("at", [4, 9])
def test_a_sync_that_fails_ends_the_node_and_nothing_told_is_lost(
    anna: House, tmp_path: Path, at: int
) -> None:
    """Once, at one of the owner's commits. The syncs after it would succeed, and none of them is believed."""
    calls = "fsync,fdatasync"
    program = strace()
    trace = tmp_path / "trace"
    anna.up(under=[program, "-D", "-f", "-qq", "-o", str(trace), "-e", f"trace={calls}"])
    before = trace.read_text().count("sync(")
    anna.down()
    anna.port = 0
    anna.up(under=[program, "-D", "-f", "-qq", "-o", str(trace), "-e", f"trace={calls}",
                   "-e", f"inject={calls}:error=EIO:when={before + at}"])  # fmt: skip
    name = peer(anna)
    told, why = say_all(anna, name, MANY)
    assert why in ("store", "no-node")  # the latter where the node has ended before it is asked again
    assert anna.ended().code == Exit.REFUSED
    assert trace.read_text().count("(INJECTED)") == 1
    anna.up()
    assert [text for text in said(anna, name) if text in told] == told
    assert say_all(anna, name, ["later"]) == (["later"], "")
    anna.down()


JUMPS = {
    "a second on": 1,
    "a second back": -1,
    "an hour on": 3_600,
    "an hour back": -3_600,
    "a day on": DAY_S,
    "a day back": -DAY_S,
    "400 days on": 400 * DAY_S,
    "400 days back": -400 * DAY_S,
    "beyond 2038": 12 * 365 * DAY_S,
}


def test_a_clock_that_jumps_loses_nothing(anna: House, shop: House, tmp_path: Path) -> None:
    """The wall clock of one of two nodes jumps while it runs, to and fro, and what both say arrives once."""
    library, clock = faketime(), tmp_path / "clock"
    clock.write_text("+0\n")
    anna.up(
        LD_PRELOAD=library,
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    shop.up()
    until(lambda: waiting(anna) == waiting(shop) == 0)
    mine, theirs, expected = peer(anna), peer(shop), said(shop)
    assert expected[: len(SAID)] == list(SAID)
    for name, seconds in JUMPS.items():
        clock.write_text(f"{seconds:+d}\n")
        for house, whose in ((anna, mine), (shop, theirs)):
            assert say_all(house, whose, [f"{name}, {whose}"]) == ([f"{name}, {whose}"], "")
            expected.append(f"{name}, {whose}")
            until(lambda: said(anna)[-1:] == said(shop)[-1:] == expected[-1:])
        clock.write_text("+0\n")
    until(lambda: waiting(anna) == waiting(shop) == 0)
    assert said(anna) == said(shop) == expected
    anna.down()
    shop.down()
