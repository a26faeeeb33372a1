"""The answers of the carrier: fixed for each status, so that they tell nothing (spec 13 §3)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web

from pcloud.net.settings import RETRY_AFTER_S

_SERVER: Final = {"Server": "pcloud"}
_RETRY: Final = {"Retry-After": str(RETRY_AFTER_S)}
_FURTHER: Final[Mapping[int, Mapping[str, str]]] = MappingProxyType(
    {
        426: {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
        429: _RETRY,
        503: _RETRY,
    }
)

FOUND: Final = 200
TAKEN: Final = 202
NOT_FOUND: Final = 404


def fixed(status: int, headers: Mapping[str, str] = MappingProxyType({})) -> web.Response:
    """The answer with this status: no body, no version, no cause. After a refusal the connection ends."""
    if status == TAKEN:  # for every packet, so it costs as little as it can
        return web.Response(status=TAKEN, headers=_SERVER)
    answer = web.Response(status=status, headers={**_SERVER, **_FURTHER.get(status, {}), **headers})
    if status != NOT_FOUND:
        answer.force_close()
    return answer


def octets(data: bytes, content_type: str) -> web.Response:
    """An answer with bytes that nobody keeps or guesses at."""
    return web.Response(
        body=data,
        headers={
            **_SERVER,
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
