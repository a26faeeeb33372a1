"""[DISC-1] [DISC-3] [DISC-5]: paths, facts and the categories that the gate judges."""

import csv
from pathlib import Path

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.path import (
    CATEGORIES,
    DERIVATIONS,
    PATH,
    PATTERN,
    categories_of,
    category_of,
    matches,
    read_path,
)

REGISTRY = Path(__file__).parents[4] / "spec/registry"


def rows(name: str) -> list[dict[str, str]]:
    with (REGISTRY / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_registry_of_places_is_what_the_code_judges_by() -> None:
    """[DISC-5]"""
    assert {row["path"]: row["category"] for row in rows("paths")} == dict(CATEGORIES)
    assert all(read_path(place).place == place for place in CATEGORIES)


def test_the_registry_of_facts_is_what_the_code_derives() -> None:
    """[DISC-3]"""
    found = {row["fact"]: (row["of"], row["category"], row["result"]) for row in rows("derivations")}
    assert found == {
        name: (
            each.of or "any",
            each.category or "that of the value",
            "true or false" if each.is_truth else "text",
        )
        for name, each in DERIVATIONS.items()
    }


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("profile.name", "pd:Name"),
        ("profile.name.given", "pd:Name"),
        ("profile.named", "dpv:PersonalData"),
        ("profile", "dpv:PersonalData"),
        ("finance.account.iban", "pd:FinancialAccount"),
        ("finance.accounts", "pd:Financial"),
        ("receipts/a1", "pd:Purchase"),
        ("receipts/*", "pd:Purchase"),
        ("profile.birthDate:over-18", "pd:AgeRange"),
        ("profile.address.home:city", "pd:City"),
        ("profile.email:equal", "pd:EmailAddress"),
        ("x-shop.shoe:equal", "dpv:PersonalData"),
        ("memberships/a:member", "pd:GroupMembership"),
    ],
)
def test_a_path_has_the_category_of_the_longest_place_above_it(path: str, category: str) -> None:
    """[DISC-5]"""
    assert category_of(path) == category


def test_categories_come_once_and_in_order() -> None:
    """[DISC-4]"""
    assert categories_of(("receipts/b", "profile.name", "receipts/a")) == ("pd:Name", "pd:Purchase")


@pytest.mark.parametrize(
    "value", [None, 1, b"profile.name", ["profile.name"], "", "a..b", "A", "a" * 129, "profile.name:city"]
)
def test_what_is_no_path_is_refused(value: object) -> None:
    """[DISC-1]"""
    for kind in (PATH, PATTERN):
        with pytest.raises(Violation) as found:
            kind.read(value)
        assert found.value.code is Code.BODY_FORM


def test_a_path_for_many_records_is_a_pattern_and_nothing_else() -> None:
    """[DISC-1]"""
    assert PATTERN.read("receipts/*") == "receipts/*"
    with pytest.raises(Violation):
        PATH.read("receipts/*")


@pytest.mark.parametrize(
    ("pattern", "path", "is_one"),
    [
        ("profile.name", "profile.name", "yes"),
        ("profile.name", "profile.address", "no"),
        ("profile", "profile.name", "no"),
        ("receipts/*", "receipts/a", "yes"),
        ("receipts/*", "receipts", "no"),
        ("receipts/*", "ratings/a", "no"),
        ("receipts/a", "receipts/b", "no"),
        ("memberships/*:member", "memberships/a:member", "yes"),
        ("memberships/*:member", "memberships/a", "no"),
        ("memberships/*", "memberships/a:member", "no"),
    ],
)
def test_a_pattern_stands_for_the_records_of_its_collection(pattern: str, path: str, is_one: str) -> None:
    """[DISC-14]"""
    assert matches(pattern, path) is (is_one == "yes")
