"""Bad weather from a seed, with an export of either side now and then: each is verified and folds to its log.

[EXPORT-9], [EXPORT-16], [EXPORT-18]
"""

import os

import pytest

from pcloud.engine.export.verify import verify_export
from pcloud.engine.export.write import write_export
from pcloud.testing.world import World
from pcloud.wire.files.export import Items

SEEDS = int(os.environ.get("SEEDS", "10"))
ROUNDS, STEPS = 6, 20


def look(world: World, *, items: bool) -> None:
    for owner in world.owners:
        node = owner.node
        data = b"".join(
            write_export(
                node.relationship, node.log, world.clock.now, items=Items.ALL if items else Items.NONE
            )
        )
        report = verify_export(data)
        assert report.digest == node.state().digest().hex(), f"{node.name}: another digest"
        assert not any(message.proof == "none" for message in report.messages), node.name


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_export_is_verified_in_any_weather(seed: int) -> None:
    world = World(seed)
    for turn in range(ROUNDS):
        world.chaos(STEPS)
        look(world, items=turn % 2 == 0)
    world.heal()
    look(world, items=True)
