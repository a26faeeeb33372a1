"""Living with a relationship: who there is, rests and ends, what is said, and its file (spec 07 §5-7)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from typer import Argument, Context, Option

from pcloud.cli import files, screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.exits import usage
from pcloud.cli.place import place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface
    from pcloud.runtime.views import Entry, Peer

PAGE: Final = 100
"""Entries of a list asked for at once; a longer one is asked for in pages."""
SAID_BYTES_READ_MAX: Final = 1_048_576
"""Bytes read from standard input for one saying; the node refuses what is too long for a message."""

_HELD: Final = {
    "erased": "they are told that what you hold of theirs is erased",
    "kept": "they are told that you keep what you hold of theirs",
    "none": "they are told that you hold nothing of theirs",
}


def peers(ctx: Context) -> None:
    """List your relationships; ⊂ is your side, ⊃ is theirs."""
    place = place_of(ctx)
    found = ask(place, all_peers)
    if place.json:
        screen.document(found)
        return
    now = place.now()
    waiting = any(one.waiting for one in found)
    screen.table(
        ("ID", "NAME", "STATE", "⊂", "⊃", "TERMS", "LAST HEARD", "CODE", *(("WAITING",) if waiting else ())),
        [
            (
                text.short(one.id),
                one.name or "",
                one.state,
                one.mine,
                one.theirs,
                ", ".join(one.terms),
                text.when(one.last_contact, now),
                one.code or "",
                *((str(one.waiting or ""),) if waiting else ()),
            )
            for one in found
        ],
        empty="You have no relationship yet. Invite somebody with `pcloud invite`, "
        "or open a link with `pcloud connect`.",
    )
    for one in found:
        if one.advice is not None:
            screen.note(f"{one.name or text.short(one.id)}: {one.advice}")


async def all_peers(node: "Surface") -> list["Peer"]:
    """Every relationship, asked for in pages."""
    found: list[Peer] = []
    while True:
        after = found[-1].id if found else None
        page = await node.peers(after=after, limit=PAGE)
        found.extend(page)
        if len(page) < PAGE:
            return found


def pause(
    ctx: Context,
    peer: PeerName,
    *,
    until: Annotated[
        str | None, Option(help="Until when: 7d, or 2030-01-31.", show_default="until you resume")
    ] = None,
) -> None:
    """Ask a peer to send nothing for now."""
    place = place_of(ctx)
    end = None if until is None else text.moment(until, "--until", place.now())
    found = ask(place, lambda node: node.pause(peer, until=end))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"{_name(found)} is asked to send nothing until you resume{_end(end)}.")


def _end(until: int | None) -> str:
    return "" if until is None else f", or until {text.clock(until)}"


def resume(ctx: Context, peer: PeerName) -> None:
    """End your pause."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.resume(peer))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"{_name(found)} may send again.")


def close(
    ctx: Context,
    peer: PeerName,
    *,
    yes: Annotated[bool, Option("--yes", help="Close without asking.")] = False,
    held: Annotated[
        Literal["erased", "kept", "none"], Option(help="What you say becomes of their data that you hold.")
    ] = "none",
    until: Annotated[
        str | None, Option(help="Kept or in backups until: 90d, or 2030-01-31.", show_default=False)
    ] = None,
) -> None:
    """End a relationship for good."""
    place = place_of(ctx)
    end = None if until is None else text.moment(until, "--until", place.now())
    if not yes:
        found = ask(place, lambda node: node.peer(peer))
        consent(
            f"This ends the relationship with {_name(found)} for good, and {_HELD[held]}.",
            "close",
            given=False,
        )
    closed = ask(place, lambda node: node.close(peer, held=held, until=end))
    if place.json:
        screen.document(closed)
    else:
        screen.say(f"The relationship with {_name(closed)} is closed; they are told, and will acknowledge.")


def rotate(ctx: Context, peer: PeerName) -> None:
    """Begin afresh with a peer's encryption: new sessions and new receiving keys."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.rotate(peer))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"New keys with {_name(found)} are on their way.")


def say(
    ctx: Context,
    peer: PeerName,
    said: Annotated[
        str,
        Argument(metavar="TEXT", help="What to say; - reads it from standard input.", show_default=False),
    ],
    *,
    thread: Annotated[
        str | None, Option(help="Go on in this conversation.", show_default="begin a new one")
    ] = None,
) -> None:
    """Say something to a peer."""
    place = place_of(ctx)
    words = sys.stdin.read(SAID_BYTES_READ_MAX).rstrip("\n") if said == "-" else said
    if not words.strip():
        raise usage("There is nothing to say.")
    entry = ask(place, lambda node: node.say(peer, words, thread=thread))
    if place.json:
        screen.document(entry)
    elif entry.verdict is None:
        screen.say("Said; it is kept until they have acknowledged it.")
    else:
        screen.say(f"Said: {entry.verdict}.")


def log(
    ctx: Context,
    peer: PeerName,
    *,
    limit: Annotated[int, Option(help="How many, the newest.", min=1, max=1_000)] = 50,
    before: Annotated[int | None, Option(help="Only older than this number.", show_default=False)] = None,
) -> None:
    """Show what was said and done with a peer."""
    place = place_of(ctx)
    found = ask(place, lambda node: _entries(node, peer, before, limit))
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("NO.", "WHEN", "WHO", "WHAT", "RESULT", "TEXT"),
        [
            (
                str(one.number),
                text.clock(one.at),
                "you" if one.mine else "they",
                one.what,
                one.verdict or "waiting",
                one.text or "",
            )
            for one in reversed(found)
        ],
        empty="Nothing was said or done yet.",
    )


async def _entries(node: "Surface", peer: str, before: int | None, limit: int) -> list["Entry"]:
    found: list[Entry] = []
    while len(found) < limit:
        wanted = min(limit - len(found), PAGE)
        page = await node.log(peer, before=found[-1].number if found else before, limit=wanted)
        found.extend(page)
        if len(page) < wanted:
            break
    return found


def export(
    ctx: Context,
    peer: PeerName,
    file: Annotated[
        Path, Argument(metavar="FILE", help="A new file; one that exists stays as it is.", show_default=False)
    ],
    only: Annotated[
        list[str] | None,
        Option(metavar="PATH", help="Show the value of this field and no other; may stand more than once."),
    ] = None,
    *,
    bare: Annotated[bool, Option("--bare", help="Show no value at all: all that is proven holds.")] = False,
) -> None:
    """Write the relationship into one file that anybody can check with `pcloud verify`."""
    place = place_of(ctx)
    if only and bare:
        raise usage("Choose --only, for some values, or --bare, for none.")
    show = [] if bare else only or None
    data = ask(place, lambda node: node.export(peer, show=show))
    files.write_new(file, data)
    if place.json:
        screen.document({"file": str(file), "bytes": len(data)})
    else:
        screen.say(f"Written to {file} ({text.size(len(data))}). Anybody can check it: pcloud verify {file}")


def _name(peer: "Peer") -> str:
    return peer.name or text.short(peer.id)
