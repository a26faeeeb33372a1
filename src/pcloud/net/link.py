"""A WebSocket as a link, whichever side opened it (spec 13 §4)."""

from collections.abc import Callable

from aiohttp import WSCloseCode

from pcloud.limits import MAILBOX_BYTES
from pcloud.net.channel import Channel
from pcloud.net.packet import PACKET_BYTES_MIN, write_packet
from pcloud.net.port import Packet, Receiver


class WebSocketLink:
    """One connection; `run` reads it until it ends."""

    def __init__(
        self, channel: Channel, source: str, receiver: Receiver, shown: Callable[[], None] | None = None
    ) -> None:
        """`shown` is called when the first packet has come."""
        self._channel = channel
        self._source = source
        self._receiver = receiver
        self._shown = shown

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was dialled."""
        return self._source

    @property
    def open(self) -> bool:
        """Whether packets can still be given to it."""
        return self._channel.open

    async def send(self, packets: tuple[Packet, ...]) -> None:
        """Give packets over. Waits while the other end does not read, which holds up this link only.

        Raises UnreachableError, after which some of them may have arrived.
        """
        await self._channel.send(map(write_packet, packets))

    async def close(self) -> None:
        """End it: a goodbye, and what it takes where nobody answers."""
        await self._channel.close()

    async def run(self) -> None:
        """Hand what comes to the receiver, one after the other, until the connection ends."""
        self._channel.begin()
        try:
            await self._read()
        finally:
            self._channel.end()
            self._receiver.closed(self)

    async def _read(self) -> None:
        channel, receiver, source = self._channel, self._receiver, self._source
        shown = self._shown
        while (data := await channel.receive()) is not None:
            if len(data) < PACKET_BYTES_MIN:
                await channel.close(WSCloseCode.POLICY_VIOLATION)
                return
            if receiver.refused_often(source):
                channel.drop()
                return
            if shown is not None:
                shown()
                shown = None
            await receiver.receive(Packet(data[:MAILBOX_BYTES], data[MAILBOX_BYTES:]), self, source)
