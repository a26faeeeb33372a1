"""Commands that the README shows with what they answer, typed at a terminal as wide as the README has it."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pexpect

README = Path(__file__).parents[2] / "README.md"
TERMINAL = (50, 80)
"""Lines and columns."""
WAIT_S_MAX = 60.0
LINK = "pcloud:contact/1/…"
LEFT_OUT = "…"
"""A line that stands for any number of lines."""
_ID = re.compile(r"\b[0-9a-f]{10}\b")
_VARIES = (
    re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?|\b(just now|\d+ min ago)"),
    re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b|\b[0-9a-f]{64}\b|\bbafirei[a-z2-7]+"),
    _ID,
)


class Typed(NamedTuple):
    """A command, and the lines that it answers."""

    command: str
    answers: tuple[str, ...]


def shown() -> list[Typed]:
    """All commands of the README's terminals, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    return [command for block in blocks for command in _commands(block)]


def _commands(block: str) -> Iterator[Typed]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *answers = part.splitlines()
        yield Typed(command, tuple(line for line in answers if line))


class Reader:
    """Types what the README shows, with the ids and links of this run."""

    def __init__(self, environment: dict[str, str], folder: Path, links: list[str]) -> None:
        self._environment = {**environment, "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
        self._folder, self._links = folder, links
        self._ids: dict[str, str] = {}

    def type(self, shown: Typed) -> str:
        """Type it until it answers as shown, and give that. What only looks may be typed again."""
        command = _ID.sub(lambda found: self._ids.get(found[0], found[0]), shown.command)
        if LINK in command:
            command = command.replace(LINK, self._links.pop(0))
        end = time.monotonic() + WAIT_S_MAX
        while True:
            answer, code = self._answer(command)
            if code == 0 and (not shown.answers or _same(shown.answers, answer)):
                break
            again = re.match(r"pcloud (peers|asks|ledger)\b", command) and time.monotonic() < end
            assert again, f"{shown.command}\nanswers\n{answer}\nand not\n" + "\n".join(shown.answers)
        self._ids.update(zip(_ID.findall("\n".join(shown.answers)), _ID.findall(answer), strict=False))
        return answer

    def _answer(self, command: str) -> tuple[str, int]:
        with pexpect.spawn(
            "/bin/bash",
            ["-c", command],
            env={**self._environment, "TERM": "dumb"},
            cwd=str(self._folder),
            encoding="utf-8",
            timeout=WAIT_S_MAX,
            dimensions=TERMINAL,
        ) as terminal:
            answer = terminal.read().replace("\r\n", "\n")
            code = terminal.wait()
        return answer, code


def _same(shown: tuple[str, ...], answer: str) -> bool:
    """Whether it is the same but for what varies: ids, days, codes, the order of rows, and lines left out."""
    wanted = [_plain(line) for line in shown]
    lines = [_plain(line) for line in answer.splitlines() if line.strip()]
    if LEFT_OUT not in wanted:
        return sorted(wanted) == sorted(lines)
    pattern = "".join(r"(?:.*\n)*?" if line == LEFT_OUT else re.escape(line) + r"\n" for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _plain(line: str) -> str:
    """A line without what varies, and without the width of columns."""
    for varies in _VARIES:
        line = varies.sub("~", line)
    return " ".join(line.split())
