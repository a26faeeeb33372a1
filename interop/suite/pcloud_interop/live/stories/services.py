"""What nodes do for each other: keep what is sent, and keep copies (chapters 20 and 22)."""

from pcloud_interop.live.node import LiveNode
from pcloud_interop.live.pair import DAY_S, Pair
from pcloud_interop.live.scenario import scenario

RELAY = "20-relay"
CUSTODY = "22-custody"


def _lodged(pair: Pair) -> LiveNode:
    """The guest opens no port, and a third node of the host's implementation keeps what is sent to it."""
    relay = pair.another(pair.host, "relay")
    relay.tell("relay-serve")
    pair.guest.listens = False
    pair.up()
    pair.guest.tell("relay-use", link=relay.tell("relay-invite")["link"])
    pair.until(
        "the relay is ready", lambda: any(each["ready"] for each in pair.guest.rows("relays", "relays"))
    )
    return relay


def _met(pair: Pair) -> None:
    link = pair.host.tell("invite", purpose="to meet")["link"]
    pair.guest.tell("accept", contact=pair.guest.tell("connect", link=link)["contact"])
    (contact,) = pair.until("the request", lambda: pair.host.rows("contacts", "contacts"))
    pair.host.tell("accept", contact=contact["id"])
    (there,) = pair.until("the host has a peer", lambda: pair.host.rows("peers", "peers"))
    pair.to_guest = there["id"]

    def host_of_guest() -> str | None:
        found = [each for each in pair.guest.rows("peers", "peers") if each["name"] == pair.host.name]
        return found[0]["id"] if found and found[0]["state"] == "active" and found[0]["code"] else None

    pair.to_host = pair.until("the guest has a peer", host_of_guest)
    pair.quiet()


@scenario(RELAY)
def who_opens_no_port_is_met_through_a_relay(pair: Pair) -> None:
    """Both talk; the relay sees neither."""
    _lodged(pair)
    _met(pair)
    pair.sentinel(pair.host)
    pair.sentinel(pair.guest)
    pair.quiet()


@scenario(RELAY)
def a_relay_keeps_what_is_said_to_one_who_is_away(pair: Pair) -> None:
    """It is there when the sender is not, and the relay was killed in between."""
    relay = _lodged(pair)
    _met(pair)
    pair.guest.down()
    pair.host.tell("say", peer=pair.to_guest, text="while you were away")
    pair.until("the relay keeps it", lambda: relay.tell("relay-kept")["frames"] > 0)
    pair.host.down()
    relay.killed()
    relay.up()
    pair.guest.up()
    pair.guest.advance(DAY_S)
    pair.until("it is read", lambda: pair.guest.texts(pair.to_host) == ["while you were away"])
    pair.host.up()
    pair.host.advance(DAY_S)
    pair.quiet()


@scenario(CUSTODY)
def a_holder_brings_a_lost_node_back(pair: Pair) -> None:
    """With nothing but the words and the holder's address; other words get nothing."""
    pair.related()
    pair.host.tell("holder-serve")
    pair.guest.tell("say", peer=pair.to_host, text="before")
    pair.guest.tell("holder-ask", peer=pair.to_host)

    def current() -> bool:
        return [each["current"] for each in pair.guest.rows("holders", "holders")] == [True]

    pair.until("the holder has everything", current)
    lost, pair.guest = pair.guest, pair.guest.elsewhere(pair.folder / "new")
    lost.killed()
    pair.guest.cannot_come_back(secret=lost.secret[::-1], holder=pair.host.endpoint)
    pair.guest.up(secret=lost.secret, holder=pair.host.endpoint)
    (peer,) = pair.guest.rows("peers", "peers")
    pair.to_host = str(peer["id"])
    pair.until("both have followed", lambda: pair.view(pair.guest)["state"] == "active")
    pair.quiet()
    pair.sentinel(pair.guest)
    pair.same("what the host reads", pair.host.texts(pair.to_guest), ["before", "the last word of the guest"])
