"""Whose process is at the other end of a socket, and what a token is made of."""

import base64
import os
import socket
import stat
import sys
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from pcloud.ambient.system import system_entropy
from pcloud.api.guard import SocketDoor, make_token, peer_uid
from pcloud.api.problems import RefusedError


def request_over(end: socket.socket | None) -> web.BaseRequest:
    """As much of a request as the door looks at."""
    transport: Any = end and SimpleNamespace(get_extra_info={"socket": end}.get)
    made = SimpleNamespace(transport=transport, headers=CIMultiDict(Host="localhost"), raw_path="/v1/status")
    return cast("web.BaseRequest", made)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the mode of the file stands alone")
def test_a_socket_says_whose_process_is_at_its_other_end() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == peer_uid(theirs) == os.geteuid()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the mode of the file stands alone")
def test_another_user_is_refused_and_the_owner_is_not() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        SocketDoor(os.geteuid()).check(request_over(ours))
        with pytest.raises(RefusedError) as caught:
            SocketDoor(os.geteuid() + 1).check(request_over(ours))
    assert caught.value.problem.status == HTTPStatus.FORBIDDEN
    assert caught.value.problem.code == "forbidden"


def test_a_connection_that_is_gone_lets_nobody_in() -> None:
    with pytest.raises(RefusedError):
        SocketDoor(os.geteuid()).check(request_over(None))


def test_a_token_is_32_random_bytes_that_only_the_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "owner.token"
    asked: list[int] = []

    def entropy(size: int) -> bytes:
        asked.append(size)
        return bytes(range(size))

    mask = os.umask(0)
    try:
        token = make_token(path, entropy)
    finally:
        os.umask(mask)
    assert asked == [32]
    assert base64.urlsafe_b64decode(token + "=") == bytes(range(32))
    assert path.read_text() == token + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_that_somebody_laid_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("of somebody else")
    for name in ("owner.token", "owner.token.new"):
        (tmp_path / name).symlink_to(elsewhere)
    make_token(tmp_path / "owner.token", system_entropy)
    assert elsewhere.read_text() == "of somebody else"
    assert not (tmp_path / "owner.token").is_symlink()
    assert sorted(found.name for found in tmp_path.iterdir()) == ["elsewhere", "owner.token"]
