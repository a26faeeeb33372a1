"""Before the yes, and instead of it: confirms, accepts and successors (chapters 03 and 07)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pcloud_interop.hostile import meeting
from pcloud_interop.hostile.attack import After, Scene, Shows, attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.wire.personas import Persona, succession
from pcloud_interop.hostile.wire.secrets import Box, fresh
from pcloud_interop.hostile.wire.signing import Signed

CHAPTER, IDENTITY = "07-relationship", "03-identity"
HOST, GUEST = ("host",), ("guest",)

successor = partial(attack, shows=Shows.SILENCE, scene=Scene.STRANGERS, roles=GUEST)


def _asked(ground: Ground, name: str, body: Any, items: list[bytes] | None = None) -> Sent:
    """What is said before the answer to a request has come."""
    thread = ground.peer.thread if name.startswith("relationship.") else None
    return ground.peer.say(name, body, items or [], thread=thread)


@attack(CHAPTER, "GATE-2", refused="gate not-related", scene=Scene.ASKED)
def a_word_before_the_yes(ground: Ground) -> Sent:
    """Something is said where nobody was let in."""
    return _asked(ground, "conversation.say", {}, TEXT)


@attack(CHAPTER, "GATE-2", refused="gate not-related", scene=Scene.ASKED)
def a_right_is_claimed_before_the_yes(ground: Ground) -> Sent:
    """A claim to all data where nobody was let in."""
    return _asked(ground, "disclosure.rights", {1: "access"})


@attack(CHAPTER, "REL-11", refused="content not-in-state", scene=Scene.ASKED)
def a_confirm_before_the_yes(ground: Ground) -> Sent:
    """The nonce is opened before there is an accept."""
    return _asked(ground, "relationship.confirm", {1: ground.peer.nonce, 2: fresh()})


@attack(CHAPTER, "REL-11", refused="content not-in-state", scene=Scene.ASKED)
def a_move_before_the_yes(ground: Ground) -> Sent:
    """A new place, where nothing is to be sent to."""
    return _asked(ground, "relationship.move", {1: fresh(16), 2: [ground.peer.harbour.endpoint]})


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", scene=Scene.ASKED, roles=HOST)
def who_asks_says_yes(ground: Ground) -> Sent:
    """The requester accepts its own request."""
    return _asked(ground, "relationship.accept", meeting.accept_body(ground.peer))


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", scene=Scene.ASKED, roles=GUEST)
def who_was_asked_takes_the_request_back(ground: Ground) -> Sent:
    """The inviting side closes a request that is not its own."""
    return _asked(ground, "relationship.close", {1: "none"})


def _confirm(ground: Ground, bent: Callable[[bytes], dict[int, Any]]) -> Sent:
    """The node has said yes, and the requester confirms something else."""
    ground.node.tell("accept", contact=ground.waiting())
    peer = ground.peer
    accept = peer.until("the node's accept", lambda: meeting.said(peer, "relationship.accept"))
    ground.mark()
    return peer.say("relationship.confirm", {1: peer.nonce, 2: accept.id} | bent(accept.id))


@attack(
    CHAPTER, "REL-22", refused="content nonce-mismatch", scene=Scene.ASKED, roles=HOST, after=After.OTHERS
)
def a_nonce_that_was_chosen_afterwards(ground: Ground) -> Sent:
    """A confirm that opens another commitment, to come to a code of one's choice."""
    return _confirm(ground, lambda _: {1: fresh()})


@attack(
    CHAPTER, "REL-22", refused="content nonce-mismatch", scene=Scene.ASKED, roles=HOST, after=After.OTHERS
)
def a_confirm_of_another_yes(ground: Ground) -> Sent:
    """A confirm that names an accept which never was."""
    return _confirm(ground, lambda _: {2: fresh()})


def _accept(ground: Ground, **bent: Any) -> Sent:
    more = {int(key[1:]): value for key, value in bent.items()}
    return ground.peer.say("relationship.accept", meeting.accept_body(ground.peer) | more)


@attack(CHAPTER, "REL-18", refused="content body-form", scene=Scene.ASKED, roles=GUEST)
def a_yes_with_the_key_of_the_invitation(ground: Ground) -> Sent:
    """A receiving key with the number 0."""
    return _accept(ground, k1=[0, Box().public])


@attack(CHAPTER, "REL-21", refused="content body-form", scene=Scene.ASKED, roles=GUEST)
def a_yes_with_a_nonce_that_is_too_short(ground: Ground) -> Sent:
    """Thirty-one bytes."""
    return _accept(ground, k4=fresh(31))


@attack(CHAPTER, "REL-30", refused="content body-form", scene=Scene.ASKED, roles=GUEST)
def a_yes_from_four_places(ground: Ground) -> Sent:
    """An endpoint more than a party may name."""
    return _accept(ground, k3=[ground.peer.harbour.endpoint] * 4)


def _by_one_time(ground: Ground) -> Persona:
    """The node has asked a one-time persona, whose successor is to answer; gives the persona."""
    peer = ground.peer
    peer.persona = Persona(one_time=True)
    peer.founding = peer.persona.id
    ground.node.tell("accept", contact=ground.connect())
    meeting.asked(peer)
    ground.mark()
    return peer.persona


def _succeeded(ground: Ground, log: list[bytes], signed: Signed | None, by: Persona) -> None:
    """An accept of a successor, with this introduction."""
    peer = ground.peer
    one_time, peer.persona = peer.persona, by
    sent = peer.make("relationship.accept", meeting.accept_body(peer), thread=peer.thread)
    peer.persona = one_time
    introduction = [log, signed and signed.data]
    peer.post(peer.seal(peer.content(sent.signed.data, sent.parts, introduction=introduction)))


@successor(CHAPTER, "REL-20 SEAL-28", refused="authentic wrong-party")
def a_successor_that_nobody_has_named(ground: Ground) -> None:
    """An accept of another persona, without a succession."""
    _by_one_time(ground)
    other = Persona()
    _succeeded(ground, other.log, None, other)


@successor(IDENTITY, "ID-29", refused="authentic wrong-party")
def a_successor_for_another_guest(ground: Ground) -> None:
    """A succession that names somebody else as the peer."""
    own, other = _by_one_time(ground), Persona()
    _succeeded(ground, other.log, succession(own, other, Persona().id), other)


@successor(IDENTITY, "ID-28", refused="authentic key-mismatch")
def a_successor_that_names_itself(ground: Ground) -> None:
    """A succession that the successor has signed twice, and the persona of the invitation never."""
    own, other = _by_one_time(ground), Persona()
    _succeeded(ground, other.log, succession(own, other, ground.peer.other.id, by=other.key), other)


@successor(IDENTITY, "ID-29", refused="authentic wrong-party")
def a_successor_of_somebody_else(ground: Ground) -> None:
    """A succession of another invitation."""
    _by_one_time(ground)
    somebody, other = Persona(one_time=True), Persona()
    _succeeded(ground, other.log, succession(somebody, other, ground.peer.other.id), other)


@attack(
    CHAPTER, "REL-20", refused="authentic wrong-party", shows=Shows.SILENCE, scene=Scene.ASKED, roles=GUEST
)
def a_successor_of_a_persona_that_stays(ground: Ground) -> None:
    """A succession of a persona whose log can grow, which has no successor."""
    other = Persona()
    _succeeded(ground, other.log, succession(ground.peer.persona, other, ground.peer.other.id), other)
