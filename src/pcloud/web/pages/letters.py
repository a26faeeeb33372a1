"""Letters to those who hold data and have no node, and data that came back from those who have one."""

import asyncio
from collections.abc import Awaitable
from importlib import import_module
from typing import Final, Literal, cast

from pcloud.home import telling, vocabulary, words
from pcloud.home.marking import mark as _
from pcloud.runtime.surface import OwnerError
from pcloud.web import naming
from pcloud.web.days import end_of_day
from pcloud.web.showing import advice
from pcloud.web.visit import Answer, Download, Page, Shown, Visit, done, failed

HERE: Final = "/data/letters"
BACK: Final = "/data/returned"
RETURNED: Final = 50
"""Things that came back, on one page."""
HOLDS_MAX: Final = 32
Right = Literal["access", "correction", "erasure"]
RIGHTS: Final = ("access", "correction", "erasure")


async def letters(visit: Visit) -> Answer:
    """Who holds something without a node, and which letters are due."""
    found = await visit.surface.letters()
    kinds = [each for each in vocabulary.kinds().values() if not each.many]
    return Shown(
        "letters.html",
        {
            "holders": found.holders,
            "letters": found.letters,
            "kinds": kinds,
            "words": words,
            "label": naming.label,
        },
    )


async def add(visit: Visit) -> Answer:
    """Note a holder."""
    holds = list(dict.fromkeys(visit.fields.getall("holds", [])))[:HOLDS_MAX]
    if not holds:
        return failed(HERE, "Please tick what they hold.")

    async def note() -> str:
        await visit.surface.letter_add(
            visit.need("name", "who it is"),
            holds,
            address=(visit.filled("address") or "").replace("\r\n", "\n"),
            mail=visit.filled("mail") or "",
            until=end_of_day(visit.filled("until")),
        )
        return _("It is noted. When something of it changes, a letter to them is due.")

    return await _tried(HERE, note())


async def change(visit: Visit) -> Answer:
    """Let a letter be due, or forget a holder."""
    holder, what = visit.part("holder"), visit.form.get("what", "")

    async def do() -> str:
        if what == "forget":
            await visit.surface.letter_remove(holder)
            return _("What you knew of them, and of the letters to them, is forgotten.")
        if what not in RIGHTS:
            raise OwnerError("invalid", "Please choose what the letter is to ask for.")
        await visit.surface.letter_write(holder, cast("Right", what))
        return _("A letter to them is ready to be printed.")

    return await _tried(HERE, do())


async def show(visit: Visit) -> Answer:
    """A letter as it is to be sent, once its owner has said what stands in it."""
    letter, values = visit.part("letter"), visit.ticked("values")
    if "sender" in visit.form:
        sender = (visit.filled("sender") or "").replace("\r\n", "\n") or None
    else:
        sender = await _sender(visit)
    try:
        text = (await visit.surface.letter_print(letter, values=values, sender=sender)).text
    except OwnerError as refusal:
        return failed(HERE, advice(refusal.text))
    if visit.form.get("as") == "pdf":
        sheet = import_module("pcloud.home.sheets.letter")
        if not sheet.missing(text):
            return Download("letter.pdf", "application/pdf", sheet.draw(text))
        return Download("letter.txt", "text/plain; charset=utf-8", text.encode())
    return Shown("letter.html", {"letter": letter, "text": text, "values": values, "sender": sender or ""})


async def _sender(visit: Visit) -> str | None:
    """The owner's name and address in lines, as they stand among the owner's data."""
    (name, address) = await asyncio.gather(
        visit.surface.data_list(prefix="profile.name", limit=1),
        visit.surface.data_list(prefix="profile.address.home", limit=1),
    )
    if not name or not address:
        return None
    lines = [
        telling.line(name[0].value),
        *(text for part, text in telling.pairs_of(address[0].value) if part != "@type"),
    ]
    return "\n".join(lines)


async def noted(visit: Visit) -> Answer:
    """A letter was sent, or answered."""
    letter, what = visit.part("letter"), visit.form.get("what")

    async def do() -> str:
        if what == "answered":
            await visit.surface.letter_answered(letter)
            return _("It is noted that they have answered.")
        await visit.surface.letter_sent(letter)
        return _("It is noted that it is on its way. They have a month to answer.")

    return await _tried(HERE, do())


async def returned(visit: Visit) -> Answer:
    """What arose elsewhere and came back to its owner."""
    rows = await visit.surface.returned(limit=RETURNED)
    return Shown("returned.html", {"rows": rows, "label": naming.label, "line": telling.line})


async def decide(visit: Visit) -> Answer:
    """Take what came back, or drop it."""
    path, drop = visit.need("path", "what it is about"), visit.form.get("what") == "drop"

    async def do() -> str:
        await visit.surface.take_returned(visit.part("peer"), [path], drop=drop)
        return _("It was dropped.") if drop else _("It is yours now, among your data.")

    return await _tried(BACK, do())


async def _tried(back: str, work: Awaitable[str]) -> Answer:
    """Do it and say so, or say why not."""
    try:
        return done(back, await work)
    except OwnerError as refusal:
        return failed(back, advice(refusal.text))


PAGES: Final = (
    Page("GET", HERE, letters),
    Page("POST", HERE, add),
    Page("POST", "/data/letters/to/{holder}", change),
    Page("POST", "/data/letters/{letter}/print", show),
    Page("POST", "/data/letters/{letter}/noted", noted),
    Page("GET", BACK, returned),
    Page("POST", BACK + "/{peer}", decide),
)
