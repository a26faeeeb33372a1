"""The client's questions about rules, receipts, rights and letters."""

from typing import Literal

from pcloud.api import routes
from pcloud.api.asking import Asking
from pcloud.api.bodies.consenting import (
    ClaimRight,
    ClaimsPage,
    LetterAdd,
    LetterDay,
    LetterFill,
    LetterWrite,
    Prefer,
    ReceiptsPage,
    RuleAdd,
    RuleOn,
)
from pcloud.api.requests import Nothing
from pcloud.runtime.consenting.views import (
    Claimed,
    Claims,
    ClaimShown,
    Letter,
    Letters,
    LetterText,
    PaperHolder,
    Preference,
    Preferences,
    Receipts,
    Rule,
    RuleTest,
)


class ConsentingAsking(Asking):
    """Every method is that of `Surface`."""

    async def rules(self) -> list[Rule]:
        """What you have said in advance, the oldest first."""
        return await self._ask(routes.RULES, Nothing())

    async def rule_add(
        self,
        answer: Literal["yes", "no", "ask"],
        *,
        paths: list[str] | None = None,
        peer: str | None = None,
        kind: str | None = None,
        role: str | None = None,
        terms: str | None = None,
        purposes: list[str] | None = None,
        days_max: int | None = None,
        standing: bool = False,
        onward: bool = False,
        yearly_max: int | None = None,
        ends: int | None = None,
        reason: str | None = None,
        note: str = "",
    ) -> Rule:
        """Say in advance what is answered: yes, no, or that you are asked; no always wins.

        It never gives what terms forbid, and changes nothing that was given.
        """
        return await self._ask(
            routes.RULE_ADD,
            RuleAdd(
                answer=answer,
                paths=paths,
                peer=peer,
                kind=kind,
                role=role,
                terms=terms,
                purposes=purposes,
                days_max=days_max,
                standing=standing,
                onward=onward,
                yearly_max=yearly_max,
                ends=ends,
                reason=reason,
                note=note,
            ),
        )

    async def rule_remove(self, rule: str) -> None:
        """Forget a rule; what it has given stays given."""
        await self._ask(routes.RULE_REMOVE, Nothing(), rule)

    async def rules_confirm(self) -> list[Rule]:
        """Let rules that came out of a copy give again: look at them first."""
        return await self._ask(routes.RULES_CONFIRM, Nothing())

    async def preferences(self) -> Preferences:
        """Terms that you have chosen in advance."""
        return await self._ask(routes.PREFERENCES, Nothing())

    async def prefer(self, proffer: list[Preference], accept: list[str]) -> Preferences:
        """Choose anew what is proffered to whom, and what is accepted at once."""
        return await self._ask(routes.PREFER, Prefer(proffer=proffer, accept=accept))

    async def rule_test(
        self,
        *,
        ask: str | None = None,
        peer: str | None = None,
        paths: list[str] | None = None,
        purposes: list[str] | None = None,
    ) -> RuleTest:
        """What the rules answer to a question that waits, or would to one that a peer might ask."""
        return await self._ask(routes.RULE_TEST, RuleOn(ask=ask, peer=peer, paths=paths, purposes=purposes))

    async def receipts(
        self, *, peer: str | None = None, after: str | None = None, limit: int = 100
    ) -> Receipts:
        """What was asked for, given, refused and taken back, of one peer or of all: as the log says."""
        return await self._ask(routes.RECEIPTS, ReceiptsPage(peer=peer, after=after, limit=limit))

    async def rights(self, *, after: int = 0) -> Claims:
        """A page of the rights that you have claimed, the oldest first: who has answered, and who is late."""
        return await self._ask(routes.RIGHTS, ClaimsPage(after=after))

    async def rights_show(self, claim: str) -> ClaimShown:
        """One claim, with what its answers brought."""
        return await self._ask(routes.RIGHTS_SHOW, Nothing(), claim)

    async def rights_claim(
        self,
        right: Literal["access", "correction", "portability", "erasure"],
        *,
        peers: list[str] | None = None,
        everybody: bool = False,
        laggards: bool = False,
        paths: list[str] | None = None,
        due: int | None = None,
    ) -> Claimed:
        """Claim a right of some peers, of everybody, or of those who lag behind a change of yours.

        Without `paths` it is about all that they have; a correction brings what your records say. Of many
        it is claimed one by one. They have until `due`; by default 30 days.
        """
        return await self._ask(
            routes.RIGHTS_CLAIM,
            ClaimRight(
                right=right, peers=peers, everybody=everybody, laggards=laggards, paths=paths, due=due
            ),
        )

    async def letters(self) -> Letters:
        """Holders without a node, and the letters to them: due, printed, sent, answered."""
        return await self._ask(routes.LETTERS, Nothing())

    async def letter_add(
        self, name: str, holds: list[str], *, address: str = "", mail: str = "", until: int | None = None
    ) -> PaperHolder:
        """Note somebody without a node who holds data of yours: each change makes a letter to them due."""
        return await self._ask(
            routes.LETTER_ADD, LetterAdd(name=name, holds=holds, address=address, mail=mail, until=until)
        )

    async def letter_remove(self, holder: str) -> None:
        """Forget a holder without a node, and the letters to it."""
        await self._ask(routes.LETTER_REMOVE, Nothing(), holder)

    async def letter_write(self, holder: str, right: Literal["access", "correction", "erasure"]) -> Letter:
        """Let a letter be due that asks for something, whether or not anything has changed."""
        return await self._ask(routes.LETTER_WRITE, LetterWrite(right=right), holder)

    async def letter_print(
        self, letter: str, *, values: bool = False, sender: str | None = None
    ) -> LetterText:
        """The letter filled in, to be sent by hand; with `values` it says what stood there, and what does."""
        return await self._ask(routes.LETTER_PRINT, LetterFill(values=values, sender=sender), letter)

    async def letter_sent(self, letter: str, *, at: int | None = None) -> Letter:
        """Note that a letter is on its way; by default today."""
        return await self._ask(routes.LETTER_SENT, LetterDay(at=at), letter)

    async def letter_answered(self, letter: str, *, at: int | None = None) -> Letter:
        """Note that a letter was answered; by default today."""
        return await self._ask(routes.LETTER_ANSWERED, LetterDay(at=at), letter)
