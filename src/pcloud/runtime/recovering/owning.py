"""What an owner can ask after a recovery (`Surface`)."""

from collections.abc import AsyncGenerator

from pcloud.runtime import facts, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.keeping.source import Trail, volume
from pcloud.runtime.owning.answering import PAGE_MAX, Answering, everybody, peer_of
from pcloud.runtime.recovering import reviewing
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import StoreError


class Recovered(Answering):
    """The owner's side of a node that was recovered, or has to be."""

    async def backup(self) -> AsyncGenerator[bytes, None]:
        """A whole copy of the node, sealed so that only the 24 words open it, piece by piece."""
        node = self._node
        public = await self._do(lambda batch: batch.fact(facts.MANIFEST_PUBLIC))
        if public is None:
            raise OwnerError(
                "unknown", "This node does not know the key for copies: it was not made by init."
            )
        trail = Trail()
        node.decider.notes.append(trail.note)
        try:
            async for piece in volume(node.decider, node.workers, trail, public, node.entropy):
                yield piece
        except StoreError as error:
            node.failed(error)
            raise OwnerError("store", str(error)) from error
        finally:
            node.decider.notes.remove(trail.note)

    async def review(self, peer: str | None = None, *, limit: int = PAGE_MAX) -> list[views.Unaffirmed]:
        """Own entries that peers gave back after a recovery: they wait for the owner's word.

        First those that restrict, so that nobody hides one behind a hundred others.
        """

        def job(batch: Batch) -> list[views.Unaffirmed]:
            scopes = everybody(batch) if peer is None else [peer_of(batch, peer)]
            waiting = [(scope, entry) for scope in scopes for entry in reviewing.waiting(scope)]
            waiting.sort(key=lambda each: not reviewing.restricts(batch, each[1]))
            return [reviewing.view(batch, *each) for each in waiting[: min(limit, PAGE_MAX)]]

        return await self._do(job)

    async def affirm(self, peer: str, *, entries: list[str] | None = None) -> views.Decided:
        """Own up to entries that a peer gave back; without ids to all of them."""
        return await self._decide(peer, entries, mine=True)

    async def reject(self, peer: str, *, entries: list[str] | None = None) -> views.Decided:
        """Disown entries that a peer gave back, because another made them; without ids all that can be."""
        return await self._decide(peer, entries, mine=False)

    async def _decide(self, peer: str, entries: list[str] | None, *, mine: bool) -> views.Decided:
        def job(batch: Batch) -> views.Decided:
            return views.Decided(reviewing.decide(batch, peer_of(batch, peer), entries or [], mine=mine))

        return await self._do(job)

    async def recovery(self) -> views.Recovery:
        """How far the last recovery has come, and where another copy of this node has shown itself."""
        return await self._do(lambda batch: reviewing.state(batch, everybody(batch)))
