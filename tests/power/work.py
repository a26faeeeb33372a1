"""What one process does of it: the whole trace, with a share of the cuts, and nodes that start again."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tests.power.after import go_on
from tests.power.trace import NOTHING_LOST, Cut, Cutter, calm, live

STARTED_EVERY = 250
"""Of so many images, nodes are started on one; on the last of all in any case."""
OTHER_SEEDS = 1_000_000
"""From here on are the seeds of nodes that start again."""


class Part(NamedTuple):
    """What one process does: the trace, with some of the cuts."""

    seed: int
    deeds: int
    cuts: tuple[Cut, ...]
    started: tuple[Cut, ...]


class Found(NamedTuple):
    """What came of it."""

    counts: Counter[str]
    violations: list[str]


def run(part: Part) -> Found:
    """Live through the trace, and then start nodes on what was kept."""
    cutter = Cutter(part.cuts, part.started)
    world = live(calm(part.seed, part.deeds), cutter)
    violations = list(world.violations)
    for number, kept in enumerate(cutter.images, OTHER_SEEDS):
        cutter.counts["images on which the nodes went on"] += 1
        violations += [f"after {kept.cut}: {each}" for each in go_on(kept, number)]
    return Found(cutter.counts, violations)


def cuts(seed: int, deeds: int, images: int) -> list[Cut]:
    """Every sync, and so many instants between."""
    cutter = Cutter((), ())
    live(calm(seed, deeds), cutter)
    draw = random.Random(f"cuts/{seed}")
    found = [Cut(at, tear) for at in cutter.boundaries for tear in ("", NOTHING_LOST)]
    found += [Cut(draw.randrange(cutter.operations), f"{seed}/{number}") for number in range(images)]
    return found


def parts(seed: int, deeds: int, found: Sequence[Cut], workers: int) -> list[Part]:
    """Each process lives through the whole trace, so none of them waits for another."""
    shares = [tuple(found[first::workers]) for first in range(workers)]
    every = STARTED_EVERY // workers
    return [Part(seed, deeds, share, tuple(sorted(share, reverse=True)[::every])) for share in shares]
