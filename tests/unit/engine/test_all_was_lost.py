"""A side that lost what followed its request is given back its relationship (spec 05 §6, step 11)."""

import pytest
from tests.unit.engine.exported import report_of
from tests.unit.engine.test_export_recovered import DAY, agree, at_once
from tests.unit.engine.thief import newest
from tests.unit.engine.two import Two, held

from pcloud.engine.compose import Command, command
from pcloud.engine.refold import refold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Incoming, Outgoing
from pcloud.errors import Code, UsageError
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.terms.proffer import TermsProffer
from pcloud.testing.memory import MemoryLog
from pcloud.testing.node import Node, exchange
from pcloud.testing.world import Owner
from pcloud.wire.header import genesis


def asked(node: Node) -> Node:
    """The node with its request alone, as a copy from before the answer has it."""
    (request, _) = node.log.sequence(mine=True)
    node.log = MemoryLog()
    node.log.put(request)
    was = node.relationship
    first = was._replace(
        outgoing=Outgoing(1, request.signed.id, receipted=1),
        incoming=Incoming(0, genesis(was.peer.log.current.id, was.me.log.current.id)),
    )
    folded = refold(first, [request.signed.thread_id], {}, node.log, STANDARD)
    node.relationship = folded.relationship
    for thread in folded.threads:
        node.log.threads[thread.id] = thread
    return node


def empty(node: Node) -> Node:
    """The node with the keys, places and heads that a manifest has, and no message (spec 06 §11)."""
    node.log = MemoryLog()
    was = node.relationship
    node.relationship = was._replace(
        thread=None, agreements={}, grants={}, outgoing=Outgoing(was.outgoing.number, was.outgoing.head)
    )
    return node


def test_an_accept_that_comes_after_the_confirm_that_followed_it_is_applied() -> None:
    """[REC-21] The confirm comes back first, and the accept is sent again: it did not know the confirm."""
    two = Two()
    two.returns(two.hers, asked(two.world.copy(two.hers)))
    came = {entry.signed.header.name: entry.verdict for entry in two.anna.log.sequence(mine=False)}
    assert came == {"relationship.returned": "applied", "relationship.accept": "applied"}
    states = [node.state().threads[node.thread].state for node in (two.anna, two.shop)]
    assert states == ["active", "active"]
    two.agree()


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_that_lost_every_message_is_given_the_relationship_back(side: int) -> None:
    """[REC-21] Whoever asked, whoever accepted: what comes back and what is sent again opens the thread."""
    two = Two()
    two.says(two.hers, RelationshipPause(), RelationshipResume())
    loser, keeper = two.world.owners[side], two.world.owners[1 - side]
    before = keeper.node.state().threads
    frame = two.back(loser, empty(two.world.copy(loser)))
    exchange(loser.node, keeper.node, frame)
    two.agree()
    verdicts = {entry.verdict for node in (two.anna, two.shop) for entry in node.log.sequence(mine=False)}
    assert verdicts == {"applied"}
    assert loser.node.state().threads[loser.node.thread].state == "active"
    assert keeper.node.state().threads.keys() == before.keys()
    assert loser.node.relationship.unaffirmed == keeper.node.relationship.unaffirmed != frozenset()


def test_a_message_that_brings_nothing_back_is_refused_where_the_thread_was_lost() -> None:
    two = Two()
    frame = two.shop.say(RelationshipPause(), two.shop.thread)
    node = empty(two.world.copy(two.hers))
    node.receive(frame)
    (entry,) = node.log.sequence(mine=False)
    assert entry.verdict == "unknown-thread"
    assert node.relationship.thread is None
    assert not node.log.threads


@pytest.mark.parametrize("side", [0, 1])
def test_an_agreement_outlives_two_recoveries_though_no_header_of_its_first_key_is_left(side: int) -> None:
    """[TERMS-8], [TERMS-40] The second header of a signature was made by a later key than the signature."""
    two = Two()
    one, other = two.world.owners[side], two.world.owners[1 - side]
    mine, theirs = two.world.copy(one), two.world.copy(other)
    agree(two)
    agreed = two.anna.state().agreements
    two.returns(one, two.world.copy(one))
    came_back(two, other, theirs)  # what one signed comes again, under the key of its second epoch
    assert two.anna.state().agreements == two.shop.state().agreements == agreed
    came_back(two, one, mine)  # and goes back to the one who signed it, under that same header
    two.world.heal()
    assert two.anna.state().agreements == two.shop.state().agreements == agreed
    for node in (two.anna, two.shop):
        (found,) = report_of(node).agreements
        assert bytes.fromhex(found.id) in agreed


def asks(two: Two) -> bytes:
    """The shop asks under the only agreement; gives the first id."""
    (agreement,) = two.shop.state().agreements
    wish = DisclosureRequest(
        agreement,
        (Wanted("profile.name", required=True),),
        "dpv:Use",
        ("dpv:ServiceProvision",),
        two.world.clock.now + DAY,
        standing=False,
    )
    shop = two.shop
    shop.commit(command(shop.relationship, Command(wish, agreement=agreement), shop.log, shop.setting))
    exchange(shop, two.anna, shop.frames()[-1])
    return newest(two.shop).first_id


def test_a_question_is_taken_again_though_the_terms_it_stands_on_came_back() -> None:
    """[REC-50], [GATE-7] Her own acceptance is unaffirmed; the shop had seen it when it asked."""
    two = Two()
    copy = two.world.copy(two.hers)
    agree(two, "SD-BASE")
    asked = asks(two)
    two.returns(two.hers, copy)
    assert two.anna.relationship.unaffirmed
    assert held(two.anna, asked).verdict == held(two.shop, asked).verdict == "applied"
    two.agree()
    with pytest.raises(UsageError) as refused:
        asks(two)
    assert refused.value.code is Code.UNAFFIRMED, "it supports nothing new"


def test_terms_that_came_back_count_as_not_held_where_a_body_names_them() -> None:
    """[GATE-7], [TERMS-7]"""
    two = Two()
    copy = two.world.copy(two.hers)
    agree(two)
    two.returns(two.hers, copy)
    (agreement,) = two.anna.state().agreements
    standard = next(iter(two.world.rosters.values()))
    with pytest.raises(UsageError) as refused:
        two.anna.say(TermsProffer.choose(standard, two.world.clock.now + DAY, replaces=agreement))
    assert refused.value.code is Code.REPLACES_UNKNOWN


def test_an_acceptance_of_a_proffer_that_came_back_is_taken_and_not_sealed() -> None:
    """[GATE-15] Whether the proffer was hers, only its owner says; the shop's yes stands meanwhile."""
    two = Two()
    copy = two.world.copy(two.hers)
    standard = next(iter(two.world.rosters.values()))
    exchange(two.anna, two.shop, two.anna.say(TermsProffer.choose(standard, two.world.clock.now + DAY)))
    thread = newest(two.anna).first_id
    two.returns(two.hers, copy)
    exchange(two.shop, two.anna, two.shop.say(at_once(two, thread), thread))
    assert held(two.anna, newest(two.shop).first_id).verdict == "applied"
    assert two.anna.log.threads[thread].state == "accepted"
    assert not two.anna.state().agreements
    two.agree()


def test_an_own_word_in_a_rest_that_came_back_is_refused_as_in_any_rest() -> None:
    """[GATE-3] Nothing crosses what is not said yet, though the peer's pause is of an older generation."""
    two = Two()
    two.says(two.its, RelationshipPause())
    two.returns(two.hers, two.world.copy(two.hers))
    said = len(two.anna.log.sequence(mine=True))
    message, items = ConversationSay.pack("hello")
    with pytest.raises(UsageError) as refused:
        two.anna.say(message, None, items)
    assert refused.value.code is Code.PAUSED
    assert len(two.anna.log.sequence(mine=True)) == said


def test_an_own_word_crosses_no_end_that_came_back() -> None:
    """[TABLE-4] She holds the close: what would have crossed it is not said any more."""
    two = Two()
    two.says(two.its, RelationshipClose(held="none"))
    two.returns(two.hers, two.world.copy(two.hers))
    with pytest.raises(UsageError) as refused:
        two.anna.say(RelationshipPause(), two.anna.thread)
    assert refused.value.code is Code.NOT_IN_STATE
    two.agree()


def came_back(two: Two, owner: Owner, copy: Node) -> None:
    """An old copy goes on, with the words, twice if it knew of no earlier time; its owner affirms all."""
    two.returns(owner, copy)
    if owner.node.relationship.recovering:
        two.returns(owner, owner.node)
    assert not owner.node.relationship.recovering
    two.says(owner, RelationshipAffirm(tuple(two.world.doubted(owner.node))))
