"""The owner's other devices: let the page be served to them, pair one, take one away."""

import asyncio
from collections.abc import Callable
from typing import Final

from pcloud.runtime.surface import OwnerError
from pcloud.web.codes import LanPage, make_code
from pcloud.web.devices.book import Asking, Book, BookError
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, done, failed, staying

HERE: Final = "/settings/devices"
PAIRING: Final = "/settings/devices/pair"


async def devices(visit: Visit) -> Answer:
    """All devices that may show this page, and the one that does now."""
    book = _book(visit)
    return Shown(
        "devices.html",
        {
            "book": book,
            "asking": book.waiting(visit.now),
            "lan": visit.within.devices.lan,
            "own": visit.session.device if visit.session else None,
        },
    )


async def serve(visit: Visit) -> Answer:
    """Serve the page to this network."""
    await _change(visit, lambda book: book.serve(lan=True))
    await visit.within.devices.look()
    lan = visit.within.devices.lan
    if lan is not None and lan.problem:
        return failed(HERE, lan.problem)
    return GoneOn(PAIRING)


async def serve_not(visit: Visit) -> Answer:
    """Serve it to this machine alone again; devices stay paired."""
    await _change(visit, lambda book: book.serve(lan=False))
    return done(HERE, "In a moment the page is only on this machine.")


async def pair(visit: Visit) -> Answer:
    """A code to scan, good once, and the devices that have scanned one."""
    lan = visit.within.devices.lan
    if lan is None or lan.problem:
        return failed(HERE, "Let the page be on your network first.")
    return Shown(
        "pairing.html",
        {"link": _link(visit, lan), "lan": lan, "asking": _book(visit).waiting(visit.now)},
    )


async def confirm(visit: Visit) -> Answer:
    """Let a device in that shows this number."""
    number = "".join(each for each in visit.need("number", "the number on its screen") if each.isdigit())
    found = _asking(visit, number)
    await _change(visit, lambda book: book.confirm(found.id, visit.now))
    return done(HERE, "The device is paired. It opens this page now.")


async def remove(visit: Visit) -> Answer:
    """Let a device out for good, at once."""
    id_ = visit.need("device", "the device")
    await _change(visit, lambda book: book.without(id_))
    visit.site.sessions.end_of_device(id_)
    return done(HERE, "That device opens nothing any more.")


def _link(visit: Visit, lan: LanPage) -> str:
    """Behind the mark, so that no server and no log ever sees the code."""
    return f"{lan.url}/pair#{make_code(visit.site.codes.key, visit.now, visit.site.entropy, 'pair')}"


def _asking(visit: Visit, number: str) -> Asking:
    for each in _book(visit).waiting(visit.now):
        if each.number.replace(" ", "") == number:
            return each
    raise OwnerError("unknown", "No device that waits shows this number. Look at its screen again.")


def _book(visit: Visit) -> Book:
    try:
        return visit.within.devices.shelf.read()
    except BookError as fault:
        raise OwnerError("store", str(fault)) from fault


async def _change(visit: Visit, work: Callable[[Book], Book]) -> None:
    try:
        await asyncio.to_thread(visit.within.devices.shelf.change, work)
    except BookError as refusal:
        raise OwnerError("invalid", str(refusal)) from refusal


PAGES: Final = (
    Page("GET", HERE, devices),
    Page("POST", "/settings/devices/serve", staying(HERE, serve), confirmed=True),
    Page("POST", "/settings/devices/serve-not", staying(HERE, serve_not)),
    Page("GET", PAIRING, pair, confirmed=True),
    Page("POST", "/settings/devices/confirm", staying(PAIRING, confirm), confirmed=True),
    Page("POST", "/settings/devices/remove", staying(HERE, remove)),
)
