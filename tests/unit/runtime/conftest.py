"""Homes on a street or in a village, for those tests that need whole nodes."""

from tests.e2e.nodes.conftest import street, village

__all__ = ["street", "village"]
