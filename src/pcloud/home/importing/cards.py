"""vCard (RFC 6350, and RFC 2426 before it): the people one knows, or one's own card."""

import quopri
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from icalendar.parser.property import (
    split_on_unescaped_comma,
    split_on_unescaped_semicolon,
    unescape_backslash,
)

from pcloud.home.importing.components import Component, Property, components, properties
from pcloud.home.importing.found import Item, Problem, found, label_of, whole

COLLECTION: Final = "x-contacts"
PROPERTIES_MAX: Final = 256
"""Properties of one card that are taken."""

NAME: Final = ("familyName", "givenName", "additionalName", "honorificPrefix", "honorificSuffix")
ADDRESS: Final = (
    "postOfficeBoxNumber",
    "extendedAddress",
    "streetAddress",
    "addressLocality",
    "addressRegion",
    "postalCode",
    "addressCountry",
)
GENDERS: Final = {"M": "Male", "F": "Female", "O": "other", "N": "none", "U": "unknown"}
_PLACES: Final = ("home", "work", "cell", "fax", "pager", "car", "video")
"""Types that become the name of a place, as in `profile.telephone.work`."""
_SILENT: Final = frozenset({"VERSION", "PRODID", "REV", "UID", "SORT-STRING", "PROFILE", "SOURCE", "MAILER"})
_COMPACT_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T.*)?")
_YEARLESS_DATE: Final = re.compile(r"--(\d\d)-?(\d\d)(?:T.*)?")


def cards(stream: BinaryIO, *, mine: bool = False) -> Iterator[Item]:
    """Everybody in a file of cards; with `mine` the first card is the owner's own."""
    for part in components(stream):
        if isinstance(part, Problem):
            yield part
        elif part.kind != "VCARD":
            yield Problem(part.where, f"a {part.kind} is no card")
        else:
            yield from _own(part) if mine else _contact(part)
            mine = False


def _contact(card: Component) -> Iterator[Item]:
    person, uid, problems = _person(card)
    yield from problems
    if uid:
        person["identifier"] = uid
    if not any(key in person for key in ("name", *NAME, "email", "telephone", "worksFor")):
        yield Problem(card.where, "it names nobody")
        return
    label = label_of("uid", uid) if uid else label_of("card", whole(person))
    yield found(card.where, COLLECTION, person, label)


def _own(card: Component) -> Iterator[Item]:
    """The same, at the places where an owner's own data stand."""
    person, _, problems = _person(card)
    yield from problems
    name = person.get("name") or " ".join(
        person[key] for key in ("givenName", "additionalName", "familyName") if key in person
    )
    if name:
        yield found(card.where, "profile.name", name, None)
    for key in ("email", "telephone", "address"):
        taken: dict[str, int] = {}
        for one in person.get(key, ()):
            kind = one.pop("contactType", "")
            value = one.get(key) if key != "address" else {"@type": "PostalAddress", **one}
            if not kind and (key == "address" or kind in taken):
                kind = "home"  # the first that says nothing stands where others ask for one
            taken[kind] = taken.get(kind, 0) + 1
            suffix = kind if taken[kind] == 1 else f"{kind}-{taken[kind]}"
            yield found(card.where, f"profile.{key}.{suffix}" if suffix else f"profile.{key}", value, None)
    for key in ("birthDate", "gender", "worksFor", "image", "knowsLanguage"):
        if key in person:
            yield found(card.where, f"profile.{key}", person[key], None)
    for key in ("jobTitle", "url"):
        if key in person:
            yield found(card.where, f"profile.x-{key}", person[key], None)
    left = person.keys() & {"description", "keywords", "x-vcard"}
    if left:
        yield Problem(card.where, f"left out of your own card: {', '.join(sorted(left))}")


def _person(card: Component) -> tuple[dict[str, Any], str, list[Problem]]:
    """A person with schema.org's names, the card's own id, and what could not be read."""
    person: dict[str, Any] = {"@type": "Person"}
    uid = ""
    problems: list[Problem] = []
    for number, line in enumerate(properties(card)):
        if number >= PROPERTIES_MAX:
            problems.append(
                Problem(card.where, f"it has more than {PROPERTIES_MAX} lines; the rest is left out")
            )
            break
        if isinstance(line, Problem):
            problems.append(line)
            continue
        if line.name == "UID":
            uid = line.value.strip()
        elif line.name == "N":
            parts = zip(NAME, _parts(line), strict=False)
            person.update({key: text for key, text in parts if text})
        elif line.name == "KIND" and line.value.strip().lower() in {"org", "group"}:
            person["@type"] = "Organization"
        elif line.name in _LISTED:
            key, read = _LISTED[line.name]
            person.setdefault(key, []).append(read(line))
        elif line.name in _SINGLE:
            key, read = _SINGLE[line.name]
            person.setdefault(key, read(line))
        elif line.name not in _SILENT:
            person.setdefault("x-vcard", {}).setdefault(line.name, []).append(_text(line))
    return person, uid, problems


def _text(line: Property) -> str:
    value = line.value
    if "QUOTED-PRINTABLE" in {one.upper() for one in line.parameters.get("ENCODING", line.types())}:
        value = quopri.decodestring(value.encode()).decode(errors="replace")
    return str(unescape_backslash(value)).strip()


def _parts(line: Property) -> list[str]:
    return [one.strip() for one in split_on_unescaped_semicolon(line.value)]


def _kind(line: Property) -> str:
    types = line.types()
    return next((one for one in _PLACES if one in types), "")


def _number(line: Property) -> dict[str, str]:
    return {"contactType": _kind(line), "telephone": _text(line).removeprefix("tel:")}


def _mail(line: Property) -> dict[str, str]:
    return {"contactType": _kind(line), "email": _text(line).removeprefix("mailto:")}


def _address(line: Property) -> dict[str, str]:
    read = {key: text for key, text in zip(ADDRESS, _parts(line), strict=False) if text}
    return {"contactType": _kind(line), **read}


def _date(line: Property) -> str:
    text = _text(line)
    if full := _COMPACT_DATE.fullmatch(text):
        return "-".join(full.groups())
    if yearless := _YEARLESS_DATE.fullmatch(text):
        return "--" + "-".join(yearless.groups())
    return text


def _gender(line: Property) -> str:
    sex, _, words = _text(line).partition(";")
    return words or GENDERS.get(sex.upper(), sex)


def _organization(line: Property) -> dict[str, Any]:
    name, *units = [one for one in _parts(line) if one] or [""]
    return {"@type": "Organization", "name": name, "department": ", ".join(units)}


def _words(line: Property) -> list[str]:
    return [one.strip() for one in split_on_unescaped_comma(line.value)]


def _picture(line: Property) -> str:
    """A picture that is small enough stays in the record, as a link that holds it."""
    text = _text(line)
    if "B" in {one[:1].upper() for one in line.parameters.get("ENCODING", ())}:
        kind = next(iter(sorted(line.types())), "jpeg")
        return f"data:image/{kind};base64,{text}"
    return text


_LISTED: Final[dict[str, tuple[str, Callable[[Property], Any]]]] = {
    "TEL": ("telephone", _number),
    "EMAIL": ("email", _mail),
    "ADR": ("address", _address),
}
_SINGLE: Final[dict[str, tuple[str, Callable[[Property], Any]]]] = {
    "FN": ("name", _text),
    "NICKNAME": ("alternateName", _text),
    "BDAY": ("birthDate", _date),
    "GENDER": ("gender", _gender),
    "ORG": ("worksFor", _organization),
    "TITLE": ("jobTitle", _text),
    "ROLE": ("hasOccupation", _text),
    "NOTE": ("description", _text),
    "URL": ("url", _text),
    "CATEGORIES": ("keywords", _words),
    "PHOTO": ("image", _picture),
    "LANG": ("knowsLanguage", _text),
}
