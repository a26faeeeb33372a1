"""Rights that peers claim over the data that you hold of them (spec 09 §9)."""

import json
from typing import TYPE_CHECKING, Annotated, Final

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.commands.customers import OfPeer
from pcloud.cli.exits import usage
from pcloud.cli.place import place_of

if TYPE_CHECKING:
    from pcloud.runtime.taking.views import RightAsked

_RIGHTS: Final = {
    "access": "see what you hold",
    "portability": "take it with them",
    "correction": "correct it",
    "erasure": "delete it",
}


def asked(
    ctx: Context,
    *,
    peer: OfPeer = None,
    answered: Annotated[bool, Option("--answered", help="Those too that you have answered.")] = False,
) -> None:
    """List what peers claim over their data at you, and until when you owe an answer."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.rights_asked(peer=peer, answered=answered))
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("ID", "PEER", "THEY WANT TO", "WHAT", "ANSWER BY", "STATE"),
        [
            (
                text.short(one.id),
                one.reference or one.name or text.short(one.peer),
                _RIGHTS[one.right],
                _what(one),
                f"{text.when(one.due, now)}{', late' if one.late else ''}",
                one.outcome,
            )
            for one in found
        ],
        empty="Nobody claims anything." if answered else "You owe nobody an answer.",
    )


def _what(one: "RightAsked") -> str:
    if one.paths is None:
        return "everything"
    if not one.values:
        return ", ".join(one.paths)
    pairs = zip(one.paths, one.values, strict=True)
    return ", ".join(f"{path}: {json.dumps(value, ensure_ascii=False)}" for path, value in pairs)


def answer(
    ctx: Context,
    claim: Annotated[str, Argument(metavar="CLAIM", help="The beginning of its id.", show_default=False)],
    *,
    done: Annotated[bool, Option("--done", help="Do it now: give it, or delete it.")] = False,
    extend: Annotated[
        str | None, Option(metavar="DAY", help="It takes until then: 30d, or 2030-01-31.")
    ] = None,
    refuse: Annotated[
        str | None,
        Option(metavar="REASON", help="legal-duty, legal-claim, not-identified, not-held, excessive."),
    ] = None,
) -> None:
    """Answer a claim. With --done your node does what is claimed, and signs that it did."""
    place = place_of(ctx)
    if sum((done, extend is not None, refuse is not None)) != 1:
        raise usage("Say one of --done, --extend DAY, --refuse REASON.")
    until = None if extend is None else text.moment(extend, "--extend", place.now())
    outcome = "done" if done else "extended" if extend is not None else "refused"
    found = ask_node(place, lambda node: node.right_answer(claim, outcome, reason=refuse, until=until))
    if place.json:
        screen.document(found)
        return
    screen.say(f"They are told: {found.outcome}.")
    if found.right == "erasure" and done:
        screen.note(f"The last copy of it is gone {text.when(found.until, place.now())}.")
