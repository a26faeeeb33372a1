"""What stands where: kinds of records with property names of schema.org and vCard, and what is right in them.

The tables are data (`kinds.csv`, `properties.csv`, the same as in `spec/registry`). A kind is that of the
longest place at or above a path, name by name. Names that begin with `x-` belong to everybody.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from pcloud.errors import PcloudError, Violation
from pcloud.features.disclosure.path import Path, read_path
from pcloud.home.forms import FORMS

OWN: Final = "x-"
TYPE: Final = "@type"
"""Which type of schema.org a map is; it may always be said."""
DEPTH_MAX: Final = 4
"""How deep typed maps stand in each other where they are looked at."""
SENTENCES_MAX: Final = 8
"""What one value is told of at most."""
NEAR: Final = 0.8
"""How alike a name and a known one are that is meant by it; 1 is the same."""
SHOWN: Final = 6
"""Properties that a sentence names."""
_LIST, _OR = "*", "|"


class UnfitError(PcloudError):
    """What a record is to hold is not right. The text says what is, and has none of the value."""


class Detail(NamedTuple):
    """One property of a type."""

    name: str
    forms: tuple[str, ...]
    needed: bool


class Kind(NamedTuple):
    """What stands at a place and below it."""

    place: str
    forms: tuple[str, ...]
    name: str
    """For people."""
    many: bool
    """Whether it is a collection of records."""


class Judged(NamedTuple):
    """A value as it is kept, and what its owner may want to know."""

    value: Any
    warnings: tuple[str, ...]


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(resources.files(__package__).joinpath(name).read_text("utf-8").splitlines()))


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind, by its place."""
    rows = _table("kinds.csv")
    found = (
        Kind(row["place"].rstrip("/"), _forms(row["form"]), row["name"], row["place"].endswith("/"))
        for row in rows
    )
    return {kind.place: kind for kind in found}


@cache
def types() -> Mapping[str, Mapping[str, Detail]]:
    """The properties of every type, by name."""
    found: dict[str, dict[str, Detail]] = {}
    for row in _table("properties.csv"):
        type_, _, name = row["property"].partition(".")
        detail = Detail(name, _forms(row["form"]), row["needed"] == "yes")
        found.setdefault(type_, {})[name] = detail
    return found


def _forms(text: str) -> tuple[str, ...]:
    return tuple(text.split(_OR))


def kind_of(path: str) -> Kind | None:
    """The kind of a path; None where nobody has registered one. Raises Violation for what is no path."""
    place = read_path(path, pattern=True).place
    while place not in kinds() and "." in place:
        place = place.rpartition(".")[0]
    return kinds().get(place)


def read_place(path: str) -> Path:
    """A path at which a record may stand. Raises UnfitError."""
    try:
        read = read_path(path)
    except Violation as violation:
        raise UnfitError(
            "A path is names with dots between them, such as profile.address.home, and for one of many a"
            " slash and its name: receipts/7fQ2."
        ) from violation
    if read.fact is not None:
        raise UnfitError("A fact such as :over-18 is computed and cannot be set. Set the value itself.")
    return read


def judge(path: str, value: Any, *, strictly: bool = True) -> Judged:
    """Judge a value for a path. Raises UnfitError with a sentence that says what is right.

    Not `strictly`, as what others have written is judged: what is not right is warned of, and taken.
    """
    read, kind, faults, warnings = read_place(path), kind_of(path), _Told(), _Told()
    if kind is None:
        if not any(name.startswith(OWN) for name in read.place.split(".")):
            warnings.add(_unknown(read.place))
        return Judged(value, tuple(warnings))
    if kind.many and read.record is None:
        raise UnfitError(f"{read.place} holds many. Name one, such as {read.place}/7fQ2.")
    kept = _Judge(faults, warnings).value(kind.forms, value, read.place, 0)
    if faults and strictly:
        raise UnfitError(faults[0])
    return Judged(kept, (*faults, *warnings))


def in_order(path: str, value: Any) -> Any:
    """The same value, its properties in the order in which people write them: that of the table."""
    kind = kind_of(path)
    return value if kind is None else _in_order(kind.forms, value, 0)


def _in_order(forms: tuple[str, ...], value: Any, depth: int) -> Any:
    among = _types_among(forms)
    if not (among and isinstance(value, dict) and depth < DEPTH_MAX and value.get(TYPE, among[0]) in among):
        return value
    known = types()[_chosen(among, value)]
    names = [name for name in known if name in value] + [name for name in value if name not in known]
    return {
        name: _in_order(known[name].forms, value[name], depth + 1) if name in known else value[name]
        for name in names
    }


@cache
def _types_among(forms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(form for form in forms if form in types())


class _Told(list[str]):
    """Sentences, each once, the first of them."""

    def add(self, sentence: str) -> None:
        """Say one more."""
        if len(self) < SENTENCES_MAX and sentence not in self:
            self.append(sentence)


def _unknown(place: str) -> str:
    near = _nearest(place, kinds())
    hint = f" Do you mean {near}?" if near else " Names of your own begin with x-."
    return f"Nobody knows what {place} is.{hint} It is kept, and few terms allow to ask for it."


def _nearest(name: str, known: Mapping[str, object], likeness_min: float = 0.6) -> str | None:
    """The known name that is most like one that is not known."""
    from difflib import get_close_matches  # noqa: PLC0415 - a fifth of a MiB, for who has mistyped

    return next(iter(get_close_matches(name, known, 1, likeness_min)), None)


class _Judge:
    """Looks a value over, and gathers what is not right."""

    def __init__(self, faults: _Told, warnings: _Told) -> None:
        self.faults, self.warnings = faults, warnings
        self.strange = 0
        """Properties that no table knows, so far."""

    def value(self, forms: tuple[str, ...], value: Any, where: str, depth: int) -> Any:
        """The value as it is kept; as it is where no form fits."""
        for form in forms:
            several = form.endswith(_LIST)
            if several and isinstance(value, list) and value:
                return [self.value((form.removesuffix(_LIST),), each, where, depth) for each in value]
            name = form.removesuffix(_LIST)
            if name in FORMS:
                kept = FORMS[name].read(value)
                if kept is not None:
                    return kept
        if isinstance(value, dict) and depth < DEPTH_MAX:
            among = _types_among(forms)
            if among and value.get(TYPE, among[0]) in among:
                return self._map(_chosen(among, value), value, where, depth)
            if among:
                return value  # it says that it is of another type, of which nothing is known here
        if depth < DEPTH_MAX:
            self.faults.add(f"{where} takes {told_of(forms)}.")
        return value

    def _map(self, type_: str, value: dict[Any, Any], where: str, depth: int) -> dict[Any, Any]:
        known = types()[type_]
        if not value.keys() & known.keys():
            self.faults.add(f"{where} takes {_told(type_)}.")
            return value
        for detail in known.values():
            if detail.needed and detail.name not in value:
                self.faults.add(f"{where} needs {detail.name}.")
        kept = {}
        for name, each in value.items():
            if name in known:
                kept[name] = self.value(known[name].forms, each, f"{where}, {name},", depth + 1)
            else:
                kept[name] = each
                self._strange(type_, name, where)
        return kept

    def _strange(self, type_: str, name: Any, where: str) -> None:
        self.strange += 1
        if name == TYPE or self.strange > SENTENCES_MAX or str(name).startswith(OWN):
            return
        near = _nearest(str(name), types()[type_], NEAR)
        if near:
            self.warnings.add(f"{where} has a property that nobody knows. Do you mean {near}?")


def _chosen(among: tuple[str, ...], value: dict[Any, Any]) -> str:
    """The type that a map says it is, else the one of which it has most properties."""
    if TYPE in value or len(among) == 1:
        return str(value.get(TYPE, among[0]))
    return max(among, key=lambda form: len(value.keys() & types()[form].keys()))


def _told(form: str) -> str:
    name = form.removesuffix(_LIST)
    if name in FORMS:
        return FORMS[name].told + (" or several" if name != form else "")
    known = types()[name].values()
    needed = [detail.name for detail in known if detail.needed]
    if needed:
        return " and ".join(needed)
    shown = ", ".join([detail.name for detail in known][:SHOWN])
    return f"some of {shown}" + (" …" if len(known) > SHOWN else "")


def told_of(forms: tuple[str, ...]) -> str:
    """What is right, to be put behind "it takes"."""
    return " or ".join(map(_told, forms))
