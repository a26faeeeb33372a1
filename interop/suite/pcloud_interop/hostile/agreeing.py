"""Terms and data between a node and the hostile peer, honestly (chapters 08 and 09)."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pcloud_interop.hostile.lines import Got, Sent
from pcloud_interop.hostile.meeting import said
from pcloud_interop.hostile.peer import Peer
from pcloud_interop.hostile.wire.cbor import dec, enc
from pcloud_interop.hostile.wire.secrets import Signer, sha
from pcloud_interop.hostile.wire.signing import input2, read1
from pcloud_interop.live.node import MismatchError
from pcloud_interop.live.pair import DAY_S, SERVICE, TERMS
from pcloud_interop.spec import Spec

if TYPE_CHECKING:
    from pcloud_interop.hostile.ground import Ground

NAME: Final = "profile.name"
USE: Final = "dpv:Use"
TYP: Final = "pcloud-agreement"


class Entry(NamedTuple):
    """Terms of the roster, as a proffer names them."""

    roster: bytes
    terms: str
    text: bytes
    machine: bytes


def entry(terms: str = TERMS) -> Entry:
    """Terms of the published roster."""
    read = read1(Spec().roster())
    name, _, text, machine = next(each for each in read.payload[4] if each[0] == terms)
    return Entry(read.id, name, text, sha(machine))


def proffer_body(peer: Peer, terms: str = TERMS) -> dict[int, Any]:
    """The body of a proffer, open for a day."""
    one = entry(terms)
    return {1: one.roster, 2: one.terms, 3: one.text, 4: one.machine, 5: peer.now() + DAY_S}


def record(proffer: dict[int, Any], first: bytes, second: bytes, id_: bytes, seal_by: int) -> dict[int, Any]:
    """What both parties sign."""
    held = {1: 1, 2: proffer[1], 3: proffer[2], 4: proffer[3], 5: proffer[4], 6: first, 7: second}
    more = {10: proffer[6]} if 6 in proffer else {}
    return held | {8: id_, 9: seal_by} | more


def signature(by: Signer, payload: dict[int, Any]) -> bytes:
    """A party's, over the record."""
    return by.sign(input2(TYP, by.public, payload))


def accept_body(peer: Peer, proffer: Got, *, seal_by: int | None = None) -> dict[int, Any]:
    """The second party's yes to a proffer of the node."""
    until = peer.now() + DAY_S if seal_by is None else seal_by
    payload = record(proffer.body, peer.other.id, peer.persona.id, proffer.id, until)
    return {1: proffer.id, 2: until, 3: signature(peer.persona.key, payload)}


def seal_body(peer: Peer, proffer: Sent, body: dict[int, Any], accept: Got) -> dict[int, Any]:
    """The first party's signature, under what the node has accepted."""
    payload = record(body, peer.persona.id, peer.other.id, proffer.id, accept.body[2])
    return {1: accept.id, 2: signature(peer.persona.key, payload)}


def proffered(ground: "Ground") -> Got:
    """The node proffers; what its peer got."""
    peer = ground.peer
    told = ground.node.tell("proffer", peer=ground.to_peer, terms=TERMS)
    ground.negotiation = told["negotiation"]
    got: Got = peer.until("the node's proffer", lambda: said(peer, "terms.proffer"))
    return got


def accepted(ground: "Ground") -> tuple[Sent, dict[int, Any], Got]:
    """The peer proffers, and the node agrees: the proffer, its body, the acceptance."""
    peer, body = ground.peer, proffer_body(ground.peer)
    sent = peer.say("terms.proffer", body)
    peer.judged(sent)
    (waits,) = ground.node.rows("terms", "negotiations", peer=ground.to_peer)
    ground.negotiation = waits["id"]
    ground.node.tell("agree", negotiation=waits["id"])
    accept: Got = peer.until("the node's acceptance", lambda: said(peer, "terms.accept"))
    return sent, body, accept


def agree(ground: "Ground") -> None:
    """Terms in force; the person is the first party."""
    peer = ground.peer
    if ground.invites:
        sent, body, accept = accepted(ground)
        seal = seal_body(peer, sent, body, accept)
        peer.judged(peer.say("terms.seal", seal, thread=sent.id))
        payload = record(body, peer.persona.id, peer.other.id, sent.id, accept.body[2])
        ground.agreement = sha(input2(TYP, peer.persona.key.public, payload))
        ground.proffer, ground.acceptance = sent.id, accept.id
    else:
        got = proffered(ground)
        yes = accept_body(peer, got)
        sent = peer.say("terms.accept", yes, thread=got.id)
        peer.judged(sent)
        peer.until("the node's seal", lambda: said(peer, "terms.seal"))
        payload = record(got.body, peer.other.id, peer.persona.id, got.id, yes[2])
        ground.agreement = sha(input2(TYP, peer.other.public, payload))
        ground.proffer, ground.acceptance = got.id, sent.id
    ground.settle()
    (found,) = ground.node.rows("terms", "negotiations", peer=ground.to_peer)
    if (found["state"], found["agreement"]) != ("agreed", ground.agreement.hex()):
        raise MismatchError(f"both have signed, and terms are {found['state']}")


def claims(ground: "Ground", **more: Any) -> dict[int, Any]:
    """What a request or a present says beside its fields."""
    until = ground.peer.now() + 30 * DAY_S
    held = {1: ground.agreement, 3: USE, 4: [SERVICE], 5: until, 6: True}
    return held | {int(key[1:]): value for key, value in more.items()}


def request_body(ground: "Ground", **more: Any) -> dict[int, Any]:
    """The body of a question for a name."""
    return claims(ground, **({"k2": [[NAME, True, None]]} | more))


def present_body(ground: "Ground", **more: Any) -> dict[int, Any]:
    """The body of a gift of a name, asked or not."""
    return claims(ground, **({"k2": [[NAME, 1]]} | more))


def give(ground: "Ground") -> None:
    """The person gives its name: the peer's, unasked; the node's, when it is asked."""
    peer = ground.peer
    if ground.invites:
        body = present_body(ground)
        sent = peer.say("disclosure.present", body, [enc("Mallory")], agreement=ground.agreement)
        if (verdict := peer.judged(sent)) != "applied":
            raise MismatchError(f"an honest gift is {verdict}")
        ground.grant = sent.id
    else:
        ground.node.tell("set", path=NAME, value="Anna")
        asked = peer.say("disclosure.request", request_body(ground), agreement=ground.agreement)
        if (verdict := peer.judged(asked)) != "applied":
            raise MismatchError(f"an honest question is {verdict}")
        (waits,) = [each for each in ground.node.rows("asks", "asks") if each["peer"] == ground.to_peer]
        ground.node.tell("answer", ask=waits["ask"])
        got: Got = peer.until("what the node gives", lambda: said(peer, "disclosure.present"))
        if [item and dec(item) for item in got.items] != ["Anna"]:
            raise MismatchError("the node gives something else")
        ground.grant = got.id
    ground.settle()
