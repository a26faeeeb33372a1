"""Lies about what was received: receipts, forks, gaps and notices (chapters 05 and 06)."""

from pcloud_interop.hostile.attack import After, Scene, Shows, attack
from pcloud_interop.hostile.attacks.order import stopped
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.wire.cbor import Value
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import Box, Signer, fresh
from pcloud_interop.hostile.wire.signing import Signed, sign1

CHAPTER, RECOVERY = "05-messages", "06-recovery"
RECEIPT = "pcloud-receipt"


def _send(ground: Ground, signed: Signed) -> None:
    ground.peer.post(ground.peer.seal(ground.peer.content(signed.data)))


def _receipt(ground: Ground, number: int, id_: bytes | None, refusals: Value = ()) -> None:
    _send(ground, ground.peer.answer(RECEIPT, number, id_, list(refusals)))


def _front(ground: Ground, **bent: Value) -> list[Value]:
    """A receipt for all, with other values in front."""
    peer = ground.peer
    known = {"version": 1, "sender": peer.persona.id, "recipient": peer.other.id, "own": 0, "its": 0}
    rest: dict[str, Value] = {"session": None, "key": None}
    return [*(known | rest | bent).values(), *peer.into.last, []]


@attack(CHAPTER, "ORDER-21 MSG-4", refused="authentic key-mismatch", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_signed_with_another_key(ground: Ground) -> None:
    """A receipt in the peer's name, which somebody else has signed."""
    _send(ground, sign1(Signer(), RECEIPT, _front(ground)))


@attack(CHAPTER, "ORDER-17", refused="authentic wrong-party", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_for_somebody_else(ground: Ground) -> None:
    """A receipt whose recipient is a persona that the node is not."""
    _send(ground, ground.peer.sign(RECEIPT, _front(ground, recipient=Persona().id)))


@attack(CHAPTER, "ORDER-17", refused="authentic wrong-party", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_by_somebody_else(ground: Ground) -> None:
    """A receipt of a persona that the node has never met, in the peer's session."""
    other = Persona()
    _send(ground, sign1(other.key, RECEIPT, _front(ground, sender=other.id)))


@attack(CHAPTER, "ORDER-17", refused="form version-unknown", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_of_another_version(ground: Ground) -> None:
    """A receipt that says version 2."""
    _send(ground, ground.peer.sign(RECEIPT, _front(ground, version=2)))


@attack(CHAPTER, "ORDER-17", refused="form shape", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_that_names_a_session_and_no_key(ground: Ground) -> None:
    """A session without the receiving key that goes with it."""
    _send(ground, ground.peer.sign(RECEIPT, _front(ground, session=fresh(16))))


@attack("04-sealing", "SEAL-4", refused="form key-small-order", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receiving_key_of_small_order(ground: Ground) -> None:
    """A receipt that announces a key whose secret everybody would know."""
    peer = ground.peer
    key = [peer.current + 1, peer.boxes[0].public[:1_184] + bytes(32)]
    _send(ground, peer.sign(RECEIPT, _front(ground, session=peer.session().id, key=key)))


@attack("04-sealing", "SEAL-3", refused="form key-encoding", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receiving_key_that_is_none(ground: Ground) -> None:
    """A receipt that announces a key with an impossible part of ML-KEM."""
    peer = ground.peer
    key = [peer.current + 1, b"\xff" * 1_184 + Box().public[1_184:]]
    _send(ground, peer.sign(RECEIPT, _front(ground, session=peer.session().id, key=key)))


@attack(CHAPTER, "ORDER-20", refused="order receipt-unknown", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_is_taken_back(ground: Ground) -> None:
    """A receipt for nothing, after one for everything."""
    _receipt(ground, 0, None)


@attack(CHAPTER, "ORDER-18", refused="form shape", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_refuses_what_it_does_not_speak_of(ground: Ground) -> None:
    """A refusal of a number above that of the receipt."""
    number, id_ = ground.peer.into.last
    _receipt(ground, number, id_, [[number + 1, "paused"]])


@attack(CHAPTER, "ORDER-18", refused="form shape", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_refuses_one_message_twice(ground: Ground) -> None:
    """Refusals that do not rise."""
    number, id_ = ground.peer.into.last
    _receipt(ground, number, id_, [[number, "paused"], [number, "closed"]])


@attack(CHAPTER, "ORDER-18", refused="form shape", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_with_a_code_that_is_a_story(ground: Ground) -> None:
    """A code of many words."""
    number, id_ = ground.peer.into.last
    _receipt(ground, number, id_, [[number, "because I have never liked you at all"]])


@attack(CHAPTER, "ORDER-18", refused="form shape", scene=Scene.OWED, shows=Shows.SILENCE)
def a_receipt_for_a_number_and_no_message(ground: Ground) -> None:
    """A number without an id."""
    _receipt(ground, ground.peer.into.last[0], None)


@attack(CHAPTER, "ORDER-20", refused="order receipt-unknown", scene=Scene.OWED, shows=Shows.SILENCE)
def what_was_received_is_asked_for_again(ground: Ground) -> None:
    """An answer that the next number it can judge is the first one, after a receipt for it."""
    _send(ground, ground.peer.answer("pcloud-expected", 1))


@attack(
    RECOVERY, "ROLL-1", refused="order outdated", scene=Scene.OWED, shows=Shows.SILENCE, after=After.OTHERS
)
def a_receipt_for_what_was_never_sent_stops_this_relationship_alone(ground: Ground) -> None:
    """A receipt for a number to come."""
    _receipt(ground, ground.peer.into.last[0] + 7, fresh())
    stopped(ground)


@attack(
    RECOVERY, "ROLL-1", refused="order outdated", scene=Scene.OWED, shows=Shows.SILENCE, after=After.OTHERS
)
def a_receipt_for_another_message_stops_this_relationship_alone(ground: Ground) -> None:
    """A receipt for the right number, with the id of something else."""
    _receipt(ground, ground.peer.into.last[0], fresh())
    stopped(ground)


@attack(
    RECOVERY, "ROLL-1", refused="order outdated", scene=Scene.OWED, shows=Shows.SILENCE, after=After.OTHERS
)
def a_gap_before_what_was_never_sent_stops_this_relationship_alone(ground: Ground) -> None:
    """An answer that asks for a number far above the next one."""
    _send(ground, ground.peer.answer("pcloud-expected", ground.peer.into.last[0] + 7))
    stopped(ground)


@attack(
    RECOVERY, "ROLL-2", refused="order outdated", scene=Scene.OWED, shows=Shows.SILENCE, after=After.OTHERS
)
def a_fork_that_never_was_stops_this_relationship_alone(ground: Ground) -> None:
    """An answer that something else was judged in the place of the node's last message."""
    _send(ground, ground.peer.answer("pcloud-fork", ground.peer.into.last[0], fresh()))
    stopped(ground)


@attack(RECOVERY, "REC-38 ORDER-17", refused="authentic log-invalid", scene=Scene.OWED, shows=Shows.SILENCE)
def a_newer_copy_of_the_node_that_its_owner_never_made(ground: Ground) -> None:
    """A notice with the node's own log, and an event behind it that is signed by the peer."""
    peer, thief = ground.peer, Persona()
    log = [*peer.other.log, thief.grown()[1]]
    _send(ground, peer.sign("pcloud-stale", [1, peer.persona.id, peer.other.id, 0, 0, None, None, log]))


@attack(RECOVERY, "REC-38 ORDER-17", refused="form shape", scene=Scene.OWED, shows=Shows.SILENCE)
def a_newer_copy_that_shows_no_log(ground: Ground) -> None:
    """A notice with an empty log."""
    peer = ground.peer
    _send(ground, peer.sign("pcloud-stale", [1, peer.persona.id, peer.other.id, 0, 0, None, None, []]))
