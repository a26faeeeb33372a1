"""What this node holds of others, as it stands in the log (spec 09 §11)."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from pcloud.engine.ledger.holding import Held, Holding
from pcloud.engine.ledger.index import Given, fields_of
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import Entry, Relationship
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.wording import shown
from pcloud.runtime.owning import customers, show
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import grants, holds, views
from pcloud.runtime.taking.grants import GRANT_OVER
from pcloud.store.personal import GivenPlace

LOOKED_AT_MAX: Final = 1_000
"""Rows of the index that are looked at for one page; most of what was ever held may be deleted."""
_SAID: Final[dict[Held, Literal["applied", "refused", "need-more"]]] = {
    Held.CONFIRMED: "applied",
    Held.REFUSED: "refused",
    Held.NEED_MORE: "need-more",
}


class Found(NamedTuple):
    """A field that is here: its row of the ledger, and its value."""

    thread: Thread
    row: Holding
    entry: Entry
    """What gave it."""
    item: bytes | None


def in_thread(
    relationship: Relationship, thread: Thread, entries: Sequence[Entry], registry: Registry
) -> list[Found]:
    """The fields of a grant that are not deleted."""
    by_id = {entry.first_id: entry for entry in entries}
    found = []
    for row in grants.holdings(relationship, entries, registry):
        if row.state is not Held.ERASED:
            entry = by_id[row.message]
            part = entry.parts[row.item]
            found.append(Found(thread, row, entry, None if part is None else part.data))
    return found


def page(batch: Batch, scope: Scope | None, path: str, after: str | None, limit: int) -> views.HeldPage:
    """Fields of one peer or of all, at a path and below it, or everywhere where that is empty."""
    read: dict[tuple[bytes, bytes], _Grant] = {}
    found: list[views.HeldField] = []
    of = None if scope is None else scope.id
    for seen, row in enumerate(_rows(batch, of, path, None if after is None else _place(after)), 1):
        if row.erased < row.version:
            grant = read.get((row.scope, row.thread))
            if grant is None:
                grant = read[row.scope, row.thread] = _Grant(batch, row)
            field = grant.fields.get(row.path)
            found += [] if field is None else [field]
        if len(found) == limit or seen == LOOKED_AT_MAX:
            return views.HeldPage(found, _text((row.scope, row.thread, row.path)))
    return views.HeldPage(found, None)


def ending(batch: Batch, until: int, limit: int) -> list[views.Ending]:
    """Grants to this node that end until then, the next to end first."""
    found: list[views.Ending] = []
    for timer in batch.store.timers_due(until, LOOKED_AT_MAX):
        scope = batch.scope(timer.scope) if timer.command == GRANT_OVER else None
        thread = None if scope is None else scope.log.thread(timer.key)
        if scope is None or thread is None or not grants.is_grant(thread):
            continue
        data, relationship = thread.data, scope.relationship
        me, agreements = relationship.me.log.persona, relationship.agreements
        fields = fields_of(thread, scope.id, me, agreements)
        paths = [each.path for each in fields if each.erased < each.version and not each.standing]
        if paths and data["until"] >= batch.now:
            peer, name = scope.id.hex(), show.line(scope.contact.name)
            reference = customers.reference_of(batch, scope.contact)
            terms = terms_of(scope.relationship, data["agreement"])
            found.append(views.Ending(peer, name, reference, thread.id.hex(), paths, data["until"], terms))
        if len(found) == limit:
            break
    return found


class _Grant:
    """The fields of one grant as they are shown."""

    def __init__(self, batch: Batch, row: Given) -> None:
        scope = batch.scope(row.scope)
        thread = scope.log.thread(row.thread)
        self.fields: dict[str, views.HeldField] = {}
        if thread is None or not grants.is_grant(thread):
            return
        over = grants.is_over(scope.relationship, thread, batch.now)
        bound = holds.bound(batch, scope)
        entries = scope.log.entries(row.thread)
        for found in in_thread(scope.relationship, thread, entries, batch.setting.registry):
            field = found.row.path
            reason = None if grants.may_hold(thread, field, over=over) else bound(field) or ""
            self.fields[field] = _shown(batch, scope, found, reason)


def _shown(batch: Batch, scope: Scope, found: Found, reason: str | None) -> views.HeldField:
    """`reason` is None for what may be held, and empty for what nothing binds the owner to keep."""
    data, row = found.thread.data, found.row
    state: Literal["held", "kept", "ending"] = "held" if reason is None else "kept" if reason else "ending"
    return views.HeldField(
        scope.id.hex(),
        show.line(scope.contact.name),
        customers.reference_of(batch, scope.contact),
        found.thread.id.hex(),
        row.path,
        row.version,
        shown(found.item),
        found.entry.signed.header.time,
        row.until,
        row.standing,
        data["action"],
        list(data["purposes"]),
        terms_of(scope.relationship, row.agreement),
        row.agreement.hex(),
        state,
        reason or None,
        _SAID.get(row.state),
    )


def terms_of(relationship: Relationship, agreement: bytes) -> str:
    """The terms of an agreement."""
    known = relationship.agreements.get(agreement)
    return "" if known is None else known.terms


# Pages


def _rows(batch: Batch, scope: bytes | None, prefix: str, after: GivenPlace | None) -> Iterator[Given]:
    while True:
        page = batch.store.personal.given(mine=False, scope=scope, prefix=prefix, after=after, limit=_READ)
        yield from page
        if len(page) < _READ:
            return
        last = page[-1]
        after = (last.scope, last.thread, last.path)


_READ: Final = 100


def _text(place: GivenPlace) -> str:
    scope, thread, path = place
    return f"{scope.hex()}.{thread.hex()}.{path}"


def _place(text: str) -> GivenPlace:
    try:
        scope, thread, path = text.split(".", 2)
        return bytes.fromhex(scope), bytes.fromhex(thread), path
    except ValueError:
        raise OwnerError("invalid", "That is no place to go on from: take it from the last answer.") from None
