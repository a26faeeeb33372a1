"""Recovery of one side, of both, from old copies and after a theft (spec 06)."""

import pytest
from tests.unit.engine.two import Two, held, recover_of

from pcloud.engine import answering, gatekeeper, recovery, sealing
from pcloud.engine.snapshot import APPLIED, REJECTED
from pcloud.engine.statement import read_statement
from pcloud.errors import Code, UsageError
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.proffer import TermsProffer
from pcloud.kernel.context import Me
from pcloud.limits import CLOSED_RECOVER_S_MAX, NOTICE_INTERVAL_S
from pcloud.testing.node import Node, exchange
from pcloud.wire import cose
from pcloud.wire.position import sign_position, steps


@pytest.fixture
def two() -> Two:
    return Two()


def test_a_position_names_numbers_in_doubling_steps() -> None:
    """[REC-5]"""
    assert [steps(last) for last in (0, 1, 3, 20)] == [(), (1,), (3, 2, 1), (20, 19, 18, 16, 12, 4, 1)]


def test_what_was_lost_comes_back_and_waits_for_its_owner(two: Two) -> None:
    """[REC-12], [REC-15], [REC-16], [REC-21], [REC-24], [REC-27]"""
    two.lost()
    two.agree()
    assert len(two.anna.relationship.unaffirmed) == 2
    assert two.anna.relationship.me.log.epoch == two.shop.relationship.peer.log.epoch == 1


@pytest.mark.parametrize("decided", [RelationshipAffirm, RelationshipReject])
def test_both_follow_what_the_owner_says(two: Two, decided: type) -> None:
    """[REC-32], [REC-33], [REC-36]"""
    two.lost()
    two.says(two.hers, decided(tuple(sorted(two.anna.relationship.unaffirmed))))
    two.agree()
    assert not two.anna.relationship.unaffirmed
    assert not two.shop.relationship.unaffirmed


def test_only_the_owner_decides(two: Two) -> None:
    """[REC-32], [REC-33]"""
    two.lost()
    marked = two.shop.relationship.unaffirmed
    two.says(two.its, RelationshipReject(tuple(sorted(marked))), RelationshipAffirm(tuple(sorted(marked))))
    two.agree()
    assert two.anna.relationship.unaffirmed == two.shop.relationship.unaffirmed == marked


def test_a_repeat_gets_the_same_answer_and_resets_nothing(two: Two) -> None:
    """[REC-13]"""
    frame = two.back(two.hers, two.world.copy(two.hers))
    two.shop.receive(frame)
    before = two.shop.relationship
    again = two.shop.receive(two.anna.resend()[0])
    after = two.shop.relationship
    assert again.refused is None
    assert (after.outgoing, after.incoming, after.recovered) == (
        before.outgoing,
        before.incoming,
        before.recovered,
    )
    exchange(two.shop, two.anna, *again.frames)
    two.agree()


def test_while_recovering_nothing_is_numbered_or_judged(two: Two) -> None:
    """[REC-3], [REC-2]"""
    said = two.shop.say(RelationshipPause(), two.shop.thread)
    two.back(two.hers, two.world.copy(two.hers))
    with pytest.raises(UsageError) as refused:
        two.anna.say(RelationshipPause(), two.anna.thread)
    assert refused.value.code is Code.RECOVERING
    assert two.anna.receive(said).refused is not None
    keys = two.anna.relationship.sealing
    assert (keys.out, keys.sessions, keys.receiving.number) == (None, (), 1)


def test_a_second_copy_of_the_same_words_learns_of_the_first(two: Two) -> None:
    """[REC-14], [REC-37], [REC-38], [REC-39]"""
    first, second = two.world.copy(two.hers), two.world.copy(two.hers)
    two.returns(two.hers, first)
    refused = two.shop.receive(two.back(two.hers, second))
    assert refused.refused is not None
    assert refused.refused.code is Code.STALE
    two.anna.receive(refused.frames[0])
    assert two.anna.relationship.stopped
    frame = two.hers.recover()
    assert frame is not None
    exchange(two.anna, two.shop, frame)
    two.agree()
    assert two.shop.relationship.peer.log.epoch == 2


def test_an_outdated_recover_is_refused(two: Two) -> None:
    """[REC-14]"""
    old = two.back(two.hers, two.world.copy(two.hers))
    exchange(two.anna, two.shop, old)
    two.returns(two.hers, two.world.copy(two.hers))
    refused = two.shop.receive(old).refused
    assert refused is not None
    assert refused.code is Code.STALE


@pytest.mark.parametrize("her_first", [True, False])
def test_both_may_recover_at_once(two: Two, her_first: bool) -> None:  # noqa: FBT001 - a case
    """[REC-17], [REC-22]"""
    copies = two.world.copy(two.hers), two.world.copy(two.its)
    two.says(two.hers, RelationshipPause())
    two.says(two.its, RelationshipPause())
    hers, its = two.back(two.hers, copies[0]), two.back(two.its, copies[1])
    pairs = [(two.anna, two.shop, hers), (two.shop, two.anna, its)]
    for sender, receiver, frame in pairs if her_first else pairs[::-1]:
        exchange(sender, receiver, frame)
    for _ in range(3):
        exchange(two.anna, two.shop, *two.anna.resend())
        exchange(two.shop, two.anna, *two.shop.resend())
    two.agree()
    assert not two.anna.relationship.recovering
    assert not two.shop.relationship.recovering


def test_a_message_that_waited_is_reissued_under_its_first_id(two: Two) -> None:
    """[REC-18], [REC-19], [REC-20], [REC-29]"""
    two.anna.say(RelationshipPause(), two.anna.thread)
    waiting = two.anna.relationship.outgoing.pending[0].first_id
    two.returns(two.hers, two.world.copy(two.hers))
    two.agree()
    entry = two.shop.log.find(waiting)
    assert entry is not None
    assert entry.signed.header.first is not None
    assert entry.verdict == "applied"
    assert not two.shop.relationship.unaffirmed


def test_a_reissued_move_does_not_move_anyone_back(two: Two) -> None:
    """[REL-27], [REC-12]"""
    two.anna.say(RelationshipMove(b"m" * 16, ("https://old.example",)), two.anna.thread)
    copy = two.world.copy(two.hers)
    copy.relationship = copy.relationship._replace(me=copy.relationship.me._replace(mailbox=b"n" * 16))
    two.returns(two.hers, copy)
    two.agree()
    assert two.shop.relationship.peer.mailbox == b"n" * 16


def test_a_rejected_entry_that_comes_back_is_rejected_again(two: Two) -> None:
    """[REC-35]"""
    two.lost()
    theirs = two.world.copy(two.its)
    two.says(two.hers, RelationshipReject(tuple(sorted(two.anna.relationship.unaffirmed))))
    two.returns(two.its, theirs)
    two.agree()
    assert not two.shop.relationship.unaffirmed


def test_recover_after_a_close_is_taken_for_ninety_days_from_the_close(two: Two) -> None:
    """[REC-42], [REC-44]"""
    two.says(two.its, RelationshipClose("none"))
    closed = two.world.clock.now
    two.world.clock.now = closed + 10
    two.says(two.hers, RelationshipAffirm((two.anna.thread,)))
    assert two.shop.relationship.clock == closed + 10, "a later decision does not count"
    late, soon = two.world.copy(two.hers), two.world.copy(two.hers)
    two.world.clock.now = closed + CLOSED_RECOVER_S_MAX + 1
    refused = two.shop.receive(two.back(two.hers, late)).refused
    assert refused is not None
    assert refused.code is Code.CLOSED
    two.world.clock.now = closed + CLOSED_RECOVER_S_MAX
    two.returns(two.hers, soon)
    two.agree()
    assert two.shop.state().threads[two.shop.thread].state == "closed"


@pytest.mark.parametrize("affirmed", [True, False])
def test_the_thief_is_locked_out_and_its_close_is_suspended(two: Two, affirmed: bool) -> None:  # noqa: FBT001
    """[REC-31], [REC-40], [SEC-2], [REC-43]"""
    thief, backup = two.world.copy(two.hers), two.world.copy(two.hers)
    exchange(thief, two.shop, thief.say(RelationshipClose("none"), thief.thread))
    assert two.shop.state().threads[two.shop.thread].state == "closed"
    two.returns(two.hers, backup)
    two.agree()
    assert two.shop.state().threads[two.shop.thread].state == "active"
    before = two.shop.relationship.incoming
    assert two.shop.receive(thief.frames()[0] if thief.frames() else thief.seal(b"x")).refused is not None
    assert two.shop.relationship.incoming == before
    decided = RelationshipAffirm if affirmed else RelationshipReject
    two.says(two.hers, decided(tuple(sorted(two.anna.relationship.unaffirmed))))
    two.agree()
    state = two.shop.state().threads[two.shop.thread].state
    assert state == ("closed" if affirmed else "active")


def test_a_copy_that_is_behind_refuses_a_recover_and_stops(two: Two) -> None:
    """[ROLL-1], [ROLL-5]"""
    old = two.world.copy(two.its)
    two.says(two.its, RelationshipPause())
    frame = two.back(two.hers, two.world.copy(two.hers))
    refused = old.receive(frame).refused
    assert refused is not None
    assert refused.code is Code.OUTDATED
    assert old.relationship.stopped
    again = old.receive(frame).refused
    assert again is not None
    assert again.code is Code.OUTDATED


def test_a_start_that_this_copy_never_made_stops_it(two: Two) -> None:
    """[ROLL-4], [ROLL-2]"""
    start = two.shop.relationship.sealing.peer_start
    assert start is not None
    assert answering.take_notice(two.anna.relationship, start) == two.anna.relationship
    sealing = two.anna.relationship.sealing
    behind = two.anna.relationship._replace(sealing=sealing._replace(started=0, out=None))
    assert answering.take_notice(behind, start).stopped
    newer = two.world.copy(two.hers)
    two.back(two.hers, newer)
    assert answering.take_notice(newer.relationship, start) == newer.relationship


def test_a_recovered_that_nobody_asked_for_is_stale(two: Two) -> None:
    """[REC-16]"""
    data = recovery.make_recovered(two.shop.relationship, two.shop.log)
    statement = read_statement(two.anna.relationship, data, cose.RECOVERED)
    decision = recovery.accept_recovered(two.anna.relationship, statement, two.anna.log, two.anna.setting)
    assert decision.refused == Code.STALE


def test_a_line_is_claimed_up_to_its_first_gap(two: Two) -> None:
    """[REC-6]"""
    two.says(two.hers, RelationshipPause(), RelationshipResume())
    log = two.anna.log
    mine = log.sequence(mine=True)
    del log.by_first_id[mine[2].first_id]
    heads = recovery.position_of(two.anna.relationship, log, None).lines[0].heads
    assert heads[0][0] == 2
    del log.by_first_id[mine[0].first_id]
    lines = recovery.position_of(two.anna.relationship, log, None).lines
    assert not any(line.outgoing for line in lines)


def test_a_recover_that_knows_a_newer_epoch_of_mine_stops_this_copy(two: Two) -> None:
    """[ROLL-2]"""
    old = two.world.copy(two.its)
    two.returns(two.its, two.world.copy(two.its))
    old.contact_keys = two.its.contact_keys
    refused = old.receive(two.back(two.hers, two.world.copy(two.hers))).refused
    assert refused is not None
    assert refused.code is Code.OUTDATED
    assert old.relationship.stopped


def answered(two: Two, node: Node, **changes: object) -> str | None:
    """What a node makes of Anna's `recovered` that carries a new event of hers."""
    two.back(two.hers, two.world.copy(two.hers))
    data = recovery.make_recovered(two.anna.relationship, two.anna.log)
    statement = read_statement(node.relationship, data, cose.RECOVERED)
    relationship = node.relationship._replace(**changes)  # type: ignore[arg-type]
    decision = recovery.accept_recovered(relationship, statement, node.log, node.setting)
    assert decision.relationship.recovering is bool(changes.get("recovering"))
    return decision.relationship.stopped or decision.refused


def test_new_events_in_a_recovered_are_an_exchange_of_their_own(two: Two) -> None:
    """[REC-17]"""
    assert answered(two, two.shop) is None


def test_new_events_free_no_copy_that_has_stopped(two: Two) -> None:
    """[ROLL-5]"""
    assert answered(two, two.shop, stopped="set back") == "set back"


def test_new_events_show_a_copy_that_it_is_behind(two: Two) -> None:
    """[ROLL-1]"""
    old = two.world.copy(two.its)
    two.says(two.its, RelationshipPause())
    assert answered(two, old) == recovery.BEHIND


def test_an_answer_to_an_older_event_brings_events_and_nothing_else(two: Two) -> None:
    """[REC-16], [REC-17]"""
    two.shop.relationship = two.shop.relationship._replace(recovering=True)
    two.back(two.hers, two.world.copy(two.hers))
    position = recovery.position_of(two.anna.relationship, two.anna.log, bytes(32))
    data = sign_position(two.anna.relationship.me.key, cose.RECOVERED, position)
    shop = two.shop
    statement = read_statement(shop.relationship, data, cose.RECOVERED)
    decision = recovery.accept_recovered(shop.relationship, statement, shop.log, shop.setting)
    assert decision.relationship.recovering
    assert not decision.entries


# What is affirmed, and what can no longer be rejected


def test_what_is_affirmed_goes_again_to_a_peer_that_lost_it(two: Two) -> None:
    """[REC-32], [REC-36], [REC-18]"""
    theirs = two.world.copy(two.its)
    two.lost()
    marked = two.anna.relationship.unaffirmed
    two.returns(two.its, theirs)
    assert two.anna.relationship.unaffirmed == marked
    assert not any(two.shop.log.find(id_) for id_ in marked)
    two.says(two.hers, RelationshipAffirm(tuple(sorted(marked))))
    two.agree()
    assert [held(two.shop, id_).verdict for id_ in marked] == [APPLIED, APPLIED]


def test_what_is_rejected_does_not_go_to_a_peer_that_lost_it(two: Two) -> None:
    """[REC-33]"""
    theirs = two.world.copy(two.its)
    two.lost()
    marked = two.anna.relationship.unaffirmed
    two.returns(two.its, theirs)
    two.says(two.hers, RelationshipReject(tuple(sorted(marked))))
    two.agree()
    assert [held(two.anna, id_).verdict for id_ in marked] == [REJECTED, REJECTED]
    assert not any(two.shop.log.find(id_) for id_ in marked)


def test_nobody_takes_back_what_it_affirmed_or_never_lost(two: Two) -> None:
    """[REC-33]"""
    two.says(two.hers, RelationshipRotate(sealing.announced(two.anna.relationship)))
    kept = two.anna.log.sequence(mine=True)[-1].first_id
    two.lost()
    affirmed = tuple(sorted(two.anna.relationship.unaffirmed))
    two.says(two.hers, RelationshipAffirm(affirmed), RelationshipReject((kept, *affirmed)))
    two.agree()
    for node in (two.anna, two.shop):
        assert {held(node, id_).verdict for id_ in (kept, *affirmed)} == {APPLIED}


def test_a_reject_that_comes_again_reaches_a_peer_that_lost_the_marks(two: Two) -> None:
    """[REC-33]"""
    copy = two.world.copy(two.hers)
    two.says(two.hers, RelationshipPause(), RelationshipResume())
    unmarked = two.world.copy(two.its)
    two.returns(two.hers, copy)
    rejected = two.anna.relationship.unaffirmed
    two.says(two.hers, RelationshipReject(tuple(sorted(rejected))))
    two.returns(two.its, unmarked)
    two.agree()
    assert {held(two.shop, id_).verdict for id_ in rejected} == {REJECTED}


def test_what_the_log_held_is_affirmed_by_the_node_when_it_comes_back(two: Two) -> None:
    """[REC-28], [REC-6]"""
    two.lost()
    marked = two.anna.relationship.unaffirmed
    two.says(two.hers, RelationshipRotate(sealing.announced(two.anna.relationship)))
    two.returns(two.hers, two.world.copy(two.hers))
    two.agree()
    assert two.anna.relationship.unaffirmed == two.shop.relationship.unaffirmed == marked


@pytest.mark.parametrize("affirmed", [True, False])
def test_an_agreement_that_a_thief_made_supports_nothing(two: Two, affirmed: bool) -> None:  # noqa: FBT001
    """[REC-30], [REC-36], [GATE-7]"""
    thief, backup = two.world.copy(two.hers), two.world.copy(two.hers)
    now = two.world.clock.now
    standard = next(iter(two.world.rosters.values()))
    exchange(thief, two.shop, thief.say(TermsProffer.choose(standard, now + 100)))
    thread = two.shop.log.threads[thief.log.sequence(mine=True)[-1].signed.thread_id]
    me = two.shop.relationship.me
    accept = TermsAccept.sign(thread, Me(me.log.persona, me.kind, me.key), now + 100)
    exchange(two.shop, thief, two.shop.say(accept, thread.id))
    (agreement,) = two.shop.relationship.agreements
    assert agreement in gatekeeper.provable(two.shop.relationship)
    two.returns(two.hers, backup)
    two.agree()
    for node in (two.anna, two.shop):
        assert agreement in node.relationship.agreements
        assert not gatekeeper.provable(node.relationship)
    decided = RelationshipAffirm if affirmed else RelationshipReject
    two.says(two.hers, decided(tuple(sorted(two.anna.relationship.unaffirmed))))
    two.agree()
    for node in (two.anna, two.shop):
        assert list(gatekeeper.provable(node.relationship)) == [agreement] * affirmed
        assert list(node.state().agreements) == [agreement] * affirmed


# Positions


def test_a_repeat_with_a_newer_receiving_key_makes_a_new_session_due(two: Two) -> None:
    """[REC-13]"""
    two.shop.receive(two.back(two.hers, two.world.copy(two.hers)))
    keys = two.anna.relationship.sealing
    newer = keys._replace(receiving=keys.receiving._replace(number=2))
    two.anna.relationship = two.anna.relationship._replace(sealing=newer)
    statement = read_statement(two.shop.relationship, recover_of(two.anna), cose.RECOVER)
    decision = recovery.accept_recover(two.shop.relationship, statement, two.shop.log, two.shop.setting)
    assert decision.relationship.sealing.due
    assert decision.relationship.sealing.offered_number == 2


def test_a_copy_that_has_stopped_takes_no_answer_to_its_recover(two: Two) -> None:
    """[REC-38], [ROLL-5]"""
    two.shop.receive(two.back(two.hers, two.world.copy(two.hers)))
    data = recovery.make_recovered(two.shop.relationship, two.shop.log)
    statement = read_statement(two.anna.relationship, data, cose.RECOVERED)
    stopped = two.anna.relationship._replace(stopped="another copy")
    decision = recovery.accept_recovered(stopped, statement, two.anna.log, two.anna.setting)
    assert decision.relationship.recovering
    assert not decision.entries


# Epochs that are not known, and notices


def test_an_unknown_newer_epoch_is_left_unjudged_until_it_is_known(two: Two) -> None:
    """[ORDER-10]"""
    frame = two.back(two.hers, two.world.copy(two.hers))
    relation = two.anna.relationship
    keys = relation.sealing._replace(offered=sealing.announced(two.shop.relationship))
    two.anna.relationship = relation._replace(sealing=keys, recovering=False)
    said = two.anna.say(RelationshipPause(), two.anna.thread)
    before = two.shop.relationship
    left = two.shop.receive(said)
    assert left.refused is not None
    assert left.refused.code is Code.EPOCH_UNKNOWN
    assert not left.frames
    assert two.shop.relationship == before
    two.shop.receive(frame)
    assert two.shop.receive(said).refused is None
    assert two.shop.relationship.incoming.number == 1


def test_an_older_copy_is_told_hourly_at_most(two: Two) -> None:
    """[REC-41], [REC-37], [REC-40]"""
    thief = two.world.copy(two.hers)
    two.returns(two.hers, two.world.copy(two.hers))
    said = thief.say(RelationshipPause(), thief.thread)
    told = [len(two.shop.receive(said).frames) for _ in range(2)]
    assert told[0] > 0
    assert told[1] == 0
    two.world.clock.now += NOTICE_INTERVAL_S - 1
    assert not two.shop.receive(said).frames
    two.world.clock.now += 1
    frames = two.shop.receive(said).frames
    assert frames
    refused = [thief.receive(frame).refused for frame in frames]
    assert any(refusal is None for refusal in refused)
    assert thief.relationship.stopped


def test_a_copy_set_back_to_its_recovery_is_shown_what_it_began_since(two: Two) -> None:
    """[REC-13], [ROLL-3], [ROLL-4]"""
    frame = two.back(two.hers, two.world.copy(two.hers))
    waits = two.world.copy(two.hers)
    exchange(two.anna, two.shop, frame)
    two.says(two.hers, RelationshipPause())
    two.hers.node = waits
    assert waits.relationship.recovering
    for notice in two.shop.receive(waits.resend()[0]).frames:
        waits.receive(notice)
    assert waits.relationship.stopped
    again = two.hers.recover()
    assert again is not None
    exchange(two.anna, two.shop, again)
    two.agree()
    assert not two.anna.relationship.recovering


@pytest.mark.parametrize(
    "lost", [[RelationshipPause()], [RelationshipPause(), RelationshipResume()], [RelationshipClose("none")]]
)
def test_what_came_back_with_a_message_does_not_refuse_it(two: Two, lost: list[object]) -> None:
    """[REC-50]: the shop had said it, and she had taken it, before she or a thief paused."""
    copy = two.world.copy(two.hers)
    message, items = ConversationSay.pack("it is ready")
    exchange(two.shop, two.anna, two.shop.say(message, None, items))
    said = [entry.first_id for entry in two.anna.log.sequence(mine=False)][-1]
    two.says(two.hers, *lost)
    two.returns(two.hers, copy)
    assert held(two.anna, said).verdict == held(two.shop, said).verdict == APPLIED
    two.agree()
    own = tuple(sorted(two.anna.relationship.unaffirmed))
    two.says(two.hers, RelationshipReject(own))
    two.agree()
    assert held(two.anna, said).verdict == APPLIED


def test_what_was_said_after_a_resume_that_came_back_is_not_refused(two: Two) -> None:
    """[REC-50]: her copy is from her pause; she resumed, the shop spoke, and she paused again."""
    two.says(two.hers, RelationshipPause())
    copy = two.world.copy(two.hers)
    two.says(two.hers, RelationshipResume())
    message, items = ConversationSay.pack("it is ready")
    exchange(two.shop, two.anna, two.shop.say(message, None, items))
    said = [entry.first_id for entry in two.anna.log.sequence(mine=False)][-1]
    two.says(two.hers, RelationshipPause())
    two.returns(two.hers, copy)
    assert held(two.anna, said).verdict == held(two.shop, said).verdict == APPLIED
    two.agree()


def test_what_is_new_is_refused_by_what_came_back(two: Two) -> None:
    """[REC-31] [REC-50]: only for what was said before it is left out."""
    copy = two.world.copy(two.hers)
    two.says(two.hers, RelationshipPause())
    two.returns(two.hers, copy)
    message, items = ConversationSay.pack("and now?")
    with pytest.raises(UsageError) as refused:
        two.shop.say(message, None, items)
    assert refused.value.code is Code.PAUSED


def test_a_pause_that_was_not_lost_refuses_what_crossed_it_also_when_it_comes_again(two: Two) -> None:
    """[GATE-3] [REC-50]: she still holds her pause, so it counts."""
    message, items = ConversationSay.pack("are you there?")
    two.shop.say(message, None, items)  # on its way, and never comes
    two.says(two.hers, RelationshipPause())
    two.returns(two.hers, two.world.copy(two.hers))
    said = [entry.first_id for entry in two.shop.log.sequence(mine=True)][-1]
    assert held(two.shop, said).verdict == Code.CROSSED
    two.agree()
