"""Values of one's own data as people type them. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from pcloud.cli.exits import usage

_PAIR: Final = re.compile(
    r"(?P<name>[A-Za-z@][A-Za-z0-9@-]*(?:\.[A-Za-z@][A-Za-z0-9@-]*)*)(?P<is>:?=)(?P<value>.*)", re.DOTALL
)


def read(words: Sequence[str]) -> Any:
    """One text, or pairs that make a map. Raises CommandError (usage).

    `name=text` is a text, `name:=JSON` anything else, and `seller.name=Flora` a map in the map.
    """
    pairs = [_PAIR.fullmatch(word) for word in words]
    if len(words) == 1 and pairs[0] is None:
        return words[0]
    value: dict[str, Any] = {}
    for pair in pairs:
        if pair is None:
            raise usage("Give one value, or pairs such as postalCode=28195; quote what has blanks.")
        _put(value, pair["name"].split("."), pair["value"] if pair["is"] == "=" else read_json(pair["value"]))
    return value


def _put(value: dict[str, Any], names: list[str], leaf: Any) -> None:
    *above, last = names
    for name in above:
        inner = value.setdefault(name, {})
        if not isinstance(inner, dict):
            raise usage(f"{name} is given as a text and as a map.")
        value = inner
    if last in value:
        raise usage(f"{last} is given twice.")
    value[last] = leaf


def read_json(text: str | bytes) -> Any:
    """One JSON value; fractions stay the texts they are. Raises CommandError (usage)."""
    try:
        return json.loads(text, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise usage("That is no JSON. A text in JSON stands in quotation marks.") from None


def _refuse(_name: str) -> None:
    raise ValueError("no number")
