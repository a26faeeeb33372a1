"""What a frame leads to, for every runtime: answers once, only what is new, nothing from a stopped copy."""

from tests.unit.engine.probe import Pair as Two

from pcloud.engine import sealing, turn
from pcloud.engine.intake import carry_over, open_frame
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.wire.keylog import KeyLog


def test_a_frame_opened_beside_earlier_decisions_is_judged_as_if_opened_after_them(two: Two) -> None:
    first = two.anna.say(RelationshipPause(), two.anna.thread)
    second = two.anna.say(RelationshipResume(), two.anna.thread)
    shop, now, draw = two.shop, two.shop.clock.now, two.shop.draw
    before = shop.relationship
    early = open_frame(before, second, now, draw)
    shop.receive(first)
    carried = carry_over(early, before, shop.relationship)
    assert carried == open_frame(shop.relationship, second, now, draw)


def test_a_frame_is_opened_anew_after_another_session_or_where_it_brings_one_to_another_scope(
    two: Two,
) -> None:
    frame = two.anna.say(RelationshipPause(), two.anna.thread)
    shop, now, draw = two.shop, two.shop.clock.now, two.shop.draw
    before = shop.relationship
    early = open_frame(before, frame, now, draw)
    kept = before.sealing.sessions
    fewer = before._replace(sealing=before.sealing._replace(sessions=kept[:-1]))
    assert carry_over(early, before, fewer) is None
    other = kept[-1]._replace(frame_key=kept[-1].frame_key._replace(key=bytes(32)))
    changed = before._replace(sealing=before.sealing._replace(sessions=(*kept[:-1], other)))
    assert carry_over(early, before, changed) is None
    for epochs in (
        {"me": before.me._replace(log=KeyLog(before.me.log.events))},
        {"peer": before.peer._replace(log=KeyLog(before.peer.log.events))},
    ):
        assert carry_over(early, before, before._replace(**epochs)) is None
    with_start = early._replace(relationship=before._replace(clock=before.clock + 1))
    assert carry_over(with_start, before, before._replace(clock=before.clock + 2)) is None
    assert carry_over(with_start, before, before) is with_start


def test_a_frame_opened_beside_the_start_of_its_session_is_carried_over_once_the_session_stands(
    two: Two,
) -> None:
    """Both halves of a batch open the start; it is taken once."""
    anna, shop = two.anna, two.shop
    anna.relationship = sealing.renew(anna.relationship)
    frames = [anna.say(RelationshipPause(), anna.thread), anna.say(RelationshipResume(), anna.thread)]
    before, now, draw = shop.relationship, shop.clock.now, shop.draw
    beside = open_frame(before, frames[0], now, draw).relationship
    assert beside.sealing.sessions != before.sealing.sessions
    early = open_frame(beside, frames[1], now, draw)
    shop.receive(frames[0])
    assert shop.relationship.sealing.receiving != beside.sealing.receiving
    carried = carry_over(early, beside, shop.relationship)
    assert carried == open_frame(shop.relationship, frames[1], now, draw)


def test_only_messages_above_a_number_are_sealed(two: Two) -> None:
    anna = two.anna
    anna.say(RelationshipPause(), anna.thread)
    anna.say(RelationshipResume(), anna.thread)
    pending = anna.relationship.outgoing.pending
    now, draw = anna.clock.now, anna.draw
    everything = turn.waiting(anna.relationship, anna.log, now, draw)
    newest = turn.waiting(anna.relationship, anna.log, now, draw, above=pending[0].number)
    assert (len(everything.frames), len(newest.frames)) == (2, 1)
    assert two.shop.receive(newest.frames[0]).frames, "it is ahead of its line, and says so"
    assert anna.relationship.outgoing.pending == pending


def test_a_copy_that_has_stopped_sends_nothing_again(two: Two) -> None:
    anna = two.anna
    anna.say(RelationshipPause(), anna.thread)
    stopped = anna.relationship._replace(stopped="set back")
    out = turn.again(stopped, anna.log, anna.clock.now, anna.draw)
    assert out.frames == ()
    assert not turn.start_waits(stopped)


def test_a_new_session_that_is_due_travels_alone_where_no_message_waits(two: Two) -> None:
    anna = two.anna
    due = sealing.renew(anna.relationship)
    assert turn.start_waits(due)
    out = turn.again(due, anna.log, anna.clock.now, anna.draw)
    assert len(out.frames) == 1
    assert out.relationship.outgoing == anna.relationship.outgoing, "no number was used"
    assert two.shop.receive(out.frames[0]).frames, "the start is answered"
