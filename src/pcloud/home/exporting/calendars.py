"""Events and reservations as iCalendar (RFC 5545); a reservation carries all of itself (RFC 9073)."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pcloud.home.exporting.lines import line, text
from pcloud.home.importing.calendars import COLLECTION, TEXTS

RESERVATIONS: Final = "reservations"
_TIMES: Final = {"DTSTART": "startDate", "DTEND": "endDate", "RECURRENCE-ID": "x-instance-of"}
_RULES: Final = {"RRULE": "x-recurrence", "EXDATE": "x-except"}
_STARTS: Final = ("departureTime", "startDate", "departureDate", "checkinTime", "checkinDate", "startTime")
_ENDS: Final = ("arrivalTime", "endDate", "arrivalDate", "checkoutTime", "checkoutDate", "endTime")
_VALUE: Final = re.compile(r"[A-Za-z0-9=;,:+-]{1,4096}")
_KNOWN: Final = (
    set(TEXTS.values())
    | set(_TIMES.values())
    | set(_RULES.values())
    | {"@type", "scheduleTimezone", "duration", "organizer", "attendee", "keywords", "identifier"}
)


class CalendarWriter:
    """One calendar with an event for each record."""

    def __init__(self, stamp: int) -> None:
        """`stamp`: now, in seconds since 1970, as every event has to say when it was written."""
        self.left: Counter[str] = Counter()
        self._stamp = datetime.fromtimestamp(stamp, UTC).strftime("%Y%m%dT%H%M%SZ")

    def begin(self) -> bytes:
        """The head of the calendar."""
        return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//pcloud//EN\r\n"

    def add(self, path: str, value: Any) -> bytes:
        """One event."""
        place = path.partition("/")[0]
        if place not in {COLLECTION, RESERVATIONS} or not isinstance(value, dict):
            self.left[place] += 1
            return b""
        if place == COLLECTION:
            for key in value.keys() - _KNOWN:
                self.left[str(key)] += 1
        made = _event(value) if place == COLLECTION else _reservation(value)
        uid = value.get("identifier") if place == COLLECTION else None
        head = line("UID", text(uid or f"{path}@pcloud")) + line("DTSTAMP", self._stamp)
        return b"BEGIN:VEVENT\r\n" + head + b"".join(made) + b"END:VEVENT\r\n"

    def end(self) -> bytes:
        """The end of the calendar."""
        return b"END:VCALENDAR\r\n"


def _event(value: Mapping[str, Any]) -> Iterator[bytes]:
    zone = value.get("scheduleTimezone")
    for name, key in _TIMES.items():
        if key in value:
            yield _time(name, str(value[key]), zone if isinstance(zone, str) else "")
    for name, key in TEXTS.items():
        if key in value:
            yield line(name, text(value[key]))
    if "duration" in value:
        yield line("DURATION", str(value["duration"]))
    for name, key in _RULES.items():
        told = value.get(key)
        for one in told if isinstance(told, list) else ():
            if _VALUE.fullmatch(str(one)):
                yield line(name, str(one))
    yield from _people(value)
    keywords = value.get("keywords")
    if isinstance(keywords, list):
        yield line("CATEGORIES", ",".join(text(one) for one in keywords))


def _people(value: Mapping[str, Any]) -> Iterator[bytes]:
    for name, key in (("ORGANIZER", "organizer"), ("ATTENDEE", "attendee")):
        told = value.get(key)
        for who in told if isinstance(told, list) else [told]:
            if isinstance(who, dict):
                mail, link = who.get("email"), who.get("url", "")
                yield line(name, f"mailto:{mail}" if mail else str(link), ("CN", str(who.get("name", ""))))


def _reservation(value: Mapping[str, Any]) -> Iterator[bytes]:
    subject = value.get("reservationFor")
    about = subject if isinstance(subject, dict) else {}
    name = about.get("name") or about.get("flightNumber") or value.get("@type", "Reservation")
    yield line("SUMMARY", text(name))
    for line_name, keys in (("DTSTART", _STARTS), ("DTEND", _ENDS)):
        told = next((one for key in keys if isinstance(one := about.get(key) or value.get(key), str)), None)
        if told is not None:
            yield _time(line_name, told, "")
    carried = json.dumps(value, ensure_ascii=False)
    yield line("STRUCTURED-DATA", text(carried), ("FMTTYPE", "application/ld+json"), ("VALUE", "TEXT"))


def _time(name: str, told: str, zone: str) -> bytes:
    """A day, a time in a zone, in UTC, or in none; as a text where it is no time that is known."""
    try:
        if len(told) == len("2000-01-31"):
            return line(name, date.fromisoformat(told).strftime("%Y%m%d"), ("VALUE", "DATE"))
        moment = datetime.fromisoformat(told)
    except ValueError:
        return line("X-" + name, text(told))
    if moment.tzinfo is None:
        return line(name, moment.strftime("%Y%m%dT%H%M%S"), ("TZID", zone))
    try:
        local = moment.astimezone(ZoneInfo(zone)) if zone and zone != "UTC" else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local = None
    if local is not None:
        return line(name, local.strftime("%Y%m%dT%H%M%S"), ("TZID", zone))
    return line(name, moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"))
