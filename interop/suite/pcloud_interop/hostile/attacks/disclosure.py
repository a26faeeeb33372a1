"""Asking for more than the terms allow, giving more than was asked, lies about what is held (chapter 09)."""

from typing import Any, Final

from pcloud_interop.hostile import agreeing
from pcloud_interop.hostile.agreeing import NAME, USE
from pcloud_interop.hostile.attack import Scene, attack
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.meeting import said
from pcloud_interop.hostile.wire.cbor import enc
from pcloud_interop.hostile.wire.secrets import fresh
from pcloud_interop.live.pair import DAY_S, SERVICE

CHAPTER, GATES = "09-disclosure", "05-messages"
TAKER, GIVER = ("guest",), ("host",)
"""The peer, an organisation, takes from a node that is the guest; it gives to one that is the host."""
MAIL: Final = "profile.email"
VALUE: Final = enc("Mallory M.")
DECADES: Final = 40 * 365 * DAY_S


def _ask(ground: Ground, *items: bytes, under: bytes | None = b"", **bent: Any) -> Sent:
    """A question with other fields, under an agreement in its header."""
    named = ground.agreement if under == b"" else under
    body = agreeing.request_body(ground, **bent)
    return ground.peer.say("disclosure.request", body, items, agreement=named)


def _give(ground: Ground, *items: bytes, under: bytes | None = b"", **bent: Any) -> Sent:
    """A gift that nobody has asked for, with other fields."""
    named = ground.agreement if under == b"" else under
    body = agreeing.present_body(ground, **bent)
    return ground.peer.say("disclosure.present", body, items or (VALUE,), agreement=named)


def _within(ground: Ground, verb: str, body: Any, *items: bytes) -> Sent:
    """Something in the thread of the gift."""
    thread = ground.grant if ground.invites else ground.peer.into.got[-1].thread
    named = ground.agreement if verb == "update" else None
    return ground.peer.say(f"disclosure.{verb}", body, items, thread=thread, agreement=named)


def _update(ground: Ground, **bent: Any) -> dict[int, Any]:
    """The body of a change of the name."""
    right = {1: ground.grant, 2: [[NAME, 2]], 3: USE, 4: [SERVICE]}
    return right | {int(key[1:]): value for key, value in bent.items()}


def _answer(ground: Ground, *items: bytes, **bent: Any) -> Sent:
    """The node asks for the name, and its peer gives something else than that."""
    ground.node.tell("ask", peer=ground.to_peer, paths=[NAME], purposes=[SERVICE])
    asked = ground.peer.until("the node's question", lambda: said(ground.peer, "disclosure.request"))
    ground.mark()
    body = agreeing.present_body(ground) | {4: asked.body[4], 5: asked.body[5], 6: asked.body[6]}
    body |= {int(key[1:]): value for key, value in bent.items()}
    name, thread = "disclosure.present", asked.id
    return ground.peer.say(name, body, items or (VALUE,), thread=thread, agreement=ground.agreement)


@attack(GATES, "GATE-6", refused="gate no-agreement")
def data_are_asked_for_without_terms(ground: Ground) -> Sent:
    """A question that names no agreement."""
    ground.agreement = fresh()
    return _ask(ground, under=None)


@attack(GATES, "GATE-6", refused="gate unknown-agreement")
def data_are_asked_for_under_terms_that_never_were(ground: Ground) -> Sent:
    """A question under an invented agreement."""
    ground.agreement = fresh()
    return _ask(ground)


@attack(GATES, "GATE-6", refused="gate no-agreement")
def data_are_given_without_terms(ground: Ground) -> Sent:
    """A gift that names no agreement."""
    ground.agreement = fresh()
    return _give(ground, under=None)


@attack(GATES, "GATE-11", refused="gate terms-forbid", scene=Scene.AGREED)
def data_are_asked_for_to_advertise(ground: Ground) -> Sent:
    """A purpose that the terms prohibit."""
    return _ask(ground, k4=["dpv:Marketing"])


@attack(GATES, "GATE-11", refused="gate terms-forbid", scene=Scene.AGREED)
def what_is_prohibited_hides_behind_what_is_allowed(ground: Ground) -> Sent:
    """Two purposes, of which the terms allow the first."""
    return _ask(ground, k4=[SERVICE, "dpv:Marketing"])


@attack(GATES, "GATE-10", refused="gate terms-forbid", scene=Scene.AGREED)
def data_are_asked_for_what_nobody_has_heard_of(ground: Ground) -> Sent:
    """A purpose that no clause names."""
    return _ask(ground, k4=["dpv:NoSuchPurpose"])


@attack(GATES, "GATE-11", refused="gate terms-forbid", scene=Scene.AGREED)
def data_are_asked_for_to_do_something_else_with_them(ground: Ground) -> Sent:
    """An action that the terms prohibit, for a purpose that they allow."""
    return _ask(ground, k3="dpv:Profiling")


@attack(GATES, "GATE-12", refused="gate terms-forbid", scene=Scene.AGREED)
def data_are_asked_for_to_be_passed_on(ground: Ground) -> Sent:
    """An onward recipient, which the terms do not allow."""
    return _ask(ground, k7="dpv:ThirdParty")


@attack(GATES, "GATE-12", refused="gate terms-forbid", scene=Scene.AGREED)
def data_are_asked_for_to_be_kept_for_ever(ground: Ground) -> Sent:
    """An end in forty years."""
    return _ask(ground, k5=ground.peer.now() + DECADES)


@attack(CHAPTER, "DISC-8", refused="content reference-mismatch", scene=Scene.AGREED)
def a_question_names_two_agreements(ground: Ground) -> Sent:
    """One agreement in the header, another in the body."""
    return _ask(ground, k1=fresh())


@attack(CHAPTER, "DISC-1", refused="content body-form", scene=Scene.AGREED)
def a_field_that_can_be_read_in_two_ways(ground: Ground) -> Sent:
    """A path with a letter that looks like another."""
    return _ask(ground, k2=[["profile.n\u0430me", True, None]])


@attack(CHAPTER, "MSG-8", refused="content body-form", scene=Scene.AGREED)
def a_field_is_asked_for_twice(ground: Ground) -> Sent:
    """One path in two rows."""
    return _ask(ground, k2=[[NAME, True, None], [NAME, False, None]])


@attack(CHAPTER, "MSG-8", refused="content body-form", scene=Scene.AGREED)
def more_fields_than_a_question_may_hold(ground: Ground) -> Sent:
    """Thirty-three paths."""
    return _ask(ground, k2=[[f"a{number}", False, None] for number in range(33)])


@attack(CHAPTER, "MSG-8", refused="content body-form", scene=Scene.AGREED)
def a_number_that_stands_for_yes(ground: Ground) -> Sent:
    """1 in the place of true."""
    return _ask(ground, k6=1)


@attack(CHAPTER, "DISC-7", refused="content body-form", scene=Scene.AGREED)
def circumstances_that_are_not_there(ground: Ground) -> Sent:
    """A question that names an item and brings none."""
    return _ask(ground, k8=1)


@attack(CHAPTER, "DISC-10", refused="content body-form", scene=Scene.AGREED)
def a_comparison_with_nothing(ground: Ground) -> Sent:
    """Whether a field equals a value that is not told."""
    return _ask(ground, k2=[[f"{NAME}:equal", True, None]])


@attack(CHAPTER, "DISC-11", refused="content body-form", scene=Scene.AGREED, roles=GIVER)
def a_gift_of_two_fields_with_one_value(ground: Ground) -> Sent:
    """An item too few."""
    return _give(ground, VALUE, k2=[[NAME, 1], [MAIL, 1]])


@attack(CHAPTER, "DISC-6", refused="content body-form", scene=Scene.AGREED, roles=GIVER)
def a_value_that_is_nothing(ground: Ground) -> Sent:
    """Null as the value of a field."""
    return _give(ground, enc(None))


@attack(CHAPTER, "DISC-6", refused="content body-form", scene=Scene.AGREED, roles=GIVER)
def a_value_larger_than_any_may_be(ground: Ground) -> Sent:
    """A name of more than sixteen thousand bytes."""
    return _give(ground, enc("x" * 16_384))


@attack(CHAPTER, "DISC-15", refused="content body-form", scene=Scene.AGREED, roles=GIVER)
def a_gift_declines_what_nobody_has_asked_for(ground: Ground) -> Sent:
    """A gift that opens its thread and says no to something."""
    return _give(ground, k8=[[MAIL, "not-needed"]])


@attack(GATES, "GATE-11", refused="gate terms-forbid", scene=Scene.AGREED, roles=GIVER)
def a_gift_for_what_the_terms_prohibit(ground: Ground) -> Sent:
    """Data that nobody has asked for, to advertise with them."""
    return _give(ground, k4=["dpv:Marketing"])


@attack(GATES, "GATE-12", refused="gate terms-forbid", scene=Scene.AGREED, roles=GIVER)
def a_gift_that_may_be_passed_on(ground: Ground) -> Sent:
    """A grant beyond the terms: somebody else may have it too."""
    return _give(ground, k7="dpv:ThirdParty")


@attack(CHAPTER, "DISC-14", refused="content not-asked", scene=Scene.AGREED, roles=GIVER)
def more_is_given_than_was_asked_for(ground: Ground) -> Sent:
    """The field that was asked for, and another."""
    return _answer(ground, VALUE, VALUE, k2=[[NAME, 1], [MAIL, 1]])


@attack(CHAPTER, "DISC-14", refused="content not-asked", scene=Scene.AGREED, roles=GIVER)
def something_is_given_for_what_nobody_has_asked(ground: Ground) -> Sent:
    """The field that was asked for, for a purpose that the terms allow and the question does not name."""
    return _answer(ground, k4=["dpv:DeliveryOfGoods"])


@attack(CHAPTER, "DISC-14", refused="content not-asked", scene=Scene.AGREED, roles=GIVER)
def something_follows_where_it_was_asked_for_once(ground: Ground) -> Sent:
    """A standing grant in answer to a question for once."""
    return _answer(ground, k6=True)


@attack(CHAPTER, "DISC-18", refused="content not-asked", scene=Scene.AGREED, roles=GIVER)
def a_no_to_what_nobody_has_asked_for(ground: Ground) -> Sent:
    """The field that was asked for, and a refusal of another."""
    return _answer(ground, k8=[[MAIL, "not-needed"]])


@attack(GATES, "GATE-14", refused="gate no-grant", scene=Scene.AGREED, roles=GIVER)
def a_change_of_what_was_never_given(ground: Ground) -> Sent:
    """An update under an invented grant."""
    body = _update(ground, k1=fresh())
    return ground.peer.say("disclosure.update", body, [VALUE], thread=fresh(), agreement=ground.agreement)


@attack(CHAPTER, "DISC-21", refused="content version-order", scene=Scene.GIVEN, roles=GIVER)
def an_older_version_comes_after_a_newer_one(ground: Ground) -> Sent:
    """An update to the version that the taker has."""
    return _within(ground, "update", _update(ground, k2=[[NAME, 1]]), VALUE)


@attack(CHAPTER, "DISC-20", refused="content not-granted", scene=Scene.GIVEN, roles=GIVER)
def a_field_is_slipped_in_with_a_change(ground: Ground) -> Sent:
    """An update of a field that was not given."""
    return _within(ground, "update", _update(ground, k2=[[MAIL, 2]]), VALUE)


@attack(CHAPTER, "DISC-20", refused="content not-granted", scene=Scene.GIVEN, roles=GIVER)
def a_change_for_another_purpose(ground: Ground) -> Sent:
    """An update for a purpose that the terms allow and the grant does not name."""
    return _within(ground, "update", _update(ground, k4=["dpv:DeliveryOfGoods"]), VALUE)


@attack(CHAPTER, "DISC-16 DISC-21", refused="content not-granted", scene=Scene.GIVEN, roles=GIVER)
def a_change_of_what_was_taken_back(ground: Ground) -> Sent:
    """An update of a field that the giver has revoked."""
    for name in ("revoke", "erase"):  # who is told both signs the deletion, and then is done with it
        ground.peer.judged(_within(ground, name, {1: [NAME]}))
    ground.peer.until("what the node has deleted", lambda: said(ground.peer, "disclosure.erased"))
    ground.mark()
    return _within(ground, "update", _update(ground), VALUE)


@attack(CHAPTER, "DISC-28", refused="content not-granted", scene=Scene.GIVEN, roles=GIVER)
def what_was_never_given_is_to_be_deleted(ground: Ground) -> Sent:
    """An order to erase a field that was not given."""
    return _within(ground, "erase", {1: [MAIL]})


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", scene=Scene.GIVEN, roles=GIVER)
def the_giver_signs_that_the_taker_has_deleted(ground: Ground) -> Sent:
    """A forged receipt for an erasure, by who gave the data."""
    return _within(ground, "erased", {1: [[NAME, 1]], 2: ground.peer.now()})


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", scene=Scene.GIVEN, roles=GIVER)
def the_giver_confirms_in_the_name_of_the_taker(ground: Ground) -> Sent:
    """An acknowledgement by who gave the data."""
    return _within(ground, "acknowledge", {1: [[NAME, 1, "applied"]]})


@attack(CHAPTER, "TABLE-2", refused="content not-in-state", scene=Scene.GIVEN, roles=GIVER)
def a_gift_is_given_twice_in_one_thread(ground: Ground) -> Sent:
    """A second grant in the thread of the first, with more."""
    return ground.peer.say(
        "disclosure.present",
        agreeing.present_body(ground),
        [VALUE],
        thread=ground.grant,
        agreement=ground.agreement,
    )


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", scene=Scene.GIVEN, roles=TAKER)
def the_taker_changes_what_it_was_given(ground: Ground) -> Sent:
    """An update by who holds the data."""
    return _within(ground, "update", _update(ground), VALUE)


@attack(CHAPTER, "TABLE-2", refused="content not-your-turn", scene=Scene.GIVEN, roles=TAKER)
def the_taker_orders_the_giver_to_delete(ground: Ground) -> Sent:
    """An order to erase by who holds the data."""
    return _within(ground, "erase", {})


@attack(CHAPTER, "DISC-30", refused="content not-granted", scene=Scene.GIVEN, roles=TAKER)
def something_is_deleted_that_was_never_given(ground: Ground) -> Sent:
    """A receipt for the erasure of a field that was not given."""
    return _within(ground, "erased", {1: [[MAIL, 1]], 2: ground.peer.now()})


@attack(CHAPTER, "DISC-29", refused="content body-form", scene=Scene.GIVEN, roles=TAKER)
def a_receipt_for_the_erasure_of_nothing(ground: Ground) -> Sent:
    """A receipt that names no field."""
    return _within(ground, "erased", {1: [], 2: ground.peer.now()})


@attack(CHAPTER, "DISC-29", refused="content body-form", scene=Scene.GIVEN, roles=TAKER)
def a_field_is_deleted_and_kept(ground: Ground) -> Sent:
    """A receipt that says both of one field."""
    body = {1: [[NAME, 1]], 2: ground.peer.now(), 3: [[NAME, "legal-duty"]]}
    return _within(ground, "erased", body)


@attack(CHAPTER, "DISC-30", refused="content already-erased", scene=Scene.GIVEN, roles=TAKER)
def one_erasure_is_signed_for_twice(ground: Ground) -> Sent:
    """A second receipt, which would move the day of the last backup."""
    ground.peer.judged(_within(ground, "erased", {1: [[NAME, 1]], 2: ground.peer.now()}))
    ground.mark()
    return ground.peer.say(
        "disclosure.erased",
        {1: [[NAME, 1]], 2: ground.peer.now() + DECADES},
        thread=ground.peer.out.sent[-1].fields["thread"],
    )


@attack(CHAPTER, "DISC-26", refused="content body-form", scene=Scene.GIVEN, roles=TAKER)
def the_taker_gives_up_a_part(ground: Ground) -> Sent:
    """A revocation with paths by who holds the data."""
    return _within(ground, "revoke", {1: [NAME]})


@attack(CHAPTER, "DISC-22", refused="content body-form", scene=Scene.GIVEN, roles=TAKER)
def what_became_of_it_in_words_of_ones_own(ground: Ground) -> Sent:
    """An outcome that is in no list."""
    return _within(ground, "acknowledge", {1: [[NAME, 1, "sold"]]})


@attack(CHAPTER, "DISC-34", refused="content body-form")
def a_correction_without_what_is_right(ground: Ground) -> Sent:
    """A claim to have a field corrected, without the value."""
    return ground.peer.say("disclosure.rights", {1: "correction", 2: [NAME]})


@attack(CHAPTER, "DISC-34", refused="content body-form")
def a_right_that_there_is_not(ground: Ground) -> Sent:
    """A claim of something else."""
    return ground.peer.say("disclosure.rights", {1: "everything"})


@attack(CHAPTER, "TABLE-1", refused="content unknown-thread")
def an_answer_to_what_nobody_has_claimed(ground: Ground) -> Sent:
    """An answer in an invented thread."""
    return ground.peer.say("disclosure.answer", {1: "done"}, thread=fresh())
