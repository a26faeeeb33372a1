"""[DISC-32] [DISC-33]: data that arose with the taker."""

from tests.unit.features.disclosure.conftest import NAME, Shared, agreed

from pcloud.errors import Code
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.handback import DisclosureHandback
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.wire import cbor

BILL, ITEM = DisclosureHandback((Field("receipts/a", 1),)), (cbor.encode({"price": 12}),)


def test_what_is_given_back_needs_no_agreement_and_is_in_no_ledger(shared: Shared) -> None:
    """[DISC-32] [DISC-33]"""
    thread = shared.does(shared.shop, BILL, None, ITEM)
    shared.does(shared.shop, BILL, thread, ITEM)
    shared.does(shared.anna, DisclosureAcknowledge((Outcome("receipts/a", 1, "applied"),)), thread)
    assert (shared.anna.log.threads[thread].state, shared.data(thread)) == ("returned", {})
    assert shared.anna.told[-1] == Tell("disclosure.returned", thread)
    assert not shared.ledger(shared.anna)
    assert (DisclosureHandback.GATE, DisclosureHandback.MARK) == (Gate.RELATED, Mark.NEUTRAL)


def test_its_items_are_values(shared: Shared) -> None:
    """[DISC-11] [DISC-32]"""
    shared.refuses(shared.anna, BILL, None, (), code=Code.BODY_FORM)
    shared = agreed()
    shared.refuses(shared.anna, BILL, None, (b"\xf6",), code=Code.BODY_FORM)


def test_only_who_began_gives_more(shared: Shared) -> None:
    """[DISC-38]"""
    thread = shared.does(shared.shop, BILL, None, ITEM)
    shared.refuses(shared.shop, BILL, thread, ITEM, code=Code.NOT_YOUR_TURN)
    message = DisclosureAcknowledge((Outcome(NAME, 1, "applied"),))
    shared = agreed()
    thread = shared.does(shared.shop, BILL, None, ITEM)
    shared.refuses(shared.anna, message, thread, code=Code.NOT_YOUR_TURN)
