"""A person and a shop as processes: new to each other, or long related and down."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.processes.cli import House
from tests.e2e.processes.disks import SmallDisk
from tests.e2e.processes.pair import Pair, acquainted, moved, stop


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[tuple[House, House]]:
    """A person and a shop, up, who do not know each other."""
    anna, shop = House(tmp_path, "Anna"), House(tmp_path, "Flora", "organisation")
    yield anna.up(), shop.up()
    for house in (anna, shop):
        if house.process is not None and house.process.poll() is None:
            house.down()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The two once they know each other, down; for all tests of a module, so that none may spoil it."""
    return acquainted(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def anna(pair: Pair, tmp_path: Path) -> Iterator[House]:
    """A copy of the person's house, down, that a test may spoil."""
    house = moved(pair.anna, tmp_path)
    yield house
    stop(house)


@pytest.fixture
def shop(pair: Pair, tmp_path: Path) -> Iterator[House]:
    """A copy of the shop's house, down, that a test may spoil."""
    house = moved(pair.shop, tmp_path)
    yield house
    stop(house)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that is soon full."""
    disk = SmallDisk(tmp_path / "disk", 2_048)
    yield disk
    disk.close()
