"""What an owner can ask about its data at others (`Surface`): questions, answers, the ledger, taking back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from pcloud.errors import Violation
from pcloud.features.disclosure.fields import REASONS
from pcloud.features.disclosure.path import read_path
from pcloud.kernel.gate import Agreement, Policy
from pcloud.runtime.consenting import paper
from pcloud.runtime.deciding import refusals
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import giving, questions, showing, taking_back, timeline, views
from pcloud.runtime.giving.giving import Answer, Share
from pcloud.runtime.giving.ledger import Left, Reader, Wanted
from pcloud.runtime.giving.wording import label_of
from pcloud.runtime.owning import show
from pcloud.runtime.owning.answering import PAGE_MAX, Answering, peer_of
from pcloud.runtime.surface import OwnerError

OF_ONE_MAX: Final = 20
"""Questions of one peer in the list of all, so that who asks for much hides nobody else's."""
USE: Final = "dpv:Use"
"""What is to be done with data that are shared unasked, where the owner does not say."""
SHARED_S: Final = 31_536_000
"""How long what is shared unasked may be kept, where neither the owner nor the terms say: a year."""
SERVICE: Final = "dpv:ServiceProvision"
KNOWN_MAX: Final = 100
"""Peers that are looked at together."""
KNOWN_ROWS_MAX: Final = 40
"""Rows of each of them."""


class Giving(Answering):
    """The owner's side of giving."""

    async def asks(self, *, peer: str | None = None, limit: int = PAGE_MAX) -> list[views.Ask]:
        """Questions of peers that wait for an answer, oldest first; of all peers a few of each."""
        found: list[views.Ask] = []
        after: int | None = 0
        while after is not None and len(found) < min(limit, PAGE_MAX):
            counts = Counter(each.peer for each in found)
            passed = [bytes.fromhex(each) for each, count in counts.items() if count >= OF_ONE_MAX]
            rows, after = await self._do(partial(_asks, peer=peer, after=after, passed=passed))
            for row in rows:
                if peer is not None or counts[row.peer] < OF_ONE_MAX:
                    counts[row.peer] += 1
                    found.append(row)
        return found[: min(limit, PAGE_MAX)]

    async def show_ask(self, ask: str) -> views.Ask:
        """One question, with what would be given."""
        return await self._do(lambda batch: showing.ask(batch, questions.find(batch, ask), whole=True))

    async def refused_asks(self, *, peer: str | None = None) -> list[views.RefusedAsk]:
        """What peers asked or sent beyond the terms, the newest of each peer first: it was refused."""

        def job(batch: Batch) -> list[views.RefusedAsk]:
            if peer is not None:
                return _refused(batch, peer_of(batch, peer))
            scopes = (batch.scope(scope) for scope in refusals.peers(batch))
            return [row for scope in scopes for row in _refused(batch, scope)]

        return await self._do(job)

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
    ) -> views.Answered:
        """Give what is asked for, or `only` some of it. `decline` says why not, `reason` for the rest.

        Later versions follow where they were asked for, but for `once`. Nobody may pass it on without
        `onward`. An empty `only` gives nothing.
        """
        if not {*(decline or {}).values(), reason} <= {*REASONS, None}:
            raise OwnerError("invalid", f"A reason is one of: {', '.join(REASONS)}.")

        def job(batch: Batch) -> views.Answered:
            question = questions.find(batch, ask)
            giving.require_waiting(question, batch.now)
            given, declined = giving.choose(batch, question, only, decline or {}, reason)
            asked = question.request
            ends = asked.until if until is None else until
            if ends > asked.until:
                raise OwnerError("invalid", "They did not ask to keep it that long. Name an earlier day.")
            _require_ahead(ends, batch.now)
            standing = asked.standing and not once
            told = Answer(given, declined, ends, standing, asked.onward if onward else None)
            giving.present(batch, question, told)
            return views.Answered(
                question.thread.id.hex() if given else None,
                question.scope.id.hex(),
                [value.path for value in given],
                {each.path: each.reason for each in declined},
                ends if given else None,
                standing and bool(given),
            )

        return await self._do(job)

    async def share(
        self,
        peer: str,
        paths: list[str],
        *,
        purposes: list[str] | None = None,
        until: int | None = None,
        once: bool = False,
        terms: str | None = None,
    ) -> views.Answered:
        """Give something unasked, under the terms in force with this peer; by default for a year at most."""
        for path in paths:
            _require_path(path)

        def job(batch: Batch) -> views.Answered:
            scope = peer_of(batch, peer)
            agreement = _agreement(scope, terms, batch.now)
            policy = _policy(batch, agreement)
            ends = _until(policy, agreement, batch.now) if until is None else until
            _require_ahead(ends, batch.now)
            words = tuple(_word(each) for each in purposes or [_purpose(policy)])
            share = Share(tuple(dict.fromkeys(paths)), agreement.id, USE, words, ends, not once)
            said, given = giving.share(batch, scope, share)
            return views.Answered(
                said.hex(), scope.id.hex(), [value.path for value in given], {}, ends, not once
            )

        return await self._do(job)

    async def ledger(
        self,
        *,
        peer: str | None = None,
        path: str | None = None,
        lagging: bool = False,
        after: str | None = None,
        limit: int = PAGE_MAX,
    ) -> views.Ledger:
        """Who holds which of your data, in which version, until when, and how that stands."""
        if path is not None:
            _require_path(path)
        left = Left(self._node.started, self._node.let_go)

        def job(batch: Batch) -> views.Ledger:
            scope = None if peer is None else peer_of(batch, peer).id
            page = Reader(batch, left).page(Wanted(scope, path, lagging), after, min(limit, PAGE_MAX))
            whole = peer is None and after is None and not lagging
            return replace(page, paper=_on_paper(batch, path)) if whole else page

        return await self._do(job)

    async def known(self, peers: list[str]) -> list[views.Known]:
        """What each of some peers was given, in their order: of each the first rows of its ledger."""
        if len(peers) > KNOWN_MAX:
            raise OwnerError("invalid", f"At most {KNOWN_MAX} peers are looked at together.")
        left = Left(self._node.started, self._node.let_go)

        def job(batch: Batch) -> list[views.Known]:
            reader = Reader(batch, left)
            scopes = [peer_of(batch, peer).id for peer in peers]
            pages = ((scope, reader.page(Wanted(scope), None, KNOWN_ROWS_MAX)) for scope in scopes)
            return [views.Known(scope.hex(), page.rows, page.next is not None) for scope, page in pages]

        return await self._do(job)

    async def disclosed(self, *, before: int | None = None, limit: int = 50) -> views.Disclosed:
        """What was asked for, given, taken back and deleted of your data with everybody, newest first."""
        return await self._do(lambda batch: timeline.page(batch, before, min(limit, PAGE_MAX)))

    async def revoke(self, peer: str, *, paths: list[str] | None = None) -> views.Ledger:
        """Let a peer hold these fields no longer, or none; gives how it stands now."""
        return await self._take_back(peer, paths, erase=False)

    async def erase(self, peer: str, *, paths: list[str] | None = None) -> views.Ledger:
        """Take fields back, or all, and order that every copy be deleted, which they have to sign."""
        return await self._take_back(peer, paths, erase=True)

    async def _take_back(self, peer: str, paths: Sequence[str] | None, *, erase: bool) -> views.Ledger:
        for path in paths or ():
            _require_path(path)
        take = taking_back.erase if erase else taking_back.revoke

        def job(batch: Batch) -> None:
            take(batch, peer_of(batch, peer), paths)

        await self._do(job)
        return await self.ledger(peer=peer)


def _on_paper(batch: Batch, path: str | None) -> list[views.PaperRow]:
    return [
        views.PaperRow(each.id, each.name, each.path, label_of(each.path), *each[3:])
        for each in paper.paper_holders(batch, path)
    ]


def _refused(batch: Batch, scope: Scope) -> list[views.RefusedAsk]:
    name = show.line(scope.contact.name)
    agreements = scope.relationship.agreements
    return [
        views.RefusedAsk(
            row.id.hex(),
            scope.id.hex(),
            name,
            row.at,
            row.message,
            row.clause,
            agreements[row.agreement].terms if row.agreement in agreements else "",
        )
        for row in refusals.of(batch, scope)
    ]


def _require_path(path: str) -> None:
    try:
        read_path(path, pattern=True)
    except Violation as violation:
        text = f"{path!r} is no path. Paths look like profile.address.home or receipts/*."
        raise OwnerError("invalid", text) from violation


def _asks(
    batch: Batch, *, peer: str | None, after: int, passed: Sequence[bytes]
) -> tuple[list[views.Ask], int | None]:
    scope = None if peer is None else peer_of(batch, peer).id
    found, place = questions.page(batch, scope, after, passed)
    return [showing.ask(batch, question, whole=False) for question in found], place


def _require_ahead(until: int, now: int) -> None:
    if until <= now:
        raise OwnerError("invalid", "That day is past already: nothing was given. Name a later one.")


def _agreement(scope: Scope, terms: str | None, now: int) -> Agreement:
    """The agreement in force with a peer, the newest where there are several. Raises OwnerError."""
    found = [
        each
        for each in scope.relationship.agreements.values()
        if not each.ended
        and (each.until is None or each.until > now)
        and (terms is None or each.terms.lower() == terms.lower())
    ]
    if not found:
        text = "You have agreed on no such terms with this peer. Proffer yours first: pcloud terms proffer"
        raise OwnerError("no-agreement", text)
    return max(found, key=lambda each: (each.sealed, each.id))


def _policy(batch: Batch, agreement: Agreement) -> Policy | None:
    standard = batch.setting.rosters.get((agreement.roster, agreement.terms))
    return None if standard is None else standard.policy


def _until(policy: Policy | None, agreement: Agreement, now: int) -> int:
    """As long as the terms allow, a year at most."""
    ends = [now + SHARED_S]
    if agreement.until is not None:
        ends.append(agreement.until)
    if policy is not None and policy.retention_s_max is not None:
        ends.append(now + policy.retention_s_max)
    return min(ends)


def _purpose(policy: Policy | None) -> str:
    """The first purpose that the terms allow."""
    clauses = () if policy is None else policy.clauses
    allowed = (purpose for clause in clauses if clause.allowed for purpose in clause.purposes)
    return next(allowed, SERVICE)


def _word(purpose: str) -> str:
    """A purpose of the Data Privacy Vocabulary may be named without its prefix."""
    return purpose if ":" in purpose else f"dpv:{purpose}"
