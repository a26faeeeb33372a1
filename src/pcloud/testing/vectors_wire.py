"""The operations of the vectors on encodings, keys, logs and sealing (spec 16 §3)."""

from collections.abc import Callable, Mapping
from typing import Any

from pcloud.engine.sealing import read_block
from pcloud.errors import Code, Violation
from pcloud.testing.vectors_input import Input, notation
from pcloud.wire import cbor, cose, ids, keylog, keys, padding, session
from pcloud.wire.content import read_content
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.manifest import open_manifest
from pcloud.wire.session import ContactFrame, Frame, FrameKey
from pcloud.wire.shape import persona, versioned

Result = dict[str, Any]
Operation = Callable[[Input], Result]


# Chapter 02


def _cbor_check(given: Input) -> Result:
    return {"value": notation(cbor.decode(given.octets("bytes"), floats=given.flag("floats")))}


def _sign1_read(given: Input) -> Result:
    signed = cose.parse_sign1(given.octets("bytes"), given.text("typ"))
    cose.verify_sign1(signed, given.octets("key"))
    return {"payload": signed.payload, "id": signed.id}


def _sign2_read(given: Input) -> Result:
    first, second = _pair(given.several("keys"))
    signed = cose.parse_sign2(given.octets("bytes"), given.text("typ"))
    cose.verify_sign2(signed, (first, second))
    return {"payload": signed.payload, "id": signed.id}


def _pair(values: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    if len(values) != 2:
        raise Violation(Code.SHAPE, "keys: first and second signer")
    return values[0], values[1]


# Chapter 03


def _key_check(given: Input) -> Result:
    keys.check_public(given.octets("key"))
    return {}


def _ed25519_verify(given: Input) -> Result:
    key = given.octets("key")
    keys.check_public(key)
    keys.verify(key, given.octets("message"), given.octets("signature"))
    return {}


def _did_key(given: Input) -> Result:
    return {"did": ids.did_key(SigningKey.from_seed(given.octets("seed")).public)}


def _id_read(given: Input) -> Result:
    return {"id": ids.persona_from_text(given.text("text"))}


def _nextkey(given: Input) -> Result:
    generation, index = given.number("generation"), given.number("index")
    public = keylog.next_key(given.octets("secret"), generation, index).public
    return {"public": public, "commitment": keylog.commitment(public)}


def _keylog_read(given: Input) -> Result:
    log = keylog.read_log(given.several("events"))
    return {
        "persona": log.persona,
        "persona_text": ids.persona_text(log.persona),
        "epoch": log.epoch,
        "id": log.current.id,
    }


def _keylog_compare(given: Input) -> Result:
    known, seen = (_log(given, name) for name in ("known", "seen"))
    return {"relation": keylog.compare(known, seen).relation.value}


def _log(given: Input, name: str) -> KeyLog:
    return keylog.read_log(given.several(name))


def _succession_read(given: Input) -> Result:
    signed = cose.parse_sign2(given.octets("bytes"), cose.SUCCESSION)
    values: list[Any] = versioned(cbor.decode_list(signed.payload), 4)
    invitation, successor, peer = map(persona, values[1:])
    cose.verify_sign2(signed, (given.octets("invitation_key"), given.octets("successor_key")))
    return {"invitation": invitation, "successor": successor, "peer": peer, "id": signed.id}


# Chapter 04


def _kem_check(given: Input) -> Result:
    keys.check_hybrid_public(given.octets("key"))
    return {}


def _pad(given: Input) -> Result:
    return {"padded": padding.pad(given.octets("content"))}


def _unpad(given: Input) -> Result:
    return {"content": padding.unpad(given.octets("padded"))}


def _founding(given: Input) -> tuple[bytes | None, bytes]:
    return given.octets_or_none("sender"), given.octets("recipient")


def _start_open(given: Input) -> Result:
    block = given.octets("block")
    secret = session.start_secret(_hybrid(given), block, _founding(given))
    opened = session.frame_key(secret, session.session_of(block))
    return {"secret": secret, "session": opened.session, "key": opened.key}


def _hybrid(given: Input) -> HybridKey:
    return HybridKey.from_seed(given.octets("seed"))


def _frame_open(given: Input) -> Result:
    frame = session.read_frame(given.octets("frame"))
    if isinstance(frame, ContactFrame):
        raise Violation(Code.UNKNOWN_SESSION)
    return {"content": session.open_frame(_frame_key(given, frame), frame)}


def _frame_key(given: Input, frame: Frame) -> FrameKey:
    """The key of a session that is known by its secret, or that the frame's start block opens."""
    if frame.block is not None:
        read_block(frame)
    if given.has("secret"):
        return session.frame_key(given.octets("secret"), frame.session)
    if frame.block is None:
        raise Violation(Code.UNKNOWN_SESSION)
    return session.open_start(_hybrid(given), frame.block, _founding(given))


def _frame_nonce(given: Input) -> Result:
    nonce = session.frame_nonce(given.octets("key"), given.octets("random"), given.octets("padded"))
    return {"nonce": nonce}


def _contact_open(given: Input) -> Result:
    key, frame = _hybrid(given), session.read_frame(given.octets("frame"))
    if not isinstance(frame, ContactFrame):
        raise Violation(Code.SHAPE, "not a contact frame")
    if session.contact_tag(key.public) != frame.tag:
        raise Violation(Code.NOT_OPENED)
    return {"content": session.open_contact(key, frame)}


def _content_read(given: Input) -> Result:
    content = read_content(given.octets("content"))
    introduction = None
    if content.introduction is not None:
        introduction = {"log": content.introduction.events, "succession": content.introduction.succession}
    return {
        "start": content.start,
        "introduction": introduction,
        "signed": content.signed,
        "parts": content.parts,
    }


def _manifest_open(given: Input) -> Result:
    return {"manifest": open_manifest(_hybrid(given), given.octets("blob")).content}


WIRE: Mapping[str, Operation] = {
    "cbor.check": _cbor_check,
    "sign1.read": _sign1_read,
    "sign2.read": _sign2_read,
    "key.check": _key_check,
    "ed25519.verify": _ed25519_verify,
    "did.key": _did_key,
    "id.read": _id_read,
    "nextkey": _nextkey,
    "keylog.read": _keylog_read,
    "keylog.compare": _keylog_compare,
    "succession.read": _succession_read,
    "kem.check": _kem_check,
    "pad": _pad,
    "unpad": _unpad,
    "start.open": _start_open,
    "frame.open": _frame_open,
    "frame.nonce": _frame_nonce,
    "contact.open": _contact_open,
    "content.read": _content_read,
    "manifest.open": _manifest_open,
}
"""The operations of chapters 02 to 04."""
