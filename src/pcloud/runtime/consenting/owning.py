"""What an owner can ask about consent (`Surface`): rules, receipts, rights, letters."""

from functools import partial
from typing import Final, Literal, NamedTuple

from pcloud.engine.ledger.index import DISCLOSURE
from pcloud.errors import Violation
from pcloud.features.disclosure.path import read_path
from pcloud.home import ruling
from pcloud.home.letters import Holder, Right
from pcloud.home.receipts import Receipt
from pcloud.home.rules import Answer, Bounds, Rule, Whom
from pcloud.home.ruling import DAY_S, Wanted
from pcloud.kernel.gate import Agreement
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.consenting import (
    answering,
    claiming,
    paper,
    preferring,
    rulebook,
    showing,
    views,
    writing,
)
from pcloud.runtime.consenting.receipting import receipts_of, refusals_of, threads_of
from pcloud.runtime.deciding import refusals
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
ROWS: Final = 100
"""Receipts of one answer, and those of the last relationship in it."""
LOOKED_AT: Final = 100
"""Relationships that are looked at in one decision for whether there are receipts of them."""
AT_ONCE: Final = 32
"""Receipts that are computed in one decision."""


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

    async def preferences(self) -> views.Preferences:
        """Terms that you have chosen in advance."""
        return await self._do(preferring.read)

    async def prefer(self, proffer: list[views.Preference], accept: list[str]) -> views.Preferences:
        """Choose anew what is proffered to whom, and what is accepted at once."""
        return await self._do(lambda batch: preferring.write(batch, proffer, accept))

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

    # Receipts

    async def receipts(
        self, *, peer: str | None = None, after: str | None = None, limit: int = ROWS
    ) -> views.Receipts:
        """What was asked for, given, refused and taken back, of one peer or of all: as the log says."""
        if peer is not None:
            wanted = peer
            id_ = await self._do(lambda batch: peer_of(batch, wanted).id)
            return views.Receipts(await self._receipts_of(id_))
        rows: list[Receipt] = []
        last: bytes | None = _place(after)
        while len(rows) < min(limit, ROWS):
            found = await self._do(partial(_next, after=last))
            if found is None:
                return views.Receipts(rows)
            last = found.scope
            rows += await self._receipts_of(last) if found.speaks else []
        return views.Receipts(rows, None if last is None else last.hex())

    async def _receipts_of(self, scope: bytes) -> list[Receipt]:
        """All of one relationship, the oldest first; a few in each decision, so that nobody waits for all."""
        threads = await self._do(lambda batch: threads_of(batch, batch.scope(scope)))
        rows = await self._do(lambda batch: refusals_of(batch, batch.scope(scope)))
        for start in range(0, len(threads), AT_ONCE):
            some = threads[start : start + AT_ONCE]
            rows += await self._do(partial(_receipts, id_=scope, threads=some))
        return sorted(rows, key=lambda each: each.events[0].at)

    # Rights

    async def rights(self, *, after: int = 0) -> views.Claims:
        """A page of the rights that you have claimed, the oldest first: who has answered, and who is late."""

        def job(batch: Batch) -> views.Claims:
            page, place = claiming.claims(batch, after)
            rows = [showing.claim(scope, thread, batch.now) for scope, thread in page]
            return views.Claims(rows, claiming.unsent(batch), place)

        return await self._do(job)

    async def rights_show(self, claim: str) -> views.ClaimShown:
        """One claim, with what its answers brought."""

        def job(batch: Batch) -> views.ClaimShown:
            scope, thread = claiming.find(batch, claim)
            return showing.whole_claim(scope, thread, batch.now)

        return await self._do(job)

    async def rights_claim(
        self,
        right: Literal["access", "correction", "portability", "erasure"],
        *,
        peers: list[str] | None = None,
        everybody: bool = False,
        laggards: bool = False,
        paths: list[str] | None = None,
        due: int | None = None,
    ) -> views.Claimed:
        """Claim a right of some peers, of everybody, or of those who lag behind a change of yours.

        Without `paths` it is about all that they have; a correction brings what your records say. Of many
        it is claimed one by one. They have until `due`; by default 30 days.
        """
        if sum((bool(peers), everybody, laggards)) != 1:
            raise OwnerError("invalid", "Say of whom: of named peers, of everybody, or of those who lag.")

        def job(batch: Batch) -> views.Claimed:
            until = batch.now + claiming.DUE_S if due is None else due
            claim = claiming.Claim(right, tuple(dict.fromkeys(paths or ())), until, laggards)
            claiming.require_claim(claim, batch.now)
            if not peers:
                return views.Claimed([], claiming.claim_of_many(batch, claim))
            scopes = [peer_of(batch, peer) for peer in peers]
            return views.Claimed([claiming.claim_of(batch, scope, claim).hex() for scope in scopes], 0)

        return await self._do(job)

    # Letters

    async def letters(self) -> views.Letters:
        """Holders without a node, and the letters to them: due, printed, sent, answered."""

        def job(batch: Batch) -> views.Letters:
            known = list(paper.holders(batch))
            return views.Letters(
                [showing.holder(batch, *each) for each in known],
                [
                    showing.letter(batch, letter, *each)
                    for each in known
                    for letter in paper.letters_to(batch, each[0])
                ],
            )

        return await self._do(job)

    async def letter_add(
        self, name: str, holds: list[str], *, address: str = "", mail: str = "", until: int | None = None
    ) -> views.PaperHolder:
        """Note somebody without a node who holds data of yours: each change makes a letter to them due."""

        def job(batch: Batch) -> views.PaperHolder:
            held = tuple(dict.fromkeys(holds))
            wanted = Holder(name.strip(), address, mail, held, batch.now, until, {})
            id_ = paper.add(batch, wanted)
            return showing.holder(batch, *paper.find(batch, id_))

        return await self._do(job)

    async def letter_remove(self, holder: str) -> None:
        """Forget a holder without a node, and the letters to it."""
        await self._do(lambda batch: paper.remove(batch, holder))

    async def letter_write(
        self, holder: str, right: Literal["access", "correction", "erasure"]
    ) -> views.Letter:
        """Let a letter be due that asks for something, whether or not anything has changed."""

        def job(batch: Batch) -> views.Letter:
            id_, known = paper.find(batch, holder)
            return showing.letter(batch, paper.write(batch, id_, Right(right)), id_, known)

        return await self._do(job)

    async def letter_print(
        self, letter: str, *, values: bool = False, sender: str | None = None
    ) -> views.LetterText:
        """The letter filled in, to be sent by hand; with `values` it says what stood there, and what does."""

        def job(batch: Batch) -> views.LetterText:
            numbered, _, known = paper.find_letter(batch, letter)
            text = writing.text_of(batch, numbered, known, values=values, sender=sender)
            return views.LetterText(paper.printed(batch, numbered).id, text)

        return await self._do(job)

    async def letter_sent(self, letter: str, *, at: int | None = None) -> views.Letter:
        """Note that a letter is on its way; by default today."""

        def job(batch: Batch) -> views.Letter:
            numbered, id_, known = paper.find_letter(batch, letter)
            sent = paper.sent(batch, numbered, id_, known, batch.now if at is None else at)
            return showing.letter(batch, sent, id_, known)

        return await self._do(job)

    async def letter_answered(self, letter: str, *, at: int | None = None) -> views.Letter:
        """Note that a letter was answered; by default today."""

        def job(batch: Batch) -> views.Letter:
            numbered, id_, known = paper.find_letter(batch, letter)
            answered = paper.answered(batch, numbered, batch.now if at is None else at)
            return showing.letter(batch, answered, id_, known)

        return await self._do(job)


def _place(after: str | None) -> bytes | None:
    try:
        return None if after is None else bytes.fromhex(after)
    except ValueError:
        raise OwnerError("invalid", "That is no place in the receipts. Begin without one.") from None


class _Looked(NamedTuple):
    """How far one look has come."""

    scope: bytes
    speaks: bool
    """Whether there are receipts of it; else it is only the last that was looked at."""


def _next(batch: Batch, after: bytes | None) -> _Looked | None:
    """The next relationship of which there are receipts, in the order of ids; None after the last."""
    page = batch.store.contacts(after, LOOKED_AT)
    beyond = set(refusals.peers(batch)) if page else set()
    for row in page:
        if row.scope in beyond or batch.store.threads(row.scope, DISCLOSURE):
            return _Looked(row.scope, speaks=True)
    return _Looked(page[-1].scope, speaks=False) if page else None


def _receipts(batch: Batch, id_: bytes, threads: list[bytes]) -> list[Receipt]:
    return receipts_of(batch, batch.scope(id_), threads)


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
