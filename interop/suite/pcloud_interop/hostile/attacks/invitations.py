"""Invitations and links that a node must not follow (chapters 07 and 13)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pcloud_interop.hostile import meeting
from pcloud_interop.hostile.attack import Scene, Shows, attack
from pcloud_interop.hostile.attacks.requests import SMALL_CONTACT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.wire.invitations import blob_name, parsed, sealed
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import fresh

CHAPTER, IDENTITY, TRANSPORT = "07-relationship", "03-identity", "13-transport"

invitation = partial(attack, shows=Shows.COMMAND, scene=Scene.STRANGERS, roles=("guest",))


def _connects(ground: Ground, bent: Callable[[dict[int, Any]], Any], by: Persona | None = None) -> None:
    """The node is given a link to an invitation with other fields, and has to refuse it."""
    fields = meeting.invitation_fields(ground.peer)
    signed = meeting.invitation(by or ground.peer.persona, bent(fields))
    ground.node.cannot("connect", link=meeting.published(ground.peer, signed.data).text)


@invitation(CHAPTER, "REL-8", refused="authentic not-opened")
def another_invitation_behind_the_link(ground: Ground) -> None:
    """The host of the blob has exchanged it for one of its own, sealed with the same key."""
    fields = meeting.invitation_fields(ground.peer)
    right, wrong = (
        meeting.invitation(ground.peer.persona, fields | {6: text}) for text in ("a shop", "a trap")
    )
    link = meeting.published(ground.peer, wrong.data, named=right.data)
    ground.node.cannot("connect", link=link.text)


@invitation(CHAPTER, "REL-1", refused="authentic key-mismatch")
def an_invitation_in_the_name_of_somebody_else(ground: Ground) -> None:
    """A log of one persona, signed by another."""
    _connects(ground, lambda fields: fields, by=Persona())


@invitation(CHAPTER, "REL-1 SEAL-4", refused="form key-small-order")
def an_invitation_with_a_receiving_key_of_small_order(ground: Ground) -> None:
    """A receiving key whose secret everybody would know."""
    _connects(ground, lambda fields: fields | {3: SMALL_CONTACT})


@invitation(CHAPTER, "REL-1", refused="form version-unknown")
def an_invitation_of_another_version(ground: Ground) -> None:
    """An invitation that says version 2."""
    _connects(ground, lambda fields: fields | {1: 2})


@invitation(CHAPTER, "REL-1", refused="form shape")
def an_invitation_with_more_than_belongs_there(ground: Ground) -> None:
    """A field that nobody has defined."""
    _connects(ground, lambda fields: fields | {99: "accept at once"})


@invitation(CHAPTER, "REL-1", refused="form shape")
def an_invitation_to_nowhere(ground: Ground) -> None:
    """An invitation without endpoints."""
    _connects(ground, lambda fields: fields | {5: []})


@invitation(CHAPTER, "REL-1", refused="form shape")
def an_invitation_with_a_purpose_that_is_a_story(ground: Ground) -> None:
    """A purpose of two hundred and one bytes."""
    _connects(ground, lambda fields: fields | {6: "x" * 201})


@invitation(IDENTITY, "ID-13 REL-1", refused="authentic log-invalid")
def an_invitation_of_a_persona_that_was_taken_over(ground: Ground) -> None:
    """A log with a second event that its persona has not committed to."""
    persona = ground.peer.persona
    _connects(ground, lambda fields: fields | {2: persona.grown(by=persona.key)})


@invitation(CHAPTER, "REL-8", refused="authentic not-opened")
def a_blob_with_a_bit_changed(ground: Ground) -> None:
    """What the link leads to was changed by who keeps it."""
    peer = ground.peer
    signed = meeting.invitation(peer.persona, meeting.invitation_fields(peer))
    link = meeting.published(peer, signed.data)
    blob = sealed(signed.data, peer.harbour.endpoint, link.mailbox)[1]
    peer.harbour.publish(link.mailbox, blob)
    ground.node.cannot("connect", link=link.text)


@invitation(CHAPTER, "REL-7", refused="form link-text")
def a_link_in_another_way_of_writing(ground: Ground) -> None:
    """A link with padding behind it."""
    ground.node.cannot("connect", link=ground.invite() + "=")


@invitation(TRANSPORT, "TRANSPORT-31", refused="carrier refused")
def a_blob_that_is_somewhere_else(ground: Ground) -> None:
    """The fetch is answered with a redirect to where the blob is."""
    link = parsed(ground.invite())
    elsewhere = blob_name(link.mailbox)
    moved = link._replace(mailbox=fresh(16))
    ground.peer.harbour.redirect(moved.mailbox, elsewhere)
    ground.node.cannot("connect", link=moved.text)


@invitation(TRANSPORT, "TRANSPORT-31", refused="carrier refused")
def a_blob_that_is_larger_than_any_may_be(ground: Ground) -> None:
    """The fetch is answered with more than a blob may have."""
    link = parsed(ground.invite())
    ground.peer.harbour.publish(link.mailbox, bytes(70_000))
    ground.node.cannot("connect", link=link.text)


@invitation(TRANSPORT, "TRANSPORT-28 TRANSPORT-33", refused="carrier refused")
def a_link_into_a_network_that_is_not_public(ground: Ground) -> None:
    """Links to the addresses of clouds and homes, which a node that fetches would open for a stranger."""
    link = parsed(ground.invite())
    for host in ("169.254.169.254", "10.0.0.1", "[::ffff:169.254.169.254]", "metadata.internal"):
        ground.node.cannot("connect", link=link._replace(endpoint=f"http://{host}:8080").text)
