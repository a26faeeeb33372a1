"""Paths of the chapter on disclosure, read anew: their form, their categories, and the fields of bodies."""

from __future__ import annotations

import csv
from pathlib import Path

from spec.kit.cbor import Value
from spec.kit.schema import Field, Wrong

REGISTRY = Path(__file__).resolve().parents[1] / "registry"
REASONS = ("not-now", "not-needed", "not-held", "not-for-this", "not-you")


def listed(name: str) -> dict[str, dict[str, str]]:
    """A registry by its first column."""
    with (REGISTRY / f"{name}.csv").open(newline="") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}


PLACES, FACTS = listed("paths"), listed("derivations")


def category(path: str) -> str:
    """The category of a path: of its fact, else of the longest place above it that is registered."""
    place, _, fact = path.partition(":")
    own = FACTS[fact.partition("-")[0]]["category"] if fact else ""
    if own.startswith("pd:"):
        return own
    words = place.partition("/")[0].split(".")
    above = (".".join(words[:count]) for count in range(len(words), 0, -1))
    return next((PLACES[one]["category"] for one in above if one in PLACES), "dpv:PersonalData")


def categories(paths: list[str]) -> list[str]:
    """Those of several paths."""
    return sorted({category(path) for path in paths})


NO_PATHS = [
    ("empty", "An empty path", ""),
    ("upper-case", "A place that begins with an upper-case letter", "Profile.name"),
    ("digit", "A place that begins with a digit", "1profile"),
    ("dot-first", "A dot in front", ".profile"),
    ("dot-last", "A dot at the end", "profile."),
    ("dots", "Two dots", "profile..name"),
    ("space", "A space", "profile name"),
    ("under", "A low line in a place", "profile.birth_date"),
    ("seven", "Seven names", "a.b.c.d.e.f.g"),
    ("long-name", "A name of 33 bytes", "a" * 33),
    ("long-record", "A record of 49 bytes", "receipts/" + "x" * 49),
    ("long-path", "129 bytes", ".".join(["a" * 20] * 6) + "/abc"),
    ("slash-last", "No record after the slash", "receipts/"),
    ("slashes", "Two records", "receipts/a/b"),
    ("unknown-fact", "A fact that is not registered", "profile.name:shoe"),
    ("bare-fact", "A colon and nothing", "profile.name:"),
    ("facts", "Two facts", "profile.address:city:country"),
    ("over-0", "Over nothing", "profile.birthDate:over-0"),
    ("over-151", "Over too many years", "profile.birthDate:over-151"),
    ("over-018", "A zero in front", "profile.birthDate:over-018"),
    ("over-bare", "Over without a number", "profile.birthDate:over"),
    ("city-18", "A number where none belongs", "profile.address:city-18"),
    ("fact-of-other", "Derived from another place", "profile.name:city"),
    ("fact-of-longer", "From a place that only begins alike", "profile.addressee:city"),
    ("not-ascii", "A letter that is not ASCII", "profile.n\u00e4me"),
    ("line-feed", "A line feed at the end", "profile.name\n"),
]
"""Texts that are no paths."""
PATHS = [
    "x",
    "profile.address.home",
    "receipts/2027-01_a",
    "x-shop.color",
    "profile.birthDate:over-18",
    "profile.birthDate:over-150",
    "profile.address.home:city",
    "profile.address:postal",
    "memberships/alpine:member",
    "a.b.c.d.e.f/" + "x" * 48 + ":equal",
    ".".join(["a" * 20] * 6) + "/ab",
]
"""Paths of every form."""


def rows(key: int, one: list[Value], wrong: Wrong, *, optional: bool = False, pattern: bool = False) -> Field:
    """An array of rows that begin with a path, each path once."""
    first, *rest = one
    assert isinstance(first, str)
    nothing: Value = []
    bare: Value = one
    bad: Wrong = [
        ("none", "An empty array", nothing),
        ("bare", "A row without an array", bare),
        ("33", "33 rows", [[f"a{number}", *rest] for number in range(33)]),
        ("twice", "A path twice", [one, one]),
        ("shorter", "A row with an element less", [one[:-1]]),
        ("longer", "A row with an element more", [[*one, None]]),
        ("row-text", "A row that is a text", [first]),
        ("row-null", "null in the place of a row", [one, None]),
        ("path-bytes", "A path that is bytes", [[first.encode(), *rest]]),
        ("path-null", "No path", [[None, *rest]]),
    ]
    bad += [(f"path-{name}", why, [[path, *rest]]) for name, why, path in NO_PATHS]
    if not pattern:
        bad.append(("path-many", "A path for many records", [["receipts/*", *rest]]))
    right: Value = [one]
    also: list[Value] = [[[path, *rest] for path in PATHS]]
    also.append([[f"a{number}", *rest] for number in range(32)])
    if pattern:
        also.append([["receipts/*", *rest], ["receipts/a", *rest], ["memberships/*:member", *rest]])
    return Field(key, right, bad + wrong, optional, also)


def fields(key: int, *, optional: bool = False, empty: bool = False) -> Field:
    """Fields with their versions."""
    path = "profile.name"
    true: Value = True
    wrong: Wrong = [
        ("version-0", "Versions begin with 1", [[path, 0]]),
        ("version-negative", "A version below 0", [[path, -1]]),
        ("version-text", "A version that is a text", [[path, "1"]]),
        ("version-true", "true is not 1", [[path, true]]),
        ("version-null", "No version", [[path, None]]),
    ]
    made = rows(key, [path, 1], wrong, optional=optional)
    if empty:
        made.wrong = [one for one in made.wrong if one[0] != "none"]
        made.also.append([])
    return made


def words(key: int, most: int) -> Field:
    """Words of a vocabulary."""
    one = "dpv:ServiceProvision"
    wrong: Wrong = [
        ("none", "An empty array", []),
        ("many", "A word too many", [one] * (most + 1)),
        ("word-empty", "An empty word", [""]),
        ("word-long", "A word of 65 bytes", ["x" * 65]),
        ("word-bytes", "A word that is bytes", [one.encode()]),
        ("word-null", "null in the array", [one, None]),
        ("bare", "A word without an array", one),
    ]
    return Field(key, [one], wrong, also=[[one] * most])


def flag(key: int) -> Field:
    """True or false."""
    right: Value = True
    other: Value = False
    wrong: Wrong = [("one", "1 is not true", 1), ("text", "A text", "true"), ("bytes", "Bytes", b"\x01")]
    return Field(key, right, wrong, also=[other])


def wanted(key: int) -> Field:
    """What is asked for."""
    yes: Value = True
    no: Value = False
    wrong: Wrong = [
        ("required-1", "1 is not true", [["profile.name", 1, None]]),
        ("required-null", "No word on need", [["profile.name", None, None]]),
        ("item-0", "Items begin with 1", [["profile.name", yes, 0]]),
        ("item-text", "An item that is a text", [["profile.name", yes, "1"]]),
        ("item-false", "false is not null", [["profile.name", yes, no]]),
    ]
    made = rows(key, ["profile.name", yes, None], wrong, pattern=True)
    made.also.append([["profile.name", no, 63]])
    return made


def chosen(key: int, *reasons: str, pattern: bool = False, after: list[Value] | None = None) -> Field:
    """Paths with a word of a list at the end; optional where nothing stands between."""
    between = after or []
    path = "profile.name"
    wrong: Wrong = [
        ("word-other", "A word that is not in the list", [[path, *between, "something-else"]]),
        ("word-empty", "An empty word", [[path, *between, ""]]),
        ("word-null", "No word", [[path, *between, None]]),
        ("word-number", "A number", [[path, *between, 0]]),
    ]
    made = rows(key, [path, *between, reasons[0]], wrong, optional=not between, pattern=pattern)
    made.also += [[[path, *between, reason]] for reason in reasons[1:]]
    return made


def paths(key: int, *, pattern: bool = False) -> Field:
    """Paths alone."""
    wrong: Wrong = [
        ("none", "An empty array", []),
        ("bare", "A path without an array", "profile.name"),
        ("33", "33 paths", [f"a{number}" for number in range(33)]),
        ("twice", "A path twice", ["profile.name", "profile.name"]),
        ("path-bytes", "A path that is bytes", [b"profile.name"]),
        ("path-null", "null in the array", ["profile.name", None]),
        ("path-row", "A row", [["profile.name", 1]]),
    ]
    wrong += [(f"path-{name}", why, [path]) for name, why, path in NO_PATHS]
    also: list[Value] = [list(PATHS), [f"a{number}" for number in range(32)]]
    if pattern:
        also.append(["receipts/*", "memberships/*:member"])
    else:
        wrong.append(("path-many", "A path for many records", ["receipts/*"]))
    return Field(key, ["profile.name"], wrong, optional=True, also=also)
