"""What a peer wrote cannot steer a terminal; times and durations read as people write them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.text import ID_SHOWN, clock, moment, plain, seconds, seconds_or_never, short, size, when

DAY_S = 86_400
NOW = 1_800_000_000

# T71: what a hostile peer would like to see printed.
STEERING = [
    "\x1b[2J",
    "\x1b[H",
    "\x1b[31mred\x1b[0m",
    "\x1b[1;31;5mblink",
    "\x1b[10;10H",
    "\x1b[999D",
    "\x1b[?1049h",
    "\x1b[?25l",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[>c",
    "\x1b[=c",
    "\x1b[5n",
    "\x1b[20t",
    "\x1b[21t",
    "\x1b[8;1;1t",
    "\x1b[!p",
    "\x1b[?2004h",
    "\x1b[200~rm -rf\x1b[201~",
    "\x1bc",
    "\x1b7\x1b8",
    "\x1bD",
    "\x1bM",
    "\x1b#8",
    "\x1b(0",
    "\x1b]0;title\x07",
    "\x1b]2;title\x1b\\",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]1337;File=name=x:\x07",
    "\x1b]4;1;?\x07",
    "\x1b]50;?\x07",
    "\x1bP+q544e\x1b\\",
    "\x1bPq#0;2;0;0;0\x1b\\",
    "\x1b_Ga=T;AAAA\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring\x1b\\",
    "\x9b2J",
    "\x9d0;title\x9c",
    "\x90+q\x9c",
    "\x9fapc\x9c",
    "\x9epm\x9c",
    "\x98sos\x9c",
    "\x84\x85\x8d",
    "\x07\x07\x07",
    "\x08\x08\x08",
    "\x0e\x0f",
    "\x00nul",
    "\x7fdel",
    "\x05enq",
    "a\rb",
    "line\nforged: you agreed",
    "tab\tstop",
    "\x0b\x0c",
    "\u2028line\u2029paragraph",
    "\u202egnp.exe",
    "\u202a\u202b\u202c\u202d",
    "\u2066\u2067\u2068\u2069",
    "\u200b\u2060\ufeff",
    "\u200e\u200f\u061c",
    "\ud800",
    "\U000e0041\U000e007f",
]


@pytest.mark.parametrize("text", STEERING, ids=ascii)
def test_no_sequence_that_steers_a_terminal_is_left(text: str) -> None:
    shown = plain(text)

    assert not [letter for letter in shown if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not {"\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\U000e0041"} & set(shown)


@given(st.text())
def test_whatever_it_is_one_line_comes_out_and_again_the_same(text: str) -> None:
    shown = plain(text)

    assert len(shown.splitlines()) <= 1
    assert plain(shown) == shown
    assert shown.isprintable() or not {unicodedata.category(one) for one in shown} & {"Cc", "Cs"}


@pytest.mark.parametrize(
    "text",
    [
        "Blumen Müller",
        "花屋",
        "متجر",
        "פרחים",
        "👩\u200d🌾",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "e\u0301",
        "5 ≤ 25",
    ],
)
def test_letters_of_every_script_stay(text: str) -> None:
    assert plain(text) == text


def test_a_break_of_a_line_is_seen_and_breaks_nothing() -> None:
    assert plain("yes\nyou: no") == "yes ↵ you: no"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800), ("2w", 1_209_600), ("1s", 1)],
)
def test_durations_are_a_number_and_a_unit(text: str, wanted: int) -> None:
    assert seconds(text, "--expires") == wanted
    assert seconds_or_never(text, "--expires") == wanted


def test_never_is_no_duration_where_a_thing_has_to_end() -> None:
    assert seconds_or_never("never", "--expires") is None
    with pytest.raises(CommandError):
        seconds("never", "--expires")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "d",
        "0d",
        "-1d",
        "1.5h",
        "7 d",
        "7D",
        "7days",
        "1h30m",
        "\u0667d",
        "9" * 10 + "d",
        "7d\n",
        "Never",
        "\x1b[2J",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        seconds(text, "--expires")

    assert caught.value.exit_code is Exit.USAGE
    assert "--expires wants a duration such as" in caught.value.text
    assert "\x1b" not in caught.value.text


def test_a_moment_is_a_duration_from_now_or_the_end_of_a_day() -> None:
    assert moment("7d", "--until", NOW) == NOW + 7 * DAY_S
    assert moment("1970-01-01", "--until", NOW) == DAY_S - 1
    assert moment("2027-01-15", "--until", NOW) == 1_800_057_599


@pytest.mark.parametrize("text", ["2030-02-30", "2030-13-01", "2030-1-1", "tomorrow", "", "never"])
def test_a_day_that_is_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        moment(text, "--until", NOW)

    assert caught.value.exit_code is Exit.USAGE
    assert "--until" in caught.value.text


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (None, "never"),
        (NOW, "just now"),
        (NOW + 59, "just now"),
        (NOW + 90, "in 1 min"),
        (NOW - 3_600, "1 h ago"),
        (NOW + 2 * DAY_S - 1, "in 47 h"),
    ],
)
def test_times_near_by_are_told_as_people_do(at: int | None, shown: str) -> None:
    assert when(at, NOW) == shown


def test_times_further_away_are_dates() -> None:
    assert when(NOW + 30 * DAY_S, NOW).startswith("2027-02-1")


@pytest.mark.parametrize("at", [253_402_300_800, 2**40, 2**53 - 1])
def test_a_time_that_no_calendar_has_is_told_and_hides_nothing_else(at: int) -> None:
    """Nothing is refused because of its time, so a peer can claim any: its log has still to be read."""
    assert clock(at) == when(at, NOW) == "after 9999"
    assert clock(253_402_214_399).startswith("9999-12-3")


def test_ids_are_shown_by_their_beginning_and_sizes_in_tens() -> None:
    assert short("ab" * 32) == "ab" * (ID_SHOWN // 2)
    assert short(None) == ""
    assert [size(one) for one in (0, 999, 1_000, 40_960, 1_500_000)] == [
        "0 B",
        "999 B",
        "1 kB",
        "41 kB",
        "1.5 MB",
    ]
