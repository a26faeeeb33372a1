"""Who knows what of the owner: one view of everybody, one of each, one of each kind; and the time line."""

import time
from collections import Counter
from itertools import groupby
from typing import Final

from pcloud.home import words
from pcloud.home.telling import line
from pcloud.runtime.giving.views import LedgerRow
from pcloud.runtime.surface import OwnerError
from pcloud.web import knowing, naming
from pcloud.web.days import day_field, end_of_day
from pcloud.web.showing import advice, day
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, done, failed

LOOKED_AT: Final = 25
"""People who are looked at for one page; those who have something are shown."""
ROWS: Final = 50
"""Of a list on one page."""
YEAR_S: Final = 31_536_000


async def everybody(visit: Visit) -> Answer:
    """People by kinds of data."""
    ended = "ended" in visit.request.query
    people = await visit.surface.people(after=visit.asked("after"), ended=ended, limit=LOOKED_AT)
    known = await visit.surface.known([each.id for each in people.rows])
    return Shown(
        "known.html",
        {
            "picture": knowing.picture(people.rows, known),
            "people": people,
            "ended": ended,
            "first": visit.asked("after") is None,
            "stands": knowing.STANDS,
            "name_of": naming.kind_name,
        },
    )


async def find(visit: Visit) -> Answer:
    """Somebody by name: it stands in no address."""
    try:
        peer = await visit.surface.peer(visit.need("name", "a name"))
    except OwnerError as refusal:
        return failed("/known", advice(refusal.text))
    return GoneOn(f"/known/{peer.id}")


async def one(visit: Visit) -> Answer:
    """What one of them has, and what can be done about it."""
    peer = await visit.surface.peer(visit.part("peer"))
    page = await visit.surface.ledger(peer=peer.id, after=visit.asked("after"), limit=ROWS)
    held = [row for row in page.rows if knowing.stands(row) is not None]
    more = "more" in visit.request.query and bool(peer.terms)
    own = await visit.surface.data_list(prefix="profile", limit=ROWS) if more else []
    there = {row.path for row in held}
    return Shown(
        "known_one.html",
        {
            "peer": peer,
            "held": held,
            "gone": [row for row in page.rows if knowing.stands(row) is None],
            "others": [record for record in own if record.path not in there],
            "more": more,
            "line": line,
            "next": page.next,
            "first": visit.asked("after") is None,
            "until": day_field(visit.now + YEAR_S),
            **_words(),
        },
    )


def _words() -> dict[str, object]:
    return {
        "words": words,
        "stands": knowing.STANDS,
        "how": knowing.stands,
        "version": version,
        "label": naming.label,
    }


def version(row: LedgerRow) -> tuple[int, int]:
    """Which version they have, and which they are to have."""
    return row.has, max(row.version, row.newest or 0) if row.standing else row.version


async def change(visit: Visit) -> Answer:
    """Take back, have deleted, or give for longer what is ticked."""
    peer = await visit.surface.peer(visit.part("peer"))
    back, paths = f"/known/{peer.id}", list(dict.fromkeys(visit.fields.getall("path", [])))
    if not paths:
        return failed(back, "Please tick what you mean first.")
    what = visit.form.get("what")
    try:
        if what == "erase" and not visit.ticked("sure"):
            return Shown("known_sure.html", {"peer": peer, "paths": paths, **_labels(paths)})
        if what == "erase":
            await visit.surface.erase(peer.id, paths=paths)
            return done(back, "They are told to delete it, and have to sign that they did.")
        if what == "revoke":
            await visit.surface.revoke(peer.id, paths=paths)
            return done(back, "Taken back: they may use it no longer.")
        if what == "extend":
            return await _extend(visit, peer.id, paths)
    except OwnerError as refusal:
        return failed(back, advice(refusal.text))
    return failed(back, "Please choose what is to be done.")


def _labels(paths: list[str]) -> dict[str, object]:
    return {"labels": [naming.label(path) for path in paths]}


async def _extend(visit: Visit, peer: str, paths: list[str]) -> Answer:
    until = end_of_day(visit.filled("until"))
    await visit.surface.share(peer, paths, until=until, once=visit.ticked("once"))
    return done(f"/known/{peer}", "Given: see below until when they may keep it.")


async def kind(visit: Visit) -> Answer:
    """Who has one kind of data, or one field of it."""
    path = visit.asked("path") or "profile"
    page = await visit.surface.ledger(path=path, after=visit.asked("after"), limit=ROWS)
    return Shown(
        "known_kind.html",
        {
            "path": path,
            "name": naming.label(path),
            "rows": [row for row in page.rows if knowing.stands(row) is not None],
            "next": page.next,
            "first": visit.asked("after") is None,
            "paper": page.paper,
            **_words(),
        },
    )


async def over_time(visit: Visit) -> Answer:
    """Everything that was disclosed, the newest first."""
    before = visit.number("before")
    page = await visit.surface.disclosed(before=before, limit=ROWS)
    days = [(name, [*rows]) for name, rows in groupby(page.rows, lambda row: day(row.at))]
    return Shown(
        "known_time.html",
        {"page": page, "days": days, "first": before is None, "words": words, "clock": clock, "told": told},
    )


def told(paths: list[str]) -> list[tuple[str, int]]:
    """What a line is about, each once and how often: many receipts are one word."""
    return [*Counter(naming.label(path) for path in paths).items()]


def clock(at: int) -> str:
    """A time of day, in the node's own time zone."""
    return time.strftime("%H:%M", time.localtime(at))


PAGES: Final = (
    Page("GET", "/known", everybody),
    Page("POST", "/known/find", find),
    Page("GET", "/known/kind", kind),
    Page("GET", "/known/time", over_time),
    Page("GET", "/known/{peer}", one),
    Page("POST", "/known/{peer}", change),
)
