"""The client's questions about copies of the node, and about those that it keeps for peers."""

from pcloud.api import routes
from pcloud.api.asking import Asking
from pcloud.api.requests import HolderAsk, HolderGrant, HolderRemove, HolderServe, Nothing, OfPeer
from pcloud.runtime.views import HolderStats, Holding


class KeepingAsking(Asking):
    """Every method is that of `Surface`."""

    async def holders(self) -> list[Holding]:
        """Where copies of this node are kept, and for whom this node keeps copies."""
        return await self._ask(routes.HOLDERS, Nothing())

    async def holder_ask(self, peer: str, *, bytes_max: int = 2**30, days: int = 90) -> Holding:
        """Ask a peer to keep sealed copies of this node, which it cannot read."""
        return await self._ask(routes.HOLDER_ASK, HolderAsk(peer=peer, bytes_max=bytes_max, days=days))

    async def holder_remove(self, peer: str, *, theirs: bool = False) -> None:
        """Let a peer keep copies no more; `theirs`: keep none for it. What is kept stays for its days."""
        await self._ask(routes.HOLDER_REMOVE, HolderRemove(peer=peer, theirs=theirs))

    async def holder_check(self, peer: str | None = None) -> list[Holding]:
        """Bring copies up to date now, and let holders show that they have what they took; all, or one."""
        return await self._ask(routes.HOLDER_CHECK, OfPeer(peer=peer))

    async def holder_grant(
        self, peer: str, *, bytes_max: int | None = None, days: int | None = None
    ) -> Holding:
        """Keep copies for a peer that has asked for it: as much as it asked for, or less."""
        return await self._ask(routes.HOLDER_GRANT, HolderGrant(bytes_max=bytes_max, days=days), peer)

    async def holder_serve(
        self, *, on: bool, anyone: bool = False, bytes_max: int = 2**30, days: int = 90
    ) -> HolderStats:
        """Keep copies for peers, or take on no more; `anyone` lets every related peer in that asks."""
        wanted = HolderServe(on=on, anyone=anyone, bytes_max=bytes_max, days=days)
        return await self._ask(routes.HOLDER_SERVE, wanted)

    async def holder_stats(self) -> HolderStats:
        """What this node keeps for peers altogether."""
        return await self._ask(routes.HOLDER_STATS, Nothing())
