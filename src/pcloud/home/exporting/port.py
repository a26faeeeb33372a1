"""What every writer of a format can do."""

from collections import Counter
from typing import Any, Protocol


class Writer(Protocol):
    """Writes records one by one, each as soon as it comes."""

    left: Counter[str]
    """What the format has no place for: places of records, and names of properties."""

    def begin(self) -> bytes:
        """What stands before all records."""

    def add(self, path: str, value: Any) -> bytes:
        """A record as the format has it; nothing where it has no place there, or is written at the end."""

    def end(self) -> bytes:
        """What stands behind all records."""
