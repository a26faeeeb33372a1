"""Machines without an open port, and the relay that keeps what is sent to them."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from pcloud.runtime.owner import Owner
from pcloud.testing.simulation.machine import Machine

READY_S_MAX: Final = 120
"""Mailboxes are ready within this time, in good weather."""


class NotReadyError(AssertionError):
    """A relay was asked for mailboxes in good weather, and gave none."""


async def lodge(relay: Machine, lodgers: Sequence[Machine]) -> None:
    """Let a machine be a relay, and others have mailboxes there. Raises NotReadyError."""
    await relay.owner(partial(Owner.relay_serve, on=True))
    invitation = await relay.owner(partial(Owner.relay_invite, uses=max(1, len(lodgers))))
    for lodger in lodgers:
        await lodger.owner(partial(Owner.relay_use, relay=invitation.link))
    for lodger in lodgers:
        await _ready(lodger)


async def _ready(lodger: Machine) -> None:
    for _ in range(READY_S_MAX):
        if any(each.chosen and each.connected and each.spare for each in await lodger.owner(Owner.relays)):
            return
        await asyncio.sleep(1)
    raise NotReadyError(lodger.name)
