"""What an owner can ask about data of others: a part of `Surface`."""

from typing import Any, Protocol

from pcloud.runtime.taking.views import (
    Asked,
    AskedPage,
    Ending,
    HeldPage,
    Invited,
    Kept,
    Returned,
    RightAsked,
    Said,
)


class TakingSurface(Protocol):
    """Asking peers for their data, what this node holds of them, and what they claim."""

    async def ask(
        self,
        peer: str,
        wanted: list[str],
        purposes: list[str],
        *,
        until: int | None = None,
        standing: bool = False,
        required: list[str] | None = None,
        action: str = "dpv:Use",
        example: dict[str, dict[str, Any]] | None = None,
        equal: dict[str, Any] | None = None,
        circumstances: dict[str, Any] | None = None,
        terms: str | None = None,
    ) -> Asked:
        """Ask a peer for data, under the terms in force. What they forbid is refused before it is sent.

        By default for as long as the terms allow; `standing` asks for later versions too. `example` says by
        pattern what records are to be like, `equal` by path what to compare with.
        """

    async def questions(
        self, *, peer: str | None = None, state: str = "open", after: int = 0, limit: int = 100
    ) -> AskedPage:
        """What was asked, and what became of it: of one peer all of it, else what is in a state.

        States are `open`, `given`, `declined` and `refused`.
        """

    async def held(
        self, *, peer: str | None = None, path: str = "", after: str | None = None, limit: int = 100
    ) -> HeldPage:
        """What this node holds of others: values, versions, until when, and by which grant."""

    async def ending(self, *, within_s: int = 2_592_000, limit: int = 50) -> list[Ending]:
        """What this node holds of others, and may hold not much longer: the next to end first."""

    async def confirm(self, peer: str, thread: str, outcomes: list[dict[str, Any]]) -> Said:
        """Say what became of fields where they are used: `path`, `version`, and `outcome`.

        Outcomes are `applied`, `refused`, `need-more`.
        """

    async def give_up(self, peer: str, thread: str) -> Said:
        """Need a grant no more: its fields are deleted, and the peer is told."""

    async def delete_held(self, peer: str, paths: list[str]) -> list[Said]:
        """Delete fields of a peer although they may be held; patterns stand for all records."""

    async def keep(self, peer: str, path: str, *, reason: str | None = None) -> list[Kept]:
        """Keep fields of a peer although they would have to be deleted, because the law says so.

        Reasons are `legal-duty` and `legal-claim`; without one they are kept no longer. Gives what is kept.
        """

    async def handback(self, peer: str, records: list[dict[str, Any]]) -> Said:
        """Give a peer data that arose here, such as receipts: `path`, `value`, perhaps `version`."""

    async def returned(self, *, peer: str | None = None, limit: int = 100) -> list[Returned]:
        """Data that arose with peers, came back, and wait for the owner's word, such as another address.

        Receipts, reservations and balances become records by themselves.
        """

    async def take_returned(self, peer: str, paths: list[str], *, drop: bool = False) -> Said:
        """Let what came back be records of the owner, or `drop` it; patterns stand for all records."""

    async def invite_customers(
        self,
        references: list[str],
        purpose: str,
        *,
        role: str | None = None,
        expires_s: int | None = 2_592_000,
        title: str | None = None,
        terms: list[str] | None = None,
        let_in: bool = False,
    ) -> list[Invited]:
        """Make an invitation for each customer, bound to what you call it; who has an open one keeps that.

        The name is never sent. `let_in`: who comes by one is let in without asking you. Each is good once.
        """

    async def rights_asked(
        self, *, peer: str | None = None, answered: bool = False, limit: int = 100
    ) -> list[RightAsked]:
        """Rights that peers claim over their data here, oldest first; with `answered` also what is done."""

    async def right_answer(
        self, claim: str, outcome: str, *, reason: str | None = None, until: int | None = None
    ) -> RightAsked:
        """Answer a claim: `done`, `partly`, `extended` (until a day) or `refused` (for a reason).

        With `done` the node does it: it gives what is held, or deletes it.
        """
