"""What a side can send that holds the keys and follows no rule: a thief, or a peer that lies."""

from typing import Any

from tests.unit.engine.probe import Pair, digest, made

from pcloud.engine.compose import sent
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedEntry
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.proffer import TermsProffer
from pcloud.kernel.context import Me
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.testing.node import Node, exchange
from pcloud.testing.story import small_roster
from pcloud.wire.header import First
from pcloud.wire.keylog import KeyLog, commitment, next_event, next_key
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part

DAY = 86_400


def recover(node: Node, owner: str) -> bytes:
    """The owner opens the next epoch with the words; gives the `recover` frame."""
    log = node.relationship.me.log
    key, contact = SigningKey.from_seed(node.draw(32)), HybridKey.from_seed(node.draw(32))
    node.contact_keys.append(contact)
    now, later = (next_key(digest(owner), 0, log.epoch + more) for more in (0, 1))
    event = next_event(log, now, key.public, contact.public, commitment(later.public))
    return node.recover(KeyLog((*log.events, event)), key)


def slips(
    node: Node,
    message: Message,
    thread: bytes | None = None,
    *,
    items: tuple[bytes, ...] = (),
    parts: tuple[Part, ...] | None = None,
    **header: Any,
) -> bytes:
    """The frame of a message that nothing checked, with any parts; the node goes on after it."""
    signed, own = made(node, message, thread, items, **header)
    parts = own if parts is None else parts
    relation = node.relationship
    node.relationship = relation._replace(outgoing=sent(relation.outgoing, signed))
    node.log.put(Entry(signed, parts, None, mine=True))
    return node.seal(signed.data, parts)


def again(node: Node, message: Message, entry: Entry, id_: bytes) -> bytes:
    """A message sent again, as if it had first gone out under that id."""
    header = entry.signed.header
    first = First(id_, *entry.signed.rank, entry.signed.knew[1])
    return slips(node, message, header.thread, parts=plain(entry), **at(entry), first=first)


def plain(entry: Entry) -> tuple[Part, ...]:
    return tuple(part for part in entry.parts if part is not None)


def at(entry: Entry) -> dict[str, Any]:
    """What stays the same in a message that is sent again."""
    header = entry.signed.header
    return {"name": header.name, "time": header.time, "digests": header.digests}


def rejects_late(node: Node, *ids: bytes) -> bytes:
    """A reject that is said to be sent again, from a late place of the first epochs."""
    first = First(digest("an older reject"), 0, 999, 0)
    return slips(node, RelationshipReject(ids), node.thread, first=first)


def gives_back(node: Node, entry: Entry, verdict: str) -> bytes:
    """Give the peer one of its own messages back, with any verdict."""
    message, items = RelationshipReturned.pack([ReturnedEntry(entry.signed.data, entry.parts, verdict)])
    return node.say(message, node.thread, items)


def newest(node: Node) -> Entry:
    """The last message the node has sent."""
    entry = node.log.find(node.relationship.outgoing.head)
    assert entry is not None
    return entry


def own(node: Node) -> Me:
    side = node.relationship.me
    return Me(side.log.persona, side.kind, side.key)


def agreed(two: Pair) -> Thread:
    """Anna proffers, the shop accepts, Anna's node seals: the thread of the agreement."""
    two.anna.rosters = two.shop.rosters = small_roster()
    standard = min(two.anna.rosters.values(), key=lambda each: each.terms)
    exchange(two.anna, two.shop, two.anna.say(TermsProffer.choose(standard, two.clock.now + DAY)))
    id_ = newest(two.anna).first_id
    accept = TermsAccept.sign(two.shop.log.threads[id_], own(two.shop), two.clock.now + 2 * DAY)
    exchange(two.shop, two.anna, two.shop.say(accept, id_))
    thread = two.anna.log.threads[id_]
    assert thread.state == two.shop.log.threads[id_].state == "agreed"
    return thread


def same(*nodes: Node) -> None:
    """All logs fold to one state, and what a node keeps along the way is that state."""
    assert len({node.state().digest() for node in nodes}) == 1
    for node in nodes:
        folded = node.state()
        kept = {id_: node.log.threads[id_] for id_ in folded.threads}
        assert {id_: (each.state, each.data) for id_, each in kept.items()} == {
            id_: (each.state, each.data) for id_, each in folded.threads.items()
        }
        assert dict(node.relationship.agreements) == dict(folded.agreements)


def applied(node: Node, id_: bytes) -> bool:
    entry = node.log.find(id_)
    assert entry is not None
    return entry.verdict == APPLIED


def state(node: Node) -> str:
    """The state of the relationship."""
    assert node.relationship.thread is not None
    return node.relationship.thread.state
