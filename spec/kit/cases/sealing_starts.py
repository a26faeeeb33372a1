"""Vectors of the chapter on sealing: keys, start blocks, contact frames and manifests."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from spec.kit.cbor import Value, enc
from spec.kit.frames import (
    Session,
    contact_frame,
    contact_tag,
    frame_key,
    manifest_blob,
    manifest_seed,
    pad,
    sealed_frame,
    session_info,
    start,
)
from spec.kit.identity import SECRET, persona
from spec.kit.keys import SEALER, box, fixed, hkdf, mac, sealed_by, sha
from spec.kit.vectors import Vectors, run

ALICE, BOB = persona("alice", 0).id, persona("bob", 1).id
SEED, PUBLIC = box("bob receiving 1")
INVITED = box("bob invitation")[0]
CONTACT = box("bob contact 0")[0]
SESSION_1 = "1"
CONTENT = enc([None, None, b"signed", []])
SMALL_ORDER = (
    0,
    1,
    2**255 - 20,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)


def session() -> Session:
    """Alice's first session toward Bob."""
    return start(SESSION_1, SEED, ALICE, BOB, 1, 1)


def flipped(data: bytes, place: int = -1) -> bytes:
    """The data with one bit changed."""
    at = place % len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def kem_keys(out: Vectors) -> None:
    """Op `kem.check`."""
    out.good(
        "kem-key", "The public key of a seed", "SEAL-2 SEAL-3", "kem.check", {"key": PUBLIC}, {"seed": SEED}
    )

    def bad(name: str, why: str, rule: str, key: bytes, code: str) -> None:
        out.bad("kem-key-" + name, why, rule, "kem.check", {"key": key}, code)

    bad("1215-bytes", "A byte too few", "SEAL-3", PUBLIC[:-1], "key-encoding")
    bad("1217-bytes", "A byte too many", "SEAL-3", PUBLIC + b"\x00", "key-encoding")
    bad("x25519-only", "The X25519 part alone", "SEAL-3", PUBLIC[-32:], "key-encoding")
    bad(
        "coefficient",
        "A coefficient that is not reduced",
        "SEAL-3",
        b"\xff\xff\xff" + PUBLIC[3:],
        "key-encoding",
    )
    ml_kem = PUBLIC[:1184]
    bad(
        "x25519-not-reduced",
        "An X25519 part above the prime",
        "SEAL-3",
        ml_kem + b"\xff" * 32,
        "key-encoding",
    )
    bad(
        "x25519-top-bit",
        "An X25519 part with the top bit set",
        "SEAL-3",
        ml_kem + PUBLIC[1184:-1] + bytes([PUBLIC[-1] | 128]),
        "key-encoding",
    )
    for number, point in enumerate(SMALL_ORDER, 1):
        key = ml_kem + point.to_bytes(32, "little")
        bad(f"small-order-{number}", "An X25519 part of small order", "SEAL-4", key, "key-small-order")
    twice = b"\xff\xff\xff" + ml_kem[3:] + bytes(32)
    bad("two-faults", "An encoding that is none comes before the small order", "ERR-3", twice, "key-encoding")


def starts(out: Vectors) -> None:
    """Op `start.open`."""
    one = session()
    given: dict[str, object] = {"seed": SEED, "block": one.block, "sender": ALICE, "recipient": BOB}
    out.good(
        "start",
        "A session to a numbered receiving key",
        "SEAL-1 SEAL-5 SEAL-6 SEAL-7",
        "start.open",
        given,
        {"info": one.info},
        secret=one.secret,
        session=one.id,
        key=one.key,
    )
    invited = start("invited", INVITED, None, BOB, 1, 0)
    known = {"seed": INVITED, "block": invited.block, "sender": None, "recipient": BOB}
    out.good(
        "start-invitation",
        "With key number 0 the sender is not yet known",
        "SEAL-6",
        "start.open",
        known,
        {"info": invited.info},
        secret=invited.secret,
        session=invited.id,
        key=invited.key,
    )

    def bad(
        name: str, why: str, changed: dict[str, object], code: str = "not-opened", rule: str = "SEAL-6"
    ) -> None:
        out.bad("start-" + name, why, rule, "start.open", given | changed, code)

    sealed = one.block[-1168:]
    ephemerals(out, one)
    bad("other-key", "Sealed to another receiving key", {"seed": box("bob receiving 2")[0]})
    bad("other-sender", "Sealed by somebody else", {"sender": persona("carol", 2).id})
    bad("other-recipient", "Sealed for somebody else", {"recipient": persona("carol", 2).id})
    bad("reflected", "Sender and recipient exchanged", {"sender": BOB, "recipient": ALICE})
    bad("session-number-changed", "Another session number in the block", {"block": enc([2, 1, sealed])})
    bad("key-number-changed", "Another key number in the block", {"block": enc([1, 2, sealed])})
    bad(
        "encapsulation-changed",
        "One bit of the encapsulated key changed",
        {"block": enc([1, 1, flipped(sealed, 0)])},
    )
    bad(
        "ephemeral-changed",
        "One bit of the X25519 part changed",
        {"block": enc([1, 1, flipped(sealed, 1100)])},
    )
    bad("text-changed", "One bit of the sealed secret changed", {"block": enc([1, 1, flipped(sealed)])})
    named = enc([1, 0, SEALER.seal(INVITED, session_info(ALICE, BOB, 1, 0), fixed("named"))])
    bad("invitation-names-sender", "Key number 0 with a sender in the info", {**known, "block": named})
    start_shapes(out, given, one.block, sealed)


def start_shapes(out: Vectors, given: dict[str, object], right: bytes, sealed: bytes) -> None:
    """Start blocks that are no array of three."""

    def bad(
        name: str, why: str, changed: dict[str, object], code: str = "not-opened", rule: str = "SEAL-6"
    ) -> None:
        out.bad("start-" + name, why, rule, "start.open", given | changed, code)

    shapes: list[tuple[str, str, Value]] = [
        ("session-zero", "Session numbers begin with 1", [0, 1, sealed]),
        ("session-negative", "A negative session number", [-1, 1, sealed]),
        ("key-number-negative", "A negative key number", [1, -1, sealed]),
        ("key-number-null", "No key number", [1, None, sealed]),
        ("short", "An array of two", [1, sealed]),
        ("long", "An array of four", [1, 1, sealed, None]),
        ("sealed-text", "A text instead of bytes", [1, 1, "x"]),
        ("map", "A map", {0: 1, 1: 1, 2: sealed}),
    ]
    for name, why, block in shapes:
        bad(name, why, {"block": enc(block)}, "shape", "SEAL-5")
    bad("sealed-1167", "A secret of 31 bytes", {"block": enc([1, 1, sealed[:-1]])})
    bad("sealed-1169", "A secret of 33 bytes", {"block": enc([1, 1, sealed + b"\x00"])})
    bad("sealed-empty", "No sealed secret", {"block": enc([1, 1, b""])})
    bad("trailing", "A byte after the end", {"block": right + b"\x00"}, "cbor-malformed", "CBOR-1")
    long_number = b"\x83\x18\x01\x01" + enc(sealed)
    bad(
        "number-not-shortest",
        "A longer head than needed",
        {"block": long_number},
        "cbor-not-deterministic",
        "CBOR-3",
    )


def ephemerals(out: Vectors, one: Session) -> None:
    """Start blocks whose ephemeral X25519 key is no usual one."""
    own = X25519PrivateKey.from_private_bytes(fixed("ephemeral"))
    plain = own.public_key().public_bytes_raw()
    marked = plain[:-1] + bytes([plain[-1] | 128])
    base = (2**255 - 19 + 9).to_bytes(32, "little")
    there = X25519PublicKey.from_public_bytes(PUBLIC[1184:])
    info = session_info(ALICE, BOB, 1, 1)
    ciphertext = one.block[-1168:][:1088]

    def block(ephemeral: bytes, agreed: bytes) -> bytes:
        return enc([1, 1, sealed_by(SEED, ciphertext, ephemeral, agreed, info, one.secret)])

    given: dict[str, object] = {"seed": SEED, "sender": ALICE, "recipient": BOB}
    for name, why, ephemeral, agreed in (
        ("own", "An enc made by hand from its parts", plain, own.exchange(there)),
        ("top-bit", "The top bit of the ephemeral key is set, and masked", marked, own.exchange(there)),
        ("not-reduced", "The base point, written as 2^255 - 19 + 9", base, PUBLIC[1184:]),
    ):
        made = block(ephemeral, agreed)
        session_id = sha(made)[:16]
        out.good(
            f"start-ephemeral-{name}",
            why,
            "SEAL-49",
            "start.open",
            {**given, "block": made},
            {"x25519_secret": agreed},
            secret=one.secret,
            session=session_id,
            key=frame_key(one.secret, session_id),
        )
    why = "The X25519 secret is zero; the rest is right"
    for number, point in enumerate((*SMALL_ORDER, 2**255 - 19, 2**255 - 18), 1):
        made = block(point.to_bytes(32, "little"), bytes(32))
        name = f"start-ephemeral-zero-{number}"
        out.bad(name, why, "SEAL-49", "start.open", {**given, "block": made}, "not-opened")


def contacts(out: Vectors) -> None:
    """Op `contact.open`."""
    padded = pad(CONTENT)
    right = contact_frame(CONTACT, padded)
    given = {"seed": CONTACT, "frame": right}
    out.good(
        "contact",
        "A frame to a contact key",
        "SEAL-29",
        "contact.open",
        given,
        {"tag": contact_tag(CONTACT)},
        content=CONTENT,
    )

    def bad(name: str, why: str, data: object, code: str = "not-opened", rule: str = "SEAL-29") -> None:
        out.bad("contact-" + name, why, rule, "contact.open", {**given, "frame": data}, code)

    tag, info = contact_tag(CONTACT), enc(["pcloud/1 contact", contact_tag(CONTACT)])
    sealed = SEALER.seal(CONTACT, info, padded)
    bad("changed", "One bit of the sealed text changed", flipped(right))
    bad("other-tag", "The tag of another key", right.replace(tag, contact_tag(SEED)))
    other = contact_frame(SEED, padded)
    bad("other-key", "Sealed to another key", other)
    bad(
        "other-key-own-tag",
        "Sealed to another key, with the tag of this one",
        enc([1, tag, SEALER.seal(SEED, info, padded)]),
    )
    bad("no-info", "Sealed without info", enc([1, tag, SEALER.seal(CONTACT, b"", padded)]))
    bad("padding", "A content without padding", contact_frame(CONTACT, CONTENT), "padding", "SEAL-18")
    filler = padded[:-1] + b"\x01"
    bad("padding-filler", "A padding that is not zero", contact_frame(CONTACT, filler), "padding", "SEAL-19")
    bad("version-2", "Another version", enc([2, tag, sealed]), "version-unknown", "SEAL-11")
    bad("tag-15", "A tag of 15 bytes", enc([1, tag[:15], sealed]), "shape", "SEAL-11")
    bad("sealed-text", "A text instead of bytes", enc([1, tag, "x"]), "shape", "SEAL-11")
    bad("four", "An array of four", enc([1, tag, sealed, None]), "shape", "SEAL-11")
    bad("too-large", "A byte more than a frame may have", run(b"\x00", 65537), "frame-too-large", "SEAL-10")
    bad("trailing", "A byte after the end", right + b"\x00", "cbor-malformed", "CBOR-1")


MANIFEST: dict[Value, Value] = {1: 1, 2: 0, 3: 4096, 4: 1798700000, 5: 1, 6: 1, 7: None, 8: 0}


def manifests(out: Vectors) -> None:
    """Op `manifest.open`."""
    seed, text = manifest_seed(SECRET), enc(MANIFEST)
    right = manifest_blob(seed, text)
    given: dict[str, object] = {"seed": seed, "blob": right}
    out.good(
        "manifest",
        "What a recovery starts from",
        "SEAL-47",
        "manifest.open",
        given,
        {"rotation_secret": SECRET},
        manifest=text,
    )
    key, nonce = fixed("key of manifest"), fixed("nonce of manifest", 12)
    sealed = SEALER.seal(seed, enc(["pcloud/1 manifest"]), key)
    promise = mac(key, b"pcloud/1 manifest commitment")
    opening = hkdf(key, enc(["pcloud/1 manifest content"]))

    def bad(name: str, why: str, blob: bytes, code: str = "not-opened", rule: str = "SEAL-47") -> None:
        out.bad("manifest-" + name, why, rule, "manifest.open", {**given, "blob": blob}, code)

    def made(front: list[Value], under: bytes = opening) -> bytes:
        return sealed_frame(front, under, nonce, text)

    bad(
        "commitment-changed",
        "The text opens and the commitment is wrong",
        made([1, sealed, flipped(promise), nonce]),
        rule="SEAL-48",
    )
    plain = mac(key, b"pcloud/1 manifest key")
    bad(
        "commitment-of-other-label",
        "The commitment was made for another purpose",
        made([1, sealed, plain, nonce]),
        rule="SEAL-48",
    )
    other = SEALER.seal(seed, enc(["pcloud/1 manifest"]), fixed("another key"))
    bad(
        "other-key-sealed",
        "Another key is sealed than the commitment says",
        made([1, other, promise, nonce]),
        rule="SEAL-48",
    )
    bad(
        "key-as-it-is",
        "Sealed under the key, not under the derived one",
        made([1, sealed, promise, nonce], key),
    )
    manifest_forms(out, given, right)


COMMITTED = b"pcloud/1 manifest commitment"


def content_key(key: bytes) -> bytes:
    """The key of the content of a manifest."""
    return hkdf(key, enc(["pcloud/1 manifest content"]))


def manifest_forms(out: Vectors, given: dict[str, object], right: bytes) -> None:
    """Blobs sealed to something else, changed, or not in the form of a blob."""
    seed, text = manifest_seed(SECRET), enc(MANIFEST)
    key, nonce = fixed("key of manifest"), fixed("nonce of manifest", 12)
    sealed = SEALER.seal(seed, enc(["pcloud/1 manifest"]), key)
    promise = mac(key, b"pcloud/1 manifest commitment")

    def bad(name: str, why: str, blob: bytes, code: str = "not-opened", rule: str = "SEAL-47") -> None:
        out.bad("manifest-" + name, why, rule, "manifest.open", {**given, "blob": blob}, code)

    def made(front: list[Value]) -> bytes:
        return sealed_frame(front, hkdf(key, enc(["pcloud/1 manifest content"])), nonce, text)

    elsewhere = SEALER.seal(SEED, enc(["pcloud/1 manifest"]), key)
    bad("other-seed", "Sealed to another key", made([1, elsewhere, promise, nonce]))
    uninformed = SEALER.seal(seed, b"", key)
    bad("no-info", "Sealed without info", made([1, uninformed, promise, nonce]))
    bad("text-changed", "One bit of the ciphertext changed", flipped(right, -20))
    bad("nonce-changed", "One bit of the nonce changed", right.replace(nonce, flipped(nonce)))
    bad(
        "version-2", "Another version", made([2, sealed, promise, nonce]), "version-unknown", "SEAL-47 CONF-7"
    )
    bad("commitment-31", "A commitment of 31 bytes", made([1, sealed, promise[:31], nonce]), "shape")
    bad("nonce-11", "A nonce of 11 bytes", enc([1, sealed, promise, nonce[:11], b"x" * 40]), "shape")
    bad("sealed-1167", "A sealed key that is too short", made([1, sealed[:-1], promise, nonce]))
    bad("sealed-empty", "No sealed key", made([1, b"", promise, nonce]))
    short = key[:31]
    promised: list[Value] = [
        1,
        SEALER.seal(seed, enc(["pcloud/1 manifest"]), short),
        mac(short, COMMITTED),
        nonce,
    ]
    bad(
        "key-31",
        "All opens, and the key has 31 bytes",
        sealed_frame(promised, content_key(short), nonce, text),
    )
    bad("four", "An array of four", enc([1, sealed, promise, nonce]), "shape")
    bad("trailing", "A byte after the end", right + b"\x00", "cbor-malformed", "CBOR-1")
