"""Everything that follows by itself from what peers say, and from the clock: one handler for each event.

An event is that of a row's reply (`Tell`), or the command that somebody has asked for (`Batch.ask`). Where a
handler cannot act now, it raises `PutOffError` before it has changed anything.
"""

from collections.abc import Mapping
from typing import Final

from pcloud.runtime.consenting.answering import asked
from pcloud.runtime.consenting.claiming import SEND, send
from pcloud.runtime.consenting.preferring import is_chosen, proffered, related
from pcloud.runtime.deciding.batch import GROUND_GONE, LET_IN, RESUMED, Handler, Needed
from pcloud.runtime.giving.changing import ERASE_GIVEN, GIVE_NEWEST, catch_up, erase_given, give_newest
from pcloud.runtime.giving.giving import OVER, given_over
from pcloud.runtime.taking.grants import GRANT_OVER
from pcloud.runtime.taking.inviting import let_in
from pcloud.runtime.taking.returning import returned
from pcloud.runtime.taking.settling import AGAIN, settle, settle_all

HANDLERS: Final[Mapping[str, Handler]] = {
    "accepted": related,
    "active": related,
    "terms.proffered": proffered,
    "disclosure.asked": asked,
    SEND: send,
    "disclosure.presented": settle,
    "disclosure.updated": settle,
    "disclosure.declined": settle,
    "disclosure.revoked": settle,
    "disclosure.erase": settle,
    "disclosure.returned": returned,
    GRANT_OVER: settle,
    AGAIN: settle,
    GROUND_GONE: settle_all,
    LET_IN: let_in,
    GIVE_NEWEST: give_newest,
    ERASE_GIVEN: erase_given,
    OVER: given_over,
    RESUMED: catch_up,
}

NEEDED: Final[Mapping[str, Needed]] = {
    "accepted": is_chosen,
    "active": is_chosen,
    "terms.proffered": is_chosen,
}
"""Of events from which nothing follows for most owners: whether it does for this one."""
