"""New keys in every relationship, with the words: once each, whatever interrupts it (spec 06 §1, §13)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pcloud.ambient.system import system_entropy
from pcloud.engine.snapshot import Relationship
from pcloud.limits import POOL_SIZE
from pcloud.runtime import facts
from pcloud.runtime.recovering import nextkeys, renewing
from pcloud.runtime.recovering.nextkeys import NextKeys
from pcloud.runtime.recovering.renewing import Outcome, Renewed, renew, unfinished
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, Street, asked, quiet, related, until
from pcloud.vault.words import WordsError
from pcloud.wire import keylog

NOW = 1_800_000_000


@contextmanager
def opened(home: Home) -> Iterator[SqliteStore]:
    store = SqliteStore.open(home.folder / "store.db", home.key)
    try:
        yield store
    finally:
        store.close()


def renewed(home: Home, secret: bytes | None = None) -> Renewed:
    with opened(home) as store:
        return renew(store, secret or home.secret, system_entropy, NOW, lambda _: None)


def epochs(home: Home) -> list[int]:
    with opened(home) as store:
        known = [store.relationship(row.scope) for row in store.contacts(None, 100)]
    return [each.me.log.epoch for each in known if each is not None]


async def befriended(street: Street, count: int) -> Home:
    anna = await street.home("Anna")
    for number in range(count):
        await related(anna, await street.home(f"Peer {number}"))
    await quiet(anna)
    await anna.down()
    return anna


class Interrupted(Exception):  # noqa: N818 - it is no error of ours
    """The machine stops."""


async def test_it_goes_on_where_it_was_interrupted_at_any_commit(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "RENEWED_COMMIT", 1)
    anna = await befriended(street, 3)
    commits = 0

    def interrupt(store: SqliteStore, after: int) -> None:
        nonlocal commits
        commits, write = 0, store.commit

        def commit(changes: Changes) -> None:
            nonlocal commits
            if commits == after:
                raise Interrupted
            commits += 1
            write(changes)

        monkeypatch.setattr(store, "commit", commit)

    for after in range(4):  # the beginning, two pages, three pages
        with opened(anna) as store:
            interrupt(store, after)
            with pytest.raises(Interrupted):
                renew(store, anna.secret, system_entropy, NOW, lambda _: None)
            assert unfinished(store) is (after > 0)
    done = renewed(anna)
    assert done.generation == 1, "it was one recovery all along"
    assert done.counts[Outcome.FOLLOWS] == 3
    assert epochs(anna) == [1, 1, 1], "nobody got two events"
    with opened(anna) as store:
        assert not unfinished(store)
        assert store.commitments_left() == POOL_SIZE - 3
        assert store.fact(facts.POOL_FIRST) == keylog.pool(anna.secret, 1, 0, 1)[0]
        used = {row.scope: store.relationship(row.scope) for row in store.contacts(None, 10)}
    committed = [each.me.log.current.commitment for each in used.values() if each is not None]
    assert len(set(committed)) == 3, "each commitment is used once"
    assert set(committed) < set(keylog.pool(anna.secret, 1, 0, POOL_SIZE))


async def test_the_words_of_another_node_change_nothing(street: Street) -> None:
    anna = await befriended(street, 1)
    before = (anna.folder / "store.db").read_bytes()
    with pytest.raises(WordsError, match="another node"):
        renewed(anna, bytes(32))
    assert epochs(anna) == [0]
    with opened(anna) as store:
        assert store.fact(facts.GENERATION) == b"0"
        assert not unfinished(store)
    assert len(before) == (anna.folder / "store.db").stat().st_size


async def test_every_recovery_begins_another_generation(street: Street) -> None:
    """[REC-1]"""
    anna = await befriended(street, 1)
    assert [renewed(anna).generation for _ in range(3)] == [1, 2, 3]
    assert epochs(anna) == [3]


async def test_a_log_that_can_grow_no_more_is_left_and_told(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "KEY_EVENTS_MAX", 3)  # it is 24, and each recovery makes a pool
    anna = await befriended(street, 1)
    for _ in range(2):
        assert renewed(anna).counts[Outcome.FOLLOWS] == 1
    done = renewed(anna)
    assert (done.counts[Outcome.FULL], done.counts[Outcome.FOLLOWS]) == (1, 0)
    assert epochs(anna) == [2]


async def test_a_contact_that_nobody_knows_of_is_renewed_in_silence_and_can_still_ask(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    contact = await anna.owner.connect(invitation.link)
    await anna.down()
    done = renewed(anna)
    assert done.counts[Outcome.QUIET] == 1
    with opened(anna) as store:
        relationship = store.relationship(bytes.fromhex(contact.id))
        assert relationship is not None
        assert not relationship.recovering
        assert store.delivery(bytes.fromhex(contact.id)) is None, "there is nobody to tell"
    await anna.up()
    waiting = await asked_again(anna, shop, contact.id)
    await shop.owner.accept(waiting)
    await quiet(anna, shop)


async def asked_again(anna: Home, shop: Home, contact: str) -> str:
    await anna.owner.accept(contact)
    (waiting,) = await until(shop.owner.contacts)
    return waiting.id


def kept(relationship: Relationship | None) -> tuple[object, ...]:
    """What would be another if it had been recovered; keys themselves do not compare."""
    assert relationship is not None
    keys = relationship.sealing
    return (
        relationship.me.log,
        relationship.me.key.public,
        keys.receiving.number,
        keys.receiving.current.public,
        relationship.outgoing,
        relationship.incoming,
        relationship.recovering,
    )


async def test_a_meeting_that_is_not_over_is_left_as_it_is(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    await asked(anna, shop)
    await anna.down()
    await shop.down()
    for home in (anna, shop):
        with opened(home) as store:
            (row,) = store.contacts(None, 10)
            before = kept(store.relationship(row.scope))
        done = renewed(home)
        assert done.counts[Outcome.UNFINISHED] == 1
        with opened(home) as store:
            assert kept(store.relationship(row.scope)) == before
    await shop.up()
    await anna.up()
    await shop.owner.accept((await shop.owner.contacts())[0].id)

    async def active() -> bool:
        return [peer.state for peer in await anna.owner.peers()] == ["active"]

    await until(active)


def test_next_keys_are_found_upwards_and_downwards_and_others_are_not() -> None:
    """[REC-39]: another copy may have recovered since."""
    secret = bytes(range(32))
    keys = NextKeys(secret, 1, 16)
    for generation, index in ((1, 3), (0, 4_000), (3, 0)):
        (commitment,) = keylog.pool(secret, generation, index, 1)
        found = keys.find(commitment)
        assert found is not None
        assert keylog.commitment(found.public) == commitment
        assert keys.generation_of(commitment) == generation
    assert "secret" not in repr(keys)


async def test_a_relationship_under_other_words_is_told_and_left(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nextkeys, "KEY_EVENTS_MAX", 2)
    anna = await befriended(street, 1)
    other = bytes(reversed(range(32)))
    with opened(anna) as store:
        told: dict[str, bytes | None] = {facts.POOL_FIRST: keylog.pool(other, 0, 0, 1)[0]}
        store.commit(Changes(facts=told))
    done = renewed(anna, other)
    assert (done.counts[Outcome.FOREIGN], done.counts[Outcome.FOLLOWS]) == (1, 0)
    assert epochs(anna) == [0]
