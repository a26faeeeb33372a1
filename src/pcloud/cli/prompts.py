"""Questions to a person at a terminal. They go to standard error: standard output is for the answer."""

import getpass
import sys

from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.text import plain


def at_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Read one line. Raises CommandError where the input ends."""
    sys.stderr.write(f"{plain(question)} ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise _no_answer()
    return line.strip()


def confirm(question: str) -> bool:
    """Ask for a yes; anything else is a no."""
    return ask(f"{question} [y/N]").lower() in {"y", "yes"}


def consent(what: str, word: str, *, given: bool) -> None:
    """Let something be done that cannot be undone: `--yes`, or the word typed at a terminal.

    Raises CommandError where the consent is missing.
    """
    if given:
        return
    if not at_terminal():
        raise usage(f"{what} Say --yes if you want that.")
    if ask(f"{what} Type {word} to go on:") != word:
        raise CommandError(Exit.REFUSED, "not-confirmed", "That was not the word, so nothing was done.")


def hidden(question: str) -> str:
    """Ask for something that is not shown. Raises CommandError where the input ends."""
    try:
        return getpass.getpass(question)
    except EOFError:
        raise _no_answer() from None


def _no_answer() -> CommandError:
    return CommandError(Exit.REFUSED, "no-answer", "There was no answer, so nothing was done.")
