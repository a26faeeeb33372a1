"""Who may ask: the doors of the owner API, and what each looks at before anything else.

A page of somebody else in the owner's browser can send requests to loopback, and by DNS rebinding under a
name of its own. It is stopped by the name it must send (`Host`), by what the browser says of it (`Origin`,
`Sec-Fetch-Site`), and by the token it does not have. Other users of the machine lack the token too.
"""

import base64
import hmac
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from aiohttp import web
from aiohttp.hdrs import AUTHORIZATION, HOST, ORIGIN

from pcloud.ambient.port import Entropy
from pcloud.api.problems import RefusedError

TOKEN_BYTES: Final = 32

HEADERS: Final = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Server": "pcloud",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""On every answer. There is no header that would let another origin read one."""

_SITE: Final = "Sec-Fetch-Site"
_OWN_SITES: Final = frozenset({"same-origin", "none"})
_PEER_CREDENTIALS: Final = struct.Struct("3i")
"""Process, user, group (Linux: unix(7), SO_PEERCRED)."""


class Door(Protocol):
    """What one listener asks of every request."""

    def check(self, request: web.BaseRequest) -> None:
        """Let it pass, or raise RefusedError."""


class SocketDoor:
    """The Unix socket: whoever is at its other end runs as the same user. No token is needed."""

    def __init__(self, uid: int) -> None:
        self._uid = uid

    def check(self, request: web.BaseRequest) -> None:
        """Look at the user at the other end, then at the name."""
        end = None if request.transport is None else request.transport.get_extra_info("socket")
        if end is None or peer_uid(end) not in {self._uid, None}:
            raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "This node belongs to another user.")
        _check_host(request, _is_localhost)


class LoopbackDoor:
    """Loopback TCP, which every user of the machine and every page in a browser can reach: by token only."""

    def __init__(self, token: str, addresses: Iterable[tuple[str, int]]) -> None:
        self._token = token.encode()
        self._authorities = frozenset(
            f"{name}:{port}" for address, port in addresses for name in (literal(address), "localhost")
        )

    def check(self, request: web.BaseRequest) -> None:
        """Look at the name, then at the origin, then at the token; each stops a different stranger."""
        host = _check_host(request, self._authorities.__contains__)
        sites = {site.lower() for site in request.headers.getall(_SITE, ())}
        origins = {origin.lower() for origin in request.headers.getall(ORIGIN, ())}
        if not sites <= _OWN_SITES or not origins <= {f"http://{host}"}:
            raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "Another site may not ask this node.")
        given = request.headers.getall(AUTHORIZATION, ())
        if len(given) != 1 or not self._is_token(given[0]):
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                "unauthorised",
                "Send the token that stands in owner.token: `Authorization: Bearer TOKEN`.",
            )

    def _is_token(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        given = token.encode(errors="surrogateescape")
        return hmac.compare_digest(given, self._token) and scheme.lower() == "bearer"


class MetricsDoor:
    """An address that the owner opened for counters only; an unknown name may be a rebound one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in names)

    def check(self, request: web.BaseRequest) -> None:
        """Look at the name: `localhost`, an address, or one that the owner has named."""
        _check_host(request, self._knows)

    def _knows(self, host: str) -> bool:
        return _is_localhost(host) or _is_address(host) or not self._names.isdisjoint({host, _bare(host)})


def _check_host(request: web.BaseRequest, known: Callable[[str], bool]) -> str:
    """The one name in the request, in lower case; the target must be a path, which names nobody else."""
    named = [name.lower() for name in request.headers.getall(HOST, ())]
    if len(named) != 1 or not known(named[0]) or not request.raw_path.startswith("/"):
        raise RefusedError(
            HTTPStatus.MISDIRECTED_REQUEST, "misdirected", "This node does not answer to that name."
        )
    return named[0]


def _bare(host: str) -> str:
    """Without its port."""
    return host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]


def _is_localhost(host: str) -> bool:
    return _bare(host) == "localhost"


def _is_address(host: str) -> bool:
    try:
        ip_address(_bare(host))
    except ValueError:
        return False
    return True


def literal(address: str) -> str:
    """An address as it stands in a URL and in `Host` (RFC 3986 section 3.2.2)."""
    return f"[{address}]" if ":" in address else address


def peer_uid(end: socket.socket) -> int | None:
    """The user at the other end of a Unix socket; None where the system does not say.

    There the mode of the socket file (0600) and of its folder (0700) keep others out alone.
    """
    if sys.platform != "linux":
        return None
    credentials = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
    _, uid, _ = _PEER_CREDENTIALS.unpack(credentials)
    return int(uid)


def make_token(path: Path, entropy: Entropy) -> str:
    """Write a fresh token where only the owner can read it; the one before stops working. Raises OSError."""
    token = base64.urlsafe_b64encode(entropy(TOKEN_BYTES)).rstrip(b"=").decode()
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(token + "\n")
    fresh.replace(path)
    return token
