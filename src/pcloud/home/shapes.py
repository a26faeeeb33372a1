"""Values of records as JSON, and back (spec 09 §2.3).

JSON knows neither bytes nor exact fractions: bytes become `{"base64": text}`, and fractions are texts, since
what was 0.1 is to stay 0.1.
"""

import base64
import binascii
from typing import Any, Final

from pcloud.errors import PcloudError, UsageError, Violation
from pcloud.limits import INTEGER_MAX, VALUE_BYTES_MAX
from pcloud.wire import cbor

BYTES: Final = "base64"
DEPTH_MAX: Final = 64
"""Levels of what is looked at; a record holds fewer."""


_TOO_DEEP: Final = "The value has too many parts, or they are nested too deep."


class ShapeError(PcloudError):
    """A value that no record can hold. The text is a sentence for the owner, and has none of the value."""


def to_json(value: Any) -> Any:
    """A decoded value as JSON has it."""
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [to_json(each) for each in value]
    if isinstance(value, dict):
        return {str(key): to_json(each) for key, each in value.items()}
    return value


def from_json(value: Any, level: int = 0) -> Any:
    """The same back. Raises ShapeError for a fraction, a number too large, bytes that are none, and depth."""
    if level > DEPTH_MAX:
        raise ShapeError(_TOO_DEEP)
    if isinstance(value, float):
        raise ShapeError('A fraction is given as a text, such as "12.50": so it stays what it is.')
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        raise ShapeError("A number of more than 15 digits is given as a text.")
    if isinstance(value, list):
        return [from_json(each, level + 1) for each in value]
    if isinstance(value, dict):
        return _bytes(value[BYTES]) if value.keys() == {BYTES} else _map(value, level + 1)
    return value


def _map(value: dict[Any, Any], level: int) -> dict[Any, Any]:
    return {key: from_json(each, level) for key, each in value.items()}


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ShapeError('{"base64": …} takes bytes in base64 (RFC 4648).') from error


def encode(value: Any) -> bytes:
    """The value of a record as it is kept. Raises ShapeError for what is none, or is too long."""
    if value is None:
        raise ShapeError("There is no value. To let nothing stand there: pcloud data delete PATH")
    try:
        data = cbor.encode(value)
    except UsageError as error:
        raise ShapeError(_TOO_DEEP) from error
    if len(data) > VALUE_BYTES_MAX:
        raise ShapeError(f"The value takes {len(data)} bytes; a record holds {VALUE_BYTES_MAX} at most.")
    return data


def decode(data: bytes) -> Any:
    """The value of a record as JSON has it. Raises Violation for what `encode` has not written."""
    return to_json(cbor.decode(data))


def read(data: bytes) -> Any:
    """The value of bytes that a peer has sent, as JSON has it; None where they are no value."""
    try:
        return decode(data)
    except Violation:
        return None
