"""What an item of a disclosure holds: a value, or an example to find records by (spec 09 §2.3)."""

from typing import Any

from pcloud.errors import Violation
from pcloud.features.disclosure.path import read_path
from pcloud.kernel.message import Kind, boolean, refuse, text
from pcloud.limits import EXAMPLE_FIELDS_MAX, FACT_BYTES_MAX, VALUE_BYTES_MAX
from pcloud.wire import cbor

_TRUTH = boolean()
_FACT = text(FACT_BYTES_MAX)


def _decoded(item: bytes) -> Any:
    if len(item) > VALUE_BYTES_MAX:
        raise refuse("a value too long")
    try:
        value = cbor.decode(item)
    except Violation as violation:
        raise refuse("an item") from violation
    if value is None:
        raise refuse("no value")
    return value


def read_value(path: str, item: bytes) -> Any:
    """The value of a path, or the derived fact. Raises Violation `body-form`."""
    value = _decoded(item)
    derivation = read_path(path).derivation
    if derivation is None:
        return value
    kind: Kind = _TRUTH if derivation.is_truth else _FACT
    return kind.read(value)


def read_example(item: bytes) -> dict[str, Any]:
    """What records are to be like, or how a side describes where it stands. Raises Violation `body-form`."""
    value = _decoded(item)
    if type(value) is not dict or not 0 < len(value) <= EXAMPLE_FIELDS_MAX:
        raise refuse("an example")
    if not all(type(key) is str for key in value):
        raise refuse("a field of an example")
    return value


def read_sought(item: bytes) -> Any:
    """The value that another one is to be compared with. Raises Violation `body-form`."""
    return _decoded(item)
