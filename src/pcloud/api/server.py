"""The owner API as it runs: its listeners, from the first socket to the last answer."""

import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from pcloud.ambient.port import Entropy
from pcloud.api.application import Report, Service, make_metrics_app, make_owner_app
from pcloud.api.client import SOCKET_NAME, TOKEN_NAME
from pcloud.api.connection import Bounds, listen, url_of
from pcloud.api.guard import Door, LoopbackDoor, MetricsDoor, SocketDoor, make_token
from pcloud.api.sockets import bind_address, bind_loopback, bind_path, remove_path
from pcloud.runtime.surface import Surface


@dataclass(frozen=True, slots=True)
class Places:
    """Where the owner API is listened for. Without more than a folder: on the Unix socket in it."""

    folder: Path
    port: int | None = None
    """On loopback, by token; 0 takes any free one, None is no port."""
    metrics: tuple[str, int] | None = None
    """Address and port of `/metrics` and `/health`, for anybody who reaches it; None is none."""
    names: frozenset[str] = frozenset()
    """Names under which that address may be asked."""


class OwnerServer:
    """The owner API of one node. Starts whole or not at all, and stops once."""

    def __init__(
        self, surface: Surface, places: Places, entropy: Entropy, report: Report, bounds: Bounds | None = None
    ) -> None:
        self.urls: list[str] = []
        """Of the API on loopback."""
        self.metrics_url: str | None = None
        self._surface = surface
        self._places = places
        self._entropy = entropy
        self._report = report
        self._bounds = bounds or Bounds()
        self._started = AsyncExitStack()

    async def start(self) -> None:
        """Begin to answer. Raises ListenError, or OSError where the token cannot be written."""
        async with AsyncExitStack() as stack:
            stack.callback(self._forget)
            await self._open_socket(stack)
            if self._places.port is not None:
                await self._open_loopback(stack, self._places.port)
            if self._places.metrics is not None:
                await self._open_metrics(stack, *self._places.metrics)
            self._started = stack.pop_all()

    async def stop(self) -> None:
        """Take nothing more, let what is under way come to its end for a while, then close everything."""
        await self._started.aclose()

    def _forget(self) -> None:
        self.urls, self.metrics_url = [], None

    async def _open_socket(self, stack: AsyncExitStack) -> None:
        path = self._places.folder / SOCKET_NAME
        end = stack.enter_context(bind_path(path))
        stack.callback(remove_path, path, path.lstat().st_ino)
        app = make_owner_app(self._service(SocketDoor(os.geteuid())))
        await listen(stack, app, [end], self._bounds)

    async def _open_loopback(self, stack: AsyncExitStack, port: int) -> None:
        ends = [stack.enter_context(end) for end in bind_loopback(port)]
        path = self._places.folder / TOKEN_NAME
        addresses = [end.getsockname()[:2] for end in ends]
        stack.callback(path.unlink, missing_ok=True)
        door = LoopbackDoor(make_token(path, self._entropy), addresses)
        await listen(stack, make_owner_app(self._service(door)), ends, self._bounds)
        self.urls = [url_of(end) for end in ends]

    async def _open_metrics(self, stack: AsyncExitStack, host: str, port: int) -> None:
        end = stack.enter_context(bind_address(host, port))
        app = make_metrics_app(self._service(MetricsDoor(self._places.names)))
        await listen(stack, app, [end], self._bounds)
        self.metrics_url = url_of(end)

    def _service(self, door: Door) -> Service:
        return Service(self._surface, door, self._bounds, self._entropy, self._report)
