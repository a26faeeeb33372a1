"""The owner's own data: all of it at a glance, one place, and what holds some words."""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import quote

from pcloud.home import telling, vocabulary
from pcloud.runtime.recording.views import Record
from pcloud.runtime.surface import OwnerError, Surface
from pcloud.web import naming
from pcloud.web.showing import advice
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, failed

PLACES_MAX: Final = 40
"""Places that are shown at a glance."""
FIRST: Final = 3
"""Of each of them."""
ABOUT_MAX: Final = 100
"""Of what is about the owner."""
ROWS: Final = 50
"""Of a list on one page."""
ABOUT: Final = "profile"
USUAL: Final = (
    "profile.name",
    "profile.birthDate",
    "profile.address.home",
    "profile.email",
    "profile.telephone",
    "profile.size.shoe",
)
"""What most people keep here; what is missing of it is offered."""
SEVERAL: Final = frozenset(
    {
        "profile.address",
        "profile.email",
        "profile.telephone",
        "profile.size",
        "documents",
        "finance",
        "finance.account",
        "finance.balance",
        "finance.insurance",
        "health",
    }
)
"""Kinds of which people have more than one, each with a word of its own behind a dot."""
_LAST: Final = "/\x7f"
"""Behind the beginning of a path: after all that is below it."""


class Line(NamedTuple):
    """One record in a list."""

    path: str
    label: str
    text: str
    holders: int
    at: int


def line(record: Record) -> Line:
    """A record as lists show it: what it is called, and what it says first."""
    many = "/" in record.path
    text = telling.title(record.value) if many else telling.line(record.value)
    return Line(record.path, naming.label(record.path), text, record.holders, record.at)


async def overview(visit: Visit) -> Answer:
    """What there is, by place."""
    surface = visit.surface
    tops, about = await asyncio.gather(_tops(surface), surface.data_list(prefix=ABOUT, limit=ABOUT_MAX))
    others = [top for top in tops if top != ABOUT]
    firsts = await asyncio.gather(*(surface.data_list(prefix=top, limit=FIRST + 1) for top in others))
    returned = await surface.returned(limit=1)
    there = {record.path for record in about}
    return Shown(
        "data.html",
        {
            "about": [line(record) for record in about],
            "more_about": len(about) == ABOUT_MAX,
            "missing": [path for path in USUAL if not _is_there(path, there)],
            "places": [
                (top, naming.place_name(top), [line(each) for each in rows[:FIRST]], len(rows) > FIRST)
                for top, rows in zip(others, firsts, strict=True)
            ],
            "label": naming.label,
            "returned": bool(returned),
        },
    )


def _is_there(path: str, there: Iterable[str]) -> bool:
    """Whether something stands at a place; of what there are several any of them will do."""
    kind = vocabulary.kind_of(path)
    place = path if kind is None else kind.place
    return any(each == place or each.startswith(f"{place}.") for each in there)


async def _tops(surface: Surface) -> list[str]:
    """What paths begin with, in their order: each is looked for behind the last."""
    found: dict[str, None] = {}
    after: str | None = None
    while len(found) < PLACES_MAX:
        records = await surface.data_list(after=after, limit=1)
        if not records:
            break
        path = records[0].path
        top = path.partition("/")[0].partition(".")[0]
        found[top] = None
        after = path if path == top else top + _LAST
    return list(found)


async def listed(visit: Visit) -> Answer:
    """One place, a page at a time."""
    place, after = visit.asked("place") or "", visit.asked("after")
    rows = await visit.surface.data_list(prefix=place, after=after, limit=ROWS)
    return Shown(
        "data_list.html",
        {
            "name": naming.place_name(place) if place else "",
            "place": place,
            "rows": [line(each) for each in rows],
            "next": rows[-1].path if len(rows) == ROWS else None,
            "first": after is None,
            "many": (kind := vocabulary.kinds().get(place)) is not None and kind.many,
        },
    )


async def search(visit: Visit) -> Answer:
    """What holds some words, which stand in no address."""
    words = visit.filled("words")
    if words is None:
        return GoneOn("/data")
    try:
        rows = await visit.surface.data_search(words, after=visit.filled("after"), limit=ROWS)
    except OwnerError as refusal:
        return failed("/data", advice(refusal.text))
    return Shown(
        "data_found.html",
        {
            "words": words,
            "rows": [line(each) for each in rows],
            "next": rows[-1].path if len(rows) == ROWS else None,
        },
    )


async def new(_: Visit) -> Answer:
    """What can be added."""
    kinds = [each for each in vocabulary.kinds().values() if each.forms != ("anything",)]
    return Shown(
        "data_new.html",
        {
            "one": [each for each in kinds if not each.many and each.place not in SEVERAL],
            "several": [each for each in kinds if not each.many and each.place in SEVERAL],
            "many": [each for each in kinds if each.many],
        },
    )


async def named(visit: Visit) -> Answer:
    """Something of which there are several, or something of the owner's own: its place is put together."""
    word = visit.filled("word") or ""
    place = visit.filled("place")
    path = f"{place}.{word}" if place and word else place or f"{vocabulary.OWN}{word}"
    try:
        vocabulary.read_place(path)
    except vocabulary.UnfitError:
        return failed(
            "/data/new", "Please name it with one word of letters and digits, such as home or work2."
        )
    return GoneOn(edit_path(path))


def edit_path(path: str) -> str:
    """Where a record is edited."""
    return f"/data/edit?path={quote(path, safe='')}"


PAGES: Final = (
    Page("GET", "/data", overview),
    Page("GET", "/data/list", listed),
    Page("POST", "/data/search", search),
    Page("GET", "/data/new", new),
    Page("POST", "/data/new", named),
)
