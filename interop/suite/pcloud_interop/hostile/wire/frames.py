"""Frames (chapter 04): sessions, padding, what is sealed, and how honest nodes' frames are opened."""

from dataclasses import dataclass
from typing import Final

from pcloud_interop.hostile.wire.cbor import Value, dec, enc, head
from pcloud_interop.hostile.wire.secrets import aead_open, aead_seal, fresh, hkdf, mac, seal, sha

PADDED_BYTES_MIN: Final = 256


def padded_length(size: int) -> int:
    """The length after padding of a content of that size."""
    whole = max(size + 4, PADDED_BYTES_MIN)
    exponent = whole.bit_length() - 1
    mask = (1 << exponent - exponent.bit_length()) - 1
    return whole + mask & ~mask


def pad(content: bytes) -> bytes:
    """Length, content, zeros."""
    return (len(content).to_bytes(4, "big") + content).ljust(padded_length(len(content)), b"\x00")


def unpad(padded: bytes) -> bytes:
    """The content."""
    return padded[4 : 4 + int.from_bytes(padded[:4], "big")]


def session_info(sender: bytes | None, recipient: bytes, number: int, key: int) -> bytes:
    """What a start block is sealed under."""
    return enc(["pcloud/1 session", sender, recipient, number, key])


@dataclass
class Session:
    """A session: one's own toward the peer, or one of the peer's."""

    number: int
    key_number: int
    secret: bytes
    block: bytes
    answered: bool = False
    """Whether the peer has named it, so that the start block is left away."""

    @property
    def id(self) -> bytes:
        """The session id."""
        return sha(self.block)[:16]

    @property
    def key(self) -> bytes:
        """The key of its frames."""
        return hkdf(self.secret, enc(["pcloud/1 frame key", self.id]))


def started(public: bytes, founding: tuple[bytes | None, bytes], number: int, key: int) -> Session:
    """A session to a receiving key, between founding personas: the sender's, the recipient's."""
    secret = fresh()
    sealed = seal(public, session_info(*founding, number, key), secret)
    return Session(number, key, secret, enc([number, key, sealed]))


def frame(session: Session, padded: bytes, *, block: bytes | None, id_: bytes | None = None) -> bytes:
    """A session frame around a padded content; another session id bends it."""
    nonce = mac(session.key, b"pcloud/1 nonce", fresh(12), padded)[:12]
    before = head(4, 5) + b"".join(map(enc, (1, id_ or session.id, block, nonce)))
    return before + enc(aead_seal(session.key, nonce, padded, before))


def opened(data: bytes, session: Session) -> Value:
    """The content of a frame of a session. Raises InvalidTag, ValueError."""
    fields = dec(data)
    before = data[: len(data) - len(enc(fields[4]))]
    return dec(unpad(aead_open(session.key, fields[3], fields[4], before)))


def contact_frame(public: bytes, content: Value, *, tag: bytes | None = None) -> bytes:
    """A frame to a contact key."""
    named = tag or sha(public)[:16]
    return enc([1, named, seal(public, enc(["pcloud/1 contact", named]), pad(enc(content)))])
