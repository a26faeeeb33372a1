"""Sessions of frames: start blocks, frame keys, and the two kinds of frames (spec 04)."""

import hashlib
import hmac
from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.limits import FRAME_BYTES_MAX, PROTOCOL_VERSION, SESSION_ID_BYTES
from pcloud.wire import cbor, keys, labels
from pcloud.wire.keys import HybridKey
from pcloud.wire.padding import pad, unpad
from pcloud.wire.shape import fixed, octets, raw, shape, unsigned, version

_SESSION_FRAME = 5
_CONTACT_FRAME = 3


class StartBlock(NamedTuple):
    """What opens a session: its number, the receiving key it is sealed to, and the sealed secret."""

    number: int
    key_number: int
    sealed: bytes


class Frame(NamedTuple):
    """A session frame as received; `bound` is every byte before the ciphertext's head."""

    session: bytes
    block: bytes | None
    nonce: bytes
    ciphertext: bytes
    bound: bytes


class ContactFrame(NamedTuple):
    """A frame to a contact key, named by a tag of it."""

    tag: bytes
    sealed: bytes


class FrameKey(NamedTuple):
    """A session's id and the key its frames are sealed under."""

    session: bytes
    key: bytes

    def __repr__(self) -> str:
        """Without the key: what is printed ends in logs."""
        return f"FrameKey({self.session.hex()})"


def _start_info(sender: bytes | None, recipient: bytes, number: int, key_number: int) -> bytes:
    return cbor.encode([labels.SESSION, sender, recipient, number, key_number])


def session_of(block: bytes) -> bytes:
    """The id of the session that a start block begins."""
    return hashlib.sha256(block).digest()[:SESSION_ID_BYTES]


def frame_key(secret: bytes, session: bytes) -> FrameKey:
    """Derive the key of a session's frames from its secret."""
    return FrameKey(session, keys.hkdf(secret, cbor.encode([labels.FRAME_KEY, session])))


def frame_nonce(key: bytes, random: bytes, padded: bytes) -> bytes:
    """The nonce is hedged (RFC 8937's idea): a cloned generator repeats none over another text."""
    return hmac.digest(key, labels.NONCE + random + padded, "sha256")[: keys.NONCE_BYTES]


def make_start(
    public: bytes, secret: bytes, founding: tuple[bytes | None, bytes], number: int, key_number: int
) -> tuple[bytes, FrameKey]:
    """Seal a 32-byte secret to the receiving key of that number: the start block and the session's key.

    `founding` is sender's and recipient's founding persona (spec 04 §2).
    """
    sealed = keys.seal(public, secret, _start_info(*founding, number, key_number))
    block = cbor.encode([number, key_number, sealed])
    return block, frame_key(secret, session_of(block))


def read_start(block: bytes) -> StartBlock:
    """Read a start block. Raises Violation at stage form."""
    values: list[Any] = fixed(cbor.decode_list(block), 3)
    return StartBlock(unsigned(values[0], 1), unsigned(values[1]), raw(values[2]))


def open_start(key: HybridKey, block: bytes, founding: tuple[bytes | None, bytes]) -> FrameKey:
    """Open a start block with the receiving private key it names. Raises Violation `not-opened`, `shape`."""
    return frame_key(start_secret(key, block, founding), session_of(block))


def start_secret(key: HybridKey, block: bytes, founding: tuple[bytes | None, bytes]) -> bytes:
    """The session secret in a start block. Raises Violation `not-opened`, `shape`."""
    start = read_start(block)
    secret = key.open(start.sealed, _start_info(*founding, start.number, start.key_number))
    if len(secret) != keys.SEED_BYTES:
        raise Violation(Code.NOT_OPENED)
    return secret


def seal_frame(session: FrameKey, block: bytes | None, content: bytes, random: bytes) -> bytes:
    """Seal content under the session's key; `random` is 12 fresh bytes."""
    padded = pad(content)
    nonce = frame_nonce(session.key, random, padded)
    middle = b"\xf6" if block is None else cbor.head(2, len(block)) + block
    bound = b"".join((_FRAME_HEAD, session.session, middle, _NONCE_HEAD, nonce))
    ciphertext = keys.aead_seal(session.key, nonce, padded, bound)
    return b"".join((bound, cbor.head(2, len(ciphertext)), ciphertext))


_FRAME_HEAD = cbor.head(4, _SESSION_FRAME) + bytes([PROTOCOL_VERSION]) + cbor.head(2, SESSION_ID_BYTES)
_NONCE_HEAD = cbor.head(2, keys.NONCE_BYTES)
_BLOCK_AT = len(_FRAME_HEAD) + SESSION_ID_BYTES
_NULL = 0xF6


def read_frame(data: bytes) -> Frame | ContactFrame:
    """Read either kind of frame. Raises Violation at stages size and form."""
    if len(data) > FRAME_BYTES_MAX:
        raise Violation(Code.FRAME_TOO_LARGE)
    return _read_plainly(data) or _read_slowly(data)


def _read_plainly(data: bytes) -> Frame | None:
    """Read a session frame, cut where the layout says; None for anything else.

    It accepts nothing that `_read_slowly` refuses: a property test says so.
    """
    if not data.startswith(_FRAME_HEAD):
        return None
    try:
        block, at = (None, _BLOCK_AT + 1) if data[_BLOCK_AT] == _NULL else cbor.octets_at(data, _BLOCK_AT)
        nonce_at = at + 1
        head_at = nonce_at + keys.NONCE_BYTES
        ciphertext, end = cbor.octets_at(data, head_at)
    except (IndexError, ValueError):
        return None
    if end != len(data) or not data.startswith(_NONCE_HEAD, at):
        return None
    session = data[len(_FRAME_HEAD) : _BLOCK_AT]
    return Frame(session, block, data[nonce_at:head_at], ciphertext, data[:head_at])


def _read_slowly(data: bytes) -> Frame | ContactFrame:
    """Read either kind by the general decoder, which defines what is accepted."""
    values: list[Any] = cbor.decode_list(data)
    if not values:
        raise shape("empty frame")
    version(values[0])
    if len(values) == _SESSION_FRAME:
        _, session, block, nonce, ciphertext = values
        octets(session, SESSION_ID_BYTES)
        octets(nonce, keys.NONCE_BYTES)
        if block is not None:
            raw(block)
        size = len(raw(ciphertext))
        return Frame(session, block, nonce, ciphertext, data[: -size - len(cbor.head(2, size))])
    if len(values) == _CONTACT_FRAME:
        return ContactFrame(octets(values[1], SESSION_ID_BYTES), raw(values[2]))
    raise shape("frame length")


def open_frame(session: FrameKey, frame: Frame) -> bytes:
    """Open a frame with its session's key. Raises Violation `not-opened`, `padding`."""
    return unpad(keys.aead_open(session.key, frame.nonce, frame.ciphertext, frame.bound))


def contact_tag(public: bytes) -> bytes:
    """The 16 bytes by which a frame names the contact key it is sealed to."""
    return hashlib.sha256(public).digest()[:SESSION_ID_BYTES]


def seal_contact(public: bytes, content: bytes) -> bytes:
    """Seal content to a contact key: recover, and notices to an outdated copy; nothing else."""
    tag = contact_tag(public)
    sealed = keys.seal(public, pad(content), cbor.encode([labels.CONTACT, tag]))
    return cbor.encode([PROTOCOL_VERSION, tag, sealed])


def open_contact(key: HybridKey, frame: ContactFrame) -> bytes:
    """Open a contact frame. Raises Violation `not-opened`, `padding`."""
    return unpad(key.open(frame.sealed, cbor.encode([labels.CONTACT, frame.tag])))
