"""The link that opens the page of a node, as the command line shows it."""

from pcloud.ambient.system import system_entropy
from pcloud.cli import screen
from pcloud.cli.place import Place
from pcloud.web.codes import CODE_S_MAX, make_code


def tell_link(place: Place, url: str, key: str) -> str:
    """Show a link that lets one browser in, and give it."""
    now = place.now()
    link = f"{url}/enter?code={make_code(key, now, system_entropy)}"
    if place.json:
        screen.line_document({"link": link, "expires": now + CODE_S_MAX})
        return link
    screen.say(link, at_once=True)
    screen.note(f"It works once, within {CODE_S_MAX // 60} minutes, and lets in whoever has it.")
    return link
