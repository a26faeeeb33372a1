"""The rosters this node has loaded, and our plain words for their terms (spec 08 §7)."""

import json
from collections.abc import Mapping
from functools import cache
from pkgutil import get_data
from typing import Any, NamedTuple

from pcloud.features.terms.roster import Roster, RosterEntry, read_roster
from pcloud.kernel.gate import Rosters, StandardTerms
from pcloud.runtime.views import Terms

KEEPER = bytes.fromhex("29b3f6b8ed3049749628afe44902376d1eaea447c0b8f282754af03c383ef69c")
"""Signs the roster that comes with the program: a development key (spec/rosters/README.md)."""


class Loaded(NamedTuple):
    """A roster with the words that go with it."""

    roster: Roster
    words: Mapping[str, Any]
    """By terms id: our own words and names for what they say. Nobody signs or agrees to them."""
    clauses: Mapping[str, bool]
    """Names of clauses, and whether each allows something."""

    @property
    def standards(self) -> Rosters:
        """What decisions are given."""
        return self.roster.standards()

    def find(self, terms: str) -> StandardTerms | None:
        """An entry by its id, whatever the case."""
        for entry in self.roster.entries:
            if entry.standard.terms.lower() == terms.lower():
                return entry.standard
        return None

    def views(self) -> list[Terms]:
        """Every entry as the owner sees it."""
        return [self._view(entry) for entry in self.roster.entries]

    def _view(self, entry: RosterEntry) -> Terms:
        words = self.words[entry.standard.terms]
        clauses = words["clauses"]
        return Terms(
            entry.standard.terms,
            self.roster.name,
            words["summary"],
            self.roster.id.hex(),
            entry.url,
            [each for each in clauses if self.clauses[each]],
            [each for each in clauses if not self.clauses[each]],
            words["duties"],
            words["retention_days"],
            words["onward"],
        )


@cache
def load_packaged() -> Loaded:
    """The roster that comes with the program. Raises Violation where the file is damaged."""
    roster = read_roster(_packaged("cbor"), KEEPER)
    words = json.loads(_packaged("json"))
    return Loaded(
        roster,
        {entry["id"]: entry for entry in words["entries"]},
        {name: clause["allowed"] for name, clause in words["clauses"].items()},
    )


def _packaged(suffix: str) -> bytes:
    # not importlib.resources: that keeps readers of archives in memory, half a MiB
    data = get_data("pcloud.runtime", f"rosters/customer-commons.{suffix}")
    assert data is not None, "it comes with the program"
    return data


def summary_of(terms: str) -> str:
    """Our plain words for terms of the packaged roster; empty for others."""
    words = load_packaged().words.get(terms)
    return "" if words is None else str(words["summary"])
