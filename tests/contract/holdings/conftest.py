"""Every test of this folder runs on every body of the port."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from pcloud.holdings.folder import FolderHoldings
from pcloud.holdings.memory import MemoryHoldings
from pcloud.holdings.port import Custody, Holdings
from pcloud.wire.services.custody import FULL, Kept

ADDRESS = b"a" * 32
NOW = 1_800_000_000
DAY = 86_400
BLOCK = 4_096


def custody(
    name: str = "anna", *, room: int = 100 * BLOCK, days: int = 90, address: bytes = ADDRESS
) -> Custody:
    return Custody(sha256(name.encode()).digest(), token(name), address, room, days)


def token(name: str = "anna") -> bytes:
    return sha256(b"token of " + name.encode()).digest()


def digest(volume: bytes) -> bytes:
    return sha256(volume).digest()


class Body(NamedTuple):
    """Holdings, and the same after a stop."""

    holdings: Holdings
    again: Callable[[], Holdings]

    def put(self, volume: bytes, kind: int = FULL, *, now: int = NOW, who: str = "anna") -> Kept:
        """One volume, to its end; gives its row."""
        mine, name = token(who), digest(volume)
        here = self.holdings.begin(mine, kind, len(volume), name)
        assert here == 0
        assert self.holdings.add(mine, name, 0, volume) == len(volume)
        self.holdings.finish(mine, name, now)
        return self.listed()[-1]

    def listed(self, address: bytes = ADDRESS) -> list[Kept]:
        return list(self.holdings.volumes(address, 0, 1_000))


def memory(_path: Path) -> Body:
    holdings = MemoryHoldings()
    return Body(holdings, lambda: holdings)


def folder(path: Path) -> Body:
    return Body(FolderHoldings(path / "holdings"), lambda: FolderHoldings(path / "holdings"))


@pytest.fixture(params=(memory, folder), ids=lambda make: make.__name__)
def body(request: pytest.FixtureRequest, tmp_path: Path) -> Body:
    made: Body = request.param(tmp_path)
    made.holdings.allow(custody())
    return made
