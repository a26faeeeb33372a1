"""Servers of the owner API, their doors, and clients at each."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest
from tests.contract.api.recorder import Recorder
from tests.contract.api.running import Running, Start
from tests.contract.api.wire import Way
from tests.e2e.nodes.conftest import street

from pcloud.ambient.system import system_entropy
from pcloud.api import Client
from pcloud.api.connection import Bounds
from pcloud.api.server import OwnerServer, Places
from pcloud.runtime.surface import Surface

__all__ = ["street"]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a server with bounds of one's own; it is stopped behind the test."""
    async with AsyncExitStack() as stack:

        async def started(bounds: Bounds) -> Running:
            surface, faults = Recorder(), list[tuple[str, BaseException]]()
            places = Places(tmp_path, port=0, metrics=("127.0.0.1", 0), names=frozenset({"node.example"}))
            server = OwnerServer(
                cast("Surface", surface),
                places,
                system_entropy,
                lambda reference, fault: faults.append((reference, fault)),
                bounds,
            )
            await server.start()
            stack.push_async_callback(server.stop)
            running = Running(tmp_path, server, faults, surface=surface)
            stack.callback(running.hang_up)
            return running

        yield started


@pytest.fixture
async def running(start: Start) -> Running:
    """A server as it is."""
    return await start(Bounds())


@pytest.fixture(params=["unix", "tcp"])
def door(request: pytest.FixtureRequest) -> str:
    """Every door of the owner."""
    return str(request.param)


@pytest.fixture
def way(running: Running, door: str) -> Way:
    return running.way(door)


@pytest.fixture
async def client(running: Running, door: str) -> AsyncIterator[Client]:
    async with running.client(door) as client:
        yield client
