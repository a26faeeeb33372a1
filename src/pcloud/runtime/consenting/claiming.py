"""Rights that the owner claims: of one peer at once, or of many, each in a commit of its own (spec 09 §9)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from pcloud.engine.compose import Command
from pcloud.errors import Violation
from pcloud.features.disclosure.answer import DONE, REFUSED, DisclosureAnswer
from pcloud.features.disclosure.machine import CLAIMED, MACHINE
from pcloud.features.disclosure.path import matches, read_path
from pcloud.features.disclosure.rights import ACCESS, CORRECTION, ERASURE, PORTABILITY, DisclosureRights
from pcloud.home.letters import ANSWER_S
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX, PATH_BYTES_MAX, REASON_BYTES_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.giving import ITEMS_BYTES_MAX
from pcloud.runtime.giving.ledger import NOT_KNOWN, Reader, Wanted
from pcloud.runtime.giving.values import record_of, valued
from pcloud.runtime.owning import show, speaking
from pcloud.runtime.owning.looking import threads_named
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal import Given, GivenPlace
from pcloud.wire import cbor
from pcloud.wire.shape import array, fixed, flag, text, unsigned

CLAIM: Final = "kept/claim/"
"""With the id of a claim to many: what is claimed, and of how many it still has to be."""
SEND: Final = "claim-right"
"""The command that claims it of one of them."""
RIGHTS: Final = (ACCESS, CORRECTION, PORTABILITY, ERASURE)
DUE_S: Final = ANSWER_S
PAGE: Final = 100
NAMED_MAX: Final = 100
"""Claims of one beginning of an id that are told apart."""
_ID_BYTES: Final = 8
_RELATED: Final = ("active", "paused-by-opener", "paused-by-other", "paused-by-both", "closed")
"""Relationships in which a right can be claimed, also when they have ended."""


class Claim(NamedTuple):
    """What is claimed."""

    right: str
    paths: tuple[str, ...]
    """None named: all that they have; of laggards, all that lags."""
    due: int
    lagging: bool = False
    """Only of those who should have a newer version, and only of what lags."""
    left: int = 0
    """Of how many it still has to be claimed."""

    def write(self) -> bytes:
        """As it is kept while it is under way."""
        return cbor.encode([self.right, list(self.paths), self.due, self.lagging, self.left])


def _kept(batch: Batch, key: str) -> Claim | None:
    """A claim to many that is under way; None where it is not, or cannot be read any more."""
    kept = batch.fact(key)
    try:
        return None if kept is None else _read(kept)
    except Violation:
        return None


def _read(kept: bytes) -> Claim:
    right, paths, due, lagging, left = fixed(cbor.decode_list(kept), 5)
    named = tuple(text(each, PATH_BYTES_MAX) for each in array(paths, 0, DISCLOSED_MAX))
    return Claim(text(right, REASON_BYTES_MAX), named, unsigned(due), flag(lagging), unsigned(left))


def require_claim(claim: Claim, now: int) -> None:
    """Raise OwnerError for what nobody can claim."""
    if claim.right not in RIGHTS:
        raise OwnerError("invalid", f"A right is one of: {', '.join(RIGHTS)}.")
    if len(claim.paths) > DISCLOSED_MAX:
        raise OwnerError("invalid", f"Name at most {DISCLOSED_MAX} records or places.")
    if claim.due <= now:
        raise OwnerError("invalid", "That day is over already.")
    if claim.right == CORRECTION and not claim.paths and not claim.lagging:
        raise OwnerError("invalid", "Name what is to be corrected: --path PATH, several times.")
    for path in claim.paths:
        try:
            read_path(path, pattern=claim.right != CORRECTION)
        except Violation:
            raise OwnerError("invalid", f"{path!r} is no record of your data.") from None


def claim_of(batch: Batch, scope: Scope, claim: Claim) -> bytes:
    """Claim it of one peer now; gives the thread. A correction brings what your records say.

    Raises OwnerError where there is no right value, FullOutboxError, UsageError.
    """
    items: list[bytes] = []
    for path in claim.paths if claim.right == CORRECTION else ():
        value = valued(batch, path)
        if value is None:
            raise OwnerError("unknown", f"There is nothing of yours at {path!r} to correct it with.")
        items.append(value.item)
    message = DisclosureRights(claim.right, claim.paths or None, claim.due)
    return speaking.speak(batch, scope, Command(message, None, tuple(items)))


# Of many


def claim_of_many(batch: Batch, claim: Claim) -> int:
    """Claim it of every peer, or of those that lag; gives of how many. It is done one by one from now on."""
    if claim.lagging:
        scopes = list(_laggards(batch))
    elif claim.right == CORRECTION:
        held = (row.scope for path in claim.paths for row in batch.store.personal.holders(record_of(path)))
        scopes = list(dict.fromkeys(held))  # nobody is told a value who does not hold it
    else:
        scopes = list(_everybody(batch))
    if not scopes:
        return 0
    id_ = batch.draw(_ID_BYTES)
    batch.changes.facts[CLAIM + id_.hex()] = claim._replace(left=len(scopes)).write()
    for scope in scopes:
        batch.ask(scope, SEND, id_)
    return len(scopes)


def _everybody(batch: Batch) -> Iterator[bytes]:
    after: bytes | None = None
    while page := batch.store.contacts(after, PAGE):
        yield from (row.scope for row in page if row.state in _RELATED)
        after = page[-1].scope


def _laggards(batch: Batch) -> Iterator[bytes]:
    """Who may lag, by the index alone; who does, each is looked at for itself when its turn comes."""
    found: set[bytes] = set()
    after: GivenPlace | None = None
    while page := batch.store.personal.given(mine=True, scope=None, prefix="", after=after, limit=PAGE):
        for row in page:
            if row.held and row.scope not in found and _may_lag(batch, row):
                found.add(row.scope)
                yield row.scope
        after = page[-1].scope, page[-1].thread, page[-1].path


def _may_lag(batch: Batch, row: Given) -> bool:
    newest = batch.newest(record_of(row.path))
    older = row.follows and newest is not None and newest.number > row.version
    return older or batch.store.delivery(row.scope) is not None


def send(batch: Batch, scope: Scope, key: bytes) -> None:
    """Claim of one peer what is claimed of many; one that was asked for the same and may still answer is not.

    Raises what puts it off, before anything is changed.
    """
    claim = _kept(batch, CLAIM + key.hex())
    if claim is None:
        return
    mine = claim
    if claim.right == CORRECTION or claim.lagging:
        found = _lagging(batch, scope.id) if claim.lagging else _held(batch, scope.id)
        wanted = (
            path for path in found if not claim.paths or any(_is_of(each, path) for each in claim.paths)
        )
        there = [path for path in wanted if valued(batch, path) is not None]
        mine = claim._replace(paths=tuple(dict.fromkeys(there))[:DISCLOSED_MAX])
    nothing = (claim.right == CORRECTION or claim.lagging) and not mine.paths
    for part in () if nothing or not show.is_peer(scope) else _parts(batch, mine):
        if not _is_open(batch, scope, part):
            claim_of(batch, scope, part)
    left = claim.left - 1
    batch.changes.facts[CLAIM + key.hex()] = claim._replace(left=left).write() if left > 0 else None


def _parts(batch: Batch, claim: Claim) -> list[Claim]:
    """A claim as messages can hold it: the values of a correction may be too much for one."""
    if claim.right != CORRECTION or len(claim.paths) < 2:  # noqa: PLR2004 - one value always fits
        return [claim]
    values = (valued(batch, path) for path in claim.paths)
    if sum(len(value.item) for value in values if value is not None) <= ITEMS_BYTES_MAX:
        return [claim]
    half = len(claim.paths) // 2
    parts = (claim.paths[:half], claim.paths[half:])
    return [one for paths in parts for one in _parts(batch, claim._replace(paths=paths))]


def _lagging(batch: Batch, scope: bytes) -> Iterator[str]:
    """What a peer should have in a newer version than it is known to have."""
    page = Reader(batch, NOT_KNOWN).page(Wanted(scope, lagging=True), None, PAGE)
    yield from (row.path for row in page.rows)


def _held(batch: Batch, scope: bytes) -> Iterator[str]:
    """What a peer holds by the ledger."""
    after: GivenPlace | None = None
    while page := batch.store.personal.given(mine=True, scope=scope, prefix="", after=after, limit=PAGE):
        yield from (row.path for row in page if row.held)
        after = page[-1].scope, page[-1].thread, page[-1].path


def _is_of(wanted: str, held: str) -> bool:
    return wanted in (held, record_of(held)) or ("*" in wanted and matches(wanted, held))


def _is_open(batch: Batch, scope: Scope, claim: Claim) -> bool:
    for thread in batch.store.threads(scope.id, MACHINE.name, CLAIMED):
        if is_mine(scope, thread) and thread.data["right"] == claim.right:
            known = standing(scope, thread)
            if not known.is_over and known.paths == claim.paths and known.limit >= batch.now:
                return True
    return False


def unsent(batch: Batch) -> int:
    """Of how many peers something still has to be claimed."""
    return sum(claim.left for key in batch.facts(CLAIM) if (claim := _kept(batch, key)) is not None)


# How they stand


class Standing(NamedTuple):
    """How a claim of one peer stands."""

    right: str
    paths: tuple[str, ...]
    said: int
    """When it was claimed."""
    verdict: str | None
    """Of the peer's node; None while it does not have it."""
    due: int
    answers: tuple[tuple[int, DisclosureAnswer, tuple[bytes | None, ...]], ...]
    """When, what, and what it brought."""

    @property
    def last(self) -> DisclosureAnswer | None:
        """The newest answer."""
        return self.answers[-1][1] if self.answers else None

    @property
    def limit(self) -> int:
        """Until when it is to be answered, with what they have asked for more."""
        last = self.last
        return self.due if last is None or last.outcome != "extended" else max(self.due, last.until or 0)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self.last is not None and self.last.outcome in (DONE, REFUSED)


def is_mine(scope: Scope, thread: Thread) -> bool:
    """Whether this node's owner has claimed it; else the peer."""
    return thread.opener == scope.relationship.me.log.persona


def standing(scope: Scope, thread: Thread) -> Standing:
    """Read a claim and its answers. Raises LookupError where its first message is not there."""
    opening = scope.log.find(thread.id)
    if opening is None or opening.parts[0] is None:
        raise LookupError("no claim")
    body = DisclosureRights.read(opening.parts[0].data)
    said = opening.signed.header.time
    due = said + DUE_S if body.due is None else body.due
    return Standing(body.right, body.paths or (), said, opening.verdict, due, tuple(_answers(scope, thread)))


def _answers(
    scope: Scope, thread: Thread
) -> Iterator[tuple[int, DisclosureAnswer, tuple[bytes | None, ...]]]:
    for entry in scope.log.entries(thread.id):
        body, *items = entry.parts
        applied = entry.verdict in (None, "applied")
        if entry.signed.header.name == DisclosureAnswer.NAME and body is not None and applied:
            brought = tuple(None if item is None else item.data for item in items)
            yield entry.signed.header.time, DisclosureAnswer.read(body.data), brought


def claims(batch: Batch, after: int) -> tuple[list[tuple[Scope, Thread]], int | None]:
    """A page of the claims of this node's owner, the oldest first, and where the next page begins."""
    page = batch.store.personal.threads_in(CLAIMED, after, PAGE)
    found = ((batch.scope(each.scope), each.thread) for each in page)
    mine = [(scope, thread) for scope, thread in found if is_mine(scope, thread)]
    return mine, page[-1].number if len(page) == PAGE else None


def find(batch: Batch, text: str) -> tuple[Scope, Thread]:
    """A claim by the beginning of its id. Raises OwnerError `unknown`, `ambiguous`."""
    named = threads_named(batch, text, MACHINE.name, NAMED_MAX)
    known = [(batch.scope(scope), thread) for scope, thread in named if thread.state == CLAIMED]
    mine = [each for each in known if is_mine(*each)]
    if len(mine) != 1:
        code, said = ("ambiguous", "More than one fits") if len(mine) > 1 else ("unknown", "There is no")
        raise OwnerError(code, f"{said} claim {text!r}. See: pcloud rights list")
    return mine[0]
