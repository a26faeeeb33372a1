"""Starts of sessions: whose they are, to which key, under which number (chapter 04 sections 2, 5 and 8)."""

from typing import Any

from pcloud_interop.hostile.attack import Shows, attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.wire.cbor import enc
from pcloud_interop.hostile.wire.frames import Session, frame, pad, session_info
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import Box, fresh, seal, seal_without_secret
from pcloud_interop.hostile.wire.signing import sign1, spoiled

CHAPTER = "04-sealing"


def _begin(ground: Ground, session: Session | None = None, **bent: Any) -> None:
    """A word in a new session that is not counted; `start` is the signed start, else bent fields of it."""
    peer = ground.peer
    within = session or peer.beginning()
    start = (
        bent.pop("start")
        if "start" in bent
        else peer.start_of(within, **({"number": within.number} | bent)).data
    )
    sent = peer.make("conversation.say", {}, TEXT)
    peer.post(peer.seal([start, None, sent.signed.data, sent.parts], within))
    ground.anew = True


def _made(ground: Ground, seal_: Any, *, founding: bytes | None = None) -> Session:
    """A session whose start block is sealed in another way."""
    peer, secret = ground.peer, fresh()
    assert peer.other.key is not None
    number, key = len(peer.sessions) + 1, peer.other.key
    info = session_info(founding or peer.founding, peer.other.founding, number, key[0])
    return Session(number, key[0], secret, enc([number, key[0], seal_(key[1], info, secret)]))


@attack(CHAPTER, "SEAL-21", refused="authentic start-missing", shows=Shows.SILENCE)
def a_receiving_key_is_spent_without_a_signature(ground: Ground) -> None:
    """A new session that nobody signs for, as anybody could who has seen the key."""
    _begin(ground, start=None)


@attack(CHAPTER, "SEAL-22", refused="authentic bad-signature", shows=Shows.SILENCE)
def a_start_whose_signature_does_not_hold(ground: Ground) -> None:
    """The signed start with a bit of its signature changed."""
    session = ground.peer.beginning()
    _begin(ground, session, start=spoiled(ground.peer.start_of(session, number=session.number)).data)


@attack(CHAPTER, "SEAL-22", refused="authentic key-mismatch", shows=Shows.SILENCE)
def a_start_signed_with_another_key(ground: Ground) -> None:
    """The right names, signed by a key that the sender's log does not hold."""
    peer, other = ground.peer, Persona()
    session = peer.beginning()
    payload = [1, peer.persona.id, peer.other.id, 0, 0, session.id, session.number, session.key_number]
    _begin(ground, session, start=sign1(other.key, "pcloud-start", payload).data)


@attack(CHAPTER, "SEAL-23", refused="authentic start-mismatch", shows=Shows.SILENCE)
def a_signed_start_of_another_session(ground: Ground) -> None:
    """A signed start that names an invented session."""
    _begin_for(ground, fresh(16))


def _begin_for(ground: Ground, named: bytes) -> None:
    _begin(ground, ground.peer.beginning(), named=named)


@attack(CHAPTER, "SEAL-23", refused="authentic start-mismatch", shows=Shows.SILENCE)
def a_signed_start_is_used_once_more(ground: Ground) -> None:
    """A new session with the start that was signed for the one before."""
    last = ground.peer.session()
    _begin_for(ground, last.id)


@attack(CHAPTER, "SEAL-23", refused="authentic start-mismatch", shows=Shows.SILENCE)
def a_signed_start_with_other_numbers(ground: Ground) -> None:
    """A signed start for a session number above that of the block."""
    session = ground.peer.beginning()
    _begin(ground, session, number=session.number + 1)


@attack(CHAPTER, "SEAL-24", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_start_of_somebody_else(ground: Ground) -> None:
    """A signed start whose sender is a persona that the node has never met."""
    _begin(ground, sender=Persona().id)


@attack(CHAPTER, "SEAL-24", refused="authentic wrong-party", shows=Shows.SILENCE)
def a_start_to_somebody_else(ground: Ground) -> None:
    """A signed start for a persona that is none of the node's here."""
    _begin(ground, recipient=Persona().id)


@attack(CHAPTER, "SEAL-31 SEAL-36", refused="authentic key-spent", shows=Shows.SILENCE)
def a_receiving_key_is_used_twice(ground: Ground) -> None:
    """A start to a key number below the current one."""
    peer = ground.peer
    while peer.other.key is not None and peer.other.key[0] < 2:
        peer.judged(_honest_in_new_session(ground))
    _begin(ground, peer.beginning(key_number=1))


def _honest_in_new_session(ground: Ground) -> Any:
    ground.peer.begin()
    sent = ground.sentinel()
    ground.mark()
    return sent


@attack(CHAPTER, "SEAL-31", refused="authentic unknown-session", shows=Shows.SILENCE)
def a_receiving_key_that_was_never_announced(ground: Ground) -> None:
    """A start to a key number far above the current one."""
    _begin(ground, ground.peer.beginning(key_number=1_000))


@attack(CHAPTER, "SEAL-9", refused="authentic start-mismatch", shows=Shows.SILENCE)
def a_session_number_that_does_not_rise(ground: Ground) -> None:
    """A new session under the number of the one before."""
    _begin(ground, ground.peer.beginning(number=len(ground.peer.sessions)))


@attack(CHAPTER, "SEAL-5", refused="form shape", shows=Shows.SILENCE)
def a_session_number_of_nothing(ground: Ground) -> None:
    """A new session with the number 0."""
    _begin(ground, ground.peer.beginning(number=0))


@attack(CHAPTER, "SEAL-49", refused="authentic not-opened", shows=Shows.SILENCE)
def a_secret_that_everybody_knows(ground: Ground) -> None:
    """A start under an ephemeral key of small order, whose X25519 secret is zero for every receiver."""
    _begin(ground, _made(ground, seal_without_secret))


@attack(CHAPTER, "SEAL-6", refused="authentic not-opened", shows=Shows.SILENCE)
def a_start_that_was_sealed_for_another_relationship(ground: Ground) -> None:
    """The right key, under founding personas of others: what a start of somebody else looks like here."""
    _begin(ground, _made(ground, seal, founding=Persona().id))


@attack(CHAPTER, "SEAL-6", refused="authentic not-opened", shows=Shows.SILENCE)
def a_start_that_was_sealed_to_another_key(ground: Ground) -> None:
    """A start to a key of somebody else."""
    elsewhere = Box().public
    _begin(ground, _made(ground, lambda _, info, text: seal(elsewhere, info, text)))


@attack(CHAPTER, "SEAL-16", refused="authentic start-mismatch", shows=Shows.SILENCE)
def a_frame_that_names_another_session_than_its_start(ground: Ground) -> None:
    """A start block, and beside it the id of an invented session."""
    session, peer = ground.peer.beginning(), ground.peer
    content: list[Any] = [peer.start_of(session, number=session.number).data, None, None, []]
    peer.post(frame(session, pad(enc(content)), block=session.block, id_=fresh(16)))
    ground.anew = True
