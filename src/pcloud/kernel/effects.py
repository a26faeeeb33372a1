"""The closed set of outcomes a table may ask for (spec 05 §8). A sixth needs an ADR."""

from typing import Any, NamedTuple

from pcloud.kernel.message import Message


class Send(NamedTuple):
    """Send this message in the same commit, in the given thread (None opens one)."""

    message: Message
    thread: bytes | None
    agreement: bytes | None = None


class Keep(NamedTuple):
    """Store a value in a table of this scope; None removes it."""

    table: str
    key: bytes
    value: Any


class Wake(NamedTuple):
    """Ask the clock for this command at that time (seconds); timers only tidy."""

    at: int
    command: str
    key: bytes


class Tell(NamedTuple):
    """Tell the owner that something happened. Carries ids, never personal values."""

    event: str
    key: bytes


class Ask(NamedTuple):
    """Ask another scope to do something, exactly once (spec 05 §9)."""

    target: str
    command: str
    id: bytes


Effect = Send | Keep | Wake | Tell | Ask
