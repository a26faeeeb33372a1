"""Ids: 32-byte SHA-256 digests on the wire, texts at the edges (spec 03 §3).

The text of a persona is a CIDv1 (codec cbor 0x51, sha2-256, base32 lower case): 59 characters from `bafirei`.
A single key is named by `did:key`, a persona never. `multiformats` is slow (some 100 µs): no hot path uses
this.
"""

import re
from typing import Final

from multiformats import CID, multibase

from pcloud.errors import Code, UsageError, Violation
from pcloud.limits import PERSONA_ID_BYTES
from pcloud.wire import keys

_PERSONA_TEXT: Final = re.compile(r"b[a-z2-7]{58}", re.ASCII)
_DID_KEY: Final = re.compile(r"did:key:(z6Mk[1-9A-HJ-NP-Za-km-z]{44})", re.ASCII)
_CID_BYTES: Final = b"\x01\x51\x12\x20"
"""Version 1, codec cbor, hash sha2-256, 32 bytes; the digest follows."""
_ED25519_PUB: Final = b"\xed\x01"
"""Multicodec ed25519-pub (0xed) as a varint; the key follows."""


def persona_text(digest: bytes) -> str:
    """Give the text form of a persona id. Raises UsageError(id-text) unless `digest` has 32 bytes."""
    if len(digest) != PERSONA_ID_BYTES:
        raise UsageError(Code.ID_TEXT, "a persona id has 32 bytes")
    return str(CID("base32", 1, "cbor", ("sha2-256", digest)))


def persona_from_text(text: str) -> bytes:
    """Read a persona id from its one text form. Raises Violation(id-text)."""
    if not _PERSONA_TEXT.fullmatch(text):
        raise Violation(Code.ID_TEXT, "not a persona")
    try:
        raw = multibase.decode(text)
    except ValueError:
        raise Violation(Code.ID_TEXT, "not base32") from None
    digest = bytes(raw[len(_CID_BYTES) :])
    # Base32 has spare bits at the end, so a second text could mean the same bytes: compare.
    if not raw.startswith(_CID_BYTES) or persona_text(digest) != text:
        raise Violation(Code.ID_TEXT, "not a persona")
    return digest


def did_key(public: bytes) -> str:
    """Name one Ed25519 key. Raises UsageError(key-encoding) unless `public` has 32 bytes."""
    if len(public) != keys.PUBLIC_BYTES:
        raise UsageError(Code.KEY_ENCODING, "a public key has 32 bytes")
    return "did:key:" + multibase.encode(_ED25519_PUB + public, "base58btc")


def did_key_public(text: str) -> bytes:
    """Read the key out of a did:key. Raises Violation: id-text, or as `keys.check_public`."""
    match = _DID_KEY.fullmatch(text)
    if match is None:
        raise Violation(Code.ID_TEXT, "not an Ed25519 did:key")
    raw = bytes(multibase.decode(match[1]))
    public = raw[len(_ED25519_PUB) :]
    if not raw.startswith(_ED25519_PUB) or len(public) != keys.PUBLIC_BYTES:
        raise Violation(Code.ID_TEXT, "not an Ed25519 did:key")
    keys.check_public(public)
    return public
