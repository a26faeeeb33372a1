"""What a node writes about itself: events with named fields, none of which can hold a personal value.

An allow-list stands between a value and the file: a field is written only if its name is known and its
value belongs to a closed set (codes, registered names, counts, durations). The rest is dropped and counted.
The standard library is enough for this: structlog would add a fifth to the start of a node, and 4 MiB.
"""

import asyncio
import errno
import hashlib
import json
import logging
import re
import sys
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypedDict, Unpack

from pcloud import __version__
from pcloud.ambient.port import Clock, Entropy
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import INTEGER_MAX
from pcloud.runtime.config import Log as Settings

EVENTS_PER_SECOND_MAX: Final = 10
"""Events of one kind that are written within any second; a later line says how many were left out."""

FRAMES_MAX: Final = 12
"""Places of a traceback that are written, the innermost last."""

CAUSES_MAX: Final = 4
"""Exceptions of a chain that are written, the outermost first."""

PEER_KEY_BYTES: Final = 16
PEER_TAG_BYTES: Final = 4

LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_OWNER_CODES: Final = frozenset({"unknown", "ambiguous", "invalid", "unreachable", "full", "busy"})
_CODES: Final = frozenset(Code) | _OWNER_CODES
_LIBRARIES: Final = frozenset({"aiohttp", "asyncio", "concurrent", "py", "zeroconf"})
_LOOP_SUBJECTS: Final = ("task", "future", "handle", "protocol", "transport", "client_session", "connector")
_REFERENCE: Final = re.compile(r"[0-9a-f]{12}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")


class Event(StrEnum):
    """Everything that is ever logged, with its level. A constant: no event is named by a value."""

    level: int

    def __new__(cls, name: str, level: int) -> Self:
        """A name with its level."""
        made = str.__new__(cls, name)
        made._value_, made.level = name, level
        return made

    STARTED = "started", logging.INFO
    STOPPING = "stopping", logging.INFO
    STOPPED = "stopped", logging.INFO
    FRAME_REFUSED = "frame-refused", logging.DEBUG
    SOURCE_SHUT_OUT = "source-shut-out", logging.WARNING
    CLOCK_JUMPED = "clock-jumped", logging.WARNING
    RELAY_UP = "relay-up", logging.INFO
    """What a relay keeps for this node is collected."""
    RELAY_DOWN = "relay-down", logging.INFO
    RELAY_AWAY = "relay-away", logging.DEBUG
    """A relay cannot be reached; it is tried again."""
    RELAY_UNTRUE = "relay-untrue", logging.WARNING
    """A relay says what no relay says."""
    RELAY_FULL = "relay-full", logging.WARNING
    """A relay watches no more mailboxes on one line."""
    RELAY_LOST = "relay-lost", logging.WARNING
    """A relay has a mailbox no more: its peer is told of another."""
    RELAY_WAITS = "relay-waits", logging.INFO
    """Something about a relay could not be said to a peer now."""
    COPY_BEHIND = "copy-behind", logging.WARNING
    """Copies at one place cannot be brought up to date; it is tried again."""
    COPY_LOST = "copy-lost", logging.WARNING
    """A holder could not prove that it still has what it took."""
    HOOK_BEHIND = "hook-behind", logging.WARNING
    """The owner's own system does not take what it is told; it is told again."""
    NOTIFY_BEHIND = "notify-behind", logging.WARNING
    """The owner could not be told that something waits; it is tried again."""
    HOOK_UP = "hook-up", logging.INFO
    """It has taken it."""
    STORE_FAILED = "store-failed", logging.ERROR
    FOREIGN = "foreign", logging.WARNING
    """A library had something to say."""
    FAULT = "fault", logging.ERROR
    """Something failed that nobody had foreseen: ours to mend."""
    LEFT_OUT = "left-out", logging.WARNING


class Fields(TypedDict, total=False):
    """The names that may be given, and what each takes. A peer becomes a random name of this run."""

    peer: bytes
    message: str
    code: str
    stage: str
    error: BaseException
    count: int
    size: int
    tries: int
    port: int
    status: int
    seconds: float
    version: str


class Stream(Protocol):
    """Where lines go; `sys.stderr` is one."""

    def write(self, text: str, /) -> object:
        """Take a line."""

    def flush(self) -> None:
        """Let it out."""


class Log:
    """The one way to standard error for a node that runs. Safe to use from any thread."""

    def __init__(self, stream: Stream, clock: Clock, entropy: Entropy, settings: Settings) -> None:
        self.dropped = 0
        """Fields that were not written because they could have held a value."""
        self.left_out = 0
        """Events that were not written because there were too many of their kind."""
        self.lost = 0
        """Lines that the stream did not take."""
        self._stream = stream
        self._clock = clock
        self._key = entropy(PEER_KEY_BYTES)
        self._least = LEVELS[settings.level]
        self._render = _as_json if settings.format == "json" else _as_text
        self._written: defaultdict[str, deque[float]] = defaultdict(
            lambda: deque(maxlen=EVENTS_PER_SECOND_MAX)
        )
        self._unwritten: Counter[str] = Counter()
        self._lock = threading.RLock()

    def note(self, event: Event, **fields: Unpack[Fields]) -> None:
        """Write an event, where its level is asked for."""
        if self._wants(event):
            self._write(event, self._checked(fields))

    def close(self) -> None:
        """Say what was left out, at the end."""
        with self._lock:
            self._tell_unwritten(at_once=True)

    @contextmanager
    def in_charge(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """While it lasts, all that libraries, asyncio and the interpreter would print goes through here.

        Their own texts hold whatever they were working on, so only library, place and kind are kept.
        """
        root, raised = logging.getLogger(), logging.raiseExceptions
        handlers, level, asked = root.handlers[:], root.level, loop.get_exception_handler()
        hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        root.handlers[:] = [_Foreign(self)]
        root.setLevel(logging.WARNING)
        logging.raiseExceptions = False  # the handler below never fails, and its failure would print values
        logging.captureWarnings(capture=True)
        loop.set_exception_handler(lambda _, context: self._of_loop(context))
        sys.excepthook = lambda _, error, __: self._of_hook(error)
        threading.excepthook = lambda given: self._of_hook(given.exc_value)
        sys.unraisablehook = lambda given: self._of_hook(given.exc_value)
        try:
            yield
        finally:
            sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
            loop.set_exception_handler(asked)
            logging.captureWarnings(capture=False)
            root.handlers[:], logging.raiseExceptions = handlers, raised
            root.setLevel(level)

    def report(self, reference: str, error: BaseException) -> None:
        """Note a fault under the reference that the owner was given for it."""
        if self._wants(Event.FAULT):
            shown = {"reference": reference} if _REFERENCE.fullmatch(reference) else {}
            self._write(Event.FAULT, {**shown, **_described(error)})

    def _of_hook(self, error: BaseException | None) -> None:
        if self._wants(Event.FAULT):
            self._write(Event.FAULT, {} if error is None else _described(error))

    def _of_loop(self, context: Mapping[str, Any]) -> None:
        if not self._wants(Event.FAULT):
            return
        error = context.get("exception")
        about = next((name for name in _LOOP_SUBJECTS if name in context), "unnamed")
        shown = _described(error) if isinstance(error, BaseException) else {}
        self._write(Event.FAULT, {"about": about, **shown})

    def foreign(self, record: logging.LogRecord) -> None:
        """Note that a library logged something, by library, place and kind of error."""
        if not self._wants(Event.FOREIGN):
            return
        library = record.name.partition(".")[0]
        fields: dict[str, Any] = {
            "library": library if library in _LIBRARIES else "other",
            "where": f"{_named(record.module)}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields |= _described(record.exc_info[1])
        self._write(Event.FOREIGN, fields)

    def _checked(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        unknown = 0
        for name, value in fields.items():
            if name == "peer" and isinstance(value, bytes):
                shown["peer"] = hashlib.blake2b(value, key=self._key, digest_size=PEER_TAG_BYTES).hexdigest()
            elif name == "error" and isinstance(value, BaseException):
                shown |= _described(value)
            elif (holds := _HOLDS.get(name)) is not None and holds(value):
                shown[name] = round(value, 6) if isinstance(value, float) else value
            else:
                unknown += 1
        if unknown:
            shown["dropped"] = unknown
            self.dropped += unknown
        return shown

    def _wants(self, event: Event) -> bool:
        """Whether it is to be written: by its level, and by how many of its kind there were."""
        if event.level < self._least:
            return False
        with self._lock:
            self._tell_unwritten(at_once=False)
            now, times = self._clock.elapsed(), self._written[event]
            if len(times) == times.maxlen and now - times[0] < 1:
                self._unwritten[event] += 1
                self.left_out += 1
                return False
            times.append(now)
        return True

    def _tell_unwritten(self, *, at_once: bool) -> None:
        if not self._unwritten:
            return
        now = self._clock.elapsed()
        for event, count in list(self._unwritten.items()):
            if at_once or now - self._written[event][0] >= 1:
                del self._unwritten[event]
                self._write(Event.LEFT_OUT, {"of": event, "count": count})

    def _write(self, event: Event, shown: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = {"at": at, "level": logging.getLevelName(event.level).lower(), "event": event, **shown}
        with self._lock:
            try:
                self._stream.write(self._render(line))
                self._stream.flush()
            except (OSError, ValueError):  # a full disk, a closed pipe: the node goes on, the metrics say so
                self.lost += 1


class _Foreign(logging.Handler):
    """Takes the records of all libraries."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.foreign(record)


# ---------------------------------------------------------------- what may be written


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_MAX


def _is_duration(value: object) -> bool:
    return _is_count(value) or (isinstance(value, float) and 0 <= value <= INTEGER_MAX)


def _one_of(known: frozenset[str] | Mapping[str, object]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in known


_HOLDS: Final[Mapping[str, Callable[[object], bool]]] = {
    "message": _one_of(STANDARD.messages),
    "code": _one_of(_CODES),
    "stage": _one_of(frozenset(Stage)),
    "count": _is_count,
    "size": _is_count,
    "tries": _is_count,
    "port": _is_count,
    "status": _is_count,
    "seconds": _is_duration,
    "version": _one_of(frozenset({__version__})),
}


def _named(name: object) -> str:
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "unnamed"


def _described(error: BaseException) -> dict[str, Any]:
    """An exception by its kind, its causes and the places it came through; never by its text."""
    error = _innermost(error)
    chain = [error]
    while len(chain) < CAUSES_MAX and (cause := _cause(chain[-1])) is not None and cause not in chain:
        chain.append(cause)
    shown = {"error": "<".join(_named(type(one).__name__) for one in chain)}
    if isinstance(error, Violation | UsageError):
        shown |= {"code": error.code, "stage": error.stage}
    for one in chain:
        if isinstance(one, OSError) and (named := errno.errorcode.get(one.errno or 0)) is not None:
            shown.setdefault("errno", named)
    places = list(_places(error.__traceback__))[-FRAMES_MAX:]
    return {**shown, "trace": ",".join(places)} if places else shown


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _cause(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        yield f"{_named(traceback.tb_frame.f_globals.get('__name__'))}:{traceback.tb_lineno}"
        traceback = traceback.tb_next


def _as_json(line: Mapping[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":")) + "\n"


def _as_text(line: Mapping[str, Any]) -> str:
    head = f"{line['at']} {line['level']} {line['event']}"
    rest = "".join(f" {name}={value}" for name, value in line.items() if name not in {"at", "level", "event"})
    return f"{head}{rest}\n"
