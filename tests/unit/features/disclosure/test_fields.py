"""[DISC-2] [DISC-11]: the fields of a body, and their items."""

import pytest
from tests.unit.features.disclosure.conftest import ANNA, BREMEN, HOME, NAME, Shared

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import DECLINED, FIELDS, PATHS, PATTERNS, Field, places_of


def test_each_path_stands_once() -> None:
    """[DISC-2]"""
    assert FIELDS.read([[NAME, 1], [HOME, 2]]) == (Field(NAME, 1), Field(HOME, 2))
    for kind, value in (
        (FIELDS, [[NAME, 1], [NAME, 2]]),
        (DECLINED, [[NAME, "not-now"], [NAME, "not-needed"]]),
        (PATHS, [NAME, NAME]),
        (PATTERNS, ["receipts/*", "receipts/*"]),
    ):
        with pytest.raises(Violation) as found:
            kind.read(value)
        assert found.value.code is Code.BODY_FORM


def test_items_stand_where_their_fields_do() -> None:
    fields = (Field(NAME, 1), Field(HOME, 1))
    assert places_of(fields, None) == (1, 2)
    assert places_of(fields, (HOME,)) == (2,)
    assert places_of(fields, ("x",)) == ()


@pytest.mark.parametrize("items", [(), (ANNA,), (ANNA, b"\xf6"), (ANNA, BREMEN, ANNA)])
def test_there_is_one_item_for_each_field(shared: Shared, items: tuple[bytes, ...]) -> None:
    """[DISC-11]"""
    shared.refuses(shared.shop, shared.present(), None, items, code=Code.BODY_FORM)
