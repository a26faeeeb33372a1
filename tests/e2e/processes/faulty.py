"""`pcloud` with faults of its own, which hold what was said: run as a program in place of it (T69).

Whoever says something through this node's owner meets a fault in everything that can have one: the question
itself, the loop, a task, a thread, a finaliser, a library's log, a warning. What a peer says meets one too.
`discover` ends the program by a fault that nobody has foreseen.
"""

import asyncio
import gc
import logging
import threading
import warnings
from typing import Any, NoReturn

from pcloud.cli.main import main
from pcloud.runtime.carrying import inbox
from pcloud.runtime.owner import Owner


class Unhappy:
    """Fails when it is thrown away."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __del__(self) -> None:
        fail(self._text)


def fail(text: str) -> NoReturn:
    """A fault with a cause, both of which hold the text."""
    raise RuntimeError(f"no way to do {text}") from ValueError(text)


async def _task(text: str) -> None:
    fail(text)


async def _say(_self: Owner, peer: str, text: str, **_: Any) -> NoReturn:
    loop = asyncio.get_running_loop()
    loop.call_soon(fail, text)
    forgotten = loop.create_task(_task(text), name=text)
    await asyncio.wait([forgotten])
    del forgotten
    thread = threading.Thread(target=fail, args=(text,))
    thread.start()
    thread.join()
    unhappy = Unhappy(text)
    del unhappy
    gc.collect()
    warnings.warn(text, stacklevel=1)
    for name in ("aiohttp.server", "asyncio", "somebody.else", None):
        logging.getLogger(name).error("%s does not like %s", peer, text, exc_info=ValueError(text))
    raise RuntimeError(peer, text)


async def _discover(self: Owner, **_: Any) -> list[Any]:
    peer = (await self.peers())[0]
    self._node.broken = RuntimeError(peer.name, peer.purpose)  # type: ignore[assignment]  # a fault of another kind
    return []


def _take(_batch: object, arrived: object, _faults: object) -> NoReturn:
    fail(repr(arrived))


FAULTS: tuple[tuple[object, str, object], ...] = (
    (Owner, "say", _say),
    (Owner, "discover", _discover),
    (inbox, "take", _take),
)

if __name__ == "__main__":
    for place, name, fault in FAULTS:
        setattr(place, name, fault)
    main()
