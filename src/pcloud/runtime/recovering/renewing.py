"""Every persona of a node gets a new key event, with the words and while the node is down (spec 06 §1, §13).

It goes relationship by relationship, in commits of a bounded size, each of which stands by itself: where it
is interrupted, it is done again with the same words and goes on where it was. The node asks the peers to
follow once it runs.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from pcloud.engine import recovery
from pcloud.engine.lines import in_new_epochs
from pcloud.engine.sealing import fresh_receiving
from pcloud.engine.snapshot import Relationship
from pcloud.kernel.context import Draw
from pcloud.limits import KEY_EVENTS_MAX
from pcloud.runtime import facts
from pcloud.runtime.owning import keypool
from pcloud.runtime.owning.meeting import PENDING
from pcloud.runtime.recovering.nextkeys import NextKeys
from pcloud.runtime.recovering.noticing import newest_log
from pcloud.store.port import Changes, Contact, Delivery, Store
from pcloud.vault.words import check_secret, make_pool
from pcloud.wire import keylog
from pcloud.wire.content import Introduction
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import SEED_BYTES, HybridKey, SigningKey
from pcloud.wire.session import contact_tag

RENEWED_COMMIT = 64
"""Relationships of one commit."""

_MEETING = ("requested", "accepted")

Progress = Callable[[int], None]
"""Told how many relationships have been looked at."""


class Outcome(StrEnum):
    """What became of one relationship."""

    FOLLOWS = "follows"
    """The peer will be asked to follow."""
    QUIET = "quiet"
    """Nobody has seen the persona yet, so there is nobody to ask."""
    UNFINISHED = "unfinished"
    """The two have not met to the end: it has to be begun anew where the node was stolen (spec 06 §1)."""
    FULL = "full"
    """Its key log can grow no more."""
    FOREIGN = "foreign"
    """No key of these words is the one that its key log committed to."""


class Renewed(NamedTuple):
    """How many relationships came to what."""

    counts: dict[Outcome, int]
    generation: int


class _Work(NamedTuple):
    store: Store
    keys: NextKeys
    secret: bytes
    generation: int
    draw: Draw
    now: int


def renew(store: Store, secret: bytes, draw: Draw, now: int, progress: Progress) -> Renewed:
    """Begin, or go on with, the recovery of all relationships. The node must not run.

    Raises WordsError for the words of another node, LookupError for a store that no `init` has made, and
    StoreError; after the last, what was committed stands.
    """
    first, generation = store.fact(facts.POOL_FIRST), _number(store, facts.GENERATION)
    if first is None:
        raise LookupError("a node has a pool of next keys")
    check_secret(secret, generation, 0, first)
    keys = NextKeys(secret, generation, _number(store, facts.POOL_END))
    if store.fact(facts.RENEWING) is None:
        generation = 1 + max(_generations(store, keys), default=generation)
        _begin(store, secret, generation, now)
    work = _Work(store, keys, secret, generation, draw, now)
    counts = dict.fromkeys(Outcome, 0)
    done = 0
    for rows in _pages(store):
        changes = Changes()
        for row in rows:
            outcome = _one(work, row, changes)
            if outcome is not None:
                counts[outcome] += 1
        store.commit(changes)
        done += len(rows)
        progress(done)
    store.commit(Changes(facts={facts.RENEWING: None}))
    return Renewed(counts, generation)


def _number(store: Store, fact: str) -> int:
    return int(store.fact(fact) or b"0")


def _pages(store: Store) -> Iterator[list[Contact]]:
    after: bytes | None = None
    while rows := list(store.contacts(after, RENEWED_COMMIT)):
        yield rows
        after = rows[-1].scope


def _generations(store: Store, keys: NextKeys) -> Iterator[int]:
    """Generations that are in use: this node's, and those of other copies of it that peers have shown."""
    yield _number(store, facts.GENERATION)
    for rows in _pages(store):
        for row in rows:
            stale = store.fact(facts.SHOWN + row.scope.hex())
            relationship = None if stale is None else store.relationship(row.scope)
            if relationship is None:
                continue
            log = newest_log(relationship.me.log, stale)
            yield keys.generation_of(log.current.commitment or b"") or 0


def _begin(store: Store, secret: bytes, generation: int, now: int) -> None:
    """The pool of the new generation takes the place of the old one: no index of it was used by anybody."""
    pool = make_pool(secret, generation, 0, lambda _: None)
    changes = Changes(commitments=dict(enumerate(pool)))
    for index in range(len(pool), _number(store, facts.POOL_END)):
        changes.commitments[index] = None
    newest = store.feed(store.feed_end() - 1, 1)
    changes.facts = {
        facts.GENERATION: str(generation).encode(),
        facts.POOL_FIRST: pool[0],
        facts.POOL_END: str(len(pool)).encode(),
        facts.RENEWING: str(generation).encode(),
        facts.RECOVERED: str(now).encode(),
        facts.HELD_UNTIL: str(newest[0].entry.signed.header.time if newest else 0).encode(),
    }
    store.commit(changes)


def _one(work: _Work, row: Contact, changes: Changes) -> Outcome | None:
    relationship = work.store.relationship(row.scope)
    if relationship is None:
        return None
    log = newest_log(relationship.me.log, work.store.fact(facts.SHOWN + row.scope.hex()))
    met = relationship.thread is not None
    if not met and row.state != PENDING:
        return None
    if log.current.commitment is None or (met and not _can_follow(relationship)):
        return Outcome.UNFINISHED if row.state in _MEETING else None
    if len(log.events) >= KEY_EVENTS_MAX:
        return Outcome.FULL
    signer = work.keys.find(log.current.commitment)
    if signer is None:
        return Outcome.FOREIGN
    if work.keys.generation_of(log.current.commitment) != work.generation:
        _extend(work, row.scope, relationship, log, signer, changes)
    return Outcome.FOLLOWS if met else Outcome.QUIET


def _can_follow(relationship: Relationship) -> bool:
    """Whether the peer knows the persona that recovers, and has one of its own that lasts (spec 06 §1)."""
    return relationship.me.introduction is None and relationship.peer.log.events[0].commitment is not None


def _extend(
    work: _Work,
    scope: bytes,
    relationship: Relationship,
    log: KeyLog,
    signer: SigningKey,
    changes: Changes,
) -> None:
    """Sign the next event, and open the new epoch."""
    draw = work.draw
    key, contact = SigningKey.from_seed(draw(SEED_BYTES)), HybridKey.from_seed(draw(SEED_BYTES))
    commitment = _take(work, changes, scope)
    event = keylog.next_event(log, signer, key.public, contact.public, commitment)
    longer = KeyLog((*log.events, event))
    if relationship.thread is None:
        changes.relationships[scope] = _quietly(relationship, longer, key, draw)
    else:
        fresh, _ = recovery.begin(relationship, longer, key, work.store.history(scope), draw)
        changes.relationships[scope] = fresh
        changes.deliveries[scope] = Delivery(work.now, 0, work.now)
    changes.contact_keys[contact_tag(contact.public)] = (scope, contact)
    changes.facts[facts.SHOWN + scope.hex()] = None


def _quietly(relationship: Relationship, log: KeyLog, key: SigningKey, draw: Draw) -> Relationship:
    """A persona that nobody has seen shows its whole log with the first thing that it says."""
    fresh = in_new_epochs(relationship, log, relationship.peer)
    introduction = Introduction(tuple(event.data for event in log.events), None)
    return fresh._replace(
        me=fresh.me._replace(key=key, introduction=introduction),
        sealing=fresh.sealing._replace(receiving=fresh_receiving(draw, 1)),
    )


def _take(work: _Work, changes: Changes, scope: bytes) -> bytes:
    """The commitment for a relationship; more are made where none is left."""
    found = keypool.take(work.store, changes, scope)
    if found is None:
        start = _number(work.store, facts.POOL_END)
        pool = make_pool(work.secret, work.generation, start, lambda _: None)
        more = Changes(commitments=dict(enumerate(pool, start)))
        more.facts[facts.POOL_END] = str(start + len(pool)).encode()
        work.store.commit(more)
        found = keypool.take(work.store, changes, scope)
    assert found is not None, "more were made"
    return found


def unfinished(store: Store) -> bool:
    """Whether a recovery was interrupted: it is to be done again, with the same words."""
    return store.fact(facts.RENEWING) is not None
