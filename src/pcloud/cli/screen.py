"""What a command writes: tables and sentences for a person, one JSON document for a program.

A person's terminal gets nothing that a peer could steer it with (`text.plain`). JSON is ASCII with escapes.
"""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pcloud.cli.exits import CommandError
from pcloud.cli.text import plain

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_COLUMNS: Final = 160
"""How wide a table is where there is no terminal to ask."""
_WHOLE: Final = 12
"""Letters of an id, a code or a day: a column of such words is not broken, as long as others can be."""
_PATH: Final = 32
"""Letters of most paths: their column is not broken either where that leaves enough for the others."""
_LEFT: Final = 10
"""Letters that every other column keeps."""

STYLES: Final = {
    "active": "green",
    "open": "green",
    "applied": "green",
    "ok": "green",
    "pending": "yellow",
    "requested": "yellow",
    "waiting": "yellow",
    "paused": "yellow",
    "recovering": "yellow",
    "closed": "dim",
    "ended": "dim",
    "declined": "dim",
    "withdrawn": "dim",
    "expired": "dim",
    "stopped": "red",
    "fault": "red",
}
"""Colours of the words that say how something stands; the word itself says the same."""


def document(value: Any) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(_plain_data(value), indent=2) + "\n")


def line_document(value: Any) -> None:
    """Write one JSON document on one line, at once: one of many."""
    sys.stdout.write(json.dumps(_plain_data(value)) + "\n")
    sys.stdout.flush()


def _plain_data(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, list):
        return [_plain_data(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain_data(one) for key, one in value.items()}
    return value


def say(sentence: str, *, at_once: bool = False) -> None:
    """Write one line to standard output."""
    sys.stdout.write(plain(sentence) + "\n")
    if at_once:
        sys.stdout.flush()


def note(sentence: str) -> None:
    """Write one line to standard error: what a person should know, and a program need not read."""
    sys.stderr.write(plain(sentence) + "\n")
    sys.stderr.flush()


def fault(problem: CommandError, *, as_json: bool) -> None:
    """Write to standard error how a command failed."""
    if as_json:
        told = {"error": {"code": problem.code, "text": problem.text}}
        sys.stderr.write(json.dumps(told) + "\n")
    else:
        sys.stderr.write(f"pcloud: {plain(problem.text)}\n")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """Write a table, or the sentence that says there is nothing."""
    if not rows:
        say(empty)
        return
    from rich.table import Table
    from rich.text import Text

    screen = console()
    drawn = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    columns = [(heading, *cells) for heading, cells in zip(headings, zip(*rows, strict=True), strict=True)]
    for heading, whole in zip(headings, _unbroken(columns, screen.width), strict=True):
        drawn.add_column(Text(heading), overflow="fold", no_wrap=whole)
    for row in rows:
        drawn.add_row(*(Text(plain(cell), style=STYLES.get(cell, "")) for cell in row))
    screen.print(drawn)


def _unbroken(columns: Sequence[Sequence[str]], width: int) -> list[bool]:
    """Which columns of paths, or at least of ids and days, are not broken: as far as that leaves enough."""
    longest = [max(len(cell) for cell in cells) for cells in columns]
    words = [not any(" " in cell for cell in cells[1:]) for cells in columns]
    for most in (_PATH, _WHOLE):
        whole = [word and long <= most for word, long in zip(words, longest, strict=True)]
        taken = sum(long if one else min(long, _LEFT) for one, long in zip(whole, longest, strict=True))
        if taken + 2 * len(columns) <= width:
            return whole
    return [False] * len(columns)


def facts(pairs: Sequence[tuple[str, str | None]]) -> None:
    """Write names and values below each other, leaving out what has no value."""
    shown = [(name, value) for name, value in pairs if value is not None]
    width = max(len(name) for name, _ in shown)
    for name, value in shown:
        say(f"{name:<{width}}  {value}")


@contextmanager
def progress(told: str, total: int | None, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a person's terminal that moves to what is done; nothing elsewhere. Without `total` a pulse."""
    if hidden or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(told, total=total)
        yield lambda done: bar.update(task, completed=done)


def qr(text: str) -> None:
    """Draw a QR code, dark on light whatever the terminal's colours are. Only for a terminal."""
    import io

    import segno
    from rich.text import Text

    drawn = io.StringIO()
    segno.make(text, micro=False, error="l", boost_error=False).terminal(drawn, compact=True, border=2)
    console().print(Text(drawn.getvalue().rstrip("\n"), style="bright_white on black"), soft_wrap=True)


def console() -> "Console":
    """Standard output through rich, which leaves colours away where NO_COLOR or no terminal asks for it."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
