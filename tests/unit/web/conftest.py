"""A home, its page, and its owner's browser."""

from collections.abc import AsyncIterator

import pytest
from tests.e2e.nodes.conftest import street
from tests.unit.web.visiting import Browser, Served, serve

from pcloud.testing.home import Home, Street

__all__ = ["street"]


@pytest.fixture
async def anna(street: Street) -> Home:
    return await street.home("Anna")


@pytest.fixture
async def served(anna: Home) -> AsyncIterator[Served]:
    """Anna's page. No request may have been a fault of the node."""
    served = await serve(anna)
    yield served
    await served.server.stop()
    assert served.faults == []


@pytest.fixture
async def stranger(served: Served) -> AsyncIterator[Browser]:
    """A browser that has not come in."""
    async with Browser(served.url) as browser:
        yield browser


@pytest.fixture
async def owner(served: Served) -> AsyncIterator[Browser]:
    """Anna's browser, which has."""
    async with await served.owner() as browser:
        yield browser
