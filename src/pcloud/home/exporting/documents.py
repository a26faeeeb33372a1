"""Records as JSON-LD: one array with a record on each line, which `home.importing.documents` reads back."""

import json
from collections import Counter
from typing import Any, Final

from pcloud.home.importing.documents import PLACE, PLAIN

CONTEXT: Final = "https://schema.org"


class DocumentWriter:
    """Every record with its place; nothing is left out."""

    def __init__(self) -> None:
        self.left: Counter[str] = Counter()
        self._first = True

    def begin(self) -> bytes:
        """The array begins."""
        return b"[\n"

    def add(self, path: str, value: Any) -> bytes:
        """A record on a line of its own."""
        told: dict[str, Any] = {"@context": CONTEXT, PLACE: path}
        if isinstance(value, dict) and not value.keys() & {"@context", PLACE} and not _is_plain(value):
            told |= value
        else:
            told |= {"@type": PLAIN, "value": value}
        before, self._first = b"" if self._first else b",\n", False
        return before + json.dumps(told, ensure_ascii=False).encode()

    def end(self) -> bytes:
        """The array ends."""
        return b"\n]\n"


def _is_plain(value: dict[str, Any]) -> bool:
    return value.get("@type") == PLAIN and value.keys() == {"@type", "value"}
