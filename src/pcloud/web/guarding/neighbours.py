"""Which user of this machine is at the other end of a connection on loopback (T50).

Browsers send cookies to every port of a host. So a server that another user of the machine runs on another
port of 127.0.0.1 is handed the cookie of a visit if the owner ever looks at it, and could come with it. Linux
says whose each socket is (proc(5), /proc/net/tcp): whoever is another user is sent away, cookie or not.
"""

import os
import sys
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import web

from pcloud.api.problems import RefusedError

TABLES: Final = Path("/proc/net")
_UID: Final = 7
"""The column of a row that names the user; local and remote address are the second and third."""
_WORD_BYTES: Final = 4

End = tuple[str, int]


class OwnUser:
    """Lets this process's own user pass, and the superuser, who can do everything anyway."""

    def __init__(self, tables: Path = TABLES, uid: int | None = None) -> None:
        self._tables = tables
        self._mine = {os.geteuid() if uid is None else uid, 0}
        self._known: WeakKeyDictionary[object, bool] = WeakKeyDictionary()

    def check(self, request: web.BaseRequest) -> None:
        """Raise RefusedError for another user. Where the system does not say whose it is, it passes."""
        transport = request.transport
        if transport is None or sys.platform != "linux":
            return
        if transport not in self._known:
            here, there = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
            uid = user_of(there[:2], here[:2], self._rows()) if here and there else None
            self._known[transport] = uid is None or uid in self._mine
        if not self._known[transport]:
            raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "This page belongs to another user.")

    def _rows(self) -> Iterable[str]:
        for name in ("tcp", "tcp6"):
            path = self._tables / name
            if path.exists():
                yield from path.read_text().splitlines()[1:]


def user_of(client: End, server: End, rows: Iterable[str]) -> int | None:
    """The user whose socket is the client's end; None where no row says so."""
    wanted = [_written(client), _written(server)]
    for row in rows:
        columns = row.split()
        if columns[1:3] == wanted:
            return int(columns[_UID])
    return None


def _written(end: End) -> str:
    """An address as the table writes it: words of four bytes, each backwards on machines that count so."""
    octets = ip_address(end[0]).packed
    words = (octets[at : at + _WORD_BYTES] for at in range(0, len(octets), _WORD_BYTES))
    turned = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return f"{turned.hex().upper()}:{end[1]:04X}"
