"""Vectors of the chapter on notation: which bytes are an encoding."""

from __future__ import annotations

from spec.kit.cbor import dec, diag, enc, head
from spec.kit.refusal import RefusedError
from spec.kit.vectors import Vectors, rows, run

GOOD = """
zero | The smallest integer stands in its head | 00 | CBOR-3
integer-24 | 24 needs an argument of one byte | 1818 | CBOR-3
integer-2-32 | 2^32 needs an argument of eight bytes | 1b0000000100000000 | CBOR-3
largest-integer | 2^53 - 1 is the largest integer every language keeps | 1b001fffffffffffff | CBOR-7
smallest-integer | -(2^53 - 1) is the smallest integer | 3b001ffffffffffffe | CBOR-7
keys-bytewise | Keys sort bytewise on their encoding, not by length | a50a00186400200061 7a0062616100 | CBOR-5
text-not-normalised | Text outside normal form C is kept | 6365cc81 | CBOR-14
text-with-direction-mark | A mark that turns the direction of writing | 63e280ae | CBOR-14
text-with-byte-order-mark | U+FEFF is valid text here | 63efbbbf | CBOR-14
text-beyond-bmp | A character of four bytes | 64f0908591 | CBOR-14
literals | The three simple values | 83f4f5f6 | CBOR-9
depth-16 | Sixteen arrays inside each other are allowed | 81818181818181818181818181818180 | CBOR-15
tag-24-inside-bytes | A byte string is not looked into | 43d81841 | CBOR-19
"""

BAD = """
integer-0-in-two-bytes | A head longer than needed | 1800 | CBOR-3 | cbor-not-deterministic
integer-23-in-two-bytes | A head longer than needed | 1817 | CBOR-3 | cbor-not-deterministic
integer-255-in-three-bytes | A head longer than needed | 1900ff | CBOR-3 | cbor-not-deterministic
integer-65535-in-five-bytes | A head longer than needed | 1a0000ffff | CBOR-3 | cbor-not-deterministic
integer-32-bit-in-nine | A head longer than needed | 1b00000000ffffffff | CBOR-3 | cbor-not-deterministic
negative-not-shortest | A head longer than needed | 3800 | CBOR-3 | cbor-not-deterministic
bytes-length-not-shortest | A head longer than needed | 580161 | CBOR-3 | cbor-not-deterministic
text-length-not-shortest | A head longer than needed | 780161 | CBOR-3 | cbor-not-deterministic
map-count-not-shortest | A head longer than needed | b800 | CBOR-3 | cbor-not-deterministic
array-count-not-shortest | A head longer than needed | 9800 | CBOR-3 | cbor-not-deterministic
duplicate-integer-key | The same key twice | a201020103 | CBOR-5 | cbor-not-deterministic
duplicate-text-key | The same key twice | a2616101616102 | CBOR-5 | cbor-not-deterministic
keys-out-of-order | Key 2 before 1 | a202000100 | CBOR-5 | cbor-not-deterministic
keys-by-length | By length, -1 comes before 100 | a22000186400 | CBOR-5 | cbor-not-deterministic
key-true | A boolean, for some languages 1 | a2016161f56162 | CBOR-6 | cbor-type
key-negative-zero | A float, for some languages 0 | a2006161f980006162 | CBOR-6 | cbor-type
key-nan | A float key that never equals itself | a1f97e0000 | CBOR-6 | cbor-type
key-array | An array as a key | a18000 | CBOR-6 | cbor-type
key-map | A map as a key | a1a000 | CBOR-6 | cbor-type
key-bytes | A byte string as a key | a1414100 | CBOR-6 | cbor-type
key-null | null as a key | a1f600 | CBOR-6 | cbor-type
indefinite-bytes | Indefinite length | 5f4161ff | CBOR-4 | cbor-not-deterministic
indefinite-text | Indefinite length | 7f6161ff | CBOR-4 | cbor-not-deterministic
indefinite-array | Indefinite length | 9fff | CBOR-4 | cbor-not-deterministic
indefinite-map-odd | Refused before the missing value | bf01ff | CBOR-4 CBOR-17 | cbor-not-deterministic
indefinite-bytes-nested | Refused at the first head | 5f5f4161ffff | CBOR-4 CBOR-17 | cbor-not-deterministic
indefinite-text-split | Refused before its parts | 7f61c361a9ff | CBOR-4 CBOR-17 | cbor-not-deterministic
break-alone | A break where an item is expected | ff | CBOR-2 | cbor-malformed
break-in-array | A break where an item is expected | 81ff | CBOR-2 | cbor-malformed
break-as-value | A break where a value is expected | a101ff | CBOR-2 | cbor-malformed
indefinite-integer | Additional information 31 on an integer | 1f | CBOR-2 | cbor-malformed
indefinite-negative | Additional information 31 on an integer | 3f | CBOR-2 | cbor-malformed
indefinite-tag | Additional information 31 on a tag | df | CBOR-2 | cbor-malformed
reserved-28 | Additional information 28 | 1c | CBOR-2 | cbor-malformed
reserved-30-on-bytes | Additional information 30 | 5e | CBOR-2 | cbor-malformed
simple-0-in-two-bytes | A two-byte simple value below 32 | f800 | CBOR-2 | cbor-malformed
simple-20-in-two-bytes | false written in two bytes | f814 | CBOR-2 | cbor-malformed
simple-24-in-two-bytes | A two-byte simple value below 32 | f818 | CBOR-2 | cbor-malformed
simple-31-in-two-bytes | A two-byte simple value below 32 | f81f | CBOR-2 | cbor-malformed
simple-255 | A simple value outside the profile | f8ff | CBOR-9 | cbor-type
simple-16 | A simple value outside the profile | f0 | CBOR-9 | cbor-type
undefined | undefined is not null | f7 | CBOR-9 | cbor-type
float-half | A float in the protocol profile | f93e00 | CBOR-10 | cbor-type
float-nan-payload | A NaN with a payload | f97e01 | CBOR-10 | cbor-type
float-nan-32 | A wide NaN | fa7fc00000 | CBOR-10 | cbor-type
float-infinity | Infinity | f97c00 | CBOR-10 | cbor-type
float-negative-zero | Negative zero | f98000 | CBOR-10 | cbor-type
float-cut-short | A float of which bytes are missing | f93e | CBOR-2 CBOR-17 | cbor-malformed
text-overlong | An overlong form in UTF-8 | 62c080 | CBOR-14 | cbor-malformed
text-surrogate | A surrogate in UTF-8 | 63eda080 | CBOR-14 | cbor-malformed
text-above-unicode | A code point above U+10FFFF | 64f4908080 | CBOR-14 | cbor-malformed
text-cut-in-character | UTF-8 cut in the middle of a character | 61c3 | CBOR-14 | cbor-malformed
text-shorter-than-length | A text whose last byte is missing | 64f09f98 | CBOR-2 | cbor-malformed
empty | No bytes at all | | CBOR-1 | cbor-malformed
trailing-byte | A second item after the first | 0101 | CBOR-1 | cbor-malformed
head-cut-one-byte | A head without its argument | 18 | CBOR-2 | cbor-malformed
head-cut-two-bytes | A head with half its argument | 1901 | CBOR-2 | cbor-malformed
head-cut-eight-bytes | A head with a part of its argument | 1b0000 | CBOR-2 | cbor-malformed
tag-self-described | The tag that says "this is CBOR" | d9d9f701 | CBOR-8 | cbor-type
tag-bignum | A big number | c249010000000000000000 | CBOR-8 | cbor-type
tag-decimal | A decimal fraction that would need 4 GB | c4821b000000010000000001 | CBOR-8 | cbor-type
tag-bigfloat | A big float that would need all memory | c5821b7fffffffffffffff01 | CBOR-8 | cbor-type
tag-regular-expression | A regular expression that never ends | d8236728612b292b2462 | CBOR-8 | cbor-type
tag-mime | A MIME message | d8246161 | CBOR-8 | cbor-type
tag-string-reference | String references | d901008263616161d81900 | CBOR-8 | cbor-type
tag-time-infinite | A time of infinity | c1f97c00 | CBOR-8 | cbor-type
tag-time-text | A time that is a text | c16161 | CBOR-8 | cbor-type
tag-uuid-short | A UUID of one byte | d8254100 | CBOR-8 | cbor-type
tag-set | A set | d901028180 | CBOR-8 | cbor-type
tag-24 | An embedded encoding | d81841ff | CBOR-8 | cbor-type
tag-18-inside | A signed object without a byte string around it | 81d280 | CBOR-8 | cbor-type
bignum-key | A big number as a key | a1c2480fffffffffffffff00 | CBOR-6 | cbor-type
bytes-length-2-64 | A length that must not be allocated | 5bffffffffffffffff | CBOR-2 ERR-22 | cbor-malformed
text-length-2-36 | A length that must not be allocated | 7b0000001000000000 | CBOR-2 | cbor-malformed
array-count-2-32 | A count that must not be allocated | 9affffffff | CBOR-2 CBOR-17 | cbor-malformed
array-count-2-40 | A count that must not be allocated | 9b000000ffffffffff | CBOR-2 CBOR-17 | cbor-malformed
map-count-2-64 | A count not to be allocated | bbffffffffffffffff | CBOR-2 CBOR-17 ERR-22 | cbor-malformed
map-one-value-missing | A map of two with three items in it | a2010203 | CBOR-2 | cbor-malformed
integer-2-53 | One more than the largest integer | 1b0020000000000000 | CBOR-7 | cbor-type
integer-2-53-plus-1 | An integer that JavaScript rounds | 1b0020000000000001 | CBOR-7 | cbor-type
integer-minus-2-53 | One less than the smallest integer | 3b001fffffffffffff | CBOR-7 | cbor-type
integer-minus-2-64 | The smallest integer CBOR can write | 3bffffffffffffffff | CBOR-7 | cbor-type
depth-17 | Seventeen arrays inside each other | 8181818181818181818181818181818180 | CBOR-15 | cbor-depth
break-as-key | A break at the place of a key | a1ff00 | CBOR-6 CBOR-17 | cbor-type
first-fault-decides | A tag first, then a byte too many | c10000 | CBOR-17 | cbor-type
first-fault-decides-head | A long head first, then a tag | 821800c100 | CBOR-17 | cbor-not-deterministic
"""

FLOATS_GOOD = """
record-float-half | The shortest format of 1.5 has 16 bits | f93e00 | CBOR-13
record-float-double | 1.1 needs 64 bits | fb3ff199999999999a | CBOR-13
record-float-single | 2^-20 / 3 rounded to 32 bits needs 32 bits | fa34aaaaab | CBOR-13
record-float-subnormal | The smallest number of 16 bits | f90001 | CBOR-13
"""

FLOATS_BAD = """
record-float-integral | 1.0 is written as an integer | f93c00 | CBOR-12 | cbor-not-deterministic
record-float-negative-zero | Negative zero is written as 0 | f98000 | CBOR-12 | cbor-not-deterministic
record-float-integral-too-large | 10^300 is outside the range | fb7e37e43c8800759c | CBOR-12 | cbor-type
record-float-infinity | Not finite | f97c00 | CBOR-11 | cbor-type
record-float-minus-infinity | Not finite | f9fc00 | CBOR-11 | cbor-type
record-float-nan | Not a number | f97e00 | CBOR-11 | cbor-type
record-float-nan-64 | Not a number, wide | fb7ff8000000000000 | CBOR-11 | cbor-type
record-float-signalling-nan | A signalling NaN | fa7fa00000 | CBOR-11 | cbor-type
record-float-1-5-in-32-bits | 1.5 fits 16 bits | fa3fc00000 | CBOR-13 | cbor-not-deterministic
record-float-1-5-in-64-bits | 1.5 fits 16 bits | fb3ff8000000000000 | CBOR-13 | cbor-not-deterministic
record-float-in-64-bits | A value that fits 32 bits | fb3e95555560000000 | CBOR-13 | cbor-not-deterministic
record-float-2-60 | Integral, out of range, and too long | fb43b0000000000000 | CBOR-12 CBOR-17 | cbor-type
record-float-nan-32 | Not a number, and too long | fa7fc00000 | CBOR-11 CBOR-17 | cbor-type
record-float-key | A float is no key, in this profile either | a1f93e0000 | CBOR-6 | cbor-type
record-tag | A tag is refused in this profile too | c100 | CBOR-8 | cbor-type
record-undefined | undefined is refused in this profile too | f7 | CBOR-9 | cbor-type
record-float-1-1-cut-short | A float of which a byte is missing | fb3ff19999999999 | CBOR-2 | cbor-malformed
record-float-minus-4 | An integral negative value | f9c400 | CBOR-12 | cbor-not-deterministic
"""


def code_of(data: bytes, *, floats: bool) -> str:
    """What the kit's own reader says, to be held against the table."""
    try:
        return diag(dec(data, floats=floats))
    except RefusedError as refusal:
        return refusal.code


def tables(out: Vectors) -> None:
    """One case for each row."""
    for floats, good, bad in ((False, GOOD, BAD), (True, FLOATS_GOOD, FLOATS_BAD)):
        for name, why, text, rule in rows(good):
            data = bytes.fromhex(text)
            value = diag(dec(data, floats=floats))
            out.good(name, why, rule, "cbor.check", {"bytes": data, "floats": floats}, value=value)
        for name, why, text, rule, code in rows(bad):
            data = bytes.fromhex(text)
            assert code_of(data, floats=floats) == code, (name, code_of(data, floats=floats))
            out.bad(name, why, rule, "cbor.check", {"bytes": data, "floats": floats}, code)


def long_ones(out: Vectors) -> None:
    """Encodings that are too long to be written out."""
    deep = {"bytes": run(b"\x81", 400, suffix=b"\x00"), "floats": False}
    out.bad("depth-401", "Four hundred arrays inside each other", "CBOR-15", "cbor.check", deep, "cbor-depth")
    opened = {"bytes": run(b"\x81", 16, suffix=b"\x9f\xff"), "floats": False}
    why = "An array of indefinite length where none may stand any more"
    out.bad("depth-17-indefinite", why, "CBOR-4 CBOR-17", "cbor.check", opened, "cbor-not-deterministic")
    full = enc([0] * 4095)
    assert code_of(full, floats=False) != code_of(enc([0] * 4096), floats=False)
    given = {"bytes": run(b"\x00", 4095, head(4, 4095)), "floats": False}
    value = "[" + ", ".join(["0"] * 4095) + "]"
    out.good("items-4096", "An array and its 4,095 elements", "CBOR-16", "cbor.check", given, value=value)
    for name, count in (("items-4097", 4096), ("items-million", 10**6)):
        many = {"bytes": run(b"\x00", count, head(4, count)), "floats": False}
        out.bad(name, "More items than one encoding may have", "CBOR-16", "cbor.check", many, "cbor-items")
    pairs = b"".join(enc(key) + b"\x00" for key in range(2048))
    wide = {"bytes": head(5, 2048) + pairs, "floats": False}
    out.bad("items-map", "Keys and values count: 1 + 2 * 2,048", "CBOR-16", "cbor.check", wide, "cbor-items")


def make() -> list[Vectors]:
    """The file."""
    out = Vectors(
        "cbor", "02-notation", "Which bytes are an encoding, and with which code the others are refused."
    )
    tables(out)
    long_ones(out)
    return [out]
