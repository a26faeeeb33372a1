"""A connection that ended is opened again: soon where it had stood, with patience where it had not."""

from collections.abc import AsyncIterator

import pytest
from tests.contract.net.worlds import Taker

from pcloud.ambient.fixed import FixedClock
from pcloud.net.memory import PIPE_PACKETS_MAX, MemoryNet, Switchboard
from pcloud.net.port import Link, Packet
from pcloud.runtime.carrying.outbox import HIDDEN_S_MAX, REDIAL_FIRST_S, REDIAL_S_MAX, REDIAL_SOON_S, Outbox
from pcloud.runtime.deciding.committed import Parcel

SCOPE, MAILBOX = b"s" * 16, b"m" * 16
HERE, THERE = "https://here.example", "https://there.example"
HALF = b"\x80\x00"
"""Entropy in the middle, so that every wait is as long as it is named."""
MOMENT_S = 0.01


class Near(Taker):
    """The node whose outbox it is: a connection that ended is told to it."""

    outbox: Outbox

    def closed(self, link: Link) -> None:
        super().closed(link)
        self.outbox.closed(link)


class Street:
    """An outbox here, and somebody there who notes when it is dialled."""

    def __init__(self) -> None:
        self.switchboard = Switchboard()
        self.clock = FixedClock()
        self.dialled: list[float] = []
        self.came_up: list[bytes] = []
        self.near, self.far = Near(), Taker()
        self.here = MemoryNet(self.switchboard, HERE, "here")
        self.there = MemoryNet(self.switchboard, THERE, "there")
        self.outbox = Outbox(self.here, self.clock, lambda _: HALF, self.came_up.append, 16)
        self.near.outbox = self.outbox
        self._dial = self.here.dial

    async def open(self) -> None:
        self.here.dial = self._noted  # type: ignore[method-assign] # the real one, with a note beside it
        await self.here.listen(self.near)
        await self.there.listen(self.far)
        self.give(1)
        await self.far.packets(1)

    async def _noted(self, endpoint: str) -> Link:
        self.dialled.append(self.clock.elapsed())
        return await self._dial(endpoint)

    def give(self, count: int, *, own: bool = True, hidden: bool = False) -> None:
        whole = not (own and hidden)
        self.outbox.give(Parcel(SCOPE, (THERE,), MAILBOX, (b"frame",) * count, own, whole, hidden))

    async def end_there(self) -> None:
        """The other end of the connection goes, and this one has noticed."""
        ended = len(self.near.ended)
        _, link, _ = self.far.came[-1]
        assert link is not None
        await link.close()
        await self.near.until(lambda: len(self.near.ended) > ended)

    async def leave(self) -> None:
        """Nobody listens there any more."""
        await self.there.close()
        await self.near.until(lambda: bool(self.near.ended))


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = Street()
    await street.open()
    yield street
    await street.outbox.stop()
    await street.here.close()
    await street.there.close()


async def test_a_connection_that_had_stood_is_opened_again_soon(street: Street) -> None:
    await street.clock.advance(REDIAL_FIRST_S)
    await street.end_there()
    assert not street.outbox.is_up(SCOPE)
    await street.clock.advance(REDIAL_SOON_S + MOMENT_S)
    assert street.dialled == [0, pytest.approx(REDIAL_FIRST_S + REDIAL_SOON_S, abs=MOMENT_S)]
    assert street.outbox.is_up(SCOPE)
    assert street.came_up == [SCOPE], "what waits is sent again"


async def test_one_that_had_not_stood_is_opened_with_patience(street: Street) -> None:
    """Somebody who takes connections and ends them at once is not dialled five times a second."""
    await street.end_there()
    await street.clock.advance(REDIAL_FIRST_S - MOMENT_S)
    assert street.dialled == [0]
    assert street.came_up == []
    await street.clock.advance(2 * MOMENT_S)
    assert len(street.dialled) == 2
    assert street.came_up == [SCOPE]


async def test_the_waits_double_while_nobody_answers(street: Street) -> None:
    await street.clock.advance(REDIAL_FIRST_S)
    await street.leave()
    await street.clock.advance(60)
    waits = [after - before for before, after in zip(street.dialled[1:], street.dialled[2:], strict=False)]
    assert waits == [pytest.approx(wait, abs=MOMENT_S) for wait in (5, 10, 20)]
    assert street.came_up == []
    assert street.outbox.links == 0


async def test_a_connection_that_is_found_broken_by_sending_is_opened_again_too(street: Street) -> None:
    """While this node still works on what came, it does not read, and only sending shows the end."""
    await street.clock.advance(REDIAL_FIRST_S)
    street.near.let_go.clear()
    _, link, _ = street.far.came[-1]
    assert link is not None
    await link.send((Packet(MAILBOX, b"work"),))
    await street.near.packets(1)
    street.far.let_go.clear()
    street.give(2 * PIPE_PACKETS_MAX)
    await street.far.packets(2)
    await link.close()
    await street.clock.advance(MOMENT_S)
    assert not street.near.ended
    street.near.let_go.set()
    await street.near.until(lambda: bool(street.near.ended))
    await street.clock.advance(REDIAL_SOON_S)
    assert len(street.dialled) == 2
    assert street.came_up == [SCOPE]


async def test_one_that_the_peer_had_opened_is_the_peers_to_open_again(street: Street) -> None:
    await street.end_there()
    link = await street.there.dial(HERE)
    await link.send((Packet(MAILBOX, b"hello"),))
    await street.near.packets(1)
    _, came, _ = street.near.came[0]
    assert came is not None
    street.outbox.attach(SCOPE, came)
    assert street.outbox.is_up(SCOPE)
    await street.clock.advance(2 * REDIAL_FIRST_S)
    assert street.dialled == [0], "there is a connection"
    await link.close()
    await street.near.until(lambda: len(street.near.ended) == 2)
    await street.clock.advance(2 * REDIAL_FIRST_S)
    assert street.dialled == [0]
    assert not street.outbox.is_up(SCOPE)


async def test_only_one_whose_peer_waits_for_it_is_tried_for_ever(street: Street) -> None:
    """[TRANSPORT-39]"""
    for hidden in (False, True):
        street.give(1, hidden=hidden)
        await street.far.packets(1)
        await street.clock.advance(REDIAL_FIRST_S)
        await street.leave()
        for _ in range(8):
            await street.clock.advance(REDIAL_S_MAX)
        dialled = len(street.dialled)
        for _ in range(3):
            await street.clock.advance(HIDDEN_S_MAX)
        assert len(street.dialled) - dialled == (3 if hidden else 0)
        await street.there.listen(street.far)
    await street.clock.advance(REDIAL_S_MAX)
    assert street.outbox.is_up(SCOPE)
    assert street.came_up == [SCOPE] * 2, "it was told when it was first dialled for, and now"


async def test_one_whose_peer_waits_for_it_is_tried_again_where_it_could_not_be_opened(
    street: Street,
) -> None:
    """Also where there was only an answer to give, which does well without a connection. [TRANSPORT-39]"""
    await street.leave()
    street.outbox.part(SCOPE)
    for own in (True, False):
        dialled = len(street.dialled)
        street.give(1, own=own, hidden=True)
        await street.clock.advance(2 * REDIAL_FIRST_S)
        assert len(street.dialled) > dialled + own


async def test_who_ends_each_connection_at_once_is_not_dialled_for_every_word(street: Street) -> None:
    """[TRANSPORT-39]"""
    street.give(0, hidden=True)
    await street.end_there()
    for _ in range(1_100):
        street.outbox._dial_again(street.outbox._lanes[SCOPE])
    dialled = len(street.dialled)
    for _ in range(20):
        street.give(1, hidden=True)
        await street.clock.advance(MOMENT_S)
    assert len(street.dialled) == dialled
    await street.clock.advance(HIDDEN_S_MAX)
    assert len(street.dialled) == dialled + 1, "the wait is bounded, however often it has ended"
    assert street.outbox.is_up(SCOPE)


async def test_one_whose_peer_waits_for_it_is_opened_again_whoever_had_opened_it(street: Street) -> None:
    """[TRANSPORT-39]"""
    street.give(1, hidden=True)
    await street.far.packets(2)
    await street.clock.advance(REDIAL_FIRST_S)
    link = await street.here.dial(THERE)
    street.outbox._lanes[SCOPE].heard -= 60
    street.outbox.attach(SCOPE, link)
    await street.end_there()
    street.outbox.closed(link)
    await street.clock.advance(HIDDEN_S_MAX)
    assert street.outbox.is_up(SCOPE)


async def test_nothing_is_dialled_once_it_stops(street: Street) -> None:
    await street.clock.advance(REDIAL_FIRST_S)
    await street.outbox.stop()
    await street.end_there()
    await street.clock.advance(60)
    assert len(street.dialled) == 1
    assert street.came_up == []
