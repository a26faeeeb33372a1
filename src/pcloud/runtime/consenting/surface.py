"""What an owner can ask about consent: rules, receipts, rights, letters; a part of `Surface`."""

from typing import Literal, Protocol

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


class ConsentingSurface(Protocol):
    """Rules for questions to come, what was decided, rights, and letters to holders without a node."""

    async def rules(self) -> list[Rule]:
        """What you have said in advance, the oldest first."""

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

    async def rule_remove(self, rule: str) -> None:
        """Forget a rule; what it has given stays given."""

    async def rules_confirm(self) -> list[Rule]:
        """Let rules that came out of a copy give again: look at them first."""

    async def preferences(self) -> Preferences:
        """Terms that you have chosen in advance: what is proffered to whom, and what is accepted at once."""

    async def prefer(self, proffer: list[Preference], accept: list[str]) -> Preferences:
        """Choose anew what is proffered to whom, and what is accepted at once."""

    async def rule_test(
        self,
        *,
        ask: str | None = None,
        peer: str | None = None,
        paths: list[str] | None = None,
        purposes: list[str] | None = None,
    ) -> RuleTest:
        """What the rules answer to a question that waits, or would to one that a peer might ask."""

    async def receipts(
        self, *, peer: str | None = None, after: str | None = None, limit: int = 100
    ) -> Receipts:
        """What was asked for, given, refused and taken back, of one peer or of all: as the log says."""

    async def rights(self, *, after: int = 0) -> Claims:
        """A page of the rights that you have claimed, the oldest first: who has answered, and who is late."""

    async def rights_show(self, claim: str) -> ClaimShown:
        """One claim, with what its answers brought."""

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

    async def letters(self) -> Letters:
        """Holders without a node, and the letters to them: due, printed, sent, answered."""

    async def letter_add(
        self, name: str, holds: list[str], *, address: str = "", mail: str = "", until: int | None = None
    ) -> PaperHolder:
        """Note somebody without a node who holds data of yours: each change makes a letter to them due."""

    async def letter_remove(self, holder: str) -> None:
        """Forget a holder without a node, and the letters to it."""

    async def letter_write(self, holder: str, right: Literal["access", "correction", "erasure"]) -> Letter:
        """Let a letter be due that asks for something, whether or not anything has changed."""

    async def letter_print(
        self, letter: str, *, values: bool = False, sender: str | None = None
    ) -> LetterText:
        """The letter filled in, to be sent by hand; with `values` it says what stood there, and what does."""

    async def letter_sent(self, letter: str, *, at: int | None = None) -> Letter:
        """Note that a letter is on its way; by default today."""

    async def letter_answered(self, letter: str, *, at: int | None = None) -> Letter:
        """Note that a letter was answered; by default today."""
