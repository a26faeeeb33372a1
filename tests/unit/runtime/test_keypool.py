"""Each relationship has a next key of its own, also where two copies of a node know nothing of each other."""

from pcloud.runtime import facts
from pcloud.runtime.owning import keypool
from pcloud.store.memory import MemoryStore
from pcloud.store.port import Changes
from pcloud.wire import keylog

SIZE = 64
POOL = keylog.pool(bytes(32), 1, 0, SIZE)


def copy() -> MemoryStore:
    """A node that was restored from the one copy that there is."""
    store = MemoryStore()
    told = {facts.POOL_END: str(SIZE).encode()}
    store.commit(Changes(facts={**told}, commitments=dict(enumerate(POOL))))
    return store


def scope(place: int) -> bytes:
    return place.to_bytes(8, "big") + bytes(8)


def taken(store: MemoryStore, *scopes: bytes) -> list[bytes | None]:
    """One commitment for each, all in one commit."""
    changes = Changes()
    found = [keypool.take(store, changes, each) for each in scopes]
    store.commit(changes)
    return found


def test_two_copies_give_those_whom_both_know_the_same_key_and_others_another() -> None:
    first, second = copy(), copy()
    known, carl, dora = scope(7), scope(SIZE + 11), scope(5 * SIZE + 30)
    assert taken(first, known, carl) == [POOL[7], POOL[11]]
    assert taken(second, dora, known) == [POOL[30], POOL[7]]


def test_no_key_is_taken_twice_within_a_commit_or_after_it() -> None:
    store = copy()
    assert taken(store, scope(7), scope(7)) == [POOL[7], POOL[8]]
    assert taken(store, scope(7)) == [POOL[9]]
    assert store.commitments_left() == SIZE - 3


def test_behind_the_last_key_the_first_ones_are_looked_through() -> None:
    store = copy()
    assert taken(store, scope(SIZE - 1), scope(SIZE - 1), scope(0)) == [POOL[-1], POOL[0], POOL[1]]


def test_a_pool_is_used_up_to_its_last_key_and_then_nothing_is_marked() -> None:
    store = copy()
    found = taken(store, *(scope(5) for _ in range(SIZE)))
    assert sorted(each for each in found if each) == sorted(POOL)
    changes = Changes()
    assert keypool.take(store, changes, scope(5)) is None
    assert not changes
    assert keypool.take(MemoryStore(), changes, scope(5)) is None
