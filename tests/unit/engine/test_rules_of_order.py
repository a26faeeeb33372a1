"""Evidence of a conflict, one successor only, and what a frame costs (spec 03, 14)."""

import pytest
from tests.unit.engine.probe import Begin, commitment, pair, strangers

from pcloud.engine import decide, intake
from pcloud.engine.intake import open_frame
from pcloud.errors import Code, Violation
from pcloud.testing.node import ask, pend, welcome
from pcloud.testing.world import World
from pcloud.wire import cose, keylog
from pcloud.wire.keylog import KeyLog, Relation, first_event, next_event
from pcloud.wire.keys import HybridKey, SigningKey, verify

CONTACT = HybridKey.from_seed(bytes(32)).public


def test_the_first_event_that_differs_is_the_evidence() -> None:
    """[ID-19]"""
    signing = [SigningKey.from_seed(bytes([number]) * 32) for number in range(6)]
    committed = [keylog.commitment(key.public) for key in signing]
    zero = KeyLog((first_event(signing[0], CONTACT, committed[1]),))
    one = KeyLog((*zero.events, next_event(zero, signing[1], signing[2].public, CONTACT, committed[4])))
    other = KeyLog((*zero.events, next_event(zero, signing[1], signing[3].public, CONTACT, committed[4])))
    more = KeyLog((*other.events, next_event(other, signing[4], signing[5].public, CONTACT, None)))
    for seen in (other, more):
        assert keylog.compare(one, seen) == (Relation.CONFLICT, other.events[1])
    assert keylog.compare(other, more) == (Relation.EXTENDS, None)


@pytest.mark.parametrize("judged", [False, True])
def test_a_second_successor_of_one_invitation_is_not_taken(*, judged: bool) -> None:
    """[ID-30]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    shop.receive(ask(anna, invitation))
    twin, before = shop.clone("another shop"), anna.relationship
    first, second = welcome(shop, commitment("first")), welcome(twin, commitment("second"))
    opened = open_frame(before, first, anna.clock.now, anna.draw)
    taken = opened.relationship
    if judged:
        taken = decide.judge(opened, anna.log, anna.setting).relationship
        assert taken.incoming.number == 1
    assert taken.peer.log.persona == shop.relationship.me.log.persona
    with pytest.raises(Violation) as refused:
        open_frame(taken._replace(sealing=before.sealing), second, anna.clock.now, anna.draw)
    assert refused.value.code is Code.WRONG_PARTY
    assert open_frame(before, second, anna.clock.now, anna.draw).header is not None, "alone it is taken"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The key of each signature check."""
    seen: list[bytes] = []

    def counted(public: bytes, message: bytes, signature: bytes) -> None:
        seen.append(public)
        verify(public, message, signature)

    for where in (cose, intake):
        monkeypatch.setattr(where, "verify", counted)
    return seen


def test_a_frame_costs_no_more_signature_checks_than_its_key_events_and_four(checks: list[bytes]) -> None:
    """[ERR-24]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    request = ask(anna, invitation)
    shop.receive(request)  # the receipt is lost, so the accept brings everything
    accept = welcome(shop, commitment("shop"))
    checks.clear()
    open_frame(anna.relationship, accept, anna.clock.now, anna.draw)
    assert len(checks) == 1 + 4, "an event, the start, both signatures of the succession, the header"
    two = pair()
    frame = two.anna.say(Begin("hello"))
    checks.clear()
    open_frame(two.shop.relationship, frame, two.shop.clock.now, two.shop.draw)
    assert len(checks) <= 4


def test_a_recovered_costs_its_events_the_start_and_itself(checks: list[bytes]) -> None:
    """[ERR-24]"""
    world = World(4)
    hers, its = world.owners
    recover = hers.recover()
    assert recover is not None
    (recovered, *_) = its.node.receive(recover).frames
    checks.clear()
    anna = hers.node
    open_frame(anna.relationship, recovered, anna.clock.now, anna.draw)
    assert len(checks) == len(its.node.relationship.me.log.events) + 2
    spoiled = recovered[:-1] + bytes([recovered[-1] ^ 1])
    checks.clear()
    with pytest.raises(Violation):
        open_frame(anna.relationship, spoiled, anna.clock.now, anna.draw)
    assert not checks, "what does not open costs none"
