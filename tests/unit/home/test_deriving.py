"""Facts instead of values: what is not certain is not said (spec 09 §2.2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pcloud.errors import Violation
from pcloud.features.disclosure.path import DERIVATIONS
from pcloud.home.deriving import derive

BORN, HOME = "profile.birthDate", "profile.address.home"
BREMEN = {
    "addressLocality": "Bremen",
    "addressCountry": "DE",
    "postalCode": "28195",
    "streetAddress": "Am Wall 1",
}


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


TODAY = at("2026-05-20")


@pytest.mark.parametrize(
    ("born", "day", "is_over"),
    [
        ("2008-05-20", "2026-05-19T23:59:59", False),
        ("2008-05-20", "2026-05-20", True),
        ("2008-05-21", "2026-05-20", False),
        ("2030-01-01", "2026-05-20", False),
        ("2008-02-29", "2026-02-28T23:59:59", False),
        ("2008-02-29", "2026-03-01", True),
        ("2008-02-29T10:00:00+02:00", "2026-03-01", True),
        ("2010-02-29", "2026-05-20", None),
        ("2007", "2026-01-01", True),
        ("2008", "2026-05-20", None),
        ("2008", "2026-12-31", True),
        ("2009", "2026-12-31", False),
        ("2008-05", "2026-04-30", False),
        ("2008-05", "2026-05-01", None),
        ("2008-05", "2026-05-31", True),
        ("--05-20", "2026-05-20", None),
        ("20.05.2008", "2026-05-20", None),
        ("2008-13-01", "2026-05-20", None),
        ("2008-13", "2026-05-20", None),
        ("2008-05-20T25:00", "2026-05-20", None),
        ("٢٠٠٨-05-20", "2026-05-20", None),
        ("0000", "2026-05-20", None),
        (2008, "2026-05-20", None),
        ({"birthDate": "2008-05-20"}, "2026-05-20", None),
    ],
)
def test_an_age_is_said_where_the_date_tells_it_for_sure(born: Any, day: str, is_over: bool | None) -> None:  # noqa: FBT001 - a parameter
    assert derive(f"{BORN}:over-18", born, None, at(day)) is is_over


def test_who_was_born_on_a_leap_day_has_a_birthday_on_it_in_a_leap_year() -> None:
    assert derive(f"{BORN}:over-16", "2008-02-29", None, at("2024-02-28T23:59:59")) is False
    assert derive(f"{BORN}:over-16", "2008-02-29", None, at("2024-02-29")) is True


def test_an_age_beyond_the_calendar_is_not_reached() -> None:
    assert derive(f"{BORN}:over-150", "9990-01-01", None, TODAY) is False
    assert derive(f"{BORN}:over-150", "9900", None, TODAY) is False


@pytest.mark.parametrize(("fact", "told"), [("city", "Bremen"), ("country", "DE"), ("postal", "28195")])
def test_a_part_of_an_address_is_given_and_nothing_else_of_it(fact: str, told: str) -> None:
    assert derive(f"{HOME}:{fact}", BREMEN, None, TODAY) == told
    assert derive(f"{HOME}:{fact}", {}, None, TODAY) is None


def test_a_part_of_an_address_is_the_text_as_it_stands_there() -> None:
    assert derive(f"{HOME}:postal", {**BREMEN, "postalCode": " 28195"}, None, TODAY) == " 28195"


@pytest.mark.parametrize("code", [None, "", "  ", 28195, ["28195"], "9" * 101, {"name": "x"}])
def test_an_address_without_a_postal_code_tells_none(code: Any) -> None:
    assert derive(f"{HOME}:postal", {**BREMEN, "postalCode": code}, None, TODAY) is None
    assert derive(f"{HOME}:postal", "Am Wall 1, 28195 Bremen", None, TODAY) is None
    assert derive(f"{HOME}:city", {**BREMEN, "postalCode": code}, None, TODAY) == "Bremen"


def test_a_fact_is_never_longer_than_a_message_takes() -> None:
    assert derive(f"{HOME}:city", {"addressLocality": "Ä" * 50}, None, TODAY) == "Ä" * 50
    assert derive(f"{HOME}:city", {"addressLocality": "Ä" * 51}, None, TODAY) is None


@pytest.mark.parametrize(
    ("value", "sought", "told"),
    [
        ("a@b.example", "a@b.example", True),
        ("a@b.example", "A@b.example", False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ("x", None, None),
        ([], [], True),
    ],
)
def test_equal_is_said_of_the_same_value_and_of_no_other(value: Any, sought: Any, told: bool | None) -> None:  # noqa: FBT001 - a parameter
    assert derive("profile.email:equal", value, sought, TODAY) is told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"programName": "Swimmers"}, True),
        ({"validFrom": "2026-05-20", "validThrough": "2026-05-20"}, True),
        ({"validFrom": "2026-05-21"}, None),
        ({"validThrough": "2026-05-19"}, None),
        ({"validThrough": "2026-05-19T20:00:00Z"}, None),
        ({"validFrom": "2025", "validThrough": "2027"}, True),
        ({"validThrough": "2026"}, None),
        ({"validFrom": "2026"}, None),
        ({"validThrough": "2025"}, None),
        ({"validThrough": "soon"}, None),
        ({"validFrom": 3}, None),
        ("member", None),
    ],
)
def test_a_membership_is_told_while_it_is_in_force_and_never_denied(value: Any, told: bool | None) -> None:  # noqa: FBT001 - a parameter
    assert derive("memberships/a1:member", value, None, TODAY) is told


def test_every_fact_of_the_registry_is_derived() -> None:
    samples = {"over": "2000-01-01", "member": {}, "equal": "x"}
    for name, row in DERIVATIONS.items():
        of = {"": "profile.email", "profile.address": HOME, "memberships": "memberships/x"}.get(
            row.of, row.of
        )
        fact = derive(f"{of}:{'over-18' if name == 'over' else name}", samples.get(name, BREMEN), "x", TODAY)
        assert type(fact) is (bool if row.is_truth else str), name


def test_what_is_no_fact_is_not_derived() -> None:
    with pytest.raises(ValueError, match="without a fact"):
        derive(HOME, BREMEN, None, TODAY)
    with pytest.raises(Violation):
        derive(f"{HOME}:street", BREMEN, None, TODAY)
