"""schema.org things, from JSON-LD or microdata, and the collections they belong to.

A context is never fetched and never applied: only schema.org's own names are understood, with their prefix or
without it. That is what mail has.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pcloud.home.importing.found import DEPTH_MAX, Item, found, label_of, whole

TYPE: Final = "@type"
MEMBERS_MAX: Final = 1_000
"""Things in one document that are looked at."""
_LEVELS_MAX: Final = 4
"""How deep lists and graphs of things may stand in each other."""
_PREFIXES: Final = ("https://schema.org/", "http://schema.org/", "https://www.schema.org/", "schema:")

_COLLECTIONS: Final = {
    "Order": "receipts",
    "Invoice": "receipts",
    "ParcelDelivery": "receipts",
    "OrderItem": "receipts",
    "Ticket": "reservations",
    "Review": "ratings",
    "UserReview": "ratings",
    "WatchAction": "viewings",
    "ListenAction": "x-listenings",
    "ReadAction": "x-readings",
    "ProgramMembership": "memberships",
    "Person": "x-contacts",
    "Event": "x-events",
}
ALL: Final = frozenset(_COLLECTIONS.values()) | {"reservations"}
FROM_OTHERS: Final = frozenset({"receipts", "reservations"})
"""What a sender may tell of: nobody else says how the owner rates, what it watches, and whom it knows."""
_RESERVATION: Final = "Reservation"
_NUMBERS: Final = (
    "orderNumber",
    "confirmationNumber",
    "reservationNumber",
    "reservationId",
    "trackingNumber",
    "ticketNumber",
    "membershipNumber",
    "invoiceNumber",
    "accountId",
)
_BY: Final = ("merchant", "seller", "provider", "broker", "carrier", "hostingOrganization", "issuedBy")


def read_json(text: str) -> Any:
    """Read JSON; fractions stay the texts they are. Raises ValueError, RecursionError."""
    return json.loads(text, parse_float=str, parse_constant=_refuse)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def things(told: Any, where: str, only: frozenset[str] = ALL, *, level: int = 0) -> Iterator[Item]:
    """Records for what a document tells. What belongs to none of the collections is passed over."""
    if isinstance(told, list) and level < _LEVELS_MAX:
        for one in told[:MEMBERS_MAX]:
            yield from things(one, where, only, level=level + 1)
    elif isinstance(told, dict):
        graph = told.get("@graph")
        if isinstance(graph, list):
            yield from things(graph, where, only, level=level + 1)
            return
        kind = kind_of(told)
        collection = collection_of(kind)
        if collection in only:
            value = named(told)
            yield found(f"{where}, {kind}", collection, value, _label(kind, value))


def collection_of(kind: str) -> str:
    """Where things of a kind are kept; an empty text for one that is not taken."""
    if kind.endswith(_RESERVATION) or kind == "ReservationPackage":
        return "reservations"
    return _COLLECTIONS.get(kind) or ("x-events" if kind.endswith("Event") else "")


def kind_of(thing: Mapping[Any, Any]) -> str:
    """The name of its type without the vocabulary; an empty text for one of another vocabulary."""
    told = thing.get(TYPE)
    if isinstance(told, list):
        told = next((one for one in told if isinstance(one, str)), None)
    return _short(told) if isinstance(told, str) else ""


def _short(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name if name.isalnum() else ""


def named(value: Any, level: int = 0) -> Any:
    """The same with short names of types, and without contexts. What lies too deep is left to be refused."""
    if level > DEPTH_MAX or not isinstance(value, list | dict):
        return value
    if isinstance(value, list):
        return [named(one, level + 1) for one in value]
    read: dict[str, Any] = {}
    for key, one in value.items():
        if key == TYPE:
            read[TYPE] = kind_of(value) or one
        elif key != "@context":
            short = next((key.removeprefix(start) for start in _PREFIXES if key.startswith(start)), key)
            read[short] = _short(one) or one if _is_term(one) else named(one, level + 1)
    return read


def _is_term(value: Any) -> bool:
    """Whether it is one of schema.org's own values, such as `https://schema.org/OrderProcessing`."""
    return isinstance(value, str) and value.startswith(_PREFIXES)


def _label(kind: str, thing: dict[str, Any]) -> str:
    """What tells a thing from others: its numbers, by whom, and for a reservation also for what and whom.

    An order that is told of again, as sent, is the same one. Each passenger and each leg is another
    reservation, though they share a number.
    """
    numbers = [_text(thing.get(key)) for key in _NUMBERS]
    if not any(numbers):
        return label_of("whole", whole(thing))
    by = next((name for key in _BY if (name := _name(thing.get(key)))), "")
    subject = thing.get("reservationFor")
    about: list[str] = []
    if isinstance(subject, dict):
        keys = (
            "flightNumber",
            "trainNumber",
            "busNumber",
            "name",
            "departureTime",
            "startDate",
            "departureDate",
        )
        about = [_text(subject.get(key)) for key in keys]
    ticket = thing.get("reservedTicket")
    seat = [_text(ticket.get("ticketNumber"))] if isinstance(ticket, dict) else []
    start = _text(thing.get("checkinTime") or thing.get("checkinDate") or thing.get("startTime"))
    return label_of(kind, *numbers, by, *about, _name(thing.get("underName")), *seat, start)


def _name(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""
