"""Who may come in, and how often somebody is asked: counted, and bounded in memory."""

import asyncio
from contextlib import suppress

import pytest

from pcloud.net.budget import NAMES_MAX, Allowance, Places, Turns
from pcloud.net.settings import Caps


class Visitor:
    def __init__(self) -> None:
        self.aborted = 0

    def abort(self) -> None:
        self.aborted += 1


def visitors(count: int) -> list[Visitor]:
    return [Visitor() for _ in range(count)]


def test_one_source_has_so_many_places_and_gets_them_back() -> None:
    """[TRANSPORT-22]"""
    places = Places(Caps(connections_per_source=2))
    first, second, third, other = visitors(4)
    assert places.enter(first, "a")
    assert places.enter(second, "a")
    assert not places.enter(third, "a")
    assert places.enter(other, "b")
    places.leave(first)
    places.leave(first)
    places.leave(third)
    assert places.enter(third, "a")
    assert not places.enter(first, "a")
    assert len(places) == 3
    assert not any(each.aborted for each in (first, second, third, other))


def test_all_together_have_so_many_places() -> None:
    """[TRANSPORT-22]"""
    places = Places(Caps(connections=3))
    come = visitors(4)
    assert [places.enter(each, str(n)) for n, each in enumerate(come)] == [True, True, True, False]
    places.leave(come[1])
    assert places.enter(come[3], "a")


def test_the_stranger_that_came_first_goes_first_and_who_has_shown_something_stays() -> None:
    """[TRANSPORT-22]"""
    places = Places(Caps(strangers=2))
    known, first, second, third, fourth = visitors(5)
    assert places.enter(known, "k")
    places.shown(known)
    for n, each in enumerate((first, second, third)):
        assert places.enter(each, str(n))
    assert (first.aborted, second.aborted, third.aborted, known.aborted) == (1, 0, 0, 0)
    places.shown(second)
    assert places.enter(fourth, "f")
    assert (second.aborted, third.aborted, fourth.aborted) == (0, 0, 0)
    assert len(places) == 4
    places.shown(first)
    places.leave(first)
    assert len(places) == 4


def test_a_trusted_proxy_counts_only_in_the_sum() -> None:
    places = Places(Caps(connections=3, connections_per_source=1, strangers=1))
    come = visitors(4)
    assert [places.enter(each, None) for each in come] == [True, True, True, False]
    assert not any(each.aborted for each in come)


def test_all_can_be_ended() -> None:
    places = Places(Caps())
    come = visitors(3)
    for each in come:
        places.enter(each, "a")
    places.clear()
    assert [each.aborted for each in come] == [1, 1, 1]


def test_an_allowance_is_used_up_and_comes_back() -> None:
    """[TRANSPORT-22], [TRANSPORT-32]"""
    now = 0.0
    allowance = Allowance(3, 60, lambda: now)
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]
    assert allowance.take("b")
    now = 19.0
    assert not allowance.take("a")
    now = 20.5
    assert [allowance.take("a") for _ in range(2)] == [True, False]
    now = 10_000.0
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]


def test_an_allowance_forgets_the_one_asked_longest_ago() -> None:
    allowance = Allowance(1, 3_600, lambda: 0.0)
    assert allowance.take("first")
    for n in range(NAMES_MAX - 1):
        assert allowance.take(str(n))
    assert not allowance.take("first")
    assert allowance.take("one more")
    assert not allowance.take("first")
    assert allowance.take("0"), "it was the one to go"


async def test_a_turn_that_went_well_is_free_at_once() -> None:
    """[TRANSPORT-32]"""
    turns = Turns(1, 60)
    for _ in range(5):
        async with asyncio.timeout(5), turns.at("a"):
            pass


async def test_a_turn_that_failed_is_free_after_a_pause_for_this_host_only() -> None:
    """[TRANSPORT-32]"""
    turns = Turns(1, 0.05)
    entered = []

    async def fail(host: str) -> None:
        with suppress(ConnectionRefusedError):
            async with turns.at(host):
                entered.append(host)
                raise ConnectionRefusedError

    await fail("a")
    waiting = asyncio.create_task(fail("a"))
    await fail("b")
    assert entered == ["a", "b"]
    await waiting
    assert entered == ["a", "b", "a"]


async def test_who_gives_up_waiting_leaves_the_turn_to_others() -> None:
    turns = Turns(1, 60)
    async with turns.at("a"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), turns.at("a"):
                raise AssertionError("there is one place only")
    async with asyncio.timeout(5), turns.at("a"):
        pass
