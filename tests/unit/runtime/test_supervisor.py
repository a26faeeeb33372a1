"""A service of systemd says when it is ready, while it works, and when it stops."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcloud.runtime.supervisor import BEATS, Supervisor


class Clock:
    """A clock on which time passes only by sleeping."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> int:
        return 1_800_000_000

    def elapsed(self) -> float:
        return self.passed

    def since_boot(self) -> float:
        return self.elapsed()

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        if self.passed > 100:
            raise asyncio.CancelledError


async def alive() -> bool:
    return True


class Ear:
    """The socket of a service manager."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(0)

    def heard(self) -> list[bytes]:
        words = []
        while True:
            try:
                words.append(self.socket.recv(256))
            except BlockingIOError:
                return words


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    made = Ear(str(tmp_path / "notify"))
    yield made
    made.socket.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}


def test_it_says_when_it_is_ready_and_when_it_stops(ear: Ear, environment: dict[str, str]) -> None:
    supervisor = Supervisor(environment)
    assert ear.heard() == []

    supervisor.ready()
    assert ear.heard() == [b"READY=1"]

    supervisor.stopping()
    assert ear.heard() == [b"STOPPING=1"]


def test_a_name_without_a_file_is_understood() -> None:
    ear = Ear(f"\0pcloud-test-{os.getpid()}")

    Supervisor({"NOTIFY_SOCKET": f"@pcloud-test-{os.getpid()}"}).ready()

    assert ear.heard() == [b"READY=1"]
    ear.socket.close()


async def test_nobody_is_told_anything_where_nobody_asked(ear: Ear) -> None:
    supervisor = Supervisor({"WATCHDOG_USEC": "30000000"})

    supervisor.ready()
    supervisor.stopping()
    await supervisor.watch(Clock(), alive)

    assert ear.heard() == []


async def test_signs_of_life_come_well_within_the_time_that_is_allowed(
    ear: Ear, environment: dict[str, str]
) -> None:
    clock = Clock()

    with pytest.raises(asyncio.CancelledError):
        await Supervisor(environment).watch(clock, alive)

    words = ear.heard()
    assert set(words) == {b"WATCHDOG=1"}
    assert len(words) == 11
    assert BEATS == 3


async def test_a_node_that_does_not_work_gives_no_sign_and_one_that_does_again_gives_one(
    ear: Ear, environment: dict[str, str]
) -> None:
    answers = iter([True, False, False, True, *[False] * 10])

    async def sometimes() -> bool:
        return next(answers)

    with pytest.raises(asyncio.CancelledError):
        await Supervisor(environment).watch(Clock(), sometimes)

    assert ear.heard() == [b"WATCHDOG=1"] * 2


@pytest.mark.parametrize(
    "change",
    [{"WATCHDOG_USEC": ""}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_PID": "1"}],
)
async def test_no_signs_are_given_where_none_are_wanted_of_this_process(
    ear: Ear, environment: dict[str, str], change: dict[str, str]
) -> None:
    await Supervisor({**environment, **change}).watch(Clock(), alive)

    assert ear.heard() == []


async def test_signs_are_given_where_they_are_wanted_of_this_process(
    ear: Ear, environment: dict[str, str]
) -> None:
    with pytest.raises(asyncio.CancelledError):
        await Supervisor({**environment, "WATCHDOG_PID": str(os.getpid())}).watch(Clock(), alive)

    assert ear.heard()


async def test_that_nobody_hears_is_an_error(tmp_path: Path) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "3"})

    with pytest.raises(OSError, match="No such file"):
        supervisor.ready()
    with pytest.raises(OSError, match="No such file"):
        await supervisor.watch(Clock(), alive)


async def test_a_manager_that_does_not_read_holds_nobody_up(ear: Ear, environment: dict[str, str]) -> None:
    class Longer(Clock):
        async def sleep(self, seconds: float) -> None:
            self.passed += seconds
            if self.passed > 100_000:
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Supervisor(environment).watch(Longer(), alive)

    assert 1 <= len(ear.heard()) < 10_000, "the rest found no room"
