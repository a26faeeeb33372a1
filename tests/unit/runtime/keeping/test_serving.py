"""[CUSTODY-7] to [CUSTODY-12] [CUSTODY-15]: what a holder answers, over its real holdings."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from pcloud.ambient.fixed import FixedClock, InlineWorkers
from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.port import Clock
from pcloud.errors import Violation
from pcloud.holdings.memory import MemoryHoldings
from pcloud.holdings.port import Custody, HoldingsError
from pcloud.runtime.keeping.serving import Keeper
from pcloud.wire.services.custody import (
    CUSTODY,
    FULL,
    Begin,
    Challenge,
    Chunk,
    Fetch,
    Finish,
    List,
    address_of,
    token_hash,
)
from pcloud.wire.services.service import Answer, Outcome

TOKEN, LOCATOR, OTHER = b"t" * 32, b"l" * 32, b"o" * 32
VOLUME = bytes(range(256)) * 300
DIGEST = sha256(VOLUME).digest()


class Now(FixedClock):
    """A clock under which nobody waits."""

    async def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


class Desk:
    """A keeper, and what it was told of."""

    def __init__(self) -> None:
        self.faults: list[Exception] = []
        self.holdings = MemoryHoldings()
        self.holdings.allow(Custody(b"i" * 32, token_hash(TOKEN), address_of(LOCATOR), 2**20, 90))
        clock: Clock = Now()
        self.keeper = Keeper(self.holdings, clock, ClockTrust(clock), InlineWorkers(), self.faults.append)
        self.number = 0

    async def ask(self, request: tuple[Any, ...]) -> tuple[Outcome, tuple[Any, ...]]:
        self.number += 1
        back = CUSTODY.read_back(await self.keeper.answer(CUSTODY.write_request(self.number, request)))
        assert isinstance(back, Answer)
        assert back.number == self.number
        gives = CUSTODY.given(type(request), back) if back.outcome is Outcome.DONE else ()
        return back.outcome, gives

    async def put(self) -> None:
        assert await self.ask(Begin(TOKEN, FULL, len(VOLUME), DIGEST)) == (Outcome.DONE, (0,))
        for at in range(0, len(VOLUME), 65_536):
            piece = VOLUME[at : at + 65_536]
            assert await self.ask(Chunk(TOKEN, DIGEST, at, piece)) == (Outcome.DONE, (at + len(piece),))
        assert await self.ask(Finish(TOKEN, DIGEST)) == (Outcome.DONE, ())


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_what_was_put_is_listed_fetched_and_proven(desk: Desk) -> None:
    """[CUSTODY-10] [CUSTODY-11] [CUSTODY-12]"""
    await desk.put()
    outcome, (rows,) = await desk.ask(List(LOCATOR, 0))
    assert (outcome, [row.digest for row in rows]) == (Outcome.DONE, [DIGEST])
    assert await desk.ask(List(LOCATOR, 1)) == (Outcome.DONE, ((),))
    _, (first,) = await desk.ask(Fetch(LOCATOR, DIGEST, 0))
    _, (second,) = await desk.ask(Fetch(LOCATOR, DIGEST, len(first)))
    assert first + second == VOLUME
    assert await desk.ask(Fetch(LOCATOR, DIGEST, len(VOLUME))) == (Outcome.DONE, (b"",))
    proof = sha256(b"pcloud/1 custody proof" + OTHER + VOLUME).digest()
    assert await desk.ask(Challenge(TOKEN, DIGEST, OTHER)) == (Outcome.DONE, (proof,))


@pytest.mark.parametrize(
    "request_",
    [
        Begin(OTHER, FULL, 1, DIGEST),
        Begin(LOCATOR, FULL, 1, DIGEST),
        Chunk(TOKEN, OTHER, 0, b"x"),
        Chunk(OTHER, DIGEST, 0, b"x"),
        Finish(TOKEN, OTHER),
        List(OTHER, 0),
        List(TOKEN, 0),
        List(address_of(LOCATOR), 0),
        Fetch(LOCATOR, OTHER, 0),
        Fetch(OTHER, DIGEST, 0),
        Fetch(TOKEN, DIGEST, 0),
        Challenge(OTHER, DIGEST, OTHER),
        Challenge(TOKEN, OTHER, OTHER),
        Challenge(token_hash(TOKEN), DIGEST, OTHER),
    ],
    ids=repr,
)
async def test_whatever_is_not_there_gets_the_same_bytes(desk: Desk, request_: tuple[Any, ...]) -> None:
    """[CUSTODY-7] [CUSTODY-15]: also who knows only what the holder keeps of a secret."""
    await desk.put()
    answer = await desk.keeper.answer(CUSTODY.write_request(7, request_))
    assert answer == bytes([0x83, 0, 7, 1])
    held = desk.holdings.held()[0]
    assert (held.volumes, desk.faults) == (1, [])


async def test_an_address_with_nothing_under_it_is_not_there_either(desk: Desk) -> None:
    """[CUSTODY-7]"""
    assert await desk.ask(List(LOCATOR, 0)) == await desk.ask(List(OTHER, 0)) == (Outcome.UNKNOWN, ())


async def test_what_does_not_fit_is_full(desk: Desk) -> None:
    """[CUSTODY-8]"""
    assert await desk.ask(Begin(TOKEN, FULL, 2**20 + 1, DIGEST)) == (Outcome.FULL, ())
    assert await desk.ask(Begin(TOKEN, FULL, 2**53 - 1, OTHER)) == (Outcome.FULL, ())
    assert desk.holdings.held()[0].bytes == 0


@pytest.mark.parametrize(
    "message", [b"", b"\x80", b"\x01", b"\x83\x00\x01\x00", b"\x9f" * 60_000, b"\x84\x13\x01"]
)
async def test_what_is_no_request_ends_the_line(desk: Desk, message: bytes) -> None:
    """[TRANSPORT-35]"""
    with pytest.raises(Violation):
        await desk.keeper.answer(message)
    assert desk.faults == []


async def test_a_disk_that_fails_is_told_of_and_the_customer_may_come_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> int:
        raise HoldingsError("the disk")

    monkeypatch.setattr(desk.holdings, "begin", failing)
    assert await desk.ask(Begin(TOKEN, FULL, 1, DIGEST)) == (Outcome.BUSY, ())
    assert [type(fault) for fault in desk.faults] == [HoldingsError]


async def test_what_a_holder_keeps_has_neither_token_nor_locator(desk: Desk) -> None:
    """[CUSTODY-15]"""
    await desk.put()
    kept = repr(desk.holdings.held())
    assert TOKEN.hex() not in kept
    assert repr(TOKEN) not in kept
    assert repr(LOCATOR) not in kept


def test_every_operation_has_an_answer() -> None:
    asked: list[Callable[..., Any]] = [Begin, Chunk, Finish, List, Fetch, Challenge]
    assert {form.make for form in CUSTODY._requests.values()} == set(asked)
