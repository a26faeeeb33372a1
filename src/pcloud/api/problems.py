"""How the API says no: a problem as RFC 9457 has it, with the code that programs look at."""

from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from pcloud.errors import STAGE_OF, PcloudError, Stage

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why something was not done. `type` is left out: it is `about:blank`, and `code` says more."""

    title: str
    """The words of the status."""
    status: int
    code: str
    detail: str
    """One or two sentences for a person: why, and what to do next."""
    reference: str | None = None
    """Of a fault of ours: the same random text stands in the log."""


class RefusedError(PcloudError):
    """The API does not take a request, whatever the node would say to it."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.problem = make_problem(status, code, detail)


_BY_CODE: Final = MappingProxyType(
    {
        "unknown": HTTPStatus.NOT_FOUND,
        "ambiguous": HTTPStatus.CONFLICT,
        "invalid": HTTPStatus.BAD_REQUEST,
        "unreachable": HTTPStatus.BAD_GATEWAY,
        "full": HTTPStatus.INSUFFICIENT_STORAGE,
        "busy": HTTPStatus.SERVICE_UNAVAILABLE,
        "store": HTTPStatus.SERVICE_UNAVAILABLE,
        "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)

_UNREADABLE: Final[frozenset[str]] = frozenset(
    code for code, stage in STAGE_OF.items() if stage in {Stage.SIZE, Stage.FORM}
)


def status_of(code: str) -> HTTPStatus:
    """The status of what the node refuses: 400 where it cannot be read, 409 where it may not be done."""
    otherwise = HTTPStatus.BAD_REQUEST if code in _UNREADABLE else HTTPStatus.CONFLICT
    return _BY_CODE.get(code, otherwise)


def make_problem(status: HTTPStatus, code: str, detail: str, reference: str | None = None) -> Problem:
    """A problem with the usual words of its status."""
    return Problem(title=status.phrase, status=status.value, code=code, detail=detail, reference=reference)
