"""Relays: being one, using one, and moving from one address to another (spec 20)."""

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.commands.meet import show_invitation, tell_what_the_fetch_reveals
from pcloud.cli.exits import usage
from pcloud.cli.place import Place, place_of

if TYPE_CHECKING:
    from pcloud.runtime.views import Move, Relay, RelayStats

_SAYS = {
    "wanted": "waits until it has let you in",
    "asked": "was asked for mailboxes",
    "granted": "keeps what comes for you",
    "full": "gives no more mailboxes now",
    "refused": "gives you no mailboxes",
    "ended": "ended it",
}


# ---------------------------------------------------------------- being one


def serve(
    ctx: Context,
    *,
    off: Annotated[bool, Option("--off", help="Be no relay any more; what is kept stays.")] = False,
    for_anyone: Annotated[
        bool, Option("--for-anyone", help="Give mailboxes to every peer that asks, not only to some.")
    ] = False,
) -> None:
    """Be a relay: keep sealed messages for peers until they collect them."""
    if off and for_anyone:
        raise usage("--off and --for-anyone exclude each other.")
    place = place_of(ctx)
    found = ask(place, lambda node: node.relay_serve(on=not off, anyone=for_anyone))
    if place.json:
        screen.document(found)
    elif off:
        screen.say("Your node is no relay any more.")
    else:
        whom = "every peer that asks" if for_anyone else "the peers that you name with: pcloud relay grant"
        screen.say(f"Your node is a relay for {whom}. Invite customers with: pcloud relay invite")


def invite(
    ctx: Context,
    *,
    uses: Annotated[int, Option(help="How many may come by it.", min=1)] = 1,
    expires: Annotated[str, Option(help="How long it stays open: 24h, 7d, or never.")] = "24h",
) -> None:
    """Make an invitation for customers: whoever comes by it is let in and gets mailboxes, unasked."""
    place = place_of(ctx)
    expires_s = text.seconds_or_never(expires, "--expires")
    made = ask(place, lambda node: node.relay_invite(uses=uses, expires_s=expires_s))
    if place.json:
        screen.document(made)
        return
    show_invitation(made, place.now(), "is let in at once and gets mailboxes")


def grant(ctx: Context, peer: PeerName) -> None:
    """Let a peer have mailboxes at your relay."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.relay_grant(peer))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"{found.name or text.short(found.id)} may have mailboxes here.")


def stats(ctx: Context) -> None:
    """Show how much your relay keeps for others."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.relay_stats())
    if place.json:
        screen.document(found)
        return
    _show_stats(found)


def _show_stats(found: "RelayStats") -> None:
    whom = {
        "off": "nobody: it is no relay",
        "granted": "the peers you name",
        "anyone": "every peer that asks",
    }
    screen.facts(
        [
            ("relay for", whom[found.serving]),
            ("mailboxes", str(found.mailboxes)),
            ("waiting", f"{found.frames} messages, {text.size(found.bytes)}"),
            ("vouchers", f"{found.vouchers} given and not spent"),
            ("since the start", f"{found.kept} messages kept, {found.full} dropped because it was full"),
            ("asking", ", ".join(map(text.short, found.asking)) or None),
        ]
    )
    if found.asking:
        screen.note("Let one of them have mailboxes with: pcloud relay grant ID")


# ---------------------------------------------------------------- using one


def use(
    ctx: Context,
    relay: Annotated[
        str,
        Argument(
            metavar="LINK|PEER",
            help="The link of a relay's invitation, or a peer that is one; - reads it.",
            show_default=False,
        ),
    ],
    *,
    move: Annotated[bool, Option("--move", help="Tell the peers that you have already, too.")] = False,
) -> None:
    """Let a relay keep what others send, in a mailbox of its own for each peer that you meet."""
    place = place_of(ctx)
    wanted = sys.stdin.readline().strip() if relay == "-" else relay.strip()
    if wanted.startswith("pcloud:"):
        tell_what_the_fetch_reveals(wanted)
    found = ask(place, lambda node: node.relay_use(wanted, move=move))
    if place.json:
        screen.document(found)
        return
    screen.say(f"The relay {_SAYS[found.state]}. See how it goes with: pcloud relay list")
    screen.note(
        "It sees your network address, and when and how much comes for you; not from whom, and not what."
    )


def list_relays(ctx: Context) -> None:
    """List the relays that you use."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.relays())
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("ID", "NAME", "STATE", "CONNECTED", "IN USE", "READY", "LEFT", "WHAT IT MEANS"),
        [_row(one) for one in found],
        empty="You use no relay. Begin with: pcloud relay use LINK",
    )


def _row(one: "Relay") -> tuple[str, ...]:
    meaning = _SAYS[one.state]
    if one.state in ("granted", "full") and not one.chosen:
        meaning = "is collected from until everybody has followed"
    return (
        text.short(one.id),
        one.name or "",
        one.state,
        "yes" if one.connected else "no",
        str(one.used),
        str(one.spare),
        str(one.left),
        meaning,
    )


# ---------------------------------------------------------------- moving


def move_here(ctx: Context) -> None:
    """Tell every peer to reach your node itself, at the address that it has now."""
    place = place_of(ctx)
    _tell_moving(place, ask(place, lambda node: node.move(relay=None)))


def move_to_relay(
    ctx: Context,
    relay: Annotated[
        str, Argument(metavar="RELAY", help="A relay that you use: its name or id.", show_default=False)
    ],
) -> None:
    """Tell every peer to reach your node by a relay, each in a mailbox of its own."""
    place = place_of(ctx)
    _tell_moving(place, ask(place, lambda node: node.move(relay=relay)))


def _tell_moving(place: Place, found: "Move") -> None:
    if place.json:
        screen.document(found)
        return
    screen.say("Your peers are being told. See who has followed with: pcloud move status")


def move_status(ctx: Context) -> None:
    """Show where peers are told to reach you, and who has not followed yet."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.moving())
    if place.json:
        screen.document(found)
        return
    screen.facts(
        [
            ("reached by", "a relay" if found.relay else "your node itself"),
            ("at", ", ".join(found.endpoints)),
            ("followed", f"{found.followed} peers"),
            ("being told", "yes" if found.moving else None),
        ]
    )
    screen.table(
        ("ID", "NAME", "TOLD"),
        [
            (
                text.short(one.id),
                one.name or "",
                "not yet" if one.told is None else text.when(one.told, place.now()),
            )
            for one in found.laggards
        ],
        empty="Everybody has followed.",
    )
