"""Values told in a line or in pairs of a name and a text. Pure."""

import json
from collections.abc import Iterator
from typing import Any, Final

SHOWN: Final = 60
"""Letters of a value in a line."""
_TITLES: Final = (
    "name",
    "programName",
    "itemReviewed",
    "object",
    "reservationFor",
    "itemOffered",
    "orderedItem",
    "seller",
    "merchant",
    "provider",
    "roleName",
)
"""Properties by which people know a thing, the best first."""


def line(value: Any) -> str:
    """A value on one line: what it says first, without the names of its parts."""
    said = value if isinstance(value, str) else ", ".join(_leaves(value))
    return cut(said)


def title(value: Any) -> str:
    """By what a person knows a thing at first sight: its name, else all that it says."""
    if isinstance(value, dict):
        for name in _TITLES:
            told = line(value.get(name))
            if told:
                return told
    return line(value)


def cut(text: str) -> str:
    """A text that is not longer than a line."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from () if name.startswith("@") else _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif value is not None:
        yield str(value)


def pairs_of(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Every part of a value with its name, as it could be typed."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from pairs_of(each, f"{above}.{name}" if above else name)
    else:
        yield above or "value", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
