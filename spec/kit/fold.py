"""The fold of the chapter on messages, read anew: order, tables, thread data, agreements, digest."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from spec.kit.cbor import Value, enc
from spec.kit.fold_data import (
    conversation_data,
    custody_data,
    disclosure_data,
    relationship_data,
    relay_data,
    terms_data,
)
from spec.kit.keys import sha
from spec.kit.messages import Header
from spec.kit.refusal import RefusedError
from spec.kit.tables import Row, step, table

Data = dict[Value, Value]
RULES = {
    "conversation": conversation_data,
    "custody": custody_data,
    "disclosure": disclosure_data,
    "relationship": relationship_data,
    "relay": relay_data,
    "terms": terms_data,
}


@dataclass(frozen=True)
class Entry:
    """A message in a log."""

    id: bytes
    header: Header
    body: Data
    key: bytes
    verdict: str | None = "applied"

    @property
    def first(self) -> bytes:
        """The first id."""
        return self.header.first[0] if self.header.first else self.id

    @property
    def thread(self) -> bytes:
        """The id of its thread."""
        return self.header.thread or self.first

    @property
    def generation(self) -> int:
        """The sum of both epochs."""
        return self.header.sender_epoch + self.header.recipient_epoch

    @property
    def rank(self) -> tuple[int, int]:
        """Generation and number under which it was sent first."""
        return self.header.first[1:3] if self.header.first else (self.generation, self.header.number)

    @property
    def knew(self) -> tuple[int, int]:
        """Generation and highest received number with which it was sent first."""
        if self.header.first:
            return self.header.first[1], self.header.first[3]
        return self.generation, self.header.received[0]

    @property
    def feature(self) -> str:
        """The feature of its name."""
        return self.header.name.partition(".")[0]


@dataclass
class Thread:
    """What a fold leaves of a thread."""

    feature: str
    opener: bytes
    state: str = "start"
    data: Data = field(default_factory=dict)


@cache
def rows(feature: str) -> list[Row]:
    """The rows of a feature, read once."""
    return table(feature)


def merged(entries: list[Entry]) -> list[Entry]:
    """The entries of one thread, of both parties, in the order of the fold."""
    senders = sorted({entry.header.sender for entry in entries})
    assert len(senders) <= 2
    sides = [sorted((e for e in entries if e.header.sender == one), key=lambda e: e.rank) for one in senders]
    if len(sides) < 2:
        return [entry for side in sides for entry in side]
    low, high = sides
    order: list[Entry] = []
    while low and high:
        known = high[0].rank <= low[0].knew
        order.append((high if known else low).pop(0))
    return order + low + high


def take(thread: Thread, entry: Entry) -> None:
    """One step; an entry without a row leaves the thread as it is."""
    party = "opener" if entry.header.sender == thread.opener else "other"
    try:
        following = step(rows(thread.feature), thread.state, entry.header.name, party, crossing=True)
    except RefusedError:
        return
    RULES[thread.feature](thread.data, thread.state, party, entry)
    thread.state = following


def folded(entries: list[Entry]) -> dict[bytes, Thread]:
    """All threads."""
    threads: dict[bytes, Thread] = {}
    newest = {entry.first: entry for entry in sorted(entries, key=lambda e: e.generation)}
    acting = [entry for entry in newest.values() if entry.verdict in {"applied", None}]
    for name in sorted({entry.thread for entry in acting}):
        own = [entry for entry in acting if entry.thread == name]
        opening = next((entry for entry in own if entry.header.thread is None), None)
        if opening is None:
            continue
        threads[name] = Thread(opening.feature, opening.header.sender)
        for entry in merged(own):
            take(threads[name], entry)
    return threads


def agreement(name: bytes, thread: Thread) -> Value:
    """The agreement of a thread as the digest holds it."""
    data = thread.data
    made: Value = [name, data["accept"], data["seal"]]
    parts: list[Value] = [
        data["agreement"],
        thread.opener,
        data["second"],
        data["roster"],
        data["terms"],
        data["sealed"],
    ]
    return [*parts, data.get("until"), made, data.get("ended", [])]


def state(entries: list[Entry]) -> Value:
    """What the digest is taken over."""
    threads = folded(entries)
    listed: Value = [
        [name, one.feature, one.opener, one.state, dict(one.data)] for name, one in sorted(threads.items())
    ]
    made = [
        agreement(name, one)
        for name, one in threads.items()
        if one.feature == "terms" and "agreement" in one.data
    ]
    return ["pcloud/1 state", listed, sorted(made, key=enc), []]


def digest(entries: list[Entry]) -> bytes:
    """The state digest."""
    return sha(enc(state(entries)))


assert digest([]).hex() == "71bb7b9cba07ea9fc3bd9fa0dfce115a0c8861ed71aac4d7f6cb13c9889f16fb"
