"""Where a datum stands: paths, derived facts, and the category that the gate judges (spec 09 §2)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pcloud.kernel.message import Kind, refuse
from pcloud.limits import PATH_BYTES_MAX

ANY = "*"
"""In a pattern: every record of a collection."""
EQUAL = "equal"
"""The fact that compares with a value of the taker's."""

UNKNOWN_CATEGORY = "dpv:PersonalData"
"""The category of a path that no row knows: only terms that name no categories allow it."""

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "profile.name": "pd:Name",
        "profile.birthDate": "pd:BirthDate",
        "profile.gender": "pd:Gender",
        "profile.image": "pd:Picture",
        "profile.nationality": "pd:Nationality",
        "profile.knowsLanguage": "pd:Language",
        "profile.address": "pd:PhysicalAddress",
        "profile.email": "pd:EmailAddress",
        "profile.telephone": "pd:TelephoneNumber",
        "profile.size": "pd:PhysicalCharacteristic",
        "profile.worksFor": "pd:Job",
        "documents": "pd:OfficialID",
        "finance": "pd:Financial",
        "finance.account": "pd:FinancialAccount",
        "finance.balance": "pd:FinancialStatus",
        "finance.insurance": "pd:Insurance",
        "health": "pd:MedicalHealth",
        "memberships": "pd:GroupMembership",
        "possessions": "pd:PersonalPossession",
        "preferences": "pd:Preference",
        "policies": "pd:PrivacyPreference",
        "interests": "pd:Interest",
        "intentions": "pd:Intention",
        "ratings": "pd:Opinion",
        "receipts": "pd:Purchase",
        "reservations": "pd:ServiceConsumptionBehavior",
        "viewings": "pd:TVViewingBehavior",
    }
)
"""The rows of `spec/registry/paths.csv`: the category of a place and all below it; the longest wins."""


class Derivation(NamedTuple):
    """A fact that a node computes from a value instead of giving it: self-asserted (spec 09 §2.2)."""

    of: str
    """The place whose values it is derived from; empty for any."""
    category: str
    """What it discloses; empty for what the value itself would."""
    is_truth: bool
    """True or false; otherwise a text."""


DERIVATIONS: Mapping[str, Derivation] = MappingProxyType(
    {
        "over": Derivation("profile.birthDate", "pd:AgeRange", is_truth=True),
        "city": Derivation("profile.address", "pd:City", is_truth=False),
        "country": Derivation("profile.address", "pd:Country", is_truth=False),
        "postal": Derivation("profile.address", "pd:PostalCode", is_truth=False),
        EQUAL: Derivation("", "", is_truth=True),
        "member": Derivation("memberships", "pd:GroupMembership", is_truth=True),
    }
)
"""The rows of `spec/registry/derivations.csv`."""

_FORM = re.compile(
    r"(?P<place>[a-z][A-Za-z0-9-]{0,31}(?:\.[a-z][A-Za-z0-9-]{0,31}){0,5})"
    r"(?:/(?P<record>\*|[A-Za-z0-9_-]{1,48}))?"
    r"(?::(?P<fact>over-(?:[1-9]|[1-9][0-9]|1[0-4][0-9]|150)|city|country|postal|equal|member))?"
)


class Path(NamedTuple):
    """A path taken apart: the place, the record in a collection, the derived fact."""

    place: str
    record: str | None
    fact: str | None

    @property
    def derivation(self) -> Derivation | None:
        """What is derived instead of given, if anything is."""
        return None if self.fact is None else DERIVATIONS[self.fact.partition("-")[0]]


def read_path(value: Any, *, pattern: bool = False) -> Path:
    """Take a path apart; `*` for any record only in a pattern. Raises Violation `body-form`."""
    if type(value) is not str or len(value.encode()) > PATH_BYTES_MAX:
        raise refuse("path")
    found = _FORM.fullmatch(value)
    if found is None:
        raise refuse("path")
    path = Path(**found.groupdict())
    if path.record == ANY and not pattern:
        raise refuse("a path of many records")
    derivation = path.derivation
    if derivation is not None and not _is_within(path.place, derivation.of):
        raise refuse("derived from something else")
    return path


def _is_within(place: str, upper: str) -> bool:
    return not upper or place == upper or place.startswith(f"{upper}.")


def _kind(*, pattern: bool) -> Kind:
    def read(value: Any) -> str:
        read_path(value, pattern=pattern)
        return str(value)

    return Kind(read)


PATH = _kind(pattern=False)
"""A path as a message holds it: the text, its form judged."""
PATTERN = _kind(pattern=True)
"""The same, where it may stand for all records of a collection."""


def category_of(text: str) -> str:
    """The data category that the gate judges for a path or a pattern of right form."""
    path = read_path(text, pattern=True)
    derivation = path.derivation
    if derivation is not None and derivation.category:
        return derivation.category
    place = path.place
    while place not in CATEGORIES and "." in place:
        place = place.rpartition(".")[0]
    return CATEGORIES.get(place, UNKNOWN_CATEGORY)


def categories_of(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The categories of several paths, each once and in order of the alphabet."""
    return tuple(sorted({category_of(path) for path in paths}))


def matches(pattern: str, path: str) -> bool:
    """Whether a path is the one that was asked for, or one of the records that a pattern stands for."""
    if pattern == path:
        return True
    asked, given = read_path(pattern, pattern=True), read_path(path)
    return asked.record == ANY and given.record is not None and asked == given._replace(record=ANY)
