"""Showing the 24 words once, asking three of them back, and taking them in later (spec 03 §4, T65)."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.place import Place
from pcloud.cli.prompts import ask, at_terminal, hidden
from pcloud.vault.passphrase import from_file
from pcloud.vault.words import drill, secret_of

ROUNDS_MAX: Final = 5
"""How often the words are shown before the whole is given up."""
_COLUMNS: Final = 4
_LEAVE: Final = "\x1b[?1049l"
_ENTER: Final = "\x1b[?1049h\x1b[H"

_WARNING: Final = """\
These 24 words are the only way to recover your personal cloud after a loss or a theft.
They are shown once and kept nowhere. Write them on paper, in this order.
Whoever has them can take your place towards everybody you know: never type them into anything
but pcloud, and give them to nobody.
"""


def show_and_confirm(words: Sequence[str], draw: Callable[[int], bytes]) -> None:
    """Show the words on a screen of their own, then ask three back; wrong ones are shown again.

    Raises CommandError where they were not given back.
    """
    for _ in range(ROUNDS_MAX):
        _show(words)
        if _asked_back(words, draw):
            return
    raise CommandError(
        Exit.REFUSED, "not-confirmed", "The words were not given back, so nothing was made. Begin again."
    )


def asked(place: Place, words_file: Path | None) -> bytes:
    """The rotation secret behind the words that the owner types, unseen, or has in a file.

    Raises CommandError where nobody can be asked, WordsError where that is not 24 words that belong together.
    """
    if words_file is not None:
        return secret_of(from_file(words_file, "words"))
    if place.json or not at_terminal():
        raise usage(
            "There is nobody to ask for the 24 words: name the file that holds them with --words-file."
        )
    return secret_of(hidden("Your 24 words: "))


def _show(words: Sequence[str]) -> None:
    """The words on the terminal's second screen, so that they do not stay in its history."""
    rows = -(-len(words) // _COLUMNS)
    sys.stderr.write(f"{_ENTER}{_WARNING}\n")
    for row in range(rows):
        cells = (f"{place + 1:>2} {words[place]:<10}" for place in range(row, len(words), rows))
        sys.stderr.write("   " + "  ".join(cells).rstrip() + "\n")
    try:
        ask("\nPress Enter once they are on paper; they vanish from the screen.")
    finally:
        sys.stderr.write(_LEAVE)
        sys.stderr.flush()


def _asked_back(words: Sequence[str], draw: Callable[[int], bytes]) -> bool:
    for place, word in drill(words, draw).items():
        if ask(f"Word {place}:").lower() != word:
            sys.stderr.write(f"That is not word {place}. Look again.\n")
            ask("Press Enter to see them again.")
            return False
    return True
