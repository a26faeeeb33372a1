"""DNS-SD over multicast DNS (RFC 6762, RFC 6763) with zeroconf: one announcement, or one look around.

An announcement's token is its instance name and its host name at once, and its TXT record is empty: so there
is nothing in it that could stay the same.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from zeroconf import DNSQuestionType, IPVersion, NotRunningException, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from pcloud.discovery.port import TOKEN_BYTES, DiscoveryError, Found

SERVICE: Final = "_pcloud._tcp.local."
FOUND_MAX: Final = 256
"""Announcements that one look takes in; whoever shows more wants to fill something."""
RESOLVE_MS: Final = 500
"""How long an announcement may take to say its address and port."""
ASKED: Final = DNSQuestionType.QM
"""Answers come by multicast: one to this machine alone reaches one of its programs, and perhaps another."""

_INSTANCE: Final = re.compile(rf"([0-9a-f]{{{2 * TOKEN_BYTES}}})\.{re.escape(SERVICE)}")
_EMPTY: Final = b"\0"
"""A TXT record that says nothing (RFC 6763 §6.1)."""


class Announced(NamedTuple):
    """What stands on the network until it is withdrawn."""

    responder: AsyncZeroconf

    async def withdraw(self) -> None:
        """Say goodbye and let go of the sockets."""
        await self.responder.async_close()


async def announce(found: Found) -> Announced:
    """Announce it on the network of its address. Raises DiscoveryError."""
    host = f"{found.token}.local."
    info = AsyncServiceInfo(
        SERVICE,
        f"{found.token}.{SERVICE}",
        found.port,
        properties=_EMPTY,
        server=host,
        parsed_addresses=[found.address],
    )
    announced = Announced(await _join(found.address))
    try:
        # Nobody else can have a random name, so it is not probed for (RFC 6762 §8.1).
        await (await announced.responder.async_register_service(info, cooperating_responders=True))
    except BaseException:
        await announced.withdraw()
        raise
    return announced


async def look(address: str, listen: Callable[[], Awaitable[None]]) -> list[Found]:
    """What is announced on the network of this address while one listens. Raises DiscoveryError."""
    tokens: dict[str, None] = {}

    def note(
        zeroconf: Zeroconf,  # noqa: ARG001 - zeroconf gives all four by name
        service_type: str,  # noqa: ARG001 - zeroconf gives all four by name
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        instance = _INSTANCE.fullmatch(name)
        if instance is None:
            return
        if state_change is ServiceStateChange.Removed:
            tokens.pop(instance[1], None)
        elif len(tokens) < FOUND_MAX:
            tokens[instance[1]] = None

    async with await _join(address) as looker:
        async with AsyncServiceBrowser(looker.zeroconf, SERVICE, handlers=[note], question_type=ASKED):
            await listen()
        resolved = await asyncio.gather(*(_resolve(looker, token) for token in tokens))
    return [found for found in resolved if found is not None]


async def _join(address: str) -> AsyncZeroconf:
    """Join the multicast group on the one interface that has this address. Raises DiscoveryError."""
    problem = "Multicast does not work on this machine's network: send an invitation instead."
    try:
        joined = AsyncZeroconf(interfaces=[address], ip_version=IPVersion.V4Only)
    except OSError as failure:
        raise DiscoveryError(problem) from failure
    try:
        # Shielded, because a start that is cut off would never let go of its sockets.
        await asyncio.shield(joined.zeroconf.async_wait_for_start())
    except BaseException as failure:
        await joined.async_close()
        if isinstance(failure, NotRunningException):
            raise DiscoveryError(problem) from failure
        raise
    return joined


async def _resolve(looker: AsyncZeroconf, token: str) -> Found | None:
    """Where an announcement leads; None where it does not say."""
    info = await looker.async_get_service_info(SERVICE, f"{token}.{SERVICE}", RESOLVE_MS, ASKED)
    addresses = [] if info is None else info.parsed_addresses(IPVersion.V4Only)
    if info is None or not info.port or not addresses:
        return None
    return Found(addresses[0], info.port, token)
