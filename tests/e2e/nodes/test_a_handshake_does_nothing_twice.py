"""What a handshake does, counted: `make bench` measures time, and here are the counts that make it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pcloud.runtime.carrying import inbox
from pcloud.runtime.deciding import receiving
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.testing.home import Village, related


@pytest.fixture
async def village() -> AsyncIterator[Village]:
    village = Village()
    yield village
    await village.clear()


def counted(function: Callable[..., Any], counts: Counter[str], name: str) -> Callable[..., Any]:
    def counting(*args: Any) -> Any:
        counts[name] += 1
        return function(*args)

    return counting


async def test_a_frame_is_opened_once_even_where_it_begins_a_session(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Counter[str] = Counter()
    for where in (inbox, receiving):
        monkeypatch.setattr(where, "open_frame", counted(where.open_frame, opened, where.__name__))
    guest, host = await village.home("Guest"), await village.home("Host")
    await related(guest, host)
    assert opened[inbox.__name__] > 4
    assert opened[receiving.__name__] <= 1, "only where the owner said yes between opening and judging"


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
