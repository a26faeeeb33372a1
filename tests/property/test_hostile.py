"""Whatever bytes come to whatever door: a value or a Violation with a stage and a code, and no trace left.

Hypothesis breaks real objects, writes objects of the right type with wrong values in them, signs them with
the peer's own key and seals them in the peer's own session: every layer meets what it does not expect.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.objects import KEY, OFFER, SAMPLES
from tests.fuzz.peers import first_frame, related, sealed, spoken, standing
from tests.fuzz.readers import ITEMS, READERS, TYPES, Reader

from pcloud.engine import intake, sealing
from pcloud.engine.registry import STANDARD
from pcloud.errors import STAGE_OF, Code, Stage, Violation
from pcloud.limits import INTEGER_MAX
from pcloud.wire import answers, cbor, content, cose, header, session
from pcloud.wire.content import Content
from pcloud.wire.header import sign_header
from pcloud.wire.parts import Part, digest

INTEGERS = st.integers(-2, 30) | st.integers(-INTEGER_MAX, INTEGER_MAX)
OCTETS = st.sampled_from([b"", bytes(11), bytes(12), bytes(16), bytes(32), bytes(1_216)]) | st.binary(
    max_size=40
)
SCALARS = st.none() | st.booleans() | INTEGERS | st.text(max_size=12) | OCTETS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=17)
        | st.dictionaries(st.integers(0, 15) | st.text(max_size=3), inner, max_size=9)
    ),
    max_leaves=40,
)  # fmt: skip
ARRAYS = st.lists(VALUES, max_size=17).map(lambda values: cbor.encode([1, *values]))
MAPS = st.dictionaries(st.integers(1, 15), VALUES, max_size=12).map(cbor.encode)


@st.composite
def broken(draw: st.DrawFn, whole: bytes) -> bytes:
    """A real object with some bytes changed, cut out, put in, or cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)) | st.integers(0, min(len(data), 90)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case 1:
                del data[at : at + draw(st.integers(1, 40))]
            case 2:
                data[at:at] = draw(st.binary(min_size=1, max_size=8))
            case _:
                del data[at:]
    return bytes(data)


def altered(value: Any, place: int, other: Any) -> Any:
    """The same structure with another value at one place, counted from the front."""
    count = -1

    def walk(one: Any) -> Any:
        nonlocal count
        count += 1
        if count == place:
            return other
        if isinstance(one, list):
            return [walk(item) for item in one]
        if isinstance(one, dict):
            return {key: walk(item) for key, item in one.items()}
        return one

    return walk(value)


@st.composite
def misfit(draw: st.DrawFn) -> bytes:
    """A real object, well encoded, with one value of another kind inside."""
    structured = [data for data in SAMPLES if data[0] >> 5 in {4, 5}]
    value = cbor.decode(draw(st.sampled_from(structured)))
    return cbor.encode(altered(value, draw(st.integers(0, 30)), draw(VALUES)))


HOSTILE = (
    st.sampled_from(SAMPLES)
    | st.sampled_from(SAMPLES).flatmap(broken)
    | misfit()
    | ARRAYS
    | MAPS
    | VALUES.map(cbor.encode)
    | st.builds(lambda typ, payload: cose.sign1(KEY, typ, payload), st.sampled_from(TYPES), ARRAYS | MAPS)
    | st.binary(max_size=120)
)


@pytest.mark.parametrize("door", sorted(READERS))
@settings(max_examples=20)
@given(data=HOSTILE)
def test_every_door_gives_a_value_or_a_violation(door: str, data: bytes) -> None:
    """[ERR-2] [ERR-16]"""
    found = outcome(READERS[door], data)
    if isinstance(found, Code):
        inner = STAGE_OF[found] in {Stage.GATE, Stage.CONTENT}
        assert inner is (door in STANDARD.messages or door in ITEMS)


def outcome(read: Reader, data: bytes) -> object:
    try:
        return read(data)
    except Violation as violation:
        return violation.code


@given(data=HOSTILE)
def test_a_short_cut_reads_what_the_general_way_reads(data: bytes) -> None:
    """[CBOR-17] [MSG-1] [SEAL-20]"""
    assert outcome(header.read_header, data) == outcome(header._read_slowly, data)
    assert outcome(content.read_content, data) == outcome(content._read_slowly, data)
    assert outcome(session.read_frame, data) == outcome(session._read_slowly, data)


# Nodes


SPOKEN = spoken()
PAIRS = {"first frame": first_frame(), "with a start": related(spoken=False), "later": SPOKEN}


@pytest.mark.parametrize("pair", sorted(PAIRS))
def test_the_whole_frame_is_taken(pair: str) -> None:
    host = PAIRS[pair].host.clone("host")
    before = standing(host)
    assert host.receive(PAIRS[pair].frame).refused is None
    assert standing(host) != before


@pytest.mark.parametrize("pair", sorted(PAIRS))
@settings(max_examples=50)
@given(data=st.data())
def test_a_broken_frame_leaves_a_node_as_it_was(pair: str, data: st.DataObject) -> None:
    """[SEAL-32] [ERR-12] [ERR-16]"""
    _, host, whole = PAIRS[pair]
    frame = data.draw(broken(whole) | HOSTILE)
    if frame == whole:
        return
    node = host.clone("host")
    before = standing(node)
    refused = node.receive(frame).refused
    assert refused is not None
    assert refused.stage in {Stage.SIZE, Stage.FORM, Stage.AUTHENTIC}
    assert standing(node) == before
    if node._relationship is not None:
        with pytest.raises(Violation):
            intake.open_frame(node.relationship, frame, node.clock.now, node.draw)


def given_to_host(frame: bytes) -> None:
    node = SPOKEN.host.clone("host")
    before = standing(node)
    refused = node.receive(frame).refused
    if refused is not None:
        assert refused.stage in {Stage.SIZE, Stage.FORM, Stage.AUTHENTIC, Stage.ORDER}
    if refused is not None and refused.stage is not Stage.ORDER:
        assert standing(node) == before


@settings(max_examples=50)
@given(inner=HOSTILE)
def test_a_peer_may_seal_what_it_likes(inner: bytes) -> None:
    """[ERR-12] [ERR-16]"""
    given_to_host(sealed(inner))


@settings(max_examples=50)
@given(
    payload=ARRAYS | MAPS | misfit(), typ=st.sampled_from([*TYPES, "pcloud-nothing"]), parts=st.integers(0, 2)
)
def test_a_peer_may_sign_what_it_likes(payload: bytes, typ: str, parts: int) -> None:
    """[ERR-12] [ERR-16]"""
    signed = cose.sign1(SPOKEN.guest.relationship.me.key, typ, payload)
    inner = content.write_content(Content(None, None, signed, (Part(bytes(16), b"\xa0"),) * parts))
    given_to_host(sealed(inner))


def answers_of_guest() -> list[answers.Answer]:
    guest = SPOKEN.guest.relationship
    who = answers.Parties(guest.me.log.persona, guest.peer.log.persona, 0, 0)
    events = tuple(event.data for event in guest.peer.log.events)
    return [
        answers.Receipt(who, None, None, 1, bytes(32), ()),
        answers.Receipt(who, None, None, 0, None, ()),
        answers.Receipt(who, None, None, INTEGER_MAX, bytes(32), ()),
        answers.Expected(who, None, None, INTEGER_MAX),
        answers.Expected(who, bytes(16), OFFER, 1),
        answers.Fork(who, None, None, 0, None),
        answers.Fork(who, None, None, 1, bytes(32)),
        answers.Busy(who, bytes(16), OFFER),
        answers.Stale(who, None, None, events),
    ]


@pytest.mark.parametrize("answer", answers_of_guest())
def test_a_peer_may_answer_what_it_likes(answer: answers.Answer) -> None:
    """[ERR-16] [ORDER-19]"""
    data = answers.sign_answer(SPOKEN.guest.relationship.me.key, answer)
    given_to_host(sealed(content.write_content(Content(None, None, data, ()))))


NAMES = sorted(STANDARD.messages)


@settings(max_examples=50)
@given(
    name=st.sampled_from([*NAMES, "x-nobody.knows"]),
    body=MAPS | HOSTILE,
    items=st.lists(st.none() | st.binary(max_size=30) | VALUES.map(cbor.encode), max_size=3),
    thread=st.sampled_from([None, bytes(32), SPOKEN.host.thread]),
    agreement=st.sampled_from([None, bytes(32)]),
    informed=st.booleans(),
    reissued=st.booleans(),
)
def test_a_peer_may_say_what_it_likes_in_its_turn(
    name: str,
    body: bytes,
    items: list[bytes | None],
    thread: bytes | None,
    agreement: bytes | None,
    *,
    informed: bool,
    reissued: bool,
) -> None:
    """[ORDER-11] [TABLE-7] [ERR-14] [ERR-16]"""
    node = SPOKEN.host.clone("host")
    line, guest = node.relationship.incoming, SPOKEN.guest.relationship
    parts = (Part(bytes(16), body), *(None if item is None else Part(bytes(16), item) for item in items))
    said = header.Header(
        guest.me.log.persona,
        guest.peer.log.persona,
        0,
        0,
        name,
        line.number + 1,
        line.head,
        thread,
        node.clock.now,
        None,
        guest.incoming.number if informed else 0,
        guest.incoming.head if informed else None,
        agreement,
        tuple(bytes(32) if part is None else digest(*part) for part in parts),
        header.First(bytes(32), 0, 1, 0) if reissued else None,
    )
    signed = sign_header(guest.me.key, said)
    try:
        inner = content.write_content(Content(None, None, signed.data, parts))
        frame = sealed(inner)
    except Violation:
        return
    before = (dict(node.log.threads), node.relationship.agreements, node.relationship.thread)
    assert node.receive(frame).refused is None
    if reissued and node.relationship.incoming.halted:  # it claims a place that another message has
        assert node.relationship.incoming == line._replace(halted=True)
        assert (dict(node.log.threads), node.relationship.agreements, node.relationship.thread) == before
        return
    assert node.relationship.incoming.number == line.number + 1
    verdict = node.log.by_first_id[signed.first_id].verdict
    if verdict != "applied":
        assert (dict(node.log.threads), node.relationship.agreements, node.relationship.thread) == before
        assert node.relationship.incoming.refusals[-1] == answers.Refusal(line.number + 1, str(verdict))


def test_the_pair_seals_in_a_session_without_its_start() -> None:
    out = SPOKEN.guest.relationship.sealing.out
    assert out is not None
    assert out.block is None
    assert not sealing.session_due(SPOKEN.guest.relationship.sealing, SPOKEN.guest.clock.now)
