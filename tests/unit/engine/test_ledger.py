"""[DISC-40] [DISC-41] [DISC-42]: who holds what, computed from a log."""

from tests.unit.features.disclosure.conftest import ANNA, BREMEN, HOME, KIEL, NAME, agreed

from pcloud.engine.ledger.holding import Held, Holding
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.testing.node import exchange


def test_a_row_says_who_holds_which_version_under_what_and_until_when() -> None:
    """[DISC-40]"""
    shared = agreed()
    thread, grant = shared.granted()
    data = shared.data(thread)
    home, name = shared.ledger(shared.anna)
    personas = shared.anna.relationship.me.log.persona, shared.shop.relationship.me.log.persona
    assert home == Holding(
        thread,
        grant,
        HOME,
        *personas,
        shared.agreement,
        data["until"],
        standing=True,
        version=1,
        message=grant,
        item=2,
        applied=1,
        state=Held.APPLIED,
    )
    assert (name.path, name.item) == (NAME, 1)
    assert shared.ledger(shared.shop) == (home, name)


def test_what_waits_is_queued_until_it_has_left() -> None:
    """[DISC-41]"""
    shared = agreed()
    shared.say(shared.anna, shared.present(), None, (ANNA, BREMEN))
    grant = shared.anna.relationship.outgoing.head
    assert {row.state for row in shared.ledger(shared.anna)} == {Held.QUEUED}
    assert {(row.state, row.applied) for row in shared.ledger(shared.anna, (grant,))} == {(Held.SENT, 0)}
    assert not shared.ledger(shared.shop)
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    shared.say(shared.anna, shared.update(grant, (HOME, 2)), grant, (KIEL,))
    home, name = shared.ledger(shared.anna)
    assert (home.version, home.applied, home.state, name.state) == (2, 1, Held.QUEUED, Held.APPLIED)
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.ledger(shared.anna) == shared.ledger(shared.shop)


def test_a_question_a_refusal_and_other_threads_are_no_holding() -> None:
    """[DISC-40]"""
    shared = agreed()
    shared.asked()
    assert not shared.ledger(shared.anna)


def test_rows_are_ordered_and_taken_back_each_for_itself() -> None:
    """[DISC-40] [DISC-41]"""
    shared = agreed()
    grants = [shared.given() for _ in range(4)]
    shared.does(shared.anna, DisclosureRevoke(), grants[1])
    shared.does(shared.anna, DisclosureRevoke((NAME,)), grants[2])
    rows = shared.ledger(shared.shop)
    assert [(row.thread, row.path) for row in rows] == [(g, p) for g in sorted(grants) for p in (HOME, NAME)]
    over = {(row.grant, row.path) for row in rows if row.state is Held.REVOKED}
    assert over == {(grants[1], HOME), (grants[1], NAME), (grants[2], NAME)}
    assert rows == shared.ledger(shared.anna)
