"""What befalls machines and the paths between them, each for a while; then it is over."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from pcloud.testing.disks.file import Tear
from pcloud.testing.simulation import losing
from pcloud.testing.simulation.air import Air, Path
from pcloud.testing.simulation.machine import Machine
from pcloud.testing.simulation.plan import DAY_S, HOUR_S

OFF_S_MAX: Final = 3_600.0
"""How long a machine is off, at most."""
SHUT_S_MAX: Final = 1_800.0
"""How long a path is shut, at most."""
FULL_S_MAX: Final = 1_800.0
"""How long a disk is full, at most."""
SINCE_S_MAX: Final = 3_600.0
"""How old a copy is, at most, with which somebody comes back."""
CLOG_S_MAX: Final = 60.0
"""How long nothing moves on a path, at most."""
JUMPS_S: Final = (-400 * DAY_S, -DAY_S, -HOUR_S, -60, -1, 1, 60, HOUR_S, DAY_S, 400 * DAY_S)
"""By how much a clock jumps."""
COMMITS_MAX: Final = 12
"""Within so many commits the machine goes off at one."""
OPERATIONS_MAX: Final = 60
"""Within so many operations of its disk the power goes."""


class Scene(NamedTuple):
    """Whom it befalls, and by what chance."""

    one: Machine
    others: Sequence[Machine]
    air: Air
    restored: Callable[[str], None]
    """Told of a machine that has come back from a copy, before it is switched on."""
    dice: random.Random


Fault = Callable[[Scene], Awaitable[str]]
"""Lasts as long as it awaits; gives what it was."""


def _while(dice: random.Random, most_s: float) -> float:
    """Short ones are as likely as long ones."""
    return float(min(most_s, 10 ** dice.uniform(-2, 4)))


async def crash(scene: Scene) -> str:
    """Kill a node at any instant, or let the power go, and switch it on again."""
    scene.one.crash(Tear(scene.dice) if scene.dice.random() < 0.5 else None)
    return await _back(scene)


async def _back(scene: Scene) -> str:
    off_s = _while(scene.dice, OFF_S_MAX)
    await asyncio.sleep(off_s)
    await scene.one.up()
    return f"was off for {off_s:.2f} s"


async def crash_at_commit(scene: Scene) -> str:
    """Kill a node right behind one of its next commits, before anything follows from it."""
    counted = scene.dice.randint(1, COMMITS_MAX)
    await scene.one.until_commit(counted)
    return f"at commit {counted}: {await _back(scene)}"


async def power(scene: Scene) -> str:
    """Let the power go in the middle of what a disk is doing: what was not synced may be torn."""
    counted = scene.dice.randint(1, OPERATIONS_MAX)
    await scene.one.until_operation(counted, Tear(scene.dice))
    return f"at operation {counted} of the disk: {await _back(scene)}"


async def fail(scene: Scene) -> str:
    """One operation of a disk fails: the node ends where it has to, and is started again."""
    counted = scene.dice.randint(1, OPERATIONS_MAX)
    await scene.one.until_broken(counted)
    scene.one.crash()
    return f"operation {counted} of the disk: {await _back(scene)}"


async def fill(scene: Scene) -> str:
    """There is no room on a disk for a while."""
    wait_s = _while(scene.dice, FULL_S_MAX)
    scene.one.fill(scene.dice.choice((0, 4_096, 65_536)))
    await asyncio.sleep(wait_s)
    scene.one.fill(None)
    return f"no room for {wait_s:.2f} s"


async def lose(scene: Scene) -> str:
    """Make a copy; some time later lose the machine, and come back with that copy and the words."""
    copy = await scene.one.owner(losing.copied)
    since_s = _while(scene.dice, SINCE_S_MAX)
    await asyncio.sleep(since_s)
    scene.one.lose(copy)
    scene.restored(scene.one.name)
    return f"with a copy from {since_s:.2f} s before: {await _back(scene)}"


def _paths(scene: Scene) -> list[Path]:
    """Those from a machine to others, some or all: an island."""
    others = scene.dice.sample(list(scene.others), scene.dice.randint(1, len(scene.others)))
    return [(scene.one.name, other.name) for other in others]


async def part(scene: Scene) -> str:
    """Nothing gets through between a machine and some others, in either direction."""
    paths = _paths(scene)
    return await _shut(scene, [*paths, *((there, here) for here, there in paths)])


async def part_one_way(scene: Scene) -> str:
    """Nothing gets from a machine to some others, or from them to it; the other way is open."""
    paths = _paths(scene)
    if scene.dice.random() < 0.5:
        paths = [(there, here) for here, there in paths]
    return await _shut(scene, paths)


async def _shut(scene: Scene, paths: list[Path]) -> str:
    wait_s = _while(scene.dice, SHUT_S_MAX)
    scene.air.shut(*paths)
    await asyncio.sleep(wait_s)
    scene.air.open(*paths)
    return f"{len(paths)} paths for {wait_s:.2f} s"


async def clog(scene: Scene) -> str:
    """Nothing moves for a while, and nothing is lost."""
    paths, wait_s = _paths(scene), _while(scene.dice, CLOG_S_MAX)
    scene.air.clog(*paths)
    await asyncio.sleep(wait_s)
    scene.air.unclog(*paths)
    return f"{len(paths)} paths for {wait_s:.2f} s"


async def clock(scene: Scene) -> str:
    """The wall clock of a machine jumps, and is set right after a while."""
    jump_s = scene.dice.choice(JUMPS_S)
    scene.one.clock.wrong_s += jump_s
    wait_s = _while(scene.dice, 10 * HOUR_S)
    await asyncio.sleep(wait_s)
    scene.one.clock.wrong_s -= jump_s
    return f"by {jump_s} s for {wait_s:.2f} s"


FAULTS: Final[dict[str, Fault]] = {
    "crash": crash,
    "crash-at-commit": crash_at_commit,
    "power": power,
    "fail": fail,
    "fill": fill,
    "lose": lose,
    "part": part,
    "part-one-way": part_one_way,
    "clog": clog,
    "clock": clock,
}
