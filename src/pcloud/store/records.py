"""Entries, invitations of one's own and asks as rows, and back."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pcloud.engine.asks import AskRow, Inbound, Outbound, Taken
from pcloud.engine.invitations import InvitationScope
from pcloud.engine.snapshot import Entry
from pcloud.kernel.thread import Seen, Thread
from pcloud.store.codec import decode, encode, read_thread_data, reader, thread_data
from pcloud.store.port import Desk, Offer
from pcloud.wire import cose
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.invitation import Invitation
from pcloud.wire.keylog import stored_log
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part

# Entries


class EntryRow(NamedTuple):
    """An entry without its items; `id` is given only where it is not the first id."""

    first_id: bytes
    id: bytes | None
    mine: int
    verdict: str | None
    first_signer: bytes | None
    signed: bytes
    salt: bytes | None
    body: bytes | None


class ItemRow(NamedTuple):
    """One item of an entry: a row of its own, so that it can go without a trace."""

    place: int
    salt: bytes
    data: bytes


def entry_row(entry: Entry) -> EntryRow:
    """The row of an entry. Taken apart by position: this is the path of every message."""
    (header, id_, _, data), parts, verdict, mine, first_signer = entry
    salt, body = parts[0] or (None, None)
    first = header.first
    if first is None:
        return EntryRow(id_, None, mine, verdict, first_signer, data, salt, body)
    return EntryRow(first.id, id_, mine, verdict, first_signer, data, salt, body)


def item_rows(entry: Entry) -> list[ItemRow]:
    """The rows of its items that are still held."""
    return [ItemRow(place, *part) for place, part in enumerate(entry.parts) if place and part is not None]


@reader
def read_signed(data: bytes) -> SignedHeader:
    """A signed header of one's own store: nothing is verified again. Raises DamagedError."""
    signed = cose.parse_sign1(data, cose.HEADER)
    return SignedHeader(read_header(signed.payload), signed.id, signed.kid, data)


def read_entry(row: EntryRow, signed: SignedHeader, items: Iterable[ItemRow]) -> Entry:
    """The entry of a row, its signed header and its items."""
    body = None if row.salt is None or row.body is None else Part(row.salt, row.body)
    parts: tuple[Part | None, ...] = (body,)
    if len(signed.header.digests) > 1:
        held = {item.place: Part(item.salt, item.data) for item in items}
        parts += tuple(held.get(place) for place in range(1, len(signed.header.digests)))
    return Entry(signed, parts, row.verdict, bool(row.mine), row.first_signer)


# Threads


class ThreadRow(NamedTuple):
    """A thread."""

    id: bytes
    machine: str
    opener: bytes
    state: str
    data: bytes
    opener_generation: int
    opener_number: int
    other_generation: int
    other_number: int


def thread_row(thread: Thread) -> ThreadRow:
    """The row of a thread."""
    held = thread_data(thread.data)
    return ThreadRow(
        thread.id, thread.machine, thread.opener, thread.state, held, *thread.seen.opener, *thread.seen.other
    )


@reader
def read_thread(row: ThreadRow) -> Thread:
    """The thread of a row. Raises DamagedError."""
    held = read_thread_data(row.data)
    seen = Seen((row.opener_generation, row.opener_number), (row.other_generation, row.other_number))
    return Thread(row.id, row.machine, row.opener, row.state, held, seen)


# Invitations of one's own


class OfferRow(NamedTuple):
    """What of an invitation never changes."""

    invitation: bytes
    key_seed: bytes
    key_public: bytes
    receiving_seed: bytes
    receiving_public: bytes
    blob_mailbox: bytes
    blob_key: bytes


class UseRow(NamedTuple):
    """What its uses change."""

    used: int
    pending: bytes
    withdrawn: int


def offer_row(offer: Offer) -> OfferRow:
    """The row of what never changes."""
    scope = offer.state
    *plain, terms, id_, data = scope.invitation[1:]
    log = [event.data for event in scope.invitation.log.events]
    return OfferRow(
        encode(log, plain, None if terms is None else list(terms), id_, data),
        scope.key.seed,
        scope.key.public,
        scope.receiving.seed,
        scope.receiving.public,
        offer.blob_mailbox,
        offer.blob_key,
    )


def use_row(offer: Offer) -> UseRow:
    """The row of its uses."""
    return UseRow(offer.state.used, encode(*offer.state.pending), int(offer.withdrawn))


@reader
def read_offer(scope: bytes, row: OfferRow, use: UseRow) -> Offer:
    """An invitation of its two rows. Raises DamagedError."""
    log, plain, terms, id_, data = decode(row.invitation, 5)
    receiving, mailbox, endpoints, *rest = plain
    accepted = None if terms is None else tuple(terms)
    fields = (stored_log(log), receiving, mailbox, tuple(endpoints), *rest, accepted, id_, data)
    state = InvitationScope(
        Invitation(*fields),
        SigningKey.stored(row.key_seed, row.key_public),
        HybridKey.stored(row.receiving_seed, row.receiving_public),
        use.used,
        tuple(decode(use.pending)),
    )
    return Offer(scope, state, row.blob_mailbox, row.blob_key, bool(use.withdrawn))


# Asks


class SourceRow(NamedTuple):
    """What a target remembers of one source."""

    source: str
    taken: bytes | None
    forgotten: int | None


def outbound_row(outbound: Outbound) -> bytes:
    """A source's asks."""
    return encode(dict(outbound.numbers), [list(row) for row in outbound.open])


def _read_outbound(data: bytes) -> Outbound:
    numbers, rows = decode(data, 2)
    return Outbound(numbers, tuple(AskRow(*row) for row in rows))


def source_rows(inbound: Inbound, before: Inbound) -> dict[str, SourceRow | None]:
    """The rows of the sources of which something changed; None where nothing is remembered any more."""
    changed = _changed(inbound.taken, before.taken) | _changed(inbound.forgotten, before.forgotten)
    return {source: _source_row(inbound, source) for source in sorted(changed)}


def _changed(now: Mapping[str, object], before: Mapping[str, object]) -> set[str]:
    if now is before:
        return set()
    changed = {key for key, value in now.items() if before.get(key) is not value and before.get(key) != value}
    return changed | (before.keys() - now.keys())


def _source_row(inbound: Inbound, source: str) -> SourceRow | None:
    taken, forgotten = inbound.taken.get(source), inbound.forgotten.get(source)
    if taken is None and forgotten is None:
        return None
    rows = None if taken is None else encode(*(list(each) for each in taken))
    return SourceRow(source, rows, forgotten)


@reader
def read_desk(outbound: bytes | None, sources: Iterable[SourceRow]) -> Desk:
    """A scope's asks. Raises DamagedError."""
    taken: dict[str, tuple[Taken, ...]] = {}
    forgotten: dict[str, int] = {}
    for row in sources:
        if row.taken is not None:
            taken[row.source] = tuple(Taken(*each) for each in decode(row.taken))
        if row.forgotten is not None:
            forgotten[row.source] = row.forgotten
    return Desk(Outbound() if outbound is None else _read_outbound(outbound), Inbound(taken, forgotten))
