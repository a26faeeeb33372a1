"""The owner's page, from the command line."""

import webbrowser
from typing import Annotated

from typer import Context, Option

from pcloud.ambient.system import system_entropy
from pcloud.cli import screen
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.place import place_of


def page(
    ctx: Context,
    *,
    show: Annotated[bool, Option("--open", help="Open it in this machine's browser.")] = False,
) -> None:
    """Show a link that opens your page, once, in a browser of this machine."""
    from pcloud.web.codes import CODE_S_MAX, make_code, read_file

    place = place_of(ctx)
    try:
        served = read_file(place.need_node())
    except FileNotFoundError as fault:
        raise CommandError(
            Exit.NO_NODE, "not-running", "Your page is there while your node runs: pcloud up"
        ) from fault
    now = place.now()
    link = f"{served.urls[0]}/enter?code={make_code(served.key, now, system_entropy)}"
    if place.json:
        screen.document({"link": link, "expires": now + CODE_S_MAX})
        return
    screen.say(link)
    screen.note(f"It works once, within {CODE_S_MAX // 60} minutes, and lets in whoever has it.")
    if show:
        webbrowser.open(link)
