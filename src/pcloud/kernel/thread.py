"""One conversation of one feature: where its table stands and what it holds (spec 05 §7)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

START = "start"
"""The state of a thread that no message has opened yet."""


class Seen(NamedTuple):
    """The last applied message of each party in a thread, by line generation and number.

    A generation is the sum of the two epochs of a line, so it grows at every recovery.
    """

    opener: tuple[int, int] = (0, 0)
    other: tuple[int, int] = (0, 0)


class Thread(NamedTuple):
    """A thread as both parties hold it; nothing in it depends on whose copy it is.

    `data` holds CBOR values under text keys and is never changed in place.
    """

    id: bytes
    machine: str
    opener: bytes
    state: str = START
    data: Mapping[str, Any] = {}
    seen: Seen = Seen()
