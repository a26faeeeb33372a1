"""What a node keeps for itself and a restored one needs: its relays, and facts named so (spec 21 §3).

Records are own rows too (`keeping.records`); they are many, so they are read page by page.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from pcloud.engine.archive.rows import SCOPE_BYTES, Own
from pcloud.limits import ENDPOINT_BYTES_MAX, ENDPOINTS_MAX, MAILBOX_BYTES, PICKUP_BYTES, VOUCHER_BYTES
from pcloud.runtime import facts
from pcloud.runtime.facts import KEPT
from pcloud.runtime.keeping import records
from pcloud.store.port import Berth, BerthState, Changes, Relay, RelayState, Store
from pcloud.wire import cbor
from pcloud.wire.shape import array, fixed, octets, shape, text, unsigned

RELAY: Final = "relay/"
BERTH: Final = "berth/"
VOUCHER: Final = "voucher/"
NAMED: Final = (facts.RELAY,)
"""Facts that are kept too, although their names do not say it."""
PAGE: Final = 1_024
"""Rows of relays read at once."""
WORTH: Final = frozenset(BerthState) - {BerthState.OPENING, BerthState.LOST}
"""Mailboxes that are open: others are asked for anew."""


def own_rows(store: Store) -> Iterator[Own]:
    """All of it."""
    for key, value in store.copying.facts(KEPT).items():
        yield Own(key, value)
    yield from (Own(key, held) for key in NAMED if (held := store.fact(key)) is not None)
    for relay in store.relays.all():
        yield Own(RELAY + relay.scope.hex(), _relay(relay))
        for berth in _berths(store, relay.scope):
            yield Own(BERTH + berth.mailbox.hex(), _berth(berth))
        for voucher in store.relays.vouchers(relay.scope, PAGE * PAGE):
            yield Own(VOUCHER + voucher.hex(), cbor.encode([relay.scope]))


def _berths(store: Store, relay: bytes) -> Iterator[Berth]:
    for state in sorted(WORTH):
        last = None
        while page := store.relays.berths(relay, state, last, PAGE):
            yield from page
            last = page[-1].mailbox


def changed(changes: Changes) -> dict[str, bytes | None]:
    """What of it a commit has changed."""
    found: dict[str, bytes | None] = {
        key: value for key, value in changes.facts.items() if key.startswith(KEPT) or key in NAMED
    }
    for scope, relay in changes.relays.items():
        found[RELAY + scope.hex()] = None if relay is None else _relay(relay)
    for mailbox, berth in changes.berths.items():
        found[BERTH + mailbox.hex()] = None if berth is None or berth.state not in WORTH else _berth(berth)
    for secret, giver in changes.vouchers.items():
        found[VOUCHER + secret.hex()] = None if giver is None else cbor.encode([giver])
    return found


def _relay(relay: Relay) -> bytes:
    return cbor.encode([str(relay.state), relay.since, list(relay.endpoints), *relay[4:]])


def _berth(berth: Berth) -> bytes:
    return cbor.encode([berth.pickup, berth.relay, str(berth.state), *berth[4:]])


def put(row: Own, changes: Changes) -> None:
    """Put a row among the changes of a store that is restored. Raises Violation `shape`.

    A name that is not known is passed over: another kind of node may have kept it. Nothing else is taken on
    trust: whoever had the node for a while could have written the volume (spec 21 §4).
    """
    if row.key in NAMED:
        _put_relay_in_use(row, changes)
    for prefix, take in _TAKERS:
        if row.key.startswith(prefix):
            take(row, changes)


def _id(row: Own, prefix: str, size: int) -> bytes:
    """What a row is about, which its name says in hex."""
    try:
        return octets(bytes.fromhex(row.key.removeprefix(prefix)), size)
    except ValueError as error:
        raise shape("name of an own row") from error


def _put_relay_in_use(row: Own, changes: Changes) -> None:
    changes.facts[facts.RELAY] = None if row.value is None else octets(row.value, SCOPE_BYTES)


def _put_kept(row: Own, changes: Changes) -> None:
    if row.key == facts.ENDPOINTS and row.value is not None:
        try:
            row.value.decode()
        except UnicodeDecodeError as error:
            raise shape("endpoints that are no text") from error
    changes.facts[row.key] = row.value


def _put_relay(row: Own, changes: Changes) -> None:
    scope = _id(row, RELAY, SCOPE_BYTES)
    if row.value is None:
        changes.relays[scope] = None
        return
    state, since, endpoints, *granted = fixed(cbor.decode_list(row.value), 6)
    where = tuple(text(each, ENDPOINT_BYTES_MAX) for each in array(endpoints, 0, ENDPOINTS_MAX))
    lease_s, frames, octets_max = map(unsigned, granted)
    changes.relays[scope] = Relay(
        scope, _state(RelayState, state), unsigned(since), where, lease_s, frames, octets_max
    )


def _put_berth(row: Own, changes: Changes) -> None:
    mailbox = _id(row, BERTH, MAILBOX_BYTES)
    if row.value is None:
        changes.berths[mailbox] = None
        return
    pickup, relay, state, since, until, voucher = fixed(cbor.decode_list(row.value), 6)
    changes.berths[mailbox] = Berth(
        mailbox,
        octets(pickup, PICKUP_BYTES),
        octets(relay, SCOPE_BYTES),
        _state(BerthState, state),
        unsigned(since),
        unsigned(until),
        octets(voucher, VOUCHER_BYTES if voucher else 0),
    )


def _put_voucher(row: Own, changes: Changes) -> None:
    secret = _id(row, VOUCHER, VOUCHER_BYTES)
    giver = None if row.value is None else octets(fixed(cbor.decode_list(row.value), 1)[0], SCOPE_BYTES)
    changes.vouchers[secret] = giver


S = TypeVar("S", RelayState, BerthState)


def _state(states: type[S], value: Any) -> S:
    try:
        return states(value)
    except ValueError as error:
        raise shape("state") from error


_TAKERS: Final = (
    (facts.KEPT, _put_kept),
    (RELAY, _put_relay),
    (BERTH, _put_berth),
    (VOUCHER, _put_voucher),
    (records.RECORD, records.put),
)
