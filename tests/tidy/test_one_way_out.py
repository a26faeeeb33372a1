"""Every connection to others goes out through `net/outbound.py`, which looks at it first (spec 13 §8).

What else opens a connection stands below with its reason; nothing else may.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# From a module or a package below src/pcloud to why it may.
DOORS = {
    "net/outbound.py": "the one way out",
    "api/carrier.py": "the owner's client, to this machine's own node",
    "api/sockets.py": "asks whether a node still answers at the owner's own Unix socket",
    "cli/commands/page.py": "opens the owner's own page in the owner's own browser",
    "discovery": "multicast on the owner's network, where the owner asked for it",
    "net/mail.py": "the owner's own mail server, which the settings name",
    "runtime/supervisor.py": "tells the service manager that started it, over the socket that this named",
}

MODULES = frozenset(
    """
    ftplib http.client httpcore httpx imaplib nntplib poplib requests smtplib telnetlib urllib.request urllib3
    webbrowser websockets xmlrpc zeroconf
    """.split()
)
NAMES = frozenset(
    """
    BaseConnector ClientSession NamedPipeConnector TCPConnector UnixConnector
    create_connection create_datagram_endpoint create_unix_connection open_connection open_unix_connection
    sock_connect sock_sendto start_connection
    """.split()
)
# Words of other things too, so they count only where sockets are made by hand, or where the library is named.
SOCKET_NAMES = frozenset({"connect", "connect_ex", "sendto", "sendmsg"})
LIBRARY_NAMES = frozenset({"aiohttp.request"})


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def ways_out(path: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = {name for node in nodes for name in imported(node)}
    by_hand = "socket" in modules
    for node in nodes:
        for name in imported(node):
            if name in MODULES or name.split(".")[0] in MODULES or name.split(".")[-1] in NAMES:
                yield f"{path}:{node.lineno}: imports {name}"  # type: ignore[attr-defined] # a statement has one
        if isinstance(node, ast.Attribute):
            whole = ast.unparse(node)
            if node.attr in NAMES or whole in LIBRARY_NAMES or (by_hand and node.attr in SOCKET_NAMES):
                yield f"{path}:{node.lineno}: {whole}"


def faults(package: Path) -> list[str]:
    return [
        f"{way}: connections go out through net/outbound.py only"
        for path in sorted(package.rglob("*.py"))
        if not any(path.relative_to(package).is_relative_to(door) for door in DOORS)
        for way in ways_out(path)
    ]


def test_nothing_but_the_one_way_out_opens_connections() -> None:
    found = faults(ROOT / "src/pcloud")
    assert not found, "\n".join(found)


def test_every_door_is_one_and_has_a_reason() -> None:
    """A door through which nothing goes any more is taken from the list."""
    for door, reason in DOORS.items():
        place = ROOT / "src/pcloud" / door
        paths = [place] if place.suffix else sorted(place.rglob("*.py"))
        assert any(list(ways_out(path)) for path in paths), f"{door} opens nothing: take it from DOORS"
        assert len(reason.split()) > 2


OPENING = """
import socket, http.client
import urllib.request as fetch
from urllib.parse import urlsplit
from aiohttp import ClientSession, web
import aiohttp, asyncio
socket.create_connection(a)
made.connect(b)
made.sendto(c)
asyncio.open_connection(d)
loop.sock_connect(e)
aiohttp.request(f)
request.connection
"""


def test_each_way_out_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/outbound.py").write_text(OPENING)
    (tmp_path / "net/other.py").write_text(OPENING)
    (tmp_path / "owner.py").write_text("surface.connect(link)\nfrom http import HTTPStatus\nimport asyncio\n")

    lines = sorted(int(fault.split(":")[1]) for fault in faults(tmp_path))
    assert lines == [2, 3, 5, 7, 8, 9, 10, 11, 12]
    assert all("other.py" in fault for fault in faults(tmp_path))
