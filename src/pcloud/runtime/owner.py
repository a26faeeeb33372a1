"""What the owner can ask of a node that runs (`Surface`): each a job, answered after its commit."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Literal, TypeVar

from pcloud.limits import INTEGER_MAX
from pcloud.net.endpoint import NOWHERE
from pcloud.runtime import views
from pcloud.runtime.consenting.owning import Consenting
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.owning import Giving
from pcloud.runtime.keeping.owning import Keeping, newest_elsewhere
from pcloud.runtime.owning import customers, fetching, meeting, negotiating, offering, show, speaking
from pcloud.runtime.owning.answering import PAGE_MAX, peer_of, rows_of
from pcloud.runtime.owning.caring import Caring
from pcloud.runtime.owning.doctor import examine
from pcloud.runtime.owning.exporting import export
from pcloud.runtime.owning.looking import find_offer, find_scope
from pcloud.runtime.owning.people import RELATED, Knowing
from pcloud.runtime.recording.owning import Recording
from pcloud.runtime.recovering.owning import Recovered
from pcloud.runtime.relaying import berths
from pcloud.runtime.relaying.owning import Relaying
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import leaving
from pcloud.runtime.taking.owning import Taking
from pcloud.store.port import Fed

T = TypeVar("T")

UNDER_WAY = ("pending", "requested", "accepted")
"""States of a contact that is no relationship yet, and may become one."""
JUST_SAID = 4
"""Rows among which a message is looked for that was said just now."""


class Owner(Caring, Knowing, Recording, Consenting, Giving, Taking, Relaying, Keeping, Recovered):
    """The owner's side of a node."""

    async def _with(self, peer: str, work: Callable[[Batch, Scope], object]) -> views.Peer:
        """Do something in a relationship, and show it after."""

        def job(batch: Batch) -> views.Peer:
            scope = peer_of(batch, peer)
            work(batch, scope)
            return customers.shown(batch, scope)

        return await self._do(job)

    # The node

    async def status(self) -> views.Status:
        """The node at a glance."""
        counts = await self._do(lambda batch: {**batch.store.counts(), **_kinds(batch)})
        me = self._node.me
        return views.Status(
            me.name,
            me.kind,
            self._node.version,
            self._node.started,
            self._node.address,
            [endpoint for endpoint in me.endpoints if endpoint != NOWHERE],
            counts["peers"],
            counts["pending"],
            counts["deliveries"],
            counts["bytes"],
            newest_elsewhere(self._node),
        )

    # Meeting

    async def invite(
        self,
        purpose: str,
        *,
        role: str | None = None,
        uses: int = 1,
        expires_s: int | None = 86_400,
        title: str | None = None,
        terms: list[str] | None = None,
    ) -> views.Invitation:
        """Make an invitation. `title` is the name it shows; by default the node's own."""
        me = self._node.me
        wanted = offering.Wanted(
            purpose,
            me.kind,
            me.endpoints,
            role,
            uses,
            expires_s,
            me.name if title is None else title or None,
            None if terms is None else tuple(terms),
        )

        def job(batch: Batch) -> tuple[views.Invitation, bytes | None]:
            offer = offering.invite(batch, wanted)
            at_relay = None if berths.chosen(batch) is None else offer.blob_mailbox
            return offering.view(offer, batch.now), at_relay

        made, at_relay = await self._do(job)
        if at_relay is not None:
            await self._told(self._node.relays.until_shown(at_relay))
        return made

    async def invitations(self) -> list[views.Invitation]:
        """Those that are not withdrawn."""
        return await self._do(lambda batch: [offering.view(each, batch.now) for each in batch.store.offers()])

    async def withdraw(self, invitation: str) -> None:
        """End an invitation: no request for it can be accepted any more."""
        await self._do(lambda batch: offering.end(batch, find_offer(batch, invitation)))

    async def connect(self, link: str) -> views.Contact:
        """Fetch and verify what a link leads to, and keep it as a pending contact. Nothing else is sent."""
        invitation = await fetching.fetch(self._node.net, link)
        me = self._node.itself

        def job(batch: Batch) -> views.Contact:
            fetching.require_open(invitation, batch.now)
            return show.contact(meeting.pend(batch, invitation, me), invitation)

        return await self._do(job)

    async def contacts(self) -> list[views.Contact]:
        """Those that are not relationships yet, newest first."""

        def job(batch: Batch) -> list[views.Contact]:
            scopes = [batch.scope(row.scope) for row in rows_of(batch) if row.state not in RELATED]
            scopes = sorted((each for each in scopes if not show.is_peer(each)), key=_created, reverse=True)
            return [show.contact(each, meeting.invitation_of(batch, each)) for each in scopes]

        return await self._do(job)

    async def accept(self, contact: str, *, name: str | None = None) -> views.Contact:
        """Ask a contact with direction out, or let one with direction in come in; `name` is shown to them."""
        shown = self._node.me.name if name is None else name
        me = self._node.itself

        def job(batch: Batch) -> views.Contact:
            scope = find_scope(batch, contact)
            invitation = meeting.invitation_of(batch, scope)
            return show.contact(meeting.accept(batch, scope, me, shown), invitation)

        return await self._do(job)

    async def decline(self, contact: str, *, reason: str | None = None) -> views.Contact:
        """Refuse a request, or drop a pending contact."""

        def job(batch: Batch) -> views.Contact:
            return show.contact(meeting.decline(batch, find_scope(batch, contact), reason), None)

        return await self._do(job)

    # Relationships

    async def peers(self, *, after: str | None = None, limit: int = PAGE_MAX) -> list[views.Peer]:
        """Relationships in the order of their ids."""

        def job(batch: Batch) -> list[views.Peer]:
            found: list[views.Peer] = []
            for row in rows_of(batch, after):
                if len(found) >= min(limit, PAGE_MAX):
                    break
                scope = batch.scope(row.scope)
                if show.is_peer(scope):
                    found.append(customers.shown(batch, scope))
            return found

        return await self._do(job)

    async def peer(self, peer: str) -> views.Peer:
        """One relationship."""
        return await self._with(peer, lambda _batch, _scope: None)

    async def pause(self, peer: str, *, until: int | None = None) -> views.Peer:
        """Ask the peer to send nothing for now."""
        return await self._with(peer, partial(speaking.pause, until=until))

    async def resume(self, peer: str) -> views.Peer:
        """End one's own pause."""
        return await self._with(peer, speaking.resume)

    async def close(self, peer: str, *, held: str = "none", until: int | None = None) -> views.Peer:
        """End the relationship and say what happens to their data: `erased`, `kept`, `none`."""
        return await self._with(peer, partial(leaving.close, held=held, until=until))

    async def rotate(self, peer: str) -> views.Peer:
        """Begin new sessions in both directions, under keys that served nothing before."""
        return await self._with(peer, speaking.rotate)

    async def say(self, peer: str, text: str, *, thread: str | None = None) -> views.Entry:
        """Say something. It is kept until the peer has acknowledged it."""

        def job(batch: Batch) -> tuple[bytes, bytes]:
            scope = peer_of(batch, peer)
            known = None if thread is None else speaking.conversation(batch, scope, thread)
            return scope.id, speaking.say(batch, scope, text, known)

        scope_id, said = await self._do(job)
        return await self._do(lambda batch: show.entry(_newest(batch, scope_id, said)))

    async def log(self, peer: str, *, before: int | None = None, limit: int = 50) -> list[views.Entry]:
        """What was said and done, newest first."""

        def job(batch: Batch) -> list[Fed]:
            below = None if before is None else _number(before)
            return list(batch.store.log(find_scope(batch, peer).id, below, min(limit, PAGE_MAX)))

        return [show.entry(fed) for fed in await self._do(job)]

    async def export(self, peer: str, *, show: list[str] | None = None) -> bytes:
        """The relationship as one file that anybody can verify; `show`: with no value but of these paths."""
        return await self._do(lambda batch: export(batch, peer_of(batch, peer), show))

    # Terms

    async def rosters(self) -> list[views.Terms]:
        """Terms that can be proffered."""
        return self._node.roster.views()

    async def terms(self, peer: str | None = None) -> list[views.Negotiation]:
        """Negotiations, with one peer or with all."""

        def job(batch: Batch) -> list[views.Negotiation]:
            if peer is None:
                scopes = [batch.scope(row.scope) for row in rows_of(batch)]
            else:
                scopes = [peer_of(batch, peer)]
            return [each for scope in scopes for each in negotiating.all_of(batch, scope)]

        return await self._do(job)

    async def negotiations(
        self, *, state: Literal["waiting", "agreed"] = "waiting", after: int = 0, limit: int = 30
    ) -> views.Negotiations:
        """Negotiations with all peers that wait for an answer, or agreements in force."""
        return await self._do(lambda batch: negotiating.page(batch, state, after, min(limit, PAGE_MAX)))

    async def show_terms(self, negotiation: str) -> views.Negotiation:
        """One negotiation with its co-signed record."""
        return await self._do(lambda batch: negotiating.show_whole(batch, negotiation))

    async def proffer(
        self,
        peer: str,
        terms: str,
        *,
        expires_s: int = 604_800,
        until: int | None = None,
        replaces: str | None = None,
    ) -> views.Negotiation:
        """Proffer one's own terms, chosen from a roster."""
        chosen = negotiating.choose(self._node.roster, terms)

        def job(batch: Batch) -> views.Negotiation:
            how = negotiating.How(chosen, batch.now + expires_s, until, replaces)
            return negotiating.proffer(batch, peer_of(batch, peer), how)

        return await self._do(job)

    async def accept_terms(self, negotiation: str) -> views.Negotiation:
        """Accept what the peer proffers; its node signs last."""
        return await self._do(lambda batch: negotiating.accept(batch, negotiation))

    async def counter_terms(self, negotiation: str, terms: str) -> views.Negotiation:
        """Name other terms of the same roster, once; as first party: proffer what the peer named."""
        chosen = negotiating.choose(self._node.roster, terms)
        return await self._do(lambda batch: negotiating.counter(batch, negotiation, chosen))

    async def decline_terms(self, negotiation: str, *, reason: str | None = None) -> views.Negotiation:
        """Refuse what the peer proffers or names, or withdraw one's own proffer."""
        return await self._do(lambda batch: negotiating.refuse(batch, negotiation, reason))

    async def terminate_terms(self, negotiation: str, *, reason: str | None = None) -> views.Negotiation:
        """End an agreement."""
        return await self._do(lambda batch: negotiating.terminate(batch, negotiation, reason))

    # What happens, who is near, and how the node is

    def happenings(self, *, after: int | None = None) -> AsyncIterator[views.Happening]:
        """What happens from now on, or first all that happened after that number. Ends with the node."""
        return self._node.following.follow(None if after is None else _number(after))

    async def discover(self, *, seconds: float = 3.0) -> list[views.Nearby]:
        """Look for nodes on this network; nothing is announced by looking."""
        found = await self._node.discovery.browse(seconds)
        return [views.Nearby(each.address, each.port, each.token) for each in found]

    async def announce(self, *, on: bool) -> None:
        """Announce this node on this network, or stop."""
        if on and not self._node.port:
            raise OwnerError("invalid", "Your node opens no port, so there is nothing to announce.")
        await self._node.announce(on=on)

    async def doctor(self) -> list[views.Check]:
        """Look everything over: keys, store, clock, reachability."""
        return await self._told(examine(self._node))

    async def metrics(self) -> bytes:
        """Counters and gauges as Prometheus reads them; no labels that name a peer."""
        return await self._told(self._node.metrics_text())


def _number(wanted: int) -> int:
    """A place in the log, as near to what was asked for as there are any."""
    return min(max(wanted, 0), INTEGER_MAX)


def _created(scope: Scope) -> int:
    return scope.contact.created


def _newest(batch: Batch, scope: bytes, first_id: bytes) -> Fed:
    """The row of a message that is committed. Others may have come with it and since."""
    before: int | None = None
    rows = batch.store.log(scope, before, JUST_SAID)
    while rows:
        for fed in rows:
            if fed.entry.first_id == first_id:
                return fed
        before = rows[-1].number
        rows = batch.store.log(scope, before, PAGE_MAX)
    raise LookupError("no such message")


def _kinds(batch: Batch) -> dict[str, int]:
    states = batch.store.contact_states()
    peers = sum(states.get(state, 0) for state in RELATED)
    return {"peers": peers, "pending": sum(states.get(state, 0) for state in UNDER_WAY)}
