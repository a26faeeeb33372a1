"""Findings of a hostile review: what a thief or a lying peer must not reach in a log (spec 05, 06)."""

import pytest
from tests.unit.engine.probe import Begin, Note, Pair, commitment, strangers, verdict
from tests.unit.engine.thief import agreed, applied, gives_back, newest, recover, same, slips, state

from pcloud.engine.lines import new_lines
from pcloud.engine.refold import refold
from pcloud.engine.sealing import announced
from pcloud.engine.snapshot import APPLIED, REJECTED
from pcloud.errors import Code
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.returned import RelationshipReturned
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.features.terms.agreement import record
from pcloud.features.terms.record import read_record
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.kernel.thread import Thread
from pcloud.testing.node import Node, ask, exchange, pend
from pcloud.wire.content import Introduction, make_succession
from pcloud.wire.keylog import KeyLog, first_event
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part, digest

# What is refused leaves nothing behind


def wrong(thief: Node, how: str) -> bytes:
    """A message that no peer takes."""
    body = Part(bytes(16), b"x" * 56_000 if how == "too large" else b"\xa0")
    if how == "no parts":
        return slips(thief, RelationshipPause(), thief.thread, parts=())
    digests = (bytes(32) if how == "another digest" else digest(*body),)
    return slips(thief, RelationshipPause(), thief.thread, parts=(body,), digests=digests)


@pytest.mark.parametrize("how", ["no parts", "too large", "another digest"])
def test_what_a_thief_said_wrongly_does_not_keep_the_owner_from_coming_back(two: Pair, how: str) -> None:
    """[REC-21], [REC-22], [GATE-17]"""
    restored = two.anna.clone("restored")
    exchange(two.anna, two.shop, two.anna.say(RelationshipPause(), two.anna.thread))
    thief = two.anna.clone("thief")
    exchange(thief, two.shop, wrong(thief, how))
    refused = two.shop.log.sequence(mine=False)[-1]
    exchange(restored, two.shop, recover(restored, "anna"))
    assert not restored.relationship.recovering
    assert state(restored) == state(two.shop) == "paused-by-opener", "and what she said herself came back"
    same(restored, two.shop)
    assert refused.verdict in (Code.PART_MISMATCH, Code.PART_MISSING, Code.BODY_FORM)
    assert refused.parts == (None,) * len(refused.signed.header.digests)


def test_only_what_was_applied_is_given_back(two: Pair) -> None:
    """[REC-21]"""
    restored = two.anna.clone("restored")
    exchange(two.anna, two.shop, two.anna.say(RelationshipPause(), two.anna.thread))
    exchange(two.anna, two.shop, slips(two.anna, Begin("late"), expiry=1))
    assert verdict(two.shop, slips(two.anna, Note("nowhere"), bytes(32))) != APPLIED
    exchange(restored, two.shop, recover(restored, "anna"))
    given = [
        returned
        for entry in two.shop.log.sequence(mine=True)
        if entry.signed.header.name == RelationshipReturned.NAME and entry.parts[0] is not None
        for returned in RelationshipReturned.read(entry.parts[0].data).entries
    ]
    assert [each.verdict for each in given] == [APPLIED]


def test_a_message_beyond_its_bound_is_refused_by_its_receiver(two: Pair) -> None:
    """[MSG-7]"""
    thread = two.begun()
    item = b"\x59\x61\xa8" + bytes(25_000)
    assert verdict(two.shop, slips(two.anna, Note("n"), thread, items=(item,))) == APPLIED
    assert verdict(two.shop, slips(two.anna, Note("n"), thread, items=(item, item))) == Code.BODY_FORM


def test_items_of_a_refused_message_are_not_kept(two: Pair) -> None:
    thread = two.begun()
    frame = slips(two.anna, Note("n"), thread, items=(b"\x68MY DIARY",), expiry=1)
    assert verdict(two.shop, frame) == Code.EXPIRED
    assert two.shop.log.sequence(mine=False)[-1].parts == (None, None)
    assert len(two.shop.relationship.sealing.sessions) == 1, "nor the keys that open them"


# What comes back


def test_a_peer_that_calls_an_end_rejected_does_not_open_the_relationship_again(two: Pair) -> None:
    """[REC-44]"""
    exchange(two.shop, two.anna, two.shop.say(RelationshipClose("none"), two.shop.thread))
    close = newest(two.shop)
    assert two.shop.receive(gives_back(two.anna, close, REJECTED)).refused is None
    assert state(two.shop) == "closed"
    assert two.shop.relationship.closed
    assert applied(two.shop, close.first_id)
    same(two.shop)


def test_a_peer_that_calls_a_termination_rejected_does_not_bring_the_agreement_back(two: Pair) -> None:
    thread = agreed(two)
    id_ = thread.data["agreement"]
    exchange(two.anna, two.shop, two.anna.say(TermsTerminate(id_), thread.id))
    end = newest(two.anna)
    exchange(two.shop, two.anna, gives_back(two.shop, end, REJECTED))
    assert applied(two.anna, end.first_id)
    assert two.anna.relationship.agreements[id_].ended
    assert two.anna.log.threads[thread.id].state == "terminated"


def test_a_position_that_lists_a_close_as_refused_does_not_undo_it(two: Pair) -> None:
    """[REC-25], [REC-44]"""
    exchange(two.shop, two.anna, two.shop.say(RelationshipClose("none"), two.shop.thread))
    close = newest(two.shop)
    held = two.anna.log.find(close.first_id)
    assert held is not None
    two.anna.log.put(held._replace(verdict="not-in-state"))
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    assert applied(two.shop, close.first_id)
    assert state(two.shop) == "closed"
    assert two.shop.relationship.closed


def test_what_a_thief_said_in_a_wrong_thread_acts_nowhere_though_the_peer_calls_it_applied(two: Pair) -> None:
    """[REC-23], [FOLD-2]: what comes back was never judged here."""
    restored, thief = two.anna.clone("restored"), two.anna.clone("thief")
    frame = slips(thief, Note("n"), thief.thread)
    said = newest(thief)
    assert verdict(two.shop, frame) == Code.UNKNOWN_THREAD
    two.shop.log.put(said._replace(mine=False, verdict=APPLIED))
    exchange(restored, two.shop, recover(restored, "anna"))
    assert applied(restored, said.first_id), "the peer says so"
    assert state(restored) == "active"
    same(restored, two.shop)


# Who the peer is


def evil_twin(node: Node, peer: Node) -> bytes:
    """A thief of a running node makes itself its successor, and says something."""
    contact, key = HybridKey.from_seed(b"e" * 32), SigningKey.from_seed(b"E" * 32)
    log = KeyLog((first_event(key, contact.public, commitment("thief")),))
    relation, other = node.relationship, peer.relationship.me.log
    names = (relation.me.log.persona, log.persona, other.persona)
    introduction = Introduction(
        tuple(event.data for event in log.events), make_succession(relation.me.key, key, names)
    )
    me = relation.me._replace(log=log, key=key, introduction=introduction)
    node.relationship = relation._replace(me=me, outgoing=new_lines(log, other)[0])
    return slips(node, RelationshipPause(), node.thread)


def test_after_a_recovery_nobody_becomes_the_successor_of_the_peer(two: Pair) -> None:
    """[REL-19], [REL-20]"""
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    known = two.anna.relationship.peer
    assert two.anna.relationship.incoming.number == 0, "the shop has said nothing in the new epochs"
    assert two.anna.receive(evil_twin(two.shop.clone("thief"), two.anna)).refused is not None
    assert two.anna.relationship.peer == known
    assert state(two.anna) == "active"
    exchange(two.shop, two.anna, recover(two.shop, "shop"))
    assert two.anna.relationship.peer.log == two.shop.relationship.me.log, "its owner comes back as ever"


def test_a_guest_has_no_successor_though_it_has_said_nothing_in_its_line() -> None:
    """[REL-19]: only the one-time persona of an invitation has one."""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    line = shop.relationship.incoming
    shop.relationship = shop.relationship._replace(incoming=line._replace(number=0))
    known = shop.relationship.peer
    assert shop.receive(evil_twin(anna.clone("thief"), shop)).refused is not None
    assert shop.relationship.peer == known


def test_a_persona_that_introduces_itself_as_itself_begins_no_line_anew() -> None:
    """[REL-19]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    frame = ask(anna, invitation)
    shop.receive(frame)
    me = shop.relationship.me
    introduction = Introduction(tuple(event.data for event in me.log.events), None)
    shop.relationship = shop.relationship._replace(me=me._replace(introduction=introduction))
    halted = anna.relationship.incoming._replace(halted=True)
    anna.relationship = anna.relationship._replace(incoming=halted)
    peer = anna.relationship.peer
    (receipt,) = shop.receive(frame).frames
    assert anna.receive(receipt).refused is None
    assert (anna.relationship.peer, anna.relationship.incoming) == (peer, halted)


# Records


def verify(thread: Thread) -> None:
    read_record(record(thread), (thread.data["first_key"], thread.data["second_key"]))


def test_a_record_stays_valid_and_its_id_the_same_whoever_sends_what_again(two: Pair) -> None:
    """[TERMS-27], [TERMS-40]"""
    restored = two.anna.clone("restored")
    rotate = RelationshipRotate(announced(two.anna.relationship))
    exchange(two.anna, two.shop, two.anna.say(rotate, two.anna.thread))
    exchange(restored, two.shop, recover(restored, "anna"))
    two = two._replace(anna=restored)
    thread = agreed(two)
    id_ = thread.data["agreement"]
    exchange(two.anna, two.shop, recover(two.anna, "anna"))
    seal = two.anna.log.find(thread.data["seal"])
    assert seal is not None
    assert seal.signed.header.first is not None, "it went again, under another key"
    same(two.anna, two.shop)
    for node in (two.anna, two.shop):
        folded = node.state()
        assert list(folded.agreements) == list(node.relationship.agreements) == [id_]
        verify(folded.threads[thread.id])
        anew = refold(node.relationship, [thread.id], {}, node.log, node.registry)
        assert list(anew.relationship.agreements) == [id_]
        verify(anew.threads[0])
