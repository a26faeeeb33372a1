"""Who is at the other end of a connection on loopback: another user of the machine is sent away."""

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.unit.web.visiting import Served

from pcloud.api.problems import RefusedError
from pcloud.web.guarding.neighbours import TABLES, OwnUser, user_of

ROWS = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1B65 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:1B65 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C001 0100007F:1B65 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4 30 10 -1
"""
CLIENT, SERVER = ("127.0.0.1", 0xC001), ("127.0.0.1", 0x1B65)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says whose a socket is")


class Transport:
    """What is asked of one, and no more."""

    def __init__(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        self._ends = {"sockname": here, "peername": there}

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return self._ends[name]


class Request:
    def __init__(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        self.transport = Transport(here, there)


def tables(folder: Path, rows: str = ROWS) -> Path:
    (folder / "tcp").write_text(rows)
    return folder


def test_the_row_of_the_clients_end_says_whose_it_is() -> None:
    assert user_of(CLIENT, SERVER, ROWS.splitlines()[1:]) == 1001
    assert user_of(("127.0.0.1", 9), SERVER, ROWS.splitlines()[1:]) is None
    assert user_of(CLIENT, SERVER, []) is None


@needs_linux
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_real_connection_is_found_in_the_systems_own_table(family: socket.AddressFamily) -> None:
    address = "127.0.0.1" if family == socket.AF_INET else "::1"
    with (
        socket.create_server((address, 0), family=family) as listening,
        socket.create_connection(listening.getsockname()[:2]) as client,
    ):
        table = TABLES / ("tcp" if family == socket.AF_INET else "tcp6")
        rows = table.read_text().splitlines()[1:]
        ends = client.getsockname()[:2], client.getpeername()[:2]
        assert user_of(*ends, rows) == Path("/proc/self").stat().st_uid


@needs_linux
def test_another_user_is_sent_away_again_and_again(tmp_path: Path) -> None:
    door, request = OwnUser(tables(tmp_path), 1000), Request(SERVER, CLIENT)
    for _ in range(2):
        with pytest.raises(RefusedError) as refusal:
            door.check(as_request(request))
        assert refusal.value.problem.status == 403
        tables(tmp_path, "")  # it is not asked again for a connection that is known


@needs_linux
@pytest.mark.parametrize(
    ("mine", "rows"), [(1001, ROWS), (1000, ""), (1000, ROWS.replace("  1001 ", "     0 "))]
)
def test_ones_own_the_superuser_and_what_nobody_names_pass(tmp_path: Path, mine: int, rows: str) -> None:
    OwnUser(tables(tmp_path, rows), mine).check(as_request(Request(SERVER, CLIENT)))


COME = """
import encodings.idna, os, socket, sys
user, host, port = sys.argv[1:]
os.setuid(int(user))
with socket.create_connection((host, int(port))) as end:
    end.sendall(f"GET /enter HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
    print(end.recv(12)[9:].decode())
"""


@needs_linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can come as another user")
@pytest.mark.parametrize(("user", "told"), [(0, b"200"), (65534, b"403")])
async def test_a_page_answers_its_own_user_and_no_other(served: Served, user: int, told: bytes) -> None:
    where = urlsplit(served.url)
    words = [str(user), str(where.hostname), str(where.port)]
    come = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COME, *words, stdout=asyncio.subprocess.PIPE
    )
    seen, _ = await come.communicate()
    assert seen.strip() == told


def as_request(request: Any) -> Any:
    return request
