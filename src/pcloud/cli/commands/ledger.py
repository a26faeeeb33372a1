"""Who holds what of yours: the ledger, sharing unasked, and taking back (spec 09 §7, §11)."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import consent
from pcloud.home import words

if TYPE_CHECKING:
    from pcloud.runtime.giving.views import LedgerRow, PaperRow
    from pcloud.runtime.surface import Surface

Paths = Annotated[
    list[str] | None, Argument(metavar="[PATH]...", help="Only these.", show_default="everything")
]


def share(
    ctx: Context,
    peer: PeerName,
    paths: Annotated[list[str], Argument(metavar="PATH...", help="What to give.", show_default=False)],
    *,
    purpose: Annotated[
        list[str] | None,
        Option("--for", metavar="PURPOSE", help="What for, such as DeliveryOfGoods.", show_default="service"),
    ] = None,
    until: Annotated[
        str | None,
        Option(help="They may keep it until: 30d, or 2030-01-31.", show_default="a year, or the terms' end"),
    ] = None,
    once: Annotated[bool, Option("--once", help="Later changes do not follow.")] = False,
    terms: Annotated[
        str | None, Option(help="Under these terms in force.", show_default="the newest")
    ] = None,
) -> None:
    """Give a peer some of your data unasked, under terms that you have agreed on."""
    place = place_of(ctx)
    end = None if until is None else text.moment(until, "--until", place.now())
    found = ask(
        place,
        lambda node: node.share(peer, paths, purposes=purpose, until=end, once=once, terms=terms),
    )
    if place.json:
        screen.document(found)
        return
    screen.say(f"Given until {text.when(found.until, place.now())}: {', '.join(found.given)}")


def ledger(
    ctx: Context,
    *,
    peer: Annotated[str | None, Option(help="Only what this peer holds.", show_default=False)] = None,
    field: Annotated[
        str | None,
        Option(metavar="PATH", help="Only this field, or all below this place.", show_default=False),
    ] = None,
    lagging: Annotated[
        bool, Option("--lagging", help="Only where your newest version has not arrived.")
    ] = False,
) -> None:
    """Show who holds which of your data, in which version, until when."""
    place = place_of(ctx)

    async def whole(node: "Surface") -> "tuple[list[LedgerRow], list[PaperRow]]":
        page = await node.ledger(peer=peer, path=field, lagging=lagging)
        found, paper = list(page.rows), page.paper
        while page.next is not None:
            page = await node.ledger(peer=peer, path=field, lagging=lagging, after=page.next)
            found += page.rows
        return found, paper

    rows, paper = ask(place, whole)
    empty = "Everybody has your newest." if lagging else "Nobody holds anything of yours."
    _tell(place, rows, empty)
    if paper and not place.json:  # a program reads: pcloud letters list --json
        _tell_paper(paper, place.now())


def _tell_paper(paper: "list[PaperRow]", now: int) -> None:
    """Who has no node: what they hold is in their files, and letters tell them."""
    screen.say("")
    screen.table(
        ("FIELD", "ON PAPER AT", "LETTER", "UNTIL"),
        [
            (
                one.path,
                one.name,
                "" if one.letter == "none" else one.letter,
                "" if one.until is None else text.when(one.until, now),
            )
            for one in paper
        ],
        empty="",
    )


def revoke(ctx: Context, peer: PeerName, paths: Paths = None) -> None:
    """Let a peer hold these data of yours no longer, or none."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.revoke(peer, paths=paths or None))
    _tell(place, found.rows, "They hold nothing of yours.")


def erase(
    ctx: Context,
    peer: PeerName,
    paths: Paths = None,
    *,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Order a peer to delete these data of yours, or all, and to sign that it did."""
    place = place_of(ctx)
    what = "what you name" if paths else "everything of yours"
    consent(f"They have to delete {what}. That cannot be undone.", "erase", given=yes)
    found = ask(place, lambda node: node.erase(peer, paths=paths or None))
    _tell(place, found.rows, "They hold nothing of yours.")


def _tell(place: Place, rows: "list[LedgerRow]", empty: str) -> None:
    if place.json:
        screen.document(rows)
        return
    now = place.now()
    screen.table(
        ("FIELD", "WHO", "HOW IT STANDS", "VERSION", "UNTIL"),
        [
            (
                one.path,
                one.name or text.short(one.peer),
                _state(one, now),
                _version(one),
                text.when(one.until, now) + (" (soon)" if one.ending else ""),
            )
            for one in rows
        ],
        empty=empty,
    )


def _state(one: "LedgerRow", now: int) -> str:
    said = words.HELD[one.state]
    if one.state == "erased" and one.backups is not None and one.backups > now:
        said += f", copies gone {text.when(one.backups, now)}"
    if one.lagging:
        said += ", lags"
    return said


def _version(one: "LedgerRow") -> str:
    """What they have, and what they are to have where that is newer."""
    wanted = max(one.version, one.newest or 0) if one.standing else one.version
    return str(one.has) if one.has >= wanted else f"{one.has} of {wanted}"
