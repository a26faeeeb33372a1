"""[DISC-29] [DISC-30]: the taker signs what it deleted."""

import pytest
from tests.unit.engine.probe import DAY
from tests.unit.features.disclosure.conftest import HOME, KIEL, NAME, Shared

from pcloud.errors import Code
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased, Kept
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark


def test_a_receipt_says_which_version_is_gone_and_when_its_backups_are(shared: Shared) -> None:
    """[DISC-29] [DISC-39] [DISC-41]"""
    thread, _ = shared.granted()
    shared.does(shared.anna, DisclosureErase(), thread)
    shared.does(shared.shop, shared.gone((NAME, 1), kept=(Kept(HOME, "legal-duty"),)), thread)
    backups = shared.now + 30 * DAY
    assert shared.data(thread)["erased"] == {NAME: [1, backups]}
    rows = [(row.path, row.state, row.backups) for row in shared.ledger(shared.anna)]
    assert rows == [(HOME, "kept", None), (NAME, "erased", backups)]
    assert shared.anna.told[-1] == Tell("disclosure.erased", thread)
    assert (DisclosureErased.GATE, DisclosureErased.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_a_taker_deletes_by_itself_and_may_be_given_the_field_anew(shared: Shared) -> None:
    """[DISC-30] [DISC-41]"""
    thread, grant = shared.granted()
    shared.does(shared.shop, shared.gone((HOME, 1)), thread)
    assert [row.state for row in shared.ledger(shared.anna)] == ["erased", "applied"]
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), thread, (KIEL,))
    assert [row.state for row in shared.ledger(shared.shop)] == ["applied", "applied"]
    shared.does(shared.shop, shared.gone((HOME, 2)), thread)
    assert [row.state for row in shared.ledger(shared.anna)] == ["erased", "applied"]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [((), None), (((NAME, 1),), (Kept(NAME, "legal-duty"),))],
)
def test_a_receipt_names_each_field_once_and_at_least_one(
    shared: Shared, fields: tuple[tuple[str, int], ...], kept: tuple[Kept, ...] | None
) -> None:
    """[DISC-29]"""
    thread, _ = shared.granted()
    shared.refuses(shared.anna, shared.gone(*fields, kept=kept), thread, code=Code.BODY_FORM)


def test_what_was_not_given_was_not_deleted(shared: Shared) -> None:
    """[DISC-30]"""
    thread, _ = shared.granted()
    shared.refuses(shared.anna, shared.gone(("profile.shoe", 1)), thread, code=Code.NOT_GRANTED)


def test_a_receipt_replayed_is_refused(shared: Shared) -> None:
    """[DISC-30]"""
    thread, _ = shared.granted()
    shared.does(shared.shop, shared.gone((NAME, 1)), thread)
    shared.refuses(shared.anna, shared.gone((HOME, 1), (NAME, 1)), thread, code=Code.ALREADY_ERASED)


def test_only_the_taker_signs(shared: Shared) -> None:
    """[DISC-38]"""
    thread, _ = shared.granted()
    shared.refuses(shared.shop, shared.gone((NAME, 1)), thread, code=Code.NOT_YOUR_TURN)
