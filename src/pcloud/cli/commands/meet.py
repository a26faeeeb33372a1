"""Meeting: invitations, and contacts that are not relationships yet (spec 07 §1-4)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import inviting, screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import ContactId
from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.place import place_of
from pcloud.cli.prompts import at_terminal, confirm

if TYPE_CHECKING:
    from pcloud.runtime.views import Contact, Invitation

ShownName = Annotated[
    str | None, Option("--name", help="The name they see of you.", show_default="none is sent")
]


def invite(
    ctx: Context,
    *,
    purpose: Annotated[str, Option(help="What it is for; they see it.", show_default=False)],
    role: Annotated[str | None, Option(help="What you are in it, such as florist.")] = None,
    uses: Annotated[int, Option(help="How many may be let in by it.", min=1)] = 1,
    expires: Annotated[str, Option(help="How long it stays open: 24h, 7d, or never.")] = "24h",
    title: Annotated[
        str | None, Option(help="The name that it shows.", show_default="the name of your node")
    ] = None,
    terms: Annotated[list[str] | None, Option(help="Terms that you accept; may be repeated.")] = None,
    customers: Annotated[
        Path | None,
        Option("--from", metavar="FILE", help="One for each customer of this CSV file.", show_default=False),
    ] = None,
    column: Annotated[str, Option(help="The column that says what you call them.")] = "id",
    out: Annotated[
        Path | None, Option(metavar="FILE", help="Write the links of --from into a new CSV file.")
    ] = None,
    printed: Annotated[
        Path | None, Option("--print", metavar="FILE", help="Make a PDF of them, with QR codes, to print.")
    ] = None,
    let_in: Annotated[
        bool, Option("--let-in", help="Who comes by one of --from is let in without asking you.")
    ] = False,
) -> None:
    """Make an invitation: a link and a QR code to hand over."""
    place = place_of(ctx)
    expires_s = text.seconds_or_never(expires, "--expires")
    if customers is not None:
        if uses != 1:
            raise usage("An invitation of --from is for one customer, so it is good once.")
        wanted = inviting.Wanted(
            customers, column, out, printed, purpose, role, expires_s, title, terms, let_in
        )
        inviting.invite(place, wanted)
        return
    if out is not None or printed is not None or let_in:
        raise usage("--out, --print and --let-in go with --from.")
    made = ask(
        place,
        lambda node: node.invite(
            purpose, role=role, uses=uses, expires_s=expires_s, title=title, terms=terms
        ),
    )
    if place.json:
        screen.document(made)
        return
    show_invitation(made, place.now(), "may ask")


def show_invitation(made: "Invitation", now: int, may: str) -> None:
    """The link and its QR code, and what whoever has it may do."""
    if sys.stdout.isatty():
        screen.qr(made.link)
    screen.say(made.link)
    often = "once" if made.uses == 1 else f"{made.uses} times"
    until = "for ever" if made.expires is None else f"until {text.clock(made.expires)}"
    before = "; nobody comes in before you accept" if may == "may ask" else ""
    screen.note(
        f"Whoever has this link {may} {often}, {until}{before}. "
        f"Take it back with: pcloud withdraw {text.short(made.id)}"
    )
    if made.expires is not None and made.expires <= now:
        screen.note("It has expired already: look at the clock of this machine.")


def invitations(ctx: Context) -> None:
    """List your invitations."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.invitations())
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("ID", "PURPOSE", "ROLE", "USED", "EXPIRES", "STATE"),
        [
            (
                text.short(one.id),
                one.purpose,
                one.role or "",
                f"{one.used}/{one.uses}",
                text.when(one.expires, place.now()),
                one.state,
            )
            for one in found
        ],
        empty="There is no invitation. Make one with: pcloud invite --purpose ...",
    )


def withdraw(
    ctx: Context,
    invitation: Annotated[
        str, Argument(metavar="ID", help="The invitation: the beginning of its id.", show_default=False)
    ],
) -> None:
    """Take an invitation back: nobody is let in by it any more."""
    place = place_of(ctx)
    ask(place, lambda node: node.withdraw(invitation))
    if place.json:
        screen.document({"withdrawn": invitation})
    else:
        screen.say("The invitation is withdrawn.")


def connect(
    ctx: Context,
    link: Annotated[
        str, Argument(metavar="LINK", help="The link of an invitation; - reads it.", show_default=False)
    ],
    *,
    yes: Annotated[bool, Option("--yes", help="Send the request at once.")] = False,
    name: ShownName = None,
) -> None:
    """Look at an invitation: who, and what for. A request is sent only with --yes, or by `pcloud accept`."""
    place = place_of(ctx)
    wanted = sys.stdin.readline().strip() if link == "-" else link.strip()
    tell_what_the_fetch_reveals(wanted)
    if at_terminal() and not yes and not confirm("Fetch the invitation?"):
        raise CommandError(Exit.REFUSED, "not-confirmed", "Nothing was fetched.")
    found = ask(place, lambda node: node.connect(wanted))
    if yes:
        found = ask(place, lambda node: node.accept(found.id, name=name))
    if place.json:
        screen.document(found)
        return
    _show_contact(found)
    if yes:
        screen.say("Your request is on its way. See what becomes of it with: pcloud contacts")
    else:
        screen.say(f"Nothing was sent. To ask to be let in: pcloud accept {text.short(found.id)}")
        screen.say(f"To forget it: pcloud decline {text.short(found.id)}")


def tell_what_the_fetch_reveals(link: str) -> None:
    """Say who learns what, before it happens. Raises CommandError for what is no link."""
    from urllib.parse import urlsplit

    from pcloud.errors import Violation
    from pcloud.wire.invitation import read_link

    try:
        host = urlsplit(read_link(link).endpoint).hostname
    except (Violation, ValueError):
        host = None
    if host is None:
        raise CommandError(
            Exit.REFUSED,
            "link-text",
            "That is no link of an invitation. One begins with pcloud:contact/1/ and is copied whole; "
            "ask for it again.",
        )
    screen.note(f"Fetching the invitation shows {host} your network address and the time, and nothing else.")


def _show_contact(found: "Contact") -> None:
    screen.facts(
        [
            ("who", found.name or "gives no name"),
            ("kind", found.kind),
            ("what for", found.purpose),
            ("role", found.role),
            ("accepts terms", ", ".join(found.terms) or None),
            ("host", found.host),
            ("compare", found.words),
            ("id", found.id),
            ("state", found.state),
        ]
    )


def contacts(ctx: Context) -> None:
    """List who asks to be let in, and whom you may ask."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.contacts())
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("ID", "NAME", "KIND", "PURPOSE", "STATE", "WHAT TO DO"),
        [
            (text.short(one.id), one.name or "", one.kind, one.purpose, one.state, _next_step(one))
            for one in found
        ],
        empty="Nobody waits. Invite somebody with `pcloud invite`, or open a link with `pcloud connect`.",
    )


def _next_step(contact: "Contact") -> str:
    """What the owner may do about a contact, if anything."""
    if contact.direction == "out" and contact.state == "pending":
        return "accept sends your request"
    if contact.direction == "in" and contact.state in {"pending", "requested"}:
        return "asks you: accept or decline"
    if contact.state == "requested":
        return "waits for them"
    return ""


def accept(ctx: Context, contact: ContactId, *, name: ShownName = None) -> None:
    """Let a contact in that asks you, or send your own request."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.accept(contact, name=name))
    if place.json:
        screen.document(found)
    elif found.direction == "out":
        screen.say("Your request is on its way.")
    else:
        screen.say("You let them in; the relationship begins once their node has confirmed.")


def decline(
    ctx: Context,
    contact: ContactId,
    *,
    reason: Annotated[str | None, Option(help="A reason; they see it.", show_default=False)] = None,
) -> None:
    """Refuse a request, or forget a contact that you have not asked."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.decline(contact, reason=reason))
    if place.json:
        screen.document(found)
    else:
        screen.say("The contact is declined." if found.direction == "in" else "The contact is forgotten.")
