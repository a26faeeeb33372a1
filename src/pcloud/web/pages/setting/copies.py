"""Copies of this node: where they are, who keeps them, and those that are kept here for others."""

import asyncio
from contextlib import aclosing
from typing import Final

from aiohttp import web
from aiohttp.hdrs import CONTENT_DISPOSITION, CONTENT_TYPE

from pcloud.api.connection import Bounds, Connection
from pcloud.api.routes import Media
from pcloud.web.visit import Answer, Page, Shown, Visit, done, staying

HERE: Final = "/settings/copies"
FILE_NAME: Final = "cloud.pcloud-copy"


async def copies(visit: Visit) -> Answer:
    """Every place that has copies, and how old they are."""
    rows = await visit.surface.holders()
    return Shown(
        "copies.html",
        {
            "own": [row for row in rows if row.place != "for-peer"],
            "kept": [row for row in rows if row.place == "for-peer" and row.state != "ended"],
            "stats": await visit.surface.holder_stats(),
            "status": await visit.surface.status(),
        },
    )


async def ask(visit: Visit) -> Answer:
    """Ask somebody to keep copies."""
    await visit.surface.holder_ask(visit.need("peer", "the name of somebody whom you know"))
    return done(HERE, "It was asked. Once it agrees, copies go there by themselves.")


async def check(visit: Visit) -> Answer:
    """Bring copies up to date, and let holders show that they have them."""
    await visit.surface.holder_check()
    return done(HERE, "The copies were looked after just now. How they stand is below.")


async def remove(visit: Visit) -> Answer:
    """Let somebody keep no newer copies."""
    await visit.surface.holder_remove(visit.need("peer", "who keeps copies"))
    return done(HERE, "Nothing newer is kept there. What is there stays for its days.")


async def keep(visit: Visit) -> Answer:
    """Keep copies for somebody who has asked for it."""
    await visit.surface.holder_grant(visit.need("peer", "who asks"))
    return done(HERE, "You keep sealed copies for them now. You cannot read them.")


async def keep_not(visit: Visit) -> Answer:
    """Refuse to keep copies for somebody, or keep no newer ones."""
    await visit.surface.holder_remove(visit.need("peer", "who asks"), theirs=True)
    return done(HERE, "You keep nothing newer for them.")


async def take_along(visit: Visit) -> Answer:
    """A sealed copy of the whole node as a file, written while it is made."""
    request, bounds = visit.request, Bounds()
    response = web.StreamResponse(
        headers={
            CONTENT_TYPE: Media.ARCHIVE,
            CONTENT_DISPOSITION: f'attachment; filename="{FILE_NAME}"',
        }
    )
    async with aclosing(visit.surface.backup()) as pieces:  # type: ignore[type-var]  # the node's is a generator
        async for piece in pieces:
            try:
                async with asyncio.timeout(bounds.write_s_max):
                    await response.prepare(request)
                    await response.write(piece)
            except (TimeoutError, ConnectionError):  # the browser is gone, or has stopped reading
                connection = request.protocol
                assert isinstance(connection, Connection), "every listener makes its connections so"
                connection.drop()
                break
    return response


PAGES: Final = (
    Page("GET", HERE, copies),
    Page("POST", "/settings/copies/ask", staying(HERE, ask)),
    Page("POST", "/settings/copies/check", staying(HERE, check)),
    Page("POST", "/settings/copies/remove", staying(HERE, remove)),
    Page("POST", "/settings/copies/keep", staying(HERE, keep)),
    Page("POST", "/settings/copies/keep-not", staying(HERE, keep_not)),
    Page("GET", "/settings/copies/file", take_along, confirmed=True),
)
