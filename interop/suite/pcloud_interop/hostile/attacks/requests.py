"""Who comes by an invitation of the node: logs, personas and requests that are none (chapters 03, 07).

A request that is refused is answered by nothing, whatever the stage: the place that it names is not taken.
"""

from functools import partial
from typing import Any

from pcloud_interop.hostile import meeting
from pcloud_interop.hostile.attack import Scene, Shows, attack
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.wire.personas import Persona, commitment, event
from pcloud_interop.hostile.wire.secrets import Box, Signer, fresh
from pcloud_interop.hostile.wire.signing import sign1, spoiled

CHAPTER, IDENTITY, SEALING = "07-relationship", "03-identity", "04-sealing"
SMALL_SIGNING = bytes([1]) + bytes(31)
SMALL_CONTACT = Box().public[:1_184] + bytes(32)
"""Keys of small order."""

request = partial(attack, shows=Shows.SILENCE, scene=Scene.STRANGERS, roles=("host",))


def _request(ground: Ground, log: list[bytes] | None = None, **bent: Any) -> Sent:
    """A request with another log than its own, or other fields of its body; it is not waited for."""
    peer = ground.peer
    invitation = ground.be_invited()
    more = {int(key[1:]): value for key, value in bent.items()}
    sent = peer.make("relationship.request", meeting.request_body(peer, invitation.id) | more)
    introduction = [peer.persona.log if log is None else log, None]
    peer.post(peer.seal(peer.content(sent.signed.data, sent.parts, introduction=introduction)))
    peer.commit(sent)
    return sent


def _log(key: Signer, contact: bytes, signing: bytes | None = None) -> list[bytes]:
    """A log of one event with these keys."""
    return [event(key, 0, None, signing or key.public, contact, commitment(Signer().public)).data]


@request(CHAPTER, "SEAL-27", refused="authentic start-missing")
def a_request_of_nobody(ground: Ground) -> None:
    """A request without the log of who asks."""
    peer, invitation = ground.peer, ground.be_invited()
    sent = peer.make("relationship.request", meeting.request_body(peer, invitation.id))
    peer.post(peer.seal(peer.content(sent.signed.data, sent.parts, introduction=None)))


@request(CHAPTER, "SEAL-26", refused="authentic wrong-party")
def a_request_under_the_log_of_somebody_else(ground: Ground) -> None:
    """A request that introduces another persona than the one that has signed it."""
    _request(ground, Persona().log)


@request(IDENTITY, "ID-15", refused="authentic bad-signature")
def a_log_that_nobody_has_signed(ground: Ground) -> None:
    """An event whose signature has a bit changed."""
    _request(ground, [spoiled(ground.peer.persona.events[0]).data])


@request(IDENTITY, "ID-13", refused="authentic log-invalid")
def a_log_that_grows_by_a_stolen_key(ground: Ground) -> None:
    """A second event, signed by the key of the first and not by the one to which it committed."""
    _request(ground, ground.peer.persona.grown(by=ground.peer.persona.key))


@request(IDENTITY, "ID-16", refused="form shape")
def a_log_longer_than_any_may_be(ground: Ground) -> None:
    """Twenty-five times the same event."""
    _request(ground, ground.peer.persona.log * 25)


@request(IDENTITY, "ID-16", refused="form shape")
def a_log_without_events(ground: Ground) -> None:
    """An empty log."""
    _request(ground, [])


@request(IDENTITY, "ID-2 ID-10", refused="form key-small-order")
def an_identity_under_a_key_of_small_order(ground: Ground) -> None:
    """An event that names a signing key under which one signature fits every message."""
    _request(ground, _log(Signer(), Box().public, SMALL_SIGNING))


@request(IDENTITY, "SEAL-4 ID-10", refused="form key-small-order")
def an_identity_with_a_contact_key_of_small_order(ground: Ground) -> None:
    """An event that names a contact key whose secret everybody would know."""
    _request(ground, _log(Signer(), SMALL_CONTACT))


@request(IDENTITY, "ID-11", refused="authentic log-invalid")
def an_identity_that_somebody_else_has_signed(ground: Ground) -> None:
    """A first event whose signer is not the key that it names."""
    _request(ground, _log(Signer(), Box().public, Signer().public))


@request(CHAPTER, "REL-5", refused="content invitation-mismatch")
def a_request_for_another_invitation(ground: Ground) -> None:
    """A request by one invitation that names another."""
    _request(ground, k1=fresh())


@request(CHAPTER, "REL-18", refused="content body-form")
def a_request_that_begins_with_the_second_key(ground: Ground) -> None:
    """A receiving key with the number 2."""
    _request(ground, k2=[2, Box().public])


@request(SEALING, "SEAL-4 ID-4", refused="content body-form")
def a_request_with_a_receiving_key_of_small_order(ground: Ground) -> None:
    """A receiving key whose secret everybody would know."""
    _request(ground, k2=[1, SMALL_CONTACT])


@request(CHAPTER, "REL-21", refused="content body-form")
def a_request_that_is_bound_to_nothing(ground: Ground) -> None:
    """A commitment of no bytes, so that the code could be chosen later."""
    _request(ground, k5=b"")


@request(CHAPTER, "MSG-8", refused="content body-form")
def a_request_of_neither_a_person_nor_an_organisation(ground: Ground) -> None:
    """Another kind."""
    _request(ground, k6="government")


@request(CHAPTER, "REL-2", refused="authentic unknown-session")
def a_request_by_an_invitation_that_was_withdrawn(ground: Ground) -> None:
    """The owner has taken the invitation back."""
    made = ground.node.tell("invite", purpose="to be withdrawn")
    ground.invitation = meeting.read(made["link"])
    ground.node.tell("withdraw", invitation=made["invitation"])
    _request(ground)


@request(CHAPTER, "REL-2 REL-4", refused="authentic unknown-session")
def a_request_by_an_invitation_that_is_used_up(ground: Ground) -> None:
    """Somebody else has come by the one use there was."""
    first = ground.stranger()
    first.invitation = meeting.read(ground.node.tell("invite", purpose="for one")["link"])
    first.prepare(Scene.RELATED)
    ground.invitation = first.invitation
    ground.mark()
    _request(ground)


@request(SEALING, "SEAL-22", refused="authentic key-mismatch")
def a_request_that_somebody_else_has_signed(ground: Ground) -> None:
    """A start in the name of a persona, signed by another key."""
    peer, invitation = ground.peer, ground.be_invited()
    sent = peer.make("relationship.request", meeting.request_body(peer, invitation.id))
    thief, session = Signer(), peer.session()
    start = [1, peer.persona.id, peer.other.id, 0, 0, session.id, session.number, session.key_number]
    signed = sign1(thief, "pcloud-start", start).data
    content = peer.content(sent.signed.data, sent.parts, start=signed)
    peer.post(peer.seal(content))
