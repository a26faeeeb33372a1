"""What an owner asks about relays and moving (`Surface`)."""

from collections.abc import Mapping

from pcloud.runtime import facts, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import fetching, meeting, offering, show
from pcloud.runtime.owning.answering import Answering, everybody, peer_of
from pcloud.runtime.owning.looking import find_scope
from pcloud.runtime.relaying import berths, moving, serving, using
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import BerthState, Relay, RelayState, StoreError

LINK = "pcloud:"
"""How a link begins; no name and no id does."""
CUSTOMERS_PURPOSE = "mailboxes at this relay"
CUSTOMERS_ROLE = "relay"


class Relaying(Answering):
    """The owner's side of relays, and of moving from one address to another."""

    # Being a relay

    async def relay_serve(self, *, on: bool, anyone: bool = False) -> views.RelayStats:
        """Be a relay: for the peers that are granted it, or for any peer that asks. Or be none any more."""
        wanted: serving.Serving = "off"
        if on:
            wanted = "anyone" if anyone else "granted"
        here = self._node.me.endpoints
        await self._do(lambda batch: serving.serve(batch, wanted, here))
        await self._node.relays.open(wanted)
        return await self.relay_stats()

    async def relay_invite(self, *, uses: int = 1, expires_s: int | None = 86_400) -> views.Invitation:
        """Make an invitation for customers: who comes by it is let in, and gets mailboxes, without asking."""
        me = self._node.me
        wanted = offering.Wanted(
            CUSTOMERS_PURPOSE, me.kind, me.endpoints, CUSTOMERS_ROLE, uses, expires_s, me.name, None
        )

        def job(batch: Batch) -> views.Invitation:
            serving.require_relay(batch)
            offer = offering.invite(batch, wanted)
            batch.changes.facts[facts.CUSTOMERS + offer.state.invitation.id.hex()] = b"1"
            return offering.view(offer, batch.now)

        return await self._do(job)

    async def relay_grant(self, peer: str) -> views.Peer:
        """Let a peer have mailboxes here, now and whenever it asks for more."""

        def job(batch: Batch) -> tuple[bytes, views.Peer]:
            scope = peer_of(batch, peer)
            serving.require_relay(batch)
            serving.permit(batch, scope)
            return scope.id, show.peer(scope, batch.now)

        scope_id, shown = await self._do(job)
        await self._told(self._node.relays.answer(scope_id))
        return shown

    async def relay_stats(self) -> views.RelayStats:
        """How much is kept here for others."""
        relays = self._node.relays
        how = await self._do(serving.serving)
        kept, full = relays.counter.counted
        asking = sorted(scope.hex() for scope in relays.asking)
        if how == "off":
            return views.RelayStats(how, 0, 0, 0, 0, kept, full, asking)
        try:
            stats = await relays.counter.stats()
        except StoreError as error:  # of what is kept for others: the node itself goes on
            raise OwnerError("store", str(error)) from error
        return views.RelayStats(
            how, stats.mailboxes, stats.frames, stats.bytes, stats.vouchers, kept, full, asking
        )

    # Using relays

    async def relay_use(self, relay: str, *, move: bool = False) -> views.Relay:
        """Let a relay keep what others send: by the link of its invitation, or a peer that is one.

        Who is met from then on is told of a mailbox there; `move` tells those who are peers already, too.
        """
        node = self._node
        invitation = await fetching.fetch(node.net, relay) if relay.strip().startswith(LINK) else None
        me = node.itself

        def job(batch: Batch) -> bytes:
            if invitation is None:
                scope = find_scope(batch, relay)
            else:
                fetching.require_open(invitation, batch.now)
                scope = meeting.pend(batch, invitation, me)
            using.begin(batch, scope, move=move)
            if scope.relationship.thread is None:
                meeting.accept(batch, scope, me, None)
            return scope.id

        scope_id = await self._do(job)
        await node.relays.refresh(scope_id)
        return next(each for each in await self.relays() if each.id == scope_id.hex())

    async def relays(self) -> list[views.Relay]:
        """Relays that are in use, or were."""

        def job(batch: Batch) -> list[views.Relay]:
            chosen = batch.fact(facts.RELAY)
            return [
                self._shown(each, batch.scope(each.scope), batch.store.relays.counts(each.scope), chosen)
                for each in batch.store.relays.all()
            ]

        return await self._do(job)

    def _shown(
        self, relay: Relay, scope: Scope, counts: Mapping[BerthState, int], chosen: bytes | None
    ) -> views.Relay:
        collector = self._node.relays.collectors.get(relay.scope)
        states = (BerthState.USED, BerthState.BLOB, BerthState.SHOWN, BerthState.LOST)
        return views.Relay(
            relay.scope.hex(),
            show.line(scope.contact.name),
            relay.state.value,
            relay.scope == chosen,
            collector is not None and collector.up,
            list(relay.endpoints),
            sum(counts.get(state, 0) for state in states),
            counts.get(BerthState.SPARE, 0),
            counts.get(BerthState.LEFT, 0),
            0 if collector is None else collector.collected,
        )

    # Moving

    async def move(self, *, relay: str | None = None) -> views.Move:
        """Tell every peer where it reaches this node from now on: at a relay, or at the node itself."""
        here = self._node.me.endpoints

        def job(batch: Batch) -> None:
            if relay is None:
                moving.to_here(batch, here)
                return
            known = berths.relay_of(batch, find_scope(batch, relay).id)
            if known is None or known.state not in (RelayState.GRANTED, RelayState.FULL):
                raise OwnerError("unknown", "This is no relay that you use. See: pcloud relay use")
            moving.to_relay(batch, known)

        await self._do(job)
        self._node.relays.move()
        return await self.moving()

    async def moving(self) -> views.Move:
        """Where peers are told to send, and who has not followed yet."""
        here = self._node.me.endpoints

        def job(batch: Batch) -> views.Move:
            relay = berths.chosen(batch)
            standings = [moving.standing(batch, scope, here) for scope in everybody(batch)]
            behind = [
                views.Laggard(each.scope.id.hex(), show.line(each.scope.contact.name), each.told)
                for each in standings
                if each is not None and not each.followed
            ]
            return views.Move(
                None if relay is None else relay.scope.hex(),
                list(here if relay is None else relay.endpoints),
                batch.fact(facts.MOVING) is not None,
                sum(each is not None and each.followed for each in standings),
                behind,
            )

        return await self._do(job)
