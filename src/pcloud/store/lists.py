"""The node's own lists as a commit writes them: facts, contacts, routes, keys, times, asks, invitations."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pcloud.store import statements as sql
from pcloud.store.appending import Numbers
from pcloud.store.database import Database, Row
from pcloud.store.port import Changes, Contact, Desk, Offer
from pcloud.store.recent import Recent
from pcloud.store.records import (
    OfferRow,
    SourceRow,
    UseRow,
    offer_row,
    outbound_row,
    read_desk,
    read_offer,
    source_rows,
    use_row,
)
from pcloud.store.relays import berth_row, relay_row

DESKS_KEPT = 64
"""Asks of so many scopes are kept in memory."""

Key = TypeVar("Key")
Value = TypeVar("Value")

_OFFER_COLUMNS = len(OfferRow._fields)


class ListRows:
    """Writes inside a transaction; reads what takes more than one row."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._desks: Recent[bytes, Desk] = Recent(DESKS_KEPT)
        self._written: dict[bytes, Desk] = {}

    def write(self, changes: Changes, number_of: Numbers) -> None:
        """Write everything of a commit that is no log and no relationship."""
        put = self._put
        put(changes.facts, sql.PUT_FACT, lambda key, value: (key, value), sql.DROP_FACT)
        put(changes.routes, sql.PUT_ROUTE, lambda _, route: route, sql.DROP_ROUTE)
        put(changes.sessions, sql.PUT_SESSION, lambda id_, scope: (id_, scope), sql.DROP_SESSION)
        put(
            changes.contact_keys,
            sql.PUT_CONTACT_KEY,
            lambda tag, held: (tag, number_of(held[0]), held[1].seed, held[1].public),
            sql.DROP_CONTACT_KEY,
        )
        put(
            {number_of(scope): row for scope, row in changes.deliveries.items()},
            sql.PUT_DELIVERY,
            lambda scope, row: (scope, *row),
            sql.DROP_DELIVERY,
        )
        put(changes.timers, sql.PUT_TIMER, lambda _, timer: timer, sql.DROP_TIMER)
        put(
            changes.commitments,
            sql.PUT_COMMITMENT,
            lambda number, value: (number, value),
            sql.DROP_COMMITMENT,
        )
        put(changes.relays, sql.PUT_RELAY, lambda _, relay: relay_row(relay), sql.DROP_RELAY)
        put(changes.berths, sql.PUT_BERTH, lambda _, berth: berth_row(berth), sql.DROP_BERTH)
        put(changes.vouchers, sql.PUT_VOUCHER, lambda secret, relay: (secret, relay), sql.DROP_VOUCHER)
        for id_, contact in changes.contacts.items():
            self._put_contact(number_of(id_), contact)
        self._put_offers(changes.offers)
        for id_, desk in changes.desks.items():
            self._put_desk(id_, desk)
        self._database.run_many(
            sql.ADD_EVIDENCE, [(scope, signed.data) for scope, signed in changes.evidence]
        )

    def _put(
        self,
        rows: Mapping[Key, Value | None],
        statement: str,
        row_of: Callable[[Key, Value], Iterable[Any]],
        drop: str,
    ) -> None:
        kept = [tuple(row_of(key, value)) for key, value in rows.items() if value is not None]
        gone = [key if isinstance(key, tuple) else (key,) for key, value in rows.items() if value is None]
        self._database.run_many(statement, kept)
        self._database.run_many(drop, gone)

    def _put_contact(self, scope: int, contact: Contact | None) -> None:
        database = self._database
        if contact is None:
            database.run(sql.DROP_CONTACT, (scope,))
        elif not database.run(sql.HEARD, (scope, *contact[1:])):
            database.run(sql.PUT_CONTACT, (scope, *contact[1:], folded(contact.name)))

    def _put_offers(self, offers: Mapping[bytes, Offer | None]) -> None:
        database = self._database
        for scope, offer in offers.items():
            if offer is None:
                database.run(sql.DROP_OFFER, (scope,))
                continue
            row = offer_row(offer)
            if not database.row(sql.SAME_OFFER, (scope, *row)):
                database.run(sql.PUT_OFFER, (scope, *row))
            database.run(sql.PUT_USE, (scope, *use_row(offer)))

    def _put_desk(self, scope: bytes, desk: Desk) -> None:
        database, before = self._database, self.desk(scope)
        database.run(sql.PUT_DESK, (scope, outbound_row(desk.outbound)))
        for source, row in source_rows(desk.inbound, before.inbound).items():
            if row is None:
                database.run(sql.DROP_SOURCE, (scope, source))
            else:
                database.run(sql.PUT_SOURCE, (scope, *row))
        self._written[scope] = desk

    def desk(self, scope: bytes) -> Desk:
        """A scope's asks as committed."""
        known = self._desks.recall(scope)
        if known is None:
            row = self._database.row(sql.DESK, (scope,))
            sources = (SourceRow(*each) for each in self._database.rows(sql.DESK_SOURCES, (scope,)))
            known = read_desk(None if row is None else row[0], sources)
            self._desks.keep(scope, known)
        return known

    def settle(self) -> None:
        """The transaction stands: remember what it wrote."""
        for scope, desk in self._written.items():
            self._desks.keep(scope, desk)
        self._written.clear()

    def forget(self) -> None:
        """The transaction fell: what it wrote never was."""
        self._written.clear()


def folded(name: str | None) -> str | None:
    """A name as it is compared, whatever the case."""
    return None if name is None else name.casefold()


def offer_of(row: Row | None) -> Offer | None:
    """The invitation of a row."""
    if row is None:
        return None
    scope, *columns = row
    return read_offer(scope, OfferRow(*columns[:_OFFER_COLUMNS]), UseRow(*columns[_OFFER_COLUMNS:]))
