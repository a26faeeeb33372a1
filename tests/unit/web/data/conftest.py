"""Anna, a shop that she is related to, and her page: as the pages about people have them."""

from tests.e2e.nodes.conftest import village
from tests.unit.web.people.conftest import anna, pair, served

__all__ = ["anna", "pair", "served", "village"]
