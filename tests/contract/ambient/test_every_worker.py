"""What all workers promise, threads or none."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from pcloud.ambient.fixed import InlineWorkers
from pcloud.ambient.port import Lane, Workers, WorkersClosedError
from pcloud.ambient.system import ThreadWorkers
from pcloud.ambient.verifying import CHECKS_MIN
from pcloud.wire.keys import Check, SigningKey

LANES = pytest.mark.parametrize("lane", list(Lane))


class OwnError(Exception):
    """Raised by work."""


@pytest.fixture(params=[ThreadWorkers, InlineWorkers], ids=["threads", "inline"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    made: Workers = request.param()
    yield made
    made.close()


def fail() -> None:
    raise OwnError("said so")


@LANES
async def test_the_result_of_work_is_what_it_returned(workers: Workers, lane: Lane) -> None:
    thing = object()
    assert await workers.run(lane, lambda: thing) is thing


@LANES
async def test_what_work_raises_comes_to_who_waits_and_harms_nothing_after(
    workers: Workers, lane: Lane
) -> None:
    with pytest.raises(OwnError, match="said so"):
        await workers.run(lane, fail)
    assert await workers.run(lane, lambda: "still there") == "still there"


async def test_decisions_run_one_at_a_time_in_the_order_of_asking(workers: Workers) -> None:
    began: list[int] = []
    running = 0

    def decide(number: int) -> Callable[[], int]:
        def work() -> int:
            nonlocal running
            assert running == 0
            running += 1
            began.append(number)
            sum(range(10_000))
            running -= 1
            return number

        return work

    results = await asyncio.gather(*(workers.run(Lane.DECIDE, decide(number)) for number in range(50)))
    assert began == results == list(range(50))


async def test_one_failure_among_many_fails_alone(workers: Workers) -> None:
    asked = [workers.run(Lane.OPEN, fail if number == 3 else lambda: None) for number in range(8)]
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(end) for end in ends].count(OwnError) == 1
    assert isinstance(ends[3], OwnError)


@LANES
async def test_closed_workers_take_nothing_more(workers: Workers, lane: Lane) -> None:
    ran: list[str] = []
    workers.close()
    with pytest.raises(WorkersClosedError):
        await workers.run(lane, lambda: ran.append("too late"))
    assert ran == []


def test_closing_twice_is_the_same_as_closing_once(workers: Workers) -> None:
    workers.close()
    workers.close()


def made_checks(count: int) -> list[Check]:
    """Signatures that are good, but for every third."""
    key = SigningKey.from_seed(bytes(32))
    signed = [(f"message {number}".encode(), number % 3 != 0) for number in range(count)]
    return [Check(key.public, data, key.sign(data if good else data + b"?")) for data, good in signed]


@pytest.mark.parametrize("count", [0, 1, CHECKS_MIN - 1, CHECKS_MIN, 5 * CHECKS_MIN])
def test_each_signature_gets_its_own_answer_in_its_place(workers: Workers, count: int) -> None:
    for _ in range(3):
        assert list(workers.verified(made_checks(count))) == [number % 3 != 0 for number in range(count)]


def test_what_is_no_key_or_no_signature_does_not_hold_and_harms_no_other(workers: Workers) -> None:
    good = made_checks(2)[1]
    odd = [
        good._replace(public=b""),
        good._replace(public=good.public + b"\0"),
        good._replace(signature=good.signature[:-1]),
        good._replace(signature=b""),
        good._replace(public=bytes(32)),
    ]
    for _ in range(3):
        assert list(workers.verified([*odd, good] * CHECKS_MIN)) == [*[False] * len(odd), True] * CHECKS_MIN


def test_closed_workers_still_tell_good_signatures_from_bad_ones(workers: Workers) -> None:
    workers.close()
    assert list(workers.verified(made_checks(CHECKS_MIN))) == [
        number % 3 != 0 for number in range(CHECKS_MIN)
    ]
