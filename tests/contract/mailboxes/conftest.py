"""Every test of this folder runs on every body of the port."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.mailboxes.bodies import Body, memory, sqlite


@pytest.fixture(params=(memory, sqlite), ids=lambda make: make.__name__)
def body(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Body]:
    made: Body = request.param(tmp_path)
    yield made
    made.close()
