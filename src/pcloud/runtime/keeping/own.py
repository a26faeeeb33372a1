"""What a node keeps for itself and a restored one needs: its relays, and facts named so (spec 21 §3)."""

from collections.abc import Iterator
from typing import Any, Final

from pcloud.engine.archive.rows import Own
from pcloud.errors import Code, Violation
from pcloud.runtime import facts
from pcloud.runtime.facts import KEPT
from pcloud.store.port import Berth, BerthState, Changes, Relay, RelayState, Store
from pcloud.wire import cbor

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

    A name that is not known is passed over: another kind of node may have kept it.
    """
    if row.key in NAMED:
        _put_fact(row, changes)
    for prefix, take in _TAKERS:
        if row.key.startswith(prefix):
            try:
                take(row, changes)
            except (ValueError, TypeError) as error:
                raise Violation(Code.SHAPE, "a row that this program did not write") from error


def _put_fact(row: Own, changes: Changes) -> None:
    changes.facts[row.key] = row.value


def _put_relay(row: Own, changes: Changes) -> None:
    scope = bytes.fromhex(row.key.removeprefix(RELAY))
    if row.value is None:
        changes.relays[scope] = None
        return
    state, since, endpoints, lease_s, frames, octets = _values(row.value)
    granted: tuple[Any, ...] = (tuple(endpoints), lease_s, frames, octets)
    changes.relays[scope] = Relay(scope, RelayState(state), since, *granted)


def _put_berth(row: Own, changes: Changes) -> None:
    mailbox = bytes.fromhex(row.key.removeprefix(BERTH))
    if row.value is None:
        changes.berths[mailbox] = None
        return
    pickup, relay, state, since, until, voucher = _values(row.value)
    changes.berths[mailbox] = Berth(mailbox, pickup, relay, BerthState(state), since, until, voucher)


def _put_voucher(row: Own, changes: Changes) -> None:
    secret = bytes.fromhex(row.key.removeprefix(VOUCHER))
    changes.vouchers[secret] = None if row.value is None else _values(row.value)[0]


def _values(data: bytes) -> list[Any]:
    return list(cbor.decode_list(data))


_TAKERS: Final = ((KEPT, _put_fact), (RELAY, _put_relay), (BERTH, _put_berth), (VOUCHER, _put_voucher))
