"""The rosters this node has loaded, and our plain words for their terms (spec 08 §7)."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from pcloud.features.terms.roster import Roster, read_roster
from pcloud.kernel.gate import Rosters, StandardTerms
from pcloud.runtime.views import Terms

KEEPER = bytes.fromhex("29b3f6b8ed3049749628afe44902376d1eaea447c0b8f282754af03c383ef69c")
"""Signs the roster that comes with the program: a development key (spec/rosters/README.md)."""


class Loaded(NamedTuple):
    """A roster with the words that go with it."""

    roster: Roster
    summaries: Mapping[str, str]
    """By terms id. Nobody signs or agrees to a summary."""

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
        return [
            Terms(
                entry.standard.terms,
                self.roster.name,
                self.summaries.get(entry.standard.terms, ""),
                self.roster.id.hex(),
                entry.url,
            )
            for entry in self.roster.entries
        ]


@cache
def load_packaged() -> Loaded:
    """The roster that comes with the program. Raises Violation where the file is damaged."""
    folder = resources.files("pcloud.runtime") / "rosters"
    roster = read_roster((folder / "customer-commons.cbor").read_bytes(), KEEPER)
    words = json.loads((folder / "customer-commons.json").read_text("utf-8"))
    return Loaded(roster, {entry["id"]: entry["summary"] for entry in words["entries"]})


def summary_of(terms: str) -> str:
    """Our plain words for terms of the packaged roster; empty for others."""
    return load_packaged().summaries.get(terms, "")
