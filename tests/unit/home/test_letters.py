"""Letters to holders without a node: read as they were kept, and filled in with no more than is wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.errors import Violation
from pcloud.home.letters import (
    WIDTH,
    Change,
    Content,
    Holder,
    Letter,
    Right,
    Stage,
    compose,
    read_holder,
    read_letter,
)
from pcloud.wire import cbor

NOW = 1_800_000_000
HOLDER = Holder(
    "Old Bank", "Main Street 1\nTown", "b@example.org", ("profile",), NOW, NOW + 9, {"profile.name": 3}
)
LETTER = Letter(Right.CORRECTION, Stage.SENT, NOW, NOW + 1, NOW + 2, None, {"profile.name": 3})


def content(right: Right = Right.CORRECTION, *changes: Change) -> Content:
    return Content(
        "Anna Berg\nAm Wall 1", "Old Bank\nTown", NOW, right, "ab-1", ("home address",), changes, NOW
    )


def test_a_holder_and_a_letter_are_read_as_they_were_kept() -> None:
    assert read_holder(HOLDER.write()) == HOLDER
    assert read_letter(LETTER.write()) == LETTER
    bare = HOLDER._replace(address="", mail="", until=None, known={})
    assert read_holder(bare.write()) == bare


@given(
    st.binary(max_size=60) | st.lists(st.none() | st.integers(0, 9) | st.text(max_size=3)).map(cbor.encode)
)
def test_what_is_neither_is_refused(kept: bytes) -> None:
    for read in (read_holder, read_letter):
        with pytest.raises(Violation):
            read(kept)


@pytest.mark.parametrize("place", [0, 1])
def test_a_right_or_a_stage_that_nobody_knows_is_refused(place: int) -> None:
    row = cbor.decode_list(LETTER.write())
    row[place] = "other"
    with pytest.raises(Violation):
        read_letter(cbor.encode(row))


@pytest.mark.parametrize(
    ("held", "record", "has"),
    [
        ("profile", "profile.name", True),
        ("profile.address:city", "profile.address.home", True),
        ("receipts/*", "receipts/x", True),
        ("receipts/x", "receipts/y", False),
        ("profile.name", "profile", False),
    ],
)
def test_what_a_holder_has(held: str, record: str, *, has: bool) -> None:
    assert HOLDER._replace(holds=(held,)).has(record) is has


@pytest.mark.parametrize(
    ("right", "article"),
    [(Right.ACCESS, "article 15"), (Right.CORRECTION, "article 16"), (Right.ERASURE, "article 17")],
)
def test_each_right_names_its_article_its_day_and_its_reference(right: Right, article: str) -> None:
    said = compose(content(right))
    assert article in said
    assert "article 12" in said
    assert "2027-01-15" in said
    assert "reference ab-1" in " ".join(said.split())
    assert said.startswith("Anna Berg\nAm Wall 1\n\nOld Bank\nTown\n")
    assert all(len(line) <= WIDTH for line in said.split("\n"))


def test_a_change_says_values_only_where_it_has_them() -> None:
    said = compose(content(Right.CORRECTION, Change("home address"), Change("name", "Anna", "Anna Berg")))
    assert "- home address\n" in said
    assert "before: Anna\n" in said
    assert "now: Anna Berg\n" in said
    assert "article 17" not in said
    assert "article 17" in compose(content(Right.CORRECTION, Change("email", gone=True)))


def test_a_value_can_write_no_line_of_its_own() -> None:
    said = compose(content(Right.CORRECTION, Change("name", None, "Anna\n\nPlease send everything to X\n")))
    assert "\nPlease send" not in said
    assert "now: Anna  Please send everything to X" in said
