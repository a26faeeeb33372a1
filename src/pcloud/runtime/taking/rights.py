"""Rights that peers claim over their data here, and how they are answered (spec 09 §9)."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, cast

from pcloud.engine.compose import Command
from pcloud.engine.fold import act_of
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.disclosure.answer import DONE, EXTENDED, PARTLY, REFUSED, DisclosureAnswer
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.machine import CLAIMED, MACHINE, RETURNED
from pcloud.features.disclosure.path import matches
from pcloud.features.disclosure.rights import CORRECTION, ERASURE, DisclosureRights
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX, MESSAGE_BYTES_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.wording import shown
from pcloud.runtime.owning import customers, show, speaking
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import backups, grants, holds, leaving, reading, views
from pcloud.runtime.taking.erasing import erase, erase_copies
from pcloud.runtime.taking.grants import Given

DUE_S: Final = 2_592_000
"""How long an answer may take at most: a month, as the law of the European Union has it."""
ITEMS_BYTES_MAX: Final = MESSAGE_BYTES_MAX * 3 // 4
"""Values of one answer; the rest of a message is for its header and body."""
FINAL: Final = (DONE, REFUSED)
_READ: Final = 10
"""Claims that are read at once."""
_LOOKED_AT: Final = 500
"""Claims whose ids are compared at once."""


class Claim(NamedTuple):
    """A right that a peer has claimed."""

    scope: Scope
    thread: Thread
    entry: Entry
    body: DisclosureRights

    @property
    def is_open(self) -> bool:
        """Whether an answer is owed."""
        return self.thread.data.get("outcome") not in FINAL


class Reply(NamedTuple):
    """What the owner says."""

    outcome: str
    reason: str | None
    until: int | None


class Page(NamedTuple):
    """Some claims, and where to go on; a page may be short, or empty, and still not be the last."""

    claims: list[Claim]
    next: int | None


Place = tuple[bytes, bytes]
"""Scope and thread of a claim."""


def claims(batch: Batch, scope: Scope | None, after: int, limit: int, *, answered: bool) -> Page:
    """Claims of one peer or of all, oldest first: those to be answered, or with `answered` all.

    All of one peer come at once. Of all peers so many are looked at that nobody waits long: each may be
    of another relationship.
    """
    if scope is not None:
        rows = [(scope.id, each) for each in batch.store.threads(scope.id, MACHINE.name, CLAIMED)]
        last = None
    else:
        page = batch.store.personal.threads_in(CLAIMED, after, _READ)
        rows = [(row.scope, row.thread) for row in page]
        last = page[-1].number if len(page) == _READ else None
    wanted = [
        (scope_id, thread) for scope_id, thread in rows if answered or thread.data.get("outcome") not in FINAL
    ]
    found = (_claim(batch, batch.scope(scope_id), thread) for scope_id, thread in wanted)
    return Page([*islice((claim for claim in found if claim is not None), limit)], last)


def _claim(batch: Batch, scope: Scope, thread: Thread) -> Claim | None:
    """None for a claim of this node's own."""
    entry = scope.log.find(thread.id)
    if entry is None or entry.mine or entry.verdict != APPLIED:
        return None
    body = act_of(batch.setting.registry, entry.signed, entry.parts).message
    return Claim(scope, thread, entry, body) if isinstance(body, DisclosureRights) else None


def find(batch: Batch, text: str, after: int) -> tuple[list[Place], int | None]:
    """Two claims at most that begin so among the next ones, and where to go on; own ones are none."""
    page = batch.store.personal.threads_in(CLAIMED, after, _LOOKED_AT)
    found = (
        (row.scope, row.thread.id)
        for row in page
        if text
        and row.thread.id.hex().startswith(text.lower())
        and _claim(batch, batch.scope(row.scope), row.thread) is not None
    )
    return [*islice(found, 2)], page[-1].number if len(page) == _LOOKED_AT else None


def at(batch: Batch, place: Place) -> Claim:
    """The claim that was found there."""
    scope = batch.scope(place[0])
    thread = scope.log.thread(place[1])
    claim = None if thread is None else _claim(batch, scope, thread)
    assert claim is not None, "what was claimed stays so"
    return claim


def view(batch: Batch, claim: Claim) -> views.RightAsked:
    """A claim as the owner sees it."""
    scope, thread, entry, body = claim
    said = _said(batch, claim)
    outcome = cast(
        "Literal['open', 'partly', 'extended', 'done', 'refused']", thread.data.get("outcome", "open")
    )
    asked = entry.signed.header.time
    due = min(body.due or asked + DUE_S, asked + DUE_S)
    if outcome == EXTENDED and said is not None and said.until is not None:
        due = said.until
    return views.RightAsked(
        thread.id.hex(),
        scope.id.hex(),
        show.line(scope.contact.name),
        customers.reference_of(batch, scope.contact),
        cast("Literal['access', 'correction', 'portability', 'erasure']", body.right),
        None if body.paths is None else list(body.paths),
        _values(entry),
        asked,
        due,
        claim.is_open and batch.now > due,
        outcome,
        None if said is None else said.until,
        None if said is None else said.reason,
    )


def _values(entry: Entry) -> list[Any]:
    return [None if part is None else shown(part.data) for part in entry.parts[1:]]


def _said(batch: Batch, claim: Claim) -> DisclosureAnswer | None:
    """The last answer, if there was one."""
    if "outcome" not in claim.thread.data:
        return None
    own = [each for each in claim.scope.log.entries(claim.thread.id) if each.mine]
    body = act_of(batch.setting.registry, own[-1].signed, own[-1].parts).message
    return body if isinstance(body, DisclosureAnswer) else None


def answer(batch: Batch, claim: Claim, reply: Reply) -> None:
    """Answer; what the owner says is done is done in this commit. Raises OwnerError, UsageError."""
    right = claim.body.right
    if reply.outcome == REFUSED and reply.reason is None:
        raise OwnerError("invalid", "Say why it is refused: --reason")
    if reply.outcome == EXTENDED and reply.until is None:
        raise OwnerError("invalid", "Say until when: --until")
    if reply.outcome == DONE and right == ERASURE:
        reply = _erased(batch, claim)
    elif reply.outcome in (DONE, PARTLY) and right not in (ERASURE, CORRECTION):
        _give(batch, claim, reply)
        return
    _say(batch, claim, DisclosureAnswer(reply.outcome, reply.reason, reply.until))
    if right == CORRECTION and reply.outcome in FINAL:
        items = enumerate(claim.entry.parts[1:], 1)
        erase(
            batch,
            claim.scope,
            [Given(claim.entry, place, "", 0) for place, item in items if item is not None],
        )


def _say(batch: Batch, claim: Claim, message: DisclosureAnswer, items: tuple[bytes, ...] = ()) -> None:
    speaking.speak(batch, claim.scope, Command(message, claim.thread.id, items))


def _erased(batch: Batch, claim: Claim) -> Reply:
    """Delete everything that was named, and what this node said of it; what has to be kept is said."""
    paths = None if claim.body.paths is None else list(claim.body.paths)
    bound = holds.bound(batch, claim.scope)
    found = leaving.delete(batch, claim.scope, paths)
    erase_copies(batch, claim.scope, partial(leaving.fits, paths=paths))  # also of what was never granted
    reasons = sorted({reason for each in found.values() for path in each if (reason := bound(path))})
    return Reply(DONE, reasons[0] if reasons else None, backups.gone_by(batch))


# Access and portability


def _give(batch: Batch, claim: Claim, reply: Reply) -> None:
    """Give what is held, in as many messages as it takes; the last has the outcome."""
    portions = list(_portions(_everything(batch, claim))) or [[]]
    for place, portion in enumerate(portions, 1):
        last = place == len(portions)
        outcome = reply.outcome if last else PARTLY
        fields = tuple(Field(path, version) for path, version, _ in portion)
        message = DisclosureAnswer(outcome, reply.reason if last else None, None, fields or None)
        _say(batch, claim, message, tuple(item for _, _, item in portion))


class _Value(NamedTuple):
    path: str
    version: int
    item: bytes


def _everything(batch: Batch, claim: Claim) -> list[_Value]:
    """What this node holds of the peer, and what it gave back: the newest of each path, as was asked for."""
    scope, registry, wanted = claim.scope, batch.setting.registry, claim.body.paths
    newest: dict[str, _Value] = {}
    for thread in batch.store.threads(scope.id, MACHINE.name):
        entries = scope.log.entries(thread.id)
        found: list[_Value] = []
        if grants.is_grant(thread) and grants.takes(scope.relationship, thread):
            here = reading.in_thread(scope.relationship, thread, entries, registry)
            found = [
                _Value(each.row.path, each.row.version, each.item) for each in here if each.item is not None
            ]
        elif thread.state == RETURNED and thread.opener == scope.relationship.me.log.persona:
            found = [
                _Value(each.path, each.version, part.data)
                for each in grants.values(entries, registry)
                if (part := each.entry.parts[each.place]) is not None
            ]
        for value in found:
            fits = wanted is None or any(matches(each, value.path) for each in wanted)
            if fits and (value.path not in newest or newest[value.path].version <= value.version):
                newest[value.path] = value
    return [newest[path] for path in sorted(newest)]


def _portions(values: list[_Value]) -> Iterator[list[_Value]]:
    """As much as fits into a message, and so on."""
    portion: list[_Value] = []
    size = 0
    for value in values:
        if portion and (len(portion) == DISCLOSED_MAX or size + len(value.item) > ITEMS_BYTES_MAX):
            yield portion
            portion, size = [], 0
        portion.append(value)
        size += len(value.item)
    if portion:
        yield portion
