"""What the deletion of a single verification call showed to be unproven."""

import pytest
from tests.unit.engine.probe import commitment, digest, strangers

from pcloud.engine.mending import read_returned
from pcloud.errors import Code, UsageError, Violation
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.terms.proffer import TermsProffer
from pcloud.testing.node import Node, ask, exchange, pend, welcome
from pcloud.testing.story import small_roster
from pcloud.wire import cose
from pcloud.wire.content import read_start, sign_start
from pcloud.wire.header import sign_header
from pcloud.wire.keys import SigningKey

STRANGER = SigningKey.from_seed(digest("stranger"))


def forge_start(node: Node) -> bytes:
    """Let the session that this node began carry a start that another key signed; gives its frame."""
    keys = node.relationship.sealing
    assert keys.out is not None and keys.out.start is not None  # noqa: PT018 - one fact
    start = read_start(cose.parse_sign1(keys.out.start, cose.START).payload)
    forged = keys.out._replace(start=sign_start(STRANGER, start))
    node.relationship = node.relationship._replace(sealing=keys._replace(out=forged))
    return node.frames()[0]


def test_a_request_whose_start_another_key_signed_begins_nothing() -> None:
    """[SEAL-22]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    good = ask(anna, invitation)
    refused = shop.receive(forge_start(anna)).refused
    assert refused is not None
    assert refused.code is Code.KEY_MISMATCH
    with pytest.raises(LookupError):
        _ = shop.relationship
    assert shop.receive(good).refused is None


def test_an_introduction_does_not_carry_a_start_that_another_key_signed() -> None:
    """[SEAL-22], [REL-20]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    shop.receive(ask(anna, invitation))
    good = welcome(shop, commitment("shop"))
    before = anna.relationship
    refused = anna.receive(forge_start(shop)).refused
    assert refused is not None
    assert refused.code is Code.KEY_MISMATCH
    assert anna.relationship == before
    assert anna.receive(good).refused is None


def met() -> tuple[Node, Node]:
    anna, shop, _, invitation = strangers()
    for node in (anna, shop):
        node.rosters = small_roster()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    exchange(shop, anna, welcome(shop, commitment("shop")))
    return anna, shop


def test_an_own_message_is_refused_by_the_check_of_its_row() -> None:
    """[GATE-17], [TABLE-5]"""
    anna, shop = met()
    shop.relationship = shop.relationship._replace(me=shop.relationship.me._replace(kind="organisation"))
    before, log = shop.relationship, dict(shop.log.by_first_id)
    (standard, *_) = small_roster().values()
    proffer = TermsProffer.choose(standard, shop.clock.now + 60)
    with pytest.raises(UsageError) as refused:
        shop.say(proffer)
    assert refused.value.code is Code.PROFFER_BY_ORGANISATION
    assert (shop.relationship, shop.log.by_first_id) == (before, log)
    assert anna.say(proffer)


def test_what_was_sent_to_somebody_else_is_not_taken_back_from_a_peer() -> None:
    """[REC-27]"""
    anna, _ = met()
    anna.say(RelationshipPause(), anna.thread)
    entry = anna.log.sequence(mine=True)[-1]
    body = entry.parts
    assert read_returned(anna.relationship, entry.signed.data, body, "applied").signed.id == entry.signed.id
    elsewhere = entry.signed.header._replace(recipient=digest("somebody else"))
    signed = sign_header(anna.relationship.me.key, elsewhere)
    with pytest.raises(Violation) as refused:
        read_returned(anna.relationship, signed.data, body, "applied")
    assert refused.value.code is Code.ENTRY_INVALID
