"""Everything an owner can ask of a node: the API, the command line and the page offer this and no more.

Ids may be given as any unambiguous beginning of one, or as the name of a peer. All raise OwnerError.
"""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from pcloud.errors import PcloudError
from pcloud.runtime.cares import Care
from pcloud.runtime.consenting.surface import ConsentingSurface
from pcloud.runtime.giving.surface import GivingSurface
from pcloud.runtime.recording.surface import RecordingSurface
from pcloud.runtime.taking.surface import TakingSurface
from pcloud.runtime.views import (
    Check,
    Contact,
    Decided,
    Entry,
    Happening,
    HolderStats,
    Holding,
    Invitation,
    Move,
    Nearby,
    Negotiation,
    Negotiations,
    News,
    Peer,
    People,
    Recovery,
    Relay,
    RelayStats,
    Status,
    Terms,
    Unaffirmed,
)


class OwnerError(PcloudError):
    """What the owner asked cannot be done. The text says why, and what to do next.

    `code` is a protocol code where the protocol refuses it, else one of `unknown`, `ambiguous`, `invalid`,
    `unreachable`, `full`, `busy`.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text


class Surface(ConsentingSurface, RecordingSurface, GivingSurface, TakingSurface, Protocol):
    """The owner's side of a node that runs."""

    async def status(self) -> Status:
        """The node at a glance."""

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

    async def invitations(self) -> list[Invitation]:
        """Those that are not withdrawn."""

    async def withdraw(self, invitation: str) -> None:
        """End an invitation: no request for it can be accepted any more."""

    async def connect(self, link: str) -> Contact:
        """Fetch and verify what a link leads to, and keep it as a pending contact. Nothing else is sent."""

    async def contacts(self) -> list[Contact]:
        """Those that are not relationships yet, newest first."""

    async def accept(self, contact: str, *, name: str | None = None) -> Contact:
        """Ask a contact with direction out, or let one with direction in come in; `name` is shown to them."""

    async def decline(self, contact: str, *, reason: str | None = None) -> Contact:
        """Refuse a request, or drop a pending contact."""

    async def peers(self, *, after: str | None = None, limit: int = 100) -> list[Peer]:
        """Relationships in the order of their ids."""

    async def people(
        self, *, find: str | None = None, after: str | None = None, ended: bool = False, limit: int = 100
    ) -> People:
        """Relationships in the order of names: those of now, or those that have ended.

        `find`: only whose name has all these words, or what you call a customer.
        """

    async def peer(self, peer: str) -> Peer:
        """One relationship."""

    async def pause(self, peer: str, *, until: int | None = None) -> Peer:
        """Ask the peer to send nothing for now."""

    async def resume(self, peer: str) -> Peer:
        """End one's own pause."""

    async def close(self, peer: str, *, held: str = "none", until: int | None = None) -> Peer:
        """End the relationship and say what happens to their data: `erased`, `kept`, `none`."""

    async def rotate(self, peer: str) -> Peer:
        """Begin new sessions in both directions, under keys that served nothing before."""

    async def say(self, peer: str, text: str, *, thread: str | None = None) -> Entry:
        """Say something, in a new conversation or in one that exists. It is kept until acknowledged."""

    async def log(self, peer: str, *, before: int | None = None, limit: int = 50) -> list[Entry]:
        """What was said and done, newest first."""

    async def news(self, *, before: int | None = None, limit: int = 50) -> list[News]:
        """What was said and done with everybody, newest first."""

    async def export(self, peer: str, *, show: list[str] | None = None) -> bytes:
        """The relationship as one file that anybody can verify; `show`: with no value but of these paths."""

    async def rosters(self) -> list[Terms]:
        """Terms that can be proffered."""

    async def terms(self, peer: str | None = None) -> list[Negotiation]:
        """Negotiations, with one peer or with all."""

    async def negotiations(
        self, *, state: Literal["waiting", "agreed"] = "waiting", after: int = 0, limit: int = 30
    ) -> Negotiations:
        """Negotiations with all peers that wait for an answer of either side, or agreements in force."""

    async def show_terms(self, negotiation: str) -> Negotiation:
        """One negotiation with its co-signed record."""

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

    async def accept_terms(self, negotiation: str) -> Negotiation:
        """Accept what the peer proffers; its node signs last."""

    async def counter_terms(self, negotiation: str, terms: str) -> Negotiation:
        """Name other terms of the same roster, once; as first party: proffer what the peer named."""

    async def decline_terms(self, negotiation: str, *, reason: str | None = None) -> Negotiation:
        """Refuse what the peer proffers or names, or withdraw one's own proffer."""

    async def terminate_terms(self, negotiation: str, *, reason: str | None = None) -> Negotiation:
        """End an agreement."""

    def backup(self) -> AsyncIterator[bytes]:
        """A whole copy of the node, sealed so that only the 24 words open it, piece by piece."""

    async def review(self, peer: str | None = None, *, limit: int = 100) -> list[Unaffirmed]:
        """Own entries that peers gave back after a recovery: they wait for the owner's word."""

    async def affirm(self, peer: str, *, entries: list[str] | None = None) -> Decided:
        """Own up to entries that a peer gave back; without ids to all of them."""

    async def reject(self, peer: str, *, entries: list[str] | None = None) -> Decided:
        """Disown entries that a peer gave back, because another made them; without ids all that can be."""

    async def recovery(self) -> Recovery:
        """How far the last recovery has come, and where another copy of this node has shown itself."""

    async def relay_serve(self, *, on: bool, anyone: bool = False) -> RelayStats:
        """Be a relay: for the peers that are granted it, or for any peer that asks. Or be none any more."""

    async def relay_invite(self, *, uses: int = 1, expires_s: int | None = 86_400) -> Invitation:
        """Make an invitation for customers: who comes by it is let in, and gets mailboxes, without asking."""

    async def relay_grant(self, peer: str) -> Peer:
        """Let a peer have mailboxes here, now and whenever it asks for more."""

    async def relay_stats(self) -> RelayStats:
        """How much is kept here for others."""

    async def relay_use(self, relay: str, *, move: bool = False) -> Relay:
        """Let a relay keep what others send: by the link of its invitation, or a peer that is one.

        Who is met from then on is told of a mailbox there; `move` tells those who are peers already, too.
        """

    async def relays(self) -> list[Relay]:
        """Relays that are in use, or were."""

    async def move(self, *, relay: str | None = None) -> Move:
        """Tell every peer where it reaches this node from now on: at a relay, or at the node itself."""

    async def moving(self) -> Move:
        """Where peers are told to send, and who has not followed yet."""

    async def holders(self) -> list[Holding]:
        """Where copies of this node are kept, and for whom this node keeps copies."""

    async def holder_ask(self, peer: str, *, bytes_max: int = 2**30, days: int = 90) -> Holding:
        """Ask a peer to keep sealed copies of this node, which it cannot read."""

    async def holder_remove(self, peer: str, *, theirs: bool = False) -> None:
        """Let a peer keep copies no more; `theirs`: keep none for it. What is kept stays for its days."""

    async def holder_check(self, peer: str | None = None) -> list[Holding]:
        """Bring copies up to date now, and let holders show that they have what they took; all, or one."""

    async def holder_grant(
        self, peer: str, *, bytes_max: int | None = None, days: int | None = None
    ) -> Holding:
        """Keep copies for a peer that has asked for it: as much as it asked for, or less."""

    async def holder_serve(
        self, *, on: bool, anyone: bool = False, bytes_max: int = 2**30, days: int = 90
    ) -> HolderStats:
        """Keep copies for peers, or take on no more; `anyone` lets every related peer in that asks."""

    async def holder_stats(self) -> HolderStats:
        """What this node keeps for peers altogether."""

    def happenings(self, *, after: int | None = None) -> AsyncIterator[Happening]:
        """What happens from now on, or first all that happened after that number. Ends with the node."""

    async def discover(self, *, seconds: float = 3.0) -> list[Nearby]:
        """Look for nodes on this network; nothing is announced by looking."""

    async def announce(self, *, on: bool) -> None:
        """Announce this node on this network, or stop."""

    async def care(self) -> Care:
        """What needs the owner, as far as it is cheap to know."""

    async def doctor(self) -> list[Check]:
        """Look everything over: keys, store, clock, reachability."""

    async def metrics(self) -> bytes:
        """Counters and gauges as Prometheus reads them; no labels that name a peer."""
