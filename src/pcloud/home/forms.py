"""What a single value looks like: dates, addresses of mail, numbers. Each form says what is right."""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pcloud.home.days import read_days
from pcloud.limits import INTEGER_MAX


class Form(NamedTuple):
    """One form of a value."""

    told: str
    """What is right, to be put behind "it takes"."""
    read: Callable[[Any], Any]
    """The value as it is kept, or None for what has another form."""


TEXT_CHARS_MAX: Final = 10_000
SHORT_CHARS_MAX: Final = 60
EMAIL_CHARS_MAX: Final = 254
URL_CHARS_MAX: Final = 2_000

_EMAIL: Final = re.compile(r"[^@\s<>,;:]+@[^@\s<>,;:.]+(?:\.[^@\s<>,;:.]+)+")
_BETWEEN_DIGITS: Final = re.compile(r"[\s()./-]+")
_TELEPHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_URL: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_IMAGE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}", re.ASCII)
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_IBAN_REST: Final = 1
_IBAN_MODULUS: Final = 97

_COUNTRIES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS "
    "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE "
    "EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC "
    "LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO "
    "TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_COUNTRIES.split())
"""ISO 3166-1, two letters, and XK."""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value.strip()) <= TEXT_CHARS_MAX else None


def _matching(pattern: re.Pattern[str], most: int = TEXT_CHARS_MAX) -> Callable[[Any], str | None]:
    def read(value: Any) -> str | None:
        return value if isinstance(value, str) and len(value) <= most and pattern.fullmatch(value) else None

    return read


def _date(value: Any) -> str | None:
    return value if isinstance(value, str) and "T" not in value and read_days(value) else None


def _time(value: Any) -> str | None:
    return value if isinstance(value, str) and read_days(value) else None


def _telephone(value: Any) -> str | None:
    bare = _BETWEEN_DIGITS.sub("", value) if isinstance(value, str) and len(value) <= SHORT_CHARS_MAX else ""
    return bare if _TELEPHONE.fullmatch(bare) else None


def _country(value: Any) -> str | None:
    code = value.upper() if isinstance(value, str) else ""
    return code if code in COUNTRIES else None


def _number(value: Any) -> int | str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= INTEGER_MAX else None
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _size(value: Any) -> int | str | None:
    if isinstance(value, str) and 0 < len(value.strip()) <= SHORT_CHARS_MAX:
        return value
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _image(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return value if _IMAGE.fullmatch(value) else _matching(_URL, URL_CHARS_MAX)(value)


def _iban(value: Any) -> str | None:
    bare = "".join(value.split()).upper() if isinstance(value, str) and len(value) <= SHORT_CHARS_MAX else ""
    if not _IBAN.fullmatch(bare):
        return None
    digits = "".join(str(int(each, 36)) for each in bare[4:] + bare[:4])
    return bare if int(digits) % _IBAN_MODULUS == _IBAN_REST else None


FORMS: Final[dict[str, Form]] = {
    "text": Form("a text", _text),
    "boolean": Form("true or false", lambda value: value if isinstance(value, bool) else None),
    "number": Form('a number, with a fraction as a text such as "12.50"', _number),
    "date": Form("a day such as 1990-05-20, or only 1990-05 or 1990", _date),
    "time": Form("a day or a time such as 2026-05-20T18:30:00+02:00", _time),
    "email": Form("an e-mail address such as anna@example.org", _matching(_EMAIL, EMAIL_CHARS_MAX)),
    "telephone": Form("a number with its country code, such as +49 30 1234567", _telephone),
    "country": Form("the two letters of a country, such as DE or GB (ISO 3166)", _country),
    "language": Form("a language such as de or pt-BR (BCP 47)", _matching(_LANGUAGE)),
    "currency": Form("the three letters of a currency, such as EUR (ISO 4217)", _matching(_CURRENCY)),
    "url": Form("an address that begins with https://", _matching(_URL, URL_CHARS_MAX)),
    "image": Form("an address that begins with https://, or a small picture as data:image/…", _image),
    "size": Form("a size such as 42, M or 32/34", _size),
    "iban": Form("an IBAN with its right check digits", _iban),
    "anything": Form("anything", lambda value: value),
}
"""By the words of `spec/registry/kinds.csv` and `properties.csv`."""
