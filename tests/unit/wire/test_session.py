"""Start blocks, session frames, contact frames: what they hide, what they bind, what they cost."""

import hmac
from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import CONTENT_BYTES_MAX, FRAME_BYTES_MAX, INTEGER_MAX
from pcloud.wire import cbor, keys, session
from pcloud.wire.keys import HybridKey
from pcloud.wire.padding import pad, padded_length
from pcloud.wire.session import ContactFrame, Frame, FrameKey

KEY, OTHER = HybridKey.from_seed(b"\1" * 32), HybridKey.from_seed(b"\2" * 32)
ME, PEER = b"\3" * 32, b"\4" * 32
SECRET = b"\5" * 32
RANDOM = b"\6" * 12
CONTENT = b"a content"
BLOCK, SESSION = session.make_start(KEY.public, SECRET, (ME, PEER), 1, 2)
FRAME = session.seal_frame(SESSION, None, CONTENT, RANDOM)
WITH_START = session.seal_frame(SESSION, BLOCK, CONTENT, RANDOM)
CONTACT = session.seal_contact(KEY.public, CONTENT)


def refused(read: Any, *args: Any) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        read(*args)
    return refusal.value.stage, refusal.value.code


def opened(data: bytes, key: FrameKey = SESSION) -> bytes:
    frame = session.read_frame(data)
    assert isinstance(frame, Frame)
    return session.open_frame(key, frame)


def opened_contact(data: bytes, key: HybridKey = KEY) -> bytes:
    frame = session.read_frame(data)
    assert isinstance(frame, ContactFrame)
    return session.open_contact(key, frame)


SHAPE = (Stage.FORM, Code.SHAPE)
NOT_OPENED = (Stage.AUTHENTIC, Code.NOT_OPENED)


# Start blocks


@pytest.mark.parametrize("founding", [(ME, PEER), (None, PEER)])
@pytest.mark.parametrize(("number", "key_number"), [(1, 0), (2, 1), (INTEGER_MAX, INTEGER_MAX)])
def test_the_receiver_of_a_start_block_has_the_senders_session(
    founding: tuple[bytes | None, bytes], number: int, key_number: int
) -> None:
    block, made = session.make_start(KEY.public, SECRET, founding, number, key_number)
    assert session.open_start(KEY, block, founding) == made
    read = session.read_start(block)
    assert (read.number, read.key_number) == (number, key_number)
    assert len(read.sealed) == 1_168


def test_session_id_and_key_follow_from_the_block_as_it_travels() -> None:
    """[SEAL-7]"""
    assert SESSION.session == sha256(BLOCK).digest()[:16]
    info = b"\x82\x72pcloud/1 frame key\x50" + SESSION.session
    assert SESSION.key == keys.hkdf(SECRET, info)


def test_two_starts_with_one_secret_are_two_sessions() -> None:
    """[SEAL-7]"""
    _, again = session.make_start(KEY.public, SECRET, (ME, PEER), 1, 2)
    assert again.session != SESSION.session
    assert again.key != SESSION.key


def test_a_start_block_opens_for_its_key_parties_and_numbers_only() -> None:
    """[SEAL-6]"""
    sealed = session.read_start(BLOCK).sealed
    assert refused(session.open_start, OTHER, BLOCK, (ME, PEER)) == NOT_OPENED
    for founding in ((PEER, ME), (ME, ME), (None, PEER), (ME, bytes(32))):
        assert refused(session.open_start, KEY, BLOCK, founding) == NOT_OPENED
    for numbers in ((2, 2), (1, 1), (2, 1), (1, 0), (1, 3)):
        assert refused(session.open_start, KEY, cbor.encode([*numbers, sealed]), (ME, PEER)) == NOT_OPENED


@pytest.mark.parametrize("at", [0, 1, 1_087, 1_088, 1_119, 1_120, 1_167])
def test_no_byte_of_what_is_sealed_may_change(at: int) -> None:
    """[SEAL-6]"""
    sealed = bytearray(session.read_start(BLOCK).sealed)
    sealed[at] ^= 1
    assert refused(session.open_start, KEY, cbor.encode([1, 2, bytes(sealed)]), (ME, PEER)) == NOT_OPENED


@pytest.mark.parametrize("size", [0, 1, 1_167, 1_169])
def test_a_sealed_secret_of_another_length_does_not_open(size: int) -> None:
    """[SEAL-5]"""
    assert refused(session.open_start, KEY, cbor.encode([1, 2, bytes(size)]), (ME, PEER)) == NOT_OPENED


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_well_sealed_secret_of_another_length_is_none(size: int) -> None:
    """[SEAL-5]"""
    block, _ = session.make_start(KEY.public, bytes(size), (ME, PEER), 1, 2)
    assert refused(session.open_start, KEY, block, (ME, PEER)) == NOT_OPENED


SEALED = bytes(1_168)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1],
        [1, 2],
        [1, 2, SEALED, None],
        [0, 2, SEALED],
        [-1, 2, SEALED],
        [True, 2, SEALED],
        [None, 2, SEALED],
        ["1", 2, SEALED],
        [1, -1, SEALED],
        [1, False, SEALED],
        [1, None, SEALED],
        [1, b"\2", SEALED],
        [1, 2, None],
        [1, 2, "x" * 1_168],
        [1, 2, [SEALED]],
        [1, 2, 3],
        {0: 1, 1: 2, 2: SEALED},
        SEALED,
        1,
        None,
    ],
)
def test_a_start_block_of_another_shape_is_refused(values: Any) -> None:
    """[SEAL-5]"""
    assert refused(session.read_start, cbor.encode(values)) == SHAPE
    assert refused(session.open_start, KEY, cbor.encode(values), (ME, PEER)) == SHAPE


def test_a_start_block_has_one_encoding() -> None:
    """[CBOR-3] [CBOR-1]"""
    longer = b"\x83\x18\x01" + BLOCK[2:]
    assert refused(session.read_start, longer) == (Stage.FORM, Code.CBOR_NOT_DETERMINISTIC)
    assert refused(session.read_start, BLOCK + b"\0") == (Stage.FORM, Code.CBOR_MALFORMED)


# Session frames


@pytest.mark.parametrize("block", [None, BLOCK])
@pytest.mark.parametrize("size", [0, 1, 300, 5_000, CONTENT_BYTES_MAX])
def test_a_frame_gives_back_what_was_sealed_and_fits(block: bytes | None, size: int) -> None:
    """[SEAL-10]"""
    content = b"\xff" * size
    data = session.seal_frame(SESSION, block, content, RANDOM)
    assert opened(data) == content
    assert session.read_frame(data) == session._read_slowly(data)
    assert len(data) <= FRAME_BYTES_MAX


def test_the_largest_frame_has_the_size_that_the_chapter_says() -> None:
    """[SEAL-10] [SEAL-17]"""
    block, made = session.make_start(KEY.public, SECRET, (ME, PEER), INTEGER_MAX, INTEGER_MAX)
    assert len(session.seal_frame(made, block, bytes(CONTENT_BYTES_MAX), RANDOM)) == 60_636
    with pytest.raises(UsageError) as refusal:
        session.seal_frame(made, block, bytes(CONTENT_BYTES_MAX + 1), RANDOM)
    assert refusal.value.code is Code.CONTENT_TOO_LARGE


@pytest.mark.parametrize("size", [0, 300, 5_000, CONTENT_BYTES_MAX])
def test_after_the_start_a_frame_costs_little_beyond_its_padded_content(size: int) -> None:
    data = session.seal_frame(SESSION, None, bytes(size), RANDOM)
    assert len(data) - padded_length(size) <= 52
    with_start = session.seal_frame(SESSION, BLOCK, bytes(size), RANDOM)
    assert len(with_start) - padded_length(size) <= 1_228
    assert len(session.seal_contact(KEY.public, bytes(size))) - padded_length(size) <= 1_158


def test_a_frame_is_the_array_of_the_chapter() -> None:
    """[SEAL-11]"""
    for data, block in ((FRAME, None), (WITH_START, BLOCK)):
        frame = session.read_frame(data)
        assert isinstance(frame, Frame)
        assert data == cbor.encode([1, SESSION.session, block, frame.nonce, frame.ciphertext])
        assert (frame.session, frame.block) == (SESSION.session, block)


@pytest.mark.parametrize("text", [b"", CONTENT, b"x" * 300])
def test_the_nonce_is_made_from_fresh_bytes_the_key_and_the_text(text: bytes) -> None:
    """[SEAL-13]"""
    frame = session.read_frame(session.seal_frame(SESSION, None, text, RANDOM))
    assert isinstance(frame, Frame)
    made = hmac.digest(SESSION.key, b"pcloud/1 nonce" + RANDOM + pad(text), "sha256")
    assert frame.nonce == made[:12]


def test_a_copied_generator_does_not_repeat_a_nonce_over_another_text() -> None:
    """[SEAL-13]"""

    def nonce(content: bytes, random: bytes = RANDOM, key: FrameKey = SESSION) -> bytes:
        frame = session.read_frame(session.seal_frame(key, None, content, random))
        assert isinstance(frame, Frame)
        return frame.nonce

    another = FrameKey(SESSION.session, b"\7" * 32)
    nonces = {nonce(b"one"), nonce(b"two"), nonce(b"one", b"\7" * 12), nonce(b"one", RANDOM, another)}
    assert len(nonces) == 4
    assert nonce(b"one") == nonce(b"one")


@pytest.mark.parametrize("data", [FRAME, WITH_START], ids=["without start", "with start"])
def test_every_byte_before_the_ciphertext_is_bound(data: bytes) -> None:
    """[SEAL-12] [SEAL-14]"""
    frame = session.read_frame(data)
    assert isinstance(frame, Frame)
    assert frame.bound == data[: -len(frame.ciphertext) - 3]
    for at in range(len(frame.bound)):
        bound = frame.bound[:at] + bytes([frame.bound[at] ^ 1]) + frame.bound[at + 1 :]
        assert refused(session.open_frame, SESSION, frame._replace(bound=bound)) == NOT_OPENED
    for bound in (frame.bound[1:], frame.bound[:-1], b"", frame.bound + b"\0"):
        assert refused(session.open_frame, SESSION, frame._replace(bound=bound)) == NOT_OPENED


@pytest.mark.parametrize("data", [FRAME, WITH_START, CONTACT], ids=["session", "start", "contact"])
def test_no_byte_of_a_frame_may_change(data: bytes) -> None:
    """[SEAL-14] [SEAL-29]"""
    step = 1 if len(data) < 500 else 13
    for at in range(0, len(data), step):
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        stage, _ = refused(opened_contact if data is CONTACT else opened, broken)
        assert stage in {Stage.FORM, Stage.AUTHENTIC}


def test_a_start_block_cannot_be_moved_to_or_taken_from_a_frame() -> None:
    """[SEAL-12]"""
    frame = session.read_frame(FRAME)
    assert isinstance(frame, Frame)
    for block in (BLOCK, b"", BLOCK + b"\0"):
        moved = cbor.encode([1, SESSION.session, block, frame.nonce, frame.ciphertext])
        assert refused(opened, moved) == NOT_OPENED
    started = session.read_frame(WITH_START)
    assert isinstance(started, Frame)
    taken = cbor.encode([1, SESSION.session, None, started.nonce, started.ciphertext])
    assert refused(opened, taken) == NOT_OPENED


def test_another_key_opens_nothing() -> None:
    """[SEAL-14]"""
    for key in (bytes(32), SECRET, SESSION.key[:-1] + bytes([SESSION.key[-1] ^ 1])):
        assert refused(opened, FRAME, FrameKey(SESSION.session, key)) == NOT_OPENED


@pytest.mark.parametrize(
    "padded",
    [b"", b"\0\0\0", b"\0\0\0\0", pad(b"x") + b"\0", pad(b"x")[:-1] + b"\1", b"\0\0\1\0" + pad(b"x")[4:]],
)
def test_a_frame_that_opens_to_what_is_not_padded_is_refused(padded: bytes) -> None:
    """[SEAL-18] [SEAL-19]"""
    nonce = bytes(12)
    bound = cbor.encode([1, SESSION.session, None, nonce, b""])[:-1]
    ciphertext = keys.aead_seal(SESSION.key, nonce, padded, bound)
    data = bound + cbor.head(2, len(ciphertext)) + ciphertext
    assert refused(opened, data) == (Stage.FORM, Code.PADDING)


ID, NONCE, TEXT = bytes(16), bytes(12), bytes(300)


@pytest.mark.parametrize(
    "values",
    [
        [1],
        [1, ID],
        [1, ID, None, NONCE],
        [1, ID, None, NONCE, TEXT, None],
        [1, bytes(15), None, NONCE, TEXT],
        [1, bytes(17), None, NONCE, TEXT],
        [1, "x" * 16, None, NONCE, TEXT],
        [1, None, None, NONCE, TEXT],
        [1, 1, None, NONCE, TEXT],
        [1, ID, "start", NONCE, TEXT],
        [1, ID, False, NONCE, TEXT],
        [1, ID, 0, NONCE, TEXT],
        [1, ID, [1, 2, SEALED], NONCE, TEXT],
        [1, ID, None, bytes(11), TEXT],
        [1, ID, None, bytes(13), TEXT],
        [1, ID, None, None, TEXT],
        [1, ID, None, "x" * 12, TEXT],
        [1, ID, None, NONCE, None],
        [1, ID, None, NONCE, "x"],
        [1, ID, None, NONCE, [TEXT]],
        [1, ID, None, NONCE, 0],
        [1, bytes(15), SEALED],
        [1, bytes(17), SEALED],
        [1, None, SEALED],
        [1, "x" * 16, SEALED],
        [1, ID, None],
        [1, ID, "x"],
        [1, ID, 1],
        [],
        {0: 1},
        1,
        None,
        TEXT,
        "frame",
    ],
)
def test_a_frame_of_another_shape_is_refused(values: Any) -> None:
    """[SEAL-11]"""
    assert refused(session.read_frame, cbor.encode(values)) == SHAPE


@pytest.mark.parametrize("version", [0, 2, -1, True, False, None, "1", b"\1", [1], {}])
@pytest.mark.parametrize("rest", [[], [ID, SEALED], [ID, None, NONCE, TEXT], [ID] * 9])
def test_a_frame_of_another_version_is_refused_by_name(version: Any, rest: list[Any]) -> None:
    """[SEAL-11] [CONF-7]"""
    data = cbor.encode([version, *rest])
    assert refused(session.read_frame, data) == (Stage.FORM, Code.VERSION_UNKNOWN)


def test_a_frame_has_one_encoding() -> None:
    """[CBOR-1] [CBOR-3]"""
    longer = FRAME[:1] + b"\x18\x01" + FRAME[2:]
    assert refused(session.read_frame, longer) == (Stage.FORM, Code.CBOR_NOT_DETERMINISTIC)
    for data in (FRAME + b"\0", FRAME[:-1], b"", b"\xff"):
        assert refused(session.read_frame, data) == (Stage.FORM, Code.CBOR_MALFORMED)


def test_a_longer_frame_is_refused_before_it_is_decoded() -> None:
    """[SEAL-10]"""
    size = (Stage.SIZE, Code.FRAME_TOO_LARGE)
    assert refused(session.read_frame, bytes(FRAME_BYTES_MAX + 1)) == size
    assert refused(session.read_frame, b"\xff" * (FRAME_BYTES_MAX + 1)) == size
    assert refused(session.read_frame, b"\xff" * FRAME_BYTES_MAX) == (Stage.FORM, Code.CBOR_MALFORMED)
    exactly = cbor.encode([1, ID, None, NONCE, bytes(FRAME_BYTES_MAX - 36)])
    assert len(exactly) == FRAME_BYTES_MAX
    assert isinstance(session.read_frame(exactly), Frame)


# Contact frames


def test_a_contact_frame_names_its_key_by_a_tag() -> None:
    """[SEAL-29]"""
    frame = session.read_frame(CONTACT)
    assert isinstance(frame, ContactFrame)
    assert frame.tag == session.contact_tag(KEY.public) == sha256(KEY.public).digest()[:16]
    assert cbor.encode([1, frame.tag, frame.sealed]) == CONTACT
    assert KEY.open(frame.sealed, b"\x82\x70pcloud/1 contact\x50" + frame.tag) == pad(CONTENT)
    assert opened_contact(CONTACT) == CONTENT


def test_a_contact_frame_opens_under_its_own_key_and_tag_only() -> None:
    """[SEAL-29]"""
    frame = session.read_frame(CONTACT)
    assert isinstance(frame, ContactFrame)
    assert refused(session.open_contact, OTHER, frame) == NOT_OPENED
    renamed = frame._replace(tag=session.contact_tag(OTHER.public))
    assert refused(session.open_contact, KEY, renamed) == NOT_OPENED
    for sealed in (b"", frame.sealed[:-1], frame.sealed + b"\0", bytes(len(frame.sealed))):
        assert refused(session.open_contact, KEY, frame._replace(sealed=sealed)) == NOT_OPENED


def test_what_is_not_padded_is_refused_in_a_contact_frame_too() -> None:
    """[SEAL-18]"""
    tag = session.contact_tag(KEY.public)
    info = cbor.encode(["pcloud/1 contact", tag])
    frame = ContactFrame(tag, keys.seal(KEY.public, b"bare", info))
    assert refused(session.open_contact, KEY, frame) == (Stage.FORM, Code.PADDING)


def test_what_was_sealed_for_a_session_is_no_contact_frame() -> None:
    """[SEAL-29] [SEAL-6]"""
    tag = session.contact_tag(KEY.public)
    sealed = session.read_start(BLOCK).sealed
    assert refused(session.open_contact, KEY, ContactFrame(tag, sealed)) == NOT_OPENED
    frame = session.read_frame(CONTACT)
    assert isinstance(frame, ContactFrame)
    block = cbor.encode([1, 2, frame.sealed])
    assert refused(session.open_start, KEY, block, (ME, PEER)) == NOT_OPENED


@pytest.mark.parametrize("size", [0, 1_215, 1_217])
def test_nothing_is_sealed_to_what_is_no_key(size: int) -> None:
    """[SEAL-3]"""
    for seal in (
        lambda: session.make_start(bytes(size), SECRET, (ME, PEER), 1, 2),
        lambda: session.seal_contact(bytes(size), CONTENT),
    ):
        assert refused(seal) == (Stage.FORM, Code.KEY_ENCODING)
