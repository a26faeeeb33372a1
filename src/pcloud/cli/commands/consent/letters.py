"""Letters to holders of your data who have no node, to send by hand."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.exits import usage
from pcloud.cli.files import write_new
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pcloud.runtime.consenting.views import Letter
    from pcloud.runtime.surface import Surface


class Right(StrEnum):
    """What a letter can ask for."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"


HolderName = Annotated[
    str, Argument(metavar="HOLDER", help="Its name, or the beginning of its id.", show_default=False)
]
LetterId = Annotated[
    str,
    Argument(metavar="LETTER", help="Its id, or its holder's name for the newest one.", show_default=False),
]
OnDay = Annotated[str | None, Option("--on", metavar="DAY", help="Such as 2030-01-31.", show_default="today")]


def list_letters(ctx: Context) -> None:
    """List who holds data of yours without a node, and the letters to them."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.letters())
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("ID", "HOLDER", "HOLDS", "SINCE", "UNTIL"),
        [
            (
                one.id,
                one.name,
                " ".join(one.holds),
                text.when(one.since, now),
                "" if one.until is None else text.when(one.until, now) + (", over" if one.over else ""),
            )
            for one in found.holders
        ],
        empty="Nobody is noted. Note a holder with: pcloud letters add NAME --holds PATH",
    )
    if found.letters:
        screen.say("")
        screen.table(
            ("LETTER", "TO", "ASKS FOR", "STATE", "DUE", "SENT", "ANSWERED", "CHANGES"),
            [_row(one, now) for one in found.letters],
            empty="",
        )


def _row(one: "Letter", now: int) -> tuple[str, ...]:
    return (
        one.id,
        one.name,
        one.right,
        "no answer yet: overdue" if one.overdue else one.state,
        text.when(one.due, now),
        "" if one.sent is None else text.when(one.sent, now),
        "" if one.answered is None else text.when(one.answered, now),
        " ".join(one.changes),
    )


def add(
    ctx: Context,
    name: Annotated[str, Argument(metavar="NAME", help="Who it is.", show_default=False)],
    *,
    holds: Annotated[
        list[str],
        Option(metavar="PATH", help="What they hold, such as profile.address; may be repeated."),
    ],
    address: Annotated[
        list[str] | None, Option(metavar="LINE", help="A line of the address; may be repeated.")
    ] = None,
    mail: Annotated[str, Option(help="A mail address.", show_default=False)] = "",
    until: Annotated[
        str | None, Option(help="They may keep it until: 365d, or 2030-01-31.", show_default="no end")
    ] = None,
) -> None:
    """Note who holds data of yours without a node: each change makes a letter to them due."""
    place = place_of(ctx)
    end = None if until is None else text.moment(until, "--until", place.now())
    lines = "\n".join(address or ())
    found = ask_node(place, lambda node: node.letter_add(name, holds, address=lines, mail=mail, until=end))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"{found.name} is noted as {found.id}. When something changes: pcloud letters list")


def remove(
    ctx: Context,
    holder: HolderName,
    *,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a holder, and the letters to it."""
    place = place_of(ctx)
    consent("What you know of this holder and of the letters to it is forgotten.", "remove", given=yes)
    ask_node(place, lambda node: node.letter_remove(holder))
    if place.json:
        screen.document({"removed": True})
    else:
        screen.say("It is forgotten.")


def write(
    ctx: Context,
    holder: HolderName,
    right: Annotated[Right, Argument(help="What it asks for.")],
) -> None:
    """Let a letter be due that asks for access, correction or erasure."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.letter_write(holder, right.value))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"Letter {found.id} is due. Print it with: pcloud letters print {found.id} --out FILE")


def print_letter(
    ctx: Context,
    letter: LetterId,
    *,
    out: Annotated[
        Path | None,
        Option(metavar="FILE", help="A new file that ends in .pdf or .txt.", show_default="the screen"),
    ] = None,
    values: Annotated[
        bool, Option("--values", help="Say in it what stood there before, and what stands there now.")
    ] = False,
    sender: Annotated[
        list[str] | None,
        Option("--from", metavar="LINE", help="A line of your own address; may be repeated."),
    ] = None,
) -> None:
    """Fill a letter in, to be sent by hand."""
    if out is not None and out.suffix.lower() not in (".pdf", ".txt"):
        raise usage("--out wants a file that ends in .pdf or .txt.")
    place = place_of(ctx)
    head = "\n".join(sender) if sender else None
    found = ask_node(place, lambda node: node.letter_print(letter, values=values, sender=head))
    if out is not None:
        _write(out, found.text)
    elif place.json:
        screen.document(found)
    else:
        for line in found.text.split("\n"):
            screen.say(line)


def _write(out: Path, said: str) -> None:
    from pcloud.home.sheets.letter import draw, missing

    lost = missing(said) if out.suffix.lower() == ".pdf" else ""
    if lost:
        out = out.with_suffix(".txt")
    write_new(out, said.encode() if out.suffix.lower() == ".txt" else draw(said))
    if lost:
        screen.note(f"The fonts of a PDF here have no {' '.join(lost[:8])}, so it is written as text.")
    screen.say(f"It is in {out}. Once you have sent it: pcloud letters sent")


def sent(ctx: Context, letter: LetterId, *, on: OnDay = None) -> None:
    """Note that a letter is on its way."""
    place = place_of(ctx)
    at = _day(on)
    _change(place, lambda node: node.letter_sent(letter, at=at), "They have a month to answer.")


def answered(ctx: Context, letter: LetterId, *, on: OnDay = None) -> None:
    """Note that a letter was answered."""
    place = place_of(ctx)
    at = _day(on)
    _change(place, lambda node: node.letter_answered(letter, at=at), "It is noted.")


def _day(on: str | None) -> int | None:
    return None if on is None else text.day(on, "--on")


def _change(place: Place, question: "Callable[[Surface], Awaitable[Letter]]", said: str) -> None:
    found = ask_node(place, question)
    if place.json:
        screen.document(found)
    else:
        screen.say(f"Letter {found.id} is {found.state}. {said}")
