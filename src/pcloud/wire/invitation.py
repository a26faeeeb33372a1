"""Invitations: the signed object, the short link, and the sealed blob a host keeps (spec 07 §1-2)."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.limits import (
    ENDPOINT_BYTES_MAX,
    LINK_BYTES_MAX,
    LINK_KEY_BYTES,
    MAILBOX_BYTES,
    PURPOSE_BYTES_MAX,
    ROLE_BYTES_MAX,
    TITLE_BYTES_MAX,
    USES_MAX,
)
from pcloud.wire import cbor, cose, keys, labels
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import SigningKey
from pcloud.wire.published import (
    Published,
    optional_text,
    read_kind,
    read_published,
    read_terms,
    sign_published,
)
from pcloud.wire.shape import endpoints, fixed, octets, raw, shape, text, unsigned

LINK_PREFIX = "pcloud:contact/1/"
_REQUIRED = frozenset({1, 2, 3, 4, 5, 6, 7, 10, 11})
_EXPIRES, _TERMS = 12, 14
_KNOWN = _REQUIRED | {8, 9, _EXPIRES, 13, _TERMS}


class Invitation(NamedTuple):
    """What is handed over out of band: how to reach, and what for."""

    log: KeyLog
    receiving: bytes
    mailbox: bytes
    endpoints: tuple[str, ...]
    purpose: str
    kind: str
    role: str | None
    invited_role: str | None
    uses: int
    created: int
    expires: int | None
    title: str | None
    terms: tuple[str, ...] | None
    id: bytes
    data: bytes


class Link(NamedTuple):
    """A short link: where the invitation is kept, its hash, and the key it is kept under."""

    endpoint: str
    mailbox: bytes
    hash: bytes
    key: bytes

    def __repr__(self) -> str:
        """Without the key: what is printed ends in logs."""
        return f"Link({self.endpoint}, {self.mailbox.hex()})"


def sign_invitation(key: SigningKey, fields: Mapping[int, Any]) -> Invitation:
    """Sign the payload map (keys as in spec 07 §1; version is added) with the invitation persona's key."""
    return read_invitation(sign_published(key, cose.INVITATION, fields))


def read_invitation(data: bytes) -> Invitation:
    """Read and verify an invitation. Raises Violation at stages form and authentic."""
    return _read(data, Published.verified_log)


def stored_invitation(data: bytes) -> Invitation:
    """The invitation as one's own store kept it, read and verified before: nothing is verified again."""
    return _read(data, Published.stored_log)


def _read(data: bytes, log_of: Callable[[Published], KeyLog]) -> Invitation:
    """The shape first, then the key in it, and the log last: it is verified (ERR-1, spec 02 §3.2)."""
    published = read_published(data, cose.INVITATION, _REQUIRED, _KNOWN)
    value = published.value
    shaped = partial(
        Invitation,
        receiving=raw(value[3]),
        mailbox=octets(value[4], MAILBOX_BYTES),
        endpoints=endpoints(value[5]),
        purpose=text(value[6], PURPOSE_BYTES_MAX),
        kind=read_kind(value[7]),
        role=optional_text(value.get(8), ROLE_BYTES_MAX),
        invited_role=optional_text(value.get(9), ROLE_BYTES_MAX),
        uses=_uses(value[10]),
        created=unsigned(value[11]),
        expires=unsigned(value[_EXPIRES]) if _EXPIRES in value else None,
        title=optional_text(value.get(13), TITLE_BYTES_MAX),
        terms=read_terms(value[_TERMS]) if _TERMS in value else None,
        id=published.signed.id,
        data=data,
    )
    published.events()
    keys.check_hybrid_public(value[3])
    return shaped(log=log_of(published))


def _uses(value: Any) -> int:
    if unsigned(value, 1) > USES_MAX:
        raise shape("uses")
    return int(value)


def write_link(link: Link) -> str:
    """The text of a short link, small enough for a QR code."""
    packed = cbor.encode([link.endpoint, link.mailbox, link.hash, link.key])
    return LINK_PREFIX + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_link(link: str) -> Link:
    """Read a short link. It may only ever lead to a pending contact. Raises Violation `link-text`."""
    rest = link.removeprefix(LINK_PREFIX)
    if rest == link or len(link) > LINK_BYTES_MAX:
        raise Violation(Code.LINK_TEXT)
    try:
        packed = base64.b64decode(rest + "=" * (-len(rest) % 4), altchars=b"-_", validate=True)
        found = _unpack_link(packed)
    except (Violation, binascii.Error, ValueError):
        raise Violation(Code.LINK_TEXT) from None
    if write_link(found) != link:
        raise Violation(Code.LINK_TEXT)
    return found


def _unpack_link(packed: bytes) -> Link:
    endpoint, mailbox, digest, key = fixed(cbor.decode_list(packed), 4)
    return Link(
        text(endpoint, ENDPOINT_BYTES_MAX),
        octets(mailbox, MAILBOX_BYTES),
        octets(digest, 32),
        octets(key, LINK_KEY_BYTES),
    )


_ZERO_NONCE = bytes(keys.NONCE_BYTES)
"""One key seals one blob, so the nonce need not vary."""


def _blob_key(key: bytes, digest: bytes) -> bytes:
    return keys.hkdf(key, cbor.encode([labels.INVITATION_BLOB, digest]))


def seal_blob(invitation: bytes, key: bytes) -> bytes:
    """What the host keeps for a short link: it can read neither the invitation nor who made it."""
    digest = hashlib.sha256(invitation).digest()
    return keys.aead_seal(_blob_key(key, digest), _ZERO_NONCE, invitation, digest)


def open_blob(blob: bytes, link: Link) -> Invitation:
    """Open what the host gave for a link. Raises Violation `not-opened` and as `read_invitation`."""
    invitation = keys.aead_open(_blob_key(link.key, link.hash), _ZERO_NONCE, blob, link.hash)
    if hashlib.sha256(invitation).digest() != link.hash:
        raise Violation(Code.NOT_OPENED)
    return read_invitation(invitation)
