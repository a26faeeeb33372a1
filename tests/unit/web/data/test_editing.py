"""Values as fields of a form, and back: what nobody touches stays as it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.home import vocabulary
from pcloud.web.editing import (
    FEW,
    LEAVES_MAX,
    PREFIX,
    Field,
    changed,
    fields_of,
    has_parts,
    refilled,
    rest_of,
)

HOME = "profile.address.home"
ADDRESS = {"streetAddress": "Quendelweg 7", "postalCode": "27386", "addressCountry": "DE"}


def form(fields: list[Field]) -> dict[str, str]:
    """What a browser sends back where nothing was typed."""
    return {PREFIX + each.name: each.value.replace("\n", "\r\n") for each in fields}


def names(fields: list[Field]) -> list[str]:
    return [each.name for each in fields]


def test_an_address_has_its_usual_parts_first_and_others_on_demand() -> None:
    fields = fields_of(HOME, ADDRESS)
    assert [each.name for each in fields if each.usual] == [
        "streetAddress",
        "postalCode",
        "addressLocality",
        "addressCountry",
    ]
    assert {each.name for each in fields if not each.usual} == {
        "name",
        "extendedAddress",
        "postOfficeBoxNumber",
        "addressRegion",
    }
    assert [each.autocomplete for each in fields if each.name == "postalCode"] == ["postal-code"]


def test_what_is_new_has_the_parts_of_its_kind_and_nothing_in_them() -> None:
    for path in ("receipts", "profile.address.work", "ratings", "viewings", "profile.birthDate"):
        fields = fields_of(path, None)
        assert fields, path
        assert {each.value for each in fields} == {""}, path
        assert any(each.usual for each in fields), path


def test_one_text_may_be_given_in_parts_where_the_kind_has_some() -> None:
    assert has_parts("profile.name")
    assert not has_parts(HOME), "it has no other form"
    assert not has_parts("profile.birthDate")
    assert names(fields_of("profile.name", None)) == [""]
    assert "familyName" in names(fields_of("profile.name", None, whole=True))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"postalCode": "28195"}, {**ADDRESS, "postalCode": "28195"}),
        ({"addressLocality": " Bremen "}, {**ADDRESS, "addressLocality": "Bremen"}),
        ({"addressCountry": ""}, {"streetAddress": "Quendelweg 7", "postalCode": "27386"}),
        ({"x-new": "no field of this form"}, ADDRESS),
    ],
)
def test_only_what_was_typed_changes(typed: dict[str, str], expected: dict[str, Any]) -> None:
    fields = fields_of(HOME, ADDRESS)
    given_now = form(fields) | {PREFIX + name: text for name, text in typed.items()}
    before = dict(ADDRESS)
    assert changed(fields, ADDRESS, given_now) == expected
    assert before == ADDRESS, "what stands in the store is not touched"


def test_nothing_is_left_of_a_value_whose_fields_are_all_emptied() -> None:
    fields = fields_of(HOME, ADDRESS | {"@type": "PostalAddress"})
    assert changed(fields, ADDRESS | {"@type": "PostalAddress"}, dict.fromkeys(form(fields), "")) is None
    assert changed(fields_of(HOME, None), None, {}) is None


def test_a_part_within_a_part_is_a_field_of_its_own_and_goes_with_its_last_text() -> None:
    value = {"seller": {"@type": "Organization", "name": "Flora"}, "price": "23.90"}
    fields = fields_of("receipts/a", value)
    assert "seller.name" in names(fields)
    assert "seller" not in names(fields), "it has its parts"
    emptied = changed(fields, value, form(fields) | {PREFIX + "seller.name": ""})
    assert emptied == {"price": "23.90"}


@pytest.mark.parametrize(
    ("value", "typed", "expected"),
    [
        ({"ratingValue": 4, "itemReviewed": "x"}, "5", 5),
        ({"ratingValue": 4, "itemReviewed": "x"}, "4,5", "4.5"),
        ({"ratingValue": "4.5", "itemReviewed": "x"}, "5", "5"),
        ({"itemReviewed": "x"}, "3", "3"),
    ],
)
def test_numbers_stay_numbers_and_fractions_are_texts(value: Any, typed: str, expected: Any) -> None:
    fields = fields_of("ratings/a", value)
    assert changed(fields, value, form(fields) | {PREFIX + "ratingValue": typed})["ratingValue"] == expected


def test_yes_and_no_and_lists_are_told_in_words() -> None:
    value = {"name": "vegetarian", "value": True}
    fields = {each.name: each for each in fields_of("preferences/a", value)}
    assert (fields["value"].form, fields["value"].value) == ("boolean", "yes")
    told = changed([*fields.values()], value, {PREFIX + "value": "no"})
    assert told == {"name": "vegetarian", "value": False}
    (languages,) = fields_of("profile.knowsLanguage", ["de", "en"])
    assert (languages.form, languages.value) == ("lines", "de\nen")
    assert changed([languages], ["de", "en"], {PREFIX: "de\r\n\r\nfr \r\n"}) == ["de", "fr"]
    assert changed([languages], ["de", "en"], {PREFIX: "de"}) == ["de"], "it was a list and stays one"


def test_what_is_no_field_is_counted_and_stays() -> None:
    value = {"orderNumber": "1", "acceptedOffer": [{"name": "roses"}], "scan": {"base64": "AAEC"}}
    fields = fields_of("receipts/a", value)
    assert rest_of(value) == 2
    told = changed(fields, value, form(fields) | {PREFIX + "orderNumber": "2"})
    assert told == value | {"orderNumber": "2"}


def test_a_whole_value_without_fields_has_none() -> None:
    assert fields_of("x-scan", {"base64": "AAEC"}) == []
    assert fields_of("x-list", [{"a": 1}]) == []
    assert rest_of({"base64": "AAEC"}) == 1


def test_a_part_whose_name_has_a_dot_is_left_alone() -> None:
    value = {"a.b": "1", "c": "2"}
    fields = fields_of("x-own", value)
    assert names(fields) == ["c"]
    assert changed(fields, value, {PREFIX + "c": "3", PREFIX + "a.b": "9"}) == {"a.b": "1", "c": "3"}


def test_of_very_many_parts_the_first_are_fields() -> None:
    value = {f"p{number:03}": "x" for number in range(LEAVES_MAX + 50)}
    fields = fields_of("x-own", value)
    assert len(fields) == LEAVES_MAX
    assert changed(fields, value, form(fields)) == value


def test_a_date_that_is_only_a_year_can_be_typed_as_one() -> None:
    assert fields_of("profile.birthDate", "1990-05-20")[0].form == "date"
    assert fields_of("profile.birthDate", "1990")[0].form == "text"


def test_what_was_typed_is_there_again_after_a_mistake() -> None:
    fields = fields_of(HOME, ADDRESS)
    again = refilled(fields, {PREFIX + "addressCountry": "Germany"})
    assert {each.name: each.value for each in again}["addressCountry"] == "Germany"
    assert names(again) == names(fields)


LEAF = st.one_of(st.text(min_size=1), st.integers(-(10**9), 10**9), st.booleans())
VALUES = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("abcxyz.@-", min_size=1, max_size=6), inner, min_size=1, max_size=4),
    ),
    max_leaves=12,
)


@given(st.sampled_from(["x-own", *vocabulary.kinds()]), VALUES)
def test_a_form_that_comes_back_as_it_was_changes_nothing(place: str, value: Any) -> None:
    kind = vocabulary.kinds().get(place)
    path = f"{place}/a" if kind is not None and kind.many else place
    fields = fields_of(path, value)
    assert len(set(names(fields))) == len(fields)
    if isinstance(value, str) and not value.strip():
        return
    told = changed(fields, value, form(fields))
    assert told == value or value in ({}, []), (told, value)


def test_few_is_less_than_the_parts_of_a_receipt() -> None:
    assert len(vocabulary.types()["PostalAddress"]) <= FEW < len(vocabulary.types()["Order"])
