"""Answers: receipt, expected, fork, busy, stale. Signed, sealed, unnumbered, never retried (spec 05 §5)."""

from collections.abc import Callable
from typing import Any, NamedTuple, assert_never

from pcloud.errors import Code, Violation
from pcloud.limits import CODE_BYTES_MAX, KEY_EVENTS_MAX, PROTOCOL_VERSION, WINDOW_MESSAGES
from pcloud.wire import cbor, cose, keys
from pcloud.wire.keys import SigningKey
from pcloud.wire.shape import (
    array,
    epoch,
    fixed,
    octets,
    optional_id,
    persona,
    raw,
    shape,
    text,
    unsigned,
    versioned,
)


class KeyOffer(NamedTuple):
    """The announcement of a receiving key: its number and its X-Wing public key."""

    number: int
    public: bytes


class Parties(NamedTuple):
    """Who signs for whom, in which epochs."""

    sender: bytes
    recipient: bytes
    sender_epoch: int
    recipient_epoch: int


class Refusal(NamedTuple):
    """One message of the last window that was refused."""

    number: int
    code: str


class Receipt(NamedTuple):
    """All up to `number` were judged and committed; the last has this id; these were refused."""

    parties: Parties
    session: bytes | None
    key: KeyOffer | None
    number: int
    id: bytes | None
    refusals: tuple[Refusal, ...]


class Expected(NamedTuple):
    """The next number the sender of this answer can judge."""

    parties: Parties
    session: bytes | None
    key: KeyOffer | None
    number: int


class Fork(NamedTuple):
    """Two messages claim one place in a line: the number and id of the one that was judged."""

    parties: Parties
    session: bytes | None
    key: KeyOffer | None
    number: int
    id: bytes | None


class Busy(NamedTuple):
    """Not now: nothing was judged."""

    parties: Parties
    session: bytes | None
    key: KeyOffer | None


class Stale(NamedTuple):
    """The recipient's copy is outdated: its own key log as the signer knows it."""

    parties: Parties
    session: bytes | None
    key: KeyOffer | None
    log: tuple[bytes, ...]


Answer = Receipt | Expected | Fork | Busy | Stale

_TYPES: dict[type[Answer], str] = {
    Receipt: cose.RECEIPT,
    Expected: cose.EXPECTED,
    Fork: cose.FORK,
    Busy: cose.BUSY,
    Stale: cose.STALE,
}
ANSWER_TYPES = frozenset(_TYPES.values())


def write_key(key: KeyOffer | None) -> list[Any] | None:
    """A key announcement as it travels."""
    return None if key is None else [key.number, key.public]


def read_key(value: Any) -> KeyOffer | None:
    """Read the shape of an announcement or null; `check_key` comes after the whole payload (spec 02 §3.2).

    Raises Violation `shape`.
    """
    if value is None:
        return None
    number, public = fixed(value, 2)
    return KeyOffer(unsigned(number, 1), raw(public))


def check_key(key: KeyOffer | None) -> None:
    """Refuse an announced key that is none. Raises Violation (form): key-encoding, key-small-order."""
    if key is not None:
        keys.check_hybrid_public(key.public)


def write_refusals(refusals: tuple[Refusal, ...]) -> list[Any]:
    """Refusals as they travel."""
    return [list(refusal) for refusal in refusals]


def read_refusals(value: Any, most: int) -> tuple[Refusal, ...]:
    """Read refusals in ascending order of number. Raises Violation `shape`."""
    found = []
    last = 0
    for item in array(value, 0, most):
        number, code = fixed(item, 2)
        found.append(Refusal(unsigned(number, last + 1), text(code, CODE_BYTES_MAX)))
        last = number
    return tuple(found)


def sign_answer(key: SigningKey, answer: Answer) -> bytes:
    """Sign an answer as it travels."""
    head = [PROTOCOL_VERSION, *answer.parties, answer.session, write_key(answer.key)]
    return cose.sign1(key, _TYPES[type(answer)], cbor.encode([*head, *_tail(answer)]))


def _tail(answer: Answer) -> list[Any]:
    match answer:
        case Receipt():
            return [answer.number, answer.id, write_refusals(answer.refusals)]
        case Expected():
            return [answer.number]
        case Fork():
            return [answer.number, answer.id]
        case Stale():
            return [list(answer.log)]
        case Busy():
            return []
        case _ as never:
            assert_never(never)


def read_parties(values: list[Any]) -> Parties:
    """Items 1 to 4 of an answer or a position."""
    return Parties(persona(values[1]), persona(values[2]), epoch(values[3]), epoch(values[4]))


def read_answer(typ: str, payload: bytes) -> Answer:
    """Read the payload of an answer of that type. Raises Violation at stage form."""
    values: list[Any] = cbor.decode_list(payload)
    tail = versioned(values, max(len(values), _HEAD))[_HEAD:]
    parties = read_parties(values)
    session = None if values[5] is None else octets(values[5], 16)
    key = read_key(values[6])
    if session is not None and key is None:
        raise shape("no key announced")
    answer = _READERS[typ](tail, parties, session, key)
    check_key(key)
    return answer


_HEAD = 7


def _numbered(number: Any, id_: Any) -> tuple[int, bytes | None]:
    if (unsigned(number) == 0) is not (id_ is None):
        raise shape("number and id")
    return number, optional_id(id_)


def _receipt(tail: list[Any], parties: Parties, session: bytes | None, key: KeyOffer | None) -> Receipt:
    number, id_, refusals = fixed(tail, 3)
    numbered = _numbered(number, id_)
    found = read_refusals(refusals, WINDOW_MESSAGES)
    if found and not number - WINDOW_MESSAGES < found[0].number <= found[-1].number <= number:
        raise shape("refusals outside the window")
    return Receipt(parties, session, key, *numbered, found)


def _expected(tail: list[Any], parties: Parties, session: bytes | None, key: KeyOffer | None) -> Expected:
    (number,) = fixed(tail, 1)
    return Expected(parties, session, key, unsigned(number, 1))


def _fork(tail: list[Any], parties: Parties, session: bytes | None, key: KeyOffer | None) -> Fork:
    number, id_ = fixed(tail, 2)
    return Fork(parties, session, key, *_numbered(number, id_))


def _busy(tail: list[Any], parties: Parties, session: bytes | None, key: KeyOffer | None) -> Busy:
    fixed(tail, 0)
    return Busy(parties, session, key)


def _stale(tail: list[Any], parties: Parties, session: bytes | None, key: KeyOffer | None) -> Stale:
    (log,) = fixed(tail, 1)
    if session is not None or key is not None:
        raise Violation(Code.SHAPE, "stale names no session")
    return Stale(parties, None, None, tuple(raw(event) for event in array(log, 1, KEY_EVENTS_MAX)))


_Reader = Callable[[list[Any], Parties, bytes | None, KeyOffer | None], Answer]
_READERS: dict[str, _Reader] = {
    cose.RECEIPT: _receipt,
    cose.EXPECTED: _expected,
    cose.FORK: _fork,
    cose.BUSY: _busy,
    cose.STALE: _stale,
}
