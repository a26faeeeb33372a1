"""iCalendar (RFC 5545): events, and the reservations that some of them carry (RFC 9073 §6.6)."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO, Final, cast

from icalendar import Event

from pcloud.home.importing.components import Component, components
from pcloud.home.importing.found import Found, Item, Problem, found, label_of, whole
from pcloud.home.importing.things import FROM_OTHERS, read_json, things

COLLECTION: Final = "x-events"
GUESTS_MAX: Final = 100
"""Attendees of one event that are taken."""
TEXTS: Final = {
    "SUMMARY": "name",
    "DESCRIPTION": "description",
    "LOCATION": "location",
    "URL": "url",
    "STATUS": "eventStatus",
    "COMMENT": "comment",
    "CLASS": "x-class",
    "TRANSP": "x-transparency",
}
_TIMES: Final = {"DTSTART": "startDate", "DTEND": "endDate", "RECURRENCE-ID": "x-instance-of"}
_WORD: Final = {"VTODO": "a task", "VJOURNAL": "a journal entry", "VFREEBUSY": "a list of busy times"}


def events(stream: BinaryIO) -> Iterator[Item]:
    """Every event of a calendar, or of several in one file."""
    for part in components(stream, transparent="VCALENDAR"):
        if isinstance(part, Problem):
            yield part
        elif part.kind == "VEVENT":
            yield from _event(part)
        elif part.kind != "VTIMEZONE":
            yield Problem(part.where, f"{_WORD.get(part.kind, part.kind)} is not taken, only events are")


def _event(component: Component) -> Iterator[Item]:
    try:
        event = cast("Event", Event.from_ical(component.text))
        value = _value(event)
    except Exception as problem:  # noqa: BLE001 - a library reads what a stranger wrote: any fault is reported
        yield Problem(component.where, f"it is not understood: {str(problem)[:100]}")
        return
    for name, reason in event.errors:
        yield Problem(component.where, f"its {name or 'line'} is not understood: {reason[:100]}")
    carried = False
    for one in _carried(event, component.where):
        carried = carried or isinstance(one, Found)
        yield one
    if carried:
        return
    if not value.keys() & {"name", "startDate", "location", "description"}:
        yield Problem(component.where, "there is nothing in it")
        return
    uid = str(event.get("UID", "")).strip()
    instance = value.get("x-instance-of")
    yield found(
        component.where,
        COLLECTION,
        value,
        label_of("uid", uid, instance) if uid else label_of("event", whole(value)),
    )


def _value(event: Event) -> dict[str, Any]:
    value: dict[str, Any] = {"@type": "Event"}
    for name, key in TEXTS.items():
        if name in event:
            value[key] = "\n".join(str(one) for one in _several(event[name]))
    for name, key in _TIMES.items():
        if name in event:
            value[key] = _time(_several(event[name])[0])
    for start in _several(event.get("DTSTART"))[:1]:
        value["scheduleTimezone"] = start.params.get("TZID")
    if "DURATION" in event:
        value["duration"] = _several(event["DURATION"])[0].to_ical().decode()
    return value | _lists(event)


def _lists(event: Event) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, key in (("RRULE", "x-recurrence"), ("EXDATE", "x-except")):
        if name in event:
            value[key] = [one.to_ical().decode() for one in _several(event[name])]
    if "ORGANIZER" in event:
        value["organizer"] = _who(_several(event["ORGANIZER"])[0])
    if "ATTENDEE" in event:
        value["attendee"] = [_who(one) for one in _several(event["ATTENDEE"])[:GUESTS_MAX]]
    if "CATEGORIES" in event:
        value["keywords"] = [str(word) for one in _several(event["CATEGORIES"]) for word in one.cats]
    if "UID" in event:
        value["identifier"] = str(event["UID"])
    return value


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _time(value: Any) -> str:
    """As written: a day, a time with its distance from UTC, or one without where the zone is not known."""
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime | date):
        return moment.isoformat()
    if isinstance(moment, timedelta):
        return str(value.to_ical().decode())
    return str(value)


def _who(value: Any) -> dict[str, str]:
    name = value.params.get("CN") if hasattr(value, "params") else None
    address = str(value)
    mail = address[7:] if address[:7].lower() == "mailto:" else ""
    person = {"@type": "Person", "email": mail, "url": "" if mail else address}
    return person if name is None else person | {"name": str(name)}


def _carried(event: Event, where: str) -> Iterator[Item]:
    for one in _several(event.get("STRUCTURED-DATA"))[:GUESTS_MAX]:
        try:
            told = read_json(str(one))
        except (json.JSONDecodeError, ValueError, RecursionError):
            yield Problem(where, "what it carries for machines is not understood")
            continue
        yield from things(told, where, FROM_OTHERS)
