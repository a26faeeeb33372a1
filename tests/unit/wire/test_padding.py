"""Padding: few lengths, one form."""

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import CONTENT_BYTES_MAX, FRAME_BYTES_MAX, PADDED_BYTES_MIN
from pcloud.wire import padding

SIZES = [0, 1, 251, 252, 253, 268, 269, 508, 1000, 4096, 30_000, CONTENT_BYTES_MAX]


@pytest.mark.parametrize("size", SIZES)
def test_content_comes_back_whatever_it_ends_with(size: int) -> None:
    for content in (b"\x00" * size, b"\xff" * size):
        padded = padding.pad(content)
        assert padding.unpad(padded) == content
        assert len(padded) == padding.padded_length(size)


@pytest.mark.parametrize(
    ("size", "whole"),
    [(0, 256), (252, 256), (253, 272), (268, 272), (269, 288), (508, 512), (509, 544), (57_344, 59_392)],
)
def test_the_padded_length_is_that_of_padme(size: int, whole: int) -> None:
    assert padding.padded_length(size) == whole


def test_the_largest_content_leaves_room_in_a_frame() -> None:
    assert padding.padded_length(CONTENT_BYTES_MAX) + 1_500 < FRAME_BYTES_MAX


def test_padding_costs_at_most_twelve_percent_and_shows_few_lengths() -> None:
    lengths = set()
    for size in range(PADDED_BYTES_MIN, CONTENT_BYTES_MAX + 1, 7):
        whole = padding.padded_length(size)
        assert size + 4 <= whole <= (size + 4) * 1.12
        lengths.add(whole)
    assert len(lengths) < 140


def test_too_much_content_is_our_error() -> None:
    with pytest.raises(UsageError) as refusal:
        padding.pad(bytes(CONTENT_BYTES_MAX + 1))
    assert refusal.value.code == Code.CONTENT_TOO_LARGE


GOOD = padding.pad(b"content")

REFUSED = [
    ("nothing", b""),
    ("less than a length", b"\0\0\0"),
    ("only a length", b"\0\0\0\0"),
    ("one byte short", GOOD[:-1]),
    ("one byte long", GOOD + b"\0"),
    ("the next padded length", GOOD + b"\0" * 16),
    ("filler not zero at the end", GOOD[:-1] + b"\1"),
    ("filler not zero at once", GOOD[:11] + b"\1" + GOOD[12:]),
    ("length one less than the content", b"\0\0\0\6" + GOOD[4:]),
    ("length beyond what is there", b"\0\0\1\0" + GOOD[4:]),
    ("length above the bound", b"\xff\xff\xff\xff" + bytes(60_000)),
    ("length just above the bound", (CONTENT_BYTES_MAX + 1).to_bytes(4, "big") + bytes(59_388)),
    ("little-endian length", b"\7\0\0\0" + GOOD[4:]),
]


@pytest.mark.parametrize("padded", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_padding_would_not_have_written_is_refused(padded: bytes) -> None:
    with pytest.raises(Violation) as refusal:
        padding.unpad(padded)
    assert (refusal.value.code, refusal.value.stage) == (Code.PADDING, Stage.FORM)
