"""Vectors of the chapter on terms: the agreement record."""

from __future__ import annotations

from spec.kit.cbor import Raw, Value, dec
from spec.kit.cose import sign1, sign2, spoiled
from spec.kit.fold_data import agreement_payload
from spec.kit.identity import persona
from spec.kit.keys import Signer, fixed, sha, signer
from spec.kit.vectors import Vectors, fields_of

ONE, TWO = Signer(b"\x01" * 32), Signer(b"\x02" * 32)
TYP = "pcloud-agreement"


def right() -> dict[Value, Value]:
    """The payload of the worked example, with other hashes."""
    data: dict[Value, Value] = {"roster": fixed("roster"), "terms": "SD-BASE", "text": fixed("text")}
    data |= {"machine": fixed("machine"), "second": persona("shop", 1).id}
    data |= {"proffer": fixed("proffer"), "seal_by": 1800172800}
    payload = dec(agreement_payload(data, persona("alice", 0).id))
    assert isinstance(payload, dict)
    return payload


class Agreements:
    """Writes the cases of agreements."""

    def __init__(self, out: Vectors) -> None:
        self.out = out
        self.keys: dict[str, object] = {"first_key": ONE.public, "second_key": TWO.public}

    def good(self, name: str, why: str, payload: dict[Value, Value]) -> None:
        """An agreement as it should be."""
        made = sign2([ONE, TWO], TYP, payload)
        given = {"bytes": made.data, **self.keys}
        seen = {"to_be_signed": made.to_be_signed, "record_hash": sha(made.data)}
        self.out.good(
            name,
            why,
            "TERMS-26 TERMS-27",
            "agreement.read",
            given,
            seen,
            fields=fields_of(payload),
            id=made.id,
        )

    def bytes(self, name: str, why: str, rule: str, data: bytes, code: str) -> None:
        """A refusal of bytes."""
        self.out.bad(name, why, rule, "agreement.read", {"bytes": data, **self.keys}, code)

    def payload(
        self, name: str, why: str, payload: Value, code: str = "shape", rule: str = "TERMS-26"
    ) -> None:
        """A payload signed as it stands."""
        self.bytes(name, why, rule, sign2([ONE, TWO], TYP, payload).data, code)


def fields(agreements: Agreements) -> None:
    """One field wrong at a time."""
    whole = right()
    for key in whole:
        less = {other: value for other, value in whole.items() if other != key}
        agreements.payload(f"without-{key!r}", "A required field is missing", less)
    wrong: list[tuple[str, str, int, Value]] = [
        ("roster-31", "A roster id of 31 bytes", 2, bytes(31)),
        ("terms-empty", "Terms without a name", 3, ""),
        ("terms-65", "A name of 65 bytes", 3, "x" * 65),
        ("terms-bytes", "A name that is bytes", 3, b"SD-BASE"),
        ("text-33", "A text hash of 33 bytes", 4, bytes(33)),
        ("machine-null", "No machine hash", 5, None),
        ("first-31", "A persona of 31 bytes", 6, bytes(31)),
        ("second-text", "A persona that is a text", 7, "x" * 32),
        ("proffer-null", "No proffer", 8, None),
        ("seal-by-negative", "A time below 0", 9, -1),
        ("seal-by-text", "A time that is a text", 9, "later"),
        ("until-null", "null instead of no end", 10, None),
        ("replaces-null", "null instead of nothing replaced", 11, None),
        ("replaces-31", "An id of 31 bytes", 11, bytes(31)),
        ("field-12", "A key that the map does not have", 12, 0),
        ("field-0", "Key 0", 0, 0),
    ]
    for name, why, key, value in wrong:
        agreements.payload(name, why, whole | {key: value})
    agreements.payload("version-2", "Another version", whole | {1: 2}, "version-unknown", "CONF-7")
    later = whole | {1: 2, 12: 0}
    agreements.payload("version-2-field-12", "And another key", later, "version-unknown", "COSE-20")
    agreements.payload("array", "An array", list(whole.values()))
    turned = Raw(b"\xa2\x02\x00\x01\x01")
    agreements.payload("unsorted", "Keys out of order", turned, "cbor-not-deterministic", "CBOR-5")


def signers(agreements: Agreements) -> None:
    """Who signed, in which order, and as what."""
    whole = right()
    bad = agreements.bytes
    bad(
        "other-order",
        "The second party signed first",
        "COSE-16",
        sign2([TWO, ONE], TYP, whole).data,
        "key-mismatch",
    )
    stranger = signer("stranger")
    bad(
        "stranger",
        "A stranger in place of the second party",
        "COSE-16",
        sign2([ONE, stranger], TYP, whole).data,
        "key-mismatch",
    )
    bad(
        "first-alone",
        "The second party did not sign",
        "COSE-13",
        sign2([ONE], TYP, whole).data,
        "cose-structure",
    )
    bad(
        "first-twice",
        "The first party signed twice",
        "COSE-19",
        sign2([ONE, ONE], TYP, whole).data,
        "cose-header",
    )
    three = sign2([ONE, TWO, stranger], TYP, whole).data
    bad("witness", "A third signature", "COSE-13", three, "cose-structure")
    bad(
        "as-succession",
        "Signed as a succession",
        "COSE-5",
        sign2([ONE, TWO], "pcloud-succession", whole).data,
        "type-mismatch",
    )
    bad("as-sign1", "An object of one signer", "TERMS-31", sign1(ONE, TYP, whole).data, "cose-structure")
    header = sign1(ONE, "pcloud-header", whole).data
    bad("a-header", "A header instead of an agreement", "TERMS-31", header, "cose-structure")
    made = sign2([ONE, TWO], TYP, whole).data
    broken = spoiled(made)
    bad("second-signature-wrong", "The second signature does not verify", "COSE-17", broken, "bad-signature")
    changed = made.replace(fixed("text"), fixed("another text"))
    assert changed != made
    bad("text-changed", "Another text after signing", "COSE-17", changed, "bad-signature")


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("agreement", "08-terms", "The record that both parties sign and both hold.")
    agreements = Agreements(out)
    agreements.good("least", "Without an end, replacing nothing", right())
    most: dict[Value, Value] = {10: 1831622400, 11: fixed("older agreement")}
    agreements.good("most", "With an end, in place of another", right() | most)
    fields(agreements)
    signers(agreements)
    return [out]
