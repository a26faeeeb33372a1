"""Nothing acts without its gate, and no clause of an agreement is violated (spec 05 §6, spec 08 §6).

What a message needs is judged here once more, by other code than the gatekeeper's: from the state in front
of the commit and behind it. A commit may hold several messages, so where one of the two would do, it does,
and so does what lay between them.
"""

from itertools import product
from typing import Final

from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, Entry, Relationship
from pcloud.kernel.gate import Agreement, Claims, Clause, Ended, Gate, Mark, Policy
from pcloud.kernel.message import Message
from pcloud.runtime.rosters import load_packaged
from pcloud.testing.simulation.checkers.port import Checker, Commit

_WAKES: Final = frozenset({"relationship.accept", "relationship.confirm", "relationship.resume"})
"""After one of these a relationship may be active, until another message of the same commit."""
_RELATED: Final = frozenset({"active", "closed", "paused-by-opener", "paused-by-other", "paused-by-both"})


class Gates(Checker):
    """Judges every message that a node applies, and every one that it sends, a second time."""

    promise = "Nothing acts without its gate, and no clause is violated."

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[str, bytes], Relationship] = {}
        self._seen: set[tuple[str, bytes]] = set()

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""
        woken = self._woken(commit)
        for (scope, first_id), entry in commit.changes.entries.items():
            acts = entry.verdict == APPLIED or (entry.mine and entry.verdict is None)
            if acts and (commit.machine, first_id) not in self._seen:
                self._seen.add((commit.machine, first_id))
                self._judge(commit, scope, entry, rests=scope not in woken)
        for scope, relationship in commit.changes.relationships.items():
            self._known[commit.machine, scope] = relationship

    def _woken(self, commit: Commit) -> set[bytes]:
        """Relationships that may have been active for a part of the commit."""
        return {
            scope
            for (scope, first_id), entry in commit.changes.entries.items()
            if entry.verdict in (None, APPLIED)
            and entry.signed.header.name in _WAKES
            and (commit.machine, first_id) not in self._seen
        }

    def _judge(self, commit: Commit, scope: bytes, entry: Entry, *, rests: bool) -> None:
        body = entry.parts[0]
        kind = STANDARD.messages.get(entry.signed.header.name)
        after = commit.changes.relationships.get(scope)
        before = self._known.get((commit.machine, scope), after)
        if body is None or kind is None or before is None or kind.GATE is Gate.OPEN:
            return
        spared = (
            not entry.mine
            and entry.signed.header.first is not None
            and _doubted(commit, scope, after or before)
        )
        fault = _standing(kind, before, after or before, rests=rests and not spared)
        if fault is None and kind.GATE is not Gate.RELATED:
            message = kind.read(body.data)
            fault = _supported(message, entry, before, after or before)
        if fault is not None:
            done = "said" if entry.mine else "took"
            self.violated(f"{commit.machine} {done} a {kind.NAME}: {fault}")

    def restored(self, machine: str) -> None:
        """What it says again was judged before."""
        self._known = {key: one for key, one in self._known.items() if key[0] != machine}


def _doubted(commit: Commit, scope: bytes, relationship: Relationship) -> bool:
    """Whether an own word about the relationship, such as a pause, came back and nobody has affirmed it."""
    thread = relationship.thread
    if thread is None or not relationship.unaffirmed:
        return False
    stored = commit.store.history(scope).entries(thread.id)
    return any(entry.mine and entry.first_id in relationship.unaffirmed for entry in stored)


def _standing(kind: type[Message], before: Relationship, after: Relationship, *, rests: bool) -> str | None:
    """What is wrong with the relationship, if anything is.

    Where it was active in between it does not matter whether it `rests`, nor where a reissue came back with a
    pause that nobody has affirmed (spec 06 §4).
    """
    states = {each.thread.state for each in (before, after) if each.thread is not None}
    if not states & _RELATED:
        return "the two are not related"
    if rests and kind.MARK is not Mark.RESTRICTS and "active" not in states:
        return "the relationship rests or is over"
    return None


def _supported(message: Message, entry: Entry, before: Relationship, after: Relationship) -> str | None:
    """What is wrong with the agreement or the grant that it stands on, if anything is."""
    named = entry.signed.header.agreement
    agreement = None if named is None else after.agreements.get(named, before.agreements.get(named))
    if agreement is None:
        return "there is no such agreement"
    then = before.agreements.get(agreement.id)  # nothing where one commit has brought it, and perhaps its end
    if (then is not None and then.ended) or _is_over(agreement.until, before):
        return "its agreement had ended"
    claims = message.claims()
    terms = load_packaged().standards.get((agreement.roster, agreement.terms))
    if terms is None or not permits(terms.policy, claims, agreement, after.clock):
        return "its agreement does not allow it"
    if message.GATE is not Gate.GRANTED or claims.grant is None:
        return None
    grant = after.grants.get(claims.grant, before.grants.get(claims.grant))
    if grant is None or grant.agreement != agreement.id:
        return "there is no such grant"
    known = before.grants.get(grant.id)  # the same holds for a grant
    ended: tuple[Ended, ...] = () if known is None else known.ended
    return "its grant had ended" if ended or _is_over(grant.until, before) else None


def _is_over(until: int | None, before: Relationship) -> bool:
    """Whether a day was past when the last decision before this one was made."""
    return until is not None and before.clock > until


def permits(policy: Policy, claims: Claims, agreement: Agreement, now: int) -> bool:
    """Whether an agreement allows what is claimed: each category for each purpose, and none is banned."""
    ends = [agreement.until, None if policy.retention_s_max is None else now + policy.retention_s_max]
    if claims.until is not None and any(end is not None and claims.until > end for end in ends):
        return False
    if claims.onward is not None and not policy.onward:
        return False
    claimed = list(product(claims.categories or (None,), claims.purposes or (None,)))
    bans = [clause for clause in policy.clauses if not clause.allowed]
    leave = [clause for clause in policy.clauses if clause.allowed]
    if any(_bans(clause, claims.action, *each) for clause in bans for each in claimed):
        return False
    return all(any(_grants(clause, claims.action, *each) for clause in leave) for each in claimed)


def _grants(clause: Clause, action: str, category: str | None, purpose: str | None) -> bool:
    """Whether a clause speaks of this; what is not claimed needs no word of it."""
    spoken = ((clause.actions, action), (clause.categories, category), (clause.purposes, purpose))
    return all(not words or claimed is None or claimed in words for words, claimed in spoken)


def _bans(clause: Clause, action: str, category: str | None, purpose: str | None) -> bool:
    """Whether a ban speaks of this; what is not claimed cannot be banned."""
    spoken = ((clause.actions, action), (clause.categories, category), (clause.purposes, purpose))
    return all(not words or claimed in words for words, claimed in spoken)
