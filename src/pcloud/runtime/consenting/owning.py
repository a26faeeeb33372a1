"""What an owner can ask about consent (`Surface`): rules, receipts, rights, letters."""

from typing import Final, Literal

from pcloud.errors import Violation
from pcloud.features.disclosure.path import read_path
from pcloud.home import ruling
from pcloud.home.rules import Answer, Bounds, Rule, Whom
from pcloud.home.ruling import DAY_S, Wanted
from pcloud.kernel.gate import Agreement
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.consenting import answering, rulebook, showing, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import questions
from pcloud.runtime.owning.answering import Answering, peer_of
from pcloud.runtime.surface import OwnerError

USE: Final = "dpv:Use"
"""What is to be done with data in a question that nobody has asked."""
PURPOSE: Final = "dpv:ServiceProvision"
DAYS: Final = 365
"""For how long such a question asks."""


class Consenting(Answering):
    """The owner's side of consent."""

    async def rules(self) -> list[views.Rule]:
        """What you have said in advance, the oldest first."""
        return await self._do(showing.all_rules)

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
    ) -> views.Rule:
        """Say in advance what is answered: yes, no, or that you are asked; no always wins.

        It never gives what terms forbid, and changes nothing that was given.
        """

        def job(batch: Batch) -> views.Rule:
            whom = Whom(None if peer is None else peer_of(batch, peer).id, kind, role, terms)
            bounds = Bounds(days_max, standing, onward, yearly_max)
            wanted = Rule(
                "",
                Answer(answer),
                whom,
                tuple(dict.fromkeys(purposes or ())),
                tuple(dict.fromkeys(paths or ())),
                bounds,
                ends,
                reason,
                note,
            )
            if ends is not None and ends <= batch.now:
                raise OwnerError("invalid", "That day is over already.")
            return showing.one_rule(batch, rulebook.add(batch, wanted))

        return await self._do(job)

    async def rule_remove(self, rule: str) -> None:
        """Forget a rule; what it has given stays given."""
        await self._do(lambda batch: rulebook.remove(batch, rule))

    async def rules_confirm(self) -> list[views.Rule]:
        """Let rules that came out of a copy give again: look at them first."""

        def job(batch: Batch) -> list[views.Rule]:
            rulebook.confirm(batch)
            return showing.all_rules(batch)

        return await self._do(job)

    async def rule_test(
        self,
        *,
        ask: str | None = None,
        peer: str | None = None,
        paths: list[str] | None = None,
        purposes: list[str] | None = None,
    ) -> views.RuleTest:
        """What the rules answer to a question that waits, or would to one that a peer might ask."""
        if (ask is None) is (peer is None):
            raise OwnerError("invalid", "Name a question, or a peer and what it might ask for.")

        def job(batch: Batch) -> views.RuleTest:
            if ask is not None:
                question = questions.find(batch, ask)
                if not questions.is_open(question, batch.now):
                    raise OwnerError("invalid", "This question waits for no answer any more.")
                return showing.test_of(batch, answering.judge(batch, question))
            scope = peer_of(batch, peer or "")
            agreement = _agreement(scope, batch.now)
            wanted = _question(batch, scope, agreement, paths or [], tuple(purposes or (PURPOSE,)))
            return showing.test_of(batch, answering.judge_as(batch, wanted, agreement))

        return await self._do(job)


def _agreement(scope: Scope, now: int) -> Agreement:
    """The newest that is in force. Raises OwnerError where there is none."""
    found = [
        agreement
        for agreement in scope.relationship.agreements.values()
        if not agreement.ended and (agreement.until is None or agreement.until >= now)
    ]
    if not found:
        text = "There are no terms in force with this peer: what it asks for is refused before any rule."
        raise OwnerError("invalid", text)
    return max(found, key=lambda agreement: (agreement.sealed, agreement.id))


def _question(
    batch: Batch, scope: Scope, agreement: Agreement, paths: list[str], purposes: tuple[str, ...]
) -> ruling.Question:
    if not 0 < len(set(paths)) <= DISCLOSED_MAX:
        raise OwnerError("invalid", f"Name 1 to {DISCLOSED_MAX} things that it might ask for.")
    for path in paths:
        try:
            read_path(path, pattern=True)
        except Violation:
            raise OwnerError("invalid", f"{path!r} is no place or record of your data.") from None
    wanted = tuple(Wanted(path, required=True) for path in dict.fromkeys(paths))
    who = answering.asker(scope, agreement)
    until = min(batch.now + DAYS * DAY_S, agreement.until or batch.now + DAYS * DAY_S)
    return ruling.Question(*who, wanted, USE, purposes, until, standing=False)
