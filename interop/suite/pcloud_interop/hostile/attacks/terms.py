"""Agreements that were never made: other terms, other signers, other times (chapter 08)."""

from typing import Any

from pcloud_interop.hostile import agreeing
from pcloud_interop.hostile.attack import Scene, attack
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Got, Sent
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import Signer, fresh
from pcloud_interop.live.pair import DAY_S

CHAPTER = "08-terms"
FIRST, SECOND = ("host",), ("guest",)
"""The peer is the first party where the node is the host, the second where it is the guest."""


def _proffer(ground: Ground, **bent: Any) -> Sent:
    """A proffer of the peer with other fields."""
    more = {int(key[1:]): value for key, value in bent.items()}
    return ground.peer.say("terms.proffer", agreeing.proffer_body(ground.peer) | more)


def _answered(ground: Ground, verb: str, body: Any) -> Sent:
    """The node proffers, and its peer says this to it; a body may be made of the proffer."""
    got = agreeing.proffered(ground)
    ground.mark()
    return ground.peer.say(f"terms.{verb}", body(got) if callable(body) else body, thread=got.id)


def _accept(ground: Ground, **bent: Any) -> Sent:
    """A yes to a proffer of the node with other fields."""
    more = {int(key[1:]): value for key, value in bent.items()}
    return _answered(ground, "accept", lambda got: agreeing.accept_body(ground.peer, got) | more)


def _sealed(ground: Ground, bent: Any) -> Sent:
    """The node has agreed to a proffer of the peer, which seals it in another way."""
    sent, body, accept = agreeing.accepted(ground)
    ground.mark()
    right = agreeing.seal_body(ground.peer, sent, body, accept)
    return ground.peer.say("terms.seal", right | bent(sent, body, accept), thread=sent.id)


def _other_terms(ground: Ground, got: Got) -> dict[int, Any]:
    """A yes that signs other terms than those that were proffered."""
    other = agreeing.entry("PDC-GOOD")
    proffer = got.body | {2: other.terms, 3: other.text, 4: other.machine}
    yes = agreeing.accept_body(ground.peer, got)
    peer = ground.peer
    payload = agreeing.record(proffer, peer.other.id, peer.persona.id, got.id, yes[2])
    return yes | {3: agreeing.signature(peer.persona.key, payload)}


def _other_party(ground: Ground, got: Got) -> dict[int, Any]:
    """A yes that signs an agreement with somebody else."""
    yes = agreeing.accept_body(ground.peer, got)
    payload = agreeing.record(got.body, Persona().id, ground.peer.persona.id, got.id, yes[2])
    return yes | {3: agreeing.signature(ground.peer.persona.key, payload)}


@attack(CHAPTER, "TERMS-3", refused="content proffer-by-organisation", roles=SECOND)
def an_organisation_names_the_terms(ground: Ground) -> Sent:
    """A proffer of an organisation to a person."""
    return _proffer(ground)


@attack(CHAPTER, "TERMS-4", refused="content roster-unknown", roles=FIRST)
def terms_of_a_roster_that_nobody_keeps(ground: Ground) -> Sent:
    """A proffer out of an invented roster."""
    return _proffer(ground, k1=fresh())


@attack(CHAPTER, "TERMS-4", refused="content roster-unknown", roles=FIRST)
def terms_that_are_in_no_roster(ground: Ground) -> Sent:
    """A proffer of invented terms of the right roster."""
    return _proffer(ground, k2="SD-EVERYTHING")


@attack(CHAPTER, "TERMS-5", refused="content text-mismatch", roles=FIRST)
def terms_with_another_text(ground: Ground) -> Sent:
    """The right terms, and the hash of another text."""
    return _proffer(ground, k3=fresh())


@attack(CHAPTER, "TERMS-5", refused="content text-mismatch", roles=FIRST)
def terms_with_another_machine_form(ground: Ground) -> Sent:
    """The right terms and text, and the hash of a form that allows more."""
    return _proffer(ground, k4=agreeing.entry("PDC-AI").machine)


@attack(CHAPTER, "TERMS-6", refused="content proffer-expired", roles=FIRST)
def a_proffer_that_was_over_when_it_was_sent(ground: Ground) -> Sent:
    """A proffer open until yesterday."""
    return _proffer(ground, k5=ground.peer.now() - DAY_S)


@attack(CHAPTER, "TERMS-6", refused="content body-form", roles=FIRST)
def an_agreement_that_ends_before_it_can_begin(ground: Ground) -> Sent:
    """A proffer whose agreement would end before the proffer does."""
    return _proffer(ground, k6=ground.peer.now() + 10)


@attack(CHAPTER, "TERMS-7", refused="content replaces-unknown", roles=FIRST)
def an_agreement_is_replaced_that_never_was(ground: Ground) -> Sent:
    """A proffer in the place of an invented agreement."""
    return _proffer(ground, k7=fresh())


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", roles=FIRST)
def the_own_proffer_is_accepted(ground: Ground) -> Sent:
    """The first party says yes in the place of the second."""
    peer, body = ground.peer, agreeing.proffer_body(ground.peer)
    sent = peer.say("terms.proffer", body)
    peer.judged(sent)
    ground.mark()
    payload = agreeing.record(body, peer.persona.id, peer.other.id, sent.id, peer.now() + DAY_S)
    yes = {1: sent.id, 2: peer.now() + DAY_S, 3: agreeing.signature(peer.persona.key, payload)}
    return peer.say("terms.accept", yes, thread=sent.id)


@attack(CHAPTER, "TERMS-16 TABLE-2", refused="content not-in-state", roles=FIRST)
def a_seal_under_what_nobody_has_accepted(ground: Ground) -> Sent:
    """The first party seals its own proffer."""
    sent = ground.peer.say("terms.proffer", agreeing.proffer_body(ground.peer))
    ground.peer.judged(sent)
    ground.mark()
    return ground.peer.say("terms.seal", {1: sent.id, 2: bytes(64)}, thread=sent.id)


@attack(CHAPTER, "TERMS-18", refused="content agreement-signature", roles=FIRST)
def a_seal_that_is_no_signature(ground: Ground) -> Sent:
    """Zeros in the place of the first party's signature."""
    return _sealed(ground, lambda *_: {2: bytes(64)})


@attack(CHAPTER, "TERMS-18", refused="content agreement-signature", roles=FIRST)
def a_seal_with_another_key(ground: Ground) -> Sent:
    """A signature over the right record by a key that is not the first party's."""

    def bent(sent: Sent, body: dict[int, Any], accept: Got) -> dict[int, Any]:
        payload = agreeing.record(body, ground.peer.persona.id, ground.peer.other.id, sent.id, accept.body[2])
        return {2: agreeing.signature(Signer(), payload)}

    return _sealed(ground, bent)


@attack(CHAPTER, "TERMS-18 TERMS-26", refused="content agreement-signature", roles=FIRST)
def a_seal_under_terms_that_end_later(ground: Ground) -> Sent:
    """A signature over a record with another seal-by time than the one that was accepted."""

    def bent(sent: Sent, body: dict[int, Any], accept: Got) -> dict[int, Any]:
        later = accept.body[2] + DAY_S
        payload = agreeing.record(body, ground.peer.persona.id, ground.peer.other.id, sent.id, later)
        return {2: agreeing.signature(ground.peer.persona.key, payload)}

    return _sealed(ground, bent)


@attack(CHAPTER, "TERMS-18", refused="content reference-mismatch", roles=FIRST)
def a_seal_of_another_acceptance(ground: Ground) -> Sent:
    """A seal that names an acceptance which never was."""
    return _sealed(ground, lambda *_: {1: fresh()})


@attack(CHAPTER, "TERMS-8", refused="content agreement-signature", roles=SECOND)
def a_yes_that_is_no_signature(ground: Ground) -> Sent:
    """Random bytes in the place of the second party's signature."""
    return _accept(ground, k3=fresh(64))


@attack(CHAPTER, "TERMS-8 TERMS-26", refused="content agreement-signature", roles=SECOND)
def a_yes_to_other_terms_than_those_that_were_proffered(ground: Ground) -> Sent:
    """A signature over a record with other terms."""
    return _answered(ground, "accept", lambda got: _other_terms(ground, got))


@attack(CHAPTER, "TERMS-8 TERMS-26", refused="content agreement-signature", roles=SECOND)
def a_yes_to_somebody_else(ground: Ground) -> Sent:
    """A signature over a record with another first party."""
    return _answered(ground, "accept", lambda got: _other_party(ground, got))


@attack(CHAPTER, "TERMS-31", refused="content agreement-signature", roles=SECOND)
def the_signature_of_a_message_as_a_yes(ground: Ground) -> Sent:
    """The signature of the peer's last message in the place of that over the record."""
    return _accept(ground, k3=ground.peer.out.sent[-1].signed.data[-64:])


@attack(CHAPTER, "TERMS-8", refused="content reference-mismatch", roles=SECOND)
def a_yes_to_another_proffer(ground: Ground) -> Sent:
    """An acceptance that names a proffer which never was."""
    return _accept(ground, k1=fresh())


@attack(CHAPTER, "TERMS-9", refused="content seal-by-invalid", roles=SECOND)
def a_yes_that_is_over_when_it_comes(ground: Ground) -> Sent:
    """A seal-by time before the acceptance itself."""
    return _accept(ground, k2=ground.peer.now() - 10)


@attack(CHAPTER, "TERMS-9", refused="content seal-by-invalid", roles=SECOND)
def a_yes_that_waits_for_years(ground: Ground) -> Sent:
    """A seal-by time that would leave an option open."""
    return _accept(ground, k2=ground.peer.now() + 1_000 * DAY_S)


@attack(CHAPTER, "TERMS-10", refused="content counter-invalid", roles=SECOND)
def a_counter_with_what_was_proffered(ground: Ground) -> Sent:
    """The same terms once more."""
    return _answered(ground, "counter", lambda got: {1: got.body[2]})


@attack(CHAPTER, "TERMS-10", refused="content counter-invalid", roles=SECOND)
def a_counter_with_terms_of_ones_own(ground: Ground) -> Sent:
    """Terms that are in no roster."""
    return _answered(ground, "counter", {1: "SD-EVERYTHING"})


@attack(CHAPTER, "TERMS-16", refused="content not-in-state", roles=SECOND)
def the_second_party_seals(ground: Ground) -> Sent:
    """A seal of who is asked, before anybody has accepted."""
    return _answered(ground, "seal", lambda got: {1: got.id, 2: bytes(64)})


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", roles=SECOND)
def the_proffer_of_the_other_is_withdrawn(ground: Ground) -> Sent:
    """The second party takes back what the first has proffered."""
    return _answered(ground, "withdraw", {})


@attack(CHAPTER, "TERMS-14", refused="content body-form", roles=SECOND)
def a_no_for_a_reason_of_ones_own(ground: Ground) -> Sent:
    """A reason that is in no list."""
    return _answered(ground, "decline", {1: "you-know-why"})


@attack(CHAPTER, "TERMS-28", refused="content reference-mismatch", scene=Scene.AGREED)
def another_agreement_is_ended_than_that_of_the_thread(ground: Ground) -> Sent:
    """A termination that names an agreement which never was."""
    return ground.peer.say("terms.terminate", {1: fresh()}, thread=ground.proffer)


@attack(CHAPTER, "TERMS-14", refused="content body-form", scene=Scene.AGREED)
def an_end_for_a_reason_of_ones_own(ground: Ground) -> Sent:
    """A termination with a reason that is in no list."""
    return ground.peer.say("terms.terminate", {1: ground.agreement, 2: "bored"}, thread=ground.proffer)


@attack(CHAPTER, "TERMS-15", refused="content not-in-state", scene=Scene.AGREED, roles=FIRST)
def what_is_sealed_is_withdrawn(ground: Ground) -> Sent:
    """A withdrawal of terms that are in force."""
    return ground.peer.say("terms.withdraw", {}, thread=ground.proffer)


@attack(CHAPTER, "TERMS-29", refused="content replaced-by-unknown", scene=Scene.AGREED, roles=FIRST)
def terms_give_way_to_terms_that_never_were(ground: Ground) -> Sent:
    """A replacement by an invented agreement."""
    return ground.peer.say("terms.replace", {1: ground.agreement, 2: fresh()}, thread=ground.proffer)


@attack(CHAPTER, "TERMS-29", refused="content not-your-turn", scene=Scene.AGREED, roles=SECOND)
def the_second_party_replaces_the_terms(ground: Ground) -> Sent:
    """A replacement by who may not name terms."""
    return ground.peer.say("terms.replace", {1: ground.agreement, 2: fresh()}, thread=ground.proffer)


@attack(CHAPTER, "TABLE-2", refused="content not-in-state", scene=Scene.AGREED, roles=SECOND)
def what_is_agreed_is_accepted_again(ground: Ground) -> Sent:
    """The acceptance once more, as a new message."""
    body = {1: ground.proffer, 2: ground.peer.now() + DAY_S, 3: bytes(64)}
    return ground.peer.say("terms.accept", body, thread=ground.proffer)
