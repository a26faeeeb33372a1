"""[DISC-22] [DISC-23]: what became of a field at the taker."""

from tests.unit.features.disclosure.conftest import HOME, NAME, Shared, agreed

from pcloud.errors import Code
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.machine import MACHINE
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_an_acknowledgement_changes_the_ledger_and_not_the_thread(shared: Shared) -> None:
    """[DISC-23] [DISC-41]"""
    thread, _ = shared.granted()
    before = shared.data(thread)
    shared.acknowledged(thread, (NAME, 1, "applied"), (HOME, 1, "need-more"))
    assert shared.data(thread) == before
    assert [row.state for row in shared.ledger(shared.anna)] == ["need-more", "confirmed"]
    assert shared.anna.told[-1] == Tell("disclosure.acknowledged", thread)
    assert DisclosureAcknowledge.NAME in MACHINE.idle
    assert (DisclosureAcknowledge.GATE, DisclosureAcknowledge.MARK) == (Gate.RELATED, Mark.NEUTRAL)


def test_what_it_speaks_of_need_not_be_there(shared: Shared) -> None:
    """[DISC-22]"""
    thread, _ = shared.granted()
    before = shared.ledger(shared.anna)
    shared.acknowledged(thread, ("profile.shoe", 3, "refused"), (NAME, 9, "refused"))
    assert shared.ledger(shared.anna) == shared.ledger(shared.shop) == before


def test_the_giver_acknowledges_nothing(shared: Shared) -> None:
    """[DISC-38]"""
    message = DisclosureAcknowledge((Outcome(NAME, 1, "applied"),))
    thread, _ = shared.granted()
    shared.refuses(shared.shop, message, thread, code=Code.NOT_YOUR_TURN)
    shared = agreed()
    shared.refuses(shared.shop, message, shared.given(), code=Code.NOT_YOUR_TURN)
