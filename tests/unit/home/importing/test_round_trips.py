"""What is written out and read back is the same; what has no place in a format is counted."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcloud.home.exporting.calendars import CalendarWriter
from pcloud.home.exporting.cards import CardWriter
from pcloud.home.exporting.documents import DocumentWriter
from pcloud.home.exporting.port import Writer
from pcloud.home.exporting.tables import TableWriter, columns
from pcloud.home.importing.detecting import Wishes, format_of, items
from pcloud.home.importing.found import Format, Found, Problem

SAMPLES = Path(__file__).parents[3] / "samples"
NOW = 1_800_000_000

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_names = st.text("abcXYZ.@-= é", min_size=1, max_size=8)
_values: st.SearchStrategy[Any] = st.recursive(
    _texts | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
_records = st.lists(
    st.tuples(
        st.sampled_from(["profile.name", "receipts/abc", "ratings/x_-1", "x-any.place"]),
        _values.filter(lambda value: not (isinstance(value, dict) and value.keys() == {"base64"})),
    ),
    max_size=4,
)


def written(writer: Writer, records: list[tuple[str, Any]]) -> bytes:
    return writer.begin() + b"".join(writer.add(*one) for one in records) + writer.end()


def read(data: bytes, known: Format, *, mine: bool = False) -> list[Found]:
    found = list(items(io.BytesIO(data), known, Wishes(mine=mine)))
    assert not [one for one in found if isinstance(one, Problem)]
    return [one for one in found if isinstance(one, Found)]


def sample(name: str) -> list[Found]:
    with (SAMPLES / name).open("rb") as stream:
        known = format_of(stream, name)
        stream.seek(0)
        return [one for one in items(stream, known, Wishes()) if isinstance(one, Found)]


@settings(deadline=None)
@given(_records)
def test_any_record_survives_json_ld(records: list[tuple[str, Any]]) -> None:
    found = read(written(DocumentWriter(), records), "jsonld")
    assert [(one.path, one.value) for one in found] == records
    assert all(one.label is None for one in found)


@settings(deadline=None)
@given(_records)
def test_any_record_survives_a_table(records: list[tuple[str, Any]]) -> None:
    headings = sorted({name for _, value in records for name in columns(value)})
    writer = TableWriter(headings)
    found = read(written(writer, records), "csv")
    assert [(one.path, one.value) for one in found] == records
    assert not writer.left


@pytest.mark.parametrize("name", ["duck.vcf", "mayor.vcf"])
def test_a_contact_survives_a_card(name: str) -> None:
    (before,) = sample(name)
    writer = CardWriter()
    (after,) = read(written(writer, [("x-contacts/abc", before.value)]), "vcard")
    assert (after.value, after.label) == (before.value, before.label)
    assert not writer.left


@pytest.mark.parametrize("name", ["google.ics", "mozilla.ics", "outlook.ics", "semicolons.ics", "apple.ics"])
def test_an_event_survives_a_calendar(name: str) -> None:
    before = sample(name)
    writer = CalendarWriter(NOW)
    after = read(written(writer, [("x-events/abc", one.value) for one in before]), "ical")
    for one in after:
        if name == "apple.ics":
            assert one.value.pop("identifier") == "x-events/abc@pcloud"
    assert [one.value for one in after] == [one.value for one in before]
    assert not writer.left


def test_a_reservation_survives_a_calendar_whole_and_under_its_label() -> None:
    before = [one for one in sample("orders.mbox") if one.path == "reservations"]
    data = written(CalendarWriter(NOW), [("reservations/abc", one.value) for one in before])
    assert [(one.path, one.value, one.label) for one in read(data, "ical")] == [
        (one.path, one.value, one.label) for one in before
    ]
    assert b"DTSTART:20270305T041500Z" in data


@settings(deadline=None)
@given(st.lists(_texts, min_size=4, max_size=4))
def test_whatever_stands_in_a_contact_makes_no_line_of_its_own(said: list[str]) -> None:
    person = {
        "@type": "Person",
        "name": said[0] + "\r\nEND:VCARD\r\nBEGIN:VCARD",
        "url": "https://a\nX:1",
        "email": [{"contactType": said[1] + '":X\n', "email": said[2]}],
        "x-vcard": {"X-A": [said[3]]},
    }
    data = written(CardWriter(), [("x-contacts/a", person)])
    assert data.count(b"\r\nEND:VCARD") == 1
    assert b"\r\nBEGIN:VCARD\r\n" not in data
    assert b"\r\nX:1" not in data
    assert len(list(items(io.BytesIO(data), "vcard", Wishes()))) == 1


def test_ones_own_card_is_made_of_the_profile_and_read_back_to_it() -> None:
    records = [
        ("profile.address.home", {"@type": "PostalAddress", "streetAddress": "Am Wall 1; rear"}),
        ("profile.birthDate", "1990-05-20"),
        ("profile.email", "first@example.org"),
        ("profile.email.home", "second@example.org"),
        ("profile.email.work", "a@example.org"),
        ("profile.name", "Anna, of Bremen"),
        ("profile.telephone.home", "+4930123"),
        ("profile.telephone.home-2", "+4930124"),
        ("profile.x-jobTitle", "Gardener"),
    ]
    writer = CardWriter()
    found = read(written(writer, [*records, ("receipts/a", {"@type": "Order"})]), "vcard", mine=True)
    assert sorted((one.path, one.value) for one in found) == records
    assert writer.left == {"receipts": 1}


def test_a_cell_that_a_spreadsheet_would_run_is_kept_from_it() -> None:
    for said in ("=1+1", "+1", "-1", "@SUM(A1)", "'quoted"):
        record = ("receipts/a", {"name": said})
        data = written(TableWriter(["name"]), [record])
        assert f",'{said}".encode() in data
        assert read(data, "csv")[0].value == {"name": said}
