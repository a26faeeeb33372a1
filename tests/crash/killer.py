"""Starts the victim again and again, and kills it: `python -m tests.crash.killer`.

Everything is imported here once, and each life is a fork. When it forks, this process has one thread and no
loop, and has never opened a store, a socket or a file of a node: a life shares nothing with the last but what
that left on the disk. Only the vault stays out: its argon2 would take longer than a life, so the store gets
its key raw.

The killer waits beside its victim and does nothing else, so no work of a node decides when the kill comes. It
reads orders, one line of JSON each, and writes what became of each life; its victims write into the same pipe
what their owner was told.
"""

import gc
import os
import select
import signal
import sys
import time
import traceback
from typing import Never

import msgspec
from tests.crash.victim import Ended, Moment, Order, live, tell

UP_S_MAX = 30.0
"""A start that takes longer has failed."""
PATIENCE_S = 1.0
"""How long it waits for what is to happen before the kill."""


def main() -> None:
    gc.freeze()  # what is imported is never looked through again, nor its memory copied for that
    for line in sys.stdin.buffer:
        ended = _follow(msgspec.json.decode(line, type=Order))
        tell(ended)


def _follow(order: Order) -> Ended:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _be(order, writing)
    os.close(writing)
    try:
        up = _end(child, order, reading)
    finally:
        os.close(reading)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(killed=code == -signal.SIGKILL, code=code, up=up)


def _be(order: Order, pulse: int) -> Never:
    """Live in the child, which ends here."""
    code = 1
    try:
        live(order, pulse)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def _end(child: int, order: Order, pulse: int) -> bool:
    """Bring about the end of a child that nobody has waited for, so that its number can be nobody else's."""
    if order.moment is Moment.START:
        time.sleep(order.wait_s)
        os.kill(child, signal.SIGKILL)
        return _beats(pulse, 1, 0.0)
    up = _beats(pulse, 1, UP_S_MAX)
    if order.moment is Moment.LAST:
        sys.stdin.buffer.readline()
        os.kill(child, signal.SIGTERM)
        return up
    _beats(pulse, order.happenings, PATIENCE_S)
    if order.moment is Moment.STOP:
        os.kill(child, signal.SIGTERM)
    time.sleep(order.wait_s)
    os.kill(child, signal.SIGKILL)
    return up


def _beats(pulse: int, count: int, wait_s: float) -> bool:
    """Whether so many beats come in time; they do not where it ends before."""
    until = time.monotonic() + wait_s
    while count > 0:
        found, _, _ = select.select([pulse], [], [], max(0.0, until - time.monotonic()))
        beats = os.read(pulse, count) if found else b""
        if not beats:
            return False
        count -= len(beats)
    return True


if __name__ == "__main__":
    main()
