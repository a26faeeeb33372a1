"""The goals in one list, each with the figure that decides it; `docs/performance.md` says why."""

from collections.abc import Mapping
from typing import NamedTuple

from bench.report import Figure


class Goal(NamedTuple):
    """One goal."""

    id: str
    what: str
    figure: str
    """The name of the figure that decides."""


GOALS = (
    Goal("G1", "received, two cores", "receive, two cores, one conversation"),
    Goal("G1b", "received, one core", "receive, one core, one conversation"),
    Goal("G2", "first contact received, one core", "first contact, one core"),
    Goal("G3", "received by POST, one core", "messages by POST, one core"),
    Goal("G4", "sent to the durable outbox", "send, in one conversation"),
    Goal("G5a", "change once: 1,000 updates kept", "every update kept"),
    Goal("G5b", "change once: all have said so", "all there have said so"),
    Goal("G6", "handshake to active", "handshake to active"),
    Goal("G8", "one durable message, node idle", "one durable message, idle node"),
    Goal("G9", "cold start", "cold start, vault opened"),
    Goal("G10a", "memory at rest", "memory at rest"),
    Goal("G10b", "memory, 1,000 relationships", "memory with 1,000 relationships"),
    Goal("G11", "bytes beside a message's own", "bytes of a frame beside its body"),
    Goal("G12", "1,000 relationships made", "1,000 relationships made"),
    Goal("R1", "relay: a frame taken in", "relay: a frame of 256 kept"),
    Goal("R2", "page: the slowest answer", "page: the slowest answer"),
    Goal("R3", "restore: a GiB of copy", "restore of a GiB"),
)


def tell(figures: Mapping[str, Figure]) -> None:
    """Print each goal with what decides it, also those that were not measured this time."""
    print("\n== goals")
    for goal in GOALS:
        figure = figures.get(goal.figure)
        if figure is None:
            print(f"{goal.id:<5} {goal.what:<34} not measured")
            continue
        value = f"{figure.ours:,.1f} {figure.unit}" if figure.ratio is None else f"{figure.ratio:.2f}x floor"
        verdict = ("met" if figure.met else "MISSED") if figure.goal else "no goal"
        print(f"{goal.id:<5} {goal.what:<34} {value:>18}  {figure.goal:<18} {verdict}")
