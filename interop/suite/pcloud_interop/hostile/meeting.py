"""How the hostile peer and a node become related, step by step, honestly (chapter 07)."""

import http.client
from typing import Any, Final
from urllib.parse import urlsplit

from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.peer import Peer
from pcloud_interop.hostile.wire.invitations import Invitation, Link, blob_name, opened, parsed, sealed
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import fresh, sha
from pcloud_interop.hostile.wire.signing import Signed, sign1
from pcloud_interop.live.node import MismatchError

BLOB_BYTES_MAX: Final = 65_536
FETCH_S_MAX: Final = 20


def fetched(endpoint: str, mailbox: bytes) -> bytes:
    """The blob that a node keeps. Raises MismatchError where it gives none."""
    place = urlsplit(endpoint)
    assert place.hostname is not None
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=FETCH_S_MAX)
    try:
        connection.request("GET", f"{place.path}/pcloud/1/invitations/{blob_name(mailbox)}")
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise MismatchError(f"the blob of an invitation is answered with {answer.status}")
        return answer.read(BLOB_BYTES_MAX)
    finally:
        connection.close()


def read(link: str) -> Invitation:
    """The invitation behind a link of a node."""
    parts = parsed(link)
    return opened(parts, fetched(parts.endpoint, parts.mailbox))


def invited(peer: Peer, invitation: Invitation) -> None:
    """Know the node by its invitation."""
    peer.other.known_by(invitation.log)
    peer.other.mailbox = invitation.mailbox
    peer.other.announced([0, invitation.key])
    peer.other.endpoint, peer.other.invited = invitation.endpoint, True


def request_body(peer: Peer, invitation: bytes) -> dict[int, Any]:
    """The body of a request."""
    return {
        1: invitation,
        2: [1, peer.boxes[1].public],
        3: peer.mailbox,
        4: [peer.harbour.endpoint],
        5: sha(b"pcloud/1 nonce commitment", peer.nonce),
        6: "person",
    }


def requested(peer: Peer, invitation: Invitation) -> Sent:
    """Ask to be let in; the receipt has come when this ends."""
    sent = peer.say("relationship.request", request_body(peer, invitation.id))
    peer.judged(sent)
    return sent


def confirmed(peer: Peer) -> Sent:
    """Once the node has accepted, open the nonce."""
    accept = peer.until("the node's accept", lambda: said(peer, "relationship.accept"))
    sent = peer.say("relationship.confirm", {1: peer.nonce, 2: accept.id})
    peer.judged(sent)
    return sent


def said(peer: Peer, name: str) -> Any:
    """The last message of that name that the node has said."""
    return next((each for each in reversed(peer.into.got) if each.name == name), None)


def invitation_fields(peer: Peer) -> dict[int, Any]:
    """What the invitation of the hostile peer says."""
    return {
        1: 1,
        2: peer.persona.log,
        3: peer.boxes[0].public,
        4: peer.mailbox,
        5: [peer.harbour.endpoint],
        6: "to be tried",
        7: "organisation",
        10: 1,
        11: peer.now(),
    }


def invitation(by: Persona, fields: Any) -> Signed:
    """A signed invitation."""
    return sign1(by.key, "pcloud-invitation", fields)


def published(peer: Peer, signed: bytes, *, named: bytes | None = None) -> Link:
    """Keep the blob of an invitation; gives the link to it. What the link names instead bends it."""
    mailbox = fresh(16)
    link, blob = sealed(signed, peer.harbour.endpoint, mailbox, named=named)
    peer.harbour.publish(mailbox, blob)
    return link


def asked(peer: Peer) -> None:
    """Wait until the node asks to be let in."""
    peer.until("the node's request", lambda: said(peer, "relationship.request"))


def accept_body(peer: Peer) -> dict[int, Any]:
    """The body of an accept."""
    return {
        1: [peer.current, peer.boxes[peer.current].public],
        2: peer.mailbox,
        3: [peer.harbour.endpoint],
        4: peer.nonce,
    }


def accepted(peer: Peer) -> Sent:
    """Let the node in; its confirm has come when this ends."""
    sent = peer.say("relationship.accept", accept_body(peer))
    peer.judged(sent)
    peer.until("the node's confirm", lambda: said(peer, "relationship.confirm"))
    return sent
