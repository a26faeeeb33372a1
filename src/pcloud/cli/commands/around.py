"""The node itself, and the network around it."""

from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.place import Place, place_of

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface


def status(ctx: Context) -> None:
    """Show your node at a glance."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.status())
    if place.json:
        screen.document(found)
        return
    screen.facts(
        [
            ("name", found.name),
            ("kind", found.kind),
            ("folder", str(place.path)),
            ("runs since", text.clock(found.started)),
            ("listens on", found.listening or "no port is open"),
            ("found at", ", ".join(found.endpoints) or "no address of its own; relays: pcloud relay list"),
            ("relationships", str(found.peers)),
            ("contacts", str(found.contacts)),
            ("waiting", f"{found.waiting} relationships with words on their way" if found.waiting else None),
            ("newest copy", f"elsewhere, {text.when(found.copied, place.now())}" if found.copied else None),
            ("store", text.size(found.store_bytes)),
            ("version", found.version),
        ]
    )


def discover(
    ctx: Context,
    *,
    seconds: Annotated[float, Option(help="How long to look.", min=0.5, max=30.0)] = 3.0,
) -> None:
    """Look for nodes on this network; looking announces nothing."""
    place = place_of(ctx)
    found = ask(place, lambda node: node.discover(seconds=seconds))
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("ADDRESS", "PORT", "TOKEN"),
        [(one.address, str(one.port), one.token) for one in found],
        empty="Nobody announces a node on this network.",
    )


def announce(
    ctx: Context,
    switch: Annotated[Literal["on", "off"], Argument(help="Begin, or stop.", show_default=False)],
) -> None:
    """Announce your node on this network under a passing token, or stop."""
    place = place_of(ctx)
    ask(place, lambda node: node.announce(on=switch == "on"))
    if place.json:
        screen.document({"announced": switch == "on"})
    elif switch == "on":
        screen.say("Your node announces itself on this network, under a token that changes.")
    else:
        screen.say("Your node is announced no more.")


def watch(
    ctx: Context,
    *,
    after: Annotated[
        int | None, Option(help="First what happened after this number.", show_default="from now on")
    ] = None,
) -> None:
    """Follow what happens until Ctrl-C, or until the node stops; --json gives one line for each."""
    place = place_of(ctx)
    ask(place, lambda node: _follow(place, node, after))


async def _follow(place: Place, node: "Surface", after: int | None) -> None:
    async for one in node.happenings(after=after):
        if place.json:
            screen.line_document(one)
        else:
            parts = (one.what, text.short(one.peer), text.short(one.id), one.verdict or "")
            screen.say("  ".join(part for part in parts if part), at_once=True)
