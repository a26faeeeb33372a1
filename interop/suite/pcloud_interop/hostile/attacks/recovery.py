"""Recoveries that nobody has made, and what is sealed to a contact key (chapters 04 and 06)."""

from typing import Any

from pcloud_interop.hostile.attack import Shows, attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.wire.frames import contact_frame
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import Box, Signer, fresh
from pcloud_interop.hostile.wire.signing import Signed, sign1

CHAPTER, SEALING = "06-recovery", "04-sealing"
RECOVER = "pcloud-recover"


def _position(ground: Ground, log: list[bytes], **bent: Any) -> list[Any]:
    """A position of the peer, in which it holds nothing."""
    peer = ground.peer
    fields = {
        "version": 1,
        "sender": peer.persona.id,
        "recipient": peer.other.id,
        "own": len(log) - 1,
        "its": 0,
        "session": None,
        "key": [1, Box().public],
        "event": None,
        "log": log,
        "mailbox": peer.mailbox,
        "endpoints": [peer.harbour.endpoint],
        "lines": [],
    }
    return list((fields | bent).values())


def _sealed(ground: Ground, signed: Signed, parts: list[Any] | None = None, tag: bytes | None = None) -> None:
    """Send something to the contact key of the node."""
    content = [None, None, signed.data, parts or []]
    ground.peer.post(contact_frame(ground.peer.other.contact, content, tag=tag))


@attack(CHAPTER, "REC-9 ID-13", refused="authentic log-invalid", shows=Shows.SILENCE)
def a_thief_of_the_running_node_recovers(ground: Ground) -> None:
    """A recovery whose new event is signed by the stolen key, and not by the one in the owner's words."""
    thief = Signer()
    log = ground.peer.persona.grown(by=ground.peer.persona.key)
    _sealed(ground, sign1(thief, RECOVER, _position(ground, log)))


@attack(CHAPTER, "REC-9", refused="authentic key-mismatch", shows=Shows.SILENCE)
def a_recovery_signed_with_the_key_of_before(ground: Ground) -> None:
    """A right new event, and a position that is signed by the key of the old one."""
    _sealed(ground, ground.peer.sign(RECOVER, _position(ground, ground.peer.persona.grown())))


@attack(CHAPTER, "REC-9", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_stranger_recovers(ground: Ground) -> None:
    """A recovery of a persona that the node has never met."""
    other = Persona()
    _sealed(ground, sign1(other.key, RECOVER, _position(ground, other.log, sender=other.id)))


@attack(CHAPTER, "REC-9", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_recovery_under_the_log_of_somebody_else(ground: Ground) -> None:
    """The peer's name, and another persona's log."""
    other = Persona()
    _sealed(ground, sign1(other.key, RECOVER, _position(ground, other.log)))


@attack(CHAPTER, "REC-5", refused="form shape", shows=Shows.SILENCE)
def a_recovery_that_claims_more_lines_than_there_can_be(ground: Ground) -> None:
    """Five lines."""
    line = [True, 0, 0, [[1, fresh()]], []]
    position = _position(ground, ground.peer.persona.log, lines=[line] * 5)
    _sealed(ground, ground.peer.sign(RECOVER, position))


@attack(CHAPTER, "REC-5", refused="form shape", shows=Shows.SILENCE)
def a_recovery_that_leaves_out_numbers_of_its_line(ground: Ground) -> None:
    """A line without the numbers by which the two find what they share."""
    line = [True, 0, 0, [[20, fresh()], [1, fresh()]], []]
    position = _position(ground, ground.peer.persona.log, lines=[line])
    _sealed(ground, ground.peer.sign(RECOVER, position))


@attack(CHAPTER, "REC-5", refused="form version-unknown", shows=Shows.SILENCE)
def a_recovery_of_another_version(ground: Ground) -> None:
    """A position that says version 2."""
    _sealed(ground, ground.peer.sign(RECOVER, _position(ground, ground.peer.persona.log, version=2)))


@attack(CHAPTER, "REC-16", refused="order stale", shows=Shows.SILENCE)
def the_answer_to_a_recovery_that_never_was(ground: Ground) -> None:
    """A `recovered` without a new event, to a node that waits for none."""
    peer = ground.peer
    signed = peer.sign("pcloud-recovered", _position(ground, peer.persona.log, event=fresh()))
    peer.post(peer.seal(peer.content(signed.data)))


@attack(SEALING, "SEAL-30", refused="form type-mismatch", shows=Shows.SILENCE)
def a_message_sealed_to_the_contact_key(ground: Ground) -> None:
    """A word past all sessions."""
    sent = ground.peer.make("conversation.say", {}, TEXT)
    _sealed(ground, sent.signed)


@attack(SEALING, "SEAL-30", refused="form shape", shows=Shows.SILENCE)
def parts_sealed_to_the_contact_key(ground: Ground) -> None:
    """A recovery with words beside it."""
    signed = ground.peer.sign(RECOVER, _position(ground, ground.peer.persona.log))
    _sealed(ground, signed, [[fresh(16), TEXT[0]]])


@attack(SEALING, "SEAL-29", refused="authentic not-opened", shows=Shows.SILENCE)
def a_contact_frame_under_the_tag_of_another_key(ground: Ground) -> None:
    """A recovery sealed to the right key, under an invented tag."""
    signed = ground.peer.sign(RECOVER, _position(ground, ground.peer.persona.log))
    _sealed(ground, signed, tag=fresh(16))


@attack(SEALING, "SEAL-29", refused="authentic not-opened", shows=Shows.SILENCE)
def a_contact_frame_for_somebody_else(ground: Ground) -> None:
    """A recovery sealed to another key."""
    signed = ground.peer.sign(RECOVER, _position(ground, ground.peer.persona.log))
    ground.peer.post(contact_frame(Box().public, [None, None, signed.data, []]))
