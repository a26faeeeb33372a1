"""The client's questions about relays and moving."""

from pcloud.api import routes
from pcloud.api.asking import Asking
from pcloud.api.requests import MoveTo, Nothing, RelayInvite, RelayServe, RelayUse
from pcloud.runtime.views import Invitation, Move, Peer, Relay, RelayStats


class RelayAsking(Asking):
    """Every method is that of `Surface`."""

    async def relay_serve(self, *, on: bool, anyone: bool = False) -> RelayStats:
        """Be a relay: for the peers that are granted it, or for any peer that asks. Or be none any more."""
        return await self._ask(routes.RELAY_SERVE, RelayServe(on=on, anyone=anyone))

    async def relay_invite(self, *, uses: int = 1, expires_s: int | None = 86_400) -> Invitation:
        """Make an invitation for customers: who comes by it is let in, and gets mailboxes, without asking."""
        return await self._ask(routes.RELAY_INVITE, RelayInvite(uses=uses, expires_s=expires_s))

    async def relay_grant(self, peer: str) -> Peer:
        """Let a peer have mailboxes here, now and whenever it asks for more."""
        return await self._ask(routes.RELAY_GRANT, Nothing(), peer)

    async def relay_stats(self) -> RelayStats:
        """How much is kept here for others."""
        return await self._ask(routes.RELAY_STATS, Nothing())

    async def relay_use(self, relay: str, *, move: bool = False) -> Relay:
        """Let a relay keep what others send: by the link of its invitation, or a peer that is one.

        Who is met from then on is told of a mailbox there; `move` tells those who are peers already, too.
        """
        return await self._ask(routes.RELAY_USE, RelayUse(relay=relay, move=move))

    async def relays(self) -> list[Relay]:
        """Relays that are in use, or were."""
        return await self._ask(routes.RELAYS, Nothing())

    async def move(self, *, relay: str | None = None) -> Move:
        """Tell every peer where it reaches this node from now on: at a relay, or at the node itself."""
        return await self._ask(routes.MOVE, MoveTo(relay=relay))

    async def moving(self) -> Move:
        """Where peers are told to send, and who has not followed yet."""
        return await self._ask(routes.MOVING, Nothing())
