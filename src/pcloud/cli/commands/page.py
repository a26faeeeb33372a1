"""The owner's page, from the command line."""

import webbrowser
from typing import Annotated

from typer import Context, Option

from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.place import VAULT, Place, place_of
from pcloud.cli.wanted import Wanted
from pcloud.vault.port import LockedError


def page(
    ctx: Context,
    *,
    show: Annotated[bool, Option("--open", help="Open it in this machine's browser.")] = False,
    lan: Annotated[
        bool | None,
        Option(
            "--lan/--no-lan",
            help="Pair another device on your network; or serve the page only here again.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show a link that opens your page, once, in a browser of this machine; also to make your node."""
    from pcloud.cli.serve import serve

    place = place_of(ctx)
    if lan is not None:
        from pcloud.cli.page import pairing

        place.need_node()
        pairing.pair(place) if lan else pairing.stop(place)
        return
    shown = webbrowser.open if show else _nothing
    if not (place.path / VAULT).exists():
        try:
            serve(place, Wanted(page=True), shown)
        except LockedError:  # it is being made on a page: here is another link to it
            shown(_link(place))
        return
    shown(_link(place))


def _link(place: Place) -> str:
    from pcloud.cli.page.links import tell_link
    from pcloud.web.codes import read_file

    try:
        served = read_file(place.path)
    except FileNotFoundError as fault:
        raise CommandError(
            Exit.NO_NODE, "not-running", "Your page is there while your node runs: pcloud up"
        ) from fault
    return tell_link(place, served.urls[0], served.key)


def _nothing(_: str) -> None:
    """The link is on the screen."""
