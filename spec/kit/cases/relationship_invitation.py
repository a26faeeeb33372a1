"""Vectors of the chapter on relationships: invitations, links, blobs and cards."""

from __future__ import annotations

from spec.kit.cbor import Raw, Value, enc
from spec.kit.cose import Signed, sign1, spoiled
from spec.kit.identity import grown, persona
from spec.kit.invitations import (
    PREFIX,
    TIME,
    base64url,
    blob,
    card_payload,
    invitation,
    invitation_payload,
    link_text,
)
from spec.kit.keys import Signer, box, fixed, sha, signer
from spec.kit.vectors import Vectors, fields_of

ONCE, SHOP = persona("once"), grown(persona("shop", 1))
ENDPOINT, MAILBOX, KEY = "https://relay.example/mb", fixed("once mailbox", 16), fixed("link key", 16)
OPTIONAL: dict[Value, Value] = {
    8: "host",
    9: "guest",
    12: TIME + 3600,
    13: "Market day",
    14: ["SD-BASE", "PDC-INTENT"],
}


class Maps:
    """Writes the cases of a signed map."""

    def __init__(
        self, out: Vectors, op: str, typ: str, rule: str, right: dict[Value, Value], own: Signer
    ) -> None:
        self.out, self.op, self.typ, self.rule, self.right, self.own = out, op, typ, rule, right, own
        self.word = op.partition(".")[0]

    def good(self, name: str, why: str, payload: dict[Value, Value]) -> None:
        """As it should be."""
        made = sign1(self.own, self.typ, payload)
        self.out.good(
            f"{self.word}-{name}",
            why,
            self.rule,
            self.op,
            {"bytes": made.data},
            {"to_be_signed": made.to_be_signed},
            fields=fields_of(payload),
            id=made.id,
        )

    def bad(self, name: str, why: str, payload: Value, code: str = "shape", rule: str = "") -> None:
        """Signed as it stands."""
        made = sign1(self.own, self.typ, payload)
        self.bytes(name, why, made.data, code, rule or self.rule)

    def bytes(self, name: str, why: str, data: bytes, code: str, rule: str) -> None:
        """A refusal of bytes."""
        self.out.bad(f"{self.word}-{name}", why, rule, self.op, {"bytes": data}, code)

    def changed(
        self, name: str, why: str, field: int, value: Value, code: str = "shape", rule: str = ""
    ) -> None:
        """The right map with one field replaced or added."""
        self.bad(name, why, self.right | {field: value}, code, rule)

    def missing(self, *fields: Value) -> None:
        """The right map without one required field."""
        for field in fields:
            self.bad(
                f"without-{field!r}",
                "A required field is missing",
                {k: v for k, v in self.right.items() if k != field},
            )

    def log(self) -> None:
        """The key log in field 2, and who signed."""
        self.changed("log-empty", "A log without events", 2, [])
        self.changed("log-null", "null instead of a log", 2, None)
        self.changed("log-text", "An event that is a text", 2, ["x"])
        shop = SHOP.log
        self.changed(
            "log-of-another", "The log of somebody else", 2, list(persona("carol", 3).log), "key-mismatch"
        )
        self.changed("log-without-first", "The log begins with event 1", 2, [shop[1]], "log-invalid", "ID-11")
        broken = shop[0][:-1] + bytes([shop[0][-1] ^ 1])
        self.changed(
            "log-signature",
            "An event whose signature does not verify",
            2,
            [broken, shop[1]],
            "bad-signature",
            "ID-15",
        )
        made = sign1(self.own, self.typ, self.right)
        self.bytes(
            "signature",
            "The signature does not verify",
            spoiled(made.data),
            "bad-signature",
            "COSE-9",
        )
        stranger = sign1(signer("stranger"), self.typ, self.right)
        self.bytes("stranger", "Signed by a stranger", stranger.data, "key-mismatch", "COSE-8")
        other = sign1(self.own, "pcloud-header", self.right)
        self.bytes("other-typ", "Signed as something else", other.data, "type-mismatch", "COSE-5")

    def endpoints(self, field: int) -> None:
        """The bounds of endpoints."""
        self.changed("endpoints-none", "No endpoint", field, [])
        self.changed("endpoints-4", "Four endpoints", field, [ENDPOINT] * 4)
        self.changed("endpoint-empty", "An empty endpoint", field, [""])
        self.changed("endpoint-256", "An endpoint of 256 bytes", field, ["x" * 256])
        self.changed("endpoint-bytes", "An endpoint that is bytes", field, [b"x"])
        self.changed("endpoint-alone", "An endpoint without an array", field, ENDPOINT)


def invitations(out: Vectors) -> None:
    """Op `invitation.read`."""
    right = invitation_payload(ONCE)
    maps = Maps(out, "invitation.read", "pcloud-invitation", "REL-1", right, ONCE.key)
    maps.good("least", "Only what is required", right)
    maps.good("most", "With every optional field", right | OPTIONAL)
    shop = Maps(out, "invitation.read", "pcloud-invitation", "REL-1", invitation_payload(SHOP), SHOP.key)
    shop.good(
        "public", "A shop with a log of two events, used often", shop.right | {7: "organisation", 10: 1000000}
    )
    maps.good(
        "expired-before-created", "It is read; whether it may be used is asked later", right | {12: TIME - 1}
    )
    maps.missing(*right)
    maps.log()
    early = sign1(persona("shop", 1).key, "pcloud-invitation", shop.right)
    maps.bytes(
        "older-key", "Signed with the key of event 0 of a log of two", early.data, "key-mismatch", "REL-1"
    )
    maps.endpoints(5)
    public = box("once invitation")[1]
    maps.changed("version-2", "Another version", 1, 2, "version-unknown", "CONF-7")
    maps.changed("key-1215", "A receiving key of 1,215 bytes", 3, public[:-1], "key-encoding", "SEAL-3")
    maps.changed(
        "key-small-order",
        "A receiving key of small order",
        3,
        public[:1184] + bytes(32),
        "key-small-order",
        "SEAL-4",
    )
    twice = sign1(ONCE.key, "pcloud-invitation", right | {3: public[:-1], 4: bytes(15)})
    maps.bytes("key-and-mailbox", "The shape is judged before the key in it", twice.data, "shape", "ERR-3")
    twice = sign1(ONCE.key, "pcloud-invitation", right | {2: [], 3: public[:-1]})
    maps.bytes("key-and-log", "So is the shape of the log", twice.data, "shape", "ERR-3")
    wrong: list[tuple[str, str, int, Value]] = [
        ("key-numbered", "A receiving key with its number", 3, [0, public]),
        ("mailbox-15", "A mailbox of 15 bytes", 4, bytes(15)),
        ("purpose-empty", "An empty purpose", 6, ""),
        ("purpose-201", "A purpose of 201 bytes", 6, "x" * 201),
        ("purpose-201-in-bytes", "A purpose of 101 characters and 201 bytes", 6, "x" + "\u00e9" * 100),
        ("kind-other", "A kind that does not exist", 7, "robot"),
        ("kind-upper-case", "A kind in upper case", 7, "Person"),
        ("role-65", "A role of 65 bytes", 8, "x" * 65),
        ("role-empty", "An empty role", 9, ""),
        ("role-null", "null instead of no role", 8, None),
        ("uses-zero", "No use", 10, 0),
        ("uses-1000001", "More uses than an invitation may have", 10, 1000001),
        ("uses-text", "Uses as a text", 10, "1"),
        ("created-negative", "A time below 0", 11, -1),
        ("expires-null", "null instead of no expiry", 12, None),
        ("title-101", "A title of 101 bytes", 13, "x" * 101),
        ("terms-65", "More terms than an invitation may list", 14, ["SD-BASE"] * 65),
        ("terms-empty-id", "Terms without a name", 14, [""]),
        ("field-15", "A key that the map does not have", 15, 0),
        ("field-0", "Key 0", 0, 0),
    ]
    for name, why, field, value in wrong:
        maps.changed(name, why, field, value)
    text_key: dict[Value, Value] = {"x": 0}
    maps.bad("text-key", "A key that is a text", right | text_key)
    maps.bad("array", "An array", [1])
    unsorted = Raw(b"\xa2\x02\x80\x01\x01")
    maps.bad("unsorted", "Keys out of order", unsorted, "cbor-not-deterministic", "CBOR-5")


def cards(out: Vectors) -> None:
    """Op `card.read`."""
    right = card_payload(SHOP)
    maps = Maps(out, "card.read", "pcloud-card", "REL-35 ID-31 ID-32", right, SHOP.key)
    inside = invitation(SHOP, invitation_payload(SHOP) | {7: "organisation", 10: 1000000})
    maps.good("least", "Only what is required", right)
    optional: dict[Value, Value] = {7: ["shop.example"], 8: ["SD-BASE"], 9: "The shop", 10: inside.data}
    maps.good("most", "With every optional field", right | optional)
    maps.missing(*right)
    maps.log()
    maps.endpoints(4)
    maps.changed("version-2", "Another version", 1, 2, "version-unknown", "CONF-7")
    foreign = invitation(ONCE, invitation_payload(ONCE))
    maps.changed(
        "invitation-of-another",
        "The invitation of another persona",
        10,
        foreign.data,
        "wrong-party",
        "REL-36",
    )
    broken = Signed(spoiled(inside.data), b"")
    maps.changed(
        "invitation-signature",
        "An invitation that does not verify",
        10,
        broken.data,
        "bad-signature",
        "REL-36 COSE-9",
    )
    wrong: list[tuple[str, str, int, Value]] = [
        ("kind-other", "A kind that does not exist", 3, "robot"),
        ("expires-at-issue", "It expires when it is issued", 6, TIME),
        ("expires-before-issue", "It expired before it was issued", 6, TIME - 1),
        ("issued-text", "A time that is a text", 5, "now"),
        ("domains-9", "More domains than a card may have", 7, ["shop.example"] * 9),
        ("domain-empty", "An empty domain", 7, [""]),
        ("domain-254", "A domain of 254 bytes", 7, ["x" * 254]),
        ("terms-65", "More terms than a card may list", 8, ["SD-BASE"] * 65),
        ("title-null", "null instead of no title", 9, None),
        ("title-101", "A title of 101 bytes", 9, "x" * 101),
        ("invitation-text", "An invitation that is a text", 10, "x"),
        ("field-11", "A key that the map does not have", 11, 0),
    ]
    for name, why, field, value in wrong:
        maps.changed(name, why, field, value)
    maps.bad("array", "An array", [1])


def links(out: Vectors) -> None:
    """Ops `link.read` and `link.make`."""
    made = invitation(ONCE, invitation_payload(ONCE))
    identifier = sha(made.data)
    parts: list[Value] = [ENDPOINT, MAILBOX, identifier, KEY]
    fields: dict[str, object] = {"endpoint": ENDPOINT, "mailbox": MAILBOX, "hash": identifier, "key": KEY}
    right = link_text(parts)
    out.good(
        "link",
        "A short link and what it says",
        "REL-7",
        "link.read",
        {"text": right},
        {"bytes": enc(parts)},
        **fields,
    )
    out.good("link-make", "The same link made", "REL-7", "link.make", fields, text=right)

    def bad(name: str, why: str, text: str) -> None:
        out.bad(f"link-{name}", why, "REL-7", "link.read", {"text": text}, "link-text")

    tail = right.removeprefix(PREFIX)
    assert len(enc(parts)) % 3
    bad("padding", "Padding at the end", right + "=" * (-len(tail) % 4))
    bad("version-2", "Another version", "pcloud:contact/2/" + tail)
    bad("upper-case", "A scheme in upper case", "PCLOUD:contact/1/" + tail)
    bad("web-address", "The address of a page", "https://pcloud.example/contact/1/" + tail)
    bad("no-prefix", "Only the data", tail)
    bad("empty", "Nothing", "")
    bad("prefix-only", "No data", PREFIX)
    bad("space", "A space at the end", right + " ")
    bad("line-break", "A line break in the middle", right[:40] + "\n" + right[40:])
    bad("plus", "A letter of the other base64", PREFIX + "+" + tail[1:])
    bits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bad("unused-bits", "Unused bits that are not zero", right[:-1] + bits[bits.index(right[-1]) + 1])
    bad("cut-short", "The last letters are missing", right[:-8])
    bad("more", "Letters after the end", right + "AAAA")
    bad("fragment", "A fragment", right + "#x")
    wrong: list[tuple[str, str, Value]] = [
        ("three", "No key", parts[:3]),
        ("five", "An element more", [*parts, None]),
        ("endpoint-empty", "An empty endpoint", ["", *parts[1:]]),
        ("endpoint-bytes", "An endpoint that is bytes", [b"x", *parts[1:]]),
        ("mailbox-15", "A mailbox of 15 bytes", [ENDPOINT, MAILBOX[:15], *parts[2:]]),
        ("hash-31", "A hash of 31 bytes", [*parts[:2], identifier[:31], KEY]),
        ("key-32", "A key of 32 bytes", [*parts[:3], bytes(32)]),
        ("map", "A map", {0: ENDPOINT}),
        ("too-long", "More than 512 characters", ["x" * 330, *parts[1:]]),
    ]
    for name, why, value in wrong:
        bad(name, why, link_text(value))
    long_head = b"\x84\x78\x17" + enc(parts)[2:]
    bad("head-not-shortest", "A longer head than needed", PREFIX + base64url(long_head))


def blobs(out: Vectors) -> None:
    """Op `blob.open`."""
    made = invitation(ONCE, invitation_payload(ONCE))
    identifier = sha(made.data)
    sealed = blob(KEY, identifier, made.data)
    given = {"key": KEY, "hash": identifier, "blob": sealed}
    out.good(
        "blob",
        "What a host keeps, opened with the key of the link",
        "REL-8",
        "blob.open",
        given,
        invitation=made.data,
    )
    other = invitation(ONCE, invitation_payload(ONCE) | {6: "Something else"}).data

    def bad(name: str, why: str, **changed: object) -> None:
        out.bad(f"blob-{name}", why, "REL-8", "blob.open", given | changed, "not-opened")

    bad("other-key", "Another key", key=fixed("other link key", 16))
    bad("other-hash", "The hash of another invitation", hash=sha(other))
    bad("changed", "One bit changed", blob=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    bad("cut-short", "The last byte is missing", blob=sealed[:-1])
    bad("empty", "No bytes", blob=b"")
    bad("plain", "An invitation that is not sealed", blob=made.data)
    bad(
        "other-inside",
        "Sealed in the right way, with another invitation inside",
        blob=blob(KEY, identifier, other),
    )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("invitation", "07-relationship", "Invitations, short links, stored blobs and cards.")
    invitations(out)
    cards(out)
    links(out)
    blobs(out)
    return [out]
