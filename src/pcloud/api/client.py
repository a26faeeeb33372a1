"""The typed client: `Surface`, answered by a node that runs elsewhere.

    async with Client.at(folder) as node:
        print(await node.status())

What carries the questions is imported with the first of them: it takes longer than all else a command needs.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final, Literal, Self

from pcloud.api import routes
from pcloud.api.asking import read_answer, target_of
from pcloud.api.consenting import ConsentingAsking
from pcloud.api.giving import GivingAsking
from pcloud.api.keeping import KeepingAsking
from pcloud.api.recording import RecordingAsking
from pcloud.api.relaying import RelayAsking
from pcloud.api.requests import (
    Accept,
    After,
    Announce,
    Close,
    Connect,
    Counter,
    Decide,
    Export,
    Invite,
    LogPage,
    Look,
    Nothing,
    OfPeer,
    OfState,
    Pause,
    PeersPage,
    PeopleFind,
    Proffer,
    Reason,
    ReviewPage,
    Say,
)
from pcloud.api.taking import TakingAsking
from pcloud.runtime.cares import Care
from pcloud.runtime.views import (
    Check,
    Contact,
    Decided,
    Entry,
    Happening,
    Invitation,
    Nearby,
    Negotiation,
    Negotiations,
    News,
    Peer,
    People,
    Recovery,
    Status,
    Terms,
    Unaffirmed,
)

SOCKET_NAME: Final = "owner.sock"
"""In the folder of a node: where its owner asks it."""

TOKEN_NAME: Final = "owner.token"  # noqa: S105 - the name of a file
"""In the folder of a node: what is to be shown on loopback TCP."""


class Client(ConsentingAsking, RecordingAsking, GivingAsking, TakingAsking, RelayAsking, KeepingAsking):
    """The owner's side of a node. Every method is that of `Surface`, and raises OwnerError as it does.

    Beside the codes of `Surface` there are `no-node`, where none answers, and those of the API itself
    (docs/api.md). Nothing is asked twice by itself.
    """

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The node that runs in this folder, over its Unix socket."""
        return cls("http://localhost", socket=folder / SOCKET_NAME)

    async def status(self) -> Status:
        """The node at a glance."""
        return await self._ask(routes.STATUS, Nothing())

    async def invite(
        self,
        purpose: str,
        *,
        role: str | None = None,
        uses: int = 1,
        expires_s: int | None = 86_400,
        title: str | None = None,
        terms: list[str] | None = None,
    ) -> Invitation:
        """Make an invitation. `title` is the name it shows; by default the node's own."""
        return await self._ask(
            routes.INVITE,
            Invite(purpose=purpose, role=role, uses=uses, expires_s=expires_s, title=title, terms=terms),
        )

    async def invitations(self) -> list[Invitation]:
        """Those that are not withdrawn."""
        return await self._ask(routes.INVITATIONS, Nothing())

    async def withdraw(self, invitation: str) -> None:
        """End an invitation: no request for it can be accepted any more."""
        await self._ask(routes.WITHDRAW, Nothing(), invitation)

    async def connect(self, link: str) -> Contact:
        """Fetch and verify what a link leads to, and keep it as a pending contact. Nothing else is sent."""
        return await self._ask(routes.CONNECT, Connect(link=link))

    async def contacts(self) -> list[Contact]:
        """Those that are not relationships yet, newest first."""
        return await self._ask(routes.CONTACTS, Nothing())

    async def accept(self, contact: str, *, name: str | None = None) -> Contact:
        """Ask a contact with direction out, or let one with direction in come in; `name` is shown to them."""
        return await self._ask(routes.ACCEPT, Accept(name=name), contact)

    async def decline(self, contact: str, *, reason: str | None = None) -> Contact:
        """Refuse a request, or drop a pending contact."""
        return await self._ask(routes.DECLINE, Reason(reason=reason), contact)

    async def peers(self, *, after: str | None = None, limit: int = 100) -> list[Peer]:
        """Relationships in the order of their ids."""
        return await self._ask(routes.PEERS, PeersPage(after=after, limit=limit))

    async def people(
        self, *, find: str | None = None, after: str | None = None, ended: bool = False, limit: int = 100
    ) -> People:
        """Relationships in the order of names: all, or whose name has all these words."""
        return await self._ask(routes.PEOPLE, PeopleFind(find=find, after=after, ended=ended, limit=limit))

    async def peer(self, peer: str) -> Peer:
        """One relationship."""
        return await self._ask(routes.PEER, Nothing(), peer)

    async def pause(self, peer: str, *, until: int | None = None) -> Peer:
        """Ask the peer to send nothing for now."""
        return await self._ask(routes.PAUSE, Pause(until=until), peer)

    async def resume(self, peer: str) -> Peer:
        """End one's own pause."""
        return await self._ask(routes.RESUME, Nothing(), peer)

    async def close(self, peer: str, *, held: str = "none", until: int | None = None) -> Peer:
        """End the relationship and say what happens to their data: `erased`, `kept`, `none`."""
        return await self._ask(routes.CLOSE, Close(held=held, until=until), peer)

    async def rotate(self, peer: str) -> Peer:
        """Begin new sessions in both directions, under keys that served nothing before."""
        return await self._ask(routes.ROTATE, Nothing(), peer)

    async def say(self, peer: str, text: str, *, thread: str | None = None) -> Entry:
        """Say something. It is kept until the peer has acknowledged it."""
        return await self._ask(routes.SAY, Say(text=text, thread=thread), peer)

    async def log(self, peer: str, *, before: int | None = None, limit: int = 50) -> list[Entry]:
        """What was said and done, newest first."""
        return await self._ask(routes.LOG, LogPage(before=before, limit=limit), peer)

    async def news(self, *, before: int | None = None, limit: int = 50) -> list[News]:
        """What was said and done with everybody, newest first."""
        return await self._ask(routes.NEWS, LogPage(before=before, limit=limit))

    async def export(self, peer: str, *, show: list[str] | None = None) -> bytes:
        """The relationship as one file that anybody can verify; `show`: with no value but of these paths."""
        return await self._fetch(routes.EXPORT, Export(show=show), peer)

    async def rosters(self) -> list[Terms]:
        """Terms that can be proffered."""
        return await self._ask(routes.ROSTERS, Nothing())

    async def terms(self, peer: str | None = None) -> list[Negotiation]:
        """Negotiations, with one peer or with all."""
        return await self._ask(routes.TERMS, OfPeer(peer=peer))

    async def negotiations(
        self, *, state: Literal["waiting", "agreed"] = "waiting", after: int = 0, limit: int = 30
    ) -> Negotiations:
        """Negotiations with all peers that wait for an answer, or agreements in force."""
        return await self._ask(routes.NEGOTIATIONS, OfState(state=state, after=after, limit=limit))

    async def show_terms(self, negotiation: str) -> Negotiation:
        """One negotiation with its co-signed record."""
        return await self._ask(routes.SHOW_TERMS, Nothing(), negotiation)

    async def proffer(
        self,
        peer: str,
        terms: str,
        *,
        expires_s: int = 604_800,
        until: int | None = None,
        replaces: str | None = None,
    ) -> Negotiation:
        """Proffer one's own terms, chosen from a roster."""
        return await self._ask(
            routes.PROFFER,
            Proffer(peer=peer, terms=terms, expires_s=expires_s, until=until, replaces=replaces),
        )

    async def accept_terms(self, negotiation: str) -> Negotiation:
        """Accept what the peer proffers; its node signs last."""
        return await self._ask(routes.ACCEPT_TERMS, Nothing(), negotiation)

    async def counter_terms(self, negotiation: str, terms: str) -> Negotiation:
        """Name other terms of the same roster, once; as first party: proffer what the peer named."""
        return await self._ask(routes.COUNTER_TERMS, Counter(terms=terms), negotiation)

    async def decline_terms(self, negotiation: str, *, reason: str | None = None) -> Negotiation:
        """Refuse what the peer proffers or names, or withdraw one's own proffer."""
        return await self._ask(routes.DECLINE_TERMS, Reason(reason=reason), negotiation)

    async def terminate_terms(self, negotiation: str, *, reason: str | None = None) -> Negotiation:
        """End an agreement."""
        return await self._ask(routes.TERMINATE_TERMS, Reason(reason=reason), negotiation)

    async def backup(self) -> AsyncGenerator[bytes, None]:
        """A whole copy of the node, sealed so that only the 24 words open it, piece by piece."""
        async with aclosing(self._carried().receive(target_of(routes.BACKUP, Nothing()))) as pieces:
            async for piece in pieces:
                yield piece

    async def review(self, peer: str | None = None, *, limit: int = 100) -> list[Unaffirmed]:
        """Own entries that peers gave back after a recovery: they wait for the owner's word."""
        return await self._ask(routes.REVIEW, ReviewPage(peer=peer, limit=limit))

    async def affirm(self, peer: str, *, entries: list[str] | None = None) -> Decided:
        """Own up to entries that a peer gave back; without ids to all of them."""
        return await self._ask(routes.AFFIRM, Decide(entries=entries), peer)

    async def reject(self, peer: str, *, entries: list[str] | None = None) -> Decided:
        """Disown entries that a peer gave back, because another made them; without ids all that can be."""
        return await self._ask(routes.REJECT, Decide(entries=entries), peer)

    async def recovery(self) -> Recovery:
        """How far the last recovery has come, and where another copy of this node has shown itself."""
        return await self._ask(routes.RECOVERY, Nothing())

    async def happenings(self, *, after: int | None = None) -> AsyncGenerator[Happening, None]:
        """What happens from now on, or first all that happened after that number. Ends with the node."""
        target = target_of(routes.HAPPENINGS, After(after=after))
        async with aclosing(self._carried().listen(target)) as events:
            async for data in events:
                yield read_answer(data, Happening)

    async def discover(self, *, seconds: float = 3.0) -> list[Nearby]:
        """Look for nodes on this network; nothing is announced by looking."""
        return await self._ask(routes.DISCOVER, Look(seconds=seconds))

    async def announce(self, *, on: bool) -> None:
        """Announce this node on this network, or stop."""
        await self._ask(routes.ANNOUNCE, Announce(on=on))

    async def care(self) -> Care:
        """What needs the owner, as far as it is cheap to know."""
        return await self._ask(routes.CARE, Nothing())

    async def doctor(self) -> list[Check]:
        """Look everything over: keys, store, clock, reachability."""
        return await self._ask(routes.DOCTOR, Nothing())

    async def metrics(self) -> bytes:
        """Counters and gauges as Prometheus reads them; no labels that name a peer."""
        return await self._fetch(routes.METRICS, Nothing())
