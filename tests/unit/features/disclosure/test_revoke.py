"""[DISC-24] to [DISC-26], [DISC-31], [TABLE-12]: taking back."""

import pytest
from tests.unit.engine.exported import report_of
from tests.unit.engine.probe import Bye, digest, forged, verdict
from tests.unit.features.disclosure.conftest import ANNA, BREMEN, HOME, KIEL, NAME, Shared, agreed

from pcloud.engine.fold import fold
from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.relationship.close import RelationshipClose
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message
from pcloud.testing.node import exchange

BOTH = (ANNA, BREMEN)


def test_one_field_is_taken_back_and_the_other_stays(shared: Shared) -> None:
    """[DISC-24] [DISC-39]"""
    thread, grant = shared.granted()
    shared.does(shared.anna, DisclosureRevoke((NAME,)), thread)
    assert shared.fields(thread) == {NAME: [1, 1], HOME: [1, 0]}
    assert not shared.shop.relationship.grants[grant].ended
    assert shared.shop.told[-1] == Tell("disclosure.revoked", thread)
    assert (DisclosureRevoke.GATE, DisclosureRevoke.MARK) == (Gate.RELATED, Mark.RESTRICTS)
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), thread, (KIEL,))
    shared.refuses(shared.shop, shared.update(grant, (NAME, 2)), thread, (ANNA,), code=Code.NOT_GRANTED)


def test_a_revocation_is_never_refused_for_what_it_names(shared: Shared) -> None:
    """[DISC-24]"""
    thread, _ = shared.granted()
    for _ in range(2):
        shared.does(shared.anna, DisclosureRevoke((NAME, "profile.shoe")), thread)
    for _ in range(2):
        shared.does(shared.anna, DisclosureRevoke(), thread)
    assert shared.fields(thread) == {NAME: [1, 1], HOME: [1, 1]}


def test_all_of_it_ends_the_grant_once_for_each_side(shared: Shared) -> None:
    """[DISC-25] [DISC-26]"""
    grant = shared.given()
    shared.does(shared.anna, DisclosureRevoke(), grant)
    shared.does(shared.shop, DisclosureRevoke(), grant)
    shared.does(shared.anna, DisclosureRevoke(), grant)
    ended = shared.shop.relationship.grants[grant].ended
    personas = {shared.anna.relationship.me.log.persona, shared.shop.relationship.me.log.persona}
    assert [end.sender for end in ended] == sorted(personas)
    assert shared.data(grant)["ended"] == [list(end) for end in ended]


def test_a_taker_gives_all_up_and_no_part(shared: Shared) -> None:
    """[DISC-26]"""
    thread, grant = shared.granted()
    shared.refuses(shared.anna, DisclosureRevoke((NAME,)), thread, code=Code.BODY_FORM)
    shared = agreed()
    thread, grant = shared.granted()
    shared.does(shared.shop, DisclosureRevoke(), thread)
    assert shared.fields(thread) == {NAME: [1, 0], HOME: [1, 0]}, "fields are the giver's to change"
    assert shared.shop.relationship.grants[grant].ended
    assert {row.state for row in shared.ledger(shared.anna)} == {"revoked"}


def test_it_passes_after_the_end_of_the_relationship(shared: Shared) -> None:
    """[GATE-4]"""
    thread, _ = shared.granted()
    shared.does(shared.shop, RelationshipClose("none"), shared.shop.thread)
    shared.does(shared.anna, DisclosureRevoke(), thread)


@pytest.mark.parametrize("message", [DisclosureRevoke(), DisclosureErase(), DisclosureRevoke((NAME,))])
def test_what_waits_loses_the_items_that_are_taken_back(shared: Shared, message: Message) -> None:
    """[DISC-31] [ORDER-30]"""
    shared.say(shared.anna, shared.present(), None, BOTH)
    thread = shared.anna.relationship.outgoing.head
    session = shared.anna.relationship.sealing.out
    shared.say(shared.anna, message, thread)
    first = shared.anna.log.by_first_id[thread]
    named = isinstance(message, DisclosureRevoke) and message.paths is not None
    assert [part is None for part in first.parts] == [False, True, not named]
    assert shared.anna.relationship.sealing.out is not session, "another session seals what goes out now"
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert not shared.anna.relationship.outgoing.pending
    assert shared.shop.log.by_first_id[thread].verdict == ("applied" if named else Code.WITHDRAWN)
    assert b"Anna" not in repr(shared.shop.log.by_first_id).encode()
    shared.alike()
    assert shared.ledger(shared.anna) == shared.ledger(shared.shop)


def test_an_update_that_waits_loses_its_items_too_and_other_threads_lose_nothing(shared: Shared) -> None:
    """[DISC-31]"""
    thread, grant = shared.granted()
    shared.say(shared.anna, shared.present(), None, BOTH)
    other = shared.anna.relationship.outgoing.head
    shared.say(shared.anna, shared.update(grant, (HOME, 2)), thread, (KIEL,))
    changed = shared.anna.relationship.outgoing.head
    shared.say(shared.anna, DisclosureRevoke((NAME,)), thread)
    assert all(shared.anna.log.by_first_id[changed].parts), "another field of the thread"
    shared.say(shared.anna, DisclosureRevoke((HOME,)), thread)
    assert not any(shared.anna.log.by_first_id[changed].parts[1:])
    assert all(shared.anna.log.by_first_id[other].parts)
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    shared.alike()
    assert shared.ledger(shared.anna) == shared.ledger(shared.shop)


def test_nothing_but_what_discloses_is_taken_back(shared: Shared) -> None:
    """[DISC-31]"""
    for message in (DisclosureRevoke(), DisclosureErase()):
        assert message.takes_back(shared.present()) == (1, 2)
        assert message.takes_back(message) == ()
    assert shared.present().takes_back(shared.present()) == ()


def test_what_answers_a_request_and_is_taken_back_before_it_came_declines(shared: Shared) -> None:
    """[DISC-31] [DISC-38]"""
    thread = shared.asked()
    shared.say(shared.anna, shared.present(), thread, BOTH)
    shared.say(shared.anna, DisclosureRevoke(), thread)
    assert shared.anna.log.threads[thread].state == "granted", "as far as she knows"
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.shop.log.threads[thread].state == "declined"
    shared.alike()
    assert not shared.ledger(shared.anna)


@pytest.mark.parametrize(
    "message", [DisclosureRevoke(), DisclosureErase(), DisclosureErased((Field(NAME, 1),), 1)]
)
def test_what_ends_something_unknown_is_kept(shared: Shared, message: Message) -> None:
    """[TABLE-12]"""
    threads, told = dict(shared.shop.log.threads), list(shared.shop.told)
    thread = digest("a thread that never was")
    assert verdict(shared.shop, forged(shared.anna, message, thread)) == "applied"
    entry = shared.shop.log.sequence(mine=False)[-1]
    assert entry.signed.thread_id == thread
    assert all(entry.parts), "it stands in the log"
    assert (shared.shop.log.threads, shared.shop.told) == (threads, told)
    assert thread not in shared.shop.state().threads


def test_what_was_kept_acts_once_its_thread_is_there(shared: Shared) -> None:
    """[TABLE-12] [FOLD-1]"""
    grant = shared.given()
    shared.does(shared.anna, DisclosureRevoke(), grant)
    log = dict(shared.shop.log.by_first_id)
    opening = log.pop(grant)
    assert grant not in fold(log.values(), shared.shop.registry).threads
    whole = fold([*log.values(), opening], shared.shop.registry)
    assert whole.threads[grant].data["ended"]
    assert whole.digest() == shared.anna.state().digest()


def test_an_export_with_what_was_kept_is_verified(shared: Shared) -> None:
    """[TABLE-12]"""
    shared.granted()
    frame = shared.say(shared.anna, shared.present(), None, BOTH)
    share = shared.anna.relationship.outgoing.head
    shared.say(shared.anna, DisclosureRevoke(), share)
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.shop.receive(frame).refused is None, "a late copy of the first frame changes nothing"
    for node in (shared.anna, shared.shop):
        report_of(node, registry=node.registry, rosters=node.rosters)
    shared.alike()


def test_anything_else_in_an_unknown_thread_is_refused(shared: Shared) -> None:
    """[TABLE-1] [TABLE-12]"""
    thread = digest("a thread that never was")
    assert verdict(shared.shop, forged(shared.anna, Bye(), thread)) == Code.UNKNOWN_THREAD
    shared = agreed()
    where = shared.anna.thread
    assert verdict(shared.shop, forged(shared.anna, DisclosureRevoke(), where)) == Code.UNKNOWN_THREAD
    shared = agreed()
    assert verdict(shared.shop, forged(shared.anna, DisclosureRevoke(), shared.deal)) == Code.UNKNOWN_THREAD
    with pytest.raises(UsageError) as found:
        shared.anna.say(DisclosureRevoke(), thread)
    assert found.value.code is Code.UNKNOWN_THREAD
