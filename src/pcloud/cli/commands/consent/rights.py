"""Rights over data that others have of you: access, correction, portability, erasure (spec 09 §9)."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.exits import usage
from pcloud.cli.files import write_new
from pcloud.cli.place import place_of
from pcloud.cli.prompts import consent
from pcloud.home import words

if TYPE_CHECKING:
    from pcloud.runtime.consenting.views import Claim, Claims
    from pcloud.runtime.surface import Surface


class Right(StrEnum):
    """What can be claimed."""

    ACCESS = "access"
    CORRECTION = "correction"
    PORTABILITY = "portability"
    ERASURE = "erasure"


GONE: Final = ("erased", "revoked", "over")
"""How a field stands that they hold no more, as far as is known."""


def claim(
    ctx: Context,
    right: Annotated[Right, Argument(help="Access, correction, portability or erasure.")],
    *,
    peer: Annotated[
        list[str] | None, Option(metavar="PEER", help="Of this peer; may be repeated.", show_default=False)
    ] = None,
    everybody: Annotated[bool, Option("--all", help="Of everybody you are related to.")] = False,
    laggards: Annotated[
        bool, Option("--laggards", help="Of those who lag behind a change of yours.")
    ] = False,
    path: Annotated[
        list[str] | None,
        Option(metavar="PATH", help="About this; may be repeated.", show_default="all they have"),
    ] = None,
    due: Annotated[str, Option(help="They are to answer by: 30d, or 2030-01-31.")] = "30d",
    yes: Annotated[
        bool, Option("--yes", help="Do not ask: before erasure, or telling something that they do not hold.")
    ] = False,
) -> None:
    """Claim a right. A correction brings what your records say now."""
    place = place_of(ctx)
    if sum((bool(peer), everybody, laggards)) != 1:
        raise usage("Say of whom: --peer PEER, or --all, or --laggards.")
    if right is Right.ERASURE:
        who = " and ".join(peer) if peer else "Many"
        consent(f"{who} {'is' if peer and len(peer) == 1 else 'are'} asked to erase it.", "erase", given=yes)
    if right is Right.CORRECTION and peer and path and not yes:
        new = ask_node(place, lambda node: _not_held(node, peer, path))
        if new:
            what = f"By your ledger they do not hold it, and learn it by this: {', '.join(new)}."
            consent(what, "tell", given=yes)
    until = text.moment(due, "--due", place.now())
    found = ask_node(
        place,
        lambda node: node.rights_claim(
            right.value, peers=peer, everybody=everybody, laggards=laggards, paths=path, due=until
        ),
    )
    if place.json:
        screen.document(found)
    elif found.ids or found.later:
        many = found.later or len(found.ids)
        screen.say(f"It is claimed of {many} peer{'s' if many > 1 else ''}. Who answers: pcloud rights list")
    else:
        screen.say("There is nobody of whom to claim it.")


async def _not_held(node: "Surface", peers: list[str], paths: list[str]) -> list[str]:
    """Of which records a correction would tell somebody who has none, as far as is known."""
    new = []
    for path in paths:
        for peer in peers:
            rows = (await node.ledger(peer=peer, path=path)).rows
            if not any(row.path == path and row.state not in GONE for row in rows):
                new.append(path)
    return list(dict.fromkeys(new))


def list_claims(ctx: Context) -> None:
    """List what you have claimed: who has answered, and who is late."""
    place = place_of(ctx)
    found = ask_node(place, _all)
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("ID", "PEER", "RIGHT", "ABOUT", "CLAIMED", "DUE", "STATE", "BROUGHT"),
        [_row(one, now) for one in found.rows],
        empty="You have claimed nothing yet. Claim with: pcloud rights claim access --peer PEER",
    )
    if found.unsent:
        screen.note(f"It is still to be claimed of {found.unsent}; that is done one by one.")


async def _all(node: "Surface") -> "Claims":
    """All pages as one."""
    page = await node.rights()
    rows = page.rows
    while page.next is not None:
        page = await node.rights(after=page.next)
        rows += page.rows
    return type(page)(rows, page.unsent)


def _row(one: "Claim", now: int) -> tuple[str, ...]:
    state = words.CLAIM[one.state] + (f": {one.reason}" if one.reason else "")
    return (
        text.short(one.id),
        one.name or text.short(one.peer),
        one.right,
        " ".join(one.paths) or "all they have",
        text.when(one.said, now),
        text.when(one.due, now),
        f"{state}, overdue" if one.overdue else state,
        str(one.brought) if one.brought else "",
    )


def show(
    ctx: Context,
    claim: Annotated[
        str, Argument(metavar="CLAIM", help="The claim: the beginning of its id.", show_default=False)
    ],
    *,
    out: Annotated[
        Path | None, Option(help="Write what it brought to a new file, as JSON.", show_default=False)
    ] = None,
) -> None:
    """Show a claim, and what the answers brought: what they have of you."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.rights_show(claim))
    if out is not None:
        values = {each.path: each.value for each in found.brought}
        write_new(out, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())
        screen.say(f"{len(values)} records are in {out}.")
        return
    if place.json:
        screen.document(found)
        return
    one, now = found.claim, place.now()
    screen.facts(
        [
            ("id", one.id),
            ("peer", one.name or one.peer),
            ("right", one.right),
            ("about", " ".join(one.paths) or "all they have"),
            ("claimed", text.when(one.said, now)),
            ("due", text.when(one.due, now)),
            ("state", words.CLAIM[one.state] + (", overdue" if one.overdue else "")),
            ("reason", one.reason),
            ("last copy gone", None if one.until is None else text.when(one.until, now)),
        ]
    )
    for each in found.brought:
        screen.say(f"{each.path}: {json.dumps(each.value, ensure_ascii=False)}")
