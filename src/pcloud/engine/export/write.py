"""Write a relationship as one file that anybody can verify (spec 19 §2)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pcloud.engine.export.sides import Sides, sender_of
from pcloud.engine.lines import parties
from pcloud.engine.snapshot import Entry, History, Relationship
from pcloud.errors import Violation
from pcloud.wire import cose
from pcloud.wire.answers import read_answer
from pcloud.wire.files.export import Former, Items, Log, Message, Opening, Receipted, Record, write_file
from pcloud.wire.header import SignedHeader
from pcloud.wire.keylog import KeyLog

Place = tuple[int, int, int]
"""Both epochs, the sender's first, and a number."""
Show = Callable[[Entry], Collection[int]]
"""Which items of a message are to be shown: 1 is the first."""


_SHOW: Mapping[Items, Show] = {
    Items.ALL: lambda entry: range(1, len(entry.parts)),
    Items.NONE: lambda _entry: (),
}


class Origin(NamedTuple):
    """How the two met, as it was signed. A node keeps it beside the scope; what it has not got is None."""

    invitation: bytes | None = None
    succession: bytes | None = None
    """What ties the persona of the invitation to the one that followed it (spec 03 §5)."""


UNKNOWN = Origin()


def write_export(
    relationship: Relationship,
    history: History,
    now: int,
    *,
    origin: Origin = UNKNOWN,
    receipts: Sequence[bytes] = (),
    items: Items | Show = Items.ALL,
) -> Iterator[bytes]:
    """The pieces of the file, one record each; joined they are the file.

    `receipts` are signed receipts of the peer beside its newest, where a node has kept some of earlier
    numbers and epochs. `items` are all, none, or those that it chooses; all proofs hold the same.
    """
    records = _records(relationship, history, origin, receipts, items)
    return write_file(records, parties(relationship), max(now, relationship.clock), relationship.me.key)


def _records(
    relationship: Relationship,
    history: History,
    origin: Origin,
    receipts: Sequence[bytes],
    items: Items | Show,
) -> Iterator[Record]:
    logs, founding = (relationship.me.log, relationship.peer.log), relationship.sealing.founding
    sides = Sides(logs, founding, None, tied=False)
    said = [_said(sides, history, mine=mine) for mine in (True, False)]
    left_out = sum(len(side.entries) - len(side.newest) for side in said)
    which, show = (items, _SHOW[items]) if isinstance(items, Items) else (Items.SOME, items)
    yield Opening(founding, origin.invitation, origin.succession, which, left_out)
    for log in logs:
        yield Log(tuple(event.data for event in log.events))
    for side in said:
        yield from _lines(side, relationship.unaffirmed, show)
    for receipt in _receipts(relationship, origin, receipts):
        yield Receipted(receipt)


class _Said(NamedTuple):
    """What is held of one side's messages, as far as a verifier takes it."""

    sender: KeyLog
    entries: Mapping[bytes, Entry]
    """By first id."""
    headers: Sequence[Entry]
    """Newest and earlier ones, line by line."""
    newest: Mapping[bytes, bytes]
    """Id of the newest header, by first id."""


def _said(sides: Sides, history: History, *, mine: bool) -> _Said:
    sender, recipient = sides.log(mine=mine), sides.log(mine=not mine)
    entries = {entry.first_id: entry for entry in history.sequence(mine=mine)}
    former = _former(list(entries.values()), history, (sender.epoch, recipient.epoch), mine=mine)
    headers = [entry for entry in (*entries.values(), *former) if _is_provable(sides, entry.signed)]
    headers.sort(key=_order)
    return _Said(sender, entries, headers, {entry.first_id: entry.signed.id for entry in headers})


def _is_provable(sides: Sides, signed: SignedHeader) -> bool:
    """Whether a verifier takes the header.

    Not what another copy signed under an event that lost; nor what a thief signed for epochs that never
    were, and the peer gave back.
    """
    header = signed.header
    if header.first is not None and header.first.generation >= header.generation:
        return False
    try:
        log = sides.log(mine=sender_of(sides, header))
    except Violation:
        return False
    return log.events[header.sender_epoch].signing_key == signed.signer


def _order(entry: Entry) -> tuple[int, int, int, bytes]:
    header = entry.signed.header
    return header.generation, header.sender_epoch, header.number, entry.signed.id


def _lines(side: _Said, unaffirmed: frozenset[bytes], show: Show) -> Iterator[Record]:
    """Each message under its newest header, its earlier ones alone."""
    for header in side.headers:
        signed, entry = header.signed, side.entries[header.first_id]
        if signed.id != side.newest[header.first_id]:
            yield Former(signed.data)
            continue
        shown = show(entry)
        items = [part if place in shown else None for place, part in enumerate(entry.parts[1:], 1)]
        parts = (*entry.parts[:1], *items)
        verdict = None if entry.verdict is None else str(entry.verdict)
        first = None if signed.header.first is None else _first_epoch(side.sender, entry)
        yield Message(signed.data, verdict, header.first_id in unaffirmed, first, parts)


def _first_epoch(sender: KeyLog, entry: Entry) -> int | None:
    """In which epoch a message that was sent again was first signed: records name that key (spec 08 §4)."""
    return next((event.seq for event in sender.events if event.signing_key == entry.signer), None)


def _former(
    entries: Sequence[Entry], history: History, epochs: tuple[int, int], *, mine: bool
) -> Iterator[Entry]:
    """Earlier headers of messages that were sent again, as far as they are held.

    They are looked for where messages say that they stood first, at the beginning of each line, and beside
    what is found: numbers are never counted through, since a peer could name any.
    """
    looked = {_place(entry) for entry in entries}
    waiting = [beside for place in looked for beside in _beside(place)]
    waiting += [(sender, recipient, 1) for sender, recipient in _pairs(epochs)]
    waiting += [place for entry in entries for place in _first_places(entry, epochs)]
    while waiting:
        place = waiting.pop()
        if place in looked:
            continue
        looked.add(place)
        sender, recipient, number = place
        entry = history.at(mine=mine, epochs=(sender, recipient), number=number)
        if entry is not None:
            yield entry
            waiting.extend(_beside(place))


def _place(entry: Entry) -> Place:
    header = entry.signed.header
    return header.sender_epoch, header.recipient_epoch, header.number


def _beside(place: Place) -> tuple[Place, Place]:
    sender, recipient, number = place
    return (sender, recipient, number + 1), (sender, recipient, number - 1)


def _pairs(epochs: tuple[int, int]) -> Iterator[tuple[int, int]]:
    return ((sender, recipient) for sender in range(epochs[0] + 1) for recipient in range(epochs[1] + 1))


def _first_places(entry: Entry, epochs: tuple[int, int]) -> Iterator[Place]:
    """Where a message may have stood first: a generation is the sum of two epochs."""
    first = entry.signed.header.first
    if first is not None:
        for sender, recipient in _pairs(epochs):
            if sender + recipient == first.generation:
                yield sender, recipient, first.number


def _receipts(relationship: Relationship, origin: Origin, more: Iterable[bytes]) -> Iterator[bytes]:
    """The peer's receipts, each once. One of an invitation's persona is proven only with the invitation."""
    newest = relationship.notices.peer_receipt
    found = dict.fromkeys([*more, *(() if newest is None else (newest,))])
    persona = relationship.peer.log.persona
    for data in found:
        receipt = read_answer(cose.RECEIPT, cose.parse_sign1(data, cose.RECEIPT).payload)
        if receipt.parties.sender == persona or origin.invitation is not None:
            yield data
