"""[ORDER-11] to [ORDER-13], [MSG-8] to [MSG-16], [TABLE-1] to [TABLE-11], [SCOPE-7], [SCOPE-8], [ERR-14]."""

from typing import Any

import pytest
from tests.unit.engine.probe import (
    OPEN,
    OVER,
    Begin,
    Break,
    Bye,
    Deal,
    Free,
    Note,
    Pair,
    Ring,
    Share,
    Tick,
    digest,
    forged,
    held,
    made,
    opens,
    pair,
    take,
    tell,
    verdict,
)

from pcloud.engine import decide, sealing
from pcloud.engine.lines import in_new_epochs
from pcloud.engine.snapshot import Decision
from pcloud.errors import STAGE_OF, Code, Stage
from pcloud.features.relationship.close import RelationshipClose
from pcloud.kernel.effects import Ask, Tell, Wake
from pcloud.kernel.message import Message
from pcloud.testing.node import exchange
from pcloud.wire import cbor
from pcloud.wire.header import First, sign_header
from pcloud.wire.parts import Part
from pcloud.wire.parts import digest as part_digest


def refused(two: Pair, frame: bytes, code: Code) -> Decision:
    """The verdict, which is stored and uses the number up, and changes nothing else."""
    before, log, threads, told = held(two.shop)
    decision = take(two.shop, frame)
    (entry,) = decision.entries
    assert entry.verdict == code
    assert STAGE_OF[code] in (Stage.GATE, Stage.CONTENT)
    assert (decision.threads, decision.verdicts, decision.effects) == ((), (), ())
    assert decision.due is not None
    assert decision.due.kind == "receipt"
    after, log_after, threads_after, told_after = held(two.shop)
    number = before.incoming.number + 1
    line = before.incoming._replace(
        number=number, head=entry.signed.id, refusals=(*before.incoming.refusals, (number, code))
    )
    same = before._replace(incoming=line, clock=after.clock)
    assert after._replace(beyond_terms={}, sealing=None) == same._replace(beyond_terms={}, sealing=None)
    assert log_after == {**log, entry.first_id: entry}
    assert (threads_after, told_after) == (threads, told)
    return decision


def with_parts(two: Pair, parts: tuple[Part | None, ...], message: Message | None = None) -> bytes:
    """A note whose header is right and whose parts are these."""
    signed, _ = made(two.anna, message or Note("n"), two.begun(), (b"item",))
    return two.anna.seal(signed.data, parts)


def with_body(two: Pair, body: bytes, message: Message | None = None) -> bytes:
    part = Part(b"s" * 16, body)
    signed, _ = made(two.anna, message or Begin("a"), None, digests=(part_digest(*part),))
    return two.anna.seal(signed.data, (part,))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        cbor.encode([]),
        cbor.encode({}),
        cbor.encode({1: ""}),
        cbor.encode({1: "x" * 21}),
        cbor.encode({1: 1}),
        cbor.encode({1: None}),
        cbor.encode({1: "a", 2: 1}),
        b"\xa1\x01\x78\x01a",
    ],
)
def test_a_malformed_body_is_a_verdict(two: Pair, body: bytes) -> None:
    """[MSG-8], [MSG-9], [MSG-10], [MSG-11], [ERR-14]"""
    refused(two, with_body(two, body), Code.BODY_FORM)


def test_parts_are_checked_before_the_body_is_read(two: Pair) -> None:
    """[MSG-13], [MSG-14], [MSG-16]"""
    good = (Part(b"s" * 16, b"x"), Part(b"t" * 16, b"y"))
    for parts, code in (
        ((), Code.PART_MISSING),
        ((None, good[1]), Code.PART_MISSING),
        (good[:1], Code.PART_MISSING),
        (good, Code.PART_MISMATCH),
        ((*good, good[1]), Code.PART_MISMATCH),
    ):
        fresh = pair()
        refused(fresh, with_parts(fresh, parts), code)


def test_an_item_beyond_what_the_message_declares_is_refused(two: Pair) -> None:
    """[MSG-16]"""
    thread = two.begun()
    refused(two, forged(two.anna, Note("n"), thread, items=(b"a", b"b", b"c")), Code.PART_MISMATCH)


def test_an_absent_item_is_no_fault(two: Pair) -> None:
    """[MSG-15]"""
    thread = two.begun()
    signed, parts = made(two.anna, Note("n"), thread, (b"a", b"b"))
    assert verdict(two.shop, two.anna.seal(signed.data, (parts[0], None, parts[2]))) == "applied"


def test_an_unknown_name_is_refused_at_the_gate(two: Pair) -> None:
    """[GATE-1]"""
    refused(two, forged(two.anna, Begin("a"), name="x-other.begin"), Code.UNKNOWN_NAME)


def test_expiry_is_judged_at_the_decision(two: Pair) -> None:
    """[SCOPE-8]"""
    frame = forged(two.anna, Begin("a"), expiry=two.clock.now)
    two.clock.now += 1
    refused(two, frame, Code.EXPIRED)


def test_what_has_not_expired_is_applied(two: Pair) -> None:
    """[SCOPE-8]"""
    assert verdict(two.shop, tell(two.anna, Begin("a"), expiry=two.clock.now)) == "applied"


def test_the_time_of_a_decision_never_falls(two: Pair) -> None:
    """[SCOPE-7]"""
    two.clock.now += 100
    late = two.clock.now
    exchange(two.anna, two.shop, two.anna.say(Begin("a")))
    two.clock.now -= 1_000
    refused(two, forged(two.anna, Begin("b"), expiry=late - 1), Code.EXPIRED)
    assert two.shop.relationship.clock == late
    two.anna.say(Begin("c"))
    assert two.anna.relationship.clock == late
    assert two.anna.log.sequence(mine=True)[-1].signed.header.time == late


def test_a_thread_that_is_not_known_is_refused(two: Pair) -> None:
    """[TABLE-1]"""
    two.begun()
    refused(two, forged(two.anna, Note("n"), digest("x")), Code.UNKNOWN_THREAD)


def test_a_thread_of_another_feature_is_refused(two: Pair) -> None:
    """[TABLE-1]"""
    refused(two, forged(two.anna, Note("n"), two.anna.thread), Code.UNKNOWN_THREAD)


def test_what_is_not_in_the_table_is_refused(two: Pair) -> None:
    """[TABLE-2], [TABLE-3], [TABLE-7]"""
    thread = two.begun()
    refused(two, forged(two.anna, Begin("again"), thread), Code.NOT_IN_STATE)
    two = pair()
    refused(two, forged(two.anna, Note("n")), Code.NOT_IN_STATE)
    two = pair()
    refused(two, forged(two.anna, Tick(), two.begun()), Code.NOT_YOUR_TURN)


def test_it_is_not_the_other_partys_turn(two: Pair) -> None:
    """[TABLE-2]"""
    thread = two.begun()
    assert verdict(two.anna, forged(two.shop, Deal(), thread)) == "not-your-turn"


def test_a_crossing_row_is_taken_only_by_what_crossed(two: Pair) -> None:
    """[TABLE-4], [TABLE-9]"""
    thread = two.begun()
    crossing = two.anna.say(Note("before"), thread)
    bye = two.shop.say(Bye(), thread)
    assert verdict(two.shop, crossing) == "applied"
    exchange(two.shop, two.anna, bye)
    exchange(two.anna, two.shop, *two.anna.frames())
    assert two.shop.log.threads[thread].state == OVER
    assert two.anna.state().digest() == two.shop.state().digest()
    assert verdict(two.shop, forged(two.anna, Note("after"), thread)) == "not-in-state"


def test_a_check_that_refuses_leaves_everything_as_it_was(two: Pair) -> None:
    """[TABLE-5], [TABLE-7], [ERR-17]"""
    thread = two.begun()
    decision = refused(two, tell(two.anna, Break("refuse"), thread), Code.REFERENCE_MISMATCH)
    assert decision.detail == "as asked"


@pytest.mark.parametrize("how", ["check", "reply"])
def test_a_fault_of_our_own_becomes_a_verdict(two: Pair, how: str) -> None:
    """[ORDER-12], [ERR-15], [ERR-16]: and the line goes on."""
    thread = two.begun()
    decision = refused(two, tell(two.anna, Break(how), thread), Code.INTERNAL)
    assert decision.error is not None
    assert decision.detail == ""
    assert verdict(two.shop, two.anna.say(Note("on"), thread)) == "applied"


def test_all_effects_are_in_the_commit_of_the_message(two: Pair) -> None:
    """[ORDER-13], [TABLE-6], [TABLE-10], [SCOPE-1]"""
    thread = two.begun()
    frame = two.anna.say(Ring(), thread)
    ringing = two.anna.relationship.outgoing.head
    before = held(two.shop)
    decision = decide.judge(opens(two.shop, frame), two.shop.log, two.shop.setting)
    assert held(two.shop) == before, "a decision is a value until it is committed"
    rung, echo = decision.entries
    assert (rung.signed.id, rung.verdict, rung.mine) == (ringing, "applied", False)
    assert (echo.signed.header.name, echo.verdict, echo.mine) == ("x-probe.note", None, True)
    assert echo.signed.header.highest_id == ringing, "the reply has seen what it answers"
    assert decision.effects == (
        Wake(two.clock.now + 60, "x-probe.wake", thread),
        Ask("owner", "x-probe.show", ringing),
        Tell("x-probe.rung", thread),
    )
    assert [found.id for found in decision.threads] == [thread, thread]
    assert decision.relationship.outgoing.pending[-1].id == echo.signed.id
    assert b"hello" not in repr(decision.effects).encode()


def test_only_the_receiver_replies_and_only_once(two: Pair) -> None:
    """[TABLE-6]"""
    thread = two.begun()
    frame = two.anna.say(Ring(), thread)
    assert Tell("x-probe.rung", thread) not in two.anna.told
    exchange(two.anna, two.shop, frame, frame)
    assert [effect for effect in two.shop.told if effect == Tell("x-probe.rung", thread)] == [
        Tell("x-probe.rung", thread)
    ]
    assert len([entry for entry in two.shop.log.sequence(mine=True) if entry.signed.thread_id == thread]) == 1


def test_items_of_a_message_that_crossed_an_end_are_erased_unread(two: Pair) -> None:
    """[GATE-9], [SEAL-42]"""
    thread = two.begun()
    two.anna.relationship = sealing.renew(two.anna.relationship)
    frame = tell(two.anna, Note("n"), thread, items=(b"one", b"two"))
    two.shop.say(RelationshipClose(held="none"), two.shop.thread)
    assert len(two.shop.relationship.sealing.sessions) > 0
    decision = take(two.shop, frame)
    (entry,) = decision.entries
    assert entry.verdict == "crossed"
    assert entry.parts == (None, None, None), "nothing of a refused message is kept"
    assert len(two.shop.relationship.sealing.sessions) == 1
    assert two.shop.relationship.beyond_terms == {}


def test_without_items_a_crossed_message_keeps_the_sessions(two: Pair) -> None:
    """[GATE-9]"""
    two.anna.relationship = sealing.renew(two.anna.relationship)
    frame = two.anna.say(Begin("a"))
    two.shop.say(RelationshipClose(held="none"), two.shop.thread)
    assert take(two.shop, frame).entries[0].verdict == "crossed"
    assert len(two.shop.relationship.sealing.sessions) > 1


def test_only_terms_forbid_is_counted(two: Pair) -> None:
    """[ERR-18], [GATE-13]"""
    thread, agreement = two.dealt()
    bad = Share("sell", (), ())
    for count in (1, 2):
        decision = take(two.shop, tell_anyway(two, bad, thread, agreement=agreement))
        assert decision.entries[0].verdict == "terms-forbid"
        assert decision.detail, "the clause, or that there is none"
        assert two.shop.relationship.beyond_terms == {agreement: count}
    take(two.shop, tell_anyway(two, bad, thread, agreement=digest("x")))
    take(two.shop, tell_anyway(two, bad, thread))
    take(two.shop, tell_anyway(two, Note("n"), digest("x"), agreement=agreement))
    assert two.shop.relationship.beyond_terms == {agreement: 2}
    assert two.anna.relationship.beyond_terms == {}


def tell_anyway(two: Pair, message: Message, thread: bytes | None = None, **header: Any) -> bytes:
    signed, parts = made(two.anna, message, thread, **header)
    line = two.anna.relationship.outgoing
    two.anna.relationship = two.anna.relationship._replace(
        outgoing=line._replace(number=signed.header.number, head=signed.id)
    )
    return two.anna.seal(signed.data, parts)


# A message that is sent again under its first id


def later(two: Pair) -> None:
    """Both sides as after a recovery: a newer epoch of Anna, with fresh lines."""
    log = two.anna.relationship.me.log
    newer = log._replace(events=(*log.events, log.current._replace(seq=1)))
    keys_a, keys_s = two.anna.relationship.sealing, two.shop.relationship.sealing
    anna = in_new_epochs(two.anna.relationship, newer, two.anna.relationship.peer)
    peer = two.shop.relationship.peer._replace(log=newer)
    shop = in_new_epochs(two.shop.relationship, two.shop.relationship.me.log, peer)
    two.anna.relationship = anna._replace(sealing=keys_a)
    two.shop.relationship = shop._replace(sealing=keys_s)


def sent_before(two: Pair) -> tuple[bytes, Any]:
    thread = two.begun()
    exchange(two.anna, two.shop, tell(two.anna, Note("n"), thread, items=(b"item",)))
    entry = two.shop.log.sequence(mine=False)[-1]
    later(two)
    return thread, entry


def again(two: Pair, entry: Any, **fields: Any) -> bytes:
    """The reissue of an entry, with any field of the header or of its first place changed."""
    signed, _ = made(two.anna, Note("n"))
    old = entry.signed.header
    first = First(entry.first_id, entry.signed.rank[0], entry.signed.rank[1], entry.signed.knew[1])
    for name in First._fields:
        if f"first_{name}" in fields:
            first = first._replace(**{name: fields.pop(f"first_{name}")})
    header = old._replace(
        sender_epoch=1,
        number=signed.header.number,
        prev=signed.header.prev,
        highest=signed.header.highest,
        highest_id=signed.header.highest_id,
        first=first,
    )._replace(**fields)
    resigned = sign_header(two.anna.relationship.me.key, header)
    return two.anna.seal(resigned.data, (entry.parts[0], None))


def test_a_reissue_repeats_the_verdict_without_effect(two: Pair) -> None:
    """[REC-19], [REC-20]"""
    thread, entry = sent_before(two)
    state, told = two.shop.log.threads[thread], list(two.shop.told)
    decision = take(two.shop, again(two, entry))
    (stored,) = decision.entries
    assert (stored.verdict, stored.first_id) == ("applied", entry.first_id)
    assert stored.signed.id != entry.signed.id, "the newest header is kept"
    assert stored.parts == entry.parts, "and the items that were here"
    assert (decision.threads, decision.effects) == ((), ())
    assert (two.shop.log.threads[thread], two.shop.told) == (state, told)
    assert two.shop.relationship.incoming.number == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x-probe.begin"},
        {"thread": digest("x")},
        {"time": 1},
        {"expiry": 1},
        {"agreement": digest("x")},
        {"digests": (digest("x"),)},
        {"first_number": 1},
        {"first_highest": 77},
        {"first_generation": 1},
        {"first_generation": 2},
    ],
)
def test_a_reissue_that_is_not_what_was_sent_first_is_a_fork(two: Pair, fields: dict[str, Any]) -> None:
    """[REC-18], [ORDER-7]: nobody rewrites what was judged."""
    _, entry = sent_before(two)
    frame = again(two, entry, **fields)
    before = held(two.shop)
    decision = take(two.shop, frame)
    assert (decision.refused, decision.entries) == (Code.FORK, ())
    assert decision.due is not None
    assert decision.evidence is not None
    assert two.shop.relationship.incoming.halted
    assert held(two.shop)[1:] == before[1:]


def test_a_reissue_under_the_id_of_the_receivers_own_message_is_a_fork(two: Pair) -> None:
    """[REC-18]"""
    exchange(two.shop, two.anna, tell(two.shop, Begin("s")))
    _, entry = sent_before(two)
    exchange(two.anna, two.shop, again(two, entry))
    mine = two.shop.log.sequence(mine=True)[-1]
    decision = take(two.shop, again(two, entry, first_id=mine.first_id))
    assert decision.refused is Code.FORK
    assert decision.due is not None
    assert decision.due.number == 1
    assert two.shop.log.find(mine.first_id) == mine


def test_a_reissue_that_was_never_judged_is_judged(two: Pair) -> None:
    """[REC-19], [TABLE-4], [FOLD-4]"""
    thread = two.begun()
    exchange(two.shop, two.anna, tell(two.shop, Bye(), thread))
    later(two)
    lost = First(digest("lost"), 0, 5, 0)
    assert verdict(two.shop, forged(two.anna, Note("n"), thread, first=lost)) == "applied", (
        "crossing rows take it"
    )
    assert two.shop.log.threads[thread].state == OVER
    assert two.shop.log.threads[thread].data["notes"] == [digest("lost")]
    entry = two.shop.log.find(digest("lost"))
    assert entry is not None
    assert entry.signed.rank == (0, 5)


def test_a_reissue_whose_reply_is_not_possible_any_more_is_applied(two: Pair) -> None:
    """[REC-19]: it was said before the log was lost."""
    thread = two.begun()
    later(two)
    lost = First(digest("lost"), 0, 5, 0)
    assert verdict(two.shop, forged(two.anna, Break("reply"), thread, first=lost)) == "applied"
    assert two.shop.relationship.outgoing.number == 0


def test_a_reissue_affirms(two: Pair) -> None:
    """[REC-29]"""
    _, entry = sent_before(two)
    other = digest("other")
    two.shop.relationship = two.shop.relationship._replace(unaffirmed=frozenset({entry.first_id, other}))
    take(two.shop, again(two, entry))
    assert two.shop.relationship.unaffirmed == {other}


def test_what_is_open_needs_no_relationship_but_its_table(two: Pair) -> None:
    """[GATE-2]"""
    two.shop.say(RelationshipClose(held="none"), two.shop.thread)
    assert verdict(two.shop, forged(two.anna, Free())) == "applied"
    assert [thread.state for thread in two.shop.log.threads.values()][-1] == OPEN


def test_a_decision_is_made_from_what_it_is_given(two: Pair) -> None:
    """[ORDER-13]: the same arguments give the same decision."""
    frame = two.anna.say(Begin("a"))
    opened = opens(two.shop, frame)
    first = decide.judge(opened, two.shop.log, two.shop.setting)
    assert decide.judge(opened, two.shop.log, two.shop.setting) == first
