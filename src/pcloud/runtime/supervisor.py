"""What systemd wants to hear from a service of type `notify`; where nobody listens, nothing is said.

One datagram for each word, to the socket that the environment names: sd_notify(3).
"""

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from pcloud.ambient.port import Clock

BEATS: Final = 3
"""Signs of life in the time after which systemd would end the service."""

SAY_S_MAX: Final = 5.0
"""How long a word that must be heard may wait for room."""


class Supervisor:
    """Whoever started this process and waits for a word."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        asked = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._beat_s = int(asked) / 1e6 / BEATS if self._address and ours and asked.isdecimal() else 0.0

    def ready(self) -> None:
        """Everything listens. Raises OSError where it cannot be said."""
        self._say(b"READY=1")

    def stopping(self) -> None:
        """The end has begun. Raises OSError where it cannot be said."""
        self._say(b"STOPPING=1")

    async def watch(self, clock: Clock, alive: Callable[[], Awaitable[bool]]) -> None:
        """Give signs of life until cancelled, each only after `alive` has shown that the node does its work.

        Returns at once where none are wanted. Raises OSError where one cannot be given.
        """
        while self._beat_s:
            if await alive():
                with suppress(
                    BlockingIOError
                ):  # they do not read at the moment; the next one may get through
                    self._say(b"WATCHDOG=1", wait_s=0)
            await clock.sleep(self._beat_s)

    def _say(self, word: bytes, *, wait_s: float = SAY_S_MAX) -> None:
        if self._address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
                way.settimeout(wait_s)
                way.sendto(word, self._address)
