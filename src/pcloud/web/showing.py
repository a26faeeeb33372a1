"""How values read on a page: moments, sizes, names, codes to scan.

Names and texts of peers are their own claims: whatever could turn or hide what stands around them is taken
out, and each is kept apart from its surroundings (UAX #9 section 3.2).
"""

import io
import re
import time
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import segno
from markupsafe import Markup, escape

SHOWN_CHARACTERS_MAX: Final = 2_000
"""Of one text of a peer on a page; the whole stands in the export."""

LAST: Final = 253_402_214_399
"""The last second that is in the year 9999 wherever the machine stands; calendars know none after it."""
_KIB: Final = 1024
_SENTENCE: Final = re.compile(r"(?<=[.!?]) +")
_COMMAND: Final = re.compile(r"(?:[:,]| with:?) `?(?:pcloud |--)[^.]*`?\.?$")


def day(at: int | None) -> str:
    """A day in the node's own time zone, such as 3 May 2027."""
    return "" if at is None else _local(at, "%-d %b %Y")


def moment(at: int | None) -> str:
    """A day and a time of day."""
    return "" if at is None else _local(at, "%-d %b %Y, %H:%M")


def when(at: int | None) -> Markup:
    """A moment as HTML has it: the day is shown, the whole is there for whoever looks closer."""
    if at is None:
        return Markup()
    return _stamped(at, day(at))


def lately(at: int, now: int) -> Markup:
    """A moment of a time line: the time of day where it is today, else the day."""
    whole = _local(at, "%-d %b %Y")
    if whole == _local(now, "%-d %b %Y"):
        return _stamped(at, _local(at, "%H:%M"))
    return _stamped(at, whole.removesuffix(f" {_local(now, '%Y')}"))


def _local(at: int, form: str) -> str:
    """A moment where the node stands. A peer may claim one that no calendar has (spec 05 §1)."""
    return time.strftime(form, time.localtime(min(at, LAST)))


def _stamped(at: int, shown: str) -> Markup:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(at, LAST)))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, moment(at), shown)


def size(count: int) -> str:
    """A number of bytes for a person, such as 3.4 MiB."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < _KIB or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= _KIB
    raise AssertionError("the last unit takes everything")


def said(text: object) -> Markup:
    """What somebody else wrote, so that it cannot turn or hide what stands around it."""
    return Markup('<bdi class="said">{}</bdi>').format(escape(plain(text)))


def plain(text: object) -> str:
    """A text without what no one sees (Unicode categories Cc, Cf, Co, Cs, Cn), but for its line ends."""
    kept = "".join(
        each for each in str(text) if each == "\n" or not unicodedata.category(each).startswith("C")
    )
    return kept if len(kept) <= SHOWN_CHARACTERS_MAX else kept[:SHOWN_CHARACTERS_MAX] + "…"


def advice(text: object) -> str:
    """A sentence of the node without the commands of a terminal in it."""
    sentences = (_COMMAND.sub(".", each) for each in _SENTENCE.split(str(text)))
    return " ".join(each for each in sentences if " " in each and "pcloud " not in each) or str(text)


def begin(text: object) -> str:
    """The first sentence of a text."""
    return _SENTENCE.split(plain(text), 1)[0]


def qr(text: str, label: str) -> Markup:
    """A code to scan, as a picture within the page."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=False, scale=4, border=4, omitsize=True, nl=False
    )
    # The drawing is segno's own and holds nothing but numbers.
    return Markup('<span class="qr" role="img" aria-label="{}">{}</span>').format(
        label,
        Markup(drawn.getvalue().decode()),  # noqa: S704 - made here, of numbers
    )


FILTERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "day": day,
        "moment": moment,
        "when": when,
        "bytes": size,
        "said": said,
        "plain": plain,
        "lately": lately,
        "advice": advice,
        "begin": begin,
    }
)
