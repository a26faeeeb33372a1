"""What data are called on the page: places, and properties of records. Pure.

The names of the vocabulary are schema.org's; these are the words of people. What is not named here is told by
its own name, taken apart where a new word begins.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pcloud.home import vocabulary
from pcloud.home.marking import mark as _
from pcloud.runtime.giving.wording import label_of, plain

PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "profile": _("About you"),
        "documents": _("Documents"),
        "finance": _("Money"),
        "health": _("Health"),
        "memberships": _("Memberships"),
        "possessions": _("Possessions"),
        "preferences": _("Preferences"),
        "policies": _("Policies"),
        "interests": _("Interests"),
        "intentions": _("What you are looking for"),
        "ratings": _("Ratings"),
        "receipts": _("Receipts"),
        "reservations": _("Reservations"),
        "viewings": _("What you watched"),
        "x-contacts": _("Contacts"),
        "x-events": _("Events"),
        "x-readings": _("What you read"),
    }
)
"""What a path begins with."""

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "profile.name": _("Name"),
        "profile.birthDate": _("Date of birth"),
        "profile.gender": _("Gender"),
        "profile.image": _("Picture"),
        "profile.nationality": _("Nationality"),
        "profile.knowsLanguage": _("Language"),
        "profile.address": _("Address"),
        "profile.email": _("E-mail address"),
        "profile.telephone": _("Telephone number"),
        "profile.size": _("Size"),
        "profile.worksFor": _("Work"),
        "documents": _("Document"),
        "finance": _("Finances"),
        "finance.account": _("Bank account"),
        "finance.balance": _("Balance"),
        "finance.insurance": _("Insurance"),
        "health": _("Health"),
        "memberships": _("Membership"),
        "possessions": _("Possession"),
        "preferences": _("Preference"),
        "policies": _("Policy"),
        "interests": _("Interest"),
        "intentions": _("Intention"),
        "ratings": _("Rating"),
        "receipts": _("Receipt"),
        "reservations": _("Reservation"),
        "viewings": _("Viewing"),
    }
)
"""Kinds of the vocabulary, by their places: its own names, here to be translated."""

_PROPERTIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acceptedOffer": _("Offer"),
        "accountHolder": _("Held by"),
        "additionalName": _("Middle name"),
        "addressCountry": _("Country"),
        "addressLocality": _("Town"),
        "addressRegion": _("Region"),
        "alternateName": _("Also called"),
        "bic": _("BIC"),
        "countryOfIssue": _("Issued in"),
        "email": _("E-mail address"),
        "extendedAddress": _("Addition to the address"),
        "familyName": _("Family name"),
        "givenName": _("Given name"),
        "gtin": _("Article number"),
        "honorificPrefix": _("Title before the name"),
        "honorificSuffix": _("Title behind the name"),
        "iban": _("IBAN"),
        "identifier": _("Number"),
        "itemReviewed": _("What it is about"),
        "membershipPointsEarned": _("Points"),
        "object": _("What it was"),
        "orderedItem": _("What you bought"),
        "postOfficeBoxNumber": _("Post office box"),
        "postalCode": _("Postal code"),
        "priceCurrency": _("Currency"),
        "ratingValue": _("Rating"),
        "reservationFor": _("What for"),
        "reviewBody": _("What you say"),
        "reviewRating": _("Rating"),
        "sizeSystem": _("System of sizes"),
        "streetAddress": _("Street and number"),
        "telephone": _("Telephone number"),
        "underName": _("In the name of"),
        "unitText": _("Unit"),
        "url": _("Address on the web"),
        "validFrom": _("Valid from"),
        "validThrough": _("Valid until"),
        "worksFor": _("Where"),
    }
)

_FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "over": "Being over {number}",
        "postal": "Postal code of {of}",
        "member": "Being a member: {of}",
        "equal": "Whether theirs is the same: {of}",
    }
)
"""Facts (`spec/registry/derivations.csv`) whose names do not tell them to everybody."""


def place_name(top: str) -> str:
    """What a path begins with, in words."""
    return PLACES.get(top) or began(plain(top.removeprefix(vocabulary.OWN)))


def property_name(name: str) -> str:
    """A property, or one within another, in words."""
    *above, last = name.split(".")
    told = _PROPERTIES.get(last) or began(plain(last.removeprefix(vocabulary.OWN)))
    return f"{property_name('.'.join(above))}: {told[:1].lower()}{told[1:]}" if above else told


def kind_name(place: str) -> str:
    """A kind of the vocabulary, or what stands at a place that nobody has registered."""
    return KINDS.get(place) or place_name(place.rpartition(".")[2])


def kind_at(path: str) -> str:
    """The kind of a path, by its place; what it begins with where nobody has registered one."""
    record = path.partition(":")[0]
    kind = vocabulary.kind_of(record)
    return record.partition("/")[0] if kind is None else kind.place


def label(path: str) -> str:
    """What stands at a path; records of a collection are told by their kind."""
    if path in KINDS:
        return KINDS[path]
    whole, derived, fact = path.partition(":")
    name, _sign, number = fact.partition("-")
    if name in _FACTS:
        return _FACTS[name].format(number=number, of=label_of(whole))
    place, sign, _record = path.partition("/")
    kind = vocabulary.kind_of(place) if sign and not path.endswith("/*") else None
    return began(label_of(path)) if kind is None or derived else kind.name


def began(words: str) -> str:
    """The same, to begin a line with."""
    return words[:1].upper() + words[1:]
