from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.contract.net.worlds import Certificate, HttpWorld, MemoryWorld, World


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(Path(tmp_path_factory.mktemp("certificate")))


@pytest.fixture(params=["memory", "http", "https"])
async def world(request: pytest.FixtureRequest, certificate: Certificate) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield MemoryWorld(stack)
        else:
            yield HttpWorld(stack, certificate if request.param == "https" else None)
