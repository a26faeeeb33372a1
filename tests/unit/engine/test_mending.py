"""What comes back to its owner, and what the node answers by itself (spec 06 §4-6)."""

import pytest

from pcloud.engine import mending
from pcloud.engine.mending import AFFIRMED, RETURNED, mend, read_returned
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, REJECTED, Entry
from pcloud.errors import Code, Violation
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedEntry
from pcloud.kernel.effects import Keep
from pcloud.testing.node import Node, exchange
from pcloud.testing.world import World
from pcloud.wire.header import sign_header
from pcloud.wire.parts import Part, digest


class Back:
    """Anna paused, lost that, and is about to get it back."""

    def __init__(self) -> None:
        self.world = World(2)
        hers, its = self.world.owners
        self.shop: Node = its.node
        self.newer = hers.node
        copy = self.world.copy(hers)
        exchange(hers.node, its.node, hers.node.say(RelationshipPause(), hers.node.thread))
        entry = its.node.log.sequence(mine=False)[-1]
        self.entry: Entry = entry
        hers.node = copy
        hers.recover()
        self.anna: Node = copy
        self.said = its.node.log.sequence(mine=True)[-1].signed
        """Any message of the shop."""

    def mended(self, verdict: str = APPLIED) -> mending.Mended:
        returned = ReturnedEntry(self.entry.signed.data, self.entry.parts, verdict)
        keeps = [Keep("address", b"", None), Keep(RETURNED, b"", (returned,))]
        relationship = self.anna.relationship
        return mend(relationship, keeps, self.said, self.anna.log, STANDARD)

    def held(self, verdict: str) -> None:
        self.anna.log.put(self.entry._replace(mine=True, verdict=verdict))


@pytest.fixture
def back() -> Back:
    return Back()


def test_what_the_log_does_not_hold_is_taken_and_marked(back: Back) -> None:
    """[REC-24], [REC-27]"""
    mended = back.mended()
    assert [entry.first_id for entry in mended.entries] == [back.entry.first_id]
    assert mended.relationship.unaffirmed == {back.entry.first_id}
    assert not mended.replies


def test_what_was_refused_comes_back_without_a_mark(back: Back) -> None:
    """[REC-24]"""
    assert not back.mended("closed").relationship.unaffirmed


def test_what_the_log_holds_is_affirmed_by_the_node(back: Back) -> None:
    """[REC-28]"""
    back.held(APPLIED)
    mended = back.mended()
    assert [reply.message for reply in mended.replies] == [RelationshipAffirm((back.entry.first_id,))]
    assert not mended.entries


def test_what_the_copy_itself_held_as_unaffirmed_waits_for_the_owner(back: Back) -> None:
    """[REC-28] and spec 06 §13"""
    back.held(APPLIED)
    marked = frozenset({back.entry.first_id})
    back.anna.relationship = back.anna.relationship._replace(unaffirmed=marked)
    mended = back.mended()
    assert not mended.replies
    assert mended.relationship.unaffirmed == marked


def test_what_was_rejected_is_rejected_again(back: Back) -> None:
    """[REC-35]"""
    back.held(REJECTED)
    assert [each.message for each in back.mended().replies] == [RelationshipReject((back.entry.first_id,))]


def test_what_waits_for_the_owner_goes_on_waiting(back: Back) -> None:
    back.held(APPLIED)
    back.anna.relationship = back.anna.relationship._replace(unaffirmed=frozenset({back.entry.first_id}))
    mended = back.mended()
    assert not mended.replies
    assert mended.relationship.unaffirmed == {back.entry.first_id}


def test_a_peer_that_says_rejected_takes_nothing_back(back: Back) -> None:
    """[REC-24], [REC-44]"""
    back.held(APPLIED)
    before = back.anna.relationship
    assert back.mended(REJECTED) == mending.Mended(before)


def test_an_own_reject_that_comes_back_acts_as_it_did_at_the_peer(back: Back) -> None:
    """[REC-24]"""
    back.held(APPLIED)
    key = back.anna.relationship.me.key
    back.world.owners[0].recover()
    reject = RelationshipReject((back.entry.first_id,))
    body = Part(bytes(16), reject.write())
    header = back.entry.signed.header._replace(
        name=reject.NAME, sender_epoch=1, number=1, digests=(digest(*body),)
    )
    signed = sign_header(key, header)
    back.entry = Entry(signed, (body,), APPLIED, mine=True)
    mended = back.mended()
    named = reject.ids[0]
    assert mended.verdicts == ((named, REJECTED),)
    assert mended.relationship.unaffirmed == {signed.id}


def test_an_entry_of_the_present_key_that_is_missing_stops_the_copy(back: Back) -> None:
    """[ROLL-1]"""
    log = back.newer.relationship.me.log
    me = back.anna.relationship.me._replace(log=log)
    back.anna.relationship = back.anna.relationship._replace(me=me)
    assert back.mended().relationship.stopped


@pytest.mark.parametrize("change", ["not mine", "another part", "no signature", "another epoch"])
def test_what_is_not_ones_own_is_refused(back: Back, change: str) -> None:
    """[REC-23]"""
    data, parts, relationship = back.entry.signed.data, back.entry.parts, back.anna.relationship
    if change == "not mine":
        other = back.shop.log.sequence(mine=True)[-1]
        data, parts = other.signed.data, other.parts
    elif change == "another part":
        parts = (Part(bytes(16), b"\xa0"),)
    elif change == "no signature":
        data = data[:-1] + bytes([data[-1] ^ 1])
    else:
        log = relationship.me.log
        key = log.events[-1].signing_key
        events = (log.events[0]._replace(signing_key=key), *log.events[1:])
        relationship = relationship._replace(me=relationship.me._replace(log=log._replace(events=events)))
    with pytest.raises(Violation) as refused:
        read_returned(relationship, data, parts, APPLIED)
    assert refused.value.code is Code.ENTRY_INVALID


def test_what_this_side_gives_back_itself_changes_nothing_here(back: Back) -> None:
    relationship = back.anna.relationship
    keeps = [Keep(RETURNED, b"", ())]
    said = back.entry.signed
    assert mend(relationship, keeps, said, back.anna.log, STANDARD).entries == ()
    assert mend(relationship, [], said, back.anna.log, STANDARD).relationship is relationship


def test_a_word_on_entries_that_are_not_marked_is_passed_over(back: Back) -> None:
    """[REC-32]"""
    relationship = back.shop.relationship
    keeps = [Keep(AFFIRMED, id_, relationship.peer.log.persona) for id_ in (bytes(32), back.entry.first_id)]
    mended = mend(relationship, keeps, back.entry.signed, back.shop.log, STANDARD)
    assert mended.relationship == relationship
    assert not mended.verdicts


def test_the_ids_in_a_message_that_gives_back_are_first_ids(back: Back) -> None:
    message, _ = RelationshipReturned.pack([ReturnedEntry(back.entry.signed.data, back.entry.parts, APPLIED)])
    assert mending.returned_ids(message) == [back.entry.first_id]
