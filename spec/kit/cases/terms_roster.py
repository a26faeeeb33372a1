"""Vectors of the chapter on terms: rosters and machine forms."""

from __future__ import annotations

from spec.kit.cbor import Raw, Value, enc
from spec.kit.cose import sign1, spoiled
from spec.kit.keys import sha, signer
from spec.kit.vectors import Vectors, fields_of

KEEPER = signer("keeper of the roster")
TIME = 1790000000
ALLOW: list[Value] = ["service", True, [], [], ["dpv:ServiceProvision"]]
FORBID: list[Value] = ["no-sale", False, ["dpv:Sell"], [], []]
FORM: dict[Value, Value] = {1: 1, 2: [ALLOW, FORBID], 3: []}
FORM[5] = False


def entry(name: str = "SD-BASE", form: dict[Value, Value] | None = None) -> list[Value]:
    """An entry of a roster."""
    return [name, f"https://terms.example/{name}", sha(name.encode()), enc(FORM if form is None else form)]


def payload() -> dict[Value, Value]:
    """A roster of two."""
    return {1: 1, 2: "A roster", 3: TIME, 4: [entry(), entry("PDC-AI")]}


def machine_forms(out: Vectors) -> None:
    """Op `machine.read`."""

    def good(name: str, why: str, form: dict[Value, Value]) -> None:
        out.good(
            f"machine-{name}", why, "TERMS-36", "machine.read", {"bytes": enc(form)}, fields=fields_of(form)
        )

    def bad(name: str, why: str, form: Value, code: str = "shape", rule: str = "TERMS-36") -> None:
        out.bad(f"machine-{name}", why, rule, "machine.read", {"bytes": enc(form)}, code)

    onward: Value = True
    good("least", "An allowing and a prohibiting clause", FORM)
    good(
        "most",
        "Duties, a retention, and data may be passed on",
        FORM | {3: ["p7012:DataDeletionOnRequest"], 4: 86400, 5: onward},
    )
    for key in FORM:
        bad(
            f"without-{key!r}",
            "A required field is missing",
            {other: value for other, value in FORM.items() if other != key},
        )
    clauses: list[tuple[str, str, Value]] = [
        ("none", "No clause", []),
        ("33", "A clause too many", [[f"clause {number}", *ALLOW[1:]] for number in range(33)]),
        ("same-name", "Two clauses of one name", [ALLOW, ["service", *FORBID[1:]]]),
        ("four", "A clause without purposes", [ALLOW[:4]]),
        ("six", "An element more", [[*ALLOW, []]]),
        ("name-empty", "A clause without a name", [["", *ALLOW[1:]]]),
        ("name-65", "A name of 65 bytes", [["x" * 65, *ALLOW[1:]]]),
        ("allowed-1", "1 is not true", [["service", 1, [], [], []]]),
        ("allowed-null", "null instead of true or false", [["service", None, [], [], []]]),
        ("actions-null", "null instead of every action", [["service", onward, None, [], []]]),
        (
            "words-65",
            "A word too many",
            [["service", onward, [], [f"pd:{number}" for number in range(65)], []]],
        ),
        ("word-empty", "An empty word", [["service", onward, [], [], [""]]]),
        ("word-65", "A word of 65 bytes", [["service", onward, ["x" * 65], [], []]]),
        ("word-bytes", "A word that is bytes", [["service", onward, [b"x"], [], []]]),
        ("map", "A map of clauses", {1: ALLOW}),
    ]
    for name, why, value in clauses:
        bad(f"clauses-{name}", why, FORM | {2: value})
    bad("duties-17", "A duty too many", FORM | {3: [f"duty {number}" for number in range(17)]})
    bad("duties-null", "null instead of no duties", FORM | {3: None})
    bad("retention-zero", "A retention of nothing", FORM | {4: 0})
    bad("retention-null", "null instead of no retention", FORM | {4: None})
    bad("onward-0", "0 is not false", FORM | {5: 0})
    bad("field-6", "A key that the map does not have", FORM | {6: 0})
    bad("array", "An array", list(FORM.values()))
    bad("version-2", "Another version", FORM | {1: 2}, "version-unknown")
    unknown = "version-unknown"
    bad("version-text", "A version that is a text", FORM | {1: "1"}, unknown, "COSE-20")
    bad("version-2-alone", "Another version without all keys", {1: 2}, unknown, "COSE-20")
    bad("version-2-field-6", "Another version and another key", FORM | {1: 2, 6: 0}, unknown, "COSE-20")
    bad("unsorted", "Keys out of order", Raw(b"\xa2\x02\x80\x01\x01"), "cbor-not-deterministic", "CBOR-5")


def rosters(out: Vectors) -> None:
    """Op `roster.read`."""
    made = sign1(KEEPER, "pcloud-roster", payload())
    given = {"bytes": made.data, "key": KEEPER.public}
    out.good(
        "roster",
        "A roster of two terms",
        "TERMS-32 TERMS-33",
        "roster.read",
        given,
        {"to_be_signed": made.to_be_signed},
        terms=["SD-BASE", "PDC-AI"],
        id=made.id,
    )

    def data(name: str, why: str, changed: bytes, code: str, rule: str = "TERMS-34") -> None:
        out.bad(f"roster-{name}", why, rule, "roster.read", {**given, "bytes": changed}, code)

    def bad(name: str, why: str, value: Value, code: str = "shape") -> None:
        data(name, why, sign1(KEEPER, "pcloud-roster", value).data, code)

    right = payload()
    for key in right:
        bad(
            f"without-{key!r}",
            "A required field is missing",
            {other: value for other, value in right.items() if other != key},
        )
    wrong: list[tuple[str, str, int, Value]] = [
        ("entries-none", "No entry", 4, []),
        ("entries-65", "An entry too many", 4, [entry(f"T-{number}") for number in range(65)]),
        ("entries-same-id", "Two entries of one id", 4, [entry(), entry()]),
        ("entry-three", "An entry without machine form", 4, [entry()[:3]]),
        ("entry-id-empty", "Terms without a name", 4, [entry("")]),
        ("entry-hash-31", "A text hash of 31 bytes", 4, [[*entry()[:2], bytes(31), enc(FORM)]]),
        ("entry-form-bare", "A machine form that is not wrapped", 4, [[*entry()[:3], dict(FORM)]]),
        ("name-empty", "A roster without a name", 2, ""),
        ("issued-text", "A time that is a text", 3, "now"),
        ("field-5", "A key that the map does not have", 5, 0),
    ]
    for name, why, key, value in wrong:
        bad(name, why, right | {key: value})
    bad("form-wrong", "A machine form without clauses", right | {4: [entry(form=FORM | {2: []})]})
    bad("version-2", "Another version", right | {1: 2}, "version-unknown")
    later = entry(form=FORM | {1: 2})
    bad("version-of-a-form", "A machine form of another version", right | {4: [later]}, "version-unknown")
    both: dict[Value, Value] = {3: "now", 4: [later]}
    data(
        "two-faults",
        "Besides, a time that is a text: the roster comes before what is inside",
        sign1(KEEPER, "pcloud-roster", right | both).data,
        "shape",
        "ERR-3 TERMS-34",
    )
    data(
        "other-keeper",
        "Signed by somebody else",
        sign1(signer("stranger"), "pcloud-roster", right).data,
        "key-mismatch",
    )
    broken = spoiled(made.data)
    data("signature-wrong", "The signature does not verify", broken, "bad-signature")
    data("other-typ", "Signed as a card", sign1(KEEPER, "pcloud-card", right).data, "type-mismatch", "COSE-5")


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("roster", "08-terms", "Rosters and the machine forms in them.")
    machine_forms(out)
    rosters(out)
    return [out]
