"""Whatever bytes come to whatever door: a value or a Violation with a stage and a code, and no trace left.

Hypothesis breaks real objects, writes objects of the right type with wrong values in them, signs them with
the peer's own key and seals them in the peer's own session: every layer meets what it does not expect.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcloud.engine import intake, sealing
from pcloud.engine.archive import coding
from pcloud.engine.archive.rows import Timed
from pcloud.engine.registry import STANDARD
from pcloud.errors import STAGE_OF, Code, Stage, Violation
from pcloud.features.custody.grant import read_token
from pcloud.features.disclosure.value import read_example, read_sought, read_value
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relay.grant import read_vouchers
from pcloud.limits import INTEGER_MAX
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.wire import (
    answers,
    card,
    cbor,
    content,
    cose,
    header,
    invitation,
    keylog,
    manifest,
    position,
    session,
)
from pcloud.wire.content import Content
from pcloud.wire.files import archive
from pcloud.wire.header import sign_header
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part, digest
from pcloud.wire.services.custody import CUSTODY, Begin
from pcloud.wire.services.relay import RELAY, Frame, Open, Taken
from pcloud.wire.services.service import Outcome, write_answer

Door = Callable[[Any], object]

# Doors

KEY, NEXT = SigningKey.from_seed(b"\1" * 32), SigningKey.from_seed(b"\2" * 32)
HYBRID = HybridKey.from_seed(b"\3" * 32)
WHO = answers.Parties(b"\4" * 32, b"\5" * 32, 0, 1)
OFFER = answers.KeyOffer(1, HYBRID.public)
EVENT = keylog.first_event(KEY, HYBRID.public, keylog.commitment(NEXT.public))
TYPES = sorted(cose.TYPES)


def expecting(parse: Callable[[bytes, str], object], typ: str) -> Door:
    return lambda data: parse(data, typ)


ITEMS: dict[str, Door] = {"vouchers": read_vouchers, "put token": read_token}
ITEMS |= {"value": partial(read_value, "profile.name"), "fact": partial(read_value, "profile.address:city")}
ITEMS |= {"example": read_example, "sought": read_sought}
"""Judged with the message that brings them."""

DOORS: dict[str, Door] = {
    "frame": session.read_frame,
    "start block": session.read_start,
    "start block, opened": lambda data: session.open_start(HYBRID, data, (None, bytes(32))),
    "content": content.read_content,
    "type": cose.peek_type,
    "header": header.read_header,
    "start": content.read_start,
    "invitation": invitation.read_invitation,
    "card": card.read_card,
    "manifest": lambda data: manifest.open_manifest(HYBRID, data),
    "manifest, opened": manifest.read_manifest,
    "volume": lambda data: list(archive.open_volume(HYBRID, [data]).rows),
    "volume, after its line": lambda data: archive.open_volume(HYBRID, [archive.MAGIC, data]),
    "row of a volume": lambda data: coding.decode(data).read(),
    "log": lambda data: keylog.read_log([data]),
    "log of two": lambda data: keylog.read_log([EVENT.data, data]),
    "link": lambda data: invitation.read_link(invitation.LINK_PREFIX + data.decode("latin-1")),
    **{f"signed {typ}": expecting(cose.parse_sign1, typ) for typ in TYPES},
    **{f"co-signed {typ}": expecting(cose.parse_sign2, typ) for typ in TYPES},
    **{typ: partial(answers.read_answer, typ) for typ in sorted(answers.ANSWER_TYPES)},
    **{typ: partial(position.read_position, typ) for typ in (cose.RECOVER, cose.RECOVERED)},
    "relay, asked": RELAY.read_request,
    "relay, back": RELAY.read_back,
    "custody, asked": CUSTODY.read_request,
    "custody, back": CUSTODY.read_back,
    **ITEMS,
    **{name: message.read for name, message in STANDARD.messages.items()},
}


def samples() -> Iterator[bytes]:
    """Real objects of many kinds: what is one door's object is another door's surprise."""
    block, made = session.make_start(HYBRID.public, bytes(32), (None, bytes(32)), 1, 0)
    yield from (block, session.seal_frame(made, block, b"content", bytes(12)))
    yield session.seal_contact(HYBRID.public, b"content")
    yield content.write_content(Content(b"start", content.Introduction((b"e",), None), b"x", (None,)))
    yield content.write_content(Content(None, None, b"x" * 300, (Part(bytes(16), b"body"),)))
    fields = {2: [EVENT.data], 3: HYBRID.public, 4: bytes(16), 5: ["a"], 6: "p", 7: "person", 10: 1, 11: 0}
    asked = invitation.sign_invitation(KEY, fields)
    yield asked.data
    yield card.sign_card(KEY, {2: [EVENT.data], 3: "person", 4: ["a"], 5: 0, 6: 1, 10: asked.data}).data
    yield manifest.seal_manifest(HYBRID.public, b"content", bytes(32), bytes(12))
    first = manifest.Manifest(0, 1, 2, 1, 1, None, 0)
    yield manifest.write_manifest(first)
    sealer = archive.Sealer(first, HYBRID.public, bytes(32), bytes(12))
    yield sealer.opening + sealer.add(b"row") + b"".join(sealer.end())
    yield coding.encode(Timed(bytes(16), "resume", b"", 1))
    yield EVENT.data
    link = invitation.Link("a", bytes(16), bytes(32), bytes(16))
    yield invitation.write_link(link).removeprefix(invitation.LINK_PREFIX).encode()
    receipt = answers.Receipt(WHO, bytes(16), OFFER, 2, bytes(32), (answers.Refusal(1, "expired"),))
    lines = (position.LineHeads(False, 0, 0, ((2, bytes(32)), (1, bytes(32))), ()),)  # noqa: FBT003 - its place
    stood = position.Position(WHO, OFFER, bytes(32), (EVENT.data,), bytes(16), ("a",), lines)
    for typ, data in (
        (cose.RECEIPT, answers.sign_answer(KEY, receipt)),
        (cose.STALE, answers.sign_answer(KEY, answers.Stale(WHO, None, None, (EVENT.data,)))),
        (cose.RECOVERED, position.sign_position(KEY, cose.RECOVERED, stood)),
    ):
        yield from (data, cose.parse_sign1(data, typ).payload)
    made_header = header.Header(
        bytes(32), bytes(32), 0, 0, "terms.proffer", 1, bytes(32), None, 0, None, 0, None, None, (bytes(32),)
    )
    for one in (made_header, made_header._replace(first=header.First(bytes(32), 0, 1, 0), time=2**40)):
        data = sign_header(KEY, one).data
        yield from (data, cose.parse_sign1(data, cose.HEADER).payload)
    yield content.make_succession(KEY, NEXT, (bytes(32), bytes(32), bytes(32)))
    yield b"\xa1\x01\x81\x58\x20" + bytes(32)
    yield b"\x81\x58\x20" + bytes(32)
    yield RELAY.write_request(1, Open(bytes(32), bytes(32), bytes(32)))
    yield RELAY.write_request(2, Taken(1, 1))
    yield RELAY.write_push(Frame(1, 1, b"frame"))
    yield CUSTODY.write_request(3, Begin(bytes(32), 0, 1, bytes(32)))
    yield write_answer(4, Outcome.DONE, 1)


SAMPLES = list(samples())
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


@pytest.mark.parametrize("door", sorted(DOORS))
@settings(max_examples=20)
@given(data=HOSTILE)
def test_every_door_gives_a_value_or_a_violation(door: str, data: bytes) -> None:
    """[ERR-2] [ERR-16]"""
    found = outcome(DOORS[door], data)
    if isinstance(found, Code):
        inner = STAGE_OF[found] in {Stage.GATE, Stage.CONTENT}
        assert inner is (door in STANDARD.messages or door in ITEMS)


def outcome(read: Door, data: bytes) -> object:
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


class Pair(NamedTuple):
    """Two nodes that know each other, and the guest's next frame, not delivered yet."""

    guest: Node
    host: Node
    frame: bytes


def related(*, spoken: bool) -> Pair:
    clock = Clock()
    guest, host = Node("guest", clock), Node("host", clock)
    asked = invite(host, "organisation")
    pend(guest, asked, None)
    exchange(guest, host, ask(guest, asked))
    exchange(host, guest, welcome(host, None))
    if spoken:
        exchange(guest, host, guest.say(RelationshipPause(), guest.thread))
        return Pair(guest, host, guest.say(RelationshipResume(), guest.thread))
    return Pair(guest, host, guest.say(RelationshipPause(), guest.thread))


def first_frame() -> Pair:
    clock = Clock()
    guest, host = Node("guest", clock), Node("host", clock)
    asked = invite(host, "organisation")
    pend(guest, asked, None)
    return Pair(guest, host, ask(guest, asked))


SPOKEN = related(spoken=True)
PAIRS = {"first frame": first_frame(), "with a start": related(spoken=False), "later": SPOKEN}


def standing(node: Node) -> tuple[object, ...]:
    """All that a refused frame may not touch; when a notice was given is a counter."""
    known = node._relationship
    log = (dict(node.log.by_first_id), dict(node.log.threads), dict(node.log._by_place))
    return known and known._replace(notices=known.notices._replace(sent_at={})), log, list(node.told)


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


def sealed(inner: bytes) -> bytes:
    """A frame of the guest's own session with anything in it."""
    out = SPOKEN.guest.relationship.sealing.out
    assert out is not None
    return session.seal_frame(out.frame_key, None, inner, bytes(12))


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
