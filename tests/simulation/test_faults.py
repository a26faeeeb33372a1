"""Bad weather from a seed: loss, repeats, delay, rollbacks, thefts and recoveries, then healing.

`SEEDS=500 pytest tests/simulation` runs more of them; `python -m pcloud.testing.world SEED` replays one.
[SEC-6], [REC-12], [REC-17], [REC-18], [REC-19], [REC-24], [ROLL-6]
"""

import os

import pytest

from pcloud.testing.world import run

SEEDS = int(os.environ.get("SEEDS", "30"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_nodes_agree_after_any_weather(seed: int) -> None:
    try:
        run(seed)
    except Exception as error:
        error.add_note(f"replay: python -m pcloud.testing.world {seed}")
        raise
