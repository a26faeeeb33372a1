"""What an owner can ask about data of others (`Surface`), each a job that is answered after its commit."""

from functools import partial
from itertools import islice
from typing import Any, Final

from pcloud.engine.compose import Command
from pcloud.errors import Violation
from pcloud.features.disclosure.acknowledge import NEED_MORE, REFUSED, TAKEN, DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.answer import DONE, EXTENDED, PARTLY
from pcloud.features.disclosure.answer import REFUSED as NOT_DONE
from pcloud.features.disclosure.path import read_path
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import offering, speaking
from pcloud.runtime.owning.answering import PAGE_MAX, Answering, peer_of
from pcloud.runtime.relaying import berths
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import asking, handing, holds, inviting, leaving, reading, returning, rights, views

MONTH_S: Final = 2_592_000
"""How long a customer's invitation stays open where the owner does not say."""
AT_ONCE: Final = 10
"""Fields or questions that are read at once: each may be of another relationship, and nobody waits long."""
READS_MAX: Final = 20
"""Reads of one answer; a page may be short."""
USE: Final = "dpv:Use"
"""What is to be done with what is asked for, where the owner does not say."""
_OUTCOMES: Final = (TAKEN, REFUSED, NEED_MORE)
_ANSWERS: Final = (DONE, PARTLY, EXTENDED, NOT_DONE)
_WHY_NOT: Final = ("legal-duty", "legal-claim", "not-identified", "not-held", "excessive")


class Taking(Answering):
    """The owner's side of taking."""

    async def ask(
        self,
        peer: str,
        wanted: list[str],
        purposes: list[str],
        *,
        until: int | None = None,
        standing: bool = False,
        required: list[str] | None = None,
        action: str = USE,
        example: dict[str, dict[str, Any]] | None = None,
        equal: dict[str, Any] | None = None,
        circumstances: dict[str, Any] | None = None,
        terms: str | None = None,
    ) -> views.Asked:
        """Ask a peer for data, under the terms in force. What they forbid is refused before it is sent."""
        for path in (*wanted, *(required or ())):
            _path(path, pattern=True)
        wish = asking.Wish(
            wanted,
            required or (),
            purposes,
            action,
            until,
            standing,
            example or {},
            equal or {},
            circumstances,
            terms,
        )

        def job(batch: Batch) -> views.Asked:
            scope = peer_of(batch, peer)
            thread = scope.log.thread(asking.ask(batch, scope, wish))
            assert thread is not None, "it was just opened"
            return _shown(batch, scope, thread)

        return await self._do(job)

    async def questions(
        self, *, peer: str | None = None, state: str = "open", after: int = 0, limit: int = PAGE_MAX
    ) -> views.AskedPage:
        """What was asked, and what became of it."""
        _one_of(state, tuple(asking.STATES), "A state")

        wanted = min(limit, PAGE_MAX)
        found: list[views.Asked] = []

        def job(batch: Batch, after: int) -> views.AskedPage:
            if peer is not None:
                return views.AskedPage(asking.of_peer(batch, peer_of(batch, peer)), None)
            return asking.page(batch, state, after, min(wanted - len(found), AT_ONCE))

        last: int | None = after
        for _ in range(READS_MAX):
            page = await self._do(partial(job, after=last or 0))
            found += page.questions
            last = page.next
            if last is None or len(found) >= wanted:
                break
        return views.AskedPage(found, last)

    async def held(
        self, *, peer: str | None = None, path: str = "", after: str | None = None, limit: int = PAGE_MAX
    ) -> views.HeldPage:
        """What this node holds of others."""
        wanted = min(limit, PAGE_MAX)
        fields: list[views.HeldField] = []

        def job(batch: Batch, after: str | None) -> views.HeldPage:
            scope = None if peer is None else peer_of(batch, peer)
            return reading.page(batch, scope, path, after, min(wanted - len(fields), AT_ONCE))

        for _ in range(READS_MAX):
            page = await self._do(partial(job, after=after))
            fields += page.fields
            after = page.next
            if after is None or len(fields) >= wanted:
                break
        return views.HeldPage(fields, after)

    async def ending(self, *, within_s: int = 2_592_000, limit: int = 50) -> list[views.Ending]:
        """What of others ends soon, the next to end first."""
        return await self._do(lambda batch: reading.ending(batch, batch.now + within_s, min(limit, PAGE_MAX)))

    async def confirm(self, peer: str, thread: str, outcomes: list[dict[str, Any]]) -> views.Said:
        """Say what became of fields where they are used."""
        rows = tuple(map(_outcome, outcomes))
        if not 0 < len(rows) <= DISCLOSED_MAX:
            raise OwnerError("invalid", f"Confirm 1 to {DISCLOSED_MAX} fields at once.")

        def job(batch: Batch) -> views.Said:
            scope = peer_of(batch, peer)
            known = _grant(batch, scope, thread)
            if any(row.path not in known.data["fields"] for row in rows):
                raise OwnerError("unknown", "That is no field of this grant. See: pcloud held")
            speaking.speak(batch, scope, Command(DisclosureAcknowledge(rows), known.id))
            return views.Said(scope.id.hex(), known.id.hex(), [row.path for row in rows])

        return await self._do(job)

    async def give_up(self, peer: str, thread: str) -> views.Said:
        """Need a grant no more: its fields are deleted, and the peer is told."""

        def job(batch: Batch) -> views.Said:
            scope = peer_of(batch, peer)
            given = leaving.give_up(batch, scope, thread)
            return views.Said(scope.id.hex(), given.id.hex(), sorted(given.data["fields"]))

        return await self._do(job)

    async def delete_held(self, peer: str, paths: list[str]) -> list[views.Said]:
        """Delete fields of a peer although they may be held; patterns stand for all records."""
        for path in paths:
            _path(path, pattern=True)

        def job(batch: Batch) -> list[views.Said]:
            scope = peer_of(batch, peer)
            found = leaving.delete(batch, scope, paths)
            if not found:
                raise OwnerError("unknown", "You hold nothing of that. See: pcloud held")
            return [views.Said(scope.id.hex(), thread.hex(), sorted(each)) for thread, each in found.items()]

        return await self._do(job)

    async def keep(self, peer: str, path: str, *, reason: str | None = None) -> list[views.Kept]:
        """Keep fields of a peer although they would have to be deleted, or keep them no longer."""
        _path(path, pattern=True)

        def job(batch: Batch) -> list[views.Kept]:
            scope = peer_of(batch, peer)
            leaving.keep(batch, scope, path, reason)
            return [views.Kept(scope.id.hex(), *hold) for hold in holds.of(batch, scope)]

        return await self._do(job)

    async def handback(self, peer: str, records: list[dict[str, Any]]) -> views.Said:
        """Give a peer data that arose here, such as receipts."""

        def job(batch: Batch) -> views.Said:
            scope = peer_of(batch, peer)
            given = handing.read(records, batch.now)
            thread = handing.hand_back(batch, scope, given)
            return views.Said(scope.id.hex(), thread.hex(), [record.path for record in given])

        return await self._do(job)

    async def returned(self, *, peer: str | None = None, limit: int = PAGE_MAX) -> list[views.Returned]:
        """Data that arose with peers, came back, and wait for the owner's word."""
        wanted, found = min(limit, PAGE_MAX), list[views.Returned]()

        def who(batch: Batch) -> list[bytes]:
            return returning.peers(batch) if peer is None else [peer_of(batch, peer).id]

        def job(batch: Batch, scope: bytes) -> list[views.Returned]:
            return list(islice(returning.rows(batch, batch.scope(scope)), wanted - len(found)))

        for scope in await self._do(who):
            found += await self._do(partial(job, scope=scope))
            if len(found) >= wanted:
                break
        return found

    async def take_returned(self, peer: str, paths: list[str], *, drop: bool = False) -> views.Said:
        """Let what came back be records of the owner, or drop it."""
        for path in paths:
            _path(path, pattern=True)

        def job(batch: Batch) -> views.Said:
            scope = peer_of(batch, peer)
            found = returning.decide(batch, scope, paths, drop=drop)
            if not found:
                raise OwnerError("unknown", "Nothing of that waits for your word. See: pcloud returned")
            return views.Said(scope.id.hex(), "", found)

        return await self._do(job)

    async def invite_customers(
        self,
        references: list[str],
        purpose: str,
        *,
        role: str | None = None,
        expires_s: int | None = MONTH_S,
        title: str | None = None,
        terms: list[str] | None = None,
        let_in: bool = False,
    ) -> list[views.Invited]:
        """Make an invitation for each customer, bound to what the owner calls it."""
        if len(references) > inviting.AT_ONCE_MAX:
            raise OwnerError("invalid", f"Invite {inviting.AT_ONCE_MAX} customers at most at once.")
        me = self._node.me
        shown = me.name if title is None else title or None
        accepted = None if terms is None else tuple(terms)
        wanted = offering.Wanted(purpose, me.kind, me.endpoints, role, 1, expires_s, shown, accepted)
        how = inviting.Round(wanted, let_in)

        def job(batch: Batch) -> tuple[list[views.Invited], list[bytes]]:
            rows = [inviting.invite(batch, reference, how) for reference in dict.fromkeys(references)]
            if berths.chosen(batch) is None:
                return rows, []
            made = (batch.offer(bytes.fromhex(row.invitation)) for row in rows if row.state == "new")
            return rows, [offer.blob_mailbox for offer in made if offer is not None]

        rows, at_relay = await self._do(job)
        for mailbox in at_relay:
            await self._told(self._node.relays.until_shown(mailbox))
        return rows

    async def rights_asked(
        self, *, peer: str | None = None, answered: bool = False, limit: int = PAGE_MAX
    ) -> list[views.RightAsked]:
        """Rights that peers claim over their data here."""
        wanted, found = min(limit, PAGE_MAX), list[views.RightAsked]()

        def job(batch: Batch, after: int) -> tuple[list[views.RightAsked], int | None]:
            scope = None if peer is None else peer_of(batch, peer)
            page = rights.claims(batch, scope, after, wanted - len(found), answered=answered)
            return [rights.view(batch, claim) for claim in page.claims], page.next

        last: int | None = 0
        while last is not None and len(found) < wanted:
            rows, last = await self._do(partial(job, after=last))
            found += rows
        return found

    async def right_answer(
        self, claim: str, outcome: str, *, reason: str | None = None, until: int | None = None
    ) -> views.RightAsked:
        """Answer a claim; what is said to be done is done."""
        _one_of(outcome, _ANSWERS, "An answer")
        if reason is not None:
            _one_of(reason, _WHY_NOT, "A reason")
        reply = rights.Reply(outcome, reason, until)

        place = await self._claim(claim)

        def job(batch: Batch) -> views.RightAsked:
            found = rights.at(batch, place)
            rights.answer(batch, found, reply)
            thread = found.scope.log.thread(found.thread.id)
            assert thread is not None, "it was just answered"
            return rights.view(batch, found._replace(thread=thread))

        return await self._do(job)

    async def _claim(self, text: str) -> rights.Place:
        """The claim that begins so. Raises OwnerError."""
        found: list[rights.Place] = []
        last: int | None = 0
        while last is not None and len(found) <= 1:
            hits, last = await self._do(partial(rights.find, text=text, after=last))
            found += hits
        if len(found) != 1:
            what = f"More than one claim fits {text!r}." if found else f"Nobody claims {text!r}."
            raise OwnerError("ambiguous" if found else "unknown", f"{what} See: pcloud rights asked")
        return found[0]


def _shown(batch: Batch, scope: Scope, thread: Thread) -> views.Asked:
    found = asking.one(batch, scope, thread)
    assert found is not None, "it was just asked"
    return found


def _grant(batch: Batch, scope: Scope, text: str) -> Thread:
    found = [
        each for each in leaving.open_grants(batch, scope) if text and each.id.hex().startswith(text.lower())
    ]
    if len(found) != 1:
        raise OwnerError("unknown", "You hold nothing by such a grant of this peer. See: pcloud held")
    return found[0]


def _path(text: str, *, pattern: bool = False) -> None:
    try:
        read_path(text, pattern=pattern)
    except Violation as violation:
        raise OwnerError("invalid", f"{text[:40]!r} is no path, such as profile.address.home.") from violation


def _outcome(row: dict[str, Any]) -> Outcome:
    path, version, outcome = row.get("path"), row.get("version"), row.get("outcome")
    if len(row) != len(Outcome._fields) or not isinstance(path, str) or type(version) is not int:
        raise OwnerError("invalid", "Each outcome has `path`, `version` and `outcome`, and nothing else.")
    _one_of(str(outcome), _OUTCOMES, "An outcome")
    return Outcome(path, version, str(outcome))


def _one_of(text: str, allowed: tuple[str, ...], what: str) -> None:
    if text not in allowed:
        raise OwnerError("invalid", f"{what} is one of: {', '.join(allowed)}.")
