"""What an owner can ask about what peers ask for and hold: a part of `Surface`."""

from typing import Protocol

from pcloud.runtime.giving.views import Answered, Ask, Disclosed, Known, Ledger, RefusedAsk


class GivingSurface(Protocol):
    """Questions of peers, answers, the ledger, taking back."""

    async def asks(self, *, peer: str | None = None, limit: int = 100) -> list[Ask]:
        """Questions of peers that wait for an answer, oldest first."""

    async def show_ask(self, ask: str) -> Ask:
        """One question, with what would be given."""

    async def refused_asks(self, *, peer: str | None = None) -> list[RefusedAsk]:
        """What peers asked or sent beyond the terms, the newest of each peer first: it was refused."""

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

    async def known(self, peers: list[str]) -> list[Known]:
        """What each of some peers was given, in their order: of each the first rows of its ledger."""

    async def disclosed(self, *, before: int | None = None, limit: int = 50) -> Disclosed:
        """What was asked for, given, taken back and deleted of your data with everybody, newest first."""

    async def revoke(self, peer: str, *, paths: list[str] | None = None) -> Ledger:
        """Let a peer hold these fields no longer, or none; gives how it stands now."""

    async def erase(self, peer: str, *, paths: list[str] | None = None) -> Ledger:
        """Take fields back, or all, and order that every copy be deleted, which they have to sign."""
