"""Whatever bytes arrive, codecs answer with a value or a Violation, and their fast paths change nothing."""

import math
from io import BytesIO
from typing import Any

import cbor2
from hypothesis import example, given
from hypothesis import strategies as st

from pcloud.errors import STAGE_OF, Code, Stage, Violation
from pcloud.limits import CBOR_DEPTH_MAX, INTEGER_MAX
from pcloud.wire import cbor, cose, ids, keylog, padding
from pcloud.wire.keys import SigningKey

INTEGERS = st.integers(-INTEGER_MAX, INTEGER_MAX)
SCALARS = st.none() | st.booleans() | INTEGERS | st.text() | st.binary(max_size=300)
KEYS = INTEGERS | st.text(max_size=30)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=30
)  # fmt: skip
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: not number.is_integer() or abs(number) <= INTEGER_MAX
)
FLOAT_VALUES = st.recursive(SCALARS | FLOATS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))

KEY = SigningKey.from_seed(b"\1" * 32)
TAGS = [0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799]


def oracle(data: bytes) -> Any:
    """Read by the library: strict options, every tag refused, then the bytes compared with our encoder's."""

    def refuse(*_: Any) -> Any:
        raise ValueError("tag")

    value = cbor2.load(
        BytesIO(data),
        max_depth=CBOR_DEPTH_MAX + 1,
        allow_indefinite=False,
        allow_duplicate_keys=False,
        semantic_decoders=dict.fromkeys(TAGS, refuse),
    )
    if cbor.encode(value) != data:
        raise ValueError("another encoding")
    return value


def outcome(read: Any, *args: Any) -> Any:
    """What a reader gives, or the code with which it refuses; anything else it raises fails the test."""
    try:
        return read(*args)
    except Violation as refusal:
        return refusal.code


def same(one: Any, other: Any) -> bool:
    """Equal in type, too: 1, 1.0 and true are different values here."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def sorted_maps(value: Any) -> Any:
    """The value with every map in the order of its encoded keys."""
    if isinstance(value, dict):
        return {key: sorted_maps(value[key]) for key in sorted(value, key=cbor.encode)}
    return [sorted_maps(item) for item in value] if isinstance(value, list) else value


@st.composite
def mutated(draw: Any, originals: st.SearchStrategy[bytes]) -> bytes:
    """A good encoding with a few bytes changed, inserted or cut."""
    data = bytearray(draw(originals))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 2))
        data[place : place + cut] = draw(st.binary(max_size=2))
    return bytes(data)


ENCODINGS = VALUES.map(lambda value: cbor.encode(value, items_max=10**6))


@given(VALUES)
def test_a_value_comes_back_from_its_encoding(value: Any) -> None:
    back = cbor.decode(cbor.encode(value, items_max=10**6), items_max=10**6)
    assert same(back, sorted_maps(value))


@given(FLOAT_VALUES)
def test_a_value_with_floats_comes_back_in_one_form(value: Any) -> None:
    data = cbor.encode(value, floats=True, items_max=10**6)
    back = cbor.decode(data, floats=True, items_max=10**6)
    assert back == value
    assert cbor.encode(back, floats=True, items_max=10**6) == data


@given(st.floats())
def test_a_float_is_written_as_the_library_writes_its_shortest(number: float) -> None:
    if math.isfinite(number) and not number.is_integer():
        assert cbor.encode(number, floats=True) == cbor2.dumps(number, canonical=True)


@given(ENCODINGS)
def test_the_library_reads_what_we_write(data: bytes) -> None:
    assert oracle(data) == cbor.decode(data, items_max=10**6)


@given(st.binary(max_size=200) | mutated(ENCODINGS))
@example(b"\x82\x81\x80")
@example(bytes.fromhex("9b000000ffffffffff"))
def test_any_bytes_are_a_value_or_refused_as_form(data: bytes) -> None:
    found = outcome(cbor.decode, data)
    if isinstance(found, Code):
        assert STAGE_OF[found] == Stage.FORM
    else:
        assert cbor.encode(found) == data
    relaxed = outcome(lambda: cbor.decode(data, floats=True))
    if not isinstance(relaxed, Code):
        assert cbor.encode(relaxed, floats=True) == data


@given(st.binary(max_size=100) | mutated(ENCODINGS))
def test_we_accept_exactly_what_the_library_with_a_byte_comparison_accepts(data: bytes) -> None:
    try:
        expected = oracle(data)
    except Exception:  # noqa: BLE001 - whatever the library says against it
        assert isinstance(outcome(cbor.decode, data), Code)
    else:
        assert same(cbor.decode(data), expected)


SIGNED = st.builds(
    lambda typ, payload: cose.sign1(KEY, typ, payload),
    st.sampled_from(sorted(cose.TYPES)),
    st.binary(max_size=300),
)


@given(
    SIGNED | mutated(SIGNED) | st.binary(max_size=200),
    st.sampled_from([cose.HEADER, cose.BUSY, cose.SUCCESSION]),
)
def test_reading_by_template_is_reading_by_the_decoder(data: bytes, typ: str) -> None:
    assert outcome(cose.parse_sign1, data, typ) == outcome(cose._parse_sign1_slowly, data, typ)


@given(st.sampled_from(sorted(cose.TYPES)), st.binary(max_size=400), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_read_by_both_ways_and_verifies(typ: str, payload: bytes, seed: bytes) -> None:
    key = SigningKey.from_seed(seed)
    data = cose.sign1(key, typ, payload)
    signed = cose.parse_sign1(data, typ)
    assert signed == cose._parse_sign1_slowly(data, typ)
    assert (signed.payload, cose.peek_type(data)) == (payload, typ)
    cose.verify_sign1(signed, key.public)
    header = {1: -19, 4: key.public, 16: typ}
    assert data == b"\xd2" + cbor.encode([cbor.encode(header), {}, payload, signed.signature])


AGREED = cose.assemble(cose.AGREEMENT, b"terms", (KEY.public, bytes(64)), (bytes(32), bytes(64)))


@given(mutated(st.just(AGREED)) | st.binary(max_size=200))
def test_any_bytes_are_an_agreement_or_refused_as_form(data: bytes) -> None:
    found = outcome(cose.parse_sign2, data, cose.AGREEMENT)
    if isinstance(found, Code):
        assert STAGE_OF[found] == Stage.FORM
    else:
        first, second = zip(found.kids, found.signatures, strict=True)
        assert cose.assemble(cose.AGREEMENT, found.payload, first, second) == data


@given(st.binary(max_size=200) | mutated(SIGNED))
def test_a_type_is_told_or_refused(data: bytes) -> None:
    found = outcome(cose.peek_type, data)
    assert isinstance(found, Code) or found in cose.TYPES


@given(st.lists(st.binary(max_size=60) | mutated(SIGNED), max_size=3))
def test_any_bytes_are_a_key_log_or_refused(datas: list[bytes]) -> None:
    assert isinstance(outcome(keylog.read_log, datas), Code)


@given(st.binary(max_size=3000))
def test_padding_comes_off_as_it_went_on(content: bytes) -> None:
    assert padding.unpad(padding.pad(content)) == content


@given(st.binary(max_size=600) | mutated(st.binary(max_size=300).map(padding.pad)))
def test_any_bytes_are_padded_content_or_refused(padded: bytes) -> None:
    found = outcome(padding.unpad, padded)
    if isinstance(found, Code):
        assert found == Code.PADDING
    else:
        assert padding.pad(found) == padded


@given(st.binary(min_size=32, max_size=32))
def test_ids_come_back_from_their_texts(digest: bytes) -> None:
    assert ids.persona_from_text(ids.persona_text(digest)) == digest
    public = SigningKey.from_seed(digest).public
    assert ids.did_key_public(ids.did_key(public)) == public


@given(st.text(alphabet="abcdefghij234567z6Mk", max_size=62) | st.text())
def test_any_text_is_an_id_or_refused(text: str) -> None:
    for read in (ids.persona_from_text, ids.did_key_public):
        assert isinstance(outcome(read, text), Code | bytes)
