"""[DISC-25] [DISC-27] [DISC-28]: the giver orders what it gave to be deleted."""

from tests.unit.features.disclosure.conftest import ANNA, HOME, NAME, Shared, agreed

from pcloud.errors import Code
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_an_erasure_takes_back_too(shared: Shared) -> None:
    """[DISC-27] [DISC-39]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, DisclosureErase((NAME,)), thread)
    assert shared.fields(thread) == {NAME: [1, 2], HOME: [1, 0]}
    assert [row.state for row in shared.ledger(shared.shop)] == ["applied", "erasing"]
    assert shared.shop.told[-1] == Tell("disclosure.erase", thread)
    assert (DisclosureErase.GATE, DisclosureErase.MARK) == (Gate.RELATED, Mark.RESTRICTS)
    shared.refuses(shared.shop, shared.update(grant, (NAME, 2)), thread, (ANNA,), code=Code.NOT_GRANTED)


def test_all_of_it_ends_the_grant_and_a_revocation_lowers_nothing_again(shared: Shared) -> None:
    """[DISC-25] [DISC-39]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, DisclosureErase(), thread)
    shared.does(shared.anna, DisclosureRevoke(), thread)
    assert shared.fields(thread) == {NAME: [1, 2], HOME: [1, 2]}
    assert len(shared.shop.relationship.grants[grant].ended) == 1


def test_what_was_ordered_before_is_refused(shared: Shared) -> None:
    """[DISC-28]"""
    thread, _ = shared.granted()
    shared.does(shared.anna, DisclosureErase((NAME,)), thread)
    shared.refuses(shared.shop, DisclosureErase((NAME,)), thread, code=Code.ALREADY_ERASED)
    shared = agreed()
    thread, _ = shared.granted()
    shared.does(shared.anna, DisclosureErase((NAME,)), thread)
    shared.does(shared.anna, DisclosureErase(), thread)
    shared.refuses(shared.shop, DisclosureErase(), thread, code=Code.ALREADY_ERASED)


def test_what_was_not_given_is_not_erased(shared: Shared) -> None:
    """[DISC-28]"""
    thread, _ = shared.granted()
    wrong = DisclosureErase((NAME, "profile.shoe"))
    shared.refuses(shared.shop, wrong, thread, code=Code.NOT_GRANTED)


def test_only_the_giver_orders_it(shared: Shared) -> None:
    """[DISC-38]"""
    thread, _ = shared.granted()
    shared.refuses(shared.anna, DisclosureErase(), thread, code=Code.NOT_YOUR_TURN)
