"""[REL-18], [REL-20] to [REL-24]: the request, the accept, and the code that both compare."""

import re

from tests.unit.engine.probe import commitment, digest, forged, pair, strangers, take, tell

from pcloud.engine import handshake
from pcloud.engine.handshake import short_code
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code
from pcloud.features.relationship.confirm import RelationshipConfirm
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.wire import cbor


def code(node: Node) -> str | None:
    thread = node.relationship.thread
    assert thread is not None
    return short_code(thread)


def test_both_sides_show_the_same_code_and_only_once_the_nonces_are_open() -> None:
    """[REL-24], [REL-22]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    assert code(anna) is code(shop) is None
    accept = welcome(shop, commitment("shop"))
    assert code(shop) is None
    (receipt, confirm) = anna.receive(accept).frames
    assert code(shop) is None
    assert code(anna) is not None
    exchange(anna, shop, receipt, confirm)
    assert code(anna) == code(shop)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", str(code(anna)))


def test_every_handshake_has_another_code() -> None:
    """[REL-21]"""
    first = pair()
    clock = Clock()
    anna, shop = Node("other anna", clock), Node("other shop", clock)
    invitation = invite(shop)
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    exchange(shop, anna, welcome(shop, commitment("shop")))
    assert code(anna) == code(shop) is not None
    assert code(anna) != code(first.anna)


def test_whoever_stands_between_shows_each_side_another_code() -> None:
    """[REL-24]: the middle accepts one request and makes the other, each with keys of its own."""
    clock = Clock()
    anna, shop = Node("anna", clock), Node("shop", clock)
    to_anna, to_shop = Node("middle, as the shop", clock), Node("middle, as anna", clock)
    real, fake = invite(shop), invite(to_anna)
    pend(anna, fake, commitment("anna"))
    exchange(anna, to_anna, ask(anna, fake))
    pend(to_shop, real, commitment("middle"))
    exchange(to_shop, shop, ask(to_shop, real))
    exchange(to_anna, anna, welcome(to_anna, commitment("middle")))
    exchange(shop, to_shop, welcome(shop, commitment("shop")))
    assert code(anna) == code(to_anna)
    assert code(shop) == code(to_shop)
    assert code(anna) != code(shop)


def test_a_confirm_opens_the_commitment_of_the_request() -> None:
    """[REL-22]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    accept = welcome(shop, commitment("shop"))
    peer = anna.relationship.peer.log.persona
    anna.receive(accept)
    thread = anna.thread
    data = shop.relationship.thread
    assert data is not None
    for nonce, accepted in ((b"n" * 32, data.data["accept"]), (anna.relationship.me.nonce, digest("x"))):
        number = shop.relationship.incoming.number + 1
        wrong = forged(
            anna,
            RelationshipConfirm(nonce=nonce, accept=accepted),
            thread,
            number=number,
            prev=shop.relationship.incoming.head,
        )
        assert take(shop, wrong).entries[0].verdict == Code.NONCE_MISMATCH
        assert code(shop) is None
    assert peer


def test_a_request_and_an_accept_say_where_each_side_is() -> None:
    """[REL-18], [REL-19]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    name = cbor.encode("Anna")
    wanted = handshake.request(anna.relationship, invitation, purpose="to buy", name=name)
    assert wanted.items == (name,)
    assert wanted.thread is None
    frame = tell(anna, wanted.message, items=wanted.items)
    exchange(anna, shop, frame)
    assert shop.relationship.peer.endpoints == anna.relationship.me.endpoints
    answer = handshake.accept(shop.relationship, shop.thread, name=name)
    assert (answer.thread, answer.items) == (shop.thread, (name,))
    plain = handshake.accept(shop.relationship, shop.thread)
    assert plain.items == ()
    assert plain.message.NAME in STANDARD.messages
