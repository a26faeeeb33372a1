"""How two owners come to know each other (chapters 07 and 17)."""

from pcloud_interop.live.node import MismatchError
from pcloud_interop.live.pair import Pair
from pcloud_interop.live.scenario import scenario

CHAPTER = "07-relationship"
MINUTE_S = 60


@scenario(CHAPTER, "REL-17", "REL-22", "FOLD-5")
def two_owners_meet(pair: Pair) -> None:
    """Both become peers with one code, personas made for each other, and one state."""
    pair.related()
    pair.quiet()
    here, there = pair.view(pair.guest), pair.view(pair.host)
    pair.same("the short codes", here["code"], there["code"])
    pair.same("whom they see", (here["name"], there["name"]), ("Host", "Guest"))
    pair.same("what they see", (here["kind"], there["kind"]), ("organisation", "person"))
    mine, theirs = pair.guest.state(pair.to_host), pair.host.state(pair.to_guest)
    pair.same("the personas", mine["personas"], theirs["personas"][::-1])
    for node in (pair.guest, pair.host):
        left = node.rows("contacts", "contacts")
        pair.same("contacts that are related stand among the peers", left, [])


@scenario(CHAPTER)
def a_link_is_looked_at_before_anything_is_sent(pair: Pair) -> None:
    """To connect fetches and verifies; only the owner's yes sends a request."""
    pair.up()
    first = pair.host.tell("invite", purpose="looked at")["link"]
    pair.guest.tell("connect", link=first)
    (seen,) = pair.guest.rows("contacts", "contacts")
    pair.same(
        "what is seen", (seen["state"], seen["purpose"], seen["name"]), ("pending", "looked at", "Host")
    )
    second = pair.host.tell("invite", purpose="wanted")["link"]
    pair.guest.tell("accept", contact=pair.guest.tell("connect", link=second)["contact"])
    pair.until("the request for the second invitation", lambda: pair.host.rows("contacts", "contacts"))
    purposes = [each["purpose"] for each in pair.host.rows("contacts", "contacts")]
    pair.same("what was asked for", purposes, ["wanted"])


@scenario(CHAPTER)
def a_request_is_declined(pair: Pair) -> None:
    """The guest learns of it, and neither has a peer."""
    pair.host.tell("decline", contact=pair.requested())

    def declined() -> bool:
        return [each["state"] for each in pair.guest.rows("contacts", "contacts")] == ["declined"]

    pair.until("the guest's contact is declined", declined)
    for node in (pair.guest, pair.host):
        pair.same("the peers", node.rows("peers", "peers"), [])


@scenario(CHAPTER)
def an_invitation_that_was_withdrawn_leads_nowhere(pair: Pair) -> None:
    """Neither does one that is used up, and the relationship that came of it is not touched."""
    pair.related()
    withdrawn = pair.host.tell("invite", purpose="withdrawn")
    pair.host.tell("withdraw", invitation=withdrawn["invitation"])
    pair.guest.cannot("connect", link=withdrawn["link"])
    pair.same("the guest's contacts", pair.guest.rows("contacts", "contacts"), [])
    pair.quiet()


@scenario(CHAPTER)
def an_invitation_lasts_as_long_as_it_says(pair: Pair) -> None:
    """Once its time is over, nobody gets in by it."""
    pair.up()
    link = pair.host.tell("invite", purpose="soon over", expires_s=MINUTE_S)["link"]
    pair.advance(2 * MINUTE_S)
    pair.guest.cannot("connect", link=link)
    pair.same("the guest's contacts", pair.guest.rows("contacts", "contacts"), [])


@scenario(CHAPTER)
def a_link_that_was_changed_opens_nothing(pair: Pair) -> None:
    """Its key and hash are in it: no other invitation passes for the one that was meant."""
    pair.up()
    link = pair.host.tell("invite", purpose="to meet")["link"]
    changed = link[:-1] + ("A" if link[-1] != "A" else "E")
    pair.guest.cannot("connect", link=changed)
    pair.guest.cannot("connect", link="pcloud:contact/1/")
    pair.same("the guest's contacts", pair.guest.rows("contacts", "contacts"), [])
    contact = pair.guest.tell("connect", link=link)["contact"]
    if not contact:
        raise MismatchError("guest: the link itself gives a contact")


@scenario(CHAPTER)
def one_who_opens_no_port_is_a_peer_like_any_other(pair: Pair) -> None:
    """The guest dials; what the host says comes back on that connection."""
    pair.guest.listens = False
    pair.related()
    pair.host.tell("say", peer=pair.to_guest, text="can you hear me?")
    pair.until("the host's word", lambda: pair.guest.texts(pair.to_host) == ["can you hear me?"])
    pair.quiet()


@scenario("17-handshake")
def a_handshake_goes_on_after_both_were_stopped(pair: Pair) -> None:
    """Between the request and the answer both were away."""
    contact = pair.requested()
    pair.guest.down()
    pair.host.down()
    pair.up()
    pair.host.tell("accept", contact=contact)
    pair.to_host, pair.to_guest = pair.until("both are peers and show a code", pair.peers)
    pair.quiet()
