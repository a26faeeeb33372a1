"""The owner's part of a handshake: what to ask, what to answer, and the code to compare (spec 07 §4)."""

import hashlib

from pcloud.engine.compose import Command
from pcloud.engine.sealing import announced
from pcloud.engine.snapshot import Relationship
from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.machine import commitment
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.kernel.thread import Thread
from pcloud.wire import labels
from pcloud.wire.invitation import Invitation

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without letters that are read as digits (D. Crockford)."""
_CODE_BYTES = 5
_CODE_CHARACTERS = 8


def request(
    relationship: Relationship,
    invitation: Invitation,
    *,
    purpose: str | None = None,
    name: bytes | None = None,
) -> Command:
    """Ask for what the invitation offers; `name` is the display name as CBOR text, an item."""
    me = relationship.me
    message = RelationshipRequest(
        invitation=invitation.id,
        key=announced(relationship),
        mailbox=me.mailbox,
        endpoints=me.endpoints,
        commitment=commitment(me.nonce),
        kind=me.kind,
        role=invitation.invited_role,
        purpose=purpose,
    )
    return Command(message, items=() if name is None else (name,))


def accept(relationship: Relationship, thread_id: bytes, *, name: bytes | None = None) -> Command:
    """Accept a request, after `invitations.become` where a successor persona is to go on."""
    me = relationship.me
    message = RelationshipAccept(
        key=announced(relationship), mailbox=me.mailbox, endpoints=me.endpoints, nonce=me.nonce
    )
    return Command(message, thread_id, () if name is None else (name,))


def short_code(thread: Thread) -> str | None:
    """The code both sides show, XXXX-XXXX; None before the nonces are open."""
    data = thread.data
    if "opened" not in data or "accept" not in data:
        return None
    transcript = labels.SHORT_CODE + thread.id + data["accept"] + data["opened"] + data["nonce"]
    bits = int.from_bytes(hashlib.sha256(transcript).digest()[:_CODE_BYTES], "big")
    code = "".join(CROCKFORD[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{code[: _CODE_CHARACTERS // 2]}-{code[_CODE_CHARACTERS // 2 :]}"
