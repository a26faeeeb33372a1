"""Messages of relationships as lines of a time line, in the owner's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pcloud.home.happened import SAID, UNSEEN, Told
from pcloud.runtime.views import Entry, News

OTHER: Final = Told("You sent a message of another kind", "sent a message of another kind")
APPLIED: Final = "applied"
FORBIDDEN: Final = "terms-forbid"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said or done."""

    number: int
    at: int
    peer: str
    name: str | None
    mine: bool
    told: str
    """What it was: a whole sentence where it is the owner's, else what stands behind a name."""
    text: str | None
    """What was said in a conversation."""
    waits: bool
    """Whether the other side has not acknowledged it."""
    forbidden: bool
    """Whether it was refused because the terms forbid it."""
    refused: bool
    """Whether it was refused for another reason."""


def lines(news: Iterable[News], *, seen: bool = True) -> list[Line]:
    """Lines of a time line; with `seen` off without what nodes settle among themselves."""
    return [line(each.peer, each.name, each.entry) for each in news if seen or each.entry.what not in UNSEEN]


def line(peer: str, name: str | None, entry: Entry) -> Line:
    """One message."""
    said = SAID.get(entry.what, OTHER)
    return Line(
        entry.number,
        entry.at,
        peer,
        name,
        entry.mine,
        said.mine if entry.mine else said.theirs,
        entry.text,
        entry.mine and entry.verdict is None,
        entry.verdict == FORBIDDEN,
        entry.verdict not in {None, APPLIED, FORBIDDEN},
    )
