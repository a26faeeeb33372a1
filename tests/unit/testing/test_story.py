"""The story is told to its end, and says the same each time."""

import subprocess
import sys

import pytest

from pcloud.testing.story import STORIES, Story, main


def tell() -> list[str]:
    lines: list[str] = []
    Story(lines.append).handshake()
    return lines


def test_the_handshake_ends_with_both_logs_saying_the_same_after_every_step() -> None:
    """Each step compares both digests itself; a difference would raise."""
    lines = tell()
    assert sum("both fold to" in line for line in lines) == 10
    assert "closed on both sides" in lines[-1]


def test_the_story_names_what_it_must_show() -> None:
    text = "\n".join(tell())
    for word in (
        "counters",
        "answers",
        "receipt is lost",
        "cross",
        "recovers",
        "refused",
        "rejects",
        "closes",
    ):
        assert word in text


def test_a_story_is_the_same_each_time_it_is_told_but_for_the_ciphertext() -> None:
    assert tell() == tell()


def test_the_command_tells_the_story_and_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pcloud.testing.story", "handshake"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "The end" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["handshake", "twice"]])
def test_an_unknown_story_is_answered_with_the_known_ones(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert all(name in told.err for name in STORIES)
