"""[GATE-17], [MSG-6], [MSG-7], [MSG-12], [ORDER-2], [ORDER-14], [ORDER-16]: what the owner commands."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from tests.unit.engine.probe import (
    DAY,
    OVER,
    Begin,
    Break,
    Bye,
    Deal,
    Note,
    Pair,
    Ring,
    Tick,
    digest,
    held,
    take,
    tell,
)

from pcloud.engine.compose import Command, command, reissue
from pcloud.engine.snapshot import APPLIED, Decision
from pcloud.errors import Code, UsageError
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.kernel.gate import Gate
from pcloud.kernel.message import Message
from pcloud.limits import MESSAGE_BYTES_MAX
from pcloud.testing.node import Node, exchange
from pcloud.wire.answers import KeyOffer
from pcloud.wire.header import First
from pcloud.wire.keys import HybridKey
from pcloud.wire.parts import check_parts


@dataclass(frozen=True, slots=True)
class Unknown(Message):
    NAME: ClassVar[str] = "x-probe.unknown"
    GATE: ClassVar[Gate] = Gate.OPEN


def decided(node: Node, message: Message, thread: bytes | None = None, **more: Any) -> Decision:
    return command(node.relationship, Command(message, thread, **more), node.log, node.setting)


def cannot(node: Node, message: Message, thread: bytes | None = None, **more: Any) -> Code:
    """A command that is refused changes nothing."""
    before = held(node)
    with pytest.raises(UsageError) as found:
        decided(node, message, thread, **more)
    assert held(node) == before
    return found.value.code


def test_a_command_numbers_one_message_and_changes_nothing_else(two: Pair) -> None:
    """[ORDER-2], [ORDER-14], [MSG-12]"""
    thread = two.begun()
    before = held(two.anna)
    decision = decided(two.anna, Note("n"), thread, items=(b"one", b"two"), expiry=two.clock.now + DAY)
    assert held(two.anna) == before, "a decision is a value until it is committed"
    (entry,) = decision.entries
    header, old = entry.signed.header, before[0]
    assert (header.number, header.prev) == (old.outgoing.number + 1, old.outgoing.head)
    assert (header.highest, header.highest_id) == (old.incoming.number, old.incoming.head)
    assert (header.thread, header.time, header.expiry) == (thread, two.clock.now, two.clock.now + DAY)
    assert (header.sender, header.recipient) == (old.me.log.persona, old.peer.log.persona)
    assert (entry.verdict, entry.mine) == (None, True)
    check_parts(header.digests, entry.parts)
    salts = {part.salt for part in entry.parts if part is not None}
    assert len(salts) == len(entry.parts) == 3
    line = decision.relationship.outgoing
    assert decision.relationship == old._replace(outgoing=line, clock=two.clock.now)
    assert (line.number, line.head, line.pending[-1].id) == (header.number, entry.signed.id, entry.signed.id)
    assert (decision.due, decision.effects, decision.verdicts) == (None, (), ())


def test_an_own_message_acts_before_its_receipt(two: Pair) -> None:
    """[ORDER-16]"""
    thread = two.begun()
    tell(two.anna, Bye(), thread)
    assert two.anna.log.threads[thread].state == OVER
    assert two.shop.log.threads[thread].state == "open"
    assert two.anna.state().threads[thread].state == OVER


def test_a_repeat_carries_the_same_signed_header(two: Pair) -> None:
    """[MSG-6]"""
    two.anna.say(Begin("a"))
    entry = two.anna.log.sequence(mine=True)[-1]
    two.anna.frames()
    two.clock.now += DAY
    two.anna.frames()
    assert two.anna.log.sequence(mine=True)[-1] == entry


@pytest.mark.parametrize(
    ("message", "thread", "code"),
    [
        (Unknown(), None, Code.UNKNOWN_NAME),
        (Note("n"), None, Code.NOT_IN_STATE),
        (Note("n"), digest("x"), Code.UNKNOWN_THREAD),
        (Note("x" * 21), None, Code.BODY_FORM),
        (Begin(""), None, Code.BODY_FORM),
    ],
)
def test_a_command_is_refused_as_the_message_would_be(
    two: Pair, message: Message, thread: bytes | None, code: Code
) -> None:
    """[GATE-17], [TABLE-1], [TABLE-2]"""
    assert cannot(two.anna, message, thread) is code


def test_a_command_takes_the_rows_of_its_side(two: Pair) -> None:
    """[GATE-17], [TABLE-2], [TABLE-3]"""
    thread = two.begun()
    assert cannot(two.shop, Deal(), thread) is Code.NOT_YOUR_TURN
    assert cannot(two.anna, Tick(), thread) is Code.NOT_YOUR_TURN
    assert cannot(two.anna, Begin("again"), thread) is Code.NOT_IN_STATE
    assert cannot(two.anna, Note("n"), two.anna.thread) is Code.UNKNOWN_THREAD
    exchange(two.shop, two.anna, tell(two.shop, Bye(), thread))
    assert cannot(two.anna, Note("n"), thread) is Code.NOT_IN_STATE, "nothing crossed"


def test_a_command_has_no_more_items_than_its_message(two: Pair) -> None:
    """[GATE-17], [MSG-16]"""
    thread = two.begun()
    assert cannot(two.anna, Note("n"), thread, items=(b"", b"", b"")) is Code.PART_MISMATCH


def test_a_command_that_has_expired_is_refused(two: Pair) -> None:
    """[GATE-17], [SCOPE-8]"""
    assert cannot(two.anna, Begin("a"), expiry=two.clock.now - 1) is Code.EXPIRED
    assert decided(two.anna, Begin("a"), expiry=two.clock.now).entries


def test_a_message_that_no_frame_could_carry_is_never_numbered(two: Pair) -> None:
    """[MSG-7]"""
    thread = two.begun()
    empty = decided(two.anna, Note("n"), thread, items=(b"",)).entries[0]
    size = len(empty.signed.data) + sum(len(part.data) for part in empty.parts if part is not None)
    room = MESSAGE_BYTES_MAX - size - 100
    assert cannot(two.anna, Note("n"), thread, items=(bytes(MESSAGE_BYTES_MAX),)) is Code.CONTENT_TOO_LARGE
    frame = tell(two.anna, Note("n"), thread, items=(bytes(room),))
    assert take(two.shop, frame).entries[0].verdict == APPLIED


def test_there_is_one_relationship_thread(two: Pair) -> None:
    """[REL-16]"""
    key = KeyOffer(1, HybridKey.from_seed(b"k" * 32).public)
    again = RelationshipRequest(
        invitation=digest("i"),
        key=key,
        mailbox=b"m" * 16,
        endpoints=("https://x.example",),
        commitment=digest("c"),
        kind="person",
    )
    assert cannot(two.anna, again) is Code.NOT_IN_STATE


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"stopped": "outdated"}, Code.OUTDATED), ({"recovering": True}, Code.RECOVERING)],
)
def test_an_outdated_or_recovering_copy_numbers_nothing(
    two: Pair, fields: dict[str, Any], code: Code
) -> None:
    """[ROLL-5]"""
    two.anna.relationship = two.anna.relationship._replace(**fields)
    assert cannot(two.anna, Begin("a")) is code


def test_a_check_runs_where_it_is_commanded_too(two: Pair) -> None:
    """[TABLE-5], [GATE-17]"""
    thread = two.begun()
    assert decided(two.anna, Break("refuse"), thread).entries, "the probe's check passes what is its own"
    assert decided(two.anna, Ring(), thread).effects == (), "a reply is the receiver's"


def test_a_reissue_is_the_same_message_in_a_new_line(two: Pair) -> None:
    """[REC-18], [MSG-6]"""
    thread = two.begun()
    tell(two.anna, Note("n"), thread, items=(b"item",))
    entry = two.anna.log.sequence(mine=True)[-1]
    relationship, again = reissue(two.anna.relationship, entry)
    old, header = entry.signed.header, again.signed.header
    assert header.first == First(entry.first_id, *entry.signed.rank, entry.signed.knew[1])
    assert again.first_id == entry.first_id
    assert again.parts == entry.parts
    assert again.verdict is None
    line = two.anna.relationship.outgoing
    assert (header.number, header.prev) == (line.number + 1, line.head)
    same = ("sender", "name", "thread", "time", "expiry", "agreement", "digests")
    assert all(getattr(header, name) == getattr(old, name) for name in same)
    assert relationship.outgoing.head == again.signed.id
    _, twice = reissue(relationship, again)
    assert twice.signed.header.first == header.first, "the first place stays the first"
    empty = two.anna.relationship.incoming._replace(number=0)
    _, alone = reissue(two.anna.relationship._replace(incoming=empty), entry)
    assert (alone.signed.header.highest, alone.signed.header.highest_id) == (0, None)
