"""Findings of a hostile review: what is asked, claimed or sent a second time (spec 05, 06, 07)."""

import pytest
from tests.unit.engine.probe import (
    Begin,
    Note,
    Pair,
    commitment,
    contact_frame,
    strangers,
    take,
    tell,
    verdict,
)
from tests.unit.engine.thief import (
    DAY,
    again,
    applied,
    newest,
    recover,
    rejects_late,
    same,
    slips,
    state,
)

from pcloud.engine import recovery
from pcloud.engine.snapshot import REJECTED, Decision, Overlay
from pcloud.errors import Code
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.limits import ANSWER_INTERVAL_S, LINK_KEY_BYTES, MAILBOX_BYTES, NOTICE_INTERVAL_S
from pcloud.testing.node import Node, ask, exchange, pend
from pcloud.wire import cose, session
from pcloud.wire.content import Content, write_content
from pcloud.wire.invitation import Link
from pcloud.wire.keys import SigningKey
from pcloud.wire.parts import Part
from pcloud.wire.position import sign_position


def answers(node: Node, frame: bytes) -> int:
    return len(node.receive(frame).frames)


# What is asked again is answered every ten seconds


def test_a_frame_that_is_repeated_gets_a_receipt_every_ten_seconds(two: Pair) -> None:
    """[ORDER-24]"""
    frame = two.anna.say(Begin("a"))
    assert answers(two.shop, frame) == 1
    assert [answers(two.shop, frame) for _ in range(5)] == [1, 0, 0, 0, 0]
    two.clock.now += ANSWER_INTERVAL_S
    assert [answers(two.shop, frame) for _ in range(2)] == [1, 0]


def test_what_is_new_gets_its_receipt_at_once(two: Pair) -> None:
    """[ORDER-24]"""
    for word in "abc":
        assert answers(two.shop, two.anna.say(Begin(word))) == 1


def test_a_recover_that_is_repeated_gets_its_answer_every_ten_seconds(two: Pair) -> None:
    """[ORDER-24]"""
    frame = recover(two.anna, "anna")
    assert answers(two.shop, frame)
    first, *more = [answers(two.shop, frame) for _ in range(5)]
    assert first
    assert not any(more)
    two.clock.now += ANSWER_INTERVAL_S
    assert answers(two.shop, frame)
    assert not answers(two.shop, frame)


def test_an_expected_that_is_repeated_has_the_messages_sent_again_every_ten_seconds(two: Pair) -> None:
    """[ORDER-24]"""
    two.anna.say(Begin("lost"))
    (expected,) = two.shop.receive(two.anna.say(Begin("early"))).frames
    assert [answers(two.anna, expected) for _ in range(4)] == [2, 0, 0, 0]
    two.clock.now += ANSWER_INTERVAL_S
    assert answers(two.anna, expected) == 2


def test_a_strangers_frames_do_not_silence_the_newer_key_log(two: Pair) -> None:
    """[ROLL-4]"""
    twin = two.anna.clone("twin")
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    two.clock.now += NOTICE_INTERVAL_S
    junk = session.seal_frame(
        session.FrameKey(b"s" * 16, b"k" * 32), None, b"\x84\xf6\xf6\x40\x80", bytes(12)
    )
    assert two.shop.receive(junk).refused is not None
    received = two.shop.receive(recover(twin, "anna"))
    assert received.refused is not None
    assert received.refused.code == Code.STALE
    (stale,) = received.frames
    twin.receive(stale)
    assert twin.shown == two.anna.relationship.me.log


# What claims to have been first, or to have known nothing


def sides(two: Pair) -> tuple[Node, Node]:
    lower, higher = sorted((two.anna, two.shop), key=lambda node: node.relationship.me.log.persona)
    return lower, higher


def test_an_answer_that_claims_not_to_know_what_it_answers_is_refused(two: Pair) -> None:
    """[FOLD-1]: the lower persona would come before what it answers."""
    lower, higher = sides(two)
    exchange(higher, lower, tell(higher, Begin("b")))
    thread = newest(higher).first_id
    old = newest(lower).signed.header
    frame = slips(lower, Note("n"), thread, highest=old.highest, highest_id=old.highest_id)
    assert verdict(higher, frame) == Code.NOT_IN_STATE
    same(higher)


def test_words_that_crossed_are_taken_by_both(two: Pair) -> None:
    """[FOLD-1], [ORDER-16]"""
    thread = two.begun()
    one, other = tell(two.anna, Note("a"), thread), tell(two.shop, Note("s"), thread)
    exchange(two.anna, two.shop, one)
    exchange(two.shop, two.anna, other)
    assert len(two.anna.log.threads[thread].data["notes"]) == 2
    same(two.anna, two.shop)


def test_what_was_sent_again_is_not_sent_again_under_its_second_id(two: Pair) -> None:
    """[REC-18], [REC-48]"""
    thread = two.begun()
    exchange(two.anna, two.shop, tell(two.anna, Note("n"), thread))
    first = newest(two.anna)
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    assert two.shop.receive(again(two.anna, Note("n"), first, first.first_id)).refused is None
    second = newest(two.anna).signed.id
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    held = len(two.shop.log.by_first_id)
    assert take(two.shop, again(two.anna, Note("n"), first, second)).refused == Code.FORK
    assert two.shop.relationship.incoming.halted
    assert len(two.shop.log.by_first_id) == held, "it is not there twice"


def test_a_reject_that_is_sent_again_acts_in_its_own_commit(two: Pair) -> None:
    """[REC-33], [REC-20]"""
    exchange(two.anna, two.shop, two.anna.say(RelationshipPause(), two.anna.thread))
    pause = newest(two.anna).first_id
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    assert state(two.shop) == "paused-by-opener"
    two.shop.receive(rejects_late(two.anna, pause))
    held = two.shop.log.find(pause)
    assert held is not None
    assert held.verdict == REJECTED
    assert state(two.shop) == "active"
    same(two.shop)


@pytest.mark.parametrize("name", ["request", "accept", "confirm"])
def test_what_made_the_relationship_cannot_be_rejected(two: Pair, name: str) -> None:
    """[REC-33]"""
    sender, receiver, owner = (
        (two.shop, two.anna, "shop") if name == "accept" else (two.anna, two.shop, "anna")
    )
    (made,) = [
        entry for entry in sender.log.sequence(mine=True) if entry.signed.header.name.endswith(f".{name}")
    ]
    exchange(sender, receiver, recover(sender, owner))
    assert receiver.receive(rejects_late(sender, made.first_id)).refused is None
    assert applied(receiver, made.first_id)
    assert state(receiver) == "active"
    same(receiver)
    receiver.say(RelationshipClose("none"), receiver.thread)
    assert receiver.receive(recover(sender, owner)).refused is None


@pytest.mark.parametrize("what", ["pause", "request", "nothing"])
def test_a_reject_that_the_peer_passed_over_is_passed_over_when_it_comes_back(two: Pair, what: str) -> None:
    """[REC-24], [REC-32]: a thief says it of what nobody has lost."""
    exchange(two.anna, two.shop, two.anna.say(RelationshipPause(), two.anna.thread))
    named = {"pause": newest(two.anna).first_id, "request": two.anna.thread, "nothing": bytes(32)}[what]
    restored, thief = two.anna.clone("restored"), two.anna.clone("thief")
    exchange(thief, two.shop, slips(thief, RelationshipReject((named,)), thief.thread))
    exchange(restored, two.shop, recover(restored, "anna"))
    assert newest(thief).first_id in restored.relationship.unaffirmed, "it came back"
    assert state(restored) == state(two.shop) == "paused-by-opener"
    same(restored, two.shop)


def test_no_reject_that_comes_back_reaches_what_made_the_relationship(two: Pair) -> None:
    """[REC-32]"""
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    restored, thief = two.anna.clone("restored"), two.anna.clone("thief")
    exchange(thief, two.shop, slips(thief, RelationshipReject((thief.thread,)), thief.thread))
    exchange(restored, two.shop, recover(restored, "anna"))
    assert newest(thief).first_id in restored.relationship.unaffirmed, "it came back"
    assert applied(restored, restored.thread)
    assert state(restored) == "active"
    same(restored, two.shop)


def test_nobody_rejects_what_the_peer_said(two: Pair) -> None:
    """[REC-32]: not at the peer, and not when the reject comes back."""
    exchange(two.shop, two.anna, two.shop.say(RelationshipPause(), two.shop.thread))
    pause = newest(two.shop).first_id
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    restored, thief = two.anna.clone("restored"), two.anna.clone("thief")
    exchange(thief, two.shop, slips(thief, RelationshipReject((pause,)), thief.thread))
    exchange(restored, two.shop, recover(restored, "anna"))
    assert newest(thief).first_id in restored.relationship.unaffirmed, "it came back"
    assert state(restored) == state(two.shop) == "paused-by-other"
    same(restored, two.shop)


def test_a_reject_that_acted_at_the_peer_acts_when_it_comes_back(two: Pair) -> None:
    """[REC-24]"""
    restored = two.anna.clone("restored")
    exchange(two.anna, two.shop, two.anna.say(RelationshipPause(), two.anna.thread))
    pause = newest(two.anna).first_id
    exchange(restored, two.shop, recover(restored, "anna"))
    later = restored.clone("restored again")
    exchange(restored, two.shop, restored.say(RelationshipReject((pause,)), restored.thread))
    assert state(two.shop) == "active"
    exchange(later, two.shop, recover(later, "anna"))
    assert not applied(later, pause)
    assert state(later) == "active"
    same(later, two.shop)


# The ninety days


def recovered_frame(two: Pair) -> bytes:
    """The events of Anna's next epoch in a `recovered`, sealed in her last session."""
    out = two.anna.relationship.sealing.out
    assert out is not None
    recover(two.anna, "anna")
    relation = two.anna.relationship
    position = recovery.position_of(relation, two.anna.log, two.shop.relationship.me.log.current.id)
    signed = sign_position(relation.me.key, cose.RECOVERED, position)
    return session.seal_frame(out.frame_key, None, write_content(Content(None, None, signed, ())), bytes(12))


def next_epoch(two: Pair, *, by: str) -> bytes:
    return recover(two.anna, "anna") if by == "recover" else recovered_frame(two)


@pytest.mark.parametrize("by", ["recover", "recovered"])
def test_a_thief_who_closes_does_not_shut_the_owner_out(two: Pair, by: str) -> None:
    """[REC-43]"""
    thief = two.anna.clone("thief")
    exchange(thief, two.shop, thief.say(RelationshipClose("none"), thief.thread))
    assert state(two.shop) == "closed"
    two.clock.now += 91 * DAY
    assert two.shop.receive(next_epoch(two, by=by)).refused is None
    assert two.shop.relationship.peer.log == two.anna.relationship.me.log
    assert two.shop.relationship.incoming.number == 0


@pytest.mark.parametrize("by", ["recover", "recovered"])
def test_ninety_days_after_ones_own_close_nobody_comes_back(two: Pair, by: str) -> None:
    """[REC-43]"""
    exchange(two.shop, two.anna, two.shop.say(RelationshipClose("none"), two.shop.thread))
    two.clock.now += 91 * DAY
    frame, known = next_epoch(two, by=by), two.shop.relationship.peer
    received = two.shop.receive(frame)
    assert state(two.shop) == "closed"
    assert not two.shop.relationship.recovered, "nothing was exchanged"
    if by == "recover":
        assert received.refused is not None
        assert received.refused.code == Code.CLOSED
        assert two.shop.relationship.peer == known


def test_who_closed_and_lost_the_log_gets_an_answer_even_after_ninety_days(two: Pair) -> None:
    """[REC-43]"""
    exchange(two.shop, two.anna, two.shop.say(RelationshipClose("none"), two.shop.thread))
    two.clock.now += 91 * DAY
    exchange(two.shop, two.anna, recover(two.shop, "shop"))
    assert not two.shop.relationship.recovering


# What is printed, who asks


def test_nothing_secret_is_printed() -> None:
    anna, _, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    ask(anna, invitation)
    relation, part = anna.relationship, Part(b"S" * 16, b"MY DIARY")
    out = relation.sealing.out
    assert out is not None
    link = Link("https://shop.example", b"m" * MAILBOX_BYTES, bytes(32), b"K" * LINK_KEY_BYTES)
    printed = repr((relation, relation.me, out.frame_key, link, part))
    for secret in (out.frame_key.key, relation.me.nonce, link.key, part.data, part.salt):
        assert secret
        assert repr(secret)[2:-1] not in printed
        assert secret.hex() not in printed
    for shown in (out.frame_key.session.hex(), relation.me.log.persona.hex(), link.endpoint, "8 bytes"):
        assert shown in printed


def test_a_contact_frame_to_who_has_only_an_invitation_is_refused() -> None:
    """[SEAL-27]"""
    _, shop, _, invitation = strangers()
    public = invitation.log.current.contact_key
    receipt = cose.sign1(SigningKey.from_seed(b"k" * 32), cose.RECEIPT, b"\x80")
    for signed in (b"junk", receipt):
        received = shop.receive(contact_frame(public, signed))
        assert received.refused is not None
        assert received.refused.code == Code.UNKNOWN_SESSION
        assert received.frames == ()


def test_two_requests_that_name_one_mailbox_are_two_that_wait() -> None:
    """[REL-13]"""
    _, shop, clock, invitation = strangers(uses=5)
    waiting = []
    for name in ("one", "two"):
        guest = Node(name, clock, registry=shop.registry)
        pend(guest, invitation, commitment(name))
        me = guest.relationship.me._replace(mailbox=b"M" * MAILBOX_BYTES)
        guest.relationship = guest.relationship._replace(me=me)
        shop._relationship = None
        assert shop.receive(ask(guest, invitation)).refused is None
        waiting.append(newest(guest).first_id)
    assert shop.scope is not None
    assert shop.scope.pending == tuple(waiting)
    shop.use_invitation()
    assert shop.scope.pending == (waiting[0],)


def test_a_history_to_come_has_the_verdicts_to_come(two: Pair) -> None:
    thread = two.begun()
    other = two.begun()
    after = Overlay(two.shop.log, Decision(two.shop.relationship, verdicts=((thread, REJECTED),)))
    assert [entry.verdict for entry in after.entries(thread)] == [REJECTED]
    assert after.entries(other) == two.shop.log.entries(other)
