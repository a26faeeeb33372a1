"""Bodies and parts that are not what was signed, or not what the chapter describes (chapters 05 and 18)."""

from pcloud_interop.hostile.attack import attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.wire.cbor import Raw, Value, enc
from pcloud_interop.hostile.wire.secrets import fresh

CHAPTER, TALK = "05-messages", "18-conversation"
SAY, PAUSE = "conversation.say", "relationship.pause"
TEXT_BYTES_MAX = 8_192
MESSAGE_BYTES_MAX = 49_152
DEPTH_MAX = 16


def _body(ground: Ground, body: Value) -> Sent:
    return ground.peer.say(PAUSE, body if isinstance(body, bytes) else enc(body))


def _parts(ground: Ground, parts: Value) -> Sent:
    """A word whose parts travel so."""
    peer = ground.peer
    sent = peer.make(SAY, {}, TEXT)
    peer.commit(sent)
    peer.post(peer.seal(peer.content(sent.signed.data, parts(sent.parts))))
    return sent


def _nested(depth: int) -> Value:
    value: Value = 0
    for _ in range(depth):
        value = [value]
    return value


@attack(CHAPTER, "GATE-1", refused="gate unknown-name")
def a_message_that_nobody_has_defined(ground: Ground) -> Sent:
    """The name of a feature that is not."""
    return ground.peer.say("admin.grant", {1: "everything"})


@attack(CHAPTER, "GATE-1", refused="gate unknown-name")
def a_name_that_differs_from_a_known_one_by_case(ground: Ground) -> Sent:
    """A name in capitals."""
    return ground.peer.say("Conversation.Say", {}, TEXT)


@attack(CHAPTER, "MSG-8", refused="content body-form")
def a_body_with_a_field_more(ground: Ground) -> Sent:
    """A field that the chapter does not declare."""
    return _body(ground, {99: "more"})


@attack(CHAPTER, "MSG-9", refused="content body-form")
def a_field_that_is_null_instead_of_absent(ground: Ground) -> Sent:
    """Null in the place of an optional field."""
    return _body(ground, {1: None})


@attack(CHAPTER, "MSG-8", refused="content body-form")
def a_body_that_is_no_map(ground: Ground) -> Sent:
    """An array."""
    return _body(ground, [1, 2])


@attack(CHAPTER, "MSG-8", refused="content body-form")
def a_body_with_a_text_for_a_key(ground: Ground) -> Sent:
    """The name of a field in the place of its number."""
    return _body(ground, {"until": 1})


@attack(CHAPTER, "MSG-10", refused="content body-form")
def a_body_in_more_bytes_than_it_needs(ground: Ground) -> Sent:
    """An empty map with a head that is longer than needed."""
    return _body(ground, b"\xb8\x00")


@attack(CHAPTER, "MSG-10", refused="content body-form")
def a_body_with_a_byte_behind_it(ground: Ground) -> Sent:
    """An empty map and one byte."""
    return _body(ground, b"\xa0\x00")


@attack(CHAPTER, "MSG-10", refused="content body-form")
def a_body_with_a_key_twice(ground: Ground) -> Sent:
    """Two ends, of which each reader may take another."""
    return _body(ground, b"\xa2\x01\x1a\x6b\x35\xfb\xe0\x01\x1a\x7b\x35\xfb\xe0")


@attack(CHAPTER, "MSG-10", refused="content body-form")
def a_body_with_a_fraction(ground: Ground) -> Sent:
    """A number that is no integer."""
    return _body(ground, {1: Raw(b"\xf9\x3e\x00")})


@attack(CHAPTER, "MSG-10", refused="content body-form")
def a_body_that_nests_too_deep(ground: Ground) -> Sent:
    """Arrays inside each other."""
    return _body(ground, {1: _nested(DEPTH_MAX)})


@attack(CHAPTER, "MSG-8", refused="content body-form")
def a_number_that_is_true(ground: Ground) -> Sent:
    """True in the place of a time."""
    return _body(ground, {1: True})


@attack(CHAPTER, "MSG-13", refused="content part-mismatch")
def other_words_than_those_that_were_signed(ground: Ground) -> Sent:
    """A text that is not the one whose digest is signed."""
    return _parts(ground, lambda parts: [parts[0], [parts[1][0], enc("I owe you a thousand")]])


@attack(CHAPTER, "MSG-13", refused="content part-mismatch")
def another_salt_than_the_one_that_was_signed(ground: Ground) -> Sent:
    """The right text with another salt."""
    return _parts(ground, lambda parts: [parts[0], [fresh(16), parts[1][1]]])


@attack(CHAPTER, "MSG-13", refused="content part-mismatch")
def parts_that_have_changed_places(ground: Ground) -> Sent:
    """The text as the body, and the body as the text."""
    return _parts(ground, lambda parts: parts[::-1])


@attack(CHAPTER, "MSG-13", refused="content part-mismatch")
def a_part_that_was_not_signed(ground: Ground) -> Sent:
    """A part more than there are digests."""
    return _parts(ground, lambda parts: [*parts, [fresh(16), enc("and by the way")]])


@attack(CHAPTER, "MSG-14", refused="content part-missing")
def a_message_without_its_body(ground: Ground) -> Sent:
    """Null in the place of the body."""
    return _parts(ground, lambda parts: [None, parts[1]])


@attack(CHAPTER, "MSG-14", refused="content part-missing")
def a_part_too_few(ground: Ground) -> Sent:
    """No place for the text that is signed."""
    return _parts(ground, lambda parts: parts[:1])


@attack(TALK, "TALK-1", refused="content body-form")
def a_word_without_a_text(ground: Ground) -> Sent:
    """Nothing said."""
    return ground.peer.say(SAY, {})


@attack(TALK, "TALK-1 MSG-16", refused="content part-mismatch")
def a_word_with_two_texts(ground: Ground) -> Sent:
    """An item more than the message may have."""
    return ground.peer.say(SAY, {}, [*TEXT, enc("and another")])


@attack(TALK, "TALK-2", refused="content body-form")
def a_text_that_is_empty(ground: Ground) -> Sent:
    """The empty text."""
    return ground.peer.say(SAY, {}, [enc("")])


@attack(TALK, "TALK-2", refused="content body-form")
def a_text_longer_than_any_may_be(ground: Ground) -> Sent:
    """A text with a byte too many."""
    return ground.peer.say(SAY, {}, [enc("x" * (TEXT_BYTES_MAX + 1))])


@attack(TALK, "TALK-2", refused="content body-form")
def a_text_that_is_no_text(ground: Ground) -> Sent:
    """Bytes in the place of a text."""
    return ground.peer.say(SAY, {}, [enc(b"\xff\xfe")])


@attack(CHAPTER, "MSG-7", refused="content body-form")
def a_message_longer_than_can_be_returned(ground: Ground) -> Sent:
    """A word with more bytes than a message may have."""
    return ground.peer.say(SAY, {}, [bytes(MESSAGE_BYTES_MAX)])


@attack(CHAPTER, "TABLE-1", refused="content unknown-thread")
def a_word_in_a_thread_that_never_was(ground: Ground) -> Sent:
    """An invented thread."""
    return ground.peer.say(SAY, {}, TEXT, thread=fresh())


@attack(CHAPTER, "TABLE-1", refused="content unknown-thread")
def a_word_in_the_thread_of_another_feature(ground: Ground) -> Sent:
    """The thread of the relationship, for a word."""
    return ground.peer.say(SAY, {}, TEXT, thread=ground.peer.thread)
