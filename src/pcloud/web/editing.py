"""Values of records as fields of a form, and back (spec 09 §2.3). Pure.

Each part that is a text, a number, yes or no, or a list of texts is a field; whatever else a value has stays
as it is. So nothing that another program wrote is lost by editing what stands beside it.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from pcloud.home import vocabulary
from pcloud.home.forms import FORMS
from pcloud.home.shapes import BYTES
from pcloud.home.vocabulary import TYPE, Detail

Form = Literal["text", "long", "lines", "boolean", "date", "email", "tel", "url", "country"]

PREFIX: Final = "v."
"""How the names of the fields of a value begin in a form."""
LONG: Final = 70
"""A text of more letters gets more than a line."""
LEAVES_MAX: Final = 200
"""Fields of one record; a part that has none stays as it is."""

_WHOLE: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_COMMA: Final = re.compile(r"-?[0-9]+,[0-9]+", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONG: Final = frozenset({"description", "reviewBody", "text"})
_RARE: Final = frozenset(
    {
        "PostalAddress.name",
        "PostalAddress.extendedAddress",
        "PostalAddress.postOfficeBoxNumber",
        "PostalAddress.addressRegion",
        "PersonName.honorificPrefix",
        "PersonName.honorificSuffix",
        "PersonName.alternateName",
    }
)
"""Parts of short records that few people fill."""
_MAIN: Final = frozenset(
    {
        "Demand.description",
        "Order.orderNumber",
        "Order.orderDate",
        "Order.seller",
        "Order.orderedItem",
        "Order.price",
        "Order.priceCurrency",
        "ProgramMembership.programName",
        "ProgramMembership.membershipNumber",
        "ProgramMembership.validThrough",
        "Reservation.reservationNumber",
        "Reservation.reservationFor",
        "Reservation.provider",
        "Reservation.startTime",
        "Reservation.endTime",
    }
)
"""Parts of long records that many people fill."""
_TOLD: Final = MappingProxyType({"number": "a number such as 12.50", "boolean": "yes or no"})
"""What is right where a person types it; as `pcloud.home.forms` says it otherwise."""
FEW: Final = 9
"""Parts of which all are shown."""
_FORM: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "boolean": "boolean",
        "date": "date",
        "email": "email",
        "telephone": "tel",
        "url": "url",
        "country": "country",
    }
)
_PURPOSE: Final = MappingProxyType(
    {
        "profile.name": "name",
        "profile.birthDate": "bday",
        "profile.gender": "sex",
        "profile.email": "email",
        "profile.telephone": "tel",
        "profile.worksFor": "organization",
        "givenName": "given-name",
        "additionalName": "additional-name",
        "familyName": "family-name",
        "honorificPrefix": "honorific-prefix",
        "honorificSuffix": "honorific-suffix",
        "streetAddress": "street-address",
        "postalCode": "postal-code",
        "addressLocality": "address-level2",
        "addressRegion": "address-level1",
        "addressCountry": "country",
    }
)
"""What a field of the owner's own profile is for, in the words of HTML (WCAG 2.2, 1.3.5)."""


class Field(NamedTuple):
    """One field of a form."""

    name: str
    """Of the part; empty for a value that has none."""
    form: Form
    value: str
    told: str
    """What is right, to be put behind "it takes"; empty where anything is."""
    needed: bool
    usual: bool
    """Whether it is filled, or needed, or there are few; others are shown on demand."""
    autocomplete: str


def fields_of(path: str, value: Any, *, whole: bool = False) -> list[Field]:
    """The fields of a value, or of one to be where it is None; `whole`: with all parts that its kind has."""
    kind = vocabulary.kind_of(path)
    forms = ("anything",) if kind is None else kind.forms
    type_ = _type_of(forms, value, whole=whole)
    if type_ is None and not isinstance(value, dict):
        return (
            [_field(path, "", value, Detail("", forms, needed=True), usual=True)] if _is_leaf(value) else []
        )
    known = {} if type_ is None else vocabulary.types()[type_]
    found = {name: each for name, each in _leaves(value) if name}
    heads = {name.partition(".")[0] for name in found}
    rows = [
        *((name, found[name], _detail(known, name)) for name in found),
        *((name, None, each) for name, each in known.items() if name not in heads and _fits(value, each)),
    ]
    order = {name: number for number, name in enumerate(known)}
    rows.sort(key=lambda row: order.get(row[0].partition(".")[0], len(order)))
    few = len(known) <= FEW

    def usual(name: str, each: Any, detail: Detail) -> bool:
        whole = f"{type_}.{name}"
        return each is not None or detail.needed or (whole not in _RARE if few else whole in _MAIN)

    return [
        _field(path, name, each, detail, usual=usual(name, each, detail))
        for name, each, detail in rows[:LEAVES_MAX]
    ]


def has_parts(path: str) -> bool:
    """Whether what is usually one text may be given in parts, too."""
    kind = vocabulary.kind_of(path)
    return (
        kind is not None
        and _type_of(kind.forms, None, whole=False) is None
        and any(form in vocabulary.types() for form in kind.forms)
    )


def rest_of(value: Any) -> int:
    """How many parts of a value are no field, and stay as they are."""
    return sum(1 for _ in _others(value)) if isinstance(value, dict | list) else 0


def changed(fields: Sequence[Field], value: Any, given: Mapping[str, str]) -> Any:
    """A value with what a form gives for its fields; None where nothing is left of it."""
    kept = copy.deepcopy(value)
    for field in fields:
        text = given.get(PREFIX + field.name)
        if text is None or _same(text, field.value):
            continue
        told = _read(field, text, _at(value, field.name))
        if field.name == "":
            return told
        kept = kept if isinstance(kept, dict) else {}
        _put(kept, field.name.split("."), told)
    return kept if kept != {} and not (isinstance(kept, dict) and kept.keys() == {TYPE}) else None


def refilled(fields: Sequence[Field], given: Mapping[str, str]) -> list[Field]:
    """The same fields with what was typed, so that nobody types it again."""
    return [each._replace(value=given.get(PREFIX + each.name, each.value)) for each in fields]


def _type_of(forms: Sequence[str], value: Any, *, whole: bool) -> str | None:
    """Which type of the vocabulary a value has, or is to have; None for one without parts."""
    among = [form for form in forms if form in vocabulary.types()]
    if not among or (value is not None and not isinstance(value, dict)):
        return None
    if value is None:
        return among[0] if whole or forms[0] in among else None
    if value.get(TYPE) is not None:
        return value[TYPE] if value[TYPE] in among else None
    return max(among, key=lambda form: len(value.keys() & vocabulary.types()[form].keys()))


def _detail(known: Mapping[str, Detail], name: str) -> Detail:
    return known.get(name) or Detail(name, ("anything",), needed=False)


def _fits(value: Any, detail: Detail) -> bool:
    """Whether a part that is not there can be typed as a text."""
    there = isinstance(value, dict) and detail.name in value
    return not there and any(form.removesuffix("*") in FORMS for form in detail.forms)


def _field(path: str, name: str, value: Any, detail: Detail, *, usual: bool) -> Field:
    forms = [form for each in detail.forms if (form := each.removesuffix("*")) in FORMS]
    told = " or ".join(_TOLD.get(form, FORMS[form].told) for form in forms)
    told = "" if set(forms) & {"text", "anything"} else told
    shown = _shown(value)
    return Field(name, _form(name, value, detail, shown), shown, told, detail.needed, usual, _for(path, name))


def _for(path: str, name: str) -> str:
    if not path.startswith("profile."):
        return "off"
    place = ".".join(path.split(".")[:2])
    return _PURPOSE.get(name or place, "off")


def _form(name: str, value: Any, detail: Detail, shown: str) -> Form:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, list) or any(form.endswith("*") for form in detail.forms):
        return "lines"
    form: Form = next((_FORM[each] for each in detail.forms if each in _FORM), "text")
    if form == "date" and shown and not _DAY.fullmatch(shown):
        return "text"
    if form == "boolean" and value is not None:
        return "text"
    if form == "text" and (name in _LONG or len(shown) > LONG or "\n" in shown):
        return "long"
    return form


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_shown(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _is_leaf(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and "\n" not in each for each in value)
    return not isinstance(value, dict)


def _leaves(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Parts that are fields, by their names."""
    if _is_leaf(value):
        yield above, value
    elif _has_parts(value):
        for name, each in value.items():
            if name != TYPE and _is_name(name):
                yield from _leaves(each, f"{above}.{name}" if above else name)


def _others(value: Any) -> Iterator[Any]:
    """Parts that are none."""
    if _is_leaf(value):
        return
    if not _has_parts(value):
        yield value
        return
    for name, each in value.items():
        if not _is_name(name):
            yield each
        else:
            yield from _others(each)


def _has_parts(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() != {BYTES}


def _is_name(name: str) -> bool:
    return bool(name) and "." not in name


def _same(text: str, shown: str) -> bool:
    """Whether a field was left as it was: browsers change line ends."""
    return text.replace("\r\n", "\n").strip() == shown.strip()


def _read(field: Field, text: str, before: Any) -> Any:
    """What was typed as the value of a part; None where it is empty."""
    bare = text.replace("\r\n", "\n").strip()
    if not bare:
        return None
    if field.form == "boolean":
        return bare == "yes"
    if field.form == "lines":
        lines = [each.strip() for each in bare.split("\n") if each.strip()]
        return lines if len(lines) > 1 or isinstance(before, list) else lines[0]
    if isinstance(before, int) and not isinstance(before, bool) and _WHOLE.fullmatch(bare):
        return int(bare)
    if field.told == _TOLD["number"] and _COMMA.fullmatch(bare):
        return bare.replace(",", ".")
    return bare


def _at(value: Any, name: str) -> Any:
    for each in name.split(".") if name else ():
        value = value.get(each) if isinstance(value, dict) else None
    return value


def _put(value: dict[str, Any], names: list[str], told: Any) -> None:
    """Put a part where its name says; one that is empty goes, and what only held it."""
    first, *rest = names
    if rest:
        inner = value.setdefault(first, {})
        _put(inner, rest, told)
        if not inner.keys() - {TYPE}:
            del value[first]
    elif told is None:
        value.pop(first, None)
    else:
        value[first] = told
