"""Days as people write them: whole, or only a month or a year (ISO 8601, as schema.org and vCard use it)."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

_FORM: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})(?P<time>T[0-9].*)?)?)?", re.ASCII
)


class Days(NamedTuple):
    """The days that one may mean: one day, a month or a year."""

    first: date
    last: date


def read_days(text: object) -> Days | None:
    """The days that a text means; of a time with a zone, the day there. None where it is no such text."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, time = found.group("year", "month", "day", "time")
    try:
        if time is not None:
            datetime.fromisoformat(found.string)
        if day is not None:
            whole = date(int(year), int(month), int(day))
            return Days(whole, whole)
        if month is not None:
            last = monthrange(int(year), int(month))[1]
            return Days(date(int(year), int(month), 1), date(int(year), int(month), last))
        return Days(date(int(year), 1, 1), date(int(year), 12, 31))
    except ValueError:
        return None  # calendar.IllegalMonthError is one


def day_of(now: int) -> date:
    """The day of a time in seconds since 1970, by UTC: a node does not know where its owner is."""
    return datetime.fromtimestamp(now, UTC).date()


def birthday(born: date, age: int) -> date | None:
    """The day from which somebody has an age. Who was born on a leap day has it from March 1 in other years.

    None where the calendar ends before.
    """
    year = born.year + age
    if year > date.max.year:
        return None
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
