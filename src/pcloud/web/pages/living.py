"""What happens, as it happens: pages that are open learn that they should look again."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from pcloud.api.connection import Connection
from pcloud.api.events import last_seen
from pcloud.web.visit import Answer, Page, Visit


async def live(visit: Visit) -> Answer:
    """A stream of happenings without values; the script reads the open page again when one concerns it.

    Whose visit has ended is told so by an empty answer, after which browsers do not ask again.
    """
    session, connection = visit.session, visit.request.protocol
    if session is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    assert isinstance(connection, Connection), "every listener makes its connections so"
    session.followers.add(connection.drop)
    try:
        return await visit.within.events.stream(visit.request, last_seen(visit.request, None))
    finally:
        session.followers.discard(connection.drop)


PAGES: Final = (Page("GET", "/live", live, needs_session=False),)
