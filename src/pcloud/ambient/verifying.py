"""A process beside the node that checks signatures, many at once: what needs neither secrets nor state.

Python runs one thread at a time, and one that lets another go on while it checks waits for its turn again.
What goes to the process are signed bytes and public keys, and what comes back is yes or no for each. Where it
cannot be had, signatures are checked where that is asked for.

`python -m pcloud.ambient.verifying` is that process; its standard input is the socket that it is asked on.
"""

import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from select import select
from threading import Lock
from typing import Final

from pcloud.errors import Violation
from pcloud.wire.keys import Check, verify

CHECKS_MIN: Final = 32
"""Fewer are checked where they are asked for: to ask another process would take as long."""
IDLE_S: Final = 30.0
"""A process that nobody has asked for so long ends; where one is needed again, another begins."""
ANSWER_S_MAX: Final = 10.0
"""No answer takes so long: a process that gives none is ended."""
_SIZE_BYTES: Final = 4
_READY, _HOLDS, _FAILS = b"\x02", b"\x01", b"\x00"


def holds(check: Check) -> bool:
    """Whether this signature is good."""
    try:
        verify(*check)
    except Violation:
        return False
    return True


class _Helper:
    """One process, and the socket to it."""

    def __init__(self) -> None:
        """Start it. Raises OSError where no process can be had."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - this very program, nothing that anybody gave
                    [sys.executable, "-P", "-m", __name__],  # nothing is imported from where the node stands
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # what a terminal sends to the node's group is for the node alone
                )
            except OSError:
                ours.close()
                raise
        ours.settimeout(ANSWER_S_MAX)
        self._socket, self._ready = ours, False

    @property
    def has_begun(self) -> bool:
        """Whether it could ever be asked."""
        return self._ready

    @property
    def is_ready(self) -> bool:
        """Whether it can be asked: nobody waits for one that begins. Raises OSError where it has ended."""
        if not self._ready and select([self._socket], [], [], 0)[0]:
            _exactly(self._socket.recv, len(_READY))
            self._ready = True
        return self._ready

    def ask(self, checks: Sequence[Check]) -> list[bool]:
        """What it says of each. Raises OSError where it says nothing."""
        self._socket.sendall(_written(checks))
        return [each == _HOLDS[0] for each in _exactly(self._socket.recv, len(checks))]

    def end(self) -> None:
        """End it: it holds nothing that could be lost."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


class Verifier:
    """Asks the process, which begins when it is first of use. For several threads, each in its turn."""

    def __init__(self) -> None:
        self._asking = Lock()
        self._helper: _Helper | None = None
        self._over = False
        """Whether none is begun any more: the node stops, or one has ended before it could be asked."""
        self.beside = 0
        """Signatures that the process has checked."""

    def __call__(self, checks: Sequence[Check]) -> list[bool]:
        """Whether each holds, in their order. Blocks."""
        if len(checks) >= CHECKS_MIN:
            with self._asking:
                answer = self._ask(checks)
            if answer is not None:
                return answer
        return [holds(check) for check in checks]

    def close(self) -> None:
        """End the process, and begin none any more. A second time does nothing."""
        with self._asking:
            self._over = True
            self._end()

    def _ask(self, checks: Sequence[Check]) -> list[bool] | None:
        """What the process says; None where there is none that is ready."""
        try:
            if self._helper is None and not self._over:
                self._helper = _Helper()
            if self._helper is None or not self._helper.is_ready:
                return None
            answer = self._helper.ask(checks)
        except OSError:
            # Nobody had asked it for long, or somebody has ended it: the next one begins anew.
            self._over = self._over or self._helper is None or not self._helper.has_begun
            self._end()
            return None
        self.beside += len(checks)
        return answer

    def _end(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()


def _written(checks: Sequence[Check]) -> bytes:
    """How many, then public key, message and signature of each, with their lengths."""
    pieces = [_size(len(checks))]
    for check in checks:
        for piece in check:
            pieces += (_size(len(piece)), piece)
    return b"".join(pieces)


def _size(value: int) -> bytes:
    return value.to_bytes(_SIZE_BYTES, "big")


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """So many bytes. Raises OSError where the other end has gone."""
    data = b""
    while len(data) < size:
        more = read(size - len(data))
        if not more:
            raise ConnectionError("the other process has ended")
        data += more
    return data


def serve(asked: socket.socket) -> None:
    """Answer until nobody asks any more. Raises OSError then."""
    asked.settimeout(IDLE_S)
    read = asked.makefile("rb").read

    def sized() -> bytes:
        return _exactly(read, int.from_bytes(_exactly(read, _SIZE_BYTES), "big"))

    asked.sendall(_READY)
    while True:
        count = int.from_bytes(_exactly(read, _SIZE_BYTES), "big")
        checks = (Check(sized(), sized(), sized()) for _ in range(count))
        asked.sendall(b"".join(_HOLDS if holds(check) else _FAILS for check in checks))


if __name__ == "__main__":
    try:
        serve(socket.socket(fileno=sys.stdin.fileno()))
    except OSError:
        sys.exit()
