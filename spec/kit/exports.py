"""Exports, right and wrong: the records of a conversation, and the file around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from spec.kit.cbor import Value, enc, head
from spec.kit.cose import Signed, sign1
from spec.kit.fold import Entry
from spec.kit.identity import Persona, succession
from spec.kit.keys import sha
from spec.kit.messages import answer, answer_front
from spec.kit.talk import Side, Talk

LINE = b"pcloud-export/1\n"
OPENING, LOG, MESSAGE, FORMER, RECEIPT, END = range(6)
Record = list[Value]


def framed(record: Value) -> bytes:
    """A record as it stands in a file."""
    content = enc(record)
    return head(2, len(content)) + content


def header_of(talk: Talk, entry: Entry) -> bytes:
    """The signed header of an entry."""
    told = talk.told[talk.log.index(entry)]
    assert isinstance(told, dict)
    signed = told["signed"]
    assert isinstance(signed, str)
    return bytes.fromhex(signed)


def receipt(by: Persona, to: Persona, last: Entry, *refusals: Value) -> Signed:
    """A receipt up to a message."""
    payload: Value = [*answer_front(by, to), last.header.number, last.id, list(refusals)]
    return answer(by, "receipt", payload)


@dataclass
class Export:
    """A file in parts that can be changed before it is signed."""

    exporter: Persona
    peer: Persona
    opening: Record
    lines: list[Record]
    receipts: list[Record] = field(default_factory=list)
    logs: list[Record] = field(default_factory=list)
    time: int = 1798800000

    def __post_init__(self) -> None:
        self.logs = [[LOG, list(one.log)] for one in (self.exporter, self.peer)]

    def records(self) -> list[Record]:
        """All before the end."""
        return [self.opening, *self.logs, *self.lines, *self.receipts]

    def before(self) -> bytes:
        """The bytes of the file before its end."""
        return LINE + b"".join(map(framed, self.records()))

    def payload(self) -> Record:
        """What the exporter signs."""
        who: Record = [self.exporter.id, self.peer.id, self.exporter.epoch, self.peer.epoch]
        return [1, *who, self.time, len(self.records()), sha(self.before())]

    def end(self) -> bytes:
        """The record of the end."""
        signed = sign1(self.exporter.key, "pcloud-export", self.payload())
        return framed([END, signed.data])

    def data(self) -> bytes:
        """The whole file."""
        return self.before() + self.end()


def line_order(entry: Entry) -> tuple[int, int, int, bytes]:
    """The order in a file."""
    return entry.generation, entry.header.sender_epoch, entry.header.number, entry.id


Shown = list[tuple[bytes, int]]
"""Items that are put in: first id of the message, and place."""


def message(talk: Talk, entry: Entry, *, shown: Shown | None = None, waits: bool = False) -> Record:
    """The record of a message, with all its items or these; a refused one has no parts any more."""
    parts: Value = [None if one is None else list(one) for one in talk.parts[entry.first]]
    assert isinstance(parts, list)
    if shown is not None:
        places = {place for first, place in shown if first == entry.first}
        parts = [one if place in {0, *places} else None for place, one in enumerate(parts)]
    if entry.verdict != "applied":
        parts = [None for _ in parts]
    first = 0 if entry.header.first else None
    return [MESSAGE, header_of(talk, entry), None if waits else entry.verdict, False, first, parts]


def said_by(talk: Talk, side: Side, shown: Shown | None = None) -> list[Record]:
    """The lines of one side: each message under its newest header, earlier ones alone."""
    own = sorted((one for one in talk.log if one.header.sender == side.one.id), key=line_order)
    newest = {one.first: one for one in own}
    return [
        message(talk, one, shown=shown) if newest[one.first] is one else [FORMER, header_of(talk, one)]
        for one in own
    ]


def export(talk: Talk, side: Side, *, shown: Shown | None = None, met: bool = True) -> Export:
    """All that one side holds, or of its items only these; `met` adds how the two met."""
    peer = talk.other if side is talk.opener else talk.opener
    founding: Record = [side.one.id, peer.one.id]
    founding[0 if side is talk.other else 1] = talk.inviting.id
    tied = succession(talk.inviting, talk.other.one, talk.opener.one.id).data
    proofs: Record = [talk.invitation.data, tied] if met else [None, None]
    items = 1 if shown is None else 2 if shown else 0
    opening: Record = [OPENING, *founding, *proofs, items, 0]
    lines = [*said_by(talk, side, shown), *said_by(talk, peer, shown)]
    return Export(side.one, peer.one, opening, lines)
