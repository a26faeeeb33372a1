"""Relays that this node uses, as rows: read by both bodies of the store, written with every other list."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pcloud.store import statements as sql
from pcloud.store.database import Database, Row
from pcloud.store.port import Berth, BerthState, Relay, RelayState
from pcloud.wire import cbor


def relay_row(relay: Relay) -> tuple[Any, ...]:
    """The columns of a relay."""
    scope, state, since, endpoints, *granted = relay
    return scope, str(state), since, cbor.encode(list(endpoints)), *granted


def read_relay(row: Row) -> Relay:
    """The relay of a row."""
    scope, state, since, data, *granted = row
    endpoints: Any = cbor.decode(data)
    return Relay(scope, RelayState(state), since, tuple(endpoints), *granted)


def berth_row(berth: Berth) -> tuple[Any, ...]:
    """The columns of a mailbox at a relay."""
    return (*berth[:3], str(berth.state), *berth[4:])


def read_berth(row: Row) -> Berth:
    """The mailbox of a row."""
    return Berth(row[0], row[1], row[2], BerthState(row[3]), *row[4:])


class SqliteRelays(NamedTuple):
    """The tables in the file."""

    database: Database

    def all(self) -> Sequence[Relay]:
        """Every relay that is or was in use, in the order of scope ids."""
        return [read_relay(row) for row in self.database.rows(sql.RELAYS)]

    def berth(self, mailbox: bytes) -> Berth | None:
        """One mailbox at a relay."""
        row = self.database.row(sql.BERTH, (mailbox,))
        return None if row is None else read_berth(row)

    def berths(self, relay: bytes, state: BerthState, after: bytes | None, limit: int) -> Sequence[Berth]:
        """Those of one relay in one state, in the order of mailbox ids, after the given one."""
        rows = self.database.rows(sql.BERTHS, (relay, str(state), after or b"", max(limit, 0)))
        return [read_berth(row) for row in rows]

    def ending(self, relay: bytes, before: int, limit: int) -> Sequence[Berth]:
        """Open ones of a relay whose lease ends before that time, the next to end first."""
        rows = self.database.rows(sql.BERTHS_ENDING, (relay, before, max(limit, 0)))
        return [read_berth(row) for row in rows]

    def vouchers(self, relay: bytes, limit: int) -> Sequence[bytes]:
        """Unspent vouchers of a relay."""
        return [secret for (secret,) in self.database.rows(sql.VOUCHERS, (relay, max(limit, 0)))]

    def counts(self, relay: bytes) -> Mapping[BerthState, int]:
        """How many mailboxes are in each state."""
        return {BerthState(state): count for state, count in self.database.rows(sql.COUNT_BERTHS, (relay,))}


class MemoryRelays:
    """The same tables in dicts of rows."""

    def __init__(self) -> None:
        self.relays: dict[bytes, tuple[Any, ...]] = {}
        self.held: dict[bytes, tuple[Any, ...]] = {}
        """Mailboxes."""
        self.secrets: dict[bytes, bytes] = {}
        """Vouchers, and whose they are."""

    def all(self) -> Sequence[Relay]:
        """Every relay that is or was in use, in the order of scope ids."""
        return [read_relay(self.relays[scope]) for scope in sorted(self.relays)]

    def berth(self, mailbox: bytes) -> Berth | None:
        """One mailbox at a relay."""
        row = self.held.get(mailbox)
        return None if row is None else read_berth(row)

    def _of(self, relay: bytes) -> Iterable[Berth]:
        found = (read_berth(self.held[mailbox]) for mailbox in sorted(self.held))
        return (berth for berth in found if berth.relay == relay)

    def berths(self, relay: bytes, state: BerthState, after: bytes | None, limit: int) -> Sequence[Berth]:
        """Those of one relay in one state, in the order of mailbox ids, after the given one."""
        found = [each for each in self._of(relay) if each.state is state and each.mailbox > (after or b"")]
        return found[: max(limit, 0)]

    def ending(self, relay: bytes, before: int, limit: int) -> Sequence[Berth]:
        """Open ones of a relay whose lease ends before that time, the next to end first."""
        found = [each for each in self._of(relay) if 0 < each.until < before]
        return sorted(found, key=lambda each: (each.until, each.mailbox))[: max(limit, 0)]

    def vouchers(self, relay: bytes, limit: int) -> Sequence[bytes]:
        """Unspent vouchers of a relay."""
        return sorted(secret for secret, of in self.secrets.items() if of == relay)[: max(limit, 0)]

    def counts(self, relay: bytes) -> Mapping[BerthState, int]:
        """How many mailboxes are in each state."""
        return Counter(each.state for each in self._of(relay))
