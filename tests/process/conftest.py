"""Real nodes as processes of their own."""

from tests.e2e.processes.conftest import anna, disk, pair, shop

__all__ = ["anna", "disk", "pair", "shop"]
