"""Texts that turn or hide what is written: valid, so they are kept and signed; shown, they do nothing."""

import pytest

from pcloud.runtime.owning import show
from pcloud.wire import cbor


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        pytest.param("63e280ae", "", id="X-CB-41 direction of writing"),
        pytest.param("63efbbbf", "\ufeff", id="X-CB-43 byte order mark"),
        pytest.param("6365cc81", "\u00e9", id="X-CB-40 not in normal form C"),
    ],
)
def test_text_is_kept_as_it_came_and_shown_without_what_turns_it(data: str, shown: str) -> None:
    """[CBOR-14]: what was signed is never rewritten; only what is shown is."""
    text = cbor.decode(bytes.fromhex(data))
    assert isinstance(text, str)
    assert cbor.encode(text).hex() == data
    assert show.line(text) == shown


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_no_mark_of_direction_stays_in_a_name(mark: str) -> None:
    assert show.line(f"An{mark}na") == "Anna"


@pytest.mark.parametrize("control", ["\0", "\x07", "\x1b[2J", "\x7f", "\x85", "\r", "\n"])
def test_no_control_character_stays_in_a_name(control: str) -> None:
    assert show.line(f"An{control}na") == f"An {control[1:]}na"
