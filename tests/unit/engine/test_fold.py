"""[FOLD-1] to [FOLD-5], [TABLE-8], [TABLE-9], [MSG-17], [ORDER-16]: both sides reach one state."""

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.probe import (
    REGISTRY,
    Allow,
    Begin,
    Break,
    Bye,
    Cancel,
    Deal,
    Note,
    Pair,
    Ring,
    Share,
    digest,
    made,
    pair,
    tell,
)

from pcloud.engine import sealing
from pcloud.engine.answering import in_flight
from pcloud.engine.compose import Command, command
from pcloud.engine.fold import State, act_of, fold, merge
from pcloud.engine.retry import withdraw_items
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.errors import UsageError
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.kernel.message import Message
from pcloud.limits import ANSWER_INTERVAL_S
from pcloud.testing.node import Node, exchange
from pcloud.wire import cose
from pcloud.wire.header import First
from pcloud.wire.parts import check_parts


def test_the_empty_state_has_the_digest_of_the_chapter() -> None:
    """[FOLD-5]"""
    empty = "71bb7b9cba07ea9fc3bd9fa0dfce115a0c8861ed71aac4d7f6cb13c9889f16fb"
    assert State({}, {}, frozenset()).digest().hex() == empty
    assert fold([], REGISTRY) == State({}, {}, frozenset())


def test_every_part_of_the_state_is_in_the_digest() -> None:
    """[FOLD-5]"""
    two = pair()
    thread, agreement = two.dealt()
    state = two.anna.state()
    assert state.agreements.keys() == {agreement}
    one, deal = state.threads[thread], state.agreements[agreement]
    others = (
        State({}, state.agreements, state.unaffirmed),
        State(state.threads, {}, state.unaffirmed),
        State(state.threads, state.agreements, frozenset({thread})),
        State({**state.threads, thread: one._replace(state="x")}, state.agreements, state.unaffirmed),
        State({**state.threads, thread: one._replace(data={})}, state.agreements, state.unaffirmed),
        State(
            {**state.threads, thread: one._replace(opener=digest("x"))}, state.agreements, state.unaffirmed
        ),
        State(state.threads, {agreement: deal._replace(until=5)}, state.unaffirmed),
    )
    digests = {other.digest() for other in others}
    assert len(digests) == len(others)
    assert state.digest() not in digests


def entry_of(node: Node, number: int, highest: int, *, name: str = "n") -> Entry:
    """A note at any place of the node's line."""
    header: dict[str, Any] = {"number": number, "highest": highest}
    header["highest_id"] = digest("known") if highest else None
    signed, parts = made(node, Note(name), digest("thread"), **header)
    return Entry(signed, parts, APPLIED, mine=True)


def sides(two: Pair) -> tuple[Node, Node]:
    lower, higher = sorted((two.anna, two.shop), key=lambda node: node.relationship.me.log.persona)
    return lower, higher


def test_who_knew_comes_after_and_of_two_that_crossed_the_lower_persona_comes_first() -> None:
    """[FOLD-1]"""
    lower, higher = sides(pair())
    low = [entry_of(lower, 1, 0), entry_of(lower, 2, 1), entry_of(lower, 3, 1), entry_of(lower, 4, 3)]
    high = [entry_of(higher, 1, 0), entry_of(higher, 2, 0), entry_of(higher, 3, 3), entry_of(higher, 4, 4)]
    wanted = [low[0], high[0], low[1], low[2], high[1], high[2], low[3], high[3]]
    for seed in range(20):
        mixed = [*low, *high]
        random.Random(seed).shuffle(mixed)
        assert merge(mixed) == wanted
    assert merge(reversed(low)) == low
    assert merge([]) == []
    assert merge([*low[:1], *high[:1]]) == [low[0], high[0]]


def test_a_reissue_stands_at_its_first_place() -> None:
    """[FOLD-1], [REC-20]"""
    lower, higher = sides(pair())
    first = First(digest("first"), 0, 2, 1)
    signed, parts = made(lower, Note("n"), digest("thread"), number=9, sender_epoch=1, first=first)
    again = Entry(signed, parts, APPLIED, mine=True)
    low, high = entry_of(lower, 1, 0), [entry_of(higher, 1, 0), entry_of(higher, 2, 0)]
    assert merge([again, *high, low]) == [low, high[0], again, high[1]]


@given(st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_any_order_of_the_entries_gives_the_same_digest(shuffle: random.Random) -> None:
    """[FOLD-5], [FOLD-1]"""
    entries = list(TALKED.anna.log.by_first_id.values())
    assert len(entries) > 10
    shuffle.shuffle(entries)
    assert fold(entries, REGISTRY).digest() == TALKED.anna.state().digest() == TALKED.shop.state().digest()


def test_only_what_was_applied_and_ones_own_that_waits_act() -> None:
    """[FOLD-2], [ORDER-16]"""
    two = pair()
    thread = two.begun()
    plain = two.anna.state().digest()
    tell(two.anna, Bye(), thread)
    entry = two.anna.log.sequence(mine=True)[-1]
    entries = [each for each in two.anna.log.by_first_id.values() if each is not entry]
    waiting = two.anna.state().digest()
    assert fold([*entries, entry._replace(verdict=APPLIED)], REGISTRY).digest() == waiting != plain
    for silent in (
        entry._replace(verdict="not-in-state"),
        entry._replace(verdict="rejected"),
        entry._replace(verdict="a code nobody knows"),
        entry._replace(verdict=None, mine=False),
    ):
        assert fold([*entries, silent], REGISTRY).digest() == plain
    assert fold([*entries, *_unknown(two)], REGISTRY).digest() == plain


def _unknown(two: Pair) -> list[Entry]:
    signed, parts = made(two.anna, Begin("x"), name="x-other.begin")
    return [Entry(signed, parts, APPLIED, mine=True)]


def test_a_suspended_entry_does_not_act() -> None:
    """[FOLD-2], [REC-31]"""
    from pcloud.features.relationship.close import RelationshipClose

    two = pair()
    before = fold(two.anna.log.by_first_id.values(), REGISTRY).threads
    exchange(two.anna, two.shop, tell(two.anna, RelationshipClose(held="none"), two.anna.thread))
    close = two.anna.log.sequence(mine=True)[-1]
    entries = two.anna.log.by_first_id.values()
    assert fold(entries, REGISTRY).threads[two.anna.thread].state == "closed"
    assert fold(entries, REGISTRY, frozenset({close.first_id})).threads == before
    assert fold(entries, REGISTRY, frozenset({digest("x")})).threads[two.anna.thread].state == "closed"


def test_an_entry_without_a_row_at_its_place_is_passed_over() -> None:
    """[FOLD-3]"""
    two = pair()
    thread = two.begun()
    tell(two.anna, Bye(), thread)
    tell(two.anna, Begin("new"))
    entries = list(two.anna.log.by_first_id.values())
    signed, parts = made(two.anna, Break("refuse"), thread)
    late = Entry(signed, parts, APPLIED, mine=True)
    assert fold([*entries, late], REGISTRY).digest() == two.anna.state().digest()


def test_what_names_a_thread_never_opens_one() -> None:
    """[FOLD-3]: where the opening message went, a second one that could open stands for nothing."""
    two = pair()
    signed, parts = made(two.anna, Begin("again"), digest("gone"))
    alone = Entry(signed, parts, APPLIED, mine=True)
    assert fold([alone], REGISTRY).threads == {}


def test_a_fold_tests_no_condition_of_a_crossing_row_again() -> None:
    """[FOLD-3], [TABLE-5]"""
    two = pair()
    thread = two.begun()
    exchange(two.shop, two.anna, tell(two.shop, Bye(), thread))
    signed, parts = made(two.anna, Note("n"), thread)
    state = fold([*two.anna.log.by_first_id.values(), Entry(signed, parts, APPLIED, mine=True)], REGISTRY)
    assert state.threads[thread].data["notes"] == [signed.id]


def test_erasing_any_items_leaves_every_digest_and_signature_valid() -> None:
    """[MSG-17], [FOLD-5]"""
    entries = list(TALKED.anna.log.by_first_id.values())
    before = fold(entries, REGISTRY).digest()
    assert any(len(entry.parts) > 1 for entry in entries)
    for seed in range(8):
        erased = [withdraw_items(entry) if random.Random(seed + n).random() < 0.6 else entry
                  for n, entry in enumerate(entries)]  # fmt: skip
        assert fold(erased, REGISTRY).digest() == before
        for entry in erased:
            check_parts(entry.signed.header.digests, entry.parts)
            signed = cose.parse_sign1(entry.signed.data, cose.HEADER)
            cose.verify_sign1(signed, entry.signed.signer)
            assert signed.id == entry.signed.id
            assert act_of(REGISTRY, entry.signed, entry.parts).id == entry.first_id


# Conversations with messages on the way


WORDS: tuple[Any, ...] = (
    *(3 * [lambda: Begin("b")]),
    *(6 * [lambda: Note("n")]),
    Bye,
    Deal,
    Cancel,
    *(3 * [Ring]),
    lambda: Allow(9_999_999_999, digest("set below")),
    *(3 * [lambda: Share("store", (), ())]),
    RelationshipPause,
    RelationshipResume,
    RelationshipResume,
    RelationshipResume,
)


def speak(node: Node, message: Message, choose: random.Random) -> None:
    """Say it in some thread, under some agreement, if the node's own rules allow it."""
    threads = sorted(node.log.threads)
    thread = None if isinstance(message, Begin) else choose.choice(threads)
    if isinstance(message, RelationshipPause | RelationshipResume):
        thread = node.thread
    agreement = choose.choice(sorted(node.relationship.agreements) or [None])
    if isinstance(message, Allow) and agreement is not None:
        message = Allow(message.until, agreement)
    items = (b"item",) if isinstance(message, Note) else ()
    wanted = Command(message, thread, items, agreement)
    try:
        node.commit(command(node.relationship, wanted, node.log, node.setting))
    except UsageError:
        return


def talk(two: Pair, choose: random.Random, steps: int) -> None:
    """Frames are lost, doubled, late and out of order; commands fall in between."""
    ways: tuple[tuple[Node, Node, list[bytes]], ...] = ((two.anna, two.shop, []), (two.shop, two.anna, []))
    for _ in range(steps):
        mine, theirs = choose.choice(((0, 1), (1, 0)))
        node, _, way = ways[mine]
        what = choose.random()
        if what < 0.35:
            speak(node, choose.choice(WORDS)(), choose)
        elif what < 0.55:
            way.extend(node.frames())
            two.clock.now += 1
        elif what < 0.6:
            node.relationship = sealing.renew(node.relationship)
        elif way:
            frame = way[choose.randrange(len(way))]
            if choose.random() < 0.6:
                way.remove(frame)
            if choose.random() < 0.8:
                ways[theirs][2].extend(ways[mine][1].receive(frame).frames)
    settle(two)


def settle(two: Pair) -> None:
    """Repeat until both have every receipt."""
    for _ in range(40):
        if not in_flight(two.anna.relationship) and not in_flight(two.shop.relationship):
            return
        exchange(two.anna, two.shop, *two.anna.frames())
        exchange(two.shop, two.anna, *two.shop.frames())
        two.clock.now += ANSWER_INTERVAL_S
    raise AssertionError("the conversation does not come to rest")


def assert_only_crossed(sent: Sequence[Entry]) -> None:
    """What was legal when it was sent is refused as crossed, or stands on what was refused so."""
    gone: set[bytes] = set()
    for entry in sent:
        header = entry.signed.header
        if entry.verdict == APPLIED:
            continue
        grounds = {header.thread, header.agreement}
        assert entry.verdict == "crossed" or gone & grounds, (header.name, entry.verdict)
        gone |= {entry.first_id}


def same(two: Pair) -> None:
    """One log, the same verdicts, the same state, however it came about."""
    for node, peer in ((two.anna, two.shop), (two.shop, two.anna)):
        assert not node.relationship.stopped
        assert not node.relationship.incoming.halted
        sent = [(entry.signed.id, entry.verdict) for entry in node.log.sequence(mine=True)]
        taken = [(entry.signed.id, entry.verdict) for entry in peer.log.sequence(mine=False)]
        assert sent == taken, "no receipt turned refused into applied, or back"
        assert_only_crossed(node.log.sequence(mine=True))
        state = node.state()
        for id_, thread in state.threads.items():
            stored = node.log.threads[id_]
            assert (stored.state, stored.data) == (thread.state, thread.data), "the fold is the state"
        assert node.relationship.agreements == state.agreements
    assert two.anna.state().digest() == two.shop.state().digest()
    assert two.anna.relationship.grants == two.shop.relationship.grants


def talked(seed: int, steps: int) -> Pair:
    two = pair()
    thread, _ = two.dealt()
    exchange(two.shop, two.anna, tell(two.shop, Note("n"), thread, items=(b"item",)))
    talk(two, random.Random(seed), steps)
    return two


TALKED = talked(3, 120)


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_after_any_conversation_both_sides_hold_the_same(seed: int) -> None:
    """[FOLD-5], [TABLE-8], [TABLE-9], [ORDER-4], [ORDER-8], [ORDER-19], [SEAL-15]"""
    same(talked(seed, 60))
