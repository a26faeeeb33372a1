"""Text as it may go to a terminal, times and durations as people write them. Pure."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from pcloud.cli.exits import usage

_HIDDEN: Final = frozenset("\u061c\u200b\u200e\u200f\u2060\ufeff") | {
    chr(point)
    for start, end in ((0x202A, 0x202E), (0x2066, 0x206F), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F))
    for point in range(start, end + 1)
}
"""Marks that turn the direction of what follows, or stand invisible between letters."""
_BREAKS: Final = frozenset("\n\r\t\v\f\x85\u2028\u2029")
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_SIZE: Final = re.compile(r"([0-9]{1,6})([KMGT])", re.ASCII)
_POWER: Final = {"K": 1, "M": 2, "G": 3, "T": 4}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NEVER: Final = "never"
_LAST: Final = 253_402_214_399
"""The last second that is in the year 9999 wherever the machine stands; calendars know none after it."""
_KILO: Final = 1_000
ID_SHOWN: Final = 10
"""Letters of an id in a table: enough to name it, and any beginning that is unambiguous will do."""


def plain(text: str) -> str:
    """Take out what could steer a terminal or hide: control characters, turned directions, lone surrogates.

    Breaks of lines become a visible mark, so that nobody can write a line that looks like ours.
    """
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter in _BREAKS:
        return " ↵ " if letter != "\t" else " "
    if letter in _HIDDEN or unicodedata.category(letter) in {"Cc", "Cs"}:
        return ""
    return letter


def seconds(text: str, option: str) -> int:
    """Read a duration such as 24h or 7d. Raises CommandError (usage)."""
    found = _DURATION.fullmatch(text)
    if found is None or not int(found[1]):
        raise usage(f"{option} wants a duration such as 30m, 24h, 7d or 2w, not {plain(text)!r}.")
    return int(found[1]) * _UNIT_S[found[2]]


def octets(text: str, option: str) -> int:
    """Read a size such as 500M or 2G, in powers of 1,024. Raises CommandError (usage)."""
    found = _SIZE.fullmatch(text.upper())
    if found is None or not int(found[1]):
        raise usage(f"{option} wants a size such as 500M or 2G, not {plain(text)!r}.")
    return int(found[1]) << 10 * _POWER[found[2]]


def seconds_or_never(text: str, option: str) -> int | None:
    """The same, or `never`, which gives None. Raises CommandError (usage)."""
    return None if text == _NEVER else seconds(text, option)


def moment(text: str, option: str, now: int) -> int:
    """Read a moment as seconds since 1970: a duration from now, or a day such as 2030-01-31, its end in UTC.

    Raises CommandError (usage).
    """
    if not _DAY.fullmatch(text):
        return now + seconds(text, f"{option} wants a day such as 2030-01-31, or")
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise usage(f"{option}: there is no day {text}.") from None
    return int((day + timedelta(days=1)).timestamp()) - 1


def day(text: str, option: str) -> int:
    """Read a day such as 2030-01-31 as the moment in UTC at which it begins. Raises CommandError (usage)."""
    if not _DAY.fullmatch(text):
        raise usage(f"{option} wants a day such as 2030-01-31, not {plain(text)!r}.")
    return moment(text, option, 0) + 1 - 86_400


def when(at: int | None, now: int) -> str:
    """A moment as people say it near by, and as a date further away; `never` for None."""
    if at is None:
        return _NEVER
    away = abs(at - now)
    if away < _UNIT_S["m"]:
        return "just now"
    if away < 2 * _UNIT_S["d"]:
        size, unit = (away // 3_600, "h") if away >= _UNIT_S["h"] else (away // 60, "min")
        return f"in {size} {unit}" if at > now else f"{size} {unit} ago"
    return _local(at, "%Y-%m-%d")


def clock(at: int) -> str:
    """A moment to the minute, in the time of this machine."""
    return _local(at, "%Y-%m-%d %H:%M")


def _local(at: int, form: str) -> str:
    """A moment as a date. A peer or a thief may claim one that no calendar has (spec 05 §1)."""
    if at > _LAST:
        return "after 9999"
    return datetime.fromtimestamp(at, UTC).astimezone().strftime(form)


def short(id_text: str | None) -> str:
    """The beginning of an id, as tables show it."""
    return "" if id_text is None else id_text[:ID_SHOWN]


def size(count: int) -> str:
    """Bytes as people say them."""
    if count < _KILO:
        return f"{count} B"
    if count < _KILO**2:
        return f"{count / _KILO:.0f} kB"
    if count < _KILO**3:
        return f"{count / _KILO**2:.1f} MB"
    return f"{count / _KILO**3:.1f} GB"
