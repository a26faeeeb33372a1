"""The sockets that the owner API listens on: a file that only the owner can open, and addresses."""

import errno
import os
import socket
import stat
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from pcloud.errors import PcloudError

SOCKET_PATH_BYTES_MAX: Final = 107 if sys.platform == "linux" else 103
"""Of the path of a Unix socket (unix(7)): what the system's own structure has room for."""

_NO_SUCH_FAMILY: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class ListenError(PcloudError):
    """The owner API cannot be listened for. The text says why, and what to do."""


def bind_path(path: Path) -> socket.socket:
    """Bind a Unix socket that only its owner can open. Raises ListenError.

    One that nobody listens on any more was left by a node that was killed, and is replaced; the lock of the
    folder keeps two nodes from doing so at once. Nobody can connect before the caller listens, and by then
    the mode is right.
    """
    if (size := len(os.fsencode(path))) > SOCKET_PATH_BYTES_MAX:
        raise ListenError(
            f"The path of the socket has {size} bytes, and this system takes {SOCKET_PATH_BYTES_MAX}. "
            "Choose a folder with a shorter path."
        )
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_room(path)
        end.bind(str(path))
        path.chmod(0o600)
    except OSError as fault:
        end.close()
        raise ListenError(f"The socket {path.name} cannot be made: {fault.strerror}.") from fault
    except ListenError:
        end.close()
        raise
    return end


def _make_room(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise ListenError(f"{path.name} is there and is no socket of yours. Move it away.")
    if _is_listened_on(path):
        raise ListenError(f"Another node listens on {path.name}. Stop it first.")
    path.unlink(missing_ok=True)


def _is_listened_on(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # noqa: FBT003 - its only parameter
        # EAGAIN says that somebody listens and has no room just now.
        return probe.connect_ex(str(path)) not in {errno.ECONNREFUSED, errno.ENOENT}


def remove_path(path: Path, inode: int) -> None:
    """Remove a socket's file, if it still is the one that was bound."""
    try:
        if path.lstat().st_ino == inode:
            path.unlink()
    except FileNotFoundError:
        return  # somebody was quicker, which is as good


def bind_loopback(port: int) -> list[socket.socket]:
    """Bind the loopback addresses that this machine has; port 0 takes free ones. Raises ListenError.

    Both, where there are two: otherwise another user of the machine could take the other under our name.
    """
    bound = [bind_address("127.0.0.1", port)]
    try:
        bound.append(bind_address("::1", port))
    except ListenError as fault:
        if not isinstance(fault.__cause__, OSError) or fault.__cause__.errno not in _NO_SUCH_FAMILY:
            bound[0].close()
            raise
    return bound


def bind_address(host: str, port: int) -> socket.socket:
    """Bind one address, given as a literal or as `localhost`. Raises ListenError."""
    address = ip_address("127.0.0.1" if host == "localhost" else host)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP's own numbers
    end = None
    try:
        end = socket.socket(family, socket.SOCK_STREAM)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        end.bind((str(address), port))
    except OSError as fault:
        if end is not None:
            end.close()
        raise ListenError(
            f"The owner's port {port} cannot be listened on: {fault.strerror}. Choose another one."
        ) from fault
    return end
