"""Vectors of the chapter on messages: the header, field by field."""

from __future__ import annotations

from spec.kit.cbor import Raw, Value, enc
from spec.kit.cose import sign1, spoiled
from spec.kit.identity import persona
from spec.kit.keys import Signer, fixed, sha
from spec.kit.messages import FIELDS, Header, digest, first_prev, header, part
from spec.kit.vectors import Vectors

ALICE, BOB = persona("alice", 0), persona("bob", 1)
TIME = 1798700000
TRUE: Value = True
BODY = part("body", b"\xa0")


def right() -> Header:
    """The header of a message in an open thread, after three others."""
    return Header(
        ALICE.id,
        BOB.id,
        "relationship.pause",
        4,
        fixed("previous"),
        TIME,
        [digest(BODY)],
        thread=fixed("thread"),
        received=(2, fixed("received")),
    )


def fields(payload: list[Value]) -> dict[str, object]:
    """The fields by name."""
    return dict(zip(FIELDS, payload, strict=True))


def published(out: Vectors) -> None:
    """The example of the chapter."""
    one = Signer(b"\x01" * 32)
    own = sha(b"\x05" * 16, bytes.fromhex("a1011a6b36ec80"))
    made = Header(
        b"\xaa" * 32,
        b"\xbb" * 32,
        "relationship.pause",
        3,
        b"\xcc" * 32,
        TIME,
        [own],
        thread=b"\xdd" * 32,
        received=(1, b"\xee" * 32),
    )
    signed = sign1(one, "pcloud-header", made.payload())
    assert signed.id.hex() == "e8a0a27482e96a57d5f24ca9aad26eba5dcd308d8a8c64bd52fa6a384ede2e94"
    out.good(
        "example",
        "The example of the chapter",
        "MSG-1 MSG-5",
        "header.read",
        {"bytes": signed.data, "key": one.public},
        {"to_be_signed": signed.to_be_signed},
        **fields(made.payload()),
        id=signed.id,
        first_id=signed.id,
    )


def accepted(out: Vectors) -> None:
    """Headers as they should be."""
    opening = Header(
        ALICE.id, BOB.id, "relationship.request", 1, first_prev(ALICE, BOB), TIME, [digest(BODY)]
    )
    plain = right()
    again = right()
    again.first, again.sender_epoch = (fixed("first"), 0, 4, 2), 1
    again.agreement, again.expiry = fixed("agreement"), TIME + 60
    wide = right()
    wide.digests = [digest(part(f"item {number}", b"")) for number in range(64)]
    wide.number, wide.name = 2**53 - 1, "a." + "b" * 62
    wide.sender_epoch = wide.recipient_epoch = 23
    wide.first = (fixed("first"), 46, 2**53 - 1, 2**53 - 1)
    odd = right()
    odd.name = "No Feature"
    for name, why, one in (
        ("opening", "The first message of a line opens a thread", opening),
        ("in-thread", "A message in a thread", plain),
        ("reissue", "A reissue names its first id", again),
        ("largest", "Parts, epochs and numbers as large as there can be", wide),
        ("name-of-no-feature", "The form of a name is not judged: the gate does not know it", odd),
    ):
        made = header(ALICE, one)
        out.good(
            name,
            why,
            "MSG-1 MSG-2 MSG-5",
            "header.read",
            {"bytes": made.data, "key": ALICE.key.public},
            {"to_be_signed": made.to_be_signed},
            **fields(one.payload()),
            id=made.id,
            first_id=one.first[0] if one.first else made.id,
        )


class Refused:
    """Writes headers of which one field is wrong, each signed as it stands."""

    def __init__(self, out: Vectors) -> None:
        self.out = out

    def payload(self, name: str, why: str, payload: Value, code: str = "shape", rule: str = "MSG-1") -> None:
        """A payload that is not a header."""
        made = sign1(ALICE.key, "pcloud-header", payload)
        self.out.bad(name, why, rule, "header.read", {"bytes": made.data, "key": ALICE.key.public}, code)

    def field(
        self, index: int, name: str, why: str, value: Value, code: str = "shape", rule: str = "MSG-1"
    ) -> None:
        """The right payload with one field replaced."""
        payload = right().payload()
        payload[index] = value
        self.payload(name, why, payload, code, rule)


def ids(refused: Refused) -> None:
    """Fields that hold 32 bytes, or null."""
    for index, name, nullable in (
        (1, "sender", False),
        (2, "recipient", False),
        (7, "prev", False),
        (8, "thread", True),
        (12, "received-id", False),
        (13, "agreement", True),
    ):
        refused.field(index, f"{name}-31", "An id of 31 bytes", bytes(31))
        refused.field(index, f"{name}-33", "An id of 33 bytes", bytes(33))
        refused.field(index, f"{name}-empty", "Empty bytes instead of an id", b"")
        refused.field(index, f"{name}-text", "A text instead of an id", "x" * 32)
        if not nullable:
            rule = "MSG-2" if index == 12 else "MSG-1"
            refused.field(index, f"{name}-null", "No id", None, rule=rule)


def integers(refused: Refused) -> None:
    """Fields that hold an integer, or null."""
    for index, name, nullable in (
        (3, "sender-epoch", False),
        (4, "recipient-epoch", False),
        (6, "number", False),
        (9, "time", False),
        (10, "expiry", True),
        (11, "received-number", False),
    ):
        refused.field(index, f"{name}-negative", "An integer below 0", -1)
        refused.field(index, f"{name}-text", "A text instead of an integer", "1")
        refused.field(index, f"{name}-true", "true is not 1", TRUE)
        if not nullable:
            refused.field(index, f"{name}-null", "No integer", None)
    refused.field(6, "number-zero", "Numbers begin with 1", 0)
    refused.field(9, "time-float", "A time with a fraction", 1.5, "cbor-type", "CBOR-10")
    refused.field(9, "time-2-53", "A time beyond the integers", 2**53, "cbor-type", "CBOR-7")
    refused.field(3, "sender-epoch-24", "No log has an event 24", 24)
    refused.field(4, "recipient-epoch-24", "No log has an event 24", 24)
    refused.field(11, "received-id-without-number", "An id of the message number 0", 0, rule="MSG-2")


def others(refused: Refused) -> None:
    """Version, name, digests and the array itself."""
    refused.field(0, "version-2", "Another version", 2, "version-unknown", "CONF-7 COSE-20 SEC-5")
    refused.field(0, "version-0", "Another version", 0, "version-unknown", "CONF-7 COSE-20 SEC-5")
    refused.field(0, "version-text", "A version that is a text", "1", "version-unknown", "COSE-20")
    refused.field(0, "version-null", "No version", None, "version-unknown", "COSE-20")
    refused.payload("version-2-short", "Another version of another length", [2], "version-unknown", "COSE-20")
    refused.field(5, "name-empty", "An empty name", "")
    refused.field(5, "name-65", "A name of 65 bytes", "a." + "b" * 63)
    refused.field(5, "name-65-in-bytes", "A name of 33 characters and 65 bytes", "a" + "\u00e9" * 32)
    refused.field(5, "name-bytes", "A name that is bytes", b"relationship.pause")
    refused.field(5, "name-number", "A name that is a number", 7)
    refused.field(5, "name-null", "No name", None)
    one = digest(BODY)
    refused.field(14, "digests-none", "A message without part 0", [])
    refused.field(14, "digests-65", "More parts than a message may have", [one] * 65)
    refused.field(14, "digests-null", "null instead of digests", None)
    refused.field(14, "digests-bytes", "A digest without an array", one)
    refused.field(14, "digests-31", "A digest of 31 bytes", [one, one[:31]])
    refused.field(14, "digests-entry-null", "A place without a digest", [one, None])
    refused.field(14, "digests-text", "A digest that is a text", ["x" * 32])
    whole = right().payload()
    refused.payload("short", "An array of 15", whole[:-1])
    refused.payload("long", "An array of 17", [*whole, None])
    refused.payload("empty-array", "An empty array", [])
    numbered: dict[Value, Value] = dict(enumerate(whole))
    refused.payload("map", "A map with the right fields", numbered)
    refused.payload("payload-null", "null", None)
    refused.payload("payload-empty", "No bytes", Raw(b""), "cbor-malformed", "CBOR-1")
    refused.payload(
        "payload-trailing", "A byte after the end", Raw(enc(whole) + b"\x00"), "cbor-malformed", "CBOR-1"
    )
    longer = enc(whole).replace(b"\x90\x01", b"\x90\x18\x01", 1)
    refused.payload(
        "payload-not-shortest", "A longer head than needed", Raw(longer), "cbor-not-deterministic", "CBOR-3"
    )
    endless = b"\x9f" + enc(whole)[1:] + b"\xff"
    refused.payload(
        "payload-indefinite",
        "An array of indefinite length",
        Raw(endless),
        "cbor-not-deterministic",
        "CBOR-4",
    )


def origins(refused: Refused) -> None:
    """Field 15 of a reissue."""
    first = fixed("first")
    wrong: list[tuple[str, str, Value]] = [
        ("bare", "The first id alone", first),
        ("two", "Only id and generation", [first, 0]),
        ("three", "No highest number", [first, 0, 4]),
        ("five", "An element more", [first, 0, 4, 2, None]),
        ("empty", "An empty array", []),
        ("id-31", "A first id of 31 bytes", [first[:31], 0, 4, 2]),
        ("id-null", "No first id", [None, 0, 4, 2]),
        ("generation-negative", "A generation below 0", [first, -1, 4, 2]),
        ("generation-47", "No two logs have such epochs", [first, 47, 4, 2]),
        ("number-zero", "Numbers begin with 1", [first, 0, 0, 2]),
        ("number-text", "A number that is a text", [first, 0, "4", 2]),
        ("highest-negative", "A highest number below 0", [first, 0, 4, -1]),
        ("highest-null", "null instead of the highest number", [first, 0, 4, None]),
        ("map", "A map", {0: first}),
    ]
    for name, why, value in wrong:
        refused.field(15, f"first-{name}", why, value)


def signers(out: Vectors) -> None:
    """Who signed, and as what."""
    made = header(ALICE, right())

    def bad(name: str, why: str, rule: str, data: bytes, code: str, key: bytes = ALICE.key.public) -> None:
        out.bad(name, why, rule, "header.read", {"bytes": data, "key": key}, code)

    bad(
        "other-key",
        "Signed by another key than that of the epoch",
        "MSG-4",
        made.data,
        "key-mismatch",
        BOB.key.public,
    )
    bad(
        "signature-wrong",
        "The signature does not verify",
        "COSE-9",
        spoiled(made.data),
        "bad-signature",
    )
    changed = made.data.replace(b"pause", b"close")
    bad("name-changed", "Another name after signing", "COSE-9", changed, "bad-signature")
    start = sign1(ALICE.key, "pcloud-start", right().payload())
    bad("other-typ", "The payload of a header signed as a start", "COSE-5 SEC-3", start.data, "type-mismatch")
    answer = sign1(ALICE.key, "pcloud-receipt", right().payload())
    bad(
        "other-typ-receipt",
        "The payload of a header signed as a receipt",
        "COSE-5 SEC-3",
        answer.data,
        "type-mismatch",
    )


def several(out: Vectors) -> None:
    """More than one fault: the earlier stage tells, and in one stage what is tested first."""
    short = right().payload()[:-1]
    made, others = sign1(ALICE.key, "pcloud-header", short), sign1(BOB.key, "pcloud-header", short)
    for name, why, rule, data, code in (
        (
            "shape-and-signature-wrong",
            "15 elements under a signature that does not verify",
            "ERR-1",
            spoiled(made.data),
            "shape",
        ),
        ("shape-and-other-key", "15 elements, signed by another key", "ERR-1", others.data, "shape"),
        (
            "other-typ-and-shape",
            "15 elements signed as a start: the outer layer tells",
            "ERR-3",
            sign1(ALICE.key, "pcloud-start", short).data,
            "type-mismatch",
        ),
        (
            "other-key-and-signature-wrong",
            "Another key, and its signature does not verify: the key is compared first",
            "ERR-3",
            spoiled(header(BOB, right()).data),
            "key-mismatch",
        ),
    ):
        out.bad(name, why, rule, "header.read", {"bytes": data, "key": ALICE.key.public}, code)


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("header", "05-messages", "The signed header of a message.")
    published(out)
    accepted(out)
    refused = Refused(out)
    ids(refused)
    integers(refused)
    others(refused)
    origins(refused)
    signers(out)
    several(out)
    return [out]
