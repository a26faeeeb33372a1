"""What a node counts, as Prometheus reads it. No label names a peer: stages and codes are the only ones.

Counting is adding to a number of this object, in the loop's thread. Everything else is done when somebody
asks, and the library that knows the format is imported only then: it costs a start 20 ms and 1 MiB.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from pcloud import __version__
from pcloud.ambient.port import Clock
from pcloud.errors import STAGE_OF, Code
from pcloud.runtime.logs import Log

if TYPE_CHECKING:
    from prometheus_client import Metric

COMMIT_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)
"""Upper bounds for the time of a commit, in seconds."""

BATCH_ENTRIES: Final = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
"""Upper bounds for the messages that one commit keeps."""


class Gauges(NamedTuple):
    """What is true now, looked up when somebody asks."""

    relationships: int
    waiting: int
    """Relationships with messages that the other side has not acknowledged."""
    links: int
    """Connections that are known to lead to a peer."""
    queued: int
    """Received packets that wait to be judged."""
    store_bytes: int
    relays: int = 0
    """Relays from which is collected now."""
    collected: int = 0
    """Frames that came from them in this run."""
    kept: int = 0
    """Frames taken for others in this run, as a relay."""
    full: int = 0
    """Frames dropped because a mailbox of somebody else was full."""


class Histogram:
    """How often values fell below each of some bounds, and their sum."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def below(self) -> list[tuple[str, float]]:
        """For each bound, the last one infinite, how many values did not exceed it."""
        names = [*map(str, self._bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))

    def sum(self) -> float:
        """All values together."""
        return self._sum


class Metrics:
    """Counters of one run of a node."""

    __slots__ = (
        "_batches",
        "_clock",
        "_commits",
        "_gauges",
        "_log",
        "_refused",
        "_started",
        "applied",
        "crowded_out",
        "receipts",
        "received",
        "retries",
        "sent",
    )

    def __init__(self, clock: Clock, log: Log, gauges: Callable[[], Gauges]) -> None:
        self.received = 0
        """Packets that came in, whatever became of them."""
        self.crowded_out = 0
        """Packets dropped unread because their sender had sent too many."""
        self.applied = 0
        """Packets that brought something new, and were not refused."""
        self.sent = 0
        """Frames given to connections: messages, repeats, receipts."""
        self.retries = 0
        """Own messages that were sent again."""
        self.receipts = 0
        """Receipts given to peers."""
        self._refused: Counter[Code] = Counter()
        self._commits = Histogram(COMMIT_SECONDS)
        self._batches = Histogram(BATCH_ENTRIES)
        self._clock, self._log, self._gauges = clock, log, gauges
        self._started = clock.elapsed()

    def refuse(self, code: Code) -> None:
        """Count a packet or message that was refused; the stage follows from the code."""
        self._refused[code] += 1

    def commit(self, seconds: float, entries: int) -> None:
        """Count a commit that took so long and kept so many messages."""
        self._commits.add(seconds)
        self._batches.add(entries)

    def text(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        from prometheus_client import (  # noqa: PLC0415 - most runs never need it, and it slows every start
            CollectorRegistry,
            generate_latest,
        )

        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> "Iterator[Metric]":
        """What the registry of the library asks of a collector."""
        from prometheus_client.core import (  # noqa: PLC0415 - as in `text`
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        for name, told, count in self._counted():
            yield CounterMetricFamily(f"pcloud_{name}", told, value=count)
        now = self._gauges()
        for name, told, count in (
            ("relay_frames_collected", "Frames that relays have kept for this node.", now.collected),
            ("relay_frames_kept", "Frames kept for others, as a relay.", now.kept),
            ("relay_frames_full", "Frames dropped as a relay: mailbox or disk quota full.", now.full),
        ):
            yield CounterMetricFamily(f"pcloud_{name}", told, value=count)
        refused = CounterMetricFamily(
            "pcloud_refused", "Packets and messages refused, by stage and code.", labels=["stage", "code"]
        )
        for code, count in sorted(self._refused.items()):
            refused.add_metric([STAGE_OF[code], code], count)
        yield refused
        for name, told, histogram in (
            ("commit_seconds", "Time of a commit, until it is durable.", self._commits),
            ("commit_messages", "Messages kept by one commit.", self._batches),
        ):
            yield HistogramMetricFamily(f"pcloud_{name}", told, histogram.below(), histogram.sum())
        for name, told, value in self._true_now():
            yield GaugeMetricFamily(f"pcloud_{name}", told, value=value)
        build = GaugeMetricFamily("pcloud_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build

    def _counted(self) -> Iterator[tuple[str, str, int]]:
        yield "packets_received", "Packets that came in, whatever became of them.", self.received
        yield "packets_crowded_out", "Packets dropped: their sender had sent too many.", self.crowded_out
        yield "packets_applied", "Packets that brought something new, and were not refused.", self.applied
        yield "frames_sent", "Frames given to connections: messages, repeats, receipts.", self.sent
        yield "messages_retried", "Own messages that were sent again.", self.retries
        yield "receipts_given", "Receipts given to peers.", self.receipts
        yield "log_fields_dropped", "Fields kept out of the log by its allow-list.", self._log.dropped
        yield "log_events_left_out", "Events not logged: too many of their kind.", self._log.left_out
        yield "log_lines_lost", "Lines that standard error did not take.", self._log.lost

    def _true_now(self) -> Iterator[tuple[str, str, float]]:
        now = self._gauges()
        yield "relationships", "Relationships and pending contacts.", now.relationships
        yield "relationships_waiting", "Those with messages not acknowledged.", now.waiting
        yield "links", "Connections that lead to a peer.", now.links
        yield "relays_connected", "Relays from which is collected now.", now.relays
        yield "packets_queued", "Received packets that wait to be judged.", now.queued
        yield "store_bytes", "Size of the store.", now.store_bytes
        yield "uptime_seconds", "Time since the start.", self._clock.elapsed() - self._started
