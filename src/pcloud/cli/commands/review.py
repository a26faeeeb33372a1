"""What peers gave back after a recovery: yours, or a thief's (spec 06 §6)."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.exits import usage
from pcloud.cli.place import place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from pcloud.cli.place import Place
    from pcloud.runtime.views import Unaffirmed

EntryIds = Annotated[
    list[str] | None,
    Argument(metavar="[ID]...", help="Entries: the beginnings of their ids.", show_default=False),
]
All = Annotated[bool, Option("--all", help="All that one list of this peer shows, instead of ids.")]
_LIST_MAX = 100
"""Entries of one list; nobody owns up to more than they could have seen."""


def list_unaffirmed(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="PEER", help="Only what this peer gave back.", show_default=False)
    ] = None,
    *,
    limit: Annotated[int, Option(help="How many.", min=1, max=_LIST_MAX)] = _LIST_MAX,
) -> None:
    """List what waits for your word: first what ends or closes something, then the oldest."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.review(peer, limit=limit))
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("ID", "PEER", "WHEN IT SAYS", "WHAT", "UNTIL YOU DECIDE", "TEXT"),
        [
            (
                text.short(one.id),
                one.name or text.short(one.peer),
                text.clock(one.at),
                one.what,
                _meanwhile(one),
                one.text or "",
            )
            for one in found
        ],
        empty=_EMPTY,
    )
    _tell_more(place, len(found), limit)


def _meanwhile(one: "Unaffirmed") -> str:
    if one.suspended:
        return "does not act"
    return "is in force" if one.restricts else "supports nothing"


def affirm(ctx: Context, peer: PeerName, ids: EntryIds = None, *, everything: All = False) -> None:
    """Own up to entries: you made them."""
    place = place_of(ctx)
    _check_given(ids, everything=everything)
    wanted = ids or [one.id for one in ask(place, lambda node: node.review(peer, limit=_LIST_MAX))]
    if not wanted:
        _tell_none(place)
        return
    done = ask(place, lambda node: node.affirm(peer, entries=wanted))
    if place.json:
        screen.document(done)
        return
    screen.say(f"{done.entries} entries are yours; they are told so.")
    _tell_more(place, len(wanted), _LIST_MAX)


def reject(
    ctx: Context,
    peer: PeerName,
    ids: EntryIds = None,
    *,
    everything: All = False,
    yes: Annotated[bool, Option("--yes", help="Reject without asking.")] = False,
) -> None:
    """Disown entries: another made them. They leave no trace on either side but the log."""
    place = place_of(ctx)
    _check_given(ids, everything=everything)
    consent("What you reject you cannot take back: it counts as never said.", "reject", given=yes)
    found = [] if ids else ask(place, lambda node: node.review(peer, limit=_LIST_MAX))
    wanted = ids or [one.id for one in found if one.rejectable]
    if not wanted:
        _tell_none(place)
        return
    done = ask(place, lambda node: node.reject(peer, entries=wanted))
    if place.json:
        screen.document(done)
        return
    screen.say(f"{done.entries} entries are disowned; they are told so.")
    _tell_more(place, len(found), _LIST_MAX)


def _check_given(ids: list[str] | None, *, everything: bool) -> None:
    if bool(ids) is everything:
        raise usage("Name the entries by their ids, or say --all.")


_EMPTY = "Nothing waits for your word."


def _tell_none(place: "Place") -> None:
    if place.json:
        screen.document({"entries": 0})
    else:
        screen.say(_EMPTY)


def _tell_more(place: "Place", shown: int, limit: int) -> None:
    """A list that is full may not be all."""
    if not place.json and shown == limit:
        screen.note("More may wait that was not shown. Decide on these, and list again: pcloud review list")
