"""Contacts and the owner's own card as vCard 4.0 (RFC 6350)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pcloud.home.exporting.lines import line, text
from pcloud.home.importing.cards import ADDRESS, COLLECTION, GENDERS, NAME

PROFILE: Final = "profile."
_TEXTS: Final = {
    "name": "FN",
    "alternateName": "NICKNAME",
    "jobTitle": "TITLE",
    "hasOccupation": "ROLE",
    "description": "NOTE",
    "knowsLanguage": "LANG",
}
_LINKS: Final = {"url": "URL", "image": "PHOTO", "identifier": "UID"}
_LISTS: Final = {"telephone": "TEL", "email": "EMAIL"}
_SEXES: Final = {words: letter for letter, words in GENDERS.items()}
_OTHER: Final = re.compile(r"[A-Z][A-Z0-9-]{0,63}")
_KNOWN: Final = (
    _TEXTS.keys()
    | _LINKS.keys()
    | _LISTS.keys()
    | set(NAME)
    | {"@type", "address", "birthDate", "gender", "worksFor", "keywords", "x-vcard"}
)


class CardWriter:
    """Contacts card by card; what the profile holds becomes one card at the end."""

    def __init__(self) -> None:
        self.left: Counter[str] = Counter()
        self._own: dict[str, Any] = {}

    def begin(self) -> bytes:
        """A file of cards has no beginning of its own."""
        return b""

    def add(self, path: str, value: Any) -> bytes:
        """The card of a contact."""
        if path.startswith(PROFILE):
            self._profile(path.removeprefix(PROFILE), value)
            return b""
        if path.partition("/")[0] != COLLECTION or not isinstance(value, dict):
            self.left[path.partition("/")[0]] += 1
            return b""
        return self._card(value)

    def end(self) -> bytes:
        """The owner's own card, where there is something in it."""
        return self._card(self._own) if self._own else b""

    def _profile(self, place: str, value: Any) -> None:
        key, _, kind = place.partition(".")
        if key in _LISTS or key == "address":
            entry = dict(value) if isinstance(value, dict) else {key: value}
            entry.pop("@type", None)
            self._own.setdefault(key, []).append({"contactType": kind.partition("-")[0], **entry})
        elif key.removeprefix("x-") in _KNOWN and not kind:
            bare = isinstance(value, dict) and key == "name"
            self._own.update(value if bare else {key.removeprefix("x-"): value})
        else:
            self.left[f"{PROFILE}{place}"] += 1

    def _card(self, person: Mapping[str, Any]) -> bytes:
        for key in person.keys() - _KNOWN:
            self.left[str(key)] += 1
        return b"".join(_lines(person))


def _lines(person: Mapping[str, Any]) -> Iterator[bytes]:
    yield b"BEGIN:VCARD\r\nVERSION:4.0\r\n"
    if "name" not in person:
        # Version 4 wants it; what is read back leaves an empty one out
        yield line("FN", "")
    if any(key in person for key in NAME):
        yield line("N", ";".join(text(person.get(key, "")) for key in NAME))
    for key, name in _TEXTS.items():
        if key in person:
            yield line(name, text(_one(person[key])))
    for key, name in _LINKS.items():
        if isinstance(person.get(key), str):
            yield line(name, person[key])
    for key, name in _LISTS.items():
        for one in _entries(person.get(key), key):
            yield line(name, text(one.get(key, "")), ("TYPE", str(one.get("contactType", ""))))
    for one in _entries(person.get("address"), "streetAddress"):
        parts = ";".join(text(one.get(key, "")) for key in ADDRESS)
        yield line("ADR", parts, ("TYPE", str(one.get("contactType", ""))))
    yield from _others(person)
    yield b"END:VCARD\r\n"


def _others(person: Mapping[str, Any]) -> Iterator[bytes]:
    if person.get("@type") == "Organization":
        yield line("KIND", "org")
    if "birthDate" in person:
        yield line("BDAY", text(person["birthDate"]))
    if "gender" in person:
        told = str(person["gender"])
        yield line("GENDER", _SEXES.get(told) or f";{text(told)}")
    work = person.get("worksFor")
    if isinstance(work, dict):
        units = work.get("department", "")
        yield line(
            "ORG",
            text(work.get("name", "")) + (f";{text(units)}" if isinstance(units, str) and units else ""),
        )
    elif work:
        yield line("ORG", text(work))
    keywords = person.get("keywords")
    if keywords:
        yield line(
            "CATEGORIES",
            ",".join(text(one) for one in (keywords if isinstance(keywords, list) else [keywords])),
        )
    other = person.get("x-vcard")
    for name, values in other.items() if isinstance(other, dict) else ():
        for value in values if isinstance(values, list) else ():
            if _OTHER.fullmatch(name):
                yield line(name, text(value))


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _entries(value: Any, key: str) -> list[Mapping[str, Any]]:
    """Entries of a list, each a map, whatever the record has."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    return [one if isinstance(one, dict) else {key: one} for one in several]
