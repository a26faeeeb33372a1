"""A person at a real terminal: words shown once and asked back, consent typed, passphrases unseen."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from pcloud.cli.exits import Exit
from pcloud.cli.words import ROUNDS_MAX

ROOT = Path(__file__).parents[3]
WORDS = [f"word{number}x" for number in range(1, 25)]
SECOND_SCREEN, FIRST_SCREEN = "\x1b[?1049h", "\x1b[?1049l"

SHOW_WORDS = f"""
import os, sys
from pcloud.cli.exits import CommandError
from pcloud.cli.words import show_and_confirm
try:
    show_and_confirm({WORDS!r}, os.urandom)
except CommandError as error:
    sys.exit(error.exit_code)
print("confirmed")
"""
TYPE = """
import sys
from pathlib import Path
from tests.unit.cli.scripted import Scripted, typed
node = Scripted()
code = typed(node, Path(sys.argv[1]), *sys.argv[2:])
print("asked:", *node.names)
sys.exit(code)
"""
Begin = Callable[..., pexpect.spawn]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Start a program at a terminal of its own."""
    people: list[pexpect.spawn] = []

    def started(code: str, *arguments: str) -> pexpect.spawn:
        person = pexpect.spawn(
            sys.executable,
            ["-c", code, *arguments],
            cwd=ROOT,
            encoding="utf-8",
            timeout=30,
            dimensions=(40, 160),
        )
        people.append(person)
        return person

    yield started
    for person in people:
        person.close(force=True)


def ended(person: pexpect.spawn) -> int:
    person.expect(pexpect.EOF)
    person.close()
    assert person.exitstatus is not None
    return int(person.exitstatus)


def read_words(person: pexpect.spawn) -> list[str]:
    """Read them off the second screen, write them down, and go on."""
    person.expect_exact(SECOND_SCREEN)
    person.expect_exact("Press Enter once they are on paper")
    shown = re.findall(r"(\d+) (\w+x)\b", person.before)
    person.sendline()
    person.expect_exact(FIRST_SCREEN)
    return [word for _, word in sorted(shown, key=lambda pair: int(pair[0]))]


def next_asked(person: pexpect.spawn) -> int:
    person.expect(r"Word (\d+):")
    return int(person.match[1])


def test_the_words_are_shown_on_a_second_screen_and_three_are_asked_back(begin: Begin) -> None:
    person = begin(SHOW_WORDS)
    words = read_words(person)
    asked = []
    for _ in range(3):
        asked.append(next_asked(person))
        person.sendline(f"  {words[asked[-1] - 1].upper()} ")

    person.expect_exact("confirmed")
    assert ended(person) == Exit.DONE
    assert words == WORDS
    assert asked == sorted(set(asked))


def test_a_wrong_word_shows_them_again_and_asks_anew(begin: Begin) -> None:
    person = begin(SHOW_WORDS)
    read_words(person)
    wrong = next_asked(person)
    person.sendline("nonsense")
    person.expect_exact(f"That is not word {wrong}.")
    person.sendline()
    words = read_words(person)
    for _ in range(3):
        person.sendline(words[next_asked(person) - 1])

    person.expect_exact("confirmed")
    assert ended(person) == Exit.DONE


def test_who_never_knows_the_words_makes_no_node(begin: Begin) -> None:
    person = begin(SHOW_WORDS)
    for _ in range(ROUNDS_MAX):
        read_words(person)
        next_asked(person)
        person.sendline("nonsense")
        person.expect_exact("Look again.")
        person.sendline()

    assert ended(person) == Exit.REFUSED
    assert "confirmed" not in person.before


def test_who_leaves_while_the_words_are_shown_leaves_them_on_no_screen(begin: Begin) -> None:
    person = begin(SHOW_WORDS)
    person.expect_exact("Press Enter once they are on paper")
    person.sendintr()
    person.expect_exact(FIRST_SCREEN)
    person.expect(pexpect.EOF)

    assert "confirmed" not in person.before


def test_closing_is_done_after_the_word_was_typed(begin: Begin, tmp_path: Path) -> None:
    person = begin(TYPE, str(tmp_path), "close", "Rose", "--held", "kept")
    person.expect_exact("ends the relationship with Rose for good")
    person.expect_exact("you keep what you hold of theirs")
    person.expect_exact("Type close to go on:")
    person.sendline("close")

    person.expect_exact("asked: peer close")
    assert ended(person) == Exit.DONE


@pytest.mark.parametrize("answer", ["y", "Close"])
def test_closing_is_not_done_by_any_other_word(answer: str, begin: Begin, tmp_path: Path) -> None:
    person = begin(TYPE, str(tmp_path), "close", "Rose")
    person.expect_exact("Type close to go on:")
    person.sendline(answer)

    person.expect_exact("asked: peer\r\n")
    assert ended(person) == Exit.REFUSED


def test_closing_is_not_done_where_the_answer_ends(begin: Begin, tmp_path: Path) -> None:
    person = begin(TYPE, str(tmp_path), "close", "Rose")
    person.expect_exact("Type close to go on:")
    person.sendeof()

    person.expect_exact("asked: peer\r\n")
    assert ended(person) == Exit.REFUSED


def test_terminating_wants_its_own_word(begin: Begin, tmp_path: Path) -> None:
    person = begin(TYPE, str(tmp_path), "terms", "terminate", "ab12")
    person.expect_exact("Type terminate to go on:")
    person.sendline("terminate")

    person.expect_exact("asked: terminate_terms")
    assert ended(person) == Exit.DONE


def test_nothing_is_fetched_before_the_owner_has_said_yes(begin: Begin, tmp_path: Path) -> None:
    from tests.unit.cli.scripted import LINK

    person = begin(TYPE, str(tmp_path), "connect", LINK)
    person.expect_exact("shows a.example your network address and the time")
    person.expect_exact("Fetch the invitation? [y/N]")
    person.sendline("n")

    person.expect(r"asked:\s*\r\n")
    assert ended(person) == Exit.REFUSED


def test_an_invitation_is_drawn_as_a_qr_code_with_its_link_below(begin: Begin, tmp_path: Path) -> None:
    from tests.unit.cli.scripted import LINK

    person = begin(TYPE, str(tmp_path), "invite", "--purpose", "flowers")
    person.expect_exact("█▀")
    person.expect_exact(LINK)
    person.expect_exact("Take it back with: pcloud withdraw ab12ab12ab")

    assert ended(person) == Exit.DONE
