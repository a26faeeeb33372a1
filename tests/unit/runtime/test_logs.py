"""A log says what happened, when, how often and where in the code, and never a value."""

import errno
import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from pcloud import __version__
from pcloud.ambient.system import system_entropy
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.runtime.config import Log as Settings
from pcloud.runtime.logs import CAUSES_MAX, EVENTS_PER_SECOND_MAX, FRAMES_MAX, Event, Log

TEXT_LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|warning|error) [a-z-]+( [a-z]+=[\w.,:<-]+)*\n"
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> int:
        return 1_800_000_000 + int(self.passed)

    def elapsed(self) -> float:
        return self.passed

    def since_boot(self) -> float:
        return self.elapsed()

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Opened:
    """A log over a text, with its clock."""

    def __init__(self, **settings: Any) -> None:
        self.text = io.StringIO()
        self.clock = Clock()
        self.log = Log(self.text, self.clock, system_entropy, Settings(**{"format": "json", **settings}))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.getvalue().splitlines()]

    def line(self) -> dict[str, Any]:
        (line,) = self.lines()
        return line


def test_an_event_is_one_line_of_json_with_time_level_and_fields() -> None:
    opened = Opened()

    opened.log.note(Event.STOPPING, port=7012)

    assert opened.text.getvalue() == (
        '{"at":"2027-01-15T08:00:00Z","level":"info","event":"stopping","port":7012}\n'
    )


def test_an_event_is_one_line_of_text_where_text_is_asked_for() -> None:
    opened = Opened(format="text")

    opened.log.note(Event.STARTED, code=Code.CROSSED, stage=Stage.GATE, seconds=0.25)

    assert opened.text.getvalue() == (
        "2027-01-15T08:00:00Z info started code=crossed stage=gate seconds=0.25\n"
    )


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", ["debug", "info", "warning", "error", "warning", "error"]),
        ("info", ["info", "warning", "error", "warning", "error"]),
        ("warning", ["warning", "error", "warning", "error"]),
        ("error", ["error", "error"]),
    ],
)
def test_what_is_below_the_level_is_not_written(level: str, written: list[str]) -> None:
    opened = Opened(level=level)

    for event in (Event.FRAME_REFUSED, Event.STARTED, Event.SOURCE_SHUT_OUT, Event.STORE_FAILED):
        opened.log.note(event)
    opened.log.foreign(logging.LogRecord("asyncio", logging.INFO, "", 1, "anna", (), None))
    opened.log.report("0123456789ab", ValueError())

    assert [line["level"] for line in opened.lines()] == written


def test_every_field_takes_its_own_kind() -> None:
    opened = Opened(level="debug")
    name = next(iter(STANDARD.messages))

    opened.log.note(
        Event.FRAME_REFUSED,
        message=name,
        code="ambiguous",
        stage=Stage.ORDER,
        count=0,
        size=1,
        tries=2,
        port=3,
        status=4,
        seconds=0.1234567,
        version=__version__,
    )

    line = opened.line()
    assert list(line.values())[3:] == [name, "ambiguous", "order", 0, 1, 2, 3, 4, 0.123457, __version__]
    assert "dropped" not in line
    assert opened.log.dropped == 0


WRONG: list[tuple[str, object]] = [
    ("message", "anna says hello"),
    ("message", "x-anna.example/hello"),
    ("message", None),
    ("code", "anna"),
    ("code", 7),
    ("stage", "Size"),
    ("count", -1),
    ("count", True),
    ("count", 1.5),
    ("count", "7"),
    ("count", 2**53),
    ("size", b"7"),
    ("tries", [1]),
    ("port", {}),
    ("status", "200 OK"),
    ("seconds", float("nan")),
    ("seconds", float("inf")),
    ("seconds", -0.5),
    ("seconds", "1"),
    ("version", "anna"),
    ("peer", "anna"),
    ("peer", None),
    ("error", "anna"),
    ("name", "anna"),
    ("text", "anna"),
    ("at", "anna"),
    ("level", "anna"),
    ("trace", "anna"),
    ("library", "anna"),
    ("where", "anna"),
    ("errno", "ENOSPC"),
    ("dropped", 5),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_anything_else_is_dropped_and_counted(name: str, value: object) -> None:
    opened = Opened()
    fields: Any = {name: value}

    opened.log.note(Event.FAULT, **fields)

    assert opened.line() == {
        "at": "2027-01-15T08:00:00Z",
        "level": "error",
        "event": "fault",
        "dropped": 1,
    }
    assert opened.log.dropped == 1


def test_a_peer_has_one_short_name_for_the_run_of_a_node_and_another_in_the_next() -> None:
    scope, other = bytes(32), bytes(31) + b"\1"
    first, second = Opened(level="debug"), Opened(level="debug")
    for opened in (first, second):
        opened.log.note(Event.FRAME_REFUSED, peer=scope)
        opened.log.note(Event.STOPPED, peer=scope)
        opened.log.note(Event.FRAME_REFUSED, peer=other)

    names = [line["peer"] for opened in (first, second) for line in opened.lines()]

    assert names[0] == names[1] != names[2]
    assert names[3] == names[4] != names[5]
    assert not {*names[:3]} & {*names[3:]}
    assert all(re.fullmatch("[0-9a-f]{8}", name) for name in names)


def test_at_most_ten_events_of_a_kind_are_written_in_any_second() -> None:
    opened = Opened(level="debug")

    for _ in range(4):
        for _ in range(100):
            opened.log.note(Event.FRAME_REFUSED, code=Code.NOT_OPENED)
        opened.clock.passed += 0.25
    opened.log.note(Event.SOURCE_SHUT_OUT)

    assert EVENTS_PER_SECOND_MAX == 10
    kinds = [line["event"] for line in opened.lines()]
    assert kinds == ["frame-refused"] * 10 + ["left-out", "source-shut-out"]
    assert opened.lines()[10] == {
        "at": "2027-01-15T08:00:01Z",
        "level": "warning",
        "event": "left-out",
        "of": "frame-refused",
        "count": 390,
    }
    assert opened.log.left_out == 390


def test_no_second_wherever_it_begins_holds_more_than_ten() -> None:
    opened = Opened(level="debug")
    times = []
    for step in range(400):
        opened.clock.passed = step / 100
        before = opened.text.tell()
        opened.log.note(Event.FRAME_REFUSED)
        if "frame-refused" in opened.text.getvalue()[before:].replace('"of":"frame-refused"', ""):
            times.append(step / 100)

    assert len(times) == 40
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[10:], strict=False))


def test_a_flood_of_one_kind_hides_no_other_kind() -> None:
    opened = Opened(level="debug")

    for _ in range(1_000):
        opened.log.note(Event.FRAME_REFUSED)
    opened.log.note(Event.STORE_FAILED)

    assert opened.lines()[-1]["event"] == "store-failed"


def test_what_was_left_out_is_told_at_the_end() -> None:
    opened = Opened(level="debug")
    for _ in range(12):
        opened.log.note(Event.FRAME_REFUSED)

    opened.log.close()
    opened.log.close()

    assert [line["event"] for line in opened.lines()].count("left-out") == 1
    assert opened.lines()[-1]["count"] == 2


def fail(error: Exception, cause: Exception | None = None, *, silent: bool = False) -> None:
    if cause is None:
        raise error
    try:
        fail(cause)
    except type(cause):
        raise error from (None if silent else cause)


def raised(error: Exception, cause: Exception | None = None, *, silent: bool = False) -> Exception:
    try:
        fail(error, cause, silent=silent)
    except type(error) as caught:
        return caught
    raise AssertionError


def test_an_exception_is_told_by_kind_and_place_and_never_by_its_text() -> None:
    opened = Opened()

    opened.log.note(Event.STORE_FAILED, error=raised(RuntimeError("anna", {"shoe": 41})))

    line = opened.line()
    assert line["error"] == "RuntimeError"
    assert re.fullmatch(r"[\w.]+:\d+,[\w.]+:\d+", line["trace"])
    assert not {"anna", "shoe", "41"} & set(re.findall(r"\w+", line["error"] + line["trace"]))


def test_a_refusal_of_the_protocol_is_told_by_stage_and_code() -> None:
    opened = Opened(level="debug")

    opened.log.note(Event.FRAME_REFUSED, error=Violation(Code.PADDING, "anna"))
    opened.log.note(Event.FRAME_REFUSED, error=UsageError(Violation(Code.CLOSED, "anna")))

    first, second = opened.lines()
    assert (first["error"], first["stage"], first["code"]) == ("Violation", "form", "padding")
    assert (second["error"], second["stage"], second["code"]) == ("UsageError", "gate", "closed")
    assert "anna" not in opened.text.getvalue()


def test_an_error_of_the_system_is_told_by_its_name() -> None:
    opened = Opened()

    opened.log.note(Event.STORE_FAILED, error=OSError(errno.ENOSPC, "No space left", "/home/anna/x"))
    opened.log.note(Event.STORE_FAILED, error=OSError("anna"))

    first, second = opened.lines()
    assert (first["error"], first["errno"]) == ("OSError", "ENOSPC")
    assert "errno" not in second
    assert "anna" not in opened.text.getvalue()


def test_causes_are_told_by_their_kinds() -> None:
    opened = Opened()

    opened.log.note(Event.STORE_FAILED, error=raised(ValueError("anna"), OSError(errno.EIO, "anna")))
    opened.log.note(Event.STORE_FAILED, error=raised(TypeError("anna"), KeyError("anna"), silent=True))

    first, second = opened.lines()
    assert (first["error"], first["errno"]) == ("ValueError<OSError", "EIO")
    assert second["error"] == "TypeError"
    assert "anna" not in opened.text.getvalue()


def test_of_a_group_the_first_exception_is_told() -> None:
    opened = Opened()

    opened.log.note(
        Event.FAULT,
        error=ExceptionGroup("anna", [ExceptionGroup("anna", [raised(KeyError("anna"))]), ValueError()]),
    )

    assert opened.line()["error"] == "KeyError"
    assert opened.line()["trace"]


def test_endless_chains_and_deep_calls_are_cut() -> None:
    opened = Opened()
    turning = ValueError()
    turning.__context__ = KeyError()
    turning.__context__.__context__ = turning
    chain: BaseException = ValueError()
    for _ in range(50):
        longer = ValueError()
        longer.__cause__ = chain
        chain = longer

    def deep(depth: int) -> None:
        if depth == 0:
            raise LookupError
        deep(depth - 1)

    opened.log.note(Event.FAULT, error=turning)
    opened.log.note(Event.FAULT, error=chain)
    with pytest.raises(LookupError) as fallen:
        deep(200)
    opened.log.note(Event.FAULT, error=fallen.value)

    first, second, third = opened.lines()
    assert first["error"] == "ValueError<KeyError"
    assert second["error"].count("ValueError") == CAUSES_MAX
    assert len(third["trace"].split(",")) == FRAMES_MAX


def test_an_exception_whose_own_name_is_strange_stays_unnamed() -> None:
    opened = Opened()

    opened.log.note(Event.FAULT, error=type("anna\n\x1b[2J", (Exception,), {})())

    assert opened.line()["error"] == "unnamed"


def test_every_line_of_text_is_one_line_of_plain_letters() -> None:
    # T70: nothing that a value could smuggle in reaches a line, so nothing has to be escaped.
    opened = Opened(format="text", level="debug")
    hostile: list[Any] = ["\n", "\x1b[2J", "%s%n", "x" * 2**20, "\u2028", "\0", " code=forged"]
    for value in hostile:
        for name in ("message", "code", "stage", "count", "seconds", "version", "peer", "error", "text"):
            fields: Any = {name: value}
            opened.log.note(Event.FRAME_REFUSED, **fields)
            opened.clock.passed += 1
        opened.log.note(Event.FAULT, error=raised(ValueError(value)), peer=value.encode())
        opened.log.foreign(logging.LogRecord(value, 50, value, 1, value, (value,), None, value))
        opened.clock.passed += 1

    written = opened.text.getvalue()
    assert TEXT_LINE.sub("", written) == ""
    assert max(map(len, written.splitlines())) < 300


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "full"), ValueError("I/O operation on closed file")])
def test_a_stream_that_takes_nothing_stops_nothing_and_is_counted(fault: Exception) -> None:
    class Broken:
        def write(self, text: str, /) -> object:
            raise fault

        def flush(self) -> None:
            raise AssertionError

    log = Log(Broken(), Clock(), system_entropy, Settings())

    log.note(Event.FAULT)
    log.note(Event.FAULT)

    assert log.lost == 2


def test_a_fault_is_found_again_by_the_reference_that_the_owner_got() -> None:
    opened = Opened()

    opened.log.report("0123456789ab", raised(ValueError("anna")))
    opened.log.report("anna", raised(ValueError("anna")))

    first, second = opened.lines()
    assert (first["event"], first["reference"], first["error"]) == ("fault", "0123456789ab", "ValueError")
    assert "reference" not in second
    assert "anna" not in opened.text.getvalue()


def test_the_allow_list_is_the_only_way_to_the_stream() -> None:
    text = (Path(__file__).parents[3] / "src/pcloud/runtime/logs.py").read_text()

    assert text.count("self._stream.write(") == 1
    assert "getMessage" not in text
    assert "str(error)" not in text
    assert "repr(" not in text
    assert ".args" not in text
