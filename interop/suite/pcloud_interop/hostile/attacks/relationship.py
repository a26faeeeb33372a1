"""What the table of a relationship does not allow, and bodies that are not its own (chapters 06 and 07)."""

from pcloud_interop.hostile import meeting
from pcloud_interop.hostile.attack import After, attack
from pcloud_interop.hostile.attacks.order import TEXT
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.wire.cbor import enc
from pcloud_interop.hostile.wire.secrets import Box, fresh

CHAPTER, RECOVERY = "07-relationship", "06-recovery"
SMALL = Box().public[:1_184] + bytes(32)


def _say(ground: Ground, verb: str, body: object, *items: bytes) -> Sent:
    return ground.peer.say(f"relationship.{verb}", body, items)


@attack(CHAPTER, "REL-16", refused="content not-in-state")
def a_second_request_between_the_same_two(ground: Ground) -> Sent:
    """A request that would open a relationship beside the one there is."""
    return _say(ground, "request", meeting.request_body(ground.peer, fresh()))


@attack(CHAPTER, "TABLE-1 REL-38", refused="content not-in-state")
def a_pause_outside_of_the_relationship(ground: Ground) -> Sent:
    """Null in the place of the thread."""
    return ground.peer.say("relationship.pause", {}, thread=None)


@attack(CHAPTER, "REL-11", refused="content not-in-state")
def an_accept_of_what_was_accepted(ground: Ground) -> Sent:
    """A second accept, which would change the nonce and the place."""
    return _say(ground, "accept", meeting.accept_body(ground.peer))


@attack(CHAPTER, "REL-11", refused="content not-in-state")
def a_confirm_of_what_was_confirmed(ground: Ground) -> Sent:
    """A second confirm, which would change the short code."""
    return _say(ground, "confirm", {1: ground.peer.nonce, 2: fresh()})


@attack(CHAPTER, "REL-11", refused="content not-in-state")
def a_refusal_after_the_yes(ground: Ground) -> Sent:
    """A decline where both are active."""
    return _say(ground, "decline", {1: "not-wanted"})


@attack(CHAPTER, "REL-11", refused="content not-in-state")
def the_end_of_a_rest_that_never_began(ground: Ground) -> Sent:
    """A resume where nobody rests."""
    return _say(ground, "resume", {})


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", after=After.OTHERS)
def the_end_of_the_rest_of_the_other(ground: Ground) -> Sent:
    """The node rests, and its peer ends that."""
    ground.node.tell("pause", peer=ground.to_peer)
    ground.settle()
    ground.peer.until("the node's pause", lambda: ground.peer.into.got[-1].name == "relationship.pause")
    return _say(ground, "resume", {})


@attack(CHAPTER, "GATE-2", refused="gate paused", after=After.OTHERS)
def a_word_into_the_rest_of_the_other(ground: Ground) -> Sent:
    """The node rests, its peer knows that, and speaks."""
    ground.node.tell("pause", peer=ground.to_peer)
    ground.settle()
    ground.peer.until("the node's pause", lambda: ground.peer.into.got[-1].name == "relationship.pause")
    return ground.peer.say("conversation.say", {}, TEXT)


@attack(CHAPTER, "GATE-2", refused="gate closed", after=After.OTHERS)
def a_word_after_the_end(ground: Ground) -> Sent:
    """The peer closes, and goes on to speak."""
    ground.peer.judged(_say(ground, "close", {1: "none"}))
    return ground.peer.say("conversation.say", {}, TEXT)


@attack(CHAPTER, "GATE-2", refused="gate closed", after=After.OTHERS)
def new_terms_after_the_end(ground: Ground) -> Sent:
    """The peer closes, and proffers terms."""
    ground.peer.judged(_say(ground, "close", {1: "none"}))
    return ground.peer.say("terms.proffer", {1: fresh(), 2: "SD-BASE", 3: fresh(), 4: fresh(), 5: 2**40})


@attack(CHAPTER, "REL-11", refused="content not-in-state", after=After.OTHERS)
def the_end_is_undone(ground: Ground) -> Sent:
    """The peer closes, knows that, and rests as if nothing had been."""
    ground.peer.judged(_say(ground, "close", {1: "none"}))
    return _say(ground, "resume", {})


@attack("04-sealing", "SEAL-4 ID-4", refused="content body-form")
def a_rotation_to_a_key_of_small_order(ground: Ground) -> Sent:
    """A receiving key whose secret everybody would know."""
    return _say(ground, "rotate", {1: [50, SMALL]})


@attack("04-sealing", "SEAL-3 ID-4", refused="content body-form")
def a_rotation_to_a_key_that_is_cut_short(ground: Ground) -> Sent:
    """A receiving key with a byte too few."""
    return _say(ground, "rotate", {1: [50, Box().public[:-1]]})


@attack(CHAPTER, "REL-26", refused="content body-form")
def a_rotation_to_the_key_of_an_invitation(ground: Ground) -> Sent:
    """A receiving key with the number 0."""
    return _say(ground, "rotate", {1: [0, Box().public]})


@attack(CHAPTER, "REL-27 SEAL-35", refused="content applied")
def a_rotation_back_to_a_number_that_is_over(ground: Ground) -> Sent:
    """Another key under a number that was taken: the message is applied, and the key is passed over."""
    return _say(ground, "rotate", {1: [1, Box().public]})


@attack(CHAPTER, "REL-28 SEAL-39", refused="content applied")
def a_place_that_the_peer_has_left(ground: Ground) -> Sent:
    """A move to another mailbox: what the node says afterwards comes there, and to the old one nothing."""
    peer = ground.peer
    peer.move(fresh(16))
    return _say(ground, "move", {1: peer.mailbox, 2: [peer.harbour.endpoint]})


@attack(CHAPTER, "REL-28", refused="content body-form")
def a_move_to_nowhere(ground: Ground) -> Sent:
    """A mailbox without endpoints."""
    return _say(ground, "move", {1: fresh(16), 2: []})


@attack(CHAPTER, "REL-28", refused="content body-form")
def a_move_to_four_places(ground: Ground) -> Sent:
    """An endpoint more than a party may name."""
    return _say(ground, "move", {1: fresh(16), 2: [ground.peer.harbour.endpoint] * 4})


@attack(CHAPTER, "REL-28", refused="content body-form")
def a_move_to_a_mailbox_that_is_none(ground: Ground) -> Sent:
    """A mailbox of fifteen bytes."""
    return _say(ground, "move", {1: fresh(15), 2: [ground.peer.harbour.endpoint]})


@attack(CHAPTER, "REL-31", refused="content body-form")
def an_end_that_keeps_what_it_says_it_erased(ground: Ground) -> Sent:
    """A close with `erased` and a day until which it is kept."""
    return _say(ground, "close", {1: "erased", 2: ground.peer.now() + 100})


@attack(CHAPTER, "MSG-8", refused="content body-form")
def an_end_in_words_of_its_own(ground: Ground) -> Sent:
    """A close that says something else of the data than it may."""
    return _say(ground, "close", {1: "sold"})


@attack(RECOVERY, "REC-23", refused="content entry-invalid")
def words_are_given_back_that_were_never_said(ground: Ground) -> Sent:
    """A returned message of the node, with a signature of the peer."""
    peer, body = ground.peer, enc({})
    made = peer.make("conversation.say", {}, TEXT, sender=peer.other.id, recipient=peer.persona.id)
    salt, _ = made.parts[0] or (b"", b"")
    return _say(ground, "returned", {1: [[made.signed.data, salt, body, "applied"]]})


@attack(RECOVERY, "REC-23", refused="content entry-invalid")
def something_is_given_back_that_is_no_message(ground: Ground) -> Sent:
    """A returned entry that is no signed header."""
    return _say(ground, "returned", {1: [[b"\x00", fresh(16), enc({}), "applied"]]})


@attack(RECOVERY, "REC-23", refused="content entry-invalid")
def words_are_given_back_with_another_body(ground: Ground) -> Sent:
    """A message of the node, with its signature, and a body that is not its own."""
    last = ground.peer.into.got[-1]
    return _say(ground, "returned", {1: [[last.data, fresh(16), enc({1: "paid"}), "applied"]]})


@attack(RECOVERY, "REC-26", refused="content body-form")
def an_item_is_given_back_for_no_message(ground: Ground) -> Sent:
    """An item for an entry that is not there."""
    last = ground.peer.into.got[-1]
    entry = [last.data, fresh(16), enc({}), "applied"]
    return _say(ground, "returned", {1: [entry]}, enc([5, 1, fresh(16), enc("x")]))


@attack(RECOVERY, "REC-24", refused="content body-form")
def more_is_given_back_than_fits(ground: Ground) -> Sent:
    """Seventeen returned entries."""
    return _say(ground, "returned", {1: [[b"\x00", fresh(16), enc({}), "applied"]] * 17})


@attack(RECOVERY, "REC-32", refused="content applied")
def messages_of_the_node_are_affirmed_by_its_peer(ground: Ground) -> Sent:
    """An affirm of what the other side said: it is passed over."""
    return _say(ground, "affirm", {1: [each.id for each in ground.peer.into.got]})


@attack(RECOVERY, "REC-33", refused="content applied")
def messages_of_the_node_are_rejected_by_its_peer(ground: Ground) -> Sent:
    """A reject of what the other side said: it is passed over."""
    return _say(ground, "reject", {1: [each.id for each in ground.peer.into.got]})


@attack(RECOVERY, "REC-33", refused="content applied")
def the_own_past_is_rejected_without_a_recovery(ground: Ground) -> Sent:
    """A reject of one's own messages, which are not marked: it is passed over."""
    return _say(ground, "reject", {1: [each.id for each in ground.peer.out.sent]})


@attack(RECOVERY, "REC-32", refused="content body-form")
def nothing_is_affirmed(ground: Ground) -> Sent:
    """An affirm without ids."""
    return _say(ground, "affirm", {1: []})
