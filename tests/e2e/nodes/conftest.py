"""Real nodes in one process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pcloud.testing.home import Street, Village


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(tmp_path)
    yield street
    await street.clear()


@pytest.fixture
async def village() -> AsyncIterator[Village]:
    village = Village()
    yield village
    await village.clear()
