"""An export is what its exporter signed, or it is refused; whatever it holds, a verifier gives an answer."""

from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.engine.export.verify import verify_export
from pcloud.engine.export.write import write_export
from pcloud.errors import STAGE_OF, Violation
from pcloud.limits import INTEGER_MAX
from pcloud.testing.node import Node
from pcloud.testing.story import Story
from pcloud.wire import cbor, cose
from pcloud.wire.files.export import MAGIC
from pcloud.wire.keys import SigningKey

Records = list[list[Any]]


class Told(NamedTuple):
    """The two of the story with a theft behind them, and the keys that sign for them now."""

    anna: Node
    shop: Node
    keys: tuple[SigningKey, SigningKey]


@cache
def told() -> Told:
    story = Story(lambda _: None)
    story.meet()
    thread = story.agree()
    story.cross(thread)
    story.steal_and_recover()
    return Told(story.anna, story.shop, (story.anna.relationship.me.key, story.shop.relationship.me.key))


@cache
def file_of(*, mine: bool) -> bytes:
    node = told().anna if mine else told().shop
    return b"".join(write_export(node.relationship, node.log, node.clock.now))


@cache
def digest_of(*, mine: bool) -> str:
    return verify_export(file_of(mine=mine)).digest


def records(data: bytes) -> Records:
    """The records of a file as values, without its end."""
    at, found = len(MAGIC), []
    while at < len(data):
        head = {0x58: 2, 0x59: 3}.get(data[at], 1)
        size = data[at] - 0x40 if head == 1 else int.from_bytes(data[at + 1 : at + head], "big")
        found.append(cbor.decode_list(data[at + head : at + head + size]))
        at += head + size
    return found[:-1]


def signed(changed: Any, *, mine: bool) -> bytes:
    """A file of these records, whatever they are, under the exporter's signature."""
    relationship = (told().anna if mine else told().shop).relationship
    body = MAGIC + b"".join(_framed(record) for record in changed)
    me, peer = relationship.me.log, relationship.peer.log
    front = [1, me.persona, peer.persona, me.epoch, peer.epoch, 0]
    payload = cbor.encode([*front, len(changed), sha256(body).digest()])
    return body + _framed([5, cose.sign1(relationship.me.key, cose.EXPORT, payload)])


def _framed(record: Any) -> bytes:
    content = cbor.encode(record)
    return cbor.head(2, len(content)) + content


def answers(data: bytes) -> None:
    """The verifier gives a report or a refusal with stage and code, and no other error."""
    try:
        verify_export(data)
    except Violation as violation:
        assert violation.stage is STAGE_OF[violation.code]  # noqa: PT017 - either outcome is right


sides = st.booleans()


@given(sides, st.data())
def test_a_file_in_which_any_bit_is_another_is_refused(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[EXPORT-20]"""
    file = bytearray(file_of(mine=mine))
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Violation):
        verify_export(bytes(file))


@given(sides, st.data())
def test_a_file_from_which_bytes_are_cut_or_to_which_bytes_are_added_is_refused(
    mine: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """[EXPORT-2], [EXPORT-20]"""
    file = file_of(mine=mine)
    start = data.draw(st.integers(0, len(file)))
    end = data.draw(st.integers(start, min(len(file), start + 40)))
    other = file[:start] + data.draw(st.binary(max_size=40)) + file[end:]
    if other != file:
        with pytest.raises(Violation):
            verify_export(other)


@given(sides, st.data())
def test_however_a_file_is_cut_into_pieces_it_says_the_same(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    file = file_of(mine=mine)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(file)), max_size=12)))
    pieces = [file[start:end] for start, end in zip([0, *cuts], [*cuts, len(file)], strict=True)]
    assert verify_export(pieces).digest == digest_of(mine=mine)


ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, 5, 6, 23, 24, INTEGER_MAX]),
    st.sampled_from([b"", bytes(16), bytes(32), bytes(64), b"\xa0"]),
    st.sampled_from(["", "applied", "rejected", "internal", "paused", "x" * 33]),
    st.sampled_from([[], [None], [[]], {}]),
)


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """The value with something in it replaced, removed, doubled or moved."""
    if isinstance(value, list) and value and draw(st.integers(0, 9)):
        changed, at = list(value), draw(st.integers(0, len(value) - 1))
        match draw(st.sampled_from("replace replace replace remove double move".split())):
            case "replace":
                changed[at] = draw(mutated(value[at]))
            case "remove":
                del changed[at]
            case "double":
                changed.insert(at, changed[at])
            case _:
                changed.insert(draw(st.integers(0, len(value) - 1)), changed.pop(at))
        return changed
    if isinstance(value, bytes) and value and draw(st.booleans()):
        octets = bytearray(value)
        octets[draw(st.integers(0, len(value) - 1))] ^= 1 << draw(st.integers(0, 7))
        return bytes(octets)
    return draw(ATOMS)


@given(sides, st.data())
def test_whatever_an_exporter_signs_gets_a_report_or_a_refusal(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[EXPORT-3], [ERR-2]"""
    changed = data.draw(mutated(records(file_of(mine=mine))))
    if isinstance(changed, list):
        answers(signed(changed, mine=mine))


@given(sides, st.data())
def test_whatever_stands_in_a_signed_header_gets_a_report_or_a_refusal(
    mine: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """Headers signed anew by one of the two keys of the present epochs, with any fields."""
    changed = records(file_of(mine=mine))
    places = [at for at, record in enumerate(changed) if record[0] in (2, 3)]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from(places))
        payload = cose.parse_sign1(changed[at][1], cose.HEADER).payload
        fields = data.draw(mutated(cbor.decode(payload)))
        key = data.draw(st.sampled_from(told().keys))
        changed[at] = [changed[at][0], cose.sign1(key, cose.HEADER, cbor.encode(fields)), *changed[at][2:]]
    answers(signed(changed, mine=mine))


@given(sides, st.data())
def test_whatever_verdicts_and_marks_are_claimed_get_a_report_or_a_refusal(
    mine: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """The fold meets messages in any combination, as an exporter may call them applied or not."""
    changed = [list(record) for record in records(file_of(mine=mine))]
    for record in changed:
        if record[0] == 2 and record[5][0] is not None:
            record[2] = data.draw(st.sampled_from(["applied", "applied", "rejected", "paused"]))
            record[3] = data.draw(st.booleans())
    report = verify_export(signed(changed, mine=mine))
    assert all(message.verdict in ("applied", "rejected", "paused") for message in report.messages)
