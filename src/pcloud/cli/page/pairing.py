"""Pairing a device at a terminal, as on a machine without a screen: the code, the fingerprint, the number."""

import sys
import time
from pathlib import Path
from typing import Final

from pcloud.ambient.system import system_entropy
from pcloud.cli import prompts, screen
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.place import Place
from pcloud.web.codes import CODE_S_MAX, LanPage, make_code, nonce_of, read_file
from pcloud.web.devices.book import Asking, Shelf

OPEN_S_MAX: Final = 30.0
"""How long the node may take to serve the page to the network."""
LOOK_S: Final = 0.3


def pair(place: Place) -> None:
    """Serve the page to this network, show a code to scan, and let the device in that shows its number.

    Raises CommandError, OSError.
    """
    shelf = Shelf(place.path)
    served = _served(place.path)
    shelf.change(lambda book: book.serve(lan=True))
    lan = _opened(place.path)
    code = make_code(served, place.now(), system_entropy, "pair")
    _show(place, lan, f"{lan.url}/pair#{code}")
    if place.json or not prompts.at_terminal():
        screen.note("Let the device in on your page: Settings, Your devices, Pair a device.")
        return
    asking = _asked(place, shelf, nonce_of(code))
    number = prompts.ask(f"“{asking.name}” has scanned it. Type the number that it shows:")
    if "".join(number.split()) != asking.number.replace(" ", ""):
        shelf.change(lambda book: book.without(asking.id))
        raise CommandError(
            Exit.REFUSED, "not-confirmed", "That is not the number of the device that asks: it is not let in."
        )
    shelf.change(lambda book: book.confirm(asking.id, place.now()))
    screen.say(f"“{asking.name}” is paired, and opens your page now.")


def stop(place: Place) -> None:
    """Serve the page to this machine alone again. Raises BookError, OSError."""
    Shelf(place.path).change(lambda book: book.serve(lan=False))
    screen.say("Your page is only on this machine from now on. Devices stay paired.")


def _served(folder: Path) -> str:
    """The key that codes are made with. Raises CommandError where no page is served."""
    try:
        return read_file(folder).key
    except FileNotFoundError as fault:
        raise CommandError(
            Exit.NO_NODE, "not-running", "Your page is there while your node runs: pcloud up"
        ) from fault


def _opened(folder: Path) -> LanPage:
    """Wait until the page is on the network. Raises CommandError where it cannot be."""
    end = time.monotonic() + OPEN_S_MAX
    while time.monotonic() < end:
        lan = read_file(folder).lan
        if lan is not None and lan.problem:
            raise CommandError(Exit.ADDRESS, "address", lan.problem)
        if lan is not None:
            return lan
        time.sleep(LOOK_S)
    raise CommandError(Exit.REFUSED, "busy", "Your node does not answer. Look whether it runs: pcloud status")


def _show(place: Place, lan: LanPage, link: str) -> None:
    if place.json:
        told = {"link": link, "fingerprint": lan.fingerprint, "expires": place.now() + CODE_S_MAX}
        screen.line_document(told)
        return
    screen.say(link, at_once=True)
    if sys.stdout.isatty():
        screen.qr(link)
    screen.note(
        "Scan it with the device. Its browser warns once, as it does not know your node's certificate. Go on "
        f"there only if its fingerprint is:\n{lan.fingerprint}"
    )


def _asked(place: Place, shelf: Shelf, nonce: str) -> Asking:
    """Wait until a device has used the code. Raises CommandError where none does in time."""
    end = place.now() + CODE_S_MAX
    screen.note("Waiting for a device. Ctrl-C stops waiting.")
    while place.now() < end:
        for each in shelf.read().waiting(place.now()):
            if each.code == nonce:
                return each
        time.sleep(LOOK_S)
    raise CommandError(Exit.REFUSED, "late", "No device has used the code, and it is too old now.")
