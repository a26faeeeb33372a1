"""Every refusal has one status, and problems say no more than they should."""

import msgspec
import pytest

from pcloud.api.problems import make_problem, status_of
from pcloud.errors import STAGE_OF, Code, Stage


@pytest.mark.parametrize("code", Code)
def test_what_the_protocol_refuses_is_400_where_it_cannot_be_read_and_else_409(code: Code) -> None:
    if code is Code.INTERNAL:
        assert status_of(code) == 500
    else:
        assert status_of(code) == (400 if STAGE_OF[code] in {Stage.SIZE, Stage.FORM} else 409)


def test_what_the_surface_refuses_has_a_status_of_its_own() -> None:
    words = ("unknown", "ambiguous", "invalid", "unreachable", "full", "busy")
    assert [int(status_of(word)) for word in words] == [404, 409, 400, 502, 507, 503]


def test_a_problem_has_the_fields_of_rfc_9457_and_a_code() -> None:
    told = msgspec.json.decode(
        msgspec.json.encode(make_problem(status_of("closed"), "closed", "It is over."))
    )
    assert told == {"title": "Conflict", "status": 409, "code": "closed", "detail": "It is over."}
