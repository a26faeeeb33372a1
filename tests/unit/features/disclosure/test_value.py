"""[DISC-3] [DISC-6] [DISC-9]: what items hold. The published vectors have the encodings."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.value import read_example, read_sought, read_value
from pcloud.wire import cbor


def test_a_value_comes_back_as_it_was_encoded() -> None:
    """[DISC-6]"""
    for value in ("Anna", {"a": [1, False]}, 0, False, ""):
        assert read_value("profile.name", cbor.encode(value)) == value
        assert read_sought(cbor.encode(value)) == value


@pytest.mark.parametrize("item", [b"", b"\xf6", b"\x61", b"\x61xx", b"\x79\x40\x00" + b"x" * 16_384])
def test_what_is_no_value_is_refused(item: bytes) -> None:
    """[DISC-6]"""
    for read in (lambda item: read_value("profile.name", item), read_sought, read_example):
        with pytest.raises(Violation) as found:
            read(item)
        assert found.value.code is Code.BODY_FORM


@pytest.mark.parametrize(
    ("path", "value"),
    [("profile.birthDate:over-18", "yes"), ("profile.address:city", True), ("profile.address:city", "")],
)
def test_a_fact_holds_what_its_row_says(path: str, value: Any) -> None:
    """[DISC-3]"""
    with pytest.raises(Violation):
        read_value(path, cbor.encode(value))


@pytest.mark.parametrize("value", [{}, {1: 2}, {f"a{n}": n for n in range(17)}, "x", [1]])
def test_what_is_no_example_is_refused(value: Any) -> None:
    """[DISC-9]"""
    with pytest.raises(Violation):
        read_example(cbor.encode(value))
    assert read_example(cbor.encode({"seller": "Flora"})) == {"seller": "Flora"}
