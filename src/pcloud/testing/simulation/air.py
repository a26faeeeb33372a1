"""The network between simulated machines: it loses, repeats, reorders, delays, parts and clogs.

Packets may suffer all of it, for a carrier may (spec 13). A service line keeps its order, as a connection
does, and breaks. Connections over a path that is shut end after a while, as a keep-alive ends them.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pcloud.net.packet import read_packet, write_packet
from pcloud.net.port import Packet, UnreachableError
from pcloud.net.reasons import GONE, NO_ANSWER
from pcloud.testing.simulation.loop import outside, virtual

FLIGHT_S: Final = (0.002, 0.08)
"""How long a packet takes in good weather."""
TIMEOUT_S: Final = 10.0
"""After which whoever gets no answer gives up."""
KEEPALIVE_S: Final = (20.0, 45.0)
"""After which a connection over a path that is shut ends."""
RESET_S: Final = 0.05
"""After which the end of a process is noticed at the other end of its connections."""

Path = tuple[str, str]
"""From a machine to another."""


@dataclass(slots=True)
class Weather:
    """What befalls packets now. Rates are between 0 and 1."""

    loss: float = 0.0
    double: float = 0.0
    """How many come again, soon or late."""
    swap: float = 0.0
    """How many lose their place in the order."""
    late: float = 0.0
    """How many are kept back for long."""
    late_s_max: int = 0
    shut: set[Path] = field(default_factory=set)
    """Paths on which nothing gets through."""
    clogged: set[Path] = field(default_factory=set)
    """Paths on which nothing moves, and nothing is lost."""


class Air:
    """All that is on its way."""

    def __init__(self, dice: random.Random, flew: Callable[[str, Packet], None]) -> None:
        """`flew` is told of each packet that a machine lets go, with the machine's name."""
        self.weather = Weather()
        self.connections: dict[Connection, None] = {}
        self.doors: dict[str, Callable[[bytes, str], None]] = {}
        """Where a packet goes that comes by itself, by the name of the machine that listens."""
        self.carried = 0
        """Packets let go so far."""
        self._dice, self._flew = dice, flew
        self._context = outside()
        self._changed = asyncio.Event()

    # One packet

    def flight_s(self) -> float:
        """How long something takes that nothing befalls."""
        return self._dice.uniform(*FLIGHT_S)

    def carry(self, path: Path, packet: Packet) -> list[tuple[float, bytes]]:
        """What becomes of a packet: when it arrives, once, several times, or never."""
        self._flew(path[0], packet)
        self.carried += 1
        weather, roll = self.weather, self._dice.random
        if path in weather.shut:
            return []
        data = write_packet(packet)
        arrivals = [] if roll() < weather.loss else [(self._delay_s(), data)]
        while roll() < weather.double and len(arrivals) < 4:
            arrivals.append((self._delay_s() + self._dice.expovariate(0.1), data))
        return arrivals

    def _delay_s(self) -> float:
        weather = self.weather
        if weather.late and self._dice.random() < weather.late:
            return self._dice.uniform(1, weather.late_s_max)
        return self.flight_s()

    def swaps(self) -> bool:
        """Whether a packet loses its place."""
        return self.weather.swap > 0 and self._dice.random() < self.weather.swap

    def later(self, wait_s: float, act: Callable[[], None]) -> None:
        """Do something after a while, whoever lives then."""
        loop = virtual()
        loop.call_at(loop.moment + wait_s, act, context=self._context)

    # Paths

    def require_open(self, path: Path) -> None:
        """Raise UnreachableError where nothing gets through."""
        if path in self.weather.shut:
            raise UnreachableError(NO_ANSWER)

    async def round_trip(self, path: Path) -> None:
        """Take as long as a question and its answer. Raises UnreachableError where one of them is lost."""
        back = path[1], path[0]
        for way in (path, back):
            if way in self.weather.shut or self._dice.random() < self.weather.loss / 2:
                await asyncio.sleep(TIMEOUT_S)
                raise UnreachableError(NO_ANSWER)
            while not self.moves(way):
                await self.change()
            await asyncio.sleep(self.flight_s())

    def moves(self, path: Path, *, whole: bool = False) -> bool:
        """Whether anything moves on a path; `whole`: and gets through."""
        return path not in self.weather.clogged and not (whole and path in self.weather.shut)

    async def change(self) -> None:
        """Wait until something changes on some path."""
        self._changed.clear()
        await self._changed.wait()

    def shut(self, *paths: Path) -> None:
        """Let nothing through on these paths until they are opened."""
        self.weather.shut.update(paths)
        for path in paths:
            self.later(self._dice.uniform(*KEEPALIVE_S), partial(self._starve, path))

    def open(self, *paths: Path) -> None:
        """Let everything through again."""
        self.weather.shut.difference_update(paths)
        self._changed.set()

    def clog(self, *paths: Path) -> None:
        """Let nothing move on these paths."""
        self.weather.clogged.update(paths)

    def unclog(self, *paths: Path) -> None:
        """Let it move on."""
        self.weather.clogged.difference_update(paths)
        self._changed.set()

    def clear(self) -> None:
        """Good weather from now on; what is late still comes, and every connection is broken once."""
        self.weather = Weather()
        self._changed.set()
        for connection in list(self.connections):
            connection.snap()

    def gone(self, name: str) -> None:
        """A machine is down: its connections end, at their other ends as soon as that is noticed."""
        for connection in list(self.connections):
            for end in connection.ends:
                if end.path[0] == name:
                    end.close()
                    self.later(self._dice.uniform(*KEEPALIVE_S), connection.snap)

    def _starve(self, path: Path) -> None:
        """End the connections over a path that is shut still."""
        if path in self.weather.shut:
            for connection in list(self.connections):
                if connection.runs(path):
                    connection.snap()


class Connection:
    """Both ends of a link or a line."""

    def __init__(self, air: Air, dialler: str, dialled: str) -> None:
        self.ends = (End(self, air, (dialler, dialled)), End(self, air, (dialled, dialler)))
        self._air = air
        air.connections[self] = None

    def runs(self, path: Path) -> bool:
        """Whether it needs a path to be open."""
        return path in (self.ends[0].path, self.ends[1].path)

    def other(self, end: "End") -> "End":
        """The end at the other machine."""
        return self.ends[1] if end is self.ends[0] else self.ends[0]

    def snap(self) -> None:
        """End it at both ends, now."""
        self._air.connections.pop(self, None)
        for end in self.ends:
            end.end()
        self._air.open()  # who waits to send looks again


class End:
    """One end: what arrived there, and the way to the other."""

    def __init__(self, connection: Connection, air: Air, path: Path) -> None:
        self.connection, self.path = connection, path
        self.ended = False
        self._air = air
        self._arrived: deque[bytes] = deque()
        self._some = asyncio.Event()
        self._flying: deque[Callable[[], None]] = deque()
        """What was sent in order and has not arrived."""
        self._last = 0.0
        """When the last of it arrives."""

    async def send_packet(self, packet: Packet) -> None:
        """Give a packet to the air, which may do anything with it. Raises UnreachableError."""
        await self._may_send()
        other = self.connection.other(self)
        for delay_s, data in self._air.carry(self.path, packet):
            if delay_s > FLIGHT_S[1] or self._air.swaps():
                self._air.later(delay_s, partial(self._stray, other, data))
            else:
                self._in_order(delay_s, partial(other.arrive, data))

    def _stray(self, other: "End", data: bytes) -> None:
        """A packet that lost its place: over the connection if it stands, else by itself, if that can be."""
        if not other.ended:
            other.arrive(data)
            return
        take = self._air.doors.get(other.path[0])
        if take is not None:
            take(data, self.path[0])

    async def send_message(self, data: bytes) -> None:
        """Give a message over: it arrives in its order, or the connection ends. Raises UnreachableError."""
        await self._may_send(whole=True)
        other = self.connection.other(self)
        self._in_order(self._air.flight_s(), partial(other.arrive, data))

    async def _may_send(self, *, whole: bool = False) -> None:
        while not self.ended and not self._air.moves(self.path, whole=whole):
            await self._air.change()
        if self.ended:
            raise UnreachableError(GONE)

    def _in_order(self, delay_s: float, act: Callable[[], None]) -> None:
        now = virtual().moment
        self._last = max(self._last, now + delay_s)
        self._flying.append(act)
        self._air.later(self._last - now, self._land)

    def _land(self) -> None:
        """The first of what flies has arrived: of things that arrive at once any might be asked for."""
        self._flying.popleft()()

    def arrive(self, data: bytes) -> None:
        """Something came."""
        if not self.ended:
            self._arrived.append(data)
            self._some.set()

    async def receive(self) -> bytes | None:
        """The next thing that came; None once it has ended and all is read."""
        while not self._arrived and not self.ended:
            self._some.clear()
            await self._some.wait()
        return self._arrived.popleft() if self._arrived else None

    def end(self) -> None:
        """Nothing more arrives here; what has arrived can still be read."""
        self.ended = True
        self._some.set()

    def close(self) -> None:
        """End it from this side: what was not read is gone, and the other end learns of it."""
        self._arrived.clear()
        if self.ended:
            return
        self.end()
        other = self.connection.other(self)
        if self.path not in self._air.weather.shut:
            self._in_order(RESET_S, partial(self._gone, other))

    def _gone(self, other: "End") -> None:
        self._air.connections.pop(self.connection, None)
        other.end()


def packet_of(data: bytes) -> Packet:
    """A packet that was written here. Raises ValueError for anything else."""
    packet = read_packet(data)
    if packet is None:
        raise ValueError("no packet")
    return packet
