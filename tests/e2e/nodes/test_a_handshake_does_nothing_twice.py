"""What a handshake does, counted: `make bench` measures time, and here are the counts that make it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pcloud.runtime.carrying import opening
from pcloud.runtime.deciding import receiving
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.following import Following
from pcloud.store.port import Fed
from pcloud.testing.home import Village, related, until


def counted(function: Callable[..., Any], counts: Counter[str], name: str) -> Callable[..., Any]:
    def counting(*args: Any) -> Any:
        counts[name] += 1
        return function(*args)

    return counting


async def test_a_frame_is_opened_once_even_where_it_begins_a_session(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Counter[str] = Counter()
    for where, name in ((opening, "open_unproven"), (receiving, "open_frame")):
        monkeypatch.setattr(where, name, counted(getattr(where, name), opened, name))
    guest, host = await village.home("Guest"), await village.home("Host")
    await related(guest, host)
    frames = guest.node.metrics.received + host.node.metrics.received
    assert frames > 5
    assert opened.total() <= frames, "the first is opened as a request, and one may be opened again"


async def test_the_clock_is_looked_at_only_where_something_became_due_earlier(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: Counter[str] = Counter()
    do = Decider.do

    async def counting(decider: Decider, job: Callable[[Batch], Any]) -> Any:
        looks.update([getattr(getattr(job, "func", None), "__name__", "")])
        return await do(decider, job)

    guest, host = await village.home("Guest"), await village.home("Host")
    await related(guest, host)
    monkeypatch.setattr(Decider, "do", counting)
    await related(guest, host)
    assert looks["keep_time"] <= 4


async def test_who_follows_is_given_what_was_committed_without_reading_it_again(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, host = await village.home("Guest"), await village.home("Host")
    seen: list[tuple[int | None, str]] = []

    async def follow() -> None:
        async for happening in host.owner.happenings():
            seen.append((happening.number, happening.what))

    following = asyncio.create_task(follow())
    reads = 0
    read = Following._read

    async def counting(self: Following, number: int) -> list[Fed]:
        nonlocal reads
        reads += 1
        return await read(self, number)

    monkeypatch.setattr(Following, "_read", counting)
    _, theirs = await related(guest, host)
    for text in ("one", "two"):
        await host.owner.say(theirs.id, text)
    end = host.node.store.feed_end()

    async def all_seen() -> bool:
        return bool(seen) and seen[-1][0] == end

    await until(all_seen)
    following.cancel()
    assert [number for number, _ in seen if number is not None] == list(range(1, end + 1))
    assert [what for number, what in seen if number is not None] == [
        fed.entry.signed.header.name for fed in host.node.store.feed(0, 100)
    ]
    assert reads == 1, "at its beginning"
