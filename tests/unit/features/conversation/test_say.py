"""[TALK-1] to [TALK-7]: what is said between two nodes, judged by the whole engine."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.unit.engine.probe import (
    Pair,
    commitment,
    digest,
    forged,
    held,
    made,
    pair,
    refused,
    strangers,
    take,
    verdict,
)
from tests.unit.engine.two import Two

from pcloud.engine.retry import withdraw_items
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.features.conversation.machine import MACHINE
from pcloud.features.conversation.say import ConversationSay, read_text
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import NO_CLAIMS, Gate, Mark
from pcloud.limits import SAY_BYTES_MAX
from pcloud.testing.node import Node, ask, exchange, pend
from pcloud.wire import cbor
from pcloud.wire.parts import Part

CHAPTER = Path(__file__).parents[4] / "spec/18-conversation.md"
SECRET = "tulips for 7 Elm Street"


@pytest.fixture
def two() -> Pair:
    return pair()


def say(node: Node, text: str, thread: bytes | None = None, answers: bytes | None = None) -> bytes:
    """The owner says something; gives the frame."""
    message, items = ConversationSay.pack(text, answers)
    return node.say(message, thread, items)


def spoken(two: Pair, text: str = "Are there tulips?") -> bytes:
    """A thread that Anna opened; the shop has it."""
    exchange(two.anna, two.shop, say(two.anna, text))
    return two.anna.relationship.outgoing.head


def newest(node: Node, *, mine: bool) -> Entry:
    return node.log.sequence(mine=mine)[-1]


def text_of(entry: Entry) -> str | None:
    """What an entry says; None where it is gone."""
    body, item = entry.parts
    assert body is not None
    return None if item is None else read_text(item.data)


def texts(node: Node, thread: bytes) -> list[str | None]:
    return [text_of(entry) for entry in node.log.entries(thread)]


# What a say is


def test_the_text_is_the_one_item_and_the_body_names_at_most_what_it_answers() -> None:
    """[TALK-1]"""
    message, items = ConversationSay.pack(SECRET, digest("asked"))
    assert (items, read_text(items[0])) == ((cbor.encode(SECRET),), SECRET)
    assert message.write() == cbor.encode({1: digest("asked")})
    assert ConversationSay.read(message.write()) == message
    assert ConversationSay.pack("x")[0].write() == b"\xa0"
    assert ConversationSay.read(b"\xa0").answers is None
    assert (ConversationSay.GATE, ConversationSay.MARK) == (Gate.RELATED, Mark.NEUTRAL)
    assert (ConversationSay.ITEMS_MAX, message.claims()) == (1, NO_CLAIMS)


@pytest.mark.parametrize(
    "body",
    [
        {1: b""},
        {1: bytes(31)},
        {1: bytes(33)},
        {1: None},
        {1: "x" * 32},
        {1: 7},
        {1: [bytes(32)]},
        {0: 1},
        {2: SECRET},
        {1: bytes(32), 2: "en"},
        {"1": bytes(32)},
        [bytes(32)],
        SECRET,
        None,
    ],
)
def test_a_body_with_anything_else_is_refused(body: Any) -> None:
    """[MSG-8] [MSG-9]"""
    with pytest.raises(Violation) as found:
        ConversationSay.read(cbor.encode(body))
    assert (found.value.stage, found.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_the_example_of_the_chapter_is_what_the_code_makes() -> None:
    chapter = CHAPTER.read_text()
    message, (item,) = ConversationSay.pack("Two bunches of tulips, please.", b"\x33" * 32)
    for salt, data in ((b"\x05" * 16, message.write()), (b"\x06" * 16, item)):
        for value in (salt, data, sha256(salt + data).digest()):
            assert f"h'{value.hex()}'" in chapter


# Saying and answering


def test_the_first_say_opens_a_thread_and_either_side_says_more(two: Pair) -> None:
    """[TALK-6] [TALK-7] [TABLE-11]"""
    thread = spoken(two)
    exchange(two.shop, two.anna, say(two.shop, "There are.", thread, thread))
    exchange(two.shop, two.anna, say(two.shop, "Red ones.", thread))
    exchange(two.anna, two.shop, say(two.anna, "Two bunches, please.", thread))

    for node in (two.anna, two.shop):
        found = node.log.threads[thread]
        opener = two.anna.relationship.me.log.persona
        assert (found.machine, found.opener, found.state, dict(found.data)) == (
            "conversation",
            opener,
            "open",
            {},
        )
        assert sorted(map(str, texts(node, thread))) == [
            "Are there tulips?",
            "Red ones.",
            "There are.",
            "Two bunches, please.",
        ]
        assert not node.relationship.outgoing.pending
    assert two.anna.told[-2:] == [Tell("conversation.said", thread)] * 2
    assert two.shop.told[-2:] == [Tell("conversation.said", thread)] * 2
    assert two.anna.state().digest() == two.shop.state().digest()


def test_each_matter_has_a_thread_of_its_own(two: Pair) -> None:
    tulips, box = spoken(two), spoken(two, "Your box came back.")
    assert tulips != box
    assert texts(two.shop, box) == ["Your box came back."]
    assert texts(two.shop, tulips) == ["Are there tulips?"]


def test_a_repeat_is_judged_once_and_told_once(two: Pair) -> None:
    """[ORDER-4]"""
    frame = say(two.anna, "Are there tulips?")
    exchange(two.anna, two.shop, frame)
    before = held(two.shop)
    two.clock.now += 60
    exchange(two.anna, two.shop, frame)
    assert held(two.shop)[1:] == before[1:]


@pytest.mark.parametrize("which", ["nothing it holds", "own", "theirs", "another feature"])
def test_it_may_answer_any_message_and_what_is_not_there(two: Pair, which: str) -> None:
    """[TALK-4]"""
    theirs = spoken(two)
    exchange(two.shop, two.anna, say(two.shop, "There are.", theirs))
    answers = {
        "nothing it holds": bytes(32),
        "own": two.shop.relationship.outgoing.head,
        "theirs": theirs,
        "another feature": two.shop.thread,
    }[which]
    for thread in (theirs, None):
        assert verdict(two.anna, say(two.shop, "Red ones.", thread, answers)) == "applied"
        entry = newest(two.anna, mine=False)
        assert entry.parts[0] is not None
        assert ConversationSay.read(entry.parts[0].data).answers == answers


@pytest.mark.parametrize(
    "text",
    [
        "x",
        " ",
        "\n",
        "\0",
        "a\x1b[31mb\x7f\x85",
        "abc\u202efed\u2066x",
        "e\u0301",
        "https://a.example",
        "\ufeff",
    ],
)
def test_a_text_is_kept_as_it_was_written(two: Pair, text: str) -> None:
    """[TALK-5]"""
    thread = spoken(two, text)
    (ours,), (theirs,) = two.anna.log.entries(thread), two.shop.log.entries(thread)
    assert text_of(ours) == text_of(theirs) == text
    assert ours.parts == theirs.parts


def test_the_longest_text_is_said_and_one_byte_more_is_not(two: Pair) -> None:
    """[TALK-2] [GATE-17]"""
    for letter in ("x", "\u00e9"):
        longest = letter * (SAY_BYTES_MAX // len(letter.encode()))
        assert texts(two.shop, spoken(two, longest)) == [longest]
        before = held(two.anna)
        with pytest.raises(UsageError) as found:
            say(two.anna, longest + "x")
        assert found.value.code is Code.BODY_FORM
        assert held(two.anna) == before


# What is refused


@pytest.mark.parametrize(
    "item",
    [
        b"",
        b"x",
        cbor.encode(""),
        cbor.encode(SECRET.encode()),
        cbor.encode([SECRET]),
        cbor.encode({1: SECRET}),
        cbor.encode(None),
        cbor.encode(7),
        cbor.encode(SECRET) + b"\0",
        cbor.encode(SECRET)[:-1],
        cbor.encode("x" * (SAY_BYTES_MAX + 1)),
        b"\x78\x01x",
        b"\x7f\x61x\xff",
        b"\xd8\x20\x61x",
        b"\x61\xff",
        b"\x81" * 40 + b"\x61x",
        b"\x9a\xff\xff\xff\xff",
    ],
)
def test_an_item_that_is_no_such_text_is_refused_and_uses_its_number(two: Pair, item: bytes) -> None:
    """[TALK-2] [MSG-18] [ORDER-11]"""
    thread = spoken(two)
    for where in (thread, None):
        refused(two.shop, forged(two.anna, ConversationSay(), where, items=(item,)), Code.BODY_FORM)
        two = pair()
        thread = spoken(two)


def test_what_follows_a_refused_say_is_judged(two: Pair) -> None:
    """[TALK-2] [ORDER-11]"""
    thread = spoken(two)
    signed, parts = made(two.anna, ConversationSay(), thread, (b"x",))
    entry = Entry(signed, parts, None, mine=True)
    line = two.anna.relationship.outgoing
    refused(two.shop, two.anna.seal(signed.data, parts), Code.BODY_FORM)
    two.anna.log.put(entry)
    two.anna.relationship = two.anna.relationship._replace(
        outgoing=line._replace(number=line.number + 1, head=signed.id)
    )
    assert verdict(two.shop, say(two.anna, "Red ones?", thread)) == "applied"


def test_one_place_for_a_text_and_neither_none_nor_two(two: Pair) -> None:
    """[TALK-1] [MSG-16]"""
    item = cbor.encode(SECRET)
    thread = spoken(two)
    refused(two.shop, forged(two.anna, ConversationSay(), thread), Code.BODY_FORM)
    two = pair()
    refused(two.shop, forged(two.anna, ConversationSay()), Code.BODY_FORM)
    two = pair()
    refused(two.shop, forged(two.anna, ConversationSay(), items=(item, item)), Code.PART_MISMATCH)


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((), Code.BODY_FORM),
        ((cbor.encode(""),), Code.BODY_FORM),
        ((cbor.encode(7),), Code.BODY_FORM),
        ((cbor.encode("x" * (SAY_BYTES_MAX + 1)),), Code.BODY_FORM),
        ((cbor.encode("x"), cbor.encode("y")), Code.PART_MISMATCH),
    ],
)
def test_an_owner_cannot_say_what_a_peer_would_refuse(
    two: Pair, items: tuple[bytes, ...], code: Code
) -> None:
    """[GATE-17]"""
    before = held(two.anna)
    with pytest.raises(UsageError) as found:
        two.anna.say(ConversationSay(), None, items)
    assert found.value.code is code
    assert held(two.anna) == before


def test_half_a_surrogate_pair_is_no_text() -> None:
    """[CBOR-14]"""
    with pytest.raises(UsageError) as found:
        ConversationSay.pack("\ud800")
    assert found.value.code is Code.CBOR_TYPE


def test_a_thread_of_another_feature_or_of_nobody_is_none_to_speak_in(two: Pair) -> None:
    """[TABLE-1]"""
    items = (cbor.encode(SECRET),)
    for thread in (two.anna.thread, bytes(32), two.begun()):
        frame = forged(two.anna, ConversationSay(), thread, items=items)
        refused(two.shop, frame, Code.UNKNOWN_THREAD)
        two = pair()


def test_nobody_speaks_before_the_relationship_is_active_and_after_its_end(two: Pair) -> None:
    """[GATE-2]"""
    anna, _, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    cases = [(anna, Code.NOT_RELATED)]
    asking, _, _, invitation = strangers()
    pend(asking, invitation, commitment("anna"))
    ask(asking, invitation)
    cases.append((asking, Code.NOT_RELATED))
    exchange(two.shop, two.anna, two.shop.say(RelationshipClose("none"), two.shop.thread))
    cases += [(two.anna, Code.CLOSED), (two.shop, Code.CLOSED)]
    for node, code in cases:
        before = held(node)
        with pytest.raises(UsageError) as found:
            say(node, SECRET)
        assert (found.value.stage, found.value.code) == (Stage.GATE, code)
        assert held(node) == before
    frame = forged(two.anna, ConversationSay(), items=(cbor.encode(SECRET),))
    refused(two.shop, frame, Code.CLOSED)


def test_a_rest_refuses_it_on_both_sides_and_what_crossed_the_pause_is_not_read(two: Pair) -> None:
    """[GATE-2] [GATE-3] [GATE-9] [MSG-18]"""
    thread = spoken(two)
    crossed = say(two.shop, SECRET, thread)
    pause = two.anna.say(RelationshipPause(), two.anna.thread)
    refused(two.anna, crossed, Code.CROSSED)
    exchange(two.anna, two.shop, pause)
    for node in (two.anna, two.shop):
        with pytest.raises(UsageError) as found:
            say(node, "Are you there?", thread)
        assert found.value.code is Code.PAUSED
    refused(two.shop, forged(two.anna, ConversationSay(), thread, items=(cbor.encode(SECRET),)), Code.PAUSED)


def test_after_a_rest_the_thread_goes_on(two: Pair) -> None:
    thread = spoken(two)
    for message in (RelationshipPause(), RelationshipResume()):
        exchange(two.anna, two.shop, two.anna.say(message, two.anna.thread))
    exchange(two.shop, two.anna, say(two.shop, "There are.", thread))
    assert texts(two.anna, thread) == ["Are there tulips?", "There are."]
    assert two.anna.state().digest() == two.shop.state().digest()


def test_a_refusal_names_no_word_of_the_text(two: Pair) -> None:
    """[ERR-17] [TABLE-11]"""
    frame = forged(two.anna, ConversationSay(), items=(cbor.encode([SECRET]),))
    decision = take(two.shop, frame)
    assert SECRET not in repr((decision.detail, decision.error, decision.effects))
    with pytest.raises(UsageError) as found:
        say(two.anna, SECRET * SAY_BYTES_MAX)
    assert SECRET not in repr((found.value, found.value.detail, found.value.__cause__))


# A text that is gone


def test_a_text_that_is_gone_is_no_fault_and_its_thread_stands(two: Pair) -> None:
    """[TALK-3] [MSG-15] [ORDER-29]"""
    say(two.anna, SECRET)
    thread = two.anna.relationship.outgoing.head
    two.anna.log.put(withdraw_items(newest(two.anna, mine=True)))
    say(two.anna, "Are there tulips?", thread)
    exchange(two.anna, two.shop, *two.anna.frames())

    assert [entry.verdict for entry in two.anna.log.entries(thread)] == ["applied", "applied"]
    assert texts(two.shop, thread) == [None, "Are there tulips?"]
    assert two.shop.log.threads[thread].state == "open"
    assert two.shop.told[-2:] == [Tell("conversation.said", thread)] * 2
    assert two.anna.state().digest() == two.shop.state().digest()
    assert SECRET not in repr(held(two.shop))


def test_a_text_that_does_not_give_its_digest_is_refused_though_it_may_be_absent(two: Pair) -> None:
    """[MSG-13]"""
    signed, parts = made(two.anna, ConversationSay(), None, (cbor.encode("a"),))
    other = (parts[0], Part(parts[1].salt, cbor.encode("b")))
    refused(two.shop, two.anna.seal(signed.data, other), Code.PART_MISMATCH)


# What crosses


def test_what_is_said_at_once_gives_one_state_in_whatever_order_it_comes() -> None:
    """[TALK-6] [TABLE-8] [TABLE-9] [FOLD-5]"""
    digests = set()
    for order in permutations(range(4)):
        two = pair()
        thread = spoken(two)
        hers = [say(two.anna, f"anna {number}", thread) for number in range(2)]
        theirs = [say(two.shop, f"shop {number}", thread) for number in range(2)]
        way = [(two.shop, frame) for frame in hers] + [(two.anna, frame) for frame in theirs]
        for place in order:
            node, frame = way[place]
            node.receive(frame)
        two.clock.now += 3_600
        exchange(two.anna, two.shop, *two.anna.frames())
        exchange(two.shop, two.anna, *two.shop.frames())
        for node in (two.anna, two.shop):
            assert {entry.verdict for entry in node.log.entries(thread)} == {"applied"}
            assert not node.relationship.outgoing.pending
            assert node.log.threads[thread].data == {}
            digests.add(node.state().digest())
    assert len(digests) == 1


def test_what_crosses_in_a_long_thread_reads_no_entry_of_it(
    two: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision loads what it needs, however much was said: no scan of the thread."""
    thread = spoken(two)
    crossing = say(two.shop, "There are.", thread)
    say(two.anna, "Two bunches, please.", thread)

    def scan(_: bytes) -> NoReturn:
        raise AssertionError("the thread was read from its beginning")

    monkeypatch.setattr(two.anna.log, "entries", scan)
    assert verdict(two.anna, crossing) == "applied"
    assert MACHINE.idle == {"conversation.say"}


# After a loss


def both_say(two: Two) -> tuple[bytes, Sequence[str]]:
    """Anna opens a thread, and both say more in it."""
    exchange(two.anna, two.shop, say(two.anna, "one"))
    thread = two.anna.relationship.outgoing.head
    exchange(two.shop, two.anna, say(two.shop, "two", thread))
    exchange(two.anna, two.shop, say(two.anna, "three", thread, thread))
    return thread, ("one", "two", "three")


def test_what_was_said_comes_back_after_a_loss_with_its_text() -> None:
    """[TALK-5] [SEC-6]"""
    two = Two()
    copy = two.world.copy(two.hers)
    thread, said = both_say(two)
    two.returns(two.hers, copy)

    assert sorted(map(str, texts(two.anna, thread))) == sorted(said)
    assert two.anna.log.threads[thread] == two.shop.log.threads[thread]
    own = {entry.first_id for entry in two.anna.log.entries(thread) if entry.mine}
    assert two.anna.relationship.unaffirmed == own, "she is asked whether it was she who said it"
    exchange(two.anna, two.shop, two.anna.say(RelationshipAffirm(tuple(sorted(own))), two.anna.thread))
    two.agree()


def test_a_text_that_was_erased_since_does_not_take_the_rest_with_it() -> None:
    """[TALK-3] [SEC-6]"""
    two = Two()
    copy = two.world.copy(two.its)
    thread, _ = both_say(two)
    two.anna.log.put(withdraw_items(two.anna.log.entries(thread)[0]))
    two.returns(two.its, copy)

    assert sorted(map(str, texts(two.shop, thread))) == ["None", "three", "two"]
    assert two.shop.log.threads[thread].state == "open"
    assert {entry.verdict for entry in two.anna.log.entries(thread)} == {"applied"}
    exchange(two.shop, two.anna, say(two.shop, "four", thread))
    assert text_of(newest(two.anna, mine=False)) == "four"
