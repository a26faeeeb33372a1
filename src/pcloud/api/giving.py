"""The client's questions about what peers ask for, what they hold, and taking it back."""

from pcloud.api import routes
from pcloud.api.asking import Asking
from pcloud.api.bodies.giving import AnswerAsk, AsksPage, KnownOf, LedgerPage, Share, TakeBack
from pcloud.api.requests import LogPage, Nothing, OfPeer
from pcloud.runtime.giving.views import Answered, Ask, Disclosed, Known, Ledger, RefusedAsk


class GivingAsking(Asking):
    """Every method is that of `Surface`."""

    async def asks(self, *, peer: str | None = None, limit: int = 100) -> list[Ask]:
        """Questions of peers that wait for an answer, oldest first."""
        return await self._ask(routes.ASKS, AsksPage(peer=peer, limit=limit))

    async def show_ask(self, ask: str) -> Ask:
        """One question, with what would be given."""
        return await self._ask(routes.SHOW_ASK, Nothing(), ask)

    async def refused_asks(self, *, peer: str | None = None) -> list[RefusedAsk]:
        """What peers asked or sent beyond the terms, the newest of each peer first: it was refused."""
        return await self._ask(routes.REFUSED_ASKS, OfPeer(peer=peer))

    async def answer(
        self,
        ask: str,
        *,
        only: list[str] | None = None,
        decline: dict[str, str] | None = None,
        reason: str | None = None,
        until: int | None = None,
        once: bool = False,
        onward: bool = False,
    ) -> Answered:
        """Give what is asked for, or `only` some of it. `decline` says why not, `reason` for the rest.

        Later versions follow where they were asked for, but for `once`. Nobody may pass it on without
        `onward`. An empty `only` gives nothing.
        """
        wanted = AnswerAsk(only=only, decline=decline, reason=reason, until=until, once=once, onward=onward)
        return await self._ask(routes.ANSWER, wanted, ask)

    async def share(
        self,
        peer: str,
        paths: list[str],
        *,
        purposes: list[str] | None = None,
        until: int | None = None,
        once: bool = False,
        terms: str | None = None,
    ) -> Answered:
        """Give something unasked, under the terms in force with this peer; by default for a year at most."""
        wanted = Share(paths=paths, purposes=purposes, until=until, once=once, terms=terms)
        return await self._ask(routes.SHARE, wanted, peer)

    async def ledger(
        self,
        *,
        peer: str | None = None,
        path: str | None = None,
        lagging: bool = False,
        after: str | None = None,
        limit: int = 100,
    ) -> Ledger:
        """Who holds which of your data, in which version, until when, and how that stands."""
        wanted = LedgerPage(peer=peer, path=path, lagging=lagging, after=after, limit=limit)
        return await self._ask(routes.LEDGER, wanted)

    async def known(self, peers: list[str]) -> list[Known]:
        """What each of some peers was given, in their order: of each the first rows of its ledger."""
        return await self._ask(routes.KNOWN, KnownOf(peers=peers))

    async def disclosed(self, *, before: int | None = None, limit: int = 50) -> Disclosed:
        """What was asked for, given, taken back and deleted of your data with everybody, newest first."""
        return await self._ask(routes.DISCLOSED, LogPage(before=before, limit=limit))

    async def revoke(self, peer: str, *, paths: list[str] | None = None) -> Ledger:
        """Let a peer hold these fields no longer, or none; gives how it stands now."""
        return await self._ask(routes.REVOKE, TakeBack(paths=paths), peer)

    async def erase(self, peer: str, *, paths: list[str] | None = None) -> Ledger:
        """Take fields back, or all, and order that every copy be deleted, which they have to sign."""
        return await self._ask(routes.ERASE, TakeBack(paths=paths), peer)
