"""What happens, as it happens: pages that are open learn that they should look again."""

from typing import Final

from pcloud.api.connection import Connection
from pcloud.api.events import last_seen
from pcloud.web.visit import Answer, Page, Visit


async def live(visit: Visit) -> Answer:
    """A stream of happenings without values; the script reads the open page again when one concerns it."""
    session, connection = visit.session, visit.request.protocol
    assert session is not None, "the row needs one"
    assert isinstance(connection, Connection), "every listener makes its connections so"
    session.followers.add(connection.drop)
    try:
        return await visit.within.events.stream(visit.request, last_seen(visit.request, None))
    finally:
        session.followers.discard(connection.drop)


PAGES: Final = (Page("GET", "/live", live),)
