"""How a typed client asks: one request, one answer of the type that its row of the table names."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

import msgspec

from pcloud.api.requests import Request
from pcloud.api.routes import Route
from pcloud.runtime.surface import OwnerError

if TYPE_CHECKING:
    from pcloud.api.carrier import Carrier

T = TypeVar("T")


class Asking:
    """A part of the client. All parts of one client share one carrier."""

    def __init__(self, url: str, *, socket: Path | None = None, token: str | None = None) -> None:
        self._url = url
        self._socket = socket
        self._token = token
        self._carrier: Carrier | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End all connections; a further question would open one again."""
        if self._carrier is not None:
            await self._carrier.close()
            self._carrier = None

    def _carried(self) -> "Carrier":
        if self._carrier is None:
            from pcloud.api.carrier import Carrier  # noqa: PLC0415 - see the head of this module

            self._carrier = Carrier(self._url, self._socket, self._token)
        return self._carrier

    async def _ask(self, route: Route[T], request: Request, subject: str | None = None) -> T:
        return read_answer(await self._fetch(route, request, subject) or b"null", route.response)

    async def _fetch(self, route: Route[T], request: Request, subject: str | None = None) -> bytes:
        target = target_of(route, request, subject)
        body = _body(request) if route.method == "POST" else None
        return await self._carried().ask(route.method, target, body, route.status)


def target_of(route: Route[T], request: Request, subject: str | None = None) -> str:
    """Path and query. An id is any text; what would change the path itself is nobody's id."""
    path = route.path
    if route.subject is not None and subject is not None:
        if subject in {"", ".", ".."}:
            raise OwnerError("unknown", "There is nothing of that name here.")
        path = path.replace(f"{{{route.subject}}}", _quote(subject))
    asked = {} if route.method == "POST" else msgspec.to_builtins(request)
    query = "&".join(f"{name}={_quote(str(value))}" for name, value in asked.items())
    return f"{path}?{query}" if query else path


def _quote(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as fault:
        raise _not_text() from fault


def _body(request: Request) -> bytes:
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError as fault:
        raise _not_text() from fault


def read_answer(answer: bytes, wanted: type[T]) -> T:
    """An answer as its row of the table has it. Raises OwnerError for what a node of another version says."""
    try:
        return msgspec.json.decode(answer, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        detail = "The node speaks another version than this program. Restart it after an upgrade."
        raise OwnerError("invalid", detail) from fault


def _not_text() -> OwnerError:
    return OwnerError("invalid", "This is no text: it holds bytes that are not UTF-8.")
