"""Vectors of the chapter on notation: signed objects of one signer and of two."""

from __future__ import annotations

from spec.kit.cbor import Raw, Tag, Value, enc
from spec.kit.cose import ALG, Signed, protected1, sign1, sign1_raw, sign2, sign2_parts, spoiled
from spec.kit.keys import Signer, fixed, signer
from spec.kit.vectors import Vectors

TYP = "pcloud-example"
# RFC 8032, section 7.1, test 1
ALICE = Signer(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
BOB = signer("bob")
PAYLOAD = enc({1: "hello"})


class One:
    """Writes the cases of one signer."""

    def __init__(self, out: Vectors) -> None:
        self.out = out
        self.right = sign1(ALICE, TYP, Raw(PAYLOAD))

    def bad(self, name: str, why: str, rule: str, data: bytes, code: str, key: bytes = ALICE.public) -> None:
        """A refusal of bytes."""
        self.out.bad(name, why, rule, "sign1.read", {"bytes": data, "typ": TYP, "key": key}, code)

    def signed(self, name: str, why: str, rule: str, made: Signed, code: str) -> None:
        """A refusal of an object that was signed as it stands."""
        given = {"bytes": made.data, "typ": TYP, "key": ALICE.public}
        self.out.bad(name, why, rule, "sign1.read", given, code, {"to_be_signed": made.to_be_signed})

    def header(self, name: str, why: str, rule: str, protected: bytes, code: str) -> None:
        """A refusal of a protected header that was signed as it stands."""
        self.signed(name, why, rule, sign1_raw(ALICE, protected, PAYLOAD), code)


def accepted(out: Vectors) -> None:
    """What is right."""
    for name, who, payload, typ in (
        ("sign1", ALICE, PAYLOAD, TYP),
        ("sign1-empty-payload", ALICE, b"", TYP),
        ("sign1-payload-not-cbor", BOB, b"hello", TYP),
        ("sign1-other-typ", BOB, PAYLOAD, "pcloud-header"),
    ):
        made = sign1(who, typ, Raw(payload))
        out.good(
            name,
            "One signer, as it should be; the payload is not judged here",
            "COSE-1 COSE-6 COSE-7 COSE-10",
            "sign1.read",
            {"bytes": made.data, "typ": typ, "key": who.public},
            {"to_be_signed": made.to_be_signed},
            payload=payload,
            id=made.id,
        )


def structure(one: One) -> None:
    """Anything but the one structure."""
    data = one.right.data
    body = data[1:]
    four: list[Value] = [protected1(TYP, ALICE.public), {}, PAYLOAD, data[-64:]]

    def bad(name: str, why: str, changed: bytes, code: str = "cose-structure") -> None:
        one.bad("sign1-" + name, why, "COSE-1", changed, code)

    bad("no-bytes", "No bytes at all", b"")
    bad("tag-alone", "Nothing behind the tag", b"\xd2", "cbor-malformed")
    bad("no-tag", "The tag is missing", body)
    bad("tag-17", "The tag of a MAC", b"\xd1" + body)
    bad("tag-98", "The tag of an object of two signers", b"\xd8\x62" + body)
    bad("tag-998", "An unknown tag", b"\xd9\x03\xe6" + body)
    bad("tag-not-shortest", "Tag 18 in a head of two bytes", b"\xd8\x12" + body)
    bad("tag-twice", "The tag stands twice: the second one is inside", b"\xd2" + data, "cbor-type")
    bad("array-of-3", "An array of three", enc(Tag(18, four[:3])))
    bad("array-of-5", "An array of five", enc(Tag(18, [*four, None])))
    bad("map", "A map instead of an array", enc(Tag(18, {1: four[0], 2: {}, 3: four[2], 4: four[3]})))
    bad(
        "unprotected-not-empty",
        "An unprotected header with kid",
        enc(Tag(18, [four[0], {4: ALICE.public}, *four[2:]])),
    )
    bad(
        "unprotected-array",
        "An empty array where the empty map is expected",
        enc(Tag(18, [four[0], [], *four[2:]])),
    )
    bad("payload-text", "A payload that is a text", enc(Tag(18, [*four[:2], "hello", four[3]])))
    bad("payload-null", "A payload that is somewhere else", enc(Tag(18, [*four[:2], None, four[3]])))
    bad("signature-63", "A signature of 63 bytes", enc(Tag(18, [*four[:3], data[-63:]])))
    bad("signature-65", "A signature of 65 bytes", enc(Tag(18, [*four[:3], data[-64:] + b"\x00"])))
    bad("signature-text", "A signature that is a text", enc(Tag(18, [*four[:3], "x" * 64])))
    bad("protected-map", "A protected header that is not a byte string", enc(Tag(18, [{1: ALG}, *four[1:]])))
    bad("trailing", "A byte after the end", data + b"\x00", "cbor-malformed")
    bad("cut-short", "The last byte is missing", data[:-1], "cbor-malformed")
    long_length = data.replace(b"\x58\x36", b"\x59\x00\x36", 1)
    bad("length-not-shortest", "A longer head than needed", long_length, "cbor-not-deterministic")
    nested = sign1(ALICE, TYP, Raw(PAYLOAD)).data
    bad(
        "nested",
        "A signed object where the payload is expected",
        enc(Tag(18, [*four[:2], Raw(nested), four[3]])),
        "cbor-type",
    )


def headers(one: One) -> None:
    """Protected headers, each of them signed as it stands."""
    kid = ALICE.public

    def bad(name: str, why: str, labels: dict[Value, Value], rule: str, code: str = "cose-header") -> None:
        one.header("sign1-" + name, why, rule, enc(labels), code)

    bad("alg-minus-8", "The older EdDSA, which names no curve", {1: -8, 4: kid, 16: TYP}, "COSE-3")
    bad("alg-minus-7", "ES256", {1: -7, 4: kid, 16: TYP}, "COSE-3")
    bad("alg-text", "An algorithm by name", {1: "Ed25519", 4: kid, 16: TYP}, "COSE-3")
    bad("no-alg", "No algorithm", {4: kid, 16: TYP}, "COSE-2")
    bad("no-kid", "No kid", {1: ALG, 16: TYP}, "COSE-2")
    bad("no-typ", "No typ", {1: ALG, 4: kid}, "COSE-2")
    bad("kid-31", "A kid of 31 bytes", {1: ALG, 4: kid[:31], 16: TYP}, "COSE-4")
    bad("kid-text", "A kid that is a text", {1: ALG, 4: "k" * 32, 16: TYP}, "COSE-4")
    bad("crit", "A label more: crit", {1: ALG, 2: [16], 4: kid, 16: TYP}, "COSE-2")
    bad("crit-empty", "A label more: an empty crit", {1: ALG, 2: [], 4: kid, 16: TYP}, "COSE-2")
    bad(
        "x5u",
        "A label more: an address to fetch",
        {1: ALG, 4: kid, 16: TYP, 35: "https://peer.example/"},
        "COSE-2",
    )
    bad("text-label", "A label more: a text", {1: ALG, 4: kid, 16: TYP, "x": 0}, "COSE-2")
    bad(
        "typ-other",
        "Signed as something else",
        {1: ALG, 4: kid, 16: "pcloud-header"},
        "COSE-5",
        "type-mismatch",
    )
    bad(
        "typ-prefix",
        "A typ that only begins alike",
        {1: ALG, 4: kid, 16: TYP + "s"},
        "COSE-5",
        "type-mismatch",
    )
    bad("typ-integer", "A typ that is an integer", {1: ALG, 4: kid, 16: 16}, "COSE-5", "type-mismatch")
    bad(
        "typ-other-and-alg",
        "Signed as something else, and by another algorithm",
        {1: -8, 4: kid, 16: "pcloud-header"},
        "COSE-5 ERR-3",
        "type-mismatch",
    )
    header_forms(one)


def header_forms(one: One) -> None:
    """Protected headers whose bytes are not the one encoding."""
    kid = ALICE.public
    right = protected1(TYP, kid)
    one.header(
        "sign1-header-not-shortest",
        "Label 1 in a head of two bytes",
        "COSE-2 CBOR-3",
        right.replace(b"\xa3\x01", b"\xa3\x18\x01", 1),
        "cbor-not-deterministic",
    )
    unsorted = b"\xa3" + enc(4) + enc(kid) + enc(1) + enc(ALG) + enc(16) + enc(TYP)
    one.header(
        "sign1-header-unsorted", "Labels out of order", "COSE-2 CBOR-5", unsorted, "cbor-not-deterministic"
    )
    one.header(
        "sign1-header-trailing", "A byte after the map", "COSE-2 CBOR-1", right + b"\x00", "cbor-malformed"
    )
    one.header("sign1-header-empty", "A protected header of no bytes", "COSE-2 CBOR-1", b"", "cbor-malformed")
    one.header(
        "sign1-header-array",
        "An array instead of a map",
        "COSE-2",
        enc([1, ALG, 4, kid, 16, TYP]),
        "cose-header",
    )


def signatures(one: One) -> None:
    """Signers and signatures."""
    data, right = one.right.data, protected1(TYP, ALICE.public)
    last = spoiled(data)
    one.bad(
        "sign1-signature-last-bit",
        "One bit of the signature changed",
        "COSE-9 COSE-11",
        last,
        "bad-signature",
    )
    changed = data.replace(b"hello", b"hallo")
    one.bad("sign1-payload-changed", "The payload changed after signing", "COSE-9", changed, "bad-signature")
    empty = data[:-64] + bytes(64)
    one.bad("sign1-signature-zero", "A signature of zeros", "COSE-9", empty, "bad-signature")
    one.bad(
        "sign1-key-of-another",
        "Signed by somebody else than expected",
        "COSE-8",
        data,
        "key-mismatch",
        BOB.public,
    )
    imposed = sign1_raw(BOB, right, PAYLOAD)
    one.signed(
        "sign1-kid-of-another",
        "It names the expected key and is signed by another",
        "COSE-9",
        imposed,
        "bad-signature",
    )
    for name, made in (
        ("context-signature", sign1_raw(ALICE, right, PAYLOAD, context="Signature")),
        ("context-countersignature", sign1_raw(ALICE, right, PAYLOAD, context="CounterSignature")),
        ("external-data", sign1_raw(ALICE, right, PAYLOAD, aad=b"x")),
    ):
        one.signed("sign1-" + name, "Another Sig_structure was signed", "COSE-6", made, "bad-signature")
    bare = Signed(enc(Tag(18, [right, {}, PAYLOAD, ALICE.sign(PAYLOAD)])), PAYLOAD)
    one.signed("sign1-payload-signed", "The bare payload was signed", "COSE-6", bare, "bad-signature")


class Two:
    """Writes the cases of two signers."""

    def __init__(self, out: Vectors) -> None:
        self.out = out
        self.body, self.entries, self.inputs = sign2_parts([ALICE, BOB], TYP, PAYLOAD)

    def wrap(
        self, *, body: Value = None, unprotected: Value = None, payload: Value = None, entries: Value = None
    ) -> bytes:
        """The object with some of its elements replaced."""
        four: Value = [
            self.body if body is None else body,
            {} if unprotected is None else unprotected,
            PAYLOAD if payload is None else payload,
            self.entries if entries is None else entries,
        ]
        return enc(Tag(98, four))

    def bad(self, name: str, why: str, rule: str, data: bytes, code: str) -> None:
        """A refusal."""
        given = {"bytes": data, "typ": TYP, "keys": [ALICE.public, BOB.public]}
        self.out.bad("sign2-" + name, why, rule, "sign2.read", given, code)


def two_accepted(two: Two) -> None:
    """What is right."""
    two.out.good(
        "sign2",
        "Two signers in order; the id is that of the first signer's bytes",
        "COSE-13 COSE-15 COSE-18",
        "sign2.read",
        {"bytes": two.wrap(), "typ": TYP, "keys": [ALICE.public, BOB.public]},
        {"to_be_signed": two.inputs},
        payload=PAYLOAD,
        id=sign2([ALICE, BOB], TYP, Raw(PAYLOAD)).id,
    )


def two_structure(two: Two) -> None:
    """Anything but the one structure."""
    first, second = two.entries
    assert isinstance(first, list)
    rule = "COSE-13"
    two.bad("no-bytes", "No bytes at all", rule, b"", "cose-structure")
    two.bad("tag-alone", "Nothing behind the tag", rule, b"\xd8\x62", "cbor-malformed")
    two.bad("no-tag", "The tag is missing", rule, two.wrap()[2:], "cose-structure")
    two.bad("tag-18", "The tag of an object of one signer", rule, b"\xd2" + two.wrap()[2:], "cose-structure")
    two.bad(
        "tag-not-shortest",
        "Tag 98 in a head of three bytes",
        rule,
        b"\xd9\x00\x62" + two.wrap()[2:],
        "cose-structure",
    )
    two.bad(
        "one-entry", "One signature where two are expected", rule, two.wrap(entries=[first]), "cose-structure"
    )
    two.bad("no-entries", "No signature", rule, two.wrap(entries=[]), "cose-structure")
    two.bad(
        "three-entries", "Three signatures", rule, two.wrap(entries=[first, second, second]), "cose-structure"
    )
    two.bad(
        "entry-of-2",
        "An entry without unprotected header",
        rule,
        two.wrap(entries=[[first[0], first[2]], second]),
        "cose-structure",
    )
    two.bad(
        "entry-signature-63",
        "A signature of 63 bytes",
        rule,
        two.wrap(entries=[[first[0], {}, ALICE.sign(two.inputs[0])[:63]], second]),
        "cose-structure",
    )
    two.bad(
        "unprotected-not-empty",
        "An unprotected header at the outside",
        rule,
        two.wrap(unprotected={16: TYP}),
        "cose-structure",
    )
    two.bad(
        "entry-unprotected-not-empty",
        "An unprotected header at a signer",
        rule,
        two.wrap(entries=[[first[0], {4: ALICE.public}, first[2]], second]),
        "cose-structure",
    )
    two.bad("payload-text", "A payload that is a text", rule, two.wrap(payload="hello"), "cose-structure")
    two.bad("trailing", "A byte after the end", "CBOR-1", two.wrap() + b"\x00", "cbor-malformed")


def entry(who: Signer, own: bytes, body: bytes) -> Value:
    """A signature entry with any protected header, signed as it stands."""
    return [own, {}, who.sign(enc(["Signature", body, own, b"", PAYLOAD]))]


def two_headers(two: Two) -> None:
    """Protected headers, signed as they stand."""

    def bodies(name: str, why: str, body: bytes, code: str, rule: str = "COSE-14") -> None:
        entries = [entry(who, enc({1: ALG, 4: who.public}), body) for who in (ALICE, BOB)]
        two.bad(name, why, rule, two.wrap(body=body, entries=entries), code)

    bodies("body-without-typ", "No typ", b"\xa0", "cose-header")
    bodies("body-with-alg", "An algorithm in the outer header", enc({1: ALG, 16: TYP}), "cose-header")
    bodies("typ-other", "Signed as something else", enc({16: "pcloud-agreement"}), "type-mismatch", "COSE-5")
    bodies("body-empty", "An outer header of no bytes", b"", "cbor-malformed", "COSE-14 CBOR-1")
    bodies("typ-integer", "A typ that is an integer", enc({16: 16}), "type-mismatch", "COSE-5")
    two.bad(
        "typ-other-and-same-twice",
        "Signed as something else, and by one signer twice",
        "COSE-5 COSE-19 ERR-3",
        two.wrap(body=enc({16: "pcloud-agreement"}), entries=[two.entries[0], two.entries[0]]),
        "type-mismatch",
    )
    empty = [two.entries[0], entry(BOB, b"", two.body)]
    two.bad(
        "entry-header-empty",
        "A signer's header of no bytes",
        "COSE-14 CBOR-1",
        two.wrap(entries=empty),
        "cbor-malformed",
    )
    bodies(
        "body-not-shortest", "A longer head than needed", b"\xa1\x18\x10" + enc(TYP), "cbor-not-deterministic"
    )

    def own(name: str, why: str, header: dict[Value, Value]) -> None:
        entries = [two.entries[0], entry(BOB, enc(header), two.body)]
        two.bad(name, why, "COSE-14", two.wrap(entries=entries), "cose-header")

    own("entry-alg-minus-8", "The older EdDSA at one signer", {1: -8, 4: BOB.public})
    own("entry-without-kid", "No kid at one signer", {1: ALG})
    own("entry-without-alg", "No algorithm at one signer", {4: BOB.public})
    own("entry-with-typ", "typ at a signer", {1: ALG, 4: BOB.public, 16: TYP})
    own("entry-kid-33", "A kid of 33 bytes", {1: ALG, 4: BOB.public + b"\x00"})


def two_signatures(two: Two) -> None:
    """Signers and signatures."""
    first, second = two.entries
    assert isinstance(first, list)
    assert isinstance(second, list)
    two.bad(
        "other-order", "The second signer first", "COSE-16", two.wrap(entries=[second, first]), "key-mismatch"
    )
    two.bad(
        "same-twice", "The first signer twice", "COSE-19", two.wrap(entries=[first, first]), "cose-header"
    )
    stranger = signer("stranger")
    entries = [first, entry(stranger, enc({1: ALG, 4: stranger.public}), two.body)]
    two.bad("stranger", "A stranger as second signer", "COSE-16", two.wrap(entries=entries), "key-mismatch")
    wrong = [second[0], {}, fixed("no signature", 64)]
    two.bad(
        "second-signature-wrong",
        "Only the first signature verifies",
        "COSE-17",
        two.wrap(entries=[first, wrong]),
        "bad-signature",
    )
    wrong = [first[0], {}, fixed("no signature", 64)]
    two.bad(
        "first-signature-wrong",
        "Only the second signature verifies",
        "COSE-17",
        two.wrap(entries=[wrong, second]),
        "bad-signature",
    )
    swapped: list[Value] = [[first[0], {}, second[2]], [second[0], {}, first[2]]]
    two.bad(
        "signatures-swapped",
        "The signatures stand at the other's header",
        "COSE-17",
        two.wrap(entries=swapped),
        "bad-signature",
    )
    two.bad(
        "payload-changed",
        "The payload changed after signing",
        "COSE-17",
        two.wrap(payload=enc({1: "hallo"})),
        "bad-signature",
    )
    alone = sign1(ALICE, TYP, Raw(PAYLOAD)).data[-64:]
    two.bad(
        "signature-of-one",
        "The first signature was made for an object of one signer",
        "COSE-15",
        two.wrap(entries=[[first[0], {}, alone], second]),
        "bad-signature",
    )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("cose", "02-notation", "Signed objects of one signer and of two.")
    one, two = One(out), Two(out)
    accepted(out)
    structure(one)
    headers(one)
    signatures(one)
    two_accepted(two)
    two_structure(two)
    two_headers(two)
    two_signatures(two)
    return [out]
