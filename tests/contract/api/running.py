"""A server of the owner API with all its doors, over a surface that records."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract.api.recorder import Recorder
from tests.contract.api.wire import Way

from pcloud.api import Client
from pcloud.api.connection import Bounds
from pcloud.api.server import OwnerServer


@dataclass
class Served:
    """A server, and the ways to it."""

    folder: Path
    server: OwnerServer
    faults: list[tuple[str, BaseException]] = field(default_factory=list)
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def token(self) -> str:
        return (self.folder / "owner.token").read_text().strip()

    @property
    def port(self) -> int:
        return int(self.server.urls[0].rpartition(":")[2])

    def way(self, door: str) -> Way:
        if door == "unix":
            return Way(self.folder / "owner.sock", 0, {"Host": "localhost"}, self.opened)
        host = f"127.0.0.1:{self.port}"
        return Way(None, self.port, {"Host": host, "Authorization": f"Bearer {self.token}"}, self.opened)

    def hang_up(self) -> None:
        for writer in self.opened:
            writer.close()

    def metrics(self) -> Way:
        assert self.server.metrics_url is not None
        port = int(self.server.metrics_url.rpartition(":")[2])
        return Way(None, port, {"Host": f"127.0.0.1:{port}"}, self.opened)

    def client(self, door: str) -> Client:
        if door == "unix":
            return Client.at(self.folder)
        return Client(self.server.urls[0], token=self.token)


@dataclass
class Running(Served):
    """A server with a surface behind it that records."""

    surface: Recorder = field(default_factory=Recorder)


Start = Callable[[Bounds], Awaitable[Running]]
