"""Two nodes that know each other: whatever one seals in its session, or signs as its export, others read."""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from pcloud.engine.export.verify import verify_export
from pcloud.engine.export.write import write_export
from pcloud.errors import Stage
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.limits import EXPORT_RECORD_BYTES_MAX
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.testing.story import Story
from pcloud.wire import cbor, cose, session
from pcloud.wire.files.export import MAGIC
from pcloud.wire.files.stream import Stream, content_of, take_framed
from pcloud.wire.keys import SigningKey


class Pair(NamedTuple):
    """Two nodes that know each other, and the guest's next frame, not delivered yet."""

    guest: Node
    host: Node
    frame: bytes


def first_frame() -> Pair:
    """Before they know each other: the frame with which the guest asks."""
    clock = Clock()
    guest, host = Node("guest", clock), Node("host", clock)
    asked = invite(host, "organisation")
    pend(guest, asked, None)
    return Pair(guest, host, ask(guest, asked))


def related(*, spoken: bool) -> Pair:
    """After they have met; where they have spoken, the frame is one within a session that has begun."""
    met = first_frame()
    guest, host = met.guest, met.host
    exchange(guest, host, met.frame)
    exchange(host, guest, welcome(host, None))
    if spoken:
        exchange(guest, host, guest.say(RelationshipPause(), guest.thread))
        return Pair(guest, host, guest.say(RelationshipResume(), guest.thread))
    return Pair(guest, host, guest.say(RelationshipPause(), guest.thread))


@cache
def spoken() -> Pair:
    """The one pair that everybody uses; who changes a node takes a copy of it."""
    return related(spoken=True)


def sealed(inner: bytes) -> bytes:
    """A frame of the guest's own session with anything in it."""
    out = spoken().guest.relationship.sealing.out
    assert out is not None
    return session.seal_frame(out.frame_key, None, inner, bytes(12))


def unsealed() -> bytes:
    """What is in the guest's next frame."""
    out = spoken().guest.relationship.sealing.out
    frame = session.read_frame(spoken().frame)
    assert out is not None
    assert isinstance(frame, session.Frame)
    return session.open_frame(out.frame_key, frame)


def standing(node: Node) -> tuple[object, ...]:
    """All that a refused frame may not touch; when a notice was given is a counter."""
    known = node._relationship
    log = (dict(node.log.by_first_id), dict(node.log.threads), dict(node.log._by_place))
    return known and known._replace(notices=known.notices._replace(sent_at={})), log, list(node.told)


def answered_by_host(inner: bytes) -> None:
    """The host is given a frame with this content. A refusal before order has changed nothing."""
    node = spoken().host.clone("host")
    before = standing(node)
    refused = node.receive(sealed(inner)).refused
    if refused is None:
        return
    assert refused.stage in {Stage.SIZE, Stage.FORM, Stage.AUTHENTIC, Stage.ORDER}
    if refused.stage is not Stage.ORDER:
        assert standing(node) == before


@cache
def told() -> tuple[Node, SigningKey]:
    """A node with a long story behind it, and its signing key."""
    story = Story(lambda _: None)
    story.meet()
    thread = story.agree()
    story.cross(thread)
    story.steal_and_recover()
    return story.anna, story.anna.relationship.me.key


def exported(data: bytes) -> object:
    """Verify what a peer may make up as its export: an array of records, framed and rightly signed by it."""
    node, key = told()
    records = cbor.decode_list(data)
    me, peer = node.relationship.me.log, node.relationship.peer.log
    body = MAGIC + b"".join(map(_framed, records))
    front = [1, me.persona, peer.persona, me.epoch, peer.epoch, 0]
    payload = cbor.encode([*front, len(records), sha256(body).digest()])
    return verify_export(body + _framed([5, cose.sign1(key, cose.EXPORT, payload)])).digest


def records_of_export() -> bytes:
    """What that node's true export holds, as `exported` takes it."""
    node, _ = told()
    stream = Stream(write_export(node.relationship, node.log, node.clock.now))
    stream.take(len(MAGIC))
    records = []
    while not stream.is_over():
        records.append(cbor.decode_list(content_of(take_framed(stream, EXPORT_RECORD_BYTES_MAX))))
    return cbor.encode(records[:-1])


def keys() -> Iterator[SigningKey]:
    """Those whose signatures these nodes take."""
    yield spoken().guest.relationship.me.key
    yield told()[1]


def _framed(record: Any) -> bytes:
    content = cbor.encode(record)
    return cbor.head(2, len(content)) + content
