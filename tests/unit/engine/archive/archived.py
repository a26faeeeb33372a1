"""Volumes of nodes in memory, written and read; and volumes that somebody makes up."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from pcloud.engine.archive import coding
from pcloud.engine.archive.chain import Link, next_manifest
from pcloud.engine.archive.kept import Beside, can_come_back, kept, restored
from pcloud.engine.archive.reading import read
from pcloud.engine.archive.rows import (
    End,
    Former,
    Judged,
    Kept,
    Marked,
    Met,
    Node,
    Row,
    Said,
)
from pcloud.engine.archive.writing import Writer
from pcloud.engine.export.write import Origin
from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.engine.sealing import fresh_receiving
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code, Violation
from pcloud.features.conversation.say import ConversationSay
from pcloud.kernel.message import Message
from pcloud.limits import ARCHIVE_IDS_MAX
from pcloud.testing import node as nodes
from pcloud.testing.node import exchange
from pcloud.testing.story import WORDS as STORY
from pcloud.testing.story import Story
from pcloud.wire import cbor
from pcloud.wire.files.archive import Sealer
from pcloud.wire.keylog import KeyLog, manifest_seed, next_event, next_key, pool
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.manifest import Manifest

WORDS = bytes(range(32))
KEY = HybridKey.from_seed(manifest_seed(WORDS))
SECRET, NONCE = b"\3" * 32, b"\4" * 12
SCOPE = b"s" * 16
NOW = 1_800_000_000
FULL = Manifest(1, 4_096, NOW, 1, 1, None, 0)
NODE = Node("Anna", "person", NOW)


class Told(NamedTuple):
    """The two of the story with terms, a talk, a theft and two recoveries; both have sent again."""

    anna: nodes.Node
    shop: nodes.Node


@cache
def told() -> Told:
    story = Story(lambda _: None)
    story.meet()
    thread = story.agree()
    story.talk()
    story.cross(thread)
    story.steal_and_recover()
    anna, shop = story.anna.clone("anna from a copy"), story.shop
    exchange(story.anna, shop, story.anna.say(*said("What the copy has not got.")))
    exchange(shop, story.anna, shop.say(*said("Nor this.")))
    anna.say(*said("What only the copy has."))
    log, key = anna.relationship.me.log, SigningKey.from_seed(b"k" * 32)
    contact, committed = HybridKey.from_seed(b"c" * 32), next_key(STORY, 1, 0)
    event = next_event(log, committed, key.public, contact.public, pool(STORY, 2, 0, 1)[0])
    anna.contact_keys.append(contact)
    exchange(anna, shop, anna.recover(KeyLog((*log.events, event)), key))
    return Told(anna, shop)


def said(text: str) -> tuple[Message, None, tuple[bytes, ...]]:
    """Something to say in a thread of its own."""
    message, items = ConversationSay.pack(text)
    return message, None, items


def origin_of(node: nodes.Node) -> Origin:
    """How the two of the story met, as this side keeps it."""
    invitation = told().shop.scope
    assert invitation is not None
    introduced = told().shop.relationship.me.introduction
    own = None if introduced is None else introduced.succession
    return Origin(invitation.invitation.data, node.relationship.peer.succession or own)


def met_of(node: nodes.Node) -> Met:
    """What a list would show of the relationship."""
    invitation = node.relationship.me.invitation
    return Met(
        asked=True,
        state="active",
        name="Flora",
        purpose="flowers",
        kind="person",
        role=None,
        invitation=invitation,
        created=NOW,
        heard=0,
    )


def kept_of(node: nodes.Node, scope: bytes = SCOPE, origin: Origin | None = None) -> Kept:
    """The row of the node's relationship."""
    assert can_come_back(node.relationship)
    where = origin_of(node) if origin is None else origin
    beside = Beside(met_of(node), where, (b"o" * 16,), tuple(node.contact_keys))
    return kept(scope, node.relationship, beside)


def rows_of(node: nodes.Node, scope: bytes = SCOPE) -> list[Row]:
    """Everything of a node in memory."""
    rows: list[Row] = [NODE, kept_of(node, scope)]
    marked = sorted(node.relationship.unaffirmed)
    rows += [
        Marked(scope, tuple(marked[at : at + ARCHIVE_IDS_MAX]))
        for at in range(0, len(marked), ARCHIVE_IDS_MAX)
    ]
    rows += [Former(scope, bare(entry)) for entry in formers(node)]
    rows += [Said(scope, entry) for entry in node.log.by_first_id.values()]
    return rows


def formers(node: nodes.Node) -> list[Entry]:
    """Headers that stand no longer."""
    now = {entry.signed.id for entry in node.log.by_first_id.values()}
    return [entry for entry in node.log._by_place.values() if entry.signed.id not in now]


def bare(entry: Entry) -> Entry:
    """An entry as a former header stands: without parts."""
    return entry._replace(parts=(None,) * len(entry.signed.header.digests))


def volume(rows: Iterable[Row], manifest: Manifest = FULL, upto: int = 0) -> bytes:
    """A volume as anybody with the public half can make it."""
    writer = Writer(manifest, KEY.public, SECRET, NONCE)
    return writer.begin() + b"".join(writer.add((row,)) for row in rows) + b"".join(writer.end(upto))


def linked(rows: Iterable[Row], link: Link | None, upto: int) -> tuple[bytes, Link]:
    """The next volume of a chain, and what the one after it builds on."""
    writer = Writer(next_manifest(link, 0, 4_096, NOW), KEY.public, SECRET, NONCE)
    data = writer.begin() + writer.add(rows) + b"".join(writer.end(upto))
    return data, writer.link()


def made_of(encoded: Iterable[bytes], manifest: Manifest = FULL) -> bytes:
    """A volume of any byte strings as rows, sealed as it should be."""
    sealer = Sealer(manifest, KEY.public, SECRET, NONCE)
    return sealer.opening + b"".join(sealer.add(row) for row in encoded) + b"".join(sealer.end())


def rows_in(data: bytes | Iterable[bytes]) -> list[Row | End]:
    """All rows of a volume, the end last."""
    return list(read(KEY, (data,) if isinstance(data, bytes) else data).rows)


def refusal(data: bytes, key: HybridKey = KEY) -> Code:
    """The code with which a volume is refused."""
    try:
        list(read(key, (data,)).rows)
    except Violation as violation:
        return violation.code
    raise AssertionError("the volume was accepted")


def changed(rows: Iterable[Row], change: Callable[[Any], Any]) -> bytes:
    """A volume of rows, each changed as plain values before it is encoded again."""
    values = [cbor.decode(coding.encode(row)) for row in rows]
    count = len(values)
    return made_of(cbor.encode(value) for value in change([*values, [9, 0, count]]))


class Restored(NamedTuple):
    """What a chain of rows makes, as a node that takes them in order has it."""

    node: Node
    kept: dict[bytes, Kept]
    entries: dict[tuple[bytes, bytes], Entry]
    marked: dict[bytes, set[bytes]]
    formers: list[Entry]


def taken(rows: Iterable[Row | End]) -> Restored:
    """Take rows as spec 21 says."""
    found = Restored(NODE, {}, {}, {}, [])
    for row in rows:
        match row:
            case Kept():
                found.kept[row.scope] = row
                found.marked[row.scope] = set()
            case Marked():
                found.marked[row.scope].update(row.ids)
            case Said():
                found.entries[row.scope, row.entry.first_id] = row.entry
            case Judged():
                known = found.entries.get((row.scope, row.first_id))
                if known is not None:
                    found.entries[row.scope, row.first_id] = known._replace(verdict=row.verdict)
            case Former():
                found.formers.append(row.entry)
            case _:
                pass
    return found


def back(rows: Iterable[Row | End], name: str = "back", scope: bytes = SCOPE) -> nodes.Node:
    """A node in memory as the rows say, before its recovery."""
    found = taken(rows)
    node = nodes.Node(name, nodes.Clock(NOW))
    row = found.kept[scope]
    for entry in (*found.formers, *(each for (of, _), each in found.entries.items() if of == scope)):
        node.log.put(entry)
    node.contact_keys = [HybridKey.from_seed(seed) for seed in row.me.contact_seeds]
    scope_now = restored(row, SigningKey.from_seed(node.draw(32)), fresh_receiving(node.draw, 1))
    state = fold(node.log.by_first_id.values(), STANDARD, frozenset(found.marked[scope]))
    for id_, thread in state.threads.items():
        node.log.threads[id_] = thread
    node.relationship = scope_now._replace(unaffirmed=frozenset(found.marked[scope]))
    return node


def pieces_of(data: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    """The bytes in pieces, cut where it is said."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        yield data[start:end]
