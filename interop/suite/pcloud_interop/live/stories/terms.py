"""One side's terms, chosen from a roster, signed by both (chapter 08)."""

from pcloud_interop.live.pair import TERMS, Pair
from pcloud_interop.live.scenario import scenario

CHAPTER = "08-terms"
OTHER = "SD-BASE-A"
MINUTE_S = 60


@scenario(CHAPTER, "TERMS-26", "FOLD-5")
def terms_are_signed_by_both(pair: Pair) -> None:
    """Both hold the same record under the same id, and show the terms in force."""
    pair.agreed()
    pair.quiet()
    (mine,), (theirs,) = pair.negotiations(pair.guest), pair.negotiations(pair.host)
    pair.same("who is first party", (mine["mine"], theirs["mine"]), (True, False))
    pair.same(
        "an agreement has an id and a record", (bool(mine["agreement"]), bool(mine["record"])), (True, True)
    )
    for member in ("agreement", "record", "terms"):
        pair.same(member, mine[member], theirs[member])
    for node in (pair.guest, pair.host):
        pair.same(f"the terms in force at the {node.role}", pair.view(node)["terms"], [TERMS])


@scenario(CHAPTER, "TERMS-21")
def other_terms_are_named_and_proffered(pair: Pair) -> None:
    """The second party names others once, the first takes them up, and both sign those."""
    pair.related()
    pair.guest.tell("proffer", peer=pair.to_host, terms=TERMS)
    pair.host.tell("counter", negotiation=pair.negotiated(pair.host, "proffered")["id"], terms=OTHER)
    named = pair.negotiated(pair.guest, "countered")
    pair.same("what was named", named["terms"], OTHER)
    pair.guest.tell("counter", negotiation=named["id"], terms=OTHER)
    pair.host.tell("agree", negotiation=pair.negotiated(pair.host, "proffered-again")["id"])
    for node in (pair.guest, pair.host):
        pair.same("what was agreed", pair.negotiated(node, "agreed")["terms"], OTHER)
    pair.quiet()
    pair.same("the terms in force", pair.view(pair.host)["terms"], [OTHER])


@scenario(CHAPTER)
def a_no_leaves_nothing_in_force(pair: Pair) -> None:
    """Declined by the one, withdrawn by the other: nobody can sign it any more."""
    pair.related()
    pair.guest.tell("proffer", peer=pair.to_host, terms=TERMS)
    declined = pair.negotiated(pair.host, "proffered")["id"]
    pair.host.tell("refuse", negotiation=declined)
    pair.quiet()
    pair.host.cannot("agree", negotiation=declined)
    withdrawn = pair.guest.tell("proffer", peer=pair.to_host, terms=OTHER)["negotiation"]
    pair.quiet()
    pair.guest.tell("refuse", negotiation=withdrawn)
    pair.quiet()
    states = {each["terms"]: each["state"] for each in pair.negotiations(pair.host)}
    pair.same("how they ended", states, {TERMS: "declined", OTHER: "withdrawn"})
    for node in (pair.guest, pair.host):
        pair.same("the terms in force", pair.view(node)["terms"], [])


@scenario(CHAPTER)
def an_organisation_proffers_no_terms_to_a_person(pair: Pair) -> None:
    """It is refused before it is sent."""
    pair.related()
    pair.host.cannot("proffer", "proffer-by-organisation", peer=pair.to_guest, terms=TERMS)
    pair.host.cannot("proffer", peer=pair.to_guest, terms="NO-SUCH-TERMS")
    pair.sentinel(pair.host)
    pair.same("the guest's negotiations", pair.negotiations(pair.guest), [])


@scenario(CHAPTER)
def a_proffer_lasts_as_long_as_it_says(pair: Pair) -> None:
    """After its last moment nobody can accept it."""
    pair.related()
    pair.guest.tell("proffer", peer=pair.to_host, terms=TERMS, expires_s=MINUTE_S)
    found = pair.negotiated(pair.host, "proffered")["id"]
    pair.advance(2 * MINUTE_S)
    pair.host.cannot("agree", "proffer-expired", negotiation=found)
    pair.sentinel(pair.host)
    pair.same("the terms in force", pair.view(pair.guest)["terms"], [])
    pair.quiet()


@scenario(CHAPTER)
def terms_end_for_both_when_one_ends_them(pair: Pair) -> None:
    """What they allowed is allowed no more."""
    pair.agreed()
    (theirs,) = pair.negotiations(pair.host)
    pair.host.tell("terminate", negotiation=theirs["id"])
    pair.negotiated(pair.guest, "terminated")
    pair.quiet()
    for node in (pair.guest, pair.host):
        pair.same("the terms in force", pair.view(node)["terms"], [])
    pair.host.cannot("ask", peer=pair.to_guest, paths=["profile.name"], purposes=["dpv:ServiceProvision"])


@scenario(CHAPTER, "TERMS-21", "TERMS-22", "TABLE-8")
def an_acceptance_and_a_withdrawal_that_cross_end_alike(pair: Pair) -> None:
    """The second party signs while the first takes its proffer back: one end for both, without terms."""
    pair.related()
    mine = pair.guest.tell("proffer", peer=pair.to_host, terms=TERMS)["negotiation"]
    theirs = pair.negotiated(pair.host, "proffered")["id"]
    pair.crossed(
        lambda: pair.guest.tell("refuse", negotiation=mine),
        lambda: pair.host.tell("agree", negotiation=theirs),
    )
    (here,), (there,) = pair.negotiations(pair.guest), pair.negotiations(pair.host)
    pair.same("how it ended", here["state"], there["state"])
    for node in (pair.guest, pair.host):
        pair.same("the terms in force", pair.view(node)["terms"], [])


@scenario(CHAPTER, "TERMS-38", "TABLE-8")
def terms_that_both_end_at_once_end_once(pair: Pair) -> None:
    """Two terminations that cross."""
    mine = pair.agreed()
    (theirs,) = pair.negotiations(pair.host)
    pair.crossed(
        lambda: pair.guest.tell("terminate", negotiation=mine),
        lambda: pair.host.tell("terminate", negotiation=theirs["id"]),
    )
    for node in (pair.guest, pair.host):
        (found,) = pair.negotiations(node)
        pair.same("how it stands", found["state"], "terminated")
        pair.same("the terms in force", pair.view(node)["terms"], [])
