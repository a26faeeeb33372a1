"""Personal data and who holds it, as rows."""

from pcloud.engine.ledger.index import Given
from pcloud.store.personal.port import WORDS_MAX, GivenPlace, PersonalTables, Stated, Version

__all__ = ["WORDS_MAX", "Given", "GivenPlace", "PersonalTables", "Stated", "Version"]
