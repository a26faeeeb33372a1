"""What does not open, or opens to what is none (chapters 02 and 04). Strangers learn nothing."""

from pcloud_interop.hostile.attack import Shows, attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.wire.cbor import Raw, Value, dec, enc
from pcloud_interop.hostile.wire.frames import frame, pad
from pcloud_interop.hostile.wire.secrets import fresh

CHAPTER, NOTATION = "04-sealing", "02-notation"
DEEP = 10_000
CONTENT_BYTES_MAX = 57_344
PARTS_MAX = 64
ITEMS_MAX = 4_096


def _good(ground: Ground) -> bytes:
    """A frame as it should be, around a word that is not counted."""
    sent = ground.peer.make("conversation.say", {}, TEXT)
    return ground.peer.seal(ground.peer.content(sent.signed.data, sent.parts))


def _changed(ground: Ground, place: int, value: Value) -> None:
    """Send a good frame with one field changed."""
    fields = dec(_good(ground))
    fields[place] = value(fields[place]) if callable(value) else value
    ground.peer.post(enc(fields))


def _padded(ground: Ground, padded: bytes) -> None:
    """Send what pads to something else than padding gives."""
    session = ground.peer.session()
    ground.peer.post(frame(session, padded, block=None if session.answered else session.block))


def _sealed(ground: Ground, content: Value) -> None:
    """Send a frame around what is no content."""
    ground.peer.post(ground.peer.seal(content))


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@attack(NOTATION, "CBOR-2", refused="form cbor-malformed", shows=Shows.SILENCE)
def noise_instead_of_a_frame(ground: Ground) -> None:
    """Five hundred random bytes that are no encoding."""
    ground.peer.post(b"\xff" + fresh(500))


@attack(CHAPTER, "SEAL-11", refused="form shape", shows=Shows.SILENCE)
def an_array_of_nothing(ground: Ground) -> None:
    """An empty array."""
    ground.peer.post(enc([]))


@attack(CHAPTER, "SEAL-11", refused="form version-unknown", shows=Shows.SILENCE)
def a_frame_of_another_version(ground: Ground) -> None:
    """A good frame that says version 2, as a downgrade or an upgrade would."""
    _changed(ground, 0, 2)


@attack(CHAPTER, "SEAL-11", refused="form shape", shows=Shows.SILENCE)
def a_map_instead_of_a_frame(ground: Ground) -> None:
    """The fields of a frame as a map."""
    ground.peer.post(enc(dict(enumerate(dec(_good(ground))))))


@attack(NOTATION, "CBOR-3", refused="form cbor-not-deterministic", shows=Shows.SILENCE)
def a_frame_in_more_bytes_than_it_needs(ground: Ground) -> None:
    """A good frame whose first head is longer than needed."""
    ground.peer.post(b"\x98\x05" + _good(ground)[1:])


@attack(NOTATION, "CBOR-1", refused="form cbor-malformed", shows=Shows.SILENCE)
def a_frame_with_a_byte_behind_it(ground: Ground) -> None:
    """A good frame and one byte."""
    ground.peer.post(_good(ground) + b"\x00")


@attack(NOTATION, "ERR-22", refused="form cbor-malformed", shows=Shows.SILENCE)
def a_length_that_is_not_there(ground: Ground) -> None:
    """A byte string that is said to have 2^62 bytes."""
    ground.peer.post(bytes.fromhex("85015b4000000000000000"))


@attack(CHAPTER, "SEAL-14", refused="authentic unknown-session", shows=Shows.SILENCE)
def a_session_that_never_began(ground: Ground) -> None:
    """A frame of an invented session, without its start."""
    _changed(ground, 1, fresh(16))


@attack(CHAPTER, "SEAL-14", refused="authentic not-opened", shows=Shows.SILENCE)
def one_bit_of_the_ciphertext_changes_on_the_way(ground: Ground) -> None:
    """A good frame with its last bit changed."""
    _changed(ground, 4, _flipped)


@attack(CHAPTER, "SEAL-14", refused="authentic not-opened", shows=Shows.SILENCE)
def one_bit_of_the_nonce_changes_on_the_way(ground: Ground) -> None:
    """A good frame with another nonce."""
    _changed(ground, 3, _flipped)


@attack(CHAPTER, "SEAL-12", refused="authentic not-opened", shows=Shows.SILENCE)
def a_start_is_put_before_what_was_sealed_without_it(ground: Ground) -> None:
    """A good frame into which somebody has put the start of its session."""
    _changed(ground, 2, ground.peer.session().block)


@attack(CHAPTER, "SEAL-14 MSG-3", refused="authentic unknown-session", shows=Shows.SILENCE)
def a_frame_of_the_node_comes_back_to_it(ground: Ground) -> None:
    """What the node sent last, reflected."""
    ground.peer.post(ground.peer.frames[-1])


@attack(CHAPTER, "SEAL-18", refused="form padding", shows=Shows.SILENCE)
def padding_that_is_longer_than_it_has_to_be(ground: Ground) -> None:
    """A length that tells how much was padded."""
    _padded(ground, pad(enc([None, None, None, []])) + bytes(16))


@attack(CHAPTER, "SEAL-18", refused="form padding", shows=Shows.SILENCE)
def a_content_longer_than_its_frame(ground: Ground) -> None:
    """A prefix that reaches beyond what is there."""
    _padded(ground, (CONTENT_BYTES_MAX).to_bytes(4, "big") + bytes(252))


@attack(CHAPTER, "SEAL-18", refused="form padding", shows=Shows.SILENCE)
def a_content_longer_than_any_may_be(ground: Ground) -> None:
    """A prefix above the bound."""
    _padded(ground, (2**32 - 1).to_bytes(4, "big") + bytes(252))


@attack(CHAPTER, "SEAL-19", refused="form padding", shows=Shows.SILENCE)
def words_hidden_in_the_padding(ground: Ground) -> None:
    """Filler that is not zero."""
    padded = pad(enc([None, None, None, []]))
    _padded(ground, padded[:-5] + b"psst!")


@attack(CHAPTER, "SEAL-20", refused="form shape", shows=Shows.SILENCE)
def a_content_that_says_nothing(ground: Ground) -> None:
    """Neither a start nor anything signed."""
    _sealed(ground, [None, None, None, []])


@attack(CHAPTER, "SEAL-20", refused="form shape", shows=Shows.SILENCE)
def a_content_with_an_element_more(ground: Ground) -> None:
    """Five elements, the last for what may come some day."""
    sent = ground.peer.make("conversation.say", {}, TEXT)
    _sealed(ground, [*ground.peer.content(sent.signed.data, sent.parts), None])


@attack(CHAPTER, "SEAL-20", refused="form shape", shows=Shows.SILENCE)
def parts_that_nobody_has_signed(ground: Ground) -> None:
    """Parts without a header."""
    _sealed(ground, [None, None, None, [[fresh(16), TEXT[0]]]])


@attack(CHAPTER, "SEAL-20", refused="form shape", shows=Shows.SILENCE)
def more_parts_than_a_content_holds(ground: Ground) -> None:
    """Sixty-five parts."""
    sent = ground.peer.make("conversation.say", {}, TEXT)
    _sealed(ground, ground.peer.content(sent.signed.data, [None] * (PARTS_MAX + 1)))


@attack(NOTATION, "CBOR-15", refused="form cbor-depth", shows=Shows.SILENCE)
def ten_thousand_arrays_inside_each_other(ground: Ground) -> None:
    """What a reader that calls itself would fall over."""
    _sealed(ground, b"\x81" * DEEP + b"\x80")


@attack(NOTATION, "CBOR-16", refused="form cbor-items", shows=Shows.SILENCE)
def more_items_than_an_encoding_holds(ground: Ground) -> None:
    """An array of many nothings."""
    _sealed(ground, enc([None] * (ITEMS_MAX + 1)))


@attack(NOTATION, "CBOR-4", refused="form cbor-not-deterministic", shows=Shows.SILENCE)
def an_array_without_a_length(ground: Ground) -> None:
    """A content of indefinite length."""
    _sealed(ground, b"\x9f\xf6\xf6\xf6\x80\xff")


@attack(NOTATION, "CBOR-5", refused="form cbor-not-deterministic", shows=Shows.SILENCE)
def a_key_twice_so_that_two_readers_read_two_things(ground: Ground) -> None:
    """A map with one key twice in the place of a content."""
    _sealed(ground, b"\xa2\x01\x01\x01\x02")


@attack(NOTATION, "CBOR-8", refused="form cbor-type", shows=Shows.SILENCE)
def a_tag_that_asks_a_reader_to_work(ground: Ground) -> None:
    """A decimal fraction with a monstrous exponent."""
    _sealed(ground, [Raw(bytes.fromhex("c4821a000f424001")), None, None, []])
