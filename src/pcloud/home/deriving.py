"""Facts that are given instead of a value: computed here, asserted by nobody else (spec 09 §2.2).

A fact that the value does not tell for sure is none: a year of birth alone does not say `over-18` in the year
in which it matters.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from pcloud.features.disclosure.path import EQUAL, read_path
from pcloud.home.days import birthday, day_of, read_days
from pcloud.limits import FACT_BYTES_MAX
from pcloud.wire import cbor


def derive(path: str, value: Any, sought: Any, now: int) -> bool | str | None:
    """The fact that a path ends with, of the value of its record; None where the value does not tell it.

    `sought` is what `equal` compares with, `now` is in seconds since 1970. Raises Violation `body-form` for
    what is no path, ValueError for one without a fact.
    """
    fact = read_path(path).fact
    if fact is None:
        raise ValueError("a path without a fact")
    if fact == EQUAL:
        return None if sought is None else cbor.encode(value) == cbor.encode(sought)
    name, _, number = fact.partition("-")
    if number:
        return _is_over(value, int(number), day_of(now))
    return _OF[name](value, day_of(now))


def _is_over(value: Any, age: int, today: date) -> bool | None:
    born = read_days(value)
    if born is None:
        return None
    early, late = birthday(born.first, age), birthday(born.last, age)
    if late is not None and late <= today:
        return True
    return False if early is None or early > today else None


def _text(name: str) -> Callable[[Any, date], str | None]:
    def read(value: Any, _today: date) -> str | None:
        found = value.get(name) if isinstance(value, dict) else None
        told = isinstance(found, str) and bool(found.strip()) and len(found.encode()) <= FACT_BYTES_MAX
        return found if told else None

    return read


def _is_member(value: Any, today: date) -> bool | None:
    """True where a membership is in force, from its first day to its last; never false."""
    if not isinstance(value, dict):
        return None
    begins, ends = (value.get(name) for name in ("validFrom", "validThrough"))
    first, last = read_days(begins), read_days(ends)
    began = begins is None or (first is not None and first.last <= today)
    goes_on = ends is None or (last is not None and today <= last.first)
    return True if began and goes_on else None


_OF: Final[Mapping[str, Callable[[Any, date], bool | str | None]]] = {
    "city": _text("addressLocality"),
    "country": _text("addressCountry"),
    "postal": _text("postalCode"),
    "member": _is_member,
}
