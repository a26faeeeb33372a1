"""Receipts of what was asked for, given, refused and taken back (spec 09 §11)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.files import write_new
from pcloud.cli.place import place_of
from pcloud.home import words

if TYPE_CHECKING:
    from pcloud.home.receipts import Event, Receipt
    from pcloud.runtime.surface import Surface


def receipts(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="[PEER]", help="Only those with this peer.", show_default="all of them")
    ] = None,
    *,
    out: Annotated[
        Path | None,
        Option(help="Write them to a new file as JSON-LD: ISO/IEC TS 27560, DPV.", show_default=False),
    ] = None,
) -> None:
    """Show a receipt of each decision: asked, given, refused, taken back. No values stand in them."""
    from pcloud.home.linked import document

    place = place_of(ctx)
    found = ask_node(place, lambda node: _all(node, peer))
    now = place.now()
    if out is not None:
        write_new(out, (json.dumps(document(found, now), indent=2) + "\n").encode())
        screen.say(f"{len(found)} receipts are in {out}.")
    elif place.json:
        screen.document(document(found, now))
    elif not found:
        screen.say("Nothing was asked for or given yet.")
    else:
        for each in found:
            for line in _lines(each, now):
                screen.say(line)
            screen.say("")


async def _all(node: "Surface", peer: str | None) -> list["Receipt"]:
    """All pages."""
    page = await node.receipts(peer=peer)
    rows = page.rows
    while page.next is not None:
        page = await node.receipts(after=page.next)
        rows += page.rows
    return rows


def _lines(one: "Receipt", now: int) -> Iterator[str]:
    name = one.name or text.short(one.peer)
    whose = "your data" if one.mine else "their data"
    yield f"{text.short(one.id)}  {name}, {whose}: {words.RECEIPT[one.state]}"
    if one.clause is not None:
        yield f"    clause {one.clause} of {one.terms or 'the terms'}"
    if one.purposes:
        kept = "kept current" if one.standing else "once"
        until = "" if one.until is None else f", until {text.when(one.until, now)}"
        yield f"    under {one.terms or 'terms'} for {', '.join(one.purposes)}: {kept}{until}"
    if one.onward is not None:
        yield f"    may be passed on to {one.onward}"
    for path, needed in one.wanted.items():
        why = one.declined.get(path)
        told = "given" if path in one.given else f"not given ({why})" if why else words.LEFT_OPEN[one.state]
        yield f"    {path}: {told}{'' if needed else ', they can do without it'}"
    if one.rules:
        yield f"    answered by your rules {', '.join(one.rules)}"
    for event in one.events:
        yield f"    {text.clock(event.at)}  {_event(event, one, name)}"


def _event(event: "Event", one: "Receipt", name: str) -> str:
    giver, taker = ("you", name) if one.mine else (name, "you")
    who = giver if event.by == "giver" else taker
    about = f": {', '.join(event.paths)}" if event.paths else ""
    last = "" if event.backups is None else f"; the last copy is gone on {text.clock(event.backups)}"
    return f"{who} {words.SAID[event.what]}{about}{last}"
