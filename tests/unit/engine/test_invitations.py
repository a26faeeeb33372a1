"""[REL-2] to [REL-6], [REL-10], [REL-17] to [REL-23]: an invitation's scope, and how both begin."""

import pytest
from tests.unit.engine.probe import Begin, commitment, digest, made, strangers

from pcloud.engine import decide, invitations
from pcloud.engine.invitations import InvitationScope
from pcloud.engine.sealing import INVITATION_KEY
from pcloud.errors import Code, UsageError, Violation
from pcloud.limits import PENDING_REQUESTS_MAX
from pcloud.testing.node import Node, ask, exchange, pend, welcome
from pcloud.wire import cose, session
from pcloud.wire.content import Content, Introduction, write_content
from pcloud.wire.header import sign_header
from pcloud.wire.keys import SigningKey


def scope_of(node: Node) -> InvitationScope:
    assert node.scope is not None
    return node.scope


def mailbox(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_an_answered_invitation_is_a_pending_contact_that_only_we_know() -> None:
    """[REL-10], [REL-21]"""
    anna, shop, _, invitation = strangers()
    before = shop.scope
    pend(anna, invitation, commitment("anna"))
    relationship = anna.relationship
    assert relationship.thread is None
    assert (relationship.outgoing.number, relationship.outgoing.pending) == (0, ())
    assert relationship.sealing.offered == (INVITATION_KEY, invitation.receiving)
    assert relationship.sealing.receiving.number == 1
    assert len(relationship.me.nonce) == 32
    assert relationship.me.introduction is not None
    assert relationship.me.introduction.succession is None
    assert shop.scope == before
    pend(anna, invitation, commitment("anna"))
    assert anna.relationship.me.log.persona != relationship.me.log.persona
    assert anna.relationship.me.nonce != relationship.me.nonce
    assert anna.relationship.me.mailbox != relationship.me.mailbox


def test_only_an_accept_uses_an_invitation_up() -> None:
    """[REL-3], [REL-4], [REL-23]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    frame = ask(anna, invitation)
    for _ in range(3):
        exchange(anna, shop, frame)
    assert scope_of(shop).used == 0
    assert shop.relationship.outgoing.number == 0, "nothing but a receipt reached the requester"
    welcome(shop, commitment("shop"))
    assert scope_of(shop).used == 1


def test_a_used_up_or_expired_invitation_accepts_nobody() -> None:
    """[REL-5], [REL-2]"""
    _, shop, clock, _ = strangers(uses=2)
    scope = scope_of(shop)
    scope, _ = invitations.admit(scope, mailbox(1))
    scope, _ = invitations.admit(scope, mailbox(2))
    once = invitations.consume(scope, mailbox(1), clock.now)
    assert (once.used, once.pending) == (1, (mailbox(2),))
    twice = invitations.consume(once, mailbox(2), clock.now)
    assert (twice.used, twice.pending) == (2, ())
    expired = scope._replace(invitation=scope.invitation._replace(expires=clock.now - 1))
    for dead in (twice, expired):
        with pytest.raises(Violation) as found:
            invitations.consume(dead, mailbox(3), clock.now)
        assert found.value.code is Code.INVITATION_USED
    alive = scope._replace(invitation=scope.invitation._replace(expires=clock.now))
    assert invitations.consume(alive, mailbox(1), clock.now).used == 1


def test_beyond_the_bound_the_oldest_request_goes() -> None:
    """[REL-6]"""
    _, shop, _, _ = strangers()
    scope = scope_of(shop)
    for number in range(PENDING_REQUESTS_MAX):
        scope, gone = invitations.admit(scope, mailbox(number))
        assert gone is None
    again, gone = invitations.admit(scope, mailbox(7))
    assert (again, gone) == (scope, None), "a repeat pushes nobody out"
    scope, gone = invitations.admit(scope, mailbox(999))
    assert gone == mailbox(0)
    assert len(scope.pending) == PENDING_REQUESTS_MAX
    assert (scope.pending[0], scope.pending[-1]) == (mailbox(1), mailbox(999))
    assert scope.used == 0


def test_a_request_begins_a_scope_of_its_own() -> None:
    """[REL-17], [SEAL-33]"""
    anna, shop, clock, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    frame = ask(anna, invitation)
    before = shop.scope
    opened = invitations.open_request(scope_of(shop), frame, clock.now, shop.draw)
    decision = decide.judge(opened, shop.log, shop.setting)
    assert shop.scope == before, "the invitation's key serves each requester once and is not spent"
    (entry,) = decision.entries
    assert (entry.verdict, entry.signed.header.number) == ("applied", 1)
    relationship = decision.relationship
    assert relationship.thread is not None
    assert relationship.thread.id == entry.signed.id
    assert relationship.peer.log.persona == anna.relationship.me.log.persona
    assert relationship.peer.mailbox == anna.relationship.me.mailbox
    assert relationship.peer.kind == "person"
    assert relationship.sealing.receiving.number == 1
    assert decision.due is not None
    assert decision.due.session == opened.session is not None


def request_refused(changes: str) -> Code:
    """A stranger's first frame with one thing wrong."""
    anna, shop, clock, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    ask(anna, invitation)
    me, out = anna.relationship.me, anna.relationship.sealing.out
    entry = anna.log.sequence(mine=True)[-1]
    assert out is not None
    signed, introduction = entry.signed.data, me.introduction
    header, key = entry.signed.header, me.key
    match changes:
        case "sender":
            signed = sign_header(key, header._replace(sender=digest("x"))).data
        case "recipient":
            signed = sign_header(key, header._replace(recipient=digest("x"))).data
        case "epoch":
            signed = sign_header(key, header._replace(recipient_epoch=1)).data
        case "key":
            signed = sign_header(SigningKey.from_seed(b"o" * 32), header).data
        case "type":
            signed = cose.sign1(key, cose.RECEIPT, b"\x80")
        case "log":
            introduction = Introduction((b"\x80",), None)
        case _:
            other, *_ = strangers()
            introduction = Introduction((other.persona(None).log.current.data,), None)
    content = write_content(Content(out.start, introduction, signed, entry.parts))
    frame = session.seal_frame(out.frame_key, out.block, content, b"r" * 12)
    with pytest.raises(Violation) as found:
        invitations.open_request(scope_of(shop), frame, clock.now, shop.draw)
    return found.value.code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ("sender", Code.WRONG_PARTY),
        ("recipient", Code.WRONG_PARTY),
        ("epoch", Code.STALE),
        ("key", Code.KEY_MISMATCH),
        ("type", Code.TYPE_MISMATCH),
        ("log", Code.COSE_STRUCTURE),
        ("introduction", Code.WRONG_PARTY),
    ],
)
def test_a_request_that_does_not_verify_begins_nothing(changes: str, code: Code) -> None:
    """[SEAL-26], [SEAL-27], [MSG-3], [MSG-4]"""
    assert request_refused(changes) is code


def test_a_frame_to_another_invitation_does_not_open() -> None:
    """[SEAL-6], [REL-5]"""
    anna, shop, clock, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    frame = ask(anna, invitation)
    scope = scope_of(shop)
    other = scope._replace(receiving=shop.contact_keys[-1])
    with pytest.raises(Violation) as found:
        invitations.open_request(other, frame, clock.now, shop.draw)
    assert found.value.code is Code.NOT_OPENED


def test_the_inviting_side_goes_on_as_a_successor() -> None:
    """[REL-19], [REL-21]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    before = shop.relationship
    persona = shop.persona(commitment("shop"))
    after = invitations.become(before, persona, shop.draw, ("https://new.example",))
    assert (after.me.log, after.me.key) == (persona.log, persona.key)
    assert after.me.nonce == before.me.nonce
    assert after.me.mailbox not in (before.me.mailbox, invitation.mailbox)
    assert after.me.introduction is not None
    assert after.me.introduction.succession is not None
    assert after.outgoing.number == 0
    assert after.outgoing.head != before.outgoing.head
    assert after.incoming == before.incoming, "the requester's line goes on"
    assert after._replace(me=before.me, outgoing=before.outgoing) == before


def test_who_has_spoken_stays_who_it_is() -> None:
    """[REL-19]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    welcome(shop, commitment("shop"))
    before = shop.relationship
    with pytest.raises(UsageError) as found:
        invitations.become(before, shop.persona(None), shop.draw, ())
    assert found.value.code is Code.NOT_IN_STATE
    assert shop.relationship == before


def test_two_relationships_share_nothing_on_the_wire() -> None:
    """[SEC-4]"""
    first, second, _, invitation = strangers(uses=5)
    pend(first, invitation, commitment("anna"))
    pend(second, invitation, commitment("bert"))
    one, two = first.relationship, second.relationship
    assert one.me.log.persona != two.me.log.persona
    assert one.me.mailbox != two.me.mailbox
    assert one.me.nonce != two.me.nonce
    assert one.sealing.receiving.current.public != two.sealing.receiving.current.public
    assert made(first, Begin("a"))[1][0].salt != made(first, Begin("a"))[1][0].salt
