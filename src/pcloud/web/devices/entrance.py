"""The way in for paired devices, and for one that asks to be paired: no more can be done there.

A link that was scanned makes a device that waits, and nothing else (T39); it is let in where the node's owner
types the number that it shows.
"""

import asyncio
import hashlib
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from pcloud.web.devices.book import ID_BYTES, NAME_CHARACTERS_MAX, Asking, number_of
from pcloud.web.devices.proving import is_key, signs
from pcloud.web.showing import plain
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, failed

_UNNAMED: Final = "A device"
_USED: Final = "This link was used already, or is too old. Let the node show a new one."
_PAIRED: Final = "This device is paired already. The code is still good for another one."
_NO_KEY: Final = "This browser did not make a key that the node can read."
_STRANGE: Final = "The node does not know this device."


async def enter(visit: Visit) -> Answer:
    """The way in of a device that is paired: its script proves that it is."""
    if visit.session is not None:
        return GoneOn("/")
    return Shown("device.html", {"pairs": False, "ended": "ended" in visit.request.query})


async def pair(visit: Visit) -> Answer:
    """Where the link of a code leads that was scanned; the code itself stays in the browser until it asks."""
    if visit.session is not None:
        return failed("/", _PAIRED)
    return Shown("device.html", {"pairs": True, "ended": False})


async def knock(visit: Visit) -> Answer:
    """Let a device wait for the owner's word, once for each code."""
    key = _octets(visit, "key")
    if not is_key(key):
        return _answer({"problem": _NO_KEY}, HTTPStatus.BAD_REQUEST)
    nonce = visit.site.codes.spend(visit.form.get("code", ""), "pair")
    lan = visit.within.devices.lan
    if nonce is None or lan is None:
        return _answer({"problem": _USED}, HTTPStatus.FORBIDDEN)
    name = plain(visit.form.get("name", "")).replace("\n", " ").strip()[:NAME_CHARACTERS_MAX] or _UNNAMED
    id_ = hashlib.sha256(key).digest()[:ID_BYTES].hex()
    number = number_of(lan.fingerprint, nonce, key)
    asking = Asking(id_, name, key.hex(), number, nonce, visit.now)
    await asyncio.to_thread(visit.within.devices.shelf.change, lambda book: book.ask(asking))
    return _answer({"id": id_, "number": number})


async def wait(visit: Visit) -> Answer:
    """How it stands with a device that asks."""
    book, id_ = visit.within.devices.shelf.read(), visit.form.get("id", "")
    if book.device(id_) is not None:
        return _answer({"state": "paired"})
    waits = any(each.id == id_ for each in book.waiting(visit.now))
    return _answer({"state": "waiting" if waits else "gone"})


async def challenge(visit: Visit) -> Answer:
    """What a device is to sign; whoever asks gets one, and learns nothing by it."""
    return _answer({"challenge": visit.within.devices.challenges.draw()})


async def begin(visit: Visit) -> Answer:
    """Let a device in that has signed."""
    devices, drawn, id_ = visit.within.devices, visit.form.get("challenge", ""), visit.form.get("id", "")
    device = devices.shelf.read().device(id_)
    fresh = devices.challenges.spend(drawn)
    origin = f"https://{visit.request.host}"
    if device is None or not fresh:
        return _answer({"problem": _STRANGE}, HTTPStatus.FORBIDDEN)
    if not signs(bytes.fromhex(device.key), origin, drawn, _octets(visit, "signature")):
        return _answer({"problem": _STRANGE}, HTTPStatus.FORBIDDEN)
    await asyncio.to_thread(devices.shelf.change, lambda book: book.use(id_, visit.now))
    return GoneOn("/", cookie=visit.site.sessions.begin(id_))


def _octets(visit: Visit, name: str) -> bytes:
    """A field in hex; nothing where it is none."""
    try:
        return bytes.fromhex(visit.form.get(name, ""))
    except ValueError:
        return b""


def _answer(told: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.json_response(told, status=status)


PAGES: Final = (
    Page("GET", "/enter", enter, needs_session=False),
    Page("GET", "/pair", pair, needs_session=False),
    Page("POST", "/device/knock", knock, needs_session=False),
    Page("POST", "/device/wait", wait, needs_session=False),
    Page("POST", "/device/challenge", challenge, needs_session=False),
    Page("POST", "/device/begin", begin, needs_session=False),
)
"""Of the listener for this network alone."""
