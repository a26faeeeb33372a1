"""What is kept of what fuzzing found: the shortest inputs that reach lines which no seed reaches."""

import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

from tests.fuzz.doors import Door

SAVED_BYTES_MAX = 1_024
"""What is kept for one door, in all."""
WATCHED = "pcloud/"

Step = tuple[str, int, int]
"""In which file one line followed which other."""


def minimal(door: Door, seeds: Iterable[bytes], found: Iterable[bytes]) -> list[bytes]:
    """Those of the found inputs that reach more than the seeds and the shorter ones do."""
    reached: set[Step] = set()
    for data in seeds:
        reached |= _steps(door, data)
    kept: list[bytes] = []
    for data in sorted(found, key=lambda one: (len(one), one)):
        steps = _steps(door, data)
        if not steps <= reached and sum(map(len, kept)) + len(data) <= SAVED_BYTES_MAX:
            kept.append(data)
            reached |= steps
    return kept


def _steps(door: Door, data: bytes) -> set[Step]:
    """Every step from line to line that an input makes a door take."""
    steps: set[Step] = set()

    def watch(frame: FrameType, event: str, _argument: Any) -> Any:
        if WATCHED not in frame.f_code.co_filename:
            return None
        before = frame.f_lineno

        def line(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal before
            if event == "line":
                steps.add((frame.f_code.co_filename, before, frame.f_lineno))
                before = frame.f_lineno
            return line

        return line if event == "call" else None

    previous = sys.gettrace()
    sys.settrace(watch)
    try:
        door.take(data)
    finally:
        sys.settrace(previous)
    return steps
