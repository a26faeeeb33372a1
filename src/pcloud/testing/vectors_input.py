"""What a case of the vectors gives to its operation, and how results are written (spec 16 §2)."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pcloud.errors import Code, Violation

OCTETS_MAX: Final = 2**24
"""No input of a case is longer, so that a wrong `count` costs nothing."""

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_PARTS: Final = frozenset(("prefix", "fill", "count", "suffix"))


def malformed(detail: str) -> Violation:
    """An input that is none: a fault of who asks, told as a refusal."""
    return Violation(Code.SHAPE, detail)


class Input(NamedTuple):
    """The arguments of one operation, taken by name and type. Raises Violation `shape` for others."""

    given: Mapping[str, Any]

    def has(self, name: str) -> bool:
        """Whether the argument is there at all."""
        return name in self.given

    def octets(self, name: str) -> bytes:
        """A byte string."""
        return octets(self.given.get(name))

    def octets_or_none(self, name: str) -> bytes | None:
        """A byte string or null."""
        value = self.given.get(name)
        return None if value is None else octets(value)

    def several(self, name: str) -> tuple[bytes, ...]:
        """An array of byte strings."""
        value = self.given.get(name)
        if not isinstance(value, list):
            raise malformed(f"{name}: an array of byte strings")
        return tuple(octets(item) for item in value)

    def text(self, name: str) -> str:
        """A text."""
        value = self.given.get(name)
        if not isinstance(value, str):
            raise malformed(f"{name}: a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of texts."""
        value = self.given.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise malformed(f"{name}: an array of texts")
        return tuple(value)

    def number_or_none(self, name: str) -> int | None:
        """An integer or null."""
        return None if self.given.get(name) is None else self.number(name)

    def number(self, name: str) -> int:
        """An integer."""
        value = self.given.get(name)
        if type(value) is not int:
            raise malformed(f"{name}: an integer")
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.given.get(name, False)
        if not isinstance(value, bool):
            raise malformed(f"{name}: true or false")
        return value


def octets(value: Any) -> bytes:
    """Read a byte string as cases write it: hexadecimal, or prefix, repeated fill and suffix."""
    if isinstance(value, str) and _HEX.fullmatch(value):
        return bytes.fromhex(value)
    if isinstance(value, dict) and value.keys() == _PARTS and type(value["count"]) is int:
        prefix, fill, suffix = (octets(value[name]) for name in ("prefix", "fill", "suffix"))
        if value["count"] >= 0 and len(prefix) + len(fill) * value["count"] + len(suffix) <= OCTETS_MAX:
            return prefix + fill * value["count"] + suffix
    raise malformed("a byte string in lower-case hexadecimal")


def written_out(value: Any) -> Any:
    """Replace a byte string in its short form by the long one."""
    return octets(value).hex() if isinstance(value, dict) and value.keys() == _PARTS else value


def plain(value: Any) -> Any:
    """Write a decoded value as cases do: hexadecimal for bytes, text for map keys."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def notation(value: Any) -> str:
    """Write a value in diagnostic notation (RFC 8949 §8), in the one form of the vectors."""
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{notation(key)}: {notation(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(notation, value)) + "]"
    return repr(value)
