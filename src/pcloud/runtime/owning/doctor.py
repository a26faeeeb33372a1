"""`doctor`: look everything over and say what to do."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.node import Node
from pcloud.runtime.views import Check

COMMITMENTS_LOW = 64
"""Fewer next keys than this: the words are wanted soon."""
CLOCK_EARLIEST = 1_780_000_000
"""No clock that is right shows an earlier time than that of this program (seconds since 1970 UTC)."""


async def examine(node: Node) -> list[Check]:
    """All checks of a node that runs."""
    checks = await node.decider.do(_stored)
    return [*checks, *_clock(node), *_reach(node)]


def _stored(batch: Batch) -> list[Check]:
    faults = batch.store.check()
    left = batch.store.commitments_left()
    waiting = batch.store.counts()["deliveries"]
    return [
        Check(
            "store",
            not faults,
            "The store is whole." if not faults else " ".join(faults),
            None if not faults else "Stop the node, copy its folder, and restore from a backup.",
        ),
        Check(
            "keys",
            left > COMMITMENTS_LOW,
            f"{left} next keys are left for new relationships and recoveries.",
            None if left > COMMITMENTS_LOW else "Extend the pool with your 24 words soon.",
        ),
        Check(
            "deliveries",
            waiting == 0,
            "Every peer has what you sent." if waiting == 0 else f"{waiting} peers have not answered yet.",
            None if waiting == 0 else "Nothing to do: they get it as soon as they can be reached.",
        ),
    ]


def _clock(node: Node) -> Iterator[Check]:
    ok = node.clock.now() >= CLOCK_EARLIEST
    yield Check(
        "clock",
        ok,
        "The clock is plausible." if ok else "The clock shows a time before this program was made.",
        None if ok else "Set the clock of this machine, best by NTP, and start the node again.",
    )


def _reach(node: Node) -> Iterator[Check]:
    hosts = [urlsplit(endpoint) for endpoint in node.me.endpoints]
    local = all((url.hostname or "") in ("127.0.0.1", "::1", "localhost") for url in hosts)
    # Neither is a fault: many nodes dial out and need no address.
    yield Check(
        name="reachability",
        ok=True,
        detail="Only programs on this machine reach this node." if local else "Peers know a public address.",
        advice="Fine for trying out. To be reached from elsewhere, set reach.endpoints." if local else None,
    )
