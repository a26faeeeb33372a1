"""Homes in memory."""

import pytest
from tests.unit.runtime.giving.village import BREMEN, HOME, NAME, Pair, agreed, put

from pcloud.testing.home import Village


@pytest.fixture
async def pair(village: Village) -> Pair:
    """Anna has a name and an address, and has agreed with a shop."""
    anna = await village.home("Anna")
    pair = await agreed(village, anna, "Flora")
    await put(anna, NAME, "Anna")
    await put(anna, HOME, BREMEN)
    return pair
