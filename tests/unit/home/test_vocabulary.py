"""What is right at a place is taken, what is not is refused with what would be, and never with the value."""

from pathlib import Path
from typing import Any

import pytest

from pcloud.features.disclosure.path import CATEGORIES
from pcloud.home import vocabulary
from pcloud.home.forms import COUNTRIES, FORMS
from pcloud.home.shapes import ShapeError, decode, encode, from_json, read, to_json
from pcloud.home.vocabulary import Judged, UnfitError, in_order, judge, kind_of, kinds, types

ROOT = Path(__file__).parents[3]
HOME = "profile.address.home"
BREMEN = {
    "streetAddress": "Am Wall 1",
    "postalCode": "28195",
    "addressLocality": "Bremen",
    "addressCountry": "DE",
}


@pytest.mark.parametrize("name", ["kinds.csv", "properties.csv"])
def test_the_tables_are_those_of_the_specification(name: str) -> None:
    own = Path(vocabulary.__file__).with_name(name).read_bytes()
    assert own == (ROOT / "spec/registry" / name).read_bytes()


def test_every_form_that_the_tables_name_is_known_and_used() -> None:
    named = {form for kind in kinds().values() for form in kind.forms}
    named |= {form for known in types().values() for each in known.values() for form in each.forms}
    bare = {form.removesuffix("*") for form in named}
    assert bare == FORMS.keys() | types().keys()


def test_every_place_of_the_registry_has_a_kind() -> None:
    assert [place for place in CATEGORIES if kind_of(place) is None] == []
    assert all(place in CATEGORIES for place in kinds())


def test_a_kind_is_that_of_the_longest_place_name_by_name() -> None:
    assert kind_of("finance.account.main") == kinds()["finance.account"]
    assert kind_of("finance.accounts") == kinds()["finance"]
    assert kind_of("receipts/*") == kinds()["receipts"]
    assert kind_of("profile") is None
    assert kind_of("profile.nickname") is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("profile.name", "Anna"),
        ("profile.name", {"givenName": "Anna", "familyName": "Berg", "alternateName": ["A", "B"]}),
        ("profile.birthDate", "1990-05-20"),
        ("profile.birthDate", "1990"),
        ("profile.nationality", ["DE", "FR"]),
        ("profile.knowsLanguage", "pt-BR"),
        ("profile.image", "https://example.org/me.png"),
        ("profile.image", "data:image/png;base64,aGFsbG8="),
        (HOME, BREMEN),
        (HOME, {"@type": "PostalAddress", "addressLocality": "Bremen", "x-doorbell": "Berg"}),
        ("profile.email.work", "anna.b+shop@mail.example.org"),
        ("profile.size.shoe", 42),
        ("profile.size.shirt", "M"),
        ("profile.size.trousers", {"name": "32/34", "sizeSystem": "WearableSizeSystemUS"}),
        ("profile.worksFor", "Gardens Ltd"),
        ("profile.worksFor", {"roleName": "gardener", "worksFor": {"name": "Gardens Ltd"}}),
        ("documents.passport", {"identifier": "C01X00T47", "validThrough": "2030-01-01"}),
        ("finance.account.main", "DE89370400440532013000"),
        ("finance.balance", {"value": "12.50", "currency": "EUR"}),
        ("health.allergies", ["nuts"]),
        ("health.height", 170),
        ("memberships/a", {"programName": "Swimmers", "membershipPointsEarned": 12}),
        ("preferences/a", {"name": "newsletter", "value": False}),
        ("preferences/b", True),
        ("ratings/a", {"itemReviewed": "The Third Man", "ratingValue": "4.5", "bestRating": 5}),
        ("receipts/a", {"orderNumber": "A-1", "totalPaymentDue": {"value": 12, "currency": "EUR"}}),
        ("receipts/a", {"@type": "ParcelDelivery", "trackingNumber": "JJ"}),
        ("viewings/a", {"object": {"name": "A film"}, "startTime": "2026-01-01T20:15:00+01:00"}),
        ("x-garden.pond", {"depth": "1.2"}),
        ("profile.x-badge", 7),
    ],
)
def test_what_is_right_is_kept_as_it_is(path: str, value: Any) -> None:
    assert judge(path, value) == Judged(value, ())


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("profile.telephone", "+49 (30) 123-45.67", "+49301234567"),
        ("profile.nationality", "de", "DE"),
        (HOME, {**BREMEN, "addressCountry": "de"}, BREMEN),
        ("finance.account.main", "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
    ],
)
def test_what_can_be_written_in_many_ways_is_kept_in_one(path: str, value: Any, kept: Any) -> None:
    assert judge(path, value) == Judged(kept, ())


@pytest.mark.parametrize(
    ("path", "value", "right"),
    [
        ("profile.name", "", "a text"),
        ("profile.name", 7, "some of name, givenName"),
        ("profile.birthDate", "20.05.1990", "1990-05-20"),
        ("profile.birthDate", "1990-02-30", "1990-05-20"),
        ("profile.birthDate", "1990-05-20T10:00:00Z", "1990-05-20"),
        ("profile.nationality", "UK", "GB"),
        ("profile.nationality", ["DE", "Germany"], "GB"),
        ("profile.nationality", [], "GB"),
        ("profile.knowsLanguage", "German", "BCP 47"),
        ("profile.image", "ftp://example.org/me.png", "https://"),
        (HOME, "Am Wall 1, Bremen", "streetAddress"),
        (HOME, {"street": "Am Wall 1"}, "streetAddress"),
        (HOME, {**BREMEN, "addressCountry": "Germany"}, "ISO 3166"),
        (HOME, {**BREMEN, "postalCode": 28195}, "a text"),
        ("profile.email", "anna at example.org", "anna@example.org"),
        ("profile.email", "anna@localhost", "anna@example.org"),
        ("profile.email", "a@b.c" + "x" * 254, "anna@example.org"),
        ("profile.telephone", "030 1234567", "+49"),
        ("profile.telephone", "+49 30 CALL-ME", "+49"),
        ("profile.telephone", 4930, "+49"),
        ("profile.size.shoe", 0, "42"),
        ("profile.size.shoe", True, "42"),
        ("profile.size.shirt", {"sizeSystem": "EU"}, "needs name"),
        ("finance.account", "DE89370400440532013001", "check digits"),
        ("finance.account", {"bic": "X"}, "needs iban"),
        ("finance.balance", {"value": "12,50", "currency": "EUR"}, '"12.50"'),
        ("finance.balance", {"value": True, "currency": "EUR"}, '"12.50"'),
        ("finance.balance", {"value": 2**60, "currency": "EUR"}, '"12.50"'),
        ("finance.balance", {"value": "12.50", "currency": "Euro"}, "EUR"),
        ("finance.balance", {"value": "12.50"}, "needs currency"),
        ("memberships", {"programName": "Swimmers"}, "memberships/7fQ2"),
        ("memberships/a", {"programName": "Swimmers", "validThrough": "soon"}, "1990-05-20"),
        ("ratings/a", {"ratingValue": 5}, "needs itemReviewed"),
        ("viewings/a", {"object": "A film", "startTime": "20:15"}, "18:30"),
        ("profile.birthDate:over-18", "1990", "computed"),
        ("Profile.Name", "Anna", "names with dots"),
        ("receipts/*", {"orderNumber": "A"}, "names with dots"),
    ],
)
def test_what_is_not_right_is_refused_with_what_would_be(path: str, value: Any, right: str) -> None:
    with pytest.raises(UnfitError) as refused:
        judge(path, value)
    assert right in str(refused.value)
    for secret in ("Am Wall", "1990-02-30", "CALL", "Germany", "german", "12,50", "soon"):
        assert secret not in str(refused.value)


def test_what_others_wrote_is_taken_with_a_warning() -> None:
    value = {**BREMEN, "addressCountry": "Germany"}
    judged = judge(HOME, value, strictly=False)
    assert judged.value == value
    assert len(judged.warnings) == 1
    assert "ISO 3166" in judged.warnings[0]


def test_an_unknown_place_is_taken_with_a_warning_that_says_which_is_meant() -> None:
    (warning,) = judge("receits/a", {"orderNumber": "A"}).warnings
    assert "Do you mean receipts?" in warning
    (warning,) = judge("garden.pond", 1).warnings
    assert "x-" in warning


def test_a_property_that_is_misspelt_is_kept_with_a_warning() -> None:
    value = {"addressLocality": "Bremen", "adressCountry": "DE", "seenBy": "x"}
    judged = judge(HOME, value)
    assert judged.value == value
    assert ["addressCountry" in warning for warning in judged.warnings] == [True]


def test_a_value_full_of_faults_is_told_of_a_few() -> None:
    many = {f"adressCountr{number}": "x" for number in range(2_000)}
    judged = judge(HOME, {"addressLocality": "Bremen", **many})
    assert 0 < len(judged.warnings) <= vocabulary.SENTENCES_MAX
    judged = judge("profile.nationality", ["no country"] * 2_000, strictly=False)
    assert len(judged.warnings) == 1


def test_maps_in_maps_are_looked_over_to_a_bound_and_kept_beyond_it() -> None:
    value: Any = {"name": "innermost", "email": "none"}
    for number in range(6):
        value = {"name": f"part {number}", "department": value}
    judged = judge("profile.worksFor", value)
    assert judged == Judged(value, ())


def test_the_parts_of_a_value_come_in_the_order_in_which_people_write_them() -> None:
    told = dict(sorted({**BREMEN, "x-floor": "2", "@type": "PostalAddress"}.items()))
    assert list(in_order(HOME, told)) == [
        *("streetAddress", "postalCode", "addressLocality", "addressCountry", "@type", "x-floor")
    ]
    inner = {"address": dict(sorted(BREMEN.items())), "name": "Gardens Ltd"}
    assert list(in_order("profile.worksFor", inner)) == ["name", "address"]
    assert next(iter(in_order("profile.worksFor", inner)["address"])) == "streetAddress"
    for path, value in (
        ("profile.name", "Anna"),
        ("x-a", {"b": 1, "a": 2}),
        (HOME, {"@type": "Place", "a": 1}),
    ):
        assert in_order(path, value) == value
        assert list(in_order(path, value)) == list(value)


def test_there_are_as_many_countries_as_there_are() -> None:
    assert len(COUNTRIES) == 250


@pytest.mark.parametrize(
    ("decoded", "json"),
    [
        ("x", "x"),
        ({"a": [b"\x00\xff", True, None, -3]}, {"a": [{"base64": "AP8="}, True, None, -3]}),
        ({"base64": "x", "b": 1}, {"base64": "x", "b": 1}),
    ],
)
def test_a_value_goes_to_json_and_back(decoded: Any, json: Any) -> None:
    assert to_json(decoded) == json
    assert from_json(json) == decoded
    assert decode(encode(decoded)) == json == read(encode(decoded))


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (1.5, "as a text"),
        ({"a": [0.1]}, "as a text"),
        (2**60, "as a text"),
        ({"base64": "é"}, "RFC 4648"),
        ({"base64": 3}, "RFC 4648"),
    ],
)
def test_json_that_no_record_holds_is_refused(value: Any, right: str) -> None:
    with pytest.raises(ShapeError, match=right):
        from_json(value)


def test_a_value_that_is_none_too_long_or_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    for value, right in ((None, "no value"), ("x" * 16_384, "16384 at most"), (deep, "too deep")):
        with pytest.raises(ShapeError, match=right):
            encode(value)
    assert len(encode("x" * 16_381)) == 16_384


def test_bytes_of_a_peer_that_are_no_value_are_shown_as_none() -> None:
    assert read(b"\xff") is None
