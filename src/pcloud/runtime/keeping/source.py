"""A copy of the node as a volume, made while it runs (spec 21 §7).

It is read in the lane that decides, a little at a time, so that nobody waits for long. What changes meanwhile
is read once more before the end: the volume says what held at its last read, all of it.
"""

from collections.abc import AsyncGenerator, Iterator
from functools import partial
from math import inf
from typing import Final, NamedTuple

from pcloud.ambient.port import Lane, Workers
from pcloud.engine.archive.chain import Link, next_manifest
from pcloud.engine.archive.kept import Beside, can_come_back, kept
from pcloud.engine.archive.rows import (
    Fork,
    Former,
    InScope,
    Judged,
    Kept,
    Marked,
    Met,
    Node,
    Own,
    Row,
    Said,
    Timed,
)
from pcloud.engine.archive.writing import Writer
from pcloud.kernel.context import Draw
from pcloud.limits import ARCHIVE_IDS_MAX
from pcloud.runtime import facts
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.scope import TIDY
from pcloud.runtime.keeping import records
from pcloud.runtime.keeping.own import changed, own_rows
from pcloud.runtime.owning.meeting import stored_origin
from pcloud.store.port import Changes, Contact, Direction, Store
from pcloud.wire.keys import NONCE_BYTES, SEED_BYTES
from pcloud.wire.manifest import Manifest

SCOPES_PAGE: Final = 16
"""Relationships read at once; some 5 ms."""
ENTRIES_PAGE: Final = 64
"""Messages read at once; some 5 ms."""
RECORDS_PAGE: Final = 256
"""Versions of records read at once; some 3 ms."""
TOUCHED_MAX: Final = 200_000
"""Changes that are remembered for a destination; beyond it the next volume is a full one."""


class Trail:
    """What has changed since the last volume for one destination. In memory: a start begins a new chain."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        """Of the last volume; later ones have higher ones."""
        self.link: Link | None = None
        """What the next increment builds on; None where the next volume is a full one."""
        self.writing: Pages | None = None
        """The volume that is under way, which takes what is noted as it goes."""
        self.scopes: dict[bytes, None] = {}
        self.verdicts: dict[tuple[bytes, bytes], str] = {}
        self.own: dict[str, bytes | None] = {}
        self.versions: dict[tuple[str, int], None] = {}
        """Of records, by path and number; what they hold is read when the volume is made."""
        self.left_out: set[bytes] = set()
        """Relationships whose messages were passed over, because they could not come back."""

    def note(self, changes: Changes) -> None:
        """Take in the rows of a commit, in the lane that decides. Before a full volume nothing is noted."""
        if self.link is None and self.writing is None:
            return
        for scope in _scopes_of(changes):
            self.scopes[scope] = None
        self.verdicts.update({key: str(verdict) for key, verdict in changes.verdicts.items()})
        self.own.update(changed(changes))
        self.versions.update(dict.fromkeys(changes.versions))
        noted = len(self.scopes) + len(self.verdicts) + len(self.own) + len(self.versions)
        if self.writing is None and noted > TOUCHED_MAX:
            self.forget()

    def forget(self) -> None:
        """Begin anew: the next volume is a full one."""
        self.link = None
        for each in (self.scopes, self.verdicts, self.own, self.versions, self.left_out):
            each.clear()


def _scopes_of(changes: Changes) -> Iterator[bytes]:
    yield from changes.relationships
    yield from changes.contacts
    yield from (scope for scope, _ in changes.entries)
    yield from (scope for scope, _ in changes.verdicts)
    yield from (scope for scope, _, _ in changes.timers)
    yield from (scope for scope, _ in changes.evidence)
    yield from (route.scope for route in changes.routes.values() if route is not None)
    yield from (held[0] for held in changes.contact_keys.values() if held is not None)


class Page(NamedTuple):
    """What one read gave."""

    rows: list[Row]
    over: bool
    upto: int


class Pages:
    """Everything that goes into one volume, page by page, each read from one committed state.

    First all relationships and records (of a full volume), then the messages, then what has changed
    meanwhile. Of a node that is so busy that this gets no less, pages grow, so that there is an end.
    """

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._listed: bytes | None = None
        """Up to which relationship all were read, in a full volume; None once they were."""
        self._recorded: tuple[str, int] | None = None
        """Behind which version of a record to go on, in a full volume; None once all were read."""
        self._behind = True
        """Whether messages were not read to their end yet."""
        self._cursor = 0
        self._most = SCOPES_PAGE
        """Relationships of one page; of messages and records in proportion."""
        self._left = inf
        """Messages or changes that were left to read, one page ago."""
        self._named: dict[bytes, tuple[bytes, int]] = {}
        """Relationships that the volume has, each with the persona of the peer and its epoch there."""

    def begin(self, store: Store, now: int) -> tuple[Manifest, list[Row]]:
        """What the volume is, and its first rows."""
        trail, number = self._trail, self._trail.number + 1
        generation, pool_end = (int(_text(store, fact)) for fact in (facts.GENERATION, facts.POOL_END))
        manifest = next_manifest(trail.link, generation, pool_end, now, number)
        rows: list[Row] = [
            Node(_text(store, facts.NAME), _text(store, facts.KIND), int(_text(store, facts.CREATED)))
        ]
        if manifest.is_full:
            trail.forget()
            self._listed, self._recorded = b"", records.FIRST
            rows += own_rows(store)
        trail.number, trail.link, trail.writing = manifest.number, None, self
        self._cursor = manifest.after
        return manifest, rows

    def next(self, store: Store) -> Page:
        """The next rows."""
        rows, trail = self._judged(), self._trail
        if self._listed is not None:
            rows += self._list(store, self._listed)
        elif self._recorded is not None:
            found, self._recorded = records.rows(store, self._recorded, RECORDS_PAGE)
            rows += found
        elif self._behind:
            self._pace(store.feed_end() - self._cursor)
            rows += self._messages(store)
        else:
            self._pace(len(trail.scopes) + len(trail.versions))
            rows += self._changed(store)
            if not trail.scopes and not trail.versions:
                rows += [Own(*each) for each in trail.own.items()] + self._judged() + self._messages(store)
                trail.own.clear()
                trail.verdicts.clear()  # those of relationships that are left out
                return Page(rows, not self._behind, self._cursor)
        return Page(rows, over=False, upto=self._cursor)

    def _pace(self, left: int) -> None:
        """Read more at once where what is left is not half a page less than before."""
        if left > self._left - self._most // 2:
            self._most *= 2
        self._left = left

    def _changed(self, store: Store) -> list[Row]:
        """Relationships and records that have changed."""
        trail, rows = self._trail, list[Row]()
        for scope in list(trail.scopes)[: self._most]:
            rows += self._scope(store, scope)
        versions = list(trail.versions)[: self._most * RECORDS_PAGE // SCOPES_PAGE]
        rows += records.rows_at(store, versions)
        for each in versions:
            del trail.versions[each]
        return rows

    def _judged(self) -> list[Row]:
        """Verdicts of relationships that the volume has; those of others wait."""
        verdicts = self._trail.verdicts
        found = [key for key in verdicts if key[0] in self._named]
        return [Judged(*key, verdicts.pop(key)) for key in found]

    def _list(self, store: Store, after: bytes) -> list[Row]:
        contacts = store.contacts(after, SCOPES_PAGE)
        self._listed = contacts[-1].scope if len(contacts) == SCOPES_PAGE else None
        rows: list[Row] = []
        for contact in contacts:
            rows += self._scope(store, contact.scope)
        return rows

    def _scope(self, store: Store, scope: bytes) -> list[Row]:
        """A relationship as it stands now; nothing of one that could not come back."""
        self._trail.scopes.pop(scope, None)
        found = scope_rows(store, scope)
        if found is None:
            return []
        row = found[0]
        rows: list[Row] = [*found]
        self._named[scope] = row.peer.log.persona, row.peer.log.epoch
        if scope in self._trail.left_out:
            self._trail.left_out.discard(scope)
            rows += [Said(scope, fed.entry) for fed in reversed(store.log(scope, None, ENTRIES_PAGE))]
        return rows

    def _messages(self, store: Store) -> list[Row]:
        """Messages and earlier headers in the order of the feed, each behind the keys that signed it."""
        most = ENTRIES_PAGE * self._most // SCOPES_PAGE
        fed, earlier = store.feed(self._cursor, most), store.copying.earlier(self._cursor, most)
        last = min((page[-1].number for page in (fed, earlier) if len(page) == most), default=None)
        self._behind = last is not None
        self._cursor = store.feed_end() if last is None else last
        found: dict[int, Said | Former] = {each.number: Said(each.scope, each.entry) for each in fed}
        found |= {each.number: Former(each.scope, each.entry) for each in earlier}
        rows: list[Row] = []
        for number in sorted(found):
            row = found[number]
            if number > self._cursor:
                break
            if not self._is_named(row):
                rows += self._scope(store, row.scope)
            if row.scope in self._named:
                rows.append(row)
            else:
                self._trail.left_out.add(row.scope)
        return rows

    def _is_named(self, row: Said | Former) -> bool:
        """Whether the volume has the relationship with the keys that signed this message."""
        persona, epoch = self._named.get(row.scope, (None, 0))
        header = row.entry.signed.header
        if persona is None or row.entry.mine:
            return persona is not None
        return header.sender == persona and header.sender_epoch <= epoch


def _text(store: Store, fact: str) -> str:
    return (store.fact(fact) or b"0").decode()


def scope_rows(store: Store, scope: bytes) -> tuple[Kept, *tuple[InScope, ...]] | None:
    """A relationship as it stands, and what stands beside its messages; None if it could not come back."""
    relationship, contact = store.relationship(scope), store.contact(scope)
    if relationship is None or contact is None or not can_come_back(relationship):
        return None
    origin = stored_origin(store, scope, relationship)
    mailboxes, keys = store.copying.mailboxes(scope), store.contact_keys(scope)
    row = kept(scope, relationship, Beside(_met(contact), origin, tuple(mailboxes), tuple(keys)))
    marked = sorted(relationship.unaffirmed)
    pages = range(0, len(marked), ARCHIVE_IDS_MAX)
    rows: list[InScope] = [Marked(scope, tuple(marked[at : at + ARCHIVE_IDS_MAX])) for at in pages]
    rows += [Fork(scope, signed) for signed in store.evidence(scope)]
    rows += [Timed(*timer) for timer in store.copying.timers(scope) if timer.command != TIDY]
    return row, *rows


def _met(contact: Contact) -> Met:
    return Met(contact.direction is Direction.OUT, *contact[2:])


# While the node runs, and while it does not


async def volume(
    decider: Decider, workers: Workers, trail: Trail, public: bytes, draw: Draw
) -> AsyncGenerator[bytes]:
    """The bytes of the next volume for a destination, sealed to the manifest key.

    `trail.note` is among `decider.notes` from before the volume begins. Only when the last byte was taken
    does the trail lead on from it; after anything else the next volume is a full one.
    """
    pages = Pages(trail)
    try:
        manifest, rows = await decider.do(lambda batch: pages.begin(batch.store, batch.now))
        writer = Writer(manifest, public, draw(SEED_BYTES), draw(NONCE_BYTES))
        yield writer.begin() + writer.add(rows)
        while True:
            page = await decider.do(lambda batch: pages.next(batch.store))
            yield await workers.run(Lane.OPEN, partial(writer.add, page.rows))
            if page.over:
                break
        for piece in writer.end(page.upto):
            yield piece
        trail.link = writer.link()
    finally:
        if trail.writing is pages:
            trail.writing = None


def whole(store: Store, public: bytes, draw: Draw, now: int) -> Iterator[bytes]:
    """The bytes of a full volume of a node that does not run."""
    pages = Pages(Trail())
    manifest, rows = pages.begin(store, now)
    writer = Writer(manifest, public, draw(SEED_BYTES), draw(NONCE_BYTES))
    yield writer.begin() + writer.add(rows)
    while True:
        page = pages.next(store)
        yield writer.add(page.rows)
        if page.over:
            break
    yield from writer.end(page.upto)
