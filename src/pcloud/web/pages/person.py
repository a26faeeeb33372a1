"""One relationship: both sides, what was said, what they hold, and how to rest or end it."""

from typing import Any, Final

from pcloud.api.routes import Media
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Entry, Peer, Terms
from pcloud.web.days import end_of_day
from pcloud.web.happened import line
from pcloud.web.naming import label
from pcloud.web.pages.people import HOLDING, STANDING, kinds, titles_of
from pcloud.web.pages.terms import WORDS
from pcloud.web.visit import Answer, Download, GoneOn, Page, Shown, Visit, done, staying

LOOKED_AT: Final = 60
"""Messages from which the page takes its conversations and its last lines."""
LINES: Final = 6
TALKS: Final = 3
"""Conversations that are shown, the newest."""
PAGE: Final = 50
"""Lines on one page of the whole time line."""
HERE: Final = "/people/{id}"
HELD: Final = ("erased", "kept", "none")
SAID: Final = "conversation.say"
AGREED: Final = "agreed"
WISHES: Final = ("preferences", "policies")
"""Where it stands how one wants to be treated."""


async def person(visit: Visit) -> Answer:
    """Everything about one relationship."""
    surface = visit.surface
    peer = await _peer(visit)
    if peer is None:
        return GoneOn(f"/people/contact/{visit.part('id')}")
    entries = await surface.log(peer.id, limit=LOOKED_AT)
    roster = await surface.rosters()
    return Shown(
        "person.html",
        {
            **WORDS,
            "peer": peer,
            "titles": titles_of(roster),
            "roster": roster,
            "label": label,
            "goes_first": (await surface.status()).kind == "person" or peer.kind != "person",
            "terms": await _terms(visit, peer, {each.id: each for each in roster}),
            "asks": await surface.asks(peer=peer.id),
            **await _mine(visit, peer),
            **await _theirs(visit, peer),
            "talks": talks(entries),
            "lines": [line(peer.id, peer.name, each) for each in entries if each.text is None][:LINES],
        },
    )


async def _terms(visit: Visit, peer: Peer, roster: dict[str, Terms]) -> dict[str, Any]:
    """What was agreed on, by who goes first in it, and what waits."""
    found = await visit.surface.terms(peer.id)
    agreed = [(each, roster.get(each.terms)) for each in found if each.state == AGREED and each.ended is None]
    return {
        "mine": [(each, known) for each, known in agreed if each.mine],
        "theirs": [(each, known) for each, known in agreed if not each.mine],
        "waiting": [each for each in found if each.turn != "none"],
    }


async def _mine(visit: Visit, peer: Peer) -> dict[str, Any]:
    """One's own side: what they hold, what they know of one's wishes, and rules for them."""
    (known,) = await visit.surface.known([peer.id])
    held = [row for row in known.rows if row.state in HOLDING]
    return {
        "kinds": kinds(row for row in held if not row.path.startswith(WISHES)),
        "wishes": kinds(row for row in held if row.path.startswith(WISHES)),
        "held_more": known.more,
        "lagging": sum(row.lagging for row in held),
        "rules": [each for each in await visit.surface.rules() if each.peer == peer.id],
    }


async def _theirs(visit: Visit, peer: Peer) -> dict[str, Any]:
    """The peer's side: what one holds of it, what it wishes, and where it went beyond the terms."""
    page = await visit.surface.held(peer=peer.id, limit=LOOKED_AT)
    return {
        "their_kinds": kinds(each for each in page.fields if not each.path.startswith(WISHES)),
        "their_wishes": kinds(each for each in page.fields if each.path.startswith(WISHES)),
        "their_more": page.next is not None,
        "beyond": await visit.surface.refused_asks(peer=peer.id) if peer.over_asked else [],
    }


async def _peer(visit: Visit) -> Peer | None:
    """The relationship; None for a contact that is none yet. Raises OwnerError for what is neither."""
    id_ = visit.part("id")
    try:
        peer = await visit.surface.peer(id_)
    except OwnerError:
        if not any(each.id == id_ for each in await visit.surface.contacts()):
            raise
        return None
    if peer.code is None and any(each.id == peer.id for each in await visit.surface.contacts()):
        return None
    return peer


def talks(entries: list[Entry]) -> list[dict[str, Any]]:
    """Conversations among the newest messages, the last one first, each in the order in which it was held."""
    found: dict[str, list[Entry]] = {}
    for each in entries:
        if each.what == SAID:
            found.setdefault(each.thread, []).insert(0, each)
    return [{"thread": thread, "rows": rows} for thread, rows in list(found.items())[:TALKS]]


async def log(visit: Visit) -> Answer:
    """The whole time line of one relationship, page by page."""
    peer = await visit.surface.peer(visit.part("id"))
    before = visit.number("before")
    rows = await visit.surface.log(peer.id, before=before, limit=PAGE)
    return Shown(
        "log.html",
        {
            "peer": peer,
            "lines": [line(peer.id, peer.name, each) for each in rows],
            "older": rows[-1].number if len(rows) == PAGE else None,
            "first": before is None,
        },
    )


async def say(visit: Visit) -> Answer:
    """Say something, or answer in a conversation that is there."""
    text = visit.need("text", "what you want to say")
    said = await visit.surface.say(visit.part("id"), text, thread=visit.filled("thread"))
    told = "Said; it is kept until they have acknowledged it."
    return done(f"{_here(visit)}#talks", told if said.verdict is None else "Said.")


async def pause(visit: Visit) -> Answer:
    """Ask them to send nothing for now, perhaps until a day."""
    await visit.surface.pause(visit.part("id"), until=end_of_day(visit.filled("until")))
    return done(_here(visit), "They are asked to send nothing for now.")


async def resume(visit: Visit) -> Answer:
    """End one's own pause."""
    await visit.surface.resume(visit.part("id"))
    return done(_here(visit), "They may send again.")


async def rotate(visit: Visit) -> Answer:
    """Begin afresh with the encryption."""
    await visit.surface.rotate(visit.part("id"))
    return done(_here(visit), "New keys are on their way.")


async def ending(visit: Visit) -> Answer:
    """What it means to end a relationship, and the choice of what happens to the data."""
    peer = await visit.surface.peer(visit.part("id"))
    (known,) = await visit.surface.known([peer.id])
    held = [row for row in known.rows if row.state in HOLDING]
    return Shown(
        "ending.html",
        {
            "peer": peer,
            "kinds": kinds(held),
            "more": known.more and (bool(held) or await _stands(visit, peer)),
            "theirs": (await visit.surface.held(peer=peer.id, limit=1)).fields,
        },
    )


async def end(visit: Visit) -> Answer:
    """End a relationship for good; before that, if so chosen, order that all be deleted there."""
    peer = await visit.surface.peer(visit.part("id"))
    held = visit.filled("held") or "none"
    if held not in HELD:
        raise OwnerError("invalid", "Please choose what happens to what you hold of theirs.")
    if not visit.ticked("sure"):
        raise OwnerError("invalid", "Please tick that you want to end it; nothing was done.")
    until = end_of_day(visit.filled("until"))
    if held != "erased":
        await _require_nothing_unsaid(visit, peer, held, until)
    if visit.ticked("erase") and await _stands(visit, peer):
        await visit.surface.erase(peer.id)
    await visit.surface.close(peer.id, held=held, until=until)
    return done(_here(visit), "The relationship is ended; they are told, and will acknowledge.")


async def _stands(visit: Visit, peer: Peer) -> bool:
    """Whether they may have anything of the owner's, wherever in a long list it stands."""
    after: str | None = None
    while True:
        page = await visit.surface.ledger(peer=peer.id, after=after)
        if any(row.state in STANDING for row in page.rows):
            return True
        if page.next is None:
            return False
        after = page.next


async def _require_nothing_unsaid(visit: Visit, peer: Peer, held: str, until: int | None) -> None:
    """What would be refused is refused before anything is ordered to be deleted. Raises OwnerError."""
    holds = (await visit.surface.held(peer=peer.id, limit=1)).fields
    if held == "none" and holds:
        raise OwnerError("invalid", "You hold data of theirs. Say what happens to them; nothing was done.")
    if held == "kept" and (until is None or until <= visit.now):
        raise OwnerError("invalid", "Say until which day you keep it; nothing was done.")


async def export(visit: Visit) -> Answer:
    """The relationship as a file that anybody can verify; without values where that was chosen."""
    bare = visit.filled("values") != "all"
    data = await visit.surface.export(visit.part("id"), show=[] if bare else None)
    return Download("relationship.pcloud", Media.BYTES, data)


def _here(visit: Visit) -> str:
    return HERE.format(id=visit.part("id"))


PAGES: Final = (
    Page("GET", "/people/{id}", person),
    Page("GET", "/people/{id}/log", log),
    Page("POST", "/people/{id}/say", staying(HERE, say)),
    Page("POST", "/people/{id}/pause", staying(HERE, pause)),
    Page("POST", "/people/{id}/resume", staying(HERE, resume)),
    Page("POST", "/people/{id}/rotate", staying(HERE, rotate)),
    Page("GET", "/people/{id}/end", ending),
    Page("POST", "/people/{id}/end", staying(f"{HERE}/end", end)),
    Page("POST", "/people/{id}/export", staying(HERE, export)),
)
