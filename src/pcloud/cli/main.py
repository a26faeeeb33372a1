"""Where the command line starts, and where every command ends: with one exit code, if bad with a sentence."""

import io
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.cli import screen
from pcloud.cli.exits import CommandError, Exit, explain, usage
from pcloud.cli.place import Place
from pcloud.cli.wanted import read_up
from pcloud.vault.hardening import harden

if TYPE_CHECKING:
    from collections.abc import Sequence


FRAMES_SHOWN: Final = 6
"""Places of a traceback that are shown, the innermost first."""


def main() -> None:
    """Run what was typed, and end the process with its exit code."""
    harden()  # what the system does not offer is told by `up`, which holds secrets for long
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a peer wrote may hold letters that this terminal cannot show; that is no reason to fail.
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: "Sequence[str]", place: Place | None = None) -> int:
    """Run one command line; gives its exit code. Nothing is raised but what ends the process from outside."""
    where = place or Place()
    where.json = where.json or _asks_for_json(arguments)
    try:
        code = _dispatch(arguments, where)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads us has gone, as `head` does; what is left unsaid is nobody's loss.
        sys.stdout = sys.stderr
        return Exit.REFUSED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as problem:  # noqa: BLE001 - the one place where a fault of ours becomes a sentence
        return _failed(problem, where)
    return code


def _asks_for_json(arguments: "Sequence[str]") -> bool:
    """Whether errors are wanted as JSON, also those of reading the command line itself."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return "--json" in words[:end]


def _dispatch(arguments: "Sequence[str]", place: Place) -> int:
    wanted = read_up(arguments, place)
    if wanted is not None:
        from pcloud.cli.serve import serve

        serve(place, wanted)
        return Exit.DONE

    from pcloud.cli.app import commands

    ended = commands().main(list(arguments), prog_name="pcloud", standalone_mode=False, obj=place)
    return ended if isinstance(ended, int) else Exit.DONE


def _failed(problem: Exception, place: Place) -> int:
    told = explain(problem) or _of_typer(problem)
    if told is None:
        told = _fault_of_ours(problem)
    screen.fault(told, as_json=place.json)
    return told.exit_code


def _fault_of_ours(problem: Exception) -> CommandError:
    """Where it happened, and not what the exception says: it may hold values (T69)."""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(problem.__traceback__)
    ]
    return CommandError(
        Exit.FAULT,
        "fault",
        f"A fault of this program. Please report it with this: {type(problem).__name__} at "
        f"{' < '.join(reversed(places[-FRAMES_SHOWN:]))}.",
    )


def _of_typer(problem: Exception) -> CommandError | None:
    """What the reader of command lines says."""
    from typer import TyperException

    if isinstance(problem, TyperException):
        path = getattr(getattr(problem, "ctx", None), "command_path", "pcloud")
        # Its words for a value that does not fit come from another library, and show it.
        wrong = problem.format_message().replace("Value error, ", "") or "A command is missing."
        return usage(f"{wrong}{'' if wrong.endswith(('.', '?')) else '.'} See: {path} --help.")
    return None
