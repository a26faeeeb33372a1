"""Invitations and their links (chapter 07 sections 1 and 2)."""

import base64
from typing import Final, NamedTuple

from pcloud_interop.hostile.wire.cbor import Value, dec, enc
from pcloud_interop.hostile.wire.secrets import aead_open, aead_seal, fresh, hkdf, sha
from pcloud_interop.hostile.wire.signing import read1

PREFIX: Final = "pcloud:contact/1/"


class Link(NamedTuple):
    """What a short link says."""

    endpoint: str
    mailbox: bytes
    hash: bytes
    key: bytes

    @property
    def text(self) -> str:
        """The link."""
        return PREFIX + base64.urlsafe_b64encode(enc(list(self))).decode().rstrip("=")


class Invitation(NamedTuple):
    """What an invitation says."""

    id: bytes
    log: list[bytes]
    key: bytes
    mailbox: bytes
    endpoint: str
    fields: Value


def parsed(text: str) -> Link:
    """What a link says."""
    data = text.removeprefix(PREFIX)
    return Link(*dec(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))))


def blob_name(mailbox: bytes) -> str:
    """How a mailbox stands in a path."""
    return base64.urlsafe_b64encode(mailbox).decode().rstrip("=")


def sealed(signed: bytes, endpoint: str, mailbox: bytes, *, named: bytes | None = None) -> tuple[Link, bytes]:
    """A link to an invitation, and the blob; what the link names instead bends it."""
    hashed, key = sha(named or signed), fresh(16)
    blob = aead_seal(hkdf(key, enc(["pcloud/1 invitation blob", hashed])), bytes(12), signed, hashed)
    return Link(endpoint, mailbox, hashed, key), blob


def opened(link: Link, blob: bytes) -> Invitation:
    """The invitation behind a link. Raises InvalidTag."""
    key = hkdf(link.key, enc(["pcloud/1 invitation blob", link.hash]))
    read = read1(aead_open(key, bytes(12), blob, link.hash))
    held = read.payload
    return Invitation(read.id, held[2], held[3], held[4], held[5][0], held)
