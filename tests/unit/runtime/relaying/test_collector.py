"""A relay that is away is tried again: at each of its endpoints, less and less often, and for ever."""

import asyncio
import io
from itertools import pairwise
from typing import cast

from pcloud.ambient.fixed import FixedClock, InlineWorkers, SeededEntropy
from pcloud.engine.registry import STANDARD
from pcloud.net.port import Line, Net, UnreachableError
from pcloud.runtime.config import Log as Settings
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.logs import Log
from pcloud.runtime.relaying.boxes import Receive
from pcloud.runtime.relaying.collector import REDIAL_S_MAX, Around, Collector
from pcloud.store.memory import MemoryStore
from pcloud.store.port import Relay, RelayState

ENDPOINTS = ("https://one.example", "https://two.example")


class Away:
    """A network in which nobody answers."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock, self.tried = clock, list[tuple[str, float]]()

    async def call(self, endpoint: str) -> Line:
        self.tried.append((endpoint, self.clock.elapsed()))
        raise UnreachableError("nobody answers at this endpoint")


def nothing(_: object) -> None:
    """Neither a commit nor a fault comes here."""


async def test_the_waits_double_up_to_a_bound_and_never_end() -> None:
    clock = FixedClock()
    net, log = Away(clock), io.StringIO()
    entropy = SeededEntropy("collector")
    decider = Decider(MemoryStore(), clock, entropy, InlineWorkers(), STANDARD, nothing)
    around = Around(
        decider,
        cast("Net", net),
        clock,
        entropy,
        cast("Receive", None),
        Log(log, clock, entropy, Settings()),
        tuple,
        nothing,
    )
    collector = Collector(Relay(bytes(16), RelayState.GRANTED, 0, ENDPOINTS), around)
    collector.start()
    await clock.advance(30 * 86_400)
    first, second = net.tried[::2], net.tried[1::2]
    assert [endpoint for endpoint, _ in first] == [ENDPOINTS[0]] * len(first)
    assert [endpoint for endpoint, _ in second] == [ENDPOINTS[1]] * len(second)
    times = [at for _, at in first]
    waits = [later - before for before, later in pairwise(times)]
    assert max(waits[:3]) < 16
    assert max(waits) <= REDIAL_S_MAX * 1.5
    assert len(times) > 1_100, "more often than a number of seconds can be doubled"
    assert not collector.up
    assert ENDPOINTS[0] not in log.getvalue()
    await asyncio.wait_for(collector.stop(), 10)
