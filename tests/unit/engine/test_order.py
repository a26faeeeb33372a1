"""[ORDER-2] to [ORDER-11], [ORDER-14], [ERR-13], [ROLL-1]: which message is judged, and what is answered."""

from itertools import pairwise
from typing import Any

import pytest
from tests.unit.engine.probe import (
    Begin,
    Note,
    Pair,
    digest,
    forged,
    held,
    made,
    stopped,
    take,
    tell,
    verdict,
)

from pcloud.engine.snapshot import Decision, Due
from pcloud.errors import Code
from pcloud.testing.node import Node, exchange
from pcloud.wire.header import genesis


def unchanged(before: Any, node: Node, **fields: Any) -> None:
    """Nothing changed but the named fields of the scope."""
    relationship, *rest = before
    after, *others = held(node)
    assert others == rest
    assert after == relationship._replace(**fields)


def out_of_order(node: Node, frame: bytes) -> Decision:
    decision = take(node, frame)
    assert (decision.entries, decision.threads, decision.verdicts, decision.effects) == ((), (), (), ())
    return decision


def test_numbers_count_from_one_and_prev_chains(two: Pair) -> None:
    """[ORDER-2], [ORDER-3]"""
    for node, peer in ((two.anna, two.shop), (two.shop, two.anna)):
        mine = [entry.signed for entry in node.log.sequence(mine=True)]
        assert [signed.header.number for signed in mine] == list(range(1, len(mine) + 1))
        assert all(later.header.prev == first.id for first, later in pairwise(mine))
        assert [entry.verdict for entry in node.log.sequence(mine=True)] == ["applied"] * len(mine)
        assert [entry.verdict for entry in peer.log.sequence(mine=False)] == ["applied"] * len(mine)
    first = two.shop.log.sequence(mine=True)[0].signed.header
    events = (two.shop.relationship.me.log.current.id, two.anna.relationship.me.log.current.id)
    assert first.prev == genesis(*events)


def test_a_repeat_gets_the_same_receipt_and_changes_nothing(two: Pair) -> None:
    """[ORDER-4]"""
    frame = two.anna.say(Begin("a"))
    first = take(two.shop, frame)
    before = held(two.shop)
    again = out_of_order(two.shop, frame)
    assert (first.due, again.due) == (Due("receipt", None), Due("repeat", None))
    assert again.refused is None
    unchanged(before, two.shop)


def test_a_repeat_of_an_older_number_gets_the_present_receipt(two: Pair) -> None:
    """[ORDER-4]"""
    old = two.anna.say(Begin("a"))
    exchange(two.anna, two.shop, old)
    two.begun()
    before = held(two.shop)
    assert out_of_order(two.shop, old).due == Due("repeat", None)
    unchanged(before, two.shop)


def test_a_later_number_is_expected_and_stays_unjudged(two: Pair) -> None:
    """[ORDER-8], [ORDER-11]"""
    first = two.anna.say(Begin("a"))
    second = two.anna.say(Begin("b"))
    before = held(two.shop)
    number = two.shop.relationship.incoming.number
    decision = out_of_order(two.shop, second)
    assert (decision.refused, decision.due) == ("expected", Due("expected", None, number + 1))
    unchanged(before, two.shop)
    assert [verdict(two.shop, frame) for frame in (first, second)] == ["applied", "applied"]


def halted(two: Pair, frame: bytes, *, number: int, id_: bytes | None) -> None:
    """The frame is a fork: proof is kept, and the line halts, in this direction only."""
    before = held(two.shop)
    decision = out_of_order(two.shop, frame)
    assert (decision.refused, decision.due) == (Code.FORK, Due("fork", None, number, id_))
    line = before[0].incoming._replace(halted=True)
    unchanged(before, two.shop, incoming=line)
    assert decision.evidence is not None
    assert decision.evidence.signer == two.anna.relationship.me.key.public

    held_now = held(two.shop)
    for later in (two.anna.say(Begin("later")), frame):
        decision = out_of_order(two.shop, later)
        assert (decision.refused, decision.evidence) == (Code.HALTED, None)
        assert decision.due == Due("fork", None, line.number, line.head)
        unchanged(held_now, two.shop)
    assert verdict(two.anna, tell(two.shop, Begin("on we go"))) == "applied"


def test_the_same_number_with_another_id_is_a_fork(two: Pair) -> None:
    """[ORDER-5], [ORDER-7], [ERR-13]"""
    other = forged(two.anna, Begin("other"))
    judged = two.anna.say(Begin("a"))
    exchange(two.anna, two.shop, judged)
    line = two.shop.relationship.incoming
    halted(two, other, number=line.number, id_=line.head)


def test_an_older_number_with_another_id_is_a_fork(two: Pair) -> None:
    """[ORDER-5], [ORDER-7]"""
    other = forged(two.anna, Begin("other"))
    exchange(two.anna, two.shop, two.anna.say(Begin("a")))
    number, id_ = two.shop.relationship.incoming[:2]
    two.begun()
    halted(two, other, number=number, id_=id_)


def test_the_next_number_with_a_wrong_prev_is_a_fork(two: Pair) -> None:
    """[ORDER-6], [ORDER-7]"""
    line = two.shop.relationship.incoming
    halted(two, forged(two.anna, Begin("a"), prev=digest("other")), number=line.number, id_=line.head)


def test_a_repeat_in_a_halted_line_is_halted_too(two: Pair) -> None:
    """[ORDER-7]"""
    frame = two.anna.say(Begin("a"))
    exchange(two.anna, two.shop, frame)
    line = two.shop.relationship.incoming
    two.shop.relationship = two.shop.relationship._replace(incoming=line._replace(halted=True))
    assert out_of_order(two.shop, frame).refused is Code.HALTED


def test_in_an_empty_line_a_fork_names_nothing(two: Pair) -> None:
    """[ORDER-6], [ORDER-7]"""
    empty = two.shop.relationship.incoming._replace(number=0, head=digest("nothing"))
    for line in (empty, empty._replace(halted=True)):
        two.shop.relationship = two.shop.relationship._replace(incoming=line)
        assert out_of_order(two.shop, forged(two.anna, Begin("a"), number=1)).due == Due(
            "fork", None, 0, None
        )


def test_a_verdict_of_gate_and_content_uses_the_number_up(two: Pair) -> None:
    """[ORDER-11]"""
    number = two.shop.relationship.incoming.number
    assert verdict(two.shop, tell_anyway(two, Note("n"), digest("no thread"))) == "unknown-thread"
    assert verdict(two.shop, tell_anyway(two, Begin("a"), agreement=digest("x"))) == "applied"
    assert two.shop.relationship.incoming.number == number + 2
    assert two.shop.relationship.incoming.refusals[-1] == (number + 1, "unknown-thread")


def tell_anyway(two: Pair, message: Any, thread: bytes | None = None, **header: Any) -> bytes:
    """A message that Anna's node would not send; her line goes on after it."""
    signed, parts = made(two.anna, message, thread, **header)
    line = two.anna.relationship.outgoing
    two.anna.relationship = two.anna.relationship._replace(
        outgoing=line._replace(number=signed.header.number, head=signed.id)
    )
    return two.anna.seal(signed.data, parts)


def test_a_stage_before_gate_never_uses_a_number(two: Pair) -> None:
    """[ORDER-11]"""
    number = two.shop.relationship.incoming.number
    for header in ({"sender_epoch": 1}, {"recipient": digest("x")}, {"number": number + 5}):
        two.shop.receive(forged(two.anna, Begin("a"), **header))
        assert two.shop.relationship.incoming.number == number
    assert two.shop.relationship.incoming.refusals == ()


def test_the_highest_received_is_the_last_that_was_judged_and_never_falls(two: Pair) -> None:
    """[ORDER-14]"""
    seen = []
    for _ in range(3):
        exchange(two.shop, two.anna, tell(two.shop, Begin("s")))
        two.anna.say(Begin("a"))
        line = two.anna.relationship.incoming
        header = two.anna.log.sequence(mine=True)[-1].signed.header
        assert (header.highest, header.highest_id) == (line.number, line.head)
        seen.append(header.highest)
    assert seen == sorted(set(seen))
    assert two.anna.log.sequence(mine=True)[0].signed.header.highest_id is None


@pytest.mark.parametrize("case", ["ahead", "another id", "another id below", "never sent below"])
def test_a_header_that_names_what_was_never_sent_stops_the_copy(two: Pair, case: str) -> None:
    """[ROLL-1], [ROLL-5]"""
    line = two.shop.relationship.outgoing
    number, id_ = {
        "ahead": (line.number + 1, digest("ahead")),
        "another id": (line.number, digest("x")),
        "another id below": (line.number - 1, digest("x")),
        "never sent below": (line.number - 1, line.head),
    }[case]
    if case == "never sent below":
        two.shop.log._by_place.clear()
    if number == 0:
        exchange(two.shop, two.anna, tell(two.shop, Begin("s")))
        number, id_ = 1, digest("x")
    before = held(two.shop)
    decision = out_of_order(two.shop, forged(two.anna, Begin("a"), highest=number, highest_id=id_))
    assert (decision.refused, decision.due) == (Code.OUTDATED, None)
    assert stopped(two.shop)
    unchanged(before, two.shop, stopped=two.shop.relationship.stopped)
    assert out_of_order(two.shop, two.anna.say(Begin("b"))).refused is Code.RECOVERING


def test_a_header_that_names_an_older_message_of_mine_is_judged(two: Pair) -> None:
    """[ROLL-1], [ORDER-14]"""
    first = two.shop.log.sequence(mine=True)[0].signed
    exchange(two.shop, two.anna, tell(two.shop, Begin("s")))
    frame = forged(two.anna, Begin("a"), highest=1, highest_id=first.id)
    assert verdict(two.shop, frame) == "applied"


def test_while_it_recovers_nothing_is_judged(two: Pair) -> None:
    """[ROLL-5]"""
    frame = two.anna.say(Begin("a"))
    two.shop.relationship = two.shop.relationship._replace(recovering=True)
    before = held(two.shop)
    decision = out_of_order(two.shop, frame)
    assert (decision.refused, decision.due) == (Code.RECOVERING, None)
    unchanged(before, two.shop)
