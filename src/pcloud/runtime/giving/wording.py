"""Paths, purposes and actions in plain words for the owner; those of the vocabularies stay beside them."""

import re
from typing import Any, Final

from pcloud.features.disclosure.path import ANY, UNKNOWN_CATEGORY, category_of, read_path
from pcloud.home import shapes
from pcloud.runtime.owning import show

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SAID: Final = {
    "dpv:Use": "to use it",
    "dpv:Collect": "to collect it",
    "dpv:Store": "to store it",
    "dpv:Disclose": "to disclose it",
    "dpv:Share": "to share it",
    "dpv:Monitor": "to follow what you do",
    "dpv:Profiling": "to build a profile",
}


def plain(word: str) -> str:
    """A word of a vocabulary as people write it: `dpv:DeliveryOfGoods` is `delivery of goods`."""
    return _HUMP.sub(" ", word.rpartition(":")[2]).replace("-", " ").lower()


def why(action: str, purposes: tuple[str, ...] | list[str]) -> str:
    """What is to be done with data, and for what."""
    done = _SAID.get(action, f"to {plain(action)} it")
    return f"{done} for {', '.join(plain(purpose) for purpose in purposes)}"


def is_known(path: str) -> bool:
    """Whether a path is of the registry, so that both sides mean the same by it."""
    return category_of(path) != UNKNOWN_CATEGORY


def label_of(path: str) -> str:
    """A path as people say it: `profile.address.home:city` is `city of home address`."""
    found = read_path(path, pattern=True)
    words = [plain(name) for name in found.place.split(".")]
    said = " ".join(reversed(words[1:])) or words[0]
    if found.record is not None:
        said = f"all {said}" if found.record == ANY else f"{said} {found.record}"
    return said if found.fact is None else f"{plain(found.fact)} of {said}"


def shown(item: bytes | None) -> Any:
    """An item of somebody as JSON; None where there is none."""
    return None if item is None else _clean(shapes.decode(item))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return show.clean(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {str(show.clean(key)): _clean(each) for key, each in value.items()}
    return value
