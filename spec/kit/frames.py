"""Start blocks, frames, contents and manifests."""

from __future__ import annotations

from dataclasses import dataclass

from spec.kit.cbor import Value, enc, head
from spec.kit.keys import SEALER, aead_seal, fixed, hkdf, mac, sha, xwing

PADDED_MIN = 256


def padded_length(size: int) -> int:
    """The length after padding of a content of that size."""
    whole = max(size + 4, PADDED_MIN)
    exponent = whole.bit_length() - 1
    free = exponent - exponent.bit_length()
    return -(-whole >> free) << free


def pad(content: bytes) -> bytes:
    """Length, content, zeros."""
    padded = len(content).to_bytes(4, "big") + content
    return padded + bytes(padded_length(len(content)) - len(padded))


@dataclass(frozen=True)
class Session:
    """One direction's session: how it starts and what it seals under."""

    secret: bytes
    block: bytes
    info: bytes

    @property
    def id(self) -> bytes:
        """The session id."""
        return sha(self.block)[:16]

    @property
    def key(self) -> bytes:
        """The frame key."""
        return frame_key(self.secret, self.id)


def frame_key(secret: bytes, session: bytes) -> bytes:
    """The key of all frames of a session."""
    return hkdf(secret, enc(["pcloud/1 frame key", session]))


def session_info(sender: bytes | None, recipient: bytes, session: int, key: int) -> bytes:
    """The info of a start block."""
    return enc(["pcloud/1 session", sender, recipient, session, key])


def start(name: str, seed: bytes, sender: bytes | None, recipient: bytes, session: int, key: int) -> Session:
    """A session of that name, sealed to the receiving key of that seed."""
    secret, info = fixed("secret " + name), session_info(sender, recipient, session, key)
    return Session(secret, enc([session, key, SEALER.seal(seed, info, secret)]), info)


def frame_nonce(key: bytes, random: bytes, padded: bytes) -> bytes:
    """The hedged nonce."""
    return mac(key, b"pcloud/1 nonce", random, padded)[:12]


def sealed_frame(front: list[Value], key: bytes, nonce: bytes, padded: bytes) -> bytes:
    """The front of a frame, and the text sealed with the front as additional data."""
    before = head(4, len(front) + 1) + b"".join(map(enc, front))
    return before + enc(aead_seal(key, nonce, padded, before))


def frame(session: Session, content: bytes, *, with_start: bool, name: str = "frame") -> bytes:
    """A session frame, as it should be."""
    padded = pad(content)
    nonce = frame_nonce(session.key, fixed("random of " + name, 12), padded)
    block = session.block if with_start else None
    return sealed_frame([1, session.id, block, nonce], session.key, nonce, padded)


def contact_tag(seed: bytes) -> bytes:
    """The tag of a contact key."""
    return sha(xwing(seed)[1])[:16]


def contact_frame(seed: bytes, padded: bytes) -> bytes:
    """A contact frame around a padded content."""
    tag = contact_tag(seed)
    return enc([1, tag, SEALER.seal(seed, enc(["pcloud/1 contact", tag]), padded)])


def manifest_seed(secret: bytes) -> bytes:
    """The seed of the manifest key of a rotation secret."""
    return hkdf(secret, enc(["pcloud/1 manifest key"]))


def manifest_blob(seed: bytes, manifest: bytes, name: str = "manifest") -> bytes:
    """A sealed manifest."""
    key, nonce = fixed("key of " + name), fixed("nonce of " + name, 12)
    sealed = SEALER.seal(seed, enc(["pcloud/1 manifest"]), key)
    front: list[Value] = [1, sealed, mac(key, b"pcloud/1 manifest commitment"), nonce]
    return sealed_frame(front, hkdf(key, enc(["pcloud/1 manifest content"])), nonce, manifest)
