"""Real nodes in this process; those that are killed have their own."""

from tests.e2e.nodes.conftest import street

__all__ = ["street"]
