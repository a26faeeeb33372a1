"""[SEAL-22], [SEAL-26] to [SEAL-32], [MSG-3], [MSG-4], [ORDER-9], [ORDER-10], [ERR-12], [ROLL-2]."""

import random
from typing import Any

import pytest
from tests.unit.engine.probe import (
    Begin,
    Pair,
    commitment,
    contact_frame,
    forged,
    held,
    made,
    opens,
    strangers,
    take,
    tell,
    verdict,
)

from pcloud.engine import decide, invitations, recovery, sealing
from pcloud.engine.answering import make_stale
from pcloud.engine.intake import (
    Opened,
    Unproven,
    after_refusal,
    authenticate,
    open_contact_frame,
    open_frame,
    open_unproven,
    proven,
)
from pcloud.errors import STAGE_OF, Code, Stage, Violation
from pcloud.features.relationship.close import RelationshipClose
from pcloud.testing.node import Node, ask, exchange, pend, welcome
from pcloud.wire import cose, session
from pcloud.wire.answers import Parties, Receipt, sign_answer
from pcloud.wire.content import Content, Introduction, make_succession, write_content
from pcloud.wire.header import sign_header
from pcloud.wire.keylog import first_event
from pcloud.wire.keys import HybridKey, SigningKey, verify


def refused(node: Node, frame: bytes) -> Code:
    before = held(node)
    with pytest.raises(Violation) as found:
        take(node, frame)
    assert held(node) == before, "nothing changed"
    return found.value.code


def content(node: Node, signed: bytes | None, **fields: Any) -> bytes:
    """A frame of the node's session with any content."""
    out = node.relationship.sealing.out
    assert out is not None
    plain = Content(out.start, None, signed, ())._replace(**fields)
    return session.seal_frame(out.frame_key, out.block, write_content(plain), node.draw(12))


@pytest.mark.parametrize("starting", [False, True])
def test_a_byte_flipped_anywhere_changes_nothing(two: Pair, *, starting: bool) -> None:
    """[SEAL-12], [SEAL-14], [SEAL-32], [ERR-12]"""
    if starting:
        two.anna.relationship = sealing.renew(two.anna.relationship)
    frame = two.anna.say(Begin("a"))
    at = random.Random(7).sample(range(len(frame)), 150)
    for index in sorted({*at, *range(60), *range(len(frame) - 20, len(frame))}):
        broken = bytearray(frame)
        broken[index] ^= 1 + index % 255
        code = refused(two.shop, bytes(broken))
        assert STAGE_OF[code] in (Stage.SIZE, Stage.FORM, Stage.AUTHENTIC), index
    assert verdict(two.shop, frame) == "applied"


def test_a_frame_cut_short_or_too_long_changes_nothing(two: Pair) -> None:
    """[SEAL-10], [ERR-12]"""
    frame = two.anna.say(Begin("a"))
    for size in range(0, len(frame), 17):
        refused(two.shop, frame[:size])
    assert refused(two.shop, bytes(65_537)) is Code.FRAME_TOO_LARGE


def test_a_contact_frame_is_no_frame_of_a_session(two: Pair) -> None:
    """[SEAL-11]"""
    frame = contact_frame(two.shop.relationship.me.log.current.contact_key, b"x")
    assert refused(two.shop, frame) is Code.UNKNOWN_SESSION


def test_a_contact_frame_holds_one_signed_object_and_nothing_else(two: Pair) -> None:
    """[SEAL-29], [SEAL-30]"""
    key = two.shop.contact_keys[-1]
    keys = two.shop.contact_keys

    def sealed(plain: Content) -> bytes:
        return session.seal_contact(key.public, write_content(plain))

    def code(frame: bytes) -> Code:
        with pytest.raises(Violation) as found:
            open_contact_frame(keys, frame)
        return found.value.code

    assert open_contact_frame(keys, sealed(Content(None, None, b"x", ()))) == b"x"
    assert code(sealed(Content(b"s", None, b"x", ()))) is Code.SHAPE
    assert code(sealed(Content(b"s", None, None, ()))) is Code.SHAPE
    assert code(sealed(Content(None, Introduction((b"e",), None), b"x", ()))) is Code.SHAPE
    assert code(sealed(Content(None, None, b"x", (None,)))) is Code.SHAPE
    assert code(two.anna.say(Begin("a"))) is Code.UNKNOWN_SESSION
    other = HybridKey.from_seed(b"o" * 32)
    assert code(session.seal_contact(other.public, write_content(Content(None, None, b"x", ())))) is (
        Code.NOT_OPENED
    )
    broken = bytearray(sealed(Content(None, None, b"x", ())))
    broken[-1] ^= 1
    assert code(bytes(broken)) is Code.NOT_OPENED


@pytest.mark.parametrize("typ", [cose.KEY_EVENT, cose.START, cose.RECOVER, cose.INVITATION, cose.CARD])
def test_what_is_no_header_answer_or_position_is_refused(two: Pair, typ: str) -> None:
    """[SEC-3]"""
    data = cose.sign1(two.anna.relationship.me.key, typ, b"\x80")
    assert refused(two.shop, content(two.anna, data)) is Code.TYPE_MISMATCH


def test_a_type_is_not_taken_for_another(two: Pair) -> None:
    """[SEC-3]"""
    signed, _ = made(two.anna, Begin("a"))
    with pytest.raises(Violation) as found:
        authenticate(two.shop.relationship, signed.data, cose.RECEIPT)
    assert found.value.code is Code.TYPE_MISMATCH


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sender", b"0" * 32, Code.WRONG_PARTY),
        ("recipient", b"0" * 32, Code.WRONG_PARTY),
        ("sender_epoch", 1, Code.EPOCH_UNKNOWN),
        ("recipient_epoch", 1, Code.OUTDATED),
    ],
)
def test_a_header_names_both_personas_and_both_epochs(two: Pair, field: str, value: Any, code: Code) -> None:
    """[MSG-3], [ORDER-1], [ORDER-10]"""
    assert refused(two.shop, forged(two.anna, Begin("a"), **{field: value})) is code


def test_an_older_epoch_is_stale_whoever_signs_it(two: Pair) -> None:
    """[ORDER-9]"""
    frame = forged(two.anna, Begin("a"))
    log = two.anna.relationship.me.log
    newer = log.current._replace(seq=1)
    peer = two.shop.relationship.peer
    two.shop.relationship = two.shop.relationship._replace(
        peer=peer._replace(log=log._replace(events=(*log.events, newer)))
    )
    assert refused(two.shop, frame) is Code.STALE


def test_an_older_epoch_of_the_recipient_is_stale(two: Pair) -> None:
    """[ORDER-9]"""
    frame = forged(two.anna, Begin("a"))
    me = two.shop.relationship.me
    newer = me.log._replace(events=(*me.log.events, me.log.current._replace(seq=1)))
    two.shop.relationship = two.shop.relationship._replace(me=me._replace(log=newer))
    assert refused(two.shop, frame) is Code.STALE


def test_a_message_of_ones_own_does_not_come_back(two: Pair) -> None:
    """[MSG-3]"""
    mine, _ = made(two.shop, Begin("a"))
    assert refused(two.shop, content(two.anna, mine.data)) is Code.WRONG_PARTY


def test_another_key_or_a_broken_signature_is_refused(two: Pair) -> None:
    """[MSG-4], [MSG-5]"""
    signed, _ = made(two.anna, Begin("a"))
    other = sign_header(SigningKey.from_seed(b"o" * 32), signed.header)
    assert refused(two.shop, content(two.anna, other.data)) is Code.KEY_MISMATCH
    broken = signed.data[:-1] + bytes([signed.data[-1] ^ 1])
    assert refused(two.shop, content(two.anna, broken)) is Code.BAD_SIGNATURE


def test_only_what_verifies_shows_that_a_copy_is_outdated(two: Pair) -> None:
    """[ROLL-2]"""
    signed, _ = made(two.anna, Begin("a"), recipient_epoch=1)
    broken = signed.data[:-1] + bytes([signed.data[-1] ^ 1])
    assert refused(two.shop, content(two.anna, broken)) is Code.BAD_SIGNATURE
    before = two.shop.relationship
    assert after_refusal(before, Violation(Code.BAD_SIGNATURE)) is before
    with pytest.raises(Violation) as found:
        opens(two.shop, content(two.anna, signed.data))
    after = after_refusal(before, found.value)
    assert after.stopped
    assert after == before._replace(stopped=after.stopped)


def test_a_start_alone_opens_a_session(two: Pair) -> None:
    """[SEAL-20], [SEAL-37]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    before = two.shop.relationship
    opened = opens(two.shop, two.anna.seal(None))
    assert (opened.header, opened.answer, opened.statement, opened.parts) == (None, None, None, ())
    assert opened.session == opened.relationship.sealing.sessions[-1].frame_key.session
    assert opened.relationship == before._replace(sealing=opened.relationship.sealing)


# The introduction


def requested() -> tuple[Node, Node, tuple[bytes, ...]]:
    """A request that the shop has judged; its receipt is still under way."""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    return anna, shop, shop.receive(ask(anna, invitation)).frames


def test_an_accept_comes_from_a_successor_even_when_the_receipt_for_the_request_was_lost() -> None:
    """[SEAL-24], [REL-19]: its session was begun by the invitation persona."""
    anna, shop, _lost = requested()
    frame = welcome(shop, commitment("shop"))
    assert anna.relationship.peer.log.persona != shop.relationship.me.log.persona
    exchange(shop, anna, frame)
    assert anna.relationship.peer.log.persona == shop.relationship.me.log.persona
    assert anna.relationship.thread is not None
    assert anna.relationship.thread.state == "active"
    assert introduction_of(shop) is None, "the accept is receipted"


def test_the_introduction_travels_in_every_frame_until_the_accept_is_receipted() -> None:
    """[REL-19]"""
    anna, shop, frames = requested()
    assert introduction_of(shop) is None
    for frame in frames:
        anna.receive(frame)
    assert anna.relationship.me.introduction is None, "the request is receipted"
    first = welcome(shop, commitment("shop"))
    introduction = introduction_of(shop)
    assert introduction is not None
    answers = anna.receive(first).frames
    assert introduction_of(shop) == introduction
    again = shop.frames()[-1]
    assert anna.receive(again).refused is None, "a second time it says nothing new"
    shop.receive(answers[0])
    assert introduction_of(shop) is None


def test_an_introduction_is_taken_with_whatever_comes_first_of_its_line() -> None:
    """[REL-19], [ORDER-8]"""
    anna, shop, frames = requested()
    anna.receive(frames[0])
    accept = welcome(shop, commitment("shop"))
    close = tell(shop, RelationshipClose(held="none"), shop.thread)
    assert take(anna, close).refused == "expected"
    known = anna.relationship.peer
    assert known.log == shop.relationship.me.log
    assert verdict(anna, accept) == "applied", "introduced again, as who it is"
    assert anna.relationship.peer.log == known.log


def test_a_recovered_with_an_older_log_than_the_known_one_is_stale(two: Pair) -> None:
    """[SEAL-22], [ORDER-9]"""
    frame = two.shop.seal(recovery.make_recovered(two.shop.relationship, two.shop.log), answer=True)
    peer = two.anna.relationship.peer
    newer = peer.log._replace(events=(*peer.log.events, peer.log.current._replace(seq=1, id=b"n" * 32)))
    two.anna.relationship = two.anna.relationship._replace(peer=peer._replace(log=newer))
    assert refused(two.anna, frame) is Code.STALE


def introduction_of(node: Node) -> Introduction | None:
    return node.relationship.me.introduction


def accepted(shop: Node, **fields: Any) -> bytes:
    """The frame of an accept whose introduction was changed."""
    welcome(shop, commitment("shop"))
    me = shop.relationship.me
    assert me.introduction is not None
    shop.relationship = shop.relationship._replace(
        me=me._replace(introduction=me.introduction._replace(**fields))
    )
    return shop.frames()[-1]


def test_a_successor_without_a_succession_is_refused() -> None:
    """[SEAL-28], [REL-20]"""
    anna, shop, frames = requested()
    anna.receive(frames[0])
    assert refused(anna, accepted(shop, succession=None)) is Code.WRONG_PARTY


def test_a_wrong_succession_is_refused() -> None:
    """[SEAL-28], [REL-20]"""
    anna, shop, frames = requested()
    anna.receive(frames[0])
    assert shop.scope is not None
    frame = accepted(shop)
    invitation, me, peer = shop.scope, shop.relationship.me, shop.relationship.peer.log.persona
    names = (invitation.invitation.log.persona, me.log.persona, peer)
    thief = SigningKey.from_seed(b"t" * 32)
    assert me.introduction is not None
    for keys, personas, code in (
        ((thief, me.key), names, Code.KEY_MISMATCH),
        ((invitation.key, thief), names, Code.KEY_MISMATCH),
        ((invitation.key, me.key), (names[1], names[0], peer), Code.WRONG_PARTY),
        ((invitation.key, me.key), (*names[:2], b"0" * 32), Code.WRONG_PARTY),
    ):
        wrong = me.introduction._replace(succession=make_succession(*keys, personas))
        shop.relationship = shop.relationship._replace(me=me._replace(introduction=wrong))
        assert refused(anna, shop.frames()[-1]) is code
    assert take(anna, frame).entries


def test_a_sender_without_a_known_log_is_refused() -> None:
    """[SEAL-27]"""
    anna, shop, frames = requested()
    anna.receive(frames[0])
    welcome(shop, commitment("shop"))
    shop.relationship = shop.relationship._replace(me=shop.relationship.me._replace(introduction=None))
    assert refused(anna, shop.frames()[-1]) is Code.WRONG_PARTY


def test_an_introduced_log_is_valid_or_the_frame_is_refused() -> None:
    """[SEAL-26]"""
    anna, shop, frames = requested()
    anna.receive(frames[0])
    assert refused(anna, accepted(shop, events=(b"\x80",))) is Code.COSE_STRUCTURE


def test_once_the_peer_spoke_nobody_takes_its_place(two: Pair) -> None:
    """[REL-19], [REL-20]"""
    key = SigningKey.from_seed(b"x" * 32)
    event = first_event(key, two.shop.contact_keys[-1].public, None)
    me, peer = two.anna.relationship.me, two.shop.relationship.me.log.persona
    succession = make_succession(me.key, key, (me.log.persona, event.id, peer))
    intruder = Introduction((event.data,), succession)
    two.anna.relationship = two.anna.relationship._replace(me=me._replace(introduction=intruder))
    before = two.shop.relationship.peer
    assert two.shop.receive(two.anna.say(Begin("a"))).refused is None
    assert two.shop.relationship.peer == before, "passed over"


def test_the_inviting_side_may_be_named_as_either_persona() -> None:
    """[MSG-3], [SEAL-24]"""
    anna, shop, frames = requested()
    for frame in frames:
        anna.receive(frame)
    early = forged(anna, Begin("a"))
    welcome(shop, commitment("shop"))
    decision = decide.judge(opens(shop, early), shop.log, shop.setting)
    assert [entry.verdict for entry in decision.entries] == ["not-related"]


def test_an_answer_is_read_with_its_bytes(two: Pair) -> None:
    """[ORDER-19]"""
    relationship = two.shop.relationship
    line = relationship.incoming
    who = Parties(relationship.me.log.persona, relationship.peer.log.persona, 0, 0)
    data = sign_answer(relationship.me.key, Receipt(who, None, None, line.number, line.head, ()))
    opened = opens(two.anna, two.shop.seal(data, answer=True))
    assert (opened.answer_data, opened.header, opened.parts) == (data, None, ())
    stale = opens(two.anna, two.shop.seal(make_stale(relationship), answer=True))
    assert stale.answer is not None


def test_a_strangers_first_frame_names_its_invitation_key() -> None:
    """[SEAL-31], [SEAL-16], [SEAL-21]"""
    anna, shop, clock, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    frame = ask(anna, invitation)
    scope = shop.scope
    assert scope is not None

    def code(data: bytes) -> Code:
        with pytest.raises(Violation) as found:
            invitations.open_request(scope, data, clock.now, shop.draw)
        return found.value.code

    plain = session.read_frame(frame)
    assert isinstance(plain, session.Frame)
    assert plain.block is not None
    out = anna.relationship.sealing.out
    assert out is not None
    inside = write_content(Content(out.start, anna.relationship.me.introduction, b"x", ()))
    assert code(session.seal_frame(out.frame_key, None, inside, b"r" * 12)) is Code.UNKNOWN_SESSION
    assert code(contact_frame(invitation.log.current.contact_key, b"x")) is Code.UNKNOWN_SESSION
    other, key = session.make_start(
        invitation.receiving, b"s" * 32, (anna.relationship.me.log.persona, invitation.log.persona), 1, 1
    )
    assert code(session.seal_frame(key, other, inside, b"r" * 12)) is Code.UNKNOWN_SESSION
    wrong = session.FrameKey(b"0" * 16, out.frame_key.key)
    assert code(session.seal_frame(wrong, out.block, inside, b"r" * 12)) is Code.START_MISMATCH
    for part in range(3):
        full = [out.start, anna.relationship.me.introduction, b"x"]
        full[part] = None
        plain_content = Content(full[0], full[1], full[2], ())  # type: ignore[arg-type]
        data = session.seal_frame(out.frame_key, out.block, write_content(plain_content), b"r" * 12)
        assert code(data) is Code.START_MISSING


def test_a_message_is_taken_out_of_what_is_unproven_only_where_its_signature_holds(two: Pair) -> None:
    """[MSG-4]"""
    frame = two.anna.say(Begin("a"))
    before, now, draw = two.shop.relationship, two.shop.clock.now, two.shop.draw
    unproven = open_unproven(before, frame, now, draw)
    assert isinstance(unproven, Unproven)
    verify(*unproven.check)
    assert unproven.check.public == two.anna.relationship.me.key.public
    assert proven(unproven, holds=True) == open_frame(before, frame, now, draw)
    with pytest.raises(Violation) as found:
        proven(unproven, holds=False)
    assert found.value.code is Code.BAD_SIGNATURE


def test_what_brings_a_session_is_taken_only_with_the_message_that_came_with_it(two: Pair) -> None:
    """[MSG-4]: where a scope changes, every signature was checked before."""
    signed, _ = made(two.anna, Begin("a"))
    two.anna.relationship = sealing.renew(two.anna.relationship)
    two.anna.say(Begin("b"))
    before, now, draw = two.shop.relationship, two.shop.clock.now, two.shop.draw
    broken = signed.data[:-1] + bytes([signed.data[-1] ^ 1])
    with pytest.raises(Violation) as found:
        open_unproven(before, content(two.anna, broken), now, draw)
    assert found.value.code is Code.BAD_SIGNATURE
    opened = open_unproven(before, content(two.anna, signed.data), now, draw)
    assert isinstance(opened, Opened)
    assert opened.relationship is not before
