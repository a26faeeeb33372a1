"""Recovery of one side, of both, from old copies and after a theft (spec 06)."""

import pytest

from pcloud.engine import answering, recovery
from pcloud.engine.statement import read_statement
from pcloud.errors import Code, UsageError, Violation
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.limits import CLOSED_RECOVER_S_MAX
from pcloud.testing.node import Node, exchange
from pcloud.testing.world import Owner, World
from pcloud.wire import cose
from pcloud.wire.position import sign_position, steps


class Two:
    """Anna and a shop; anna is the one who loses her node."""

    def __init__(self) -> None:
        self.world = World(1)
        self.hers, self.its = self.world.owners

    @property
    def anna(self) -> Node:
        return self.hers.node

    @property
    def shop(self) -> Node:
        return self.its.node

    def says(self, owner: Owner, *messages: object) -> None:
        other = self.its if owner is self.hers else self.hers
        for message in messages:
            exchange(owner.node, other.node, owner.node.say(message, owner.node.thread))  # type: ignore[arg-type]

    def back(self, owner: Owner, copy: Node) -> bytes:
        """The owner goes on with an old copy and the words: the `recover` frame."""
        owner.node = copy
        frame = owner.recover()
        assert frame is not None
        return frame

    def returns(self, owner: Owner, copy: Node) -> None:
        """As `back`, and all that follows."""
        frame = self.back(owner, copy)
        exchange(owner.node, self.shop if owner is self.hers else self.anna, frame)

    def agree(self) -> None:
        assert self.anna.state().digest() == self.shop.state().digest()
        assert not self.anna.relationship.outgoing.pending
        assert not self.shop.relationship.outgoing.pending

    def lost(self) -> None:
        """Anna pauses and resumes, and all that is lost to her."""
        copy = self.world.copy(self.hers)
        self.says(self.hers, RelationshipPause(), RelationshipResume())
        self.returns(self.hers, copy)


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
