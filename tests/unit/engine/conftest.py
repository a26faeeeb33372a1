"""Two sides with one relationship, for every test of the engine that does not make its own."""

import pytest
from tests.unit.engine.probe import Pair, pair


@pytest.fixture
def two() -> Pair:
    return pair()
