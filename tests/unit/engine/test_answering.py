"""[ORDER-15] to [ORDER-25], [ROLL-1] to [ROLL-5], [SEAL-34]: answers made, taken, limited."""

from typing import Any

import pytest
from tests.unit.engine.probe import (
    REGISTRY,
    Begin,
    Bye,
    Deal,
    Note,
    Pair,
    digest,
    held,
    made,
    opens,
    stopped,
    take,
    tell,
)

from pcloud.engine import sealing
from pcloud.engine.answering import (
    NOTICE,
    STALE,
    in_flight,
    make_answer,
    make_stale,
    may_answer,
    may_be_busy,
    may_notify,
    peer_behind,
    take_notice,
)
from pcloud.engine.snapshot import Due, Sent
from pcloud.errors import Code, UsageError, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.limits import ANSWER_INTERVAL_S, NOTICE_INTERVAL_S, WINDOW_MESSAGES
from pcloud.testing.node import Node, exchange
from pcloud.wire import cose
from pcloud.wire.answers import (
    Answer,
    Busy,
    Expected,
    Fork,
    KeyOffer,
    Parties,
    Receipt,
    Refusal,
    Stale,
    read_answer,
    sign_answer,
)
from pcloud.wire.content import Content, Start, sign_start, write_content
from pcloud.wire.keylog import KeyLog, first_event
from pcloud.wire.keys import SigningKey


def parties(node: Node) -> Parties:
    relationship = node.relationship
    me, peer = relationship.me.log, relationship.peer.log
    return Parties(me.persona, peer.persona, me.epoch, peer.epoch)


def answer(node: Node, made_answer: Answer) -> bytes:
    """The frame of an answer by the node."""
    return node.seal(sign_answer(node.relationship.me.key, made_answer), answer=True)


def receipt(node: Node, number: int, id_: bytes | None, *refusals: tuple[int, str]) -> bytes:
    listed = tuple(Refusal(*refusal) for refusal in refusals)
    return answer(node, Receipt(parties(node), None, None, number, id_, listed))


def read(node: Node, due: Due) -> Any:
    signed = make_answer(node.relationship, due)
    typ = cose.peek_type(signed)
    return read_answer(typ, cose.parse_sign1(signed, typ).payload)


def test_every_kind_of_answer_says_what_is_due(two: Pair) -> None:
    """[ORDER-17], [SEAL-34]"""
    line, who = two.shop.relationship.incoming, parties(two.shop)
    receiving = two.shop.relationship.sealing.receiving
    offer = KeyOffer(receiving.number, receiving.current.public)
    id_ = b"s" * 16
    assert read(two.shop, Due("receipt", None)) == Receipt(who, None, None, line.number, line.head, ())
    assert read(two.shop, Due("receipt", id_)) == Receipt(who, id_, offer, line.number, line.head, ())
    assert read(two.shop, Due("expected", id_, 7)) == Expected(who, id_, offer, 7)
    assert read(two.shop, Due("fork", None, 3, digest("x"))) == Fork(who, None, None, 3, digest("x"))
    assert read(two.shop, Due("fork", None, 0, None)) == Fork(who, None, None, 0, None)
    assert read(two.shop, Due("busy", id_)) == Busy(who, id_, offer)
    two.shop.relationship = two.shop.relationship._replace(incoming=line._replace(number=0))
    assert read(two.shop, Due("receipt", None)) == Receipt(who, None, None, 0, None, ())
    stale = cose.parse_sign1(make_stale(two.shop.relationship), cose.STALE)
    log = tuple(event.data for event in two.anna.relationship.me.log.events)
    assert read_answer(cose.STALE, stale.payload) == Stale(who, None, None, log)


def test_a_receipt_frees_what_it_covers_and_keeps_the_log(two: Pair) -> None:
    """[ORDER-19], [ORDER-21], [MSG-18]"""
    for word in "abc":
        two.anna.say(Begin(word))
    sent = two.anna.relationship.outgoing.pending
    log = dict(two.anna.log.by_first_id)
    decision = take(two.anna, receipt(two.shop, sent[1].number, sent[1].id, (sent[0].number, "not-in-state")))
    assert decision.verdicts == ((sent[0].id, "not-in-state"), (sent[1].id, "applied"))
    assert decision.due is None, "an answer is not answered"
    assert decision.entries == ()
    assert two.anna.relationship.outgoing.pending == sent[2:]
    assert two.anna.relationship.outgoing.receipted == sent[1].number
    assert log.keys() == two.anna.log.by_first_id.keys()
    assert two.anna.relationship.notices.peer_receipt is not None


def test_an_answer_to_an_answer_goes_only_where_a_start_has_to_be_named(two: Pair) -> None:
    """[ORDER-22]"""
    line = two.anna.relationship.outgoing
    two.shop.relationship = sealing.renew(two.shop.relationship)
    data = sign_answer(
        two.shop.relationship.me.key, Receipt(parties(two.shop), None, None, line.number, line.head, ())
    )
    decision = take(two.anna, two.shop.seal(data))
    out = two.shop.relationship.sealing.out
    assert out is not None
    assert decision.due == Due("receipt", out.frame_key.session)


def test_a_lost_receipt_changes_no_verdict_when_a_later_one_comes(two: Pair) -> None:
    """[ORDER-18]: refused never turns into applied."""
    thread = two.begun()
    wanted = []
    lost: tuple[bytes, ...] = ()
    for word in "abcdef":
        if word in "bde":
            signed, parts = made(two.anna, Note(word), digest("no thread"))
            entry = two.anna.log.sequence(mine=True)[0]._replace(signed=signed, parts=parts, verdict=None)
            two.anna.log.put(entry)
            line = two.anna.relationship.outgoing
            two.anna.relationship = two.anna.relationship._replace(
                outgoing=line._replace(
                    number=signed.header.number,
                    head=signed.id,
                    pending=(*line.pending, _sent(signed)),
                )
            )
            frame = two.anna.seal(signed.data, parts)
            wanted.append("unknown-thread")
        else:
            frame = tell(two.anna, Note(word), thread)
            wanted.append("applied")
        lost = two.shop.receive(frame).frames
        assert lost
    take(two.anna, lost[-1])
    assert [entry.verdict for entry in two.anna.log.sequence(mine=True)][-6:] == wanted
    assert [refusal.code for refusal in two.shop.relationship.incoming.refusals] == ["unknown-thread"] * 3


def _sent(signed: Any) -> Sent:
    return Sent(signed.header.number, signed.id, signed.first_id)


def test_an_own_message_that_was_refused_leaves_no_trace(two: Pair) -> None:
    """[ORDER-16], [FOLD-2], [FOLD-4]"""
    thread = two.begun()
    before = two.anna.state().digest()
    kept = two.anna.log.threads[thread]
    two.anna.say(Deal(), thread)
    two.anna.say(Bye(), thread)
    deal, bye = two.anna.relationship.outgoing.pending
    assert two.anna.relationship.agreements.keys() == {deal.id}
    assert two.anna.log.threads[thread].state == "over"
    decision = take(
        two.anna, receipt(two.shop, bye.number, bye.id, (deal.number, "x-1"), (bye.number, "x-2"))
    )
    assert two.anna.relationship.agreements == {}
    assert two.anna.relationship.origins == {}
    assert two.anna.log.threads[thread] == kept == decision.threads[-1]
    assert two.anna.state().digest() == before
    refused = two.anna.log.find(deal.id)
    assert refused is not None
    assert refused.verdict == "x-1", "but the log keeps it, also with a code that is not known here"


def test_a_thread_whose_opening_was_refused_was_never_opened(two: Pair) -> None:
    """[ORDER-16], [FOLD-2], [GATE-17]"""
    before = two.anna.state().digest()
    two.anna.say(Begin("a"))
    (sent,) = two.anna.relationship.outgoing.pending
    two.anna.say(Note("n"), sent.id)
    last = two.anna.relationship.outgoing.pending[-1]
    take(
        two.anna,
        receipt(two.shop, last.number, last.id, (sent.number, "paused"), (last.number, "unknown-thread")),
    )
    assert two.anna.state().digest() == before
    assert two.anna.log.threads[sent.id].state == "start"
    with pytest.raises(UsageError) as found:
        two.anna.say(Note("n"), sent.id)
    assert found.value.code is Code.UNKNOWN_THREAD


def test_what_was_built_on_a_refused_opening_is_passed_over(two: Pair) -> None:
    """[FOLD-3]"""
    two.anna.say(Begin("a"))
    (sent,) = two.anna.relationship.outgoing.pending
    two.anna.say(Note("n"), sent.id)
    take(two.anna, receipt(two.shop, sent.number, sent.id, (sent.number, "paused")))
    assert sent.id not in two.anna.state().threads


def test_a_lower_receipt_is_refused_and_changes_nothing(two: Pair) -> None:
    """[ORDER-20]"""
    first = two.anna.relationship.outgoing
    two.begun()
    two.anna.say(Begin("waits"))
    frame = receipt(two.shop, first.number, first.head)
    before = held(two.anna)
    decision = take(two.anna, frame)
    assert (decision.refused, decision.verdicts) == (Code.RECEIPT_UNKNOWN, ())
    assert held(two.anna) == before
    answer_ = opens(two.anna, frame).answer
    assert answer_ is not None
    assert peer_behind(two.anna.relationship, answer_)


def test_the_same_receipt_again_changes_nothing(two: Pair) -> None:
    """[ORDER-19]"""
    two.begun()
    two.anna.say(Begin("waits"))
    line = two.anna.relationship.outgoing
    (frame,) = two.shop.receive(two.anna.frames()[-1]).frames
    take(two.anna, frame)
    two.anna.say(Begin("too"))
    before = held(two.anna)
    decision = take(two.anna, frame)
    assert (decision.refused, decision.verdicts) == (None, ())
    assert held(two.anna) == before
    assert before[0].outgoing.receipted == line.number


def halts(two: Pair, frame: bytes) -> None:
    """The answer shows this copy to be outdated: it stops, and nothing else changes."""
    before = held(two.anna)
    take(two.anna, frame)
    assert stopped(two.anna)
    after = held(two.anna)
    assert after[0] == before[0]._replace(stopped=after[0].stopped)
    assert after[1:] == before[1:]


def test_a_receipt_for_a_number_never_sent_stops_the_copy(two: Pair) -> None:
    """[ROLL-1]"""
    line = two.anna.relationship.outgoing
    halts(two, receipt(two.shop, line.number + 1, digest("x")))


def test_a_receipt_with_another_id_for_a_waiting_number_stops_the_copy(two: Pair) -> None:
    """[ROLL-1]"""
    two.anna.say(Begin("a"))
    halts(two, receipt(two.shop, two.anna.relationship.outgoing.number, digest("x")))


def test_a_receipt_with_another_id_for_a_receipted_number_stops_the_copy(two: Pair) -> None:
    """[ROLL-1]"""
    two.begun()
    two.anna.say(Begin("waits"))
    halts(two, receipt(two.shop, two.anna.relationship.outgoing.receipted, digest("x")))


def test_a_receipt_for_nothing_is_taken_where_nothing_was_receipted(two: Pair) -> None:
    """[ORDER-19]"""
    line = two.anna.relationship.outgoing
    two.anna.relationship = two.anna.relationship._replace(outgoing=line._replace(receipted=0))
    assert take(two.anna, receipt(two.shop, 0, None)).refused is None
    assert not stopped(two.anna)


def test_expected_sends_again_from_that_number(two: Pair) -> None:
    """[ORDER-8], [ROLL-1]"""
    two.anna.say(Begin("a"))
    line = two.anna.relationship.outgoing
    before = held(two.anna)
    decision = take(two.anna, answer(two.shop, Expected(parties(two.shop), None, None, line.number)))
    assert decision.resend_from == line.number
    late = take(two.anna, answer(two.shop, Expected(parties(two.shop), None, None, line.receipted)))
    assert (late.resend_from, late.refused) == (None, Code.RECEIPT_UNKNOWN)
    next_ = take(two.anna, answer(two.shop, Expected(parties(two.shop), None, None, line.number + 1)))
    assert next_.resend_from == line.number + 1
    assert held(two.anna) == before
    halts(two, answer(two.shop, Expected(parties(two.shop), None, None, line.number + 2)))


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_a_fork_stops_the_copy(two: Pair, ahead: int) -> None:
    """[ROLL-2]"""
    line = two.anna.relationship.outgoing
    halts(two, answer(two.shop, Fork(parties(two.shop), None, None, line.receipted + ahead, digest("x"))))


def test_a_fork_below_the_last_receipt_is_old(two: Pair) -> None:
    """[ROLL-2]"""
    line = two.anna.relationship.outgoing
    before = held(two.anna)
    take(two.anna, answer(two.shop, Fork(parties(two.shop), None, None, line.receipted - 1, digest("x"))))
    assert held(two.anna) == before


def test_busy_changes_nothing(two: Pair) -> None:
    """[ORDER-11]"""
    two.anna.say(Begin("a"))
    before = held(two.anna)
    decision = take(two.anna, answer(two.shop, Busy(parties(two.shop), None, None)))
    assert (decision.due, decision.verdicts) == (None, ())
    assert held(two.anna) == before


def test_while_it_recovers_no_receipt_is_taken(two: Pair) -> None:
    """[ROLL-5]"""
    two.anna.say(Begin("a"))
    (frame,) = two.shop.receive(two.anna.frames()[-1]).frames
    two.anna.relationship = two.anna.relationship._replace(recovering=True)
    before = held(two.anna)
    assert take(two.anna, frame).verdicts == ()
    assert held(two.anna) == before


def grown(log: KeyLog) -> KeyLog:
    """A log that someone knows longer; its last event is made up."""
    return log._replace(events=(*log.events, log.current._replace(seq=1, id=digest("newer"))))


def test_stale_stops_only_a_copy_whose_log_has_grown_elsewhere(two: Pair) -> None:
    """[ROLL-2], [ERR-20]"""
    log = tuple(event.data for event in two.anna.relationship.me.log.events)
    before = held(two.anna)
    for events, refused in ((log, None), ((b"\x80",), Code.COSE_STRUCTURE)):
        frame = answer(two.shop, Stale(parties(two.shop), None, None, events))
        decision = take(two.anna, frame)
        assert decision.refused == refused, "an answer that is refused is dropped"
        assert held(two.anna) == before


def test_a_log_of_someone_else_stops_nobody(two: Pair) -> None:
    """[ROLL-2], [ERR-20]"""
    other = first_event(SigningKey.from_seed(b"o" * 32), two.anna.contact_keys[-1].public, None)
    frame = answer(two.shop, Stale(parties(two.shop), None, None, (other.data,)))
    before = held(two.anna)
    assert take(two.anna, frame).refused is Code.WRONG_PARTY
    assert held(two.anna) == before


def test_another_event_of_ones_own_stops_the_copy(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """[ROLL-2]: two restores of one backup."""
    log = two.anna.relationship.me.log
    two.anna.relationship = two.anna.relationship._replace(
        me=two.anna.relationship.me._replace(log=grown(log))
    )
    other = grown(log)._replace(events=(*log.events, log.current._replace(seq=1, id=digest("other"))))
    monkeypatch.setattr("pcloud.engine.answering.keylog.read_log", lambda _: other)
    frame = make_stale(two.shop.relationship)
    with pytest.raises(Violation):
        take(two.anna, two.shop.seal(frame, answer=True))
    assert take_notice(two.anna.relationship, frame).stopped


def test_a_newer_event_of_ones_own_stops_the_copy(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """[ROLL-2]"""
    newer = grown(two.anna.relationship.me.log)
    monkeypatch.setattr("pcloud.engine.answering.keylog.read_log", lambda _: newer)
    halts(two, two.shop.seal(make_stale(two.shop.relationship), answer=True))


# Limits


def test_answers_but_receipts_go_out_every_ten_seconds_at_most(two: Pair) -> None:
    """[ORDER-24]"""
    now = two.clock.now
    before = two.shop.relationship
    assert may_answer(before, "receipt", now) is before
    kinds = {"expected", "fork", "busy", "repeat", "recovered", "resend"}
    for kind in kinds:
        first = may_answer(before, kind, now)
        assert first is not None
        assert first == before._replace(notices=first.notices)
        assert may_answer(first, kind, now + ANSWER_INTERVAL_S - 1) is None
        assert may_answer(first, kind, now + ANSWER_INTERVAL_S) is not None
        for other in kinds - {kind}:
            assert may_answer(first, other, now) is not None, "each kind for itself"


def test_notices_go_out_hourly_at_most(two: Pair) -> None:
    """[ROLL-4]"""
    now = two.clock.now
    first = may_notify(two.shop.relationship, NOTICE, now)
    assert first is not None
    assert may_notify(first, NOTICE, now + NOTICE_INTERVAL_S - 1) is None
    assert may_notify(first, NOTICE, now + NOTICE_INTERVAL_S) is not None
    assert may_notify(first, STALE, now) is not None, "a stranger's frames do not silence the newer key log"


def test_busy_is_no_answer_to_what_restricts_nor_to_an_answer(two: Pair) -> None:
    """[ORDER-25]"""
    for message, allowed in (
        (RelationshipClose(held="none"), False),
        (RelationshipPause(), False),
        (Bye(), False),
        (Begin("a"), True),
        (Deal(), True),
    ):
        signed, _ = made(two.anna, message)
        assert may_be_busy(signed, REGISTRY) is allowed
    signed, _ = made(two.anna, Begin("a"), name="x-other.begin")
    assert may_be_busy(signed, REGISTRY)
    assert not may_be_busy(None, REGISTRY)


def test_no_more_than_the_window_is_in_flight(two: Pair) -> None:
    """[ORDER-15]"""
    line = two.anna.relationship.outgoing
    many = tuple(_sent(made(two.anna, Begin("a"), number=number)[0]) for number in range(1, 300))
    two.anna.relationship = two.anna.relationship._replace(outgoing=line._replace(pending=many))
    assert in_flight(two.anna.relationship) == many[:WINDOW_MESSAGES]


def test_an_answer_shows_a_peer_that_was_set_back(two: Pair) -> None:
    """[ROLL-4]"""
    here = two.anna.relationship
    who, line = parties(two.shop), here.outgoing
    key = two.shop.relationship.sealing.receiving.current.public
    number = here.sealing.offered_number
    good = Receipt(who, b"s" * 16, KeyOffer(number, key), line.receipted, line.head, ())
    assert not peer_behind(here, good)
    assert peer_behind(here, good._replace(key=KeyOffer(number - 1, key)))
    assert peer_behind(here, good._replace(number=line.receipted - 1))
    assert peer_behind(here, Expected(who, None, None, line.receipted)), "it asks for what it has had"
    assert not peer_behind(here, Expected(who, None, None, line.receipted + 1))
    assert not peer_behind(here, Stale(who, None, None, ()))


# Notices at the contact key


def test_an_own_receipt_that_is_ahead_stops_the_copy(two: Pair) -> None:
    """[ROLL-3]"""
    copy = two.shop.relationship
    two.begun()
    newest = two.anna.relationship.notices.peer_receipt
    assert newest is not None
    assert take_notice(two.shop.relationship, newest) == two.shop.relationship, "it is the newest itself"
    after = take_notice(copy, newest)
    assert after.stopped
    assert after == copy._replace(stopped=after.stopped)


def own_receipt(node: Node, **epochs: int) -> bytes:
    """A receipt of the node that is far ahead, as its peer would give it back."""
    changed: Any = epochs
    who = parties(node)._replace(**changed)
    return sign_answer(node.relationship.me.key, Receipt(who, None, None, 99, digest("x"), ()))


def own_start(node: Node, recipient_epoch: int) -> bytes:
    who = parties(node)
    start = Start(who.sender, who.recipient, 0, recipient_epoch, b"s" * 16, 99, 1)
    return sign_start(node.relationship.me.key, start)


def test_an_own_object_that_names_an_unknown_epoch_of_the_peer_stops_the_copy(two: Pair) -> None:
    """[ROLL-3]"""
    here = two.shop.relationship
    for notice in (own_receipt(two.shop, recipient_epoch=1), own_start(two.shop, 1)):
        assert take_notice(here, notice).stopped
        recovering = here._replace(recovering=True)
        assert take_notice(recovering, notice) == recovering, "the answer will bring that epoch"


def test_an_own_object_of_an_older_epoch_is_verified_by_its_key_then(two: Pair) -> None:
    """[ROLL-3]"""
    here, old = two.shop.relationship, own_receipt(two.shop)
    later = here._replace(me=here.me._replace(log=grown(here.me.log)))
    assert take_notice(later, old) == later, "what it was ahead of is gone"
    assert take_notice(later, own_receipt(two.shop, recipient_epoch=1)).stopped


def test_an_own_object_of_an_epoch_above_ones_own_cannot_be_verified(two: Pair) -> None:
    """[ROLL-3]"""
    with pytest.raises(Violation) as found:
        take_notice(two.shop.relationship, own_receipt(two.shop, sender_epoch=1))
    assert found.value.code is Code.KEY_MISMATCH


def test_a_stale_notice_stops_the_copy(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """[ROLL-2]"""
    notice = make_stale(two.shop.relationship)
    assert take_notice(two.anna.relationship, notice) == two.anna.relationship
    newer = grown(two.anna.relationship.me.log)
    monkeypatch.setattr("pcloud.engine.answering.keylog.read_log", lambda _: newer)
    assert take_notice(two.anna.relationship, notice).stopped


def test_an_own_start_that_this_copy_never_made_stops_it(two: Pair) -> None:
    """[ROLL-3]"""
    copy = two.anna.relationship
    two.anna.relationship = sealing.renew(copy)
    exchange(two.anna, two.shop, two.anna.say(Begin("a")))
    start = two.shop.relationship.sealing.peer_start
    assert start is not None
    assert take_notice(two.anna.relationship, start) == two.anna.relationship, "it is the newest itself"
    after = take_notice(copy, start)
    assert after.stopped
    assert after == copy._replace(stopped=after.stopped)
    elsewhere = copy._replace(peer=two.shop.relationship.peer)
    with pytest.raises(Violation):
        take_notice(elsewhere, start)
    assert take_notice(copy._replace(me=copy.me._replace(log=grown(copy.me.log))), start).stopped == ""


def test_a_notice_of_anyone_else_is_refused(two: Pair) -> None:
    """[SEAL-30], [ROLL-3]"""
    me = two.shop.relationship.me
    other = SigningKey.from_seed(b"o" * 32)
    swapped = Parties(parties(two.anna).sender, parties(two.anna).recipient, 0, 0)
    log = tuple(event.data for event in two.shop.relationship.me.log.events)
    for data, code in (
        (made(two.shop, Begin("a"))[0].data, Code.TYPE_MISMATCH),
        (sign_answer(me.key, Expected(parties(two.shop), None, None, 1)), Code.TYPE_MISMATCH),
        (sign_answer(me.key, Receipt(swapped, None, None, 99, digest("x"), ())), Code.WRONG_PARTY),
        (sign_answer(other, Receipt(parties(two.shop), None, None, 99, digest("x"), ())), Code.KEY_MISMATCH),
        (sign_answer(me.key, Stale(parties(two.shop), None, None, log)), Code.WRONG_PARTY),
        (sign_answer(other, Stale(swapped, None, None, log)), Code.KEY_MISMATCH),
    ):
        with pytest.raises(Violation) as found:
            take_notice(two.shop.relationship, data)
        assert found.value.code is code


def test_an_answer_of_another_epoch_ends_no_repeat(two: Pair) -> None:
    """[ORDER-21], [ORDER-1]"""
    two.anna.say(Begin("a"))
    line = two.anna.relationship.outgoing
    for field, code in (("sender_epoch", Code.EPOCH_UNKNOWN), ("recipient_epoch", Code.OUTDATED)):
        changed: Any = {field: 1}
        who = parties(two.shop)._replace(**changed)
        frame = answer(two.shop, Receipt(who, None, None, line.number, line.head, ()))
        before = held(two.anna)
        with pytest.raises(Violation) as found:
            take(two.anna, frame)
        assert found.value.code is code
        assert held(two.anna) == before


def test_answers_are_not_numbered_nor_kept(two: Pair) -> None:
    """[ORDER-23]"""
    number = two.shop.relationship.outgoing.number
    exchange(two.anna, two.shop, two.anna.say(Begin("a")))
    assert two.shop.relationship.outgoing.number == number
    assert two.shop.relationship.outgoing.pending == ()
    assert write_content(Content(None, None, make_answer(two.shop.relationship, Due("receipt", None)), ()))
