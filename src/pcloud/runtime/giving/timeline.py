"""What was disclosed to whom, over time: read from the log of this node, the newest first (spec 09 §11)."""

from collections.abc import Iterator
from typing import Final

from pcloud.engine.fold import act_of, acts
from pcloud.features.disclosure.machine import MACHINE
from pcloud.home.receipts import events_of
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import views
from pcloud.runtime.giving.questions import gives
from pcloud.runtime.giving.wording import label_of
from pcloud.runtime.owning import show
from pcloud.store.port import Fed

LOOKED_AT_MAX: Final = 512
"""Entries of the log that are looked at for one page, which may be short."""
READ: Final = 128
"""Entries that are read at once."""
_NAMES: Final = f"{MACHINE.name}."


def page(batch: Batch, before: int | None, limit: int) -> views.Disclosed:
    """What was said about the owner's data in entries with numbers below `before`, the newest first.

    An entry whose receipt comes gets a new number, so within a page they are put in the order of their times.
    """
    last = batch.store.feed_end() + 1
    end = last if before is None else min(before, last)
    first = max(end - LOOKED_AT_MAX, 1)
    scopes: dict[bytes, Scope] = {}
    rows: list[tuple[Fed, views.Disclosure]] = []
    for fed in _backwards(batch, first, end):
        if not fed.entry.signed.header.name.startswith(_NAMES):
            continue
        scope = scopes.get(fed.scope) or scopes.setdefault(fed.scope, batch.scope(fed.scope))
        rows += ((fed, told) for told in _told(batch, scope, fed))
        if len(rows) >= limit:
            return views.Disclosed(_in_order(rows), fed.number)
    return views.Disclosed(_in_order(rows), first if first > 1 else None)


def _in_order(rows: list[tuple[Fed, views.Disclosure]]) -> list[views.Disclosure]:
    """By their times; what was said in the same second in the order in which its sender said it."""
    rows.sort(key=lambda row: (row[1].at, row[0].entry.signed.rank), reverse=True)
    return [told for _, told in rows]


def _backwards(batch: Batch, first: int, end: int) -> Iterator[Fed]:
    """Entries from `end`, which is left out, down to `first`."""
    while end > first:
        start = max(end - READ, first)
        yield from (fed for fed in reversed(batch.store.feed(start - 1, end - start)) if fed.number < end)
        end = start


def _told(batch: Batch, scope: Scope, fed: Fed) -> Iterator[views.Disclosure]:
    """What one message says of the owner's data; nothing where it is about the peer's, or does not act."""
    registry, entry = batch.setting.registry, fed.entry
    thread = scope.log.thread(entry.signed.thread_id)
    if thread is None or not acts(entry, registry, scope.relationship.unaffirmed) or not gives(scope, thread):
        return
    act = act_of(registry, entry.signed, entry.parts)
    for event in events_of(act, scope.relationship.me.log.persona):
        yield views.Disclosure(
            fed.number,
            event.at,
            scope.id.hex(),
            show.line(scope.contact.name),
            event.what,
            entry.mine,
            event.paths,
            [label_of(path) for path in event.paths],
            event.backups,
        )
