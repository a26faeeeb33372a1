"""Signatures that were made for something else, by somebody else, or not at all (chapters 02, 03 and 05)."""

from pcloud_interop.hostile.attack import Scene, Shows, attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent, payload
from pcloud_interop.hostile.wire.cbor import Raw, Tag, Value, dec, enc
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import Signer, fresh
from pcloud_interop.hostile.wire.signing import Signed, input2, malleated, sign1, sign2, spoiled, under

CHAPTER, NOTATION, IDENTITY = "05-messages", "02-notation", "03-identity"
HEADER = "pcloud-header"
SMALL = bytes([1]) + bytes(31)
"""A key of small order; under it the next signature fits every message, where a library does not look."""
FORGED = SMALL + bytes(32)


def _word(ground: Ground) -> Sent:
    return ground.peer.make("conversation.say", {}, TEXT)


def _send(ground: Ground, signed: Signed | bytes, parts: Value = ()) -> None:
    """Send this as the signed element."""
    data = signed.data if isinstance(signed, Signed) else signed
    ground.peer.post(ground.peer.seal(ground.peer.content(data, parts)))


def _bent(ground: Ground, place: int, value: Value) -> None:
    """Send a word whose header has another value at this place, signed as it stands."""
    sent = _word(ground)
    fields = payload(sent.fields)
    fields[place] = value
    _send(ground, ground.peer.sign(HEADER, fields), sent.parts)


@attack(IDENTITY, "ID-7 COSE-9", refused="authentic bad-signature", shows=Shows.SILENCE)
def a_signature_with_a_bit_changed(ground: Ground) -> None:
    """The last bit of a signature changed."""
    sent = _word(ground)
    _send(ground, spoiled(sent.signed), sent.parts)


@attack(IDENTITY, "ID-5 MSG-5", refused="authentic bad-signature", shows=Shows.SILENCE)
def a_second_signature_for_the_same_message(ground: Ground) -> None:
    """The order of the group added to a good signature."""
    sent = _word(ground)
    _send(ground, malleated(sent.signed), sent.parts)


@attack(IDENTITY, "ID-6", refused="authentic bad-signature", shows=Shows.SILENCE)
def the_signature_that_fits_every_message(ground: Ground) -> None:
    """The forgery of small order under the sender's own key."""
    sent = _word(ground)
    _send(ground, under(sent.signed, FORGED), sent.parts)


@attack(IDENTITY, "ID-4 COSE-8", refused="authentic key-mismatch", shows=Shows.SILENCE)
def the_signature_that_fits_every_message_under_the_key_that_it_fits(ground: Ground) -> None:
    """The forgery of small order, which names a key of small order."""
    sent = _word(ground)
    signed = sign1(ground.peer.persona.key, HEADER, payload(sent.fields), kid=SMALL)
    _send(ground, under(signed, FORGED), sent.parts)


@attack(CHAPTER, "MSG-4", refused="authentic key-mismatch", shows=Shows.SILENCE)
def a_message_signed_with_another_key(ground: Ground) -> None:
    """The sender's name, and a signature that holds under a key that is not the sender's."""
    sent = _word(ground)
    _send(ground, sign1(Signer(), HEADER, payload(sent.fields)), sent.parts)


@attack(CHAPTER, "MSG-4 COSE-8", refused="authentic bad-signature", shows=Shows.SILENCE)
def a_message_signed_with_another_key_that_names_the_right_one(ground: Ground) -> None:
    """A signature by another key under the sender's kid."""
    sent = _word(ground)
    _send(
        ground, sign1(Signer(), HEADER, payload(sent.fields), kid=ground.peer.persona.key.public), sent.parts
    )


@attack(CHAPTER, "MSG-4", refused="authentic key-mismatch", shows=Shows.SILENCE)
def a_message_signed_with_the_next_key(ground: Ground) -> None:
    """The key to which the log has committed signs a message, and not an event."""
    sent = _word(ground)
    _send(ground, sign1(ground.peer.persona.next, HEADER, payload(sent.fields)), sent.parts)


@attack(NOTATION, "ORDER-17", refused="form shape", shows=Shows.SILENCE)
def a_message_that_calls_itself_a_receipt(ground: Ground) -> None:
    """The fields of a header, signed as a receipt."""
    sent = _word(ground)
    _send(ground, ground.peer.sign("pcloud-receipt", payload(sent.fields)))


@attack(NOTATION, "COSE-5", refused="form type-mismatch", shows=Shows.SILENCE)
def a_message_that_calls_itself_a_start(ground: Ground) -> None:
    """The fields of a header, signed as a start."""
    sent = _word(ground)
    _send(ground, ground.peer.sign("pcloud-start", payload(sent.fields)), sent.parts)


@attack(NOTATION, "COSE-5 TERMS-31", refused="form type-mismatch", shows=Shows.SILENCE)
def a_message_that_calls_itself_an_agreement(ground: Ground) -> None:
    """The fields of a header, signed as an agreement by one."""
    sent = _word(ground)
    _send(ground, ground.peer.sign("pcloud-agreement", payload(sent.fields)), sent.parts)


@attack(CHAPTER, "MSG-1", refused="form shape", shows=Shows.SILENCE)
def a_receipt_that_calls_itself_a_message(ground: Ground) -> None:
    """The fields of a receipt, signed as a header."""
    peer = ground.peer
    answer: Value = [1, peer.persona.id, peer.other.id, 0, 0, None, None, *peer.into.last, []]
    _send(ground, peer.sign(HEADER, answer), [[fresh(16), TEXT[0]]])


@attack(NOTATION, "COSE-6 COSE-9", refused="authentic bad-signature", shows=Shows.SILENCE)
def a_signature_made_for_an_agreement(ground: Ground) -> None:
    """What the sender signed as a party of an agreement, in the place of the signature over a header."""
    sent, key = _word(ground), ground.peer.persona.key
    made = key.sign(input2("pcloud-agreement", key.public, payload(sent.fields)))
    _send(ground, under(sent.signed, made), sent.parts)


@attack(NOTATION, "COSE-6", refused="authentic bad-signature", shows=Shows.SILENCE)
def a_signature_over_data_that_do_not_travel(ground: Ground) -> None:
    """A signature with external data, as another protocol would make it."""
    sent = _word(ground)
    signed = sign1(ground.peer.persona.key, HEADER, payload(sent.fields), external=b"another protocol")
    _send(ground, signed, sent.parts)


@attack(NOTATION, "COSE-1", refused="form cose-structure", shows=Shows.SILENCE)
def a_header_that_nobody_signed_beside_the_one_that_is(ground: Ground) -> None:
    """An unprotected header that names another algorithm."""
    sent = _word(ground)
    signed = sign1(ground.peer.persona.key, HEADER, payload(sent.fields), unprotected={1: -8})
    _send(ground, signed, sent.parts)


@attack(NOTATION, "COSE-2", refused="form cose-header", shows=Shows.SILENCE)
def a_protected_header_with_more_than_belongs_there(ground: Ground) -> None:
    """A critical extension that nobody knows."""
    sent = _word(ground)
    signed = sign1(ground.peer.persona.key, HEADER, payload(sent.fields), more={2: [99]})
    _send(ground, signed, sent.parts)


@attack(NOTATION, "COSE-1", refused="form cose-structure", shows=Shows.SILENCE)
def two_signers_where_one_signs(ground: Ground) -> None:
    """A header with two signatures, both of which hold."""
    sent, key = _word(ground), ground.peer.persona.key
    _send(ground, sign2([key, Signer()], HEADER, payload(sent.fields)), sent.parts)


@attack(NOTATION, "COSE-1", refused="form cose-structure", shows=Shows.SILENCE)
def a_signed_object_without_its_tag(ground: Ground) -> None:
    """A good header that does not say what it is."""
    sent = _word(ground)
    whole = dec(sent.signed.data)
    assert isinstance(whole, Tag)
    _send(ground, enc(whole.value), sent.parts)


@attack(CHAPTER, "MSG-3", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_message_to_somebody_else(ground: Ground) -> None:
    """A good message whose recipient is a persona that the node is not."""
    _bent(ground, 2, Persona().id)


@attack(CHAPTER, "MSG-3", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_message_of_the_node_comes_back_to_it_in_a_frame_of_the_peer(ground: Ground) -> None:
    """What the node said last, with its signature, in the peer's session."""
    _send(ground, ground.peer.into.got[-1].data, [[fresh(16), TEXT[0]]])


@attack(CHAPTER, "MSG-3 SEAL-27", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_stranger_speaks_in_the_session_of_a_peer(ground: Ground) -> None:
    """A message of another persona, with its log beside it."""
    sent, other = _word(ground), Persona()
    fields = payload(sent.fields | {"sender": other.id})
    signed = sign1(other.key, HEADER, fields)
    content = ground.peer.content(signed.data, sent.parts, introduction=[other.log, None])
    ground.peer.post(ground.peer.seal(content))


@attack(CHAPTER, "MSG-1 COSE-20", refused="form version-unknown", shows=Shows.SILENCE)
def a_message_of_another_version(ground: Ground) -> None:
    """A header that says version 2."""
    _bent(ground, 0, 2)


@attack(CHAPTER, "MSG-1", refused="form shape", shows=Shows.SILENCE)
def a_message_without_a_number(ground: Ground) -> None:
    """A header with the number 0."""
    _bent(ground, 6, 0)


@attack(CHAPTER, "MSG-2", refused="form shape", shows=Shows.SILENCE)
def a_message_that_knows_an_id_and_no_number(ground: Ground) -> None:
    """Field 12 without field 11."""
    _bent(ground, 11, 0)


@attack(CHAPTER, "MSG-1", refused="form shape", shows=Shows.SILENCE)
def a_message_with_a_field_more(ground: Ground) -> None:
    """A header of seventeen."""
    sent = _word(ground)
    _send(ground, ground.peer.sign(HEADER, [*payload(sent.fields), None]), sent.parts)


@attack(NOTATION, "CBOR-7", refused="form cbor-type", shows=Shows.SILENCE)
def a_number_that_no_two_languages_read_alike(ground: Ground) -> None:
    """A time of 2^53 and some."""
    _bent(ground, 9, 2**53 + 1)


@attack(NOTATION, "CBOR-3", refused="form cbor-not-deterministic", shows=Shows.SILENCE)
def a_signed_number_in_more_bytes_than_it_needs(ground: Ground) -> None:
    """A number that is written in eight bytes, and signed so."""
    _bent(ground, 6, Raw(b"\x1b" + (ground.sent + 1).to_bytes(8, "big")))


@attack(
    IDENTITY, "COSE-9 TERMS-31", refused="authentic bad-signature", scene=Scene.AGREED, shows=Shows.SILENCE
)
def a_signature_that_is_in_an_agreement_is_used_for_a_message(ground: Ground) -> None:
    """The party's own signature out of terms in force, over a header."""
    rows = ground.node.rows("terms", "negotiations", peer=ground.to_peer)
    _, _, _, signers = dec(bytes.fromhex(rows[0]["record"])).value
    sent = _word(ground)
    _send(ground, under(sent.signed, signers[0 if ground.invites else 1][2]), sent.parts)
