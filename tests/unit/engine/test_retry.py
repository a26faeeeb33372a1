"""[ORDER-26] to [ORDER-30], [MSG-17], [MSG-18], [REL-33]: the schedule, and what is withdrawn from a wait."""

from tests.unit.engine.probe import DAY, Bye, Note, Pair, held, tell, verdict

from pcloud.engine import retry
from pcloud.engine.answering import in_flight
from pcloud.features.relationship.close import RelationshipClose
from pcloud.limits import SILENCE_S_MAX
from pcloud.testing.node import exchange
from pcloud.wire.parts import check_parts


def test_each_wait_is_twice_the_one_before_up_to_six_hours() -> None:
    """[ORDER-26]"""
    waits = [retry.next_try(0, tries, 0, 0, 0.0) for tries in range(1, 14)]
    assert waits[:3] == [30, 60, 120]
    assert waits == [min(30 * 2**n, 21_600) for n in range(13)]
    assert retry.next_try(0, 0, 0, 0, 0.0) == 30
    assert retry.next_try(0, 10**9, 0, 0, 0.0) == 21_600


def test_jitter_adds_up_to_a_quarter() -> None:
    """[ORDER-26]"""
    assert [retry.next_try(0, 3, 0, 1_000, jitter) for jitter in (0.0, 0.5, 1.0)] == [1_120, 1_135, 1_150]


def test_a_night_costs_about_ten_frames_and_then_four_a_day() -> None:
    """[ORDER-26]"""
    now, tries = 0, 1
    while now < DAY // 3:
        now, tries = retry.next_try(0, tries, 0, now, 0.0), tries + 1
    assert 9 <= tries <= 12


def test_after_thirty_days_of_silence_it_is_weekly_and_never_ends() -> None:
    """[ORDER-27]"""
    assert retry.next_try(0, 99, 0, SILENCE_S_MAX - 1, 0.0) == SILENCE_S_MAX - 1 + 21_600
    for years in (0, 1, 10):
        now = SILENCE_S_MAX + years * 365 * DAY
        assert retry.next_try(0, 99, 0, now, 0.0) == now + 7 * DAY


def test_a_first_message_after_a_long_silence_is_tried_as_any_other() -> None:
    """[ORDER-27]: a peer that nobody wrote to was not silent."""
    assert retry.next_try(10 * SILENCE_S_MAX, 1, 0, 10 * SILENCE_S_MAX, 0.0) == 10 * SILENCE_S_MAX + 30


def test_the_first_frame_after_six_hours_begins_anew() -> None:
    """[ORDER-28]"""
    assert not retry.resets(100, 100 + 21_599)
    assert retry.resets(100, 100 + 21_600)


def test_a_message_that_waited_thirty_days_travels_as_header_and_body(two: Pair) -> None:
    """[ORDER-29], [MSG-17], [MSG-6]"""
    assert not retry.outlived(0, SILENCE_S_MAX - 1)
    assert retry.outlived(0, SILENCE_S_MAX)
    thread = two.begun()
    two.anna.say(Note("n"), thread, (b"one", b"two"))
    entry = two.anna.log.sequence(mine=True)[-1]
    empty = retry.withdraw_items(entry)
    assert empty == entry._replace(parts=(entry.parts[0], None, None))
    assert retry.withdraw_items(empty) == empty
    check_parts(empty.signed.header.digests, empty.parts)
    two.anna.log.put(empty)
    assert verdict(two.shop, two.anna.frames()[-1]) == "applied"
    assert two.shop.log.sequence(mine=False)[-1].parts[1:] == (None, None)


def test_closing_empties_what_waits_in_the_same_commit(two: Pair) -> None:
    """[ORDER-30], [REL-33]"""
    thread = two.begun()
    old = tell(two.anna, Note("n"), thread, items=(b"one",))
    tell(two.anna, Bye(), thread)
    keys = two.anna.relationship.sealing
    before = two.anna.log.sequence(mine=True)
    two.anna.say(RelationshipClose(held="none"), two.anna.thread)
    after = two.anna.log.sequence(mine=True)
    assert after[-3] == retry.withdraw_items(before[-2])
    assert after[-2] == before[-1], "what has no items stays as it is"
    assert two.anna.relationship.sealing.started == keys.started + 1, "a frame was sealed with them"
    assert old not in two.anna.frames()
    exchange(two.anna, two.shop, *two.anna.frames())
    assert two.shop.log.sequence(mine=False)[-3].parts[1:] == (None,)
    assert not two.anna.relationship.outgoing.pending


def test_a_close_that_arrives_empties_what_waits_too(two: Pair) -> None:
    """[ORDER-30]"""
    thread = two.begun()
    tell(two.anna, Note("n"), thread, items=(b"one",))
    two.anna.receive(two.shop.say(RelationshipClose(held="none"), two.shop.thread))
    (entry,) = [two.anna.log.find(sent.id) for sent in in_flight(two.anna.relationship)]
    assert entry is not None
    assert entry.parts[1:] == (None,)


def test_closing_with_nothing_to_empty_changes_only_the_close(two: Pair) -> None:
    """[REL-33]"""
    two.begun()
    before = held(two.anna)
    two.anna.say(RelationshipClose(held="none"), two.anna.thread)
    after = held(two.anna)
    assert {id_: entry for id_, entry in after[1].items() if id_ in before[1]} == before[1]
    assert two.anna.relationship.sealing.started == before[0].sealing.started


def test_erasing_ones_own_items_makes_a_session_due(two: Pair) -> None:
    """[MSG-17], [SEAL-37]"""
    thread = two.begun()
    exchange(two.anna, two.shop, tell(two.anna, Note("n"), thread, items=(b"one",)))
    entry = two.anna.log.sequence(mine=True)[-1]
    after, erased = retry.erase_items(two.anna.relationship, entry)
    assert after == two.anna.relationship._replace(sealing=two.anna.relationship.sealing._replace(due=True))
    assert erased.parts == (entry.parts[0], None)
    assert (erased.verdict, erased.signed) == (entry.verdict, entry.signed)


def test_some_items_go_and_the_others_stay(two: Pair) -> None:
    """[MSG-17]: of a message whose fields end one by one."""
    thread = two.begun()
    exchange(two.anna, two.shop, tell(two.anna, Note("n"), thread, items=(b"one", b"two")))
    entry = two.shop.log.sequence(mine=False)[-1]
    _, less = retry.erase_items(two.shop.relationship, entry, (2,))
    assert less.parts == (*entry.parts[:2], None)
    assert retry.withdraw_items(entry, ()) == entry
    check_parts(less.signed.header.digests, less.parts)
