"""Rights over one's own data at others, and the receipts of every decision."""

import json
from typing import Final, Literal, cast

from pcloud.home import words
from pcloud.home.linked import document
from pcloud.home.receipts import Receipt
from pcloud.home.telling import line
from pcloud.runtime.giving.wording import why
from pcloud.runtime.surface import OwnerError
from pcloud.web.days import end_of_day
from pcloud.web.naming import label
from pcloud.web.visit import Answer, Download, Page, Shown, Visit, done

Right = Literal["access", "correction", "portability", "erasure"]

SHOWN: Final = 20
"""Receipts on a page, and those of the last relationship on it."""
RECEIPTS_MAX: Final = 10_000
"""Of one file."""


async def rights(visit: Visit) -> Answer:
    """What was claimed, who has answered, who is late; and a form for more."""
    found = await visit.surface.rights(after=visit.number("after") or 0)
    peer = visit.asked("peer")
    return Shown(
        "rights.html",
        {
            "found": found,
            "words": words,
            "label": label,
            "peer": None if peer is None else await visit.surface.peer(peer),
        },
    )


async def claim(visit: Visit) -> Answer:
    """Claim a right: of one, of everybody, or of those who lag behind a change."""
    right = visit.need("right", "what they are to do")
    if right not in words.RIGHT:
        raise OwnerError("invalid", "That is no right that can be claimed.")
    whom = visit.need("whom", "of whom")
    if right == "erasure" and not visit.ticked("sure"):
        raise OwnerError("invalid", "What they have is to be deleted: tick that you are sure.")
    peer = visit.filled("peer") if whom == "one" else None
    made = await visit.surface.rights_claim(
        cast("Right", right),
        peers=None if peer is None else [peer],
        everybody=whom == "everybody",
        laggards=whom == "laggards",
        due=end_of_day(visit.filled("due")),
    )
    many = made.later or len(made.ids)
    if not many:
        return done("/rights", "There is nobody of whom to claim it.")
    return done("/rights", f"It is claimed of {many}. Here you see who answers, and who is late.")


async def show(visit: Visit) -> Answer:
    """One claim, with what its answers brought."""
    found = await visit.surface.rights_show(visit.part("id"))
    return Shown("rights_show.html", {"found": found, "words": words, "label": label, "line": line})


async def receipts(visit: Visit) -> Answer:
    """A page of receipts, of one peer or of all."""
    page = await visit.surface.receipts(peer=visit.asked("peer"), after=visit.asked("after"), limit=SHOWN)
    return Shown(
        "receipts.html",
        {"page": page, "words": words, "label": label, "why": why, "peer": visit.asked("peer")},
    )


async def receipts_file(visit: Visit) -> Answer:
    """Receipts as ISO/IEC TS 27560 and DPV have them."""
    rows: list[Receipt] = []
    after: str | None = None
    while len(rows) < RECEIPTS_MAX:
        page = await visit.surface.receipts(peer=visit.asked("peer") if after is None else None, after=after)
        rows += page.rows
        after = page.next
        if after is None:
            break
    body = json.dumps(document(rows, visit.now), indent=2).encode() + b"\n"
    return Download("receipts.jsonld", "application/ld+json", body)


PAGES: Final = (
    Page("GET", "/rights", rights),
    Page("GET", "/rights/{id}", show),
    Page("POST", "/rights", claim),
    Page("GET", "/receipts", receipts),
    Page("GET", "/receipts/file", receipts_file),
)
