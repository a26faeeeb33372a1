"""From the rows of an archive to a store that a recovery goes on from (spec 21 §6, spec 06 §1).

The store is a new one that does not count yet: where the rows end in a fault, it is thrown away. Threads and
agreements are what the messages fold to.
"""

from collections.abc import Iterable, Iterator

from pcloud.engine.archive.kept import restored
from pcloud.engine.archive.rows import Fork, Former, Judged, Kept, Marked, Node, Own, Row, Said, Timed
from pcloud.engine.refold import refold
from pcloud.engine.registry import STANDARD
from pcloud.engine.sealing import fresh_receiving
from pcloud.engine.snapshot import Relationship
from pcloud.kernel.context import Draw
from pcloud.limits import POOL_SIZE
from pcloud.runtime import facts
from pcloud.runtime.keeping import own
from pcloud.runtime.recovering.nextkeys import BLOCKS_MAX
from pcloud.store.port import Changes, Contact, Direction, Route, ScopeKind, Store, Timer
from pcloud.wire import keylog
from pcloud.wire.keys import SEED_BYTES, HybridKey, SigningKey
from pcloud.wire.manifest import Manifest
from pcloud.wire.session import contact_tag

ROWS_COMMIT = 2_000
"""Rows of one commit, so that a large archive is never in memory as a whole."""
FOLDED_COMMIT = 64
"""Relationships that are folded in one commit."""
CLOSED = "closed"


class Rebuilding:
    """A store that is filled row by row."""

    def __init__(self, store: Store, draw: Draw) -> None:
        self._store, self._draw = store, draw
        self._changes = Changes()
        self._rows = 0

    def take(self, row: Row) -> None:
        """Put a row into the store; a later one replaces an earlier one of the same."""
        self._rows += 1
        if isinstance(row, Node):
            known = {facts.NAME: row.name, facts.KIND: row.kind, facts.CREATED: str(row.created)}
            self._changes.facts.update((fact, value.encode()) for fact, value in known.items())
        elif isinstance(row, Own):
            own.put(row, self._changes)
        elif isinstance(row, Kept):
            self._relate(row)
        elif isinstance(row, Marked):
            self._mark(row)
        elif isinstance(row, Said | Former):
            self._log(row)
        elif isinstance(row, Judged):
            self._judge(row)
        elif isinstance(row, Fork):
            if all(row.signed.data != known.data for known in self._store.evidence(row.scope)):
                self._changes.evidence.append((row.scope, row.signed))
        else:
            self._time(row)
        if self._rows % ROWS_COMMIT == 0:
            self.commit()

    def commit(self) -> None:
        """Write what was taken. Raises StoreError."""
        self._store.commit(self._changes)
        self._changes = Changes()

    def _relate(self, row: Kept) -> None:
        scope, changes, draw = row.scope, self._changes, self._draw
        if scope in changes.contacts or self._store.contact(scope) is not None:
            self.commit()  # what it clears may still be on its way there
            changes = self._changes
            self._clear(scope)
        key, receiving = SigningKey.from_seed(draw(SEED_BYTES)), fresh_receiving(draw, 1)
        changes.relationships[scope] = restored(row, key, receiving)
        changes.contacts[scope] = _contact(row)
        for mailbox in row.me.mailboxes:
            changes.routes[mailbox] = Route(mailbox, scope, ScopeKind.RELATIONSHIP)
        for seed in row.me.contact_seeds:
            contact = HybridKey.from_seed(seed)
            changes.contact_keys[contact_tag(contact.public)] = (scope, contact)
        proofs = row.proofs
        changes.facts[facts.INVITATION + scope.hex()] = proofs.invitation
        if row.met.asked:
            changes.facts[facts.INVITED + row.met.invitation.hex()] = scope
        if row.me.founding != row.me.log.persona:
            changes.facts[facts.SUCCESSION + scope.hex()] = proofs.succession

    def _clear(self, scope: bytes) -> None:
        """Take away what a later row of a relationship names anew: what it does not name was let go since."""
        store, changes = self._store, self._changes
        for timer in store.copying.timers(scope):
            changes.timers[timer[:3]] = None
        changes.routes.update(dict.fromkeys(store.copying.mailboxes(scope)))
        changes.contact_keys.update(
            dict.fromkeys(contact_tag(key.public) for key in store.contact_keys(scope))
        )

    def _mark(self, row: Marked) -> None:
        relationship = self._relationship(row.scope)
        marked = relationship.unaffirmed.union(row.ids)
        self._changes.relationships[row.scope] = relationship._replace(unaffirmed=marked)

    def _relationship(self, scope: bytes) -> Relationship:
        known = self._changes.relationships.get(scope) or self._store.relationship(scope)
        assert known is not None, "the reader has refused what names no relationship before it"
        return known

    def _log(self, row: Said | Former) -> None:
        key = row.scope, row.entry.first_id
        if key in self._changes.entries:
            self.commit()  # the earlier one is found at its own place too
        self._changes.entries[key] = row.entry

    def _judge(self, row: Judged) -> None:
        key = row.scope, row.first_id
        held = self._changes.entries.get(key)
        if held is not None:
            self._changes.entries[key] = held._replace(verdict=row.verdict)
        elif self._store.history(row.scope).find(row.first_id) is not None:
            self._changes.verdicts[key] = row.verdict

    def _time(self, row: Timed) -> None:
        self._changes.timers[row.scope, row.command, row.key] = Timer(*row)


def _contact(row: Kept) -> Contact:
    direction = Direction.OUT if row.met.asked else Direction.IN
    return Contact(row.scope, direction, *row.met[1:])


def rebuild(store: Store, rows: Iterable[Row], draw: Draw) -> None:
    """Fill an empty store, which counts only if this returns. Raises Violation, StoreError."""
    rebuilding = Rebuilding(store, draw)
    for row in rows:
        rebuilding.take(row)
    rebuilding.commit()


def settle(store: Store, secret: bytes, manifest: Manifest) -> None:
    """Fold every relationship, and let the node know its words: then `renew` may begin.

    What had not begun, or had only been asked, cannot be gone on with: its keys were lost (spec 06 §1).
    """
    for scopes in _pages(store):
        changes = Changes()
        for row in scopes:
            _fold(store, row, changes)
        store.commit(changes)
    told = {
        facts.GENERATION: str(manifest.generation).encode(),
        facts.POOL_END: str(min(manifest.pool_end, BLOCKS_MAX * POOL_SIZE)).encode(),
        facts.POOL_FIRST: keylog.pool(secret, manifest.generation, 0, 1)[0],
    }
    store.commit(Changes(facts={**told, **facts.of_words(secret)}))


def _pages(store: Store) -> Iterator[list[Contact]]:
    after: bytes | None = None
    while rows := list(store.contacts(after, FOLDED_COMMIT)):
        yield rows
        after = rows[-1].scope


def _fold(store: Store, row: Contact, changes: Changes) -> None:
    relationship, history = store.relationship(row.scope), store.history(row.scope)
    assert relationship is not None, "it came with its row"
    entries = [*history.sequence(mine=True), *history.sequence(mine=False)]
    folded = refold(relationship, (entry.signed.thread_id for entry in entries), {}, history, STANDARD)
    changes.relationships[row.scope] = folded.relationship
    for thread in folded.threads:
        changes.threads[row.scope, thread.id] = thread
    if folded.relationship.thread is None:
        _forget(store, row, changes)
    elif relationship.peer.log.events[0].commitment is None:
        changes.relationships[row.scope] = folded.relationship._replace(recovering=False)
        changes.contacts[row.scope] = row._replace(state=CLOSED)
        changes.facts[facts.INVITED + row.invitation.hex()] = None


def _forget(store: Store, row: Contact, changes: Changes) -> None:
    """Nothing was sent: its link may be opened again."""
    changes.contacts[row.scope] = None
    changes.routes.update(dict.fromkeys(store.copying.mailboxes(row.scope)))
    for key in store.contact_keys(row.scope):
        changes.contact_keys[contact_tag(key.public)] = None
    changes.facts[facts.INVITATION + row.scope.hex()] = None
    changes.facts[facts.INVITED + row.invitation.hex()] = None
