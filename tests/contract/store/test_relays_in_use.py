"""Relays that a node uses, its mailboxes there and vouchers: put, read in order, replaced, dropped."""

from typing import Any

from tests.contract.store.bodies import Body

from pcloud.store.port import Berth, BerthState, Changes, Relay, RelayState, Store

FIRST, SECOND = b"relay one".ljust(16), b"relay two".ljust(16)


def relay(scope: bytes, **fields: Any) -> Relay:
    return Relay(scope, RelayState.WANTED, 5)._replace(**fields)


def berth(number: int, state: BerthState = BerthState.SPARE, of: bytes = FIRST, until: int = 100) -> Berth:
    return Berth(number.to_bytes(16, "big"), bytes([number]) * 32, of, state, 7, until, b"")


def put(store: Store, *berths: Berth) -> None:
    store.commit(Changes(berths={each.mailbox: each for each in berths}))


def test_a_relay_comes_back_as_it_was_put(body: Body) -> None:
    granted = relay(
        FIRST,
        state=RelayState.GRANTED,
        endpoints=("https://a.example", "https://b.example:8443/x"),
        lease_s=86_400,
        frames=1_000,
        octets=2**30,
    )
    body.store.commit(Changes(relays={FIRST: granted, SECOND: relay(SECOND)}))
    assert list(body.reopen().relays.all()) == [granted, relay(SECOND)]


def test_a_relay_is_replaced_and_forgotten_and_the_others_stay(body: Body) -> None:
    body.store.commit(Changes(relays={FIRST: relay(FIRST), SECOND: relay(SECOND)}))
    ended = relay(FIRST, state=RelayState.ENDED, since=9)
    body.store.commit(Changes(relays={FIRST: ended}))
    assert list(body.store.relays.all()) == [ended, relay(SECOND)]
    body.store.commit(Changes(relays={FIRST: None, b"never": None}))
    assert list(body.reopen().relays.all()) == [relay(SECOND)]


def test_mailboxes_come_page_by_page_of_one_relay_and_one_state(store: Store) -> None:
    put(store, *(berth(n) for n in (9, 4, 200, 1)), berth(5, BerthState.USED), berth(6, of=SECOND))
    first = store.relays.berths(FIRST, BerthState.SPARE, None, 3)
    assert [each.mailbox[-1] for each in first] == [1, 4, 9]
    rest = store.relays.berths(FIRST, BerthState.SPARE, first[-1].mailbox, 3)
    assert [each.mailbox[-1] for each in rest] == [200]
    assert not store.relays.berths(FIRST, BerthState.LOST, None, 3)
    assert not store.relays.berths(FIRST, BerthState.SPARE, None, 0)


def test_a_mailbox_changes_its_state_in_place(body: Body) -> None:
    opening = berth(1, BerthState.OPENING, until=0)._replace(voucher=b"v" * 32)
    put(body.store, opening)
    assert body.store.relays.berth(opening.mailbox) == opening
    used = opening._replace(state=BerthState.USED, until=90, voucher=b"", since=8)
    put(body.store, used)
    assert body.reopen().relays.berth(opening.mailbox) == used
    assert body.store.relays.counts(FIRST) == {BerthState.USED: 1}


def test_a_mailbox_that_is_forgotten_is_gone_and_no_other(store: Store) -> None:
    put(store, berth(1), berth(2))
    store.commit(Changes(berths={berth(1).mailbox: None, b"never".ljust(16): None}))
    assert store.relays.berth(berth(1).mailbox) is None
    assert store.relays.berth(berth(2).mailbox) == berth(2)


def test_leases_come_the_next_to_end_first_and_not_before_one_is_open(store: Store) -> None:
    put(store, berth(1, until=30), berth(2, until=10), berth(3, until=20), berth(4, until=0))
    put(store, berth(5, until=10, of=SECOND))
    found = store.relays.ending(FIRST, 30, 10)
    assert [each.mailbox[-1] for each in found] == [2, 3]
    assert [each.mailbox[-1] for each in store.relays.ending(FIRST, 31, 1)] == [2]


def test_vouchers_are_of_one_relay_and_spent_once(body: Body) -> None:
    secrets = [bytes([n]) * 32 for n in (3, 1, 2)]
    body.store.commit(Changes(vouchers=dict.fromkeys(secrets, FIRST)))
    body.store.commit(Changes(vouchers={b"o" * 32: SECOND, secrets[1]: None, b"n" * 32: None}))
    store = body.reopen()
    assert list(store.relays.vouchers(FIRST, 9)) == [secrets[2], secrets[0]]
    assert list(store.relays.vouchers(FIRST, 1)) == [secrets[2]]
    assert list(store.relays.vouchers(SECOND, 9)) == [b"o" * 32]


def test_mailboxes_are_counted_by_their_state(store: Store) -> None:
    put(store, berth(1), berth(2), berth(3, BerthState.BLOB), berth(4, of=SECOND))
    assert store.relays.counts(FIRST) == {BerthState.SPARE: 2, BerthState.BLOB: 1}
    assert store.relays.counts(b"nobody".ljust(16)) == {}
