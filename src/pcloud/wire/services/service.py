"""Messages of a service line: requests, answers and pushes, without what they are about (spec 13 §10).

Each is one deterministic CBOR array. Which operations there are, and the form of each, is the business of
a service, such as `wire/services/relay.py`: it declares a `Form` for each operation, and uses `Service`.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.shape import fixed, shape, unsigned

ANSWER: Final = 0
"""The operation of an answer."""

Read = Callable[[Any], Any]
"""From a decoded value to the one of a field. Raises Violation `shape`."""


class Outcome(IntEnum):
    """What became of a request; rows of `spec/registry/outcomes.csv`."""

    DONE = 0
    UNKNOWN = 1
    """Whatever was wrong with what it names: nobody learns by asking what exists."""
    FULL = 2
    BUSY = 3


class Form(NamedTuple):
    """One operation: its number, the tuple of its fields, how each is read, and what its answer gives."""

    operation: int
    make: type[tuple[Any, ...]]
    fields: tuple[Read, ...]
    gives: tuple[Read, ...] = ()


class Asked(NamedTuple):
    """A request as read: its number, and the tuple of its operation."""

    number: int
    request: Any


class Answer(NamedTuple):
    """An answer as read. `values` are for `Service.given`, which knows what was asked."""

    number: int
    outcome: Outcome
    values: tuple[Any, ...]


def operation_of(message: bytes) -> int:
    """The operation of a message, at the cost of its first bytes. Raises Violation; the rest is unread."""
    head = message[:3]
    # The head of an array of 1 to 23 elements is one byte, an operation is one byte, or two from 24 on.
    if len(head) > 1 and 0x81 <= head[0] <= 0x97:  # noqa: PLR2004 - RFC 8949 §3.1
        if head[1] < 24:  # noqa: PLR2004 - the same
            return head[1]
        if head[1] == 24 and len(head) > 2 and head[2] >= 24:  # noqa: PLR2004 - the same
            return head[2]
    raise shape("no operation")


def write_answer(number: int, outcome: Outcome, *values: object) -> bytes:
    """An answer; values only where it is `DONE`."""
    return cbor.encode([ANSWER, number, int(outcome), *values])


def unknown(number: int) -> bytes:
    """The one answer to everything that nothing here answers to (spec 13 §10)."""
    return write_answer(number, Outcome.UNKNOWN)


def _read(message: bytes) -> list[Any]:
    if not 0 < len(message) <= SERVICE_BYTES_MAX:
        raise Violation(Code.FRAME_TOO_LARGE)
    values = cbor.decode_list(message)
    if not values:
        raise shape("empty array")
    return values


class Service:
    """The operations of one service, read and written."""

    def __init__(self, requests: tuple[Form, ...], pushes: tuple[Form, ...] = ()) -> None:
        self._requests = {form.operation: form for form in requests}
        self._pushes = {form.operation: form for form in pushes}
        self._forms = {form.make: form for form in (*requests, *pushes)}

    def write_request(self, number: int, request: tuple[Any, ...]) -> bytes:
        """A request of a service, under the next number of its line."""
        return cbor.encode([self._forms[type(request)].operation, number, *request])

    def read_request(self, message: bytes) -> Asked:
        """What was asked. Raises Violation for all that is no request of this service."""
        values = _read(message)
        form = self._requests.get(unsigned(values[0]))
        if form is None:
            raise shape("operation")
        fixed(values, 2 + len(form.fields))
        number = unsigned(values[1], 1)
        return Asked(number, _made(form, values[2:]))

    def write_push(self, push: tuple[Any, ...]) -> bytes:
        """A push of a service."""
        return cbor.encode([self._forms[type(push)].operation, *push])

    def read_back(self, message: bytes) -> Any:
        """What came back: an `Answer`, or a push of this service. Raises Violation."""
        values = _read(message)
        operation = unsigned(values[0])
        if operation == ANSWER:
            return _answer(values)
        form = self._pushes.get(operation)
        if form is None:
            raise shape("operation")
        fixed(values, 1 + len(form.fields))
        return _made(form, values[1:])

    def given(self, asked: type[tuple[Any, ...]], answer: Answer) -> tuple[Any, ...]:
        """What an answer with `DONE` gives to a request of this type. Raises Violation."""
        gives = self._forms[asked].gives
        values = fixed(list(answer.values), len(gives))
        return tuple(read(value) for read, value in zip(gives, values, strict=True))


def _made(form: Form, values: list[Any]) -> Any:
    return form.make(*(read(value) for read, value in zip(form.fields, values, strict=True)))


def _answer(values: list[Any]) -> Answer:
    if len(values) < 3:  # noqa: PLR2004 - operation, number, outcome
        raise shape("answer")
    number, outcome = unsigned(values[1], 1), unsigned(values[2])
    if outcome not in Outcome.__members__.values():
        raise shape("outcome")
    if outcome and len(values) > 3:  # noqa: PLR2004 - only what is done gives something
        raise shape("answer")
    return Answer(number, Outcome(outcome), tuple(values[3:]))
