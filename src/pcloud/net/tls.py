"""TLS on both sides, and a door in front of it (spec 13 §1, §6)."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from pcloud.net.addresses import address_of, source_of
from pcloud.net.budget import Places


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What this node shows of itself. Raises OSError where the files cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_context(authorities: Path | None) -> ssl.SSLContext:
    """Whom this node believes: the authorities of the system, and the owner's. Raises OSError."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities is not None:
        context.load_verify_locations(authorities)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Threshold(asyncio.Protocol):
    """An accepted connection until its TLS handshake is done.

    asyncio can shake hands by itself, but tells nobody of a connection before that: those who connect and
    then say nothing would be counted nowhere.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        handshake_s: float,
        places: Places,
        make: Callable[[], asyncio.Protocol],
    ) -> None:
        self._context = context
        self._handshake_s = handshake_s
        self._places = places
        self._make = make
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._shaking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it in, if there is a place."""
        assert isinstance(transport, asyncio.Transport)
        address = address_of(transport)
        if address is None or not self._places.enter(self, source_of(address)):
            transport.abort()
            return
        self._transport = transport
        transport.pause_reading()  # until the handshake reads
        self._shaking = asyncio.create_task(self._shake_hands(transport))

    def data_received(self, data: bytes) -> None:
        """What came with the last word of the handshake."""
        self._early.append(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Free the place."""
        del exc
        self._places.leave(self)

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, self, self._context, server_side=True, ssl_handshake_timeout=self._handshake_s
            )
        except OSError:
            transport.abort()
            return
        finally:
            self._places.leave(self)
        if secured is None or secured.is_closing():
            return
        inner = self._make()
        secured.set_protocol(inner)
        inner.connection_made(secured)
        for data in self._early:
            inner.data_received(data)
