"""Anna and a shop in memory, related under her terms, and Anna's page on a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.nodes.conftest import village
from tests.unit.web.people.relating import Pair, agreed, furnished
from tests.unit.web.visiting import Served, serve

from pcloud.testing.home import Home, Village

__all__ = ["village"]


@pytest.fixture
async def anna(village: Village, tmp_path: Path) -> Home:
    return furnished(await village.home("Anna"), tmp_path / "anna")


@pytest.fixture
async def served(anna: Home) -> AsyncIterator[Served]:
    """Anna's page. No request may have been a fault of the node."""
    served = await serve(anna, anna.clock)
    yield served
    await served.server.stop()
    assert served.faults == []


@pytest.fixture
async def pair(village: Village, anna: Home, tmp_path: Path) -> Pair:
    shop = furnished(await village.home("Flora", "organisation"), tmp_path / "shop")
    return await agreed(anna, shop)
