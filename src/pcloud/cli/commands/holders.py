"""Copies of the node at peers, and copies kept for them (spec 22)."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.exits import usage
from pcloud.cli.place import place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from pcloud.runtime.views import Holding

Room = Annotated[
    str | None, Option(metavar="SIZE", help="How much room, such as 500M or 2G.", show_default="1G")
]
Days = Annotated[int, Option(help="How many days older copies are kept.", min=1)]
_WHERE = {"here": "the node's folder", "folder": "your folder", "peer": "keeps yours", "for-peer": "you keep"}


def ask(ctx: Context, peer: PeerName, *, room: Room = None, days: Days = 90) -> None:
    """Ask a peer to keep sealed copies of your node, which it cannot read."""
    place = place_of(ctx)
    wanted = _room(room)
    found = ask_node(place, lambda node: node.holder_ask(peer, bytes_max=wanted, days=days))
    if place.json:
        screen.document(found)
        return
    screen.say("It was asked. Once it agrees, copies go there by themselves: pcloud holders list")
    screen.note("It learns when your node changes and how much; not what is in it, and not with whom.")


def list_holders(ctx: Context) -> None:
    """List where copies of your node are, how old they are, and whose you keep."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.holders())
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("WHERE", "PEER", "STATE", "NEWEST COPY", "SHOWN TO BE THERE", "ROOM", "WHAT TO DO"),
        [_row(one, now) for one in found],
        empty="There are no copies of your node yet.",
    )


def _row(one: "Holding", now: int) -> tuple[str, ...]:
    state = one.problem or ("up to date" if one.current else "behind" if one.current is False else one.state)
    used = "" if one.bytes is None else f"{text.size(one.bytes)} of "
    return (
        _WHERE[one.place],
        "" if one.peer is None else one.name or text.short(one.peer),
        state,
        text.when(one.newest, now),
        "" if one.place != "peer" else text.when(one.checked, now),
        "" if one.bytes_max is None else used + text.size(one.bytes_max),
        one.advice or "",
    )


def remove(
    ctx: Context,
    peer: PeerName,
    *,
    theirs: Annotated[
        bool, Option("--theirs", help="Keep no copies for this peer any more, or refuse to.")
    ] = False,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let a peer keep no more copies of yours; those that it has stay there for their days."""
    place = place_of(ctx)
    whose = "You keep no newer copies for this peer" if theirs else "Nothing newer is kept with this peer"
    consent(f"{whose}. What is kept already stays for its days.", "remove", given=yes)
    ask_node(place, lambda node: node.holder_remove(peer, theirs=theirs))
    if place.json:
        screen.document({"removed": True})
    else:
        screen.say("It is told. See: pcloud holders list")


def check(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="[PEER]", help="Only this one.", show_default="all of them")
    ] = None,
) -> None:
    """Bring copies up to date now, and let holders show that they have what they took."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.holder_check(peer))
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("PEER", "RESULT", "SHOWN TO BE THERE", "WHAT TO DO"),
        [
            (
                one.name or text.short(one.peer),
                one.problem or ("ok" if one.checked else one.state),
                text.when(one.checked, now),
                one.advice or "",
            )
            for one in found
        ],
        empty="No peer keeps copies of yours. Ask one with: pcloud holders ask PEER",
    )


def serve(
    ctx: Context,
    *,
    off: Annotated[bool, Option("--off", help="Take on no more; what is agreed goes on.")] = False,
    for_anyone: Annotated[bool, Option("--for-anyone", help="Let every peer in that asks.")] = False,
    room: Room = None,
    days: Days = 90,
) -> None:
    """Keep sealed copies for peers, which you cannot read."""
    if off and for_anyone:
        raise usage("--off and --for-anyone exclude each other.")
    place = place_of(ctx)
    each = _room(room)
    found = ask_node(
        place, lambda node: node.holder_serve(on=not off, anyone=for_anyone, bytes_max=each, days=days)
    )
    if place.json:
        screen.document(found)
    elif off:
        screen.say(f"Nobody more is let in. You keep {text.size(found.bytes)} for {found.peers} peers.")
    else:
        whom = (
            "every peer that asks" if for_anyone else "the peers that you let in: pcloud holders grant PEER"
        )
        screen.say(f"Your node keeps copies, at most {text.size(found.bytes_max)} each, for {whom}")


def grant(
    ctx: Context,
    peer: PeerName,
    *,
    room: Annotated[
        str | None, Option(metavar="SIZE", help="How much room.", show_default="what it asked for")
    ] = None,
    days: Annotated[
        int | None, Option(help="How many days for older copies.", min=1, show_default="what it asked for")
    ] = None,
) -> None:
    """Keep copies for a peer that has asked you to."""
    place = place_of(ctx)
    size = None if room is None else text.octets(room, "--room")
    found = ask_node(place, lambda node: node.holder_grant(peer, bytes_max=size, days=days))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"You keep copies for {found.name or text.short(found.peer)}.")


def _room(room: str | None) -> int:
    return text.octets(room or "1G", "--room")
