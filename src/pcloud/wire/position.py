"""Positions: what `recover` and `recovered` say of the log that is held (spec 06 §2)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pcloud.limits import (
    KEY_EVENTS_MAX,
    MAILBOX_BYTES,
    POSITION_LINES_MAX,
    POSITION_REFUSALS_MAX,
    POSITION_STEPS_MAX,
    PROTOCOL_VERSION,
)
from pcloud.wire import cbor, cose
from pcloud.wire.answers import (
    KeyOffer,
    Parties,
    Refusal,
    check_key,
    read_key,
    read_parties,
    read_refusals,
    write_key,
    write_refusals,
)
from pcloud.wire.keys import SigningKey
from pcloud.wire.shape import (
    array,
    endpoints,
    epoch,
    fixed,
    flag,
    octets,
    optional_id,
    persona,
    raw,
    shape,
    unsigned,
    versioned,
)


class LineHeads(NamedTuple):
    """Ids along one line, newest first at n, n-1, n-2, n-4, n-8 ... and 1, and the refusals in it."""

    outgoing: bool
    sender_epoch: int
    recipient_epoch: int
    heads: tuple[tuple[int, bytes], ...]
    refusals: tuple[Refusal, ...]


class Position(NamedTuple):
    """A party's whole standing in a relationship after a restore, or its answer to one."""

    parties: Parties
    key: KeyOffer
    event: bytes | None
    """In `recovered`, the key event it answers; null in `recover`."""
    log: tuple[bytes, ...]
    mailbox: bytes
    endpoints: tuple[str, ...]
    lines: tuple[LineHeads, ...]


def steps(last: int) -> tuple[int, ...]:
    """The numbers of a line that a position names: last, then last minus 1, 2, 4, 8 ..., and always 1."""
    found = [last] if last else []
    back = 1
    while last - back > 1:
        found.append(last - back)
        back *= 2
    if last > 1:
        found.append(1)
    return tuple(found)


def sign_position(key: SigningKey, typ: str, position: Position) -> bytes:
    """Sign as `recover` or `recovered`."""
    lines = [
        [
            line.outgoing,
            line.sender_epoch,
            line.recipient_epoch,
            [list(head) for head in line.heads],
            write_refusals(line.refusals),
        ]
        for line in position.lines
    ]
    values = [
        PROTOCOL_VERSION,
        *position.parties,
        None,
        write_key(position.key),
        position.event,
        list(position.log),
        position.mailbox,
        list(position.endpoints),
        lines,
    ]
    return cose.sign1(key, typ, cbor.encode(values))


def read_position(typ: str, payload: bytes) -> Position:
    """Read the payload of a position, `recover` or `recovered`. Raises Violation at stage form."""
    values: list[Any] = versioned(cbor.decode_list(payload), 12)
    key = read_key(values[6])
    if values[5] is not None or key is None:
        raise shape("position names a key and no session")
    if (typ == cose.RECOVERED) is (values[7] is None):
        raise shape("recovered names the event it answers, recover none")
    position = Position(
        read_parties(values),
        key,
        optional_id(values[7]),
        tuple(raw(event) for event in array(values[8], 1, KEY_EVENTS_MAX)),
        octets(values[9], MAILBOX_BYTES),
        endpoints(values[10]),
        tuple(_line(line) for line in array(values[11], 0, POSITION_LINES_MAX)),
    )
    check_key(key)
    return position


def _line(value: Any) -> LineHeads:
    outgoing, sender_epoch, recipient_epoch, heads, refusals = fixed(value, 5)
    return LineHeads(
        flag(outgoing),
        epoch(sender_epoch),
        epoch(recipient_epoch),
        _heads(array(heads, 1, POSITION_STEPS_MAX)),
        read_refusals(refusals, POSITION_REFUSALS_MAX),
    )


def _heads(values: Sequence[Any]) -> tuple[tuple[int, bytes], ...]:
    found = []
    for value in values:
        number, id_ = fixed(value, 2)
        found.append((unsigned(number, 1), persona(id_)))
    if tuple(number for number, _ in found) != steps(found[0][0]):
        raise shape("heads of a line")
    return tuple(found)
