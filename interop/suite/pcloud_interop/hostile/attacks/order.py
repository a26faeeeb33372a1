"""Wrong numbers, forks, other epochs, and what the sender claims to know (chapters 05 and 06)."""

from typing import Any

from pcloud_interop.hostile.attack import After, Shows, attack
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.wire.cbor import enc
from pcloud_interop.hostile.wire.secrets import fresh
from pcloud_interop.live.node import MismatchError

CHAPTER, RECOVERY = "05-messages", "06-recovery"
TEXT = [enc("never to be read")]
LEFT_OUT, FAR = 70, 2**31
"""A node may keep the 64 messages after the next one, and judge them in their turn."""
FLOOD = 40


def word(ground: Ground, **bent: Any) -> Sent:
    """A word whose header is bent, sent and not counted."""
    sent = ground.peer.make("conversation.say", {}, TEXT, **bent)
    ground.peer.send(sent)
    return sent


def stopped(ground: Ground) -> None:
    """Wait until the node has stopped, in this relationship, and see that nothing came of it."""

    def look() -> bool:
        (row,) = [each for each in ground.node.rows("peers", "peers") if each["id"] == ground.to_peer]
        return bool(row["state"] == "stopped")

    ground.until("the node has stopped here, and asks its owner to recover", look)
    now = ground.view()
    for what in ("log", "digest"):
        if now[what] != ground.before[what]:
            raise MismatchError(f"{what} has changed")


@attack(CHAPTER, "ORDER-8", refused="order expected", shows=Shows.ANSWER)
def a_number_is_left_out(ground: Ground) -> None:
    """A number after the next one, behind messages that never were."""
    word(ground, number=ground.sent + LEFT_OUT, prev=fresh())


@attack(CHAPTER, "ORDER-8", refused="order expected", shows=Shows.ANSWER)
def a_number_jumps_by_two_billion(ground: Ground) -> None:
    """A number far above the next one."""
    word(ground, number=ground.sent + FAR, prev=fresh())


@attack(CHAPTER, "ORDER-8 ORDER-24", refused="order expected", shows=Shows.ANSWER)
def forty_gaps_get_one_answer(ground: Ground) -> None:
    """Forty messages far above the next one; then a repeat, to see when all were looked at."""
    peer = ground.peer
    for number in range(FLOOD):
        word(ground, number=ground.sent + LEFT_OUT + number, prev=fresh())
    before = len([each for each in peer.answers if each.typ == "pcloud-receipt"])
    peer.send(peer.out.sent[-1])

    def receipted() -> bool:
        return len([each for each in peer.answers if each.typ == "pcloud-receipt"]) > before

    peer.until("the receipt for a repeat", receipted)
    if (told := sum(each.typ == "pcloud-expected" for each in peer.answers)) > 1:
        raise MismatchError(f"it may be answered once in ten seconds, and is {told} times")


@attack(CHAPTER, "ORDER-5 ORDER-7", refused="order fork", shows=Shows.ANSWER, after=After.HEARS)
def another_message_under_a_number_that_was_judged(ground: Ground) -> None:
    """A second message under the last number, signed as the first one was."""
    last = ground.peer.out.sent[-1]
    word(ground, number=last.number, prev=last.fields["prev"])


@attack(CHAPTER, "ORDER-6 ORDER-7", refused="order fork", shows=Shows.ANSWER, after=After.HEARS)
def the_next_number_behind_a_message_that_never_was(ground: Ground) -> None:
    """The right number, and another message before it."""
    word(ground, prev=fresh())


@attack(CHAPTER, "ORDER-6", refused="order fork", shows=Shows.ANSWER, after=After.HEARS)
def a_line_goes_on_behind_the_other_line(ground: Ground) -> None:
    """The right number, behind a message of the node itself."""
    word(ground, prev=ground.peer.into.got[-1].id)


@attack(CHAPTER, "ORDER-6", refused="order fork", shows=Shows.ANSWER, after=After.HEARS)
def a_line_begins_anew_without_a_new_epoch(ground: Ground) -> None:
    """Number 1 once more, as if nothing had been said."""
    peer = ground.peer
    word(ground, number=1, prev=peer.other.first_prev(peer.persona.events[-1].id))


@attack(CHAPTER, "ORDER-7", refused="order halted", shows=Shows.ANSWER, after=After.HEARS)
def what_is_right_again_after_a_fork_is_not_judged(ground: Ground) -> None:
    """A fork, and the honest next message behind it."""
    word(ground, prev=fresh())
    word(ground)


@attack(CHAPTER, "ORDER-4 MSG-6", refused="order repeat", shows=Shows.SILENCE)
def a_repeat_with_another_text_is_no_other_message(ground: Ground) -> None:
    """The header that was judged, with other words beside it than those that were signed."""
    last = ground.peer.out.sent[-1]
    ground.peer.post(
        ground.peer.seal(ground.peer.content(last.signed.data, [*last.parts, [fresh(16), TEXT[0]]]))
    )


@attack(CHAPTER, "ORDER-10", refused="order epoch-unknown", shows=Shows.SILENCE)
def an_epoch_of_the_sender_that_nobody_has_heard_of(ground: Ground) -> None:
    """A message signed as of an epoch to come."""
    word(ground, sender_epoch=1)


@attack(RECOVERY, "ROLL-2 ORDER-10", refused="order outdated", shows=Shows.SILENCE, after=After.OTHERS)
def an_epoch_of_the_node_that_never_was_stops_this_relationship_alone(ground: Ground) -> None:
    """A message to an epoch of the node above its own, as a node that was set back would get it."""
    word(ground, recipient_epoch=1)
    stopped(ground)


@attack(RECOVERY, "ROLL-1 ORDER-14", refused="order outdated", shows=Shows.SILENCE, after=After.OTHERS)
def a_message_of_the_node_that_never_was_stops_this_relationship_alone(ground: Ground) -> None:
    """A message whose sender claims to have judged a number that the node has never sent."""
    word(ground, known=ground.peer.into.last[0] + 5, known_id=fresh())
    stopped(ground)


@attack(RECOVERY, "ROLL-1 ORDER-14", refused="order outdated", shows=Shows.SILENCE, after=After.OTHERS)
def another_message_under_a_number_of_the_node_stops_this_relationship_alone(ground: Ground) -> None:
    """A message whose sender claims to have judged something else under a number of the node."""
    word(ground, known_id=fresh())
    stopped(ground)


@attack(RECOVERY, "REC-48", refused="order fork", shows=Shows.ANSWER, after=After.HEARS)
def a_message_that_is_said_to_come_back_and_never_was(ground: Ground) -> None:
    """A reissue in an epoch in which nothing can come back."""
    word(ground, first=[fresh(), 0, 1, 0])


@attack(CHAPTER, "SCOPE-8", refused="content expired")
def a_message_whose_time_was_over_when_it_was_sent(ground: Ground) -> Sent:
    """A word with an expiry of yesterday."""
    return ground.peer.say("conversation.say", {}, TEXT, expiry=ground.peer.now() - 86_400)
