"""[DISC-17] [DISC-18]: nothing is given."""

from tests.unit.features.disclosure.conftest import ANNA, BREMEN, MAIL, NAME, Shared

from pcloud.errors import Code
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.fields import Declined
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_a_refusal_ends_the_request_and_leaves_nothing(shared: Shared) -> None:
    """[DISC-17] [DISC-39]"""
    thread = shared.asked()
    shared.does(shared.anna, DisclosureDecline("not-needed", (Declined(MAIL, "not-now"),)), thread)
    assert (shared.shop.log.threads[thread].state, shared.data(thread)) == ("declined", {})
    assert shared.shop.told[-1] == Tell("disclosure.declined", thread)
    assert (DisclosureDecline.GATE, DisclosureDecline.MARK) == (Gate.RELATED, Mark.RESTRICTS)
    shared.refuses(shared.shop, shared.present(), thread, (ANNA, BREMEN), code=Code.NOT_IN_STATE)


def test_a_refusal_passes_while_the_relationship_rests(shared: Shared) -> None:
    """[GATE-4]"""
    thread = shared.asked()
    shared.does(shared.shop, RelationshipPause(), shared.shop.thread)
    shared.does(shared.anna, DisclosureDecline(), thread)


def test_what_nobody_asked_for_is_not_declined(shared: Shared) -> None:
    """[DISC-18]"""
    thread = shared.asked(NAME)
    wrong = DisclosureDecline(declined=(Declined(MAIL, "not-now"),))
    shared.refuses(shared.shop, wrong, thread, code=Code.NOT_ASKED)


def test_only_who_was_asked_declines(shared: Shared) -> None:
    """[DISC-38]"""
    thread = shared.asked()
    shared.refuses(shared.anna, DisclosureDecline(), thread, code=Code.NOT_YOUR_TURN)


def test_what_takes_back_what_never_came_declines(shared: Shared) -> None:
    """[DISC-24] [DISC-38]"""
    for message in (DisclosureRevoke(), DisclosureErase()):
        thread = shared.asked()
        for _ in range(2):
            shared.does(shared.anna, message, thread)
            assert (shared.shop.log.threads[thread].state, shared.data(thread)) == ("declined", {})
