"""`doctor`: look everything over and say what to do."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pcloud.net.endpoint import NOWHERE
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.keeping.owning import examined
from pcloud.runtime.node import Node
from pcloud.runtime.views import Check
from pcloud.store.port import FullError, RelayState, StoreError

COMMITMENTS_LOW = 64
"""Fewer next keys than this: the words are wanted soon."""
CLOCK_EARLIEST = 1_780_000_000
"""No clock that is right shows an earlier time than that of this program (seconds since 1970 UTC)."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def examine(node: Node) -> list[Check]:
    """All checks of a node that runs; also of one whose store has come to its end."""
    checks = [await node.decider.do(_store)]
    try:
        checks += await node.decider.do(_kept)
        checks.append(await node.decider.do(_room))
    except FullError:
        detail, advice = "There is no room on the disk: nothing new is kept.", "Make room; all goes on then."
        checks.append(Check("disk", ok=False, detail=detail, advice=advice))
    except StoreError as error:
        node.failed(error)  # the check of the store has said it
    checks += [*_clock(node), *_reach(node), *_relays(node), *_told(node)]
    return [*checks, examined(node, node.clock.now())]


def _told(node: Node) -> Iterator[Check]:
    """Whether a system of the owner's takes what it is told."""
    if node.telling.behind:
        detail = (
            "Your own system does not take what happens to data of others. It is told again until it does."
        )
        advice = "Look at that system, and at webhook.url; see reach.allow_private where it is at home."
        yield Check("webhook", ok=False, detail=detail, advice=advice)
    elif node.telling.wanted:
        yield Check("webhook", ok=True, detail="Your own system is told what happens to data of others.")


def _store(batch: Batch) -> Check:
    faults = batch.store.check()
    return Check(
        "store",
        not faults,
        "The store is whole." if not faults else " ".join(faults),
        None if not faults else "Stop the node, copy its folder, and restore from a backup.",
    )


def _room(batch: Batch) -> Check:
    """Write a row, as every message does. The check counts only if that is committed."""
    batch.changes.facts[facts.ALIVE] = str(batch.now).encode()
    return Check("disk", ok=True, detail="The disk takes what is written.")


def _kept(batch: Batch) -> list[Check]:
    left = batch.store.commitments_left()
    waiting = batch.store.counts()["deliveries"]
    return [
        Check(
            "keys",
            left > COMMITMENTS_LOW,
            f"{left} next keys are left for new relationships and recoveries.",
            None if left > COMMITMENTS_LOW else "Stop the node, and make more with: pcloud pool extend",
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


def _relays(node: Node) -> Iterator[Check]:
    """One for each relay that keeps something for this node."""
    for collector in node.relays.collectors.values():
        detail, advice = "What your relay keeps is collected.", None
        if collector.relay.state is RelayState.ENDED:
            detail, advice = "Your relay has ended it.", "Move: pcloud relay use LINK --move, or move here."
        elif not collector.up:
            detail = "Your relay cannot be reached now."
            advice = "It is tried again. If it stays away: pcloud relay use LINK --move, or pcloud move here."
        yield Check("relay", advice is None, detail, advice)


def _reach(node: Node) -> Iterator[Check]:
    """No answer is a fault: many nodes dial out, or are reached by a relay, and need no address."""
    hosts = [urlsplit(endpoint).hostname or "" for endpoint in node.me.endpoints if endpoint != NOWHERE]
    detail, advice = "Peers know a public address.", None
    if not hosts:
        detail = "This node names no address of its own: peers reach it by a relay, or when it calls them."
        if not node.relays.collectors:
            advice = "To be reached by whom you meet: pcloud relay use LINK, or pcloud up --endpoint URL"
    elif all(host in _LOOPBACK for host in hosts):
        detail = "Only programs on this machine reach this node."
        advice = (
            "Fine for trying out. To be reached from elsewhere: pcloud relay use LINK, or reach.endpoints."
        )
    yield Check(name="reachability", ok=True, detail=detail, advice=advice)
