"""The client's questions about data of others: asking for them, holding them, deleting them."""

from typing import Any

from pcloud.api import routes
from pcloud.api.asking import Asking
from pcloud.api.bodies.taking import (
    AnswerRight,
    AskedOf,
    AskPeer,
    Confirm,
    DeleteHeld,
    EndingWithin,
    GiveUp,
    Handback,
    HeldOf,
    InviteCustomers,
    Keep,
    ReturnedOf,
    RightsAsked,
    TakeReturned,
)
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


class TakingAsking(Asking):
    """Every method is that of `Surface`."""

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
        wish = AskPeer(
            peer=peer,
            wanted=wanted,
            purposes=purposes,
            until=until,
            standing=standing,
            required=required,
            action=action,
            example=example,
            equal=equal,
            circumstances=circumstances,
            terms=terms,
        )
        return await self._ask(routes.ASK, wish)

    async def questions(
        self, *, peer: str | None = None, state: str = "open", after: int = 0, limit: int = 100
    ) -> AskedPage:
        """What was asked, and what became of it: of one peer all of it, else what is in a state.

        States are `open`, `given`, `declined` and `refused`.
        """
        return await self._ask(routes.QUESTIONS, AskedOf(peer=peer, state=state, after=after, limit=limit))

    async def held(
        self, *, peer: str | None = None, path: str = "", after: str | None = None, limit: int = 100
    ) -> HeldPage:
        """What this node holds of others: values, versions, until when, and by which grant."""
        return await self._ask(routes.HELD, HeldOf(peer=peer, path=path, after=after, limit=limit))

    async def ending(self, *, within_s: int = 2_592_000, limit: int = 50) -> list[Ending]:
        """What this node holds of others, and may hold not much longer: the next to end first."""
        return await self._ask(routes.ENDING, EndingWithin(within_s=within_s, limit=limit))

    async def confirm(self, peer: str, thread: str, outcomes: list[dict[str, Any]]) -> Said:
        """Say what became of fields where they are used: `path`, `version`, and `outcome`.

        Outcomes are `applied`, `refused`, `need-more`.
        """
        return await self._ask(routes.CONFIRM, Confirm(thread=thread, outcomes=outcomes), peer)

    async def give_up(self, peer: str, thread: str) -> Said:
        """Need a grant no more: its fields are deleted, and the peer is told."""
        return await self._ask(routes.GIVE_UP, GiveUp(thread=thread), peer)

    async def delete_held(self, peer: str, paths: list[str]) -> list[Said]:
        """Delete fields of a peer although they may be held; patterns stand for all records."""
        return await self._ask(routes.DELETE_HELD, DeleteHeld(paths=paths), peer)

    async def keep(self, peer: str, path: str, *, reason: str | None = None) -> list[Kept]:
        """Keep fields of a peer although they would have to be deleted, because the law says so.

        Reasons are `legal-duty` and `legal-claim`; without one they are kept no longer. Gives what is kept.
        """
        return await self._ask(routes.KEEP, Keep(path=path, reason=reason), peer)

    async def handback(self, peer: str, records: list[dict[str, Any]]) -> Said:
        """Give a peer data that arose here, such as receipts: `path`, `value`, perhaps `version`."""
        return await self._ask(routes.HANDBACK, Handback(records=records), peer)

    async def returned(self, *, peer: str | None = None, limit: int = 100) -> list[Returned]:
        """Data that arose with peers, came back, and wait for the owner's word, such as another address.

        Receipts, reservations and balances become records by themselves.
        """
        return await self._ask(routes.RETURNED, ReturnedOf(peer=peer, limit=limit))

    async def take_returned(self, peer: str, paths: list[str], *, drop: bool = False) -> Said:
        """Let what came back be records of the owner, or `drop` it; patterns stand for all records."""
        return await self._ask(routes.TAKE_RETURNED, TakeReturned(paths=paths, drop=drop), peer)

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
        wanted = InviteCustomers(
            references=references,
            purpose=purpose,
            role=role,
            expires_s=expires_s,
            title=title,
            terms=terms,
            let_in=let_in,
        )
        return await self._ask(routes.INVITE_CUSTOMERS, wanted)

    async def rights_asked(
        self, *, peer: str | None = None, answered: bool = False, limit: int = 100
    ) -> list[RightAsked]:
        """Rights that peers claim over their data here, oldest first; with `answered` also what is done."""
        return await self._ask(routes.RIGHTS_ASKED, RightsAsked(peer=peer, answered=answered, limit=limit))

    async def right_answer(
        self, claim: str, outcome: str, *, reason: str | None = None, until: int | None = None
    ) -> RightAsked:
        """Answer a claim: `done`, `partly`, `extended` (until a day) or `refused` (for a reason).

        With `done` the node does it: it gives what is held, or deletes it.
        """
        wanted = AnswerRight(outcome=outcome, reason=reason, until=until)
        return await self._ask(routes.RIGHT_ANSWER, wanted, claim)
