"""The tables that big services let their customers take along, column by column, in schema.org's names."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

Row: TypeAlias = Mapping[str, str]
DayFirst: TypeAlias = "bool | None"
"""Whether days are written before months; None where the table does not show it."""

_ISO_DAY: Final = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)")
_SHORT_DAY: Final = re.compile(r"(\d\d?)[./-](\d\d?)[./-](\d{4}|\d\d)")
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")
_LENGTH: Final = re.compile(r"(\d+):(\d\d):(\d\d)")
_MONTHS: Final = 12


class Column(NamedTuple):
    """What becomes of a column."""

    name: str
    property: str
    """Where its value goes; names in names are joined by a dot."""
    read: Callable[[str, DayFirst], Any]


class Table(NamedTuple):
    """How a table is read."""

    service: str
    collection: str
    columns: tuple[Column, ...]
    constants: Mapping[str, Any]
    needed: frozenset[str] = frozenset()
    """Columns by which the table is known."""
    key: tuple[str, ...] = ()
    """Columns that tell a row from others, also when it changes; none: all of the row tells it."""
    rated: str = ""
    """A column that has to say something but nought; where it does not, the row is one of `otherwise`."""
    otherwise: "Table | None" = None


def text(said: str, _: DayFirst) -> str:
    """As it stands."""
    return said.strip()


def number(said: str, _: DayFirst) -> int | str:
    """A whole number, or the text where it is none."""
    bare = said.strip()
    return int(bare) if bare.isdecimal() and len(bare) < len(str(2**53)) else bare


def code(said: str, _: DayFirst) -> str:
    """A number that a spreadsheet was kept from reading: `="0439023483"`."""
    return said.strip().removeprefix("=").strip('"')


def words(said: str, _: DayFirst) -> list[str]:
    """Words with commas between them."""
    return [one.strip() for one in said.split(",") if one.strip()]


def minutes(said: str, _: DayFirst) -> str:
    """A number of minutes as ISO 8601 writes a length of time."""
    return f"PT{said.strip()}M" if said.strip().isdecimal() else said.strip()


def length(said: str, _: DayFirst) -> str:
    """`00:21:13` as ISO 8601 writes a length of time."""
    parts = _LENGTH.fullmatch(said.strip())
    return said.strip() if parts is None else "PT{}H{}M{}S".format(*(int(one) for one in parts.groups()))


def moment(said: str, _: DayFirst) -> str:
    """A time in UTC."""
    parts = _MOMENT.fullmatch(said.strip())
    return said.strip() if parts is None else f"{parts[1]}T{parts[2]}Z"


def day(said: str, day_first: DayFirst) -> str:
    """A day as ISO 8601; as written where it may be one of two days."""
    bare = said.strip()
    if iso := _ISO_DAY.fullmatch(bare):
        return f"{iso[1]}-{int(iso[2]):02}-{int(iso[3]):02}"
    short = _SHORT_DAY.fullmatch(bare)
    if short is None or day_first is None:
        return bare
    a_day, a_month = (short[1], short[2]) if day_first else (short[2], short[1])
    if int(a_month) > _MONTHS:
        return bare
    return (
        f"{short[3] if len(short[3]) == len('2000') else '20' + short[3]}-{int(a_month):02}-{int(a_day):02}"
    )


def day_first(said: Iterable[str]) -> DayFirst:
    """Tell from many days whether the day is written before the month."""
    parts = [found for one in said if (found := _SHORT_DAY.fullmatch(one.strip()))]
    if any(int(one[1]) > _MONTHS for one in parts):
        return True
    return False if any(int(one[2]) > _MONTHS for one in parts) else None


def _rating(name: str, service: str, best: int) -> dict[str, Any]:
    return {
        "@type": "Review",
        "itemReviewed.@type": name,
        "reviewRating.@type": "Rating",
        "reviewRating.bestRating": best,
        "publisher": service,
    }


def _seen(name: str, service: str, kind: str = "WatchAction") -> dict[str, Any]:
    return {"@type": kind, "object.@type": name, "provider": service}


def _film(of: str) -> tuple[Column, ...]:
    return (
        Column("Name", f"{of}.name", text),
        Column("Year", f"{of}.dateCreated", text),
        Column("Letterboxd URI", f"{of}.url", text),
    )


def _book(of: str) -> tuple[Column, ...]:
    return (
        Column("Title", f"{of}.name", text),
        Column("Author", f"{of}.author", text),
        Column("Additional Authors", f"{of}.contributor", words),
        Column("ISBN13", f"{of}.isbn", code),
        Column("Publisher", f"{of}.publisher", text),
        Column("Number of Pages", f"{of}.numberOfPages", number),
        Column("Year Published", f"{of}.datePublished", text),
        Column("Book Id", f"{of}.identifier", text),
    )


_SHELVES: Final = (
    Column("Date Read", "endTime", day),
    Column("Date Added", "dateCreated", day),
    Column("Bookshelves", "keywords", words),
    Column("Exclusive Shelf", "x-shelf", text),
)

SERVICES: Final = (
    Table(
        "Netflix",
        "viewings",
        (
            Column("Title", "object.name", text),
            Column("Start Time", "startTime", moment),
            Column("Duration", "duration", length),
            Column("Profile Name", "agent", text),
            Column("Supplemental Video Type", "object.genre", text),
            Column("Device Type", "instrument", text),
            Column("Country", "location", text),
            Column("Attributes", "x-attributes", text),
        ),
        _seen("CreativeWork", "Netflix"),
        needed=frozenset({"Title", "Start Time", "Duration", "Profile Name"}),
        key=("Profile Name", "Title", "Start Time"),
    ),
    Table(
        "Netflix",
        "viewings",
        (Column("Title", "object.name", text), Column("Date", "startTime", day)),
        _seen("CreativeWork", "Netflix"),
        needed=frozenset({"Title", "Date"}),
    ),
    Table(
        "IMDb",
        "ratings",
        (
            Column("Const", "itemReviewed.identifier", text),
            Column("Your Rating", "reviewRating.ratingValue", number),
            Column("Date Rated", "dateCreated", day),
            Column("Title", "itemReviewed.name", text),
            Column("URL", "itemReviewed.url", text),
            Column("Title Type", "itemReviewed.additionalType", text),
            Column("Runtime (mins)", "itemReviewed.duration", minutes),
            Column("Year", "itemReviewed.dateCreated", text),
            Column("Genres", "itemReviewed.genre", words),
            Column("Directors", "itemReviewed.director", words),
        ),
        _rating("CreativeWork", "IMDb", 10),
        needed=frozenset({"Const", "Your Rating", "Title"}),
        key=("Const",),
    ),
    Table(
        "Letterboxd",
        "viewings",
        (
            *_film("object"),
            Column("Watched Date", "startTime", day),
            Column("Date", "dateCreated", day),
            Column("Rating", "result.ratingValue", text),
            Column("Rewatch", "x-again", text),
            Column("Review", "description", text),
            Column("Tags", "keywords", words),
        ),
        _seen("Movie", "Letterboxd"),
        needed=frozenset({"Name", "Letterboxd URI", "Watched Date"}),
        key=("Letterboxd URI",),
    ),
    Table(
        "Letterboxd",
        "ratings",
        (
            *_film("itemReviewed"),
            Column("Date", "dateCreated", day),
            Column("Rating", "reviewRating.ratingValue", text),
        ),
        _rating("Movie", "Letterboxd", 5),
        needed=frozenset({"Name", "Letterboxd URI", "Rating"}),
        key=("Letterboxd URI",),
    ),
    Table(
        "Letterboxd",
        "viewings",
        (*_film("object"), Column("Date", "dateCreated", day)),
        _seen("Movie", "Letterboxd"),
        needed=frozenset({"Name", "Letterboxd URI", "Date"}),
        key=("Letterboxd URI",),
    ),
    Table(
        "Goodreads",
        "ratings",
        (
            *_book("itemReviewed"),
            Column("My Rating", "reviewRating.ratingValue", number),
            Column("My Review", "reviewBody", text),
            *_SHELVES,
        ),
        _rating("Book", "Goodreads", 5),
        needed=frozenset({"Book Id", "Title", "My Rating"}),
        key=("Book Id",),
        rated="My Rating",
        otherwise=Table(
            "Goodreads",
            "x-readings",
            (*_book("object"), *_SHELVES),
            _seen("Book", "Goodreads", "ReadAction"),
            key=("Book Id",),
        ),
    ),
)
"""The first whose needed columns a table has says how it is read; those that need more come first."""
