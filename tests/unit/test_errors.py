"""Stages, codes, and the two exceptions that carry them."""

import re

import pytest

from pcloud.errors import STAGE_OF, Code, PcloudError, Stage, UsageError, Violation


def test_the_stages_are_named_in_the_order_they_run() -> None:
    assert list(Stage) == ["size", "form", "authentic", "order", "gate", "content"]


def test_every_code_has_exactly_one_stage() -> None:
    assert set(STAGE_OF) == set(Code)


def test_the_table_of_stages_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        STAGE_OF[Code.SHAPE] = Stage.GATE  # type: ignore[index]


def test_codes_are_kebab_case_and_named_after_their_value() -> None:
    for code in Code:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert code.name == code.replace("-", "_").upper()


def test_a_violation_tells_code_stage_and_detail() -> None:
    violation = Violation(Code.PADDING, "filler")
    assert (violation.code, violation.stage, violation.detail) == (Code.PADDING, Stage.FORM, "filler")
    assert str(violation) == "form: padding (filler)"
    assert str(Violation(Code.PADDING)) == "form: padding"


def test_a_usage_error_is_made_from_a_code() -> None:
    error = UsageError(Code.CONTENT_TOO_LARGE, "9 bytes")
    assert (error.code, error.stage, error.detail) == (Code.CONTENT_TOO_LARGE, Stage.SIZE, "9 bytes")


def test_a_usage_error_is_made_from_a_violation_and_keeps_what_it_says() -> None:
    violation = Violation(Code.LOG_INVALID, "link")
    assert (UsageError(violation).code, UsageError(violation).detail) == (Code.LOG_INVALID, "link")
    assert UsageError(violation, "own words").detail == "own words"


def test_their_fault_is_never_caught_as_ours() -> None:
    assert issubclass(Violation, PcloudError)
    assert issubclass(UsageError, PcloudError)
    assert not issubclass(Violation, UsageError)
    assert not issubclass(UsageError, Violation)
