"""[SEAL-8], [SEAL-9], [SEAL-15], [SEAL-25], [SEAL-31] to [SEAL-42]: sessions as a node keeps them."""

from typing import Any

import pytest
from tests.unit.engine.probe import Begin, Note, Pair, held, opens, take

from pcloud.engine import sealing
from pcloud.engine.retry import erase_items
from pcloud.engine.snapshot import InSession, OutSession
from pcloud.errors import Code, UsageError, Violation
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.limits import (
    SESSION_AGE_S_MAX,
    SESSION_FRAMES_DUE,
    SESSION_FRAMES_MAX,
    SESSION_KEPT_S_MAX,
    SESSIONS_KEPT_MAX,
)
from pcloud.testing.node import Node, exchange
from pcloud.wire import session as wire
from pcloud.wire.answers import KeyOffer
from pcloud.wire.content import Content, Start, sign_start, write_content
from pcloud.wire.keys import HybridKey
from pcloud.wire.session import Frame, FrameKey


def out(node: Node) -> OutSession:
    found = node.relationship.sealing.out
    assert found is not None
    return found


def parsed(frame: bytes) -> Frame:
    found = wire.read_frame(frame)
    assert isinstance(found, Frame)
    return found


def change_sealing(node: Node, **fields: Any) -> None:
    keys = node.relationship.sealing._replace(**fields)
    node.relationship = node.relationship._replace(sealing=keys)


def start_of(node: Node, **fields: Any) -> tuple[bytes, FrameKey, bytes]:
    """A start to the key that the node knows of its peer, and a signed start with any field changed."""
    keys = node.relationship.sealing
    offered = keys.offered
    assert offered is not None
    number = keys.started + 1
    block, key = wire.make_start(offered.public, b"s" * 32, keys.founding, number, offered.number)
    me, peer = node.relationship.me, node.relationship.peer
    start = Start(
        me.log.persona, peer.log.persona, me.log.epoch, peer.log.epoch, key.session, number, offered.number
    )
    return block, key, sign_start(me.key, start._replace(**fields))


def framed(key: FrameKey, block: bytes | None, *content: bytes | None) -> bytes:
    start, signed = content
    return wire.seal_frame(key, block, write_content(Content(start, None, signed, ())), b"r" * 12)


def refused(node: Node, frame: bytes) -> Code:
    """The frame's refusal, which changed nothing at all."""
    before = held(node)
    with pytest.raises(Violation) as found:
        opens(node, frame)
    assert held(node) == before
    return found.value.code


def test_a_start_is_spent_once_and_its_key_is_destroyed_in_that_commit(two: Pair) -> None:
    """[SEAL-33], [SEAL-8]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    before = two.shop.relationship.sealing
    frame = two.anna.say(Begin("a"))
    assert parsed(frame).block is not None
    two.shop.receive(frame)
    after = two.shop.relationship.sealing
    assert after.receiving.number == before.receiving.number + 1
    assert after.receiving.current is before.receiving.spare
    assert before.receiving.current not in (after.receiving.current, after.receiving.spare)
    assert len(after.sessions) == len(before.sessions) + 1

    again = two.shop.relationship
    assert two.shop.receive(frame).refused is None
    assert two.shop.relationship.sealing.receiving is again.sealing.receiving, (
        "a known session starts nothing"
    )
    assert two.shop.relationship.sealing.sessions is again.sealing.sessions


def test_a_second_start_to_a_spent_key_never_opens(two: Pair) -> None:
    """[SEAL-31], [SEAL-36]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    block, key, start = start_of(two.anna)
    exchange(two.anna, two.shop, two.anna.say(Begin("a")))
    assert refused(two.shop, framed(key, block, start, None)) is Code.KEY_SPENT


def test_a_start_to_a_key_that_was_never_announced_is_refused(two: Pair) -> None:
    """[SEAL-31]"""
    offered = two.anna.relationship.sealing.offered
    assert offered is not None
    change_sealing(two.anna, offered=KeyOffer(offered.number + 1, offered.public))
    block, key, start = start_of(two.anna)
    assert refused(two.shop, framed(key, block, start, None)) is Code.UNKNOWN_SESSION


def test_a_frame_with_a_start_block_but_no_signed_start_spends_no_key(two: Pair) -> None:
    """[SEAL-21]: whoever holds published messages cannot burn keys."""
    block, key, start = start_of(two.anna)
    entry = next(iter(two.anna.log.by_first_id.values()))
    assert refused(two.shop, framed(key, block, None, entry.signed.data)) is Code.START_MISSING
    assert take_start(two.shop, framed(key, block, start, None)) == key.session


def take_start(node: Node, frame: bytes) -> bytes | None:
    return opens(node, frame).session


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("session", b"0" * 16, Code.START_MISMATCH),
        ("number", 77, Code.START_MISMATCH),
        ("key_number", 77, Code.START_MISMATCH),
        ("sender", b"0" * 32, Code.WRONG_PARTY),
        ("recipient", b"0" * 32, Code.WRONG_PARTY),
        ("sender_epoch", 1, Code.EPOCH_UNKNOWN),
        ("recipient_epoch", 1, Code.OUTDATED),
    ],
)
def test_a_signed_start_that_says_something_else_spends_no_key(
    two: Pair, field: str, value: object, code: Code
) -> None:
    """[SEAL-22], [SEAL-23], [SEAL-24], [SEAL-32]"""
    block, key, start = start_of(two.anna, **{field: value})
    assert refused(two.shop, framed(key, block, start, None)) is code


def test_a_signed_start_of_another_key_is_refused(two: Pair) -> None:
    """[SEAL-22]"""
    block, key, _ = start_of(two.anna)
    mine = two.anna.relationship.me
    two.anna.relationship = two.anna.relationship._replace(me=two.shop.relationship.me._replace(log=mine.log))
    _, _, start = start_of(two.anna)
    assert refused(two.shop, framed(key, block, start, None)) is Code.KEY_MISMATCH


def test_session_numbers_rise(two: Pair) -> None:
    """[SEAL-9]"""
    change_sealing(two.anna, started=0)
    block, key, start = start_of(two.anna)
    assert refused(two.shop, framed(key, block, start, None)) is Code.START_MISMATCH
    change_sealing(two.anna, started=two.shop.relationship.sealing.sessions[-1].number)
    block, key, start = start_of(two.anna)
    assert take_start(two.shop, framed(key, block, start, None)) == key.session


def test_a_frame_that_names_another_session_than_its_start_block_is_refused(two: Pair) -> None:
    """[SEAL-16]"""
    block, key, start = start_of(two.anna)
    other = out(two.anna).frame_key
    assert refused(two.shop, framed(FrameKey(b"0" * 16, key.key), block, start, None)) is Code.START_MISMATCH
    known = framed(other, block, start, None)
    assert refused(two.shop, known) is Code.START_MISMATCH, "also where that session is known"
    assert refused(two.shop, framed(key, b"\x80", start, None)) is Code.SHAPE


def test_every_frame_carries_the_start_until_an_answer_names_the_session(two: Pair) -> None:
    """[SEAL-15], [SEAL-25], [SEAL-34]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    first = two.anna.say(Begin("a"))
    start = out(two.anna).start
    second = two.anna.say(Begin("b"))
    assert parsed(first).block == parsed(second).block is not None
    assert out(two.anna).start is start, "the same bytes"
    two.shop.receive(first)
    opened = opens(two.shop, second)
    assert opened.session == out(two.anna).frame_key.session

    receipt = two.shop.receive(second).frames[-1]
    decision = take(two.anna, receipt)
    assert decision.relationship.sealing.offered is not None
    assert decision.relationship.sealing.offered.number == two.shop.relationship.sealing.receiving.number
    third = two.anna.say(Begin("c"))
    assert parsed(third).block is None
    assert parsed(third).session == parsed(first).session
    assert two.shop.receive(third).refused is None


def test_an_answer_that_names_another_session_leaves_the_start_in_place(two: Pair) -> None:
    """[SEAL-15]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    two.anna.say(Begin("a"))
    block = out(two.anna).block
    frame = two.shop.seal(two.shop.relationship.notices.peer_receipt, answer=True)
    assert refused(two.anna, frame) is Code.WRONG_PARTY
    assert out(two.anna).block is block


def test_a_session_without_a_secret_is_unknown(two: Pair) -> None:
    """[SEAL-14]"""
    frame = two.anna.say(Begin("a"))
    change_sealing(two.shop, sessions=())
    assert refused(two.shop, frame) is Code.UNKNOWN_SESSION


@pytest.mark.parametrize(
    "cause", ["a day", "a thousand frames", "an erasure", "a start of the node", "a move"]
)
def test_a_new_session_is_due_after(two: Pair, cause: str) -> None:
    """[SEAL-37]"""
    now = two.clock.now
    change_sealing(two.anna, out=out(two.anna)._replace(began=now, frames=0))
    assert not sealing.session_due(two.anna.relationship.sealing, now)
    match cause:
        case "a day":
            assert not sealing.session_due(two.anna.relationship.sealing, now + SESSION_AGE_S_MAX - 1)
            two.clock.now += SESSION_AGE_S_MAX
        case "a thousand frames":
            change_sealing(two.anna, out=out(two.anna)._replace(frames=SESSION_FRAMES_DUE - 1))
            assert not sealing.session_due(two.anna.relationship.sealing, now)
            change_sealing(two.anna, out=out(two.anna)._replace(frames=SESSION_FRAMES_DUE))
        case "an erasure":
            entry = next(entry for entry in two.anna.log.by_first_id.values() if entry.mine)
            two.anna.relationship, _ = erase_items(two.anna.relationship, entry)
        case "a start of the node":
            two.anna.relationship = sealing.renew(two.anna.relationship)
        case _:
            move = RelationshipMove(mailbox=b"m" * 16, endpoints=("https://other.example",))
            exchange(two.shop, two.anna, two.shop.say(move, two.shop.thread))
            assert two.anna.relationship.peer.mailbox == b"m" * 16
            return
    assert sealing.session_due(two.anna.relationship.sealing, two.clock.now)
    old = out(two.anna).frame_key
    exchange(two.anna, two.shop, two.anna.say(Begin("a")))
    assert out(two.anna).frame_key != old
    assert out(two.anna).number == two.anna.relationship.sealing.started
    assert not two.anna.relationship.outgoing.pending


def test_a_new_mailbox_gets_a_new_session_even_for_the_receipt(two: Pair) -> None:
    """[SEAL-39]"""
    old = out(two.anna).frame_key
    move = RelationshipMove(mailbox=b"m" * 16, endpoints=("https://other.example",))
    frames = two.anna.receive(two.shop.say(move, two.shop.thread)).frames
    assert parsed(frames[0]).session != old.session
    assert two.shop.receive(frames[0]).refused is None
    assert not two.shop.relationship.outgoing.pending
    assert not two.anna.relationship.sealing.moved


def test_without_an_unused_key_the_old_session_goes_on_at_the_new_mailbox(two: Pair) -> None:
    """[SEAL-39], [SEAL-36]"""
    old = out(two.anna).frame_key
    change_sealing(two.anna, offered=None, moved=True, due=True)
    assert parsed(two.anna.seal(b"")).session == old.session
    assert two.anna.relationship.sealing.moved
    assert two.anna.relationship.sealing.due


def test_an_answer_alone_opens_a_session_only_where_none_exists(two: Pair) -> None:
    """[SEAL-37]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    old = out(two.anna).frame_key
    assert parsed(two.anna.seal(b"x", answer=True)).session == old.session
    change_sealing(two.anna, out=None)
    assert parsed(two.anna.seal(b"x", answer=True)).session != old.session


def test_past_its_bound_a_session_goes_on_until_a_key_is_known(two: Pair) -> None:
    """[SEAL-36], [SEAL-38]"""
    offered = two.anna.relationship.sealing.offered
    change_sealing(two.anna, offered=None, out=out(two.anna)._replace(frames=SESSION_FRAMES_MAX - 1))
    old = out(two.anna).frame_key
    assert sealing.can_seal(two.anna.relationship.sealing)
    assert parsed(two.anna.say(Begin("a"))).session == old.session
    assert not sealing.can_seal(two.anna.relationship.sealing)
    before = held(two.anna)
    for answer in (True, False):
        with pytest.raises(UsageError) as found:
            two.anna.seal(b"x", answer=answer)
        assert found.value.code is Code.UNKNOWN_SESSION
    assert held(two.anna) == before
    change_sealing(two.anna, offered=offered)
    assert sealing.can_seal(two.anna.relationship.sealing)
    assert parsed(two.anna.seal(b"x", answer=True)).session != old.session, "who only answers is not stuck"


def test_nobody_without_session_or_key_can_seal(two: Pair) -> None:
    """[SEAL-36]"""
    change_sealing(two.anna, out=None, offered=None)
    assert not sealing.can_seal(two.anna.relationship.sealing)
    with pytest.raises(UsageError):
        two.anna.seal(b"x")


def test_four_sessions_are_kept(two: Pair) -> None:
    """[SEAL-40]"""
    frames = []
    for word in "abcdef":
        two.anna.relationship = sealing.renew(two.anna.relationship)
        frames.append(two.anna.say(Begin(word)))
        exchange(two.anna, two.shop, frames[-1])
    kept = two.shop.relationship.sealing.sessions
    assert len(kept) == SESSIONS_KEPT_MAX
    assert [session.number for session in kept] == sorted(session.number for session in kept)
    assert refused(two.shop, frames[0]) is Code.KEY_SPENT
    assert two.shop.receive(frames[2]).refused is None


def test_a_secret_dies_a_day_after_the_next_session_began(two: Pair) -> None:
    """[SEAL-41]"""
    key = FrameKey(b"k" * 16, b"k" * 32)
    first, second, third = InSession(key, 1, 100), InSession(key, 2, 200), InSession(key, 3, 300)
    every = (first, second, third)
    assert sealing.forget_sessions(every, 200 + SESSION_KEPT_S_MAX - 1) == every
    assert sealing.forget_sessions(every, 200 + SESSION_KEPT_S_MAX) == (second, third)
    assert sealing.forget_sessions(every, 300 + SESSION_KEPT_S_MAX) == (third,)
    assert sealing.forget_sessions(every, 10**9) == (third,), "the newest stays"
    assert sealing.forget_sessions((), 10**9) == ()

    old = two.anna.say(Begin("a"))
    two.anna.relationship = sealing.renew(two.anna.relationship)
    exchange(two.anna, two.shop, two.anna.say(Begin("b")))
    two.clock.now += SESSION_KEPT_S_MAX
    assert refused(two.shop, old) is Code.UNKNOWN_SESSION, "a late timer opens nothing more"
    assert len(two.shop.relationship.sealing.sessions) > 1
    tidy = sealing.tidy_sessions(two.shop.relationship, two.clock.now)
    assert tidy.sealing.sessions == two.shop.relationship.sealing.sessions[-1:]


def test_erasing_what_the_peer_sent_keeps_only_its_newest_session(two: Pair) -> None:
    """[SEAL-42]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    thread = two.begun()
    exchange(two.anna, two.shop, two.anna.say(Note("n"), thread, (b"item",)))
    before = two.shop.relationship
    assert len(before.sealing.sessions) > 1
    (entry,) = [each for each in two.shop.log.by_first_id.values() if len(each.parts) > 1]
    after, erased = erase_items(before, entry)
    assert after.sealing.sessions == before.sealing.sessions[-1:]
    assert after == before._replace(sealing=after.sealing), "nothing else changes"
    assert erased.parts == (entry.parts[0], None)
    assert erased.signed is entry.signed


def test_a_key_is_taken_only_with_a_higher_number(two: Pair) -> None:
    """[SEAL-35]"""
    keys = two.anna.relationship.sealing
    public = HybridKey.from_seed(b"k" * 32).public
    for number in (1, keys.offered_number):
        exchange(
            two.shop,
            two.anna,
            two.shop.say(RelationshipRotate(key=KeyOffer(number, public)), two.shop.thread),
        )
        assert two.anna.relationship.sealing.offered_number == keys.offered_number
    higher = KeyOffer(keys.offered_number + 5, public)
    exchange(two.shop, two.anna, two.shop.say(RelationshipRotate(key=higher), two.shop.thread))
    assert two.anna.relationship.sealing.offered_number >= higher.number
