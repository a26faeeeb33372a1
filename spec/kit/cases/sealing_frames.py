"""Vectors of the chapter on sealing: start blocks, frames, contact frames and manifests."""

from __future__ import annotations

from spec.kit.cases.sealing_content import contents, padding
from spec.kit.cbor import Value, enc
from spec.kit.frames import (
    Session,
    contact_frame,
    contact_tag,
    frame,
    frame_nonce,
    manifest_blob,
    manifest_seed,
    pad,
    sealed_frame,
    session_info,
    start,
)
from spec.kit.identity import SECRET, persona
from spec.kit.keys import SEALER, aead_seal, box, fixed, hkdf, mac
from spec.kit.vectors import Vectors, run

ALICE, BOB = persona("alice", 0).id, persona("bob", 1).id
SEED, PUBLIC = box("bob receiving 1")
INVITED = box("bob invitation")[0]
CONTACT = box("bob contact 0")[0]
SESSION_1 = "1"
CONTENT = enc([None, None, b"signed", []])


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
    points = (
        0,
        1,
        2**255 - 20,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723061780553021112529911719440698176882885853963445705823,
    )
    for number, point in enumerate(points, 1):
        key = ml_kem + point.to_bytes(32, "little")
        bad(f"small-order-{number}", "An X25519 part of small order", "SEAL-4", key, "key-small-order")


def starts(out: Vectors) -> None:
    """Op `start.open`."""
    one = session()
    given = {"seed": SEED, "block": one.block, "sender": ALICE, "recipient": BOB}
    out.good(
        "start",
        "A session to a numbered receiving key",
        "SEAL-5 SEAL-6 SEAL-7",
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
    bad("trailing", "A byte after the end", {"block": one.block + b"\x00"}, "cbor-malformed", "CBOR-1")
    long_number = b"\x83\x18\x01\x01" + enc(sealed)
    bad(
        "number-not-shortest",
        "A longer head than needed",
        {"block": long_number},
        "cbor-not-deterministic",
        "CBOR-3",
    )


class Frames:
    """Writes the cases of session frames."""

    def __init__(self, out: Vectors) -> None:
        self.out, self.session = out, session()
        self.given: dict[str, object] = {"secret": self.session.secret, "sender": ALICE, "recipient": BOB}
        self.padded = pad(CONTENT)
        self.nonce = frame_nonce(self.session.key, fixed("random of frame", 12), self.padded)

    def front(self, block: Value = None) -> list[Value]:
        """The front of the right frame."""
        return [1, self.session.id, block, self.nonce]

    def bad(self, name: str, why: str, rule: str, data: object, code: str, **given: object) -> None:
        """A refusal."""
        self.out.bad("frame-" + name, why, rule, "frame.open", {**(given or self.given), "frame": data}, code)

    def seal(self, front: list[Value], padded: bytes | None = None) -> bytes:
        """A frame whose front is as given, sealed under the right key."""
        return sealed_frame(front, self.session.key, self.nonce, self.padded if padded is None else padded)


def frames_accepted(frames: Frames) -> None:
    """What is right."""
    one = frames.session
    seen = {"key": one.key, "nonce": frames.nonce, "padded": frames.padded}
    short = frame(one, CONTENT, with_start=False)
    assert short == frames.seal(frames.front())
    frames.out.good(
        "frame",
        "A frame of a session that is known",
        "SEAL-12",
        "frame.open",
        {**frames.given, "frame": short},
        seen,
        content=CONTENT,
    )
    given = {"seed": SEED, "sender": ALICE, "recipient": BOB}
    with_start = frame(one, CONTENT, with_start=True)
    frames.out.good(
        "frame-with-start",
        "A frame that brings its start block",
        "SEAL-12 SEAL-15",
        "frame.open",
        {**given, "frame": with_start},
        seen,
        content=CONTENT,
    )
    long = enc([None, None, fixed("long content", 3000), []])
    again = frame(one, long, with_start=False, name="long")
    frames.out.good(
        "frame-long",
        "A longer content",
        "SEAL-12",
        "frame.open",
        {**frames.given, "frame": again},
        content=long,
    )
    frames.bad(
        "start-of-other-seed",
        "The start block does not open",
        "SEAL-6",
        with_start,
        "not-opened",
        **{**given, "seed": box("bob receiving 2")[0]},
    )
    frames.bad(
        "without-start",
        "The session is not known and no start comes with it",
        "SEAL-14",
        short,
        "unknown-session",
        **given,
    )
    stranger = start("other", SEED, ALICE, BOB, 2, 1)
    crossed = sealed_frame([1, stranger.id, one.block, frames.nonce], one.key, frames.nonce, frames.padded)
    frames.bad(
        "start-of-other-session",
        "The session id is not that of the start block",
        "SEAL-16",
        crossed,
        "start-mismatch",
        **given,
    )


def frames_shapes(frames: Frames) -> None:
    """Anything but the array of five."""
    one, right = frames.session, frames.seal(frames.front())
    text = aead_seal(one.key, frames.nonce, frames.padded, b"")
    frames.bad(
        "version-2",
        "Another version",
        "SEAL-11",
        frames.seal([2, one.id, None, frames.nonce]),
        "version-unknown",
    )
    shapes: list[tuple[str, str, Value]] = [
        ("version-true", "true is not 1", [True, one.id, None, frames.nonce, text]),
        ("session-15", "A session id of 15 bytes", [1, one.id[:15], None, frames.nonce, text]),
        ("session-17", "A session id of 17 bytes", [1, one.id + b"\x00", None, frames.nonce, text]),
        ("session-null", "No session id", [1, None, None, frames.nonce, text]),
        ("start-text", "A start block that is a text", [1, one.id, "x", frames.nonce, text]),
        ("start-array", "A start block that is not wrapped", [1, one.id, [1, 1, b""], frames.nonce, text]),
        ("nonce-11", "A nonce of 11 bytes", [1, one.id, None, frames.nonce[:11], text]),
        ("nonce-13", "A nonce of 13 bytes", [1, one.id, None, frames.nonce + b"\x00", text]),
        ("nonce-empty", "No nonce", [1, one.id, None, b"", text]),
        ("nonce-24", "A nonce of another cipher", [1, one.id, None, bytes(24), text]),
        ("ciphertext-null", "No ciphertext", [1, one.id, None, frames.nonce, None]),
        ("ciphertext-text", "A ciphertext that is a text", [1, one.id, None, frames.nonce, "x"]),
        ("four", "An array of four", [1, one.id, None, frames.nonce]),
        ("six", "An array of six", [1, one.id, None, frames.nonce, text, None]),
        ("map", "A map", {0: 1}),
        ("empty-array", "An empty array", []),
        ("bytes", "A byte string around the frame", right),
    ]
    for name, why, value in shapes:
        if name in {"version-true", "map", "empty-array", "bytes"}:
            frames.bad(
                name, why, "SEAL-11", enc(value), "version-unknown" if name == "version-true" else "shape"
            )
        else:
            frames.bad(name, why, "SEAL-11", enc(value), "shape")
    frames.bad("empty", "No bytes", "CBOR-1", b"", "cbor-malformed")
    frames.bad("trailing", "A byte after the end", "CBOR-1", right + b"\x00", "cbor-malformed")
    frames.bad("cut-short", "The last byte is missing", "CBOR-2", right[:-1], "cbor-malformed")
    longer = b"\x85\x18\x01" + right[2:]
    frames.bad(
        "version-not-shortest", "A longer head than needed", "CBOR-3", longer, "cbor-not-deterministic"
    )
    tagged = b"\xd9\xd9\xf7" + right
    frames.bad("tag", "A tag in front", "CBOR-8", tagged, "cbor-type")
    frames.bad(
        "65537", "A byte more than a frame may have", "SEAL-10", run(b"\x00", 65537), "frame-too-large"
    )


def frames_sealed(frames: Frames) -> None:
    """Frames in shape that do not open, or open to something else."""
    one, right = frames.session, frames.seal(frames.front())

    def shut(name: str, why: str, data: bytes, rule: str = "SEAL-14") -> None:
        frames.bad(name, why, rule, data, "not-opened")

    shut("ciphertext-changed", "One bit of the ciphertext changed", flipped(right, -20))
    shut("tag-changed", "One bit of the authentication tag changed", flipped(right))
    shut("nonce-changed", "One bit of the nonce changed", right.replace(frames.nonce, flipped(frames.nonce)))
    shut(
        "session-changed",
        "Another session id in front of the same ciphertext",
        right.replace(one.id, flipped(one.id)),
    )
    added = frames.seal(frames.front()).replace(b"\xf6\x4c", enc(one.block) + b"\x4c", 1)
    shut("start-added", "A start block put into a frame made without it", added, "SEAL-12")
    text = aead_seal(one.key, frames.nonce, frames.padded, b"")
    shut("no-additional-data", "Sealed without additional data", enc([*frames.front(), text]), "SEAL-12")
    whole = enc(frames.front())
    other = aead_seal(one.key, frames.nonce, frames.padded, whole)
    shut(
        "front-as-array-of-four",
        "The front encoded as an array of its own",
        enc([*frames.front(), other]),
        "SEAL-12",
    )
    bare = sealed_frame(frames.front(), one.secret, frames.nonce, frames.padded)
    shut("sealed-under-secret", "Sealed under the secret, not the frame key", bare, "SEAL-7")
    shut("ciphertext-empty", "A ciphertext of no bytes", enc([*frames.front(), b""]))
    shut("ciphertext-15", "A ciphertext shorter than its tag", enc([*frames.front(), bytes(15)]))
    for name, why, padded in (
        ("padding-missing", "A content without padding", len(CONTENT).to_bytes(4, "big") + CONTENT),
        ("padding-filler", "A padding that is not zero", frames.padded[:-1] + b"\x01"),
        ("padding-longer", "A padding longer than it should be", frames.padded + bytes(256)),
        ("padding-empty", "An empty text", b""),
    ):
        frames.bad(name, why, "SEAL-18 SEAL-19", frames.seal(frames.front(), padded), "padding")


def nonces(out: Vectors) -> None:
    """Op `frame.nonce`."""
    one = session()
    for number in (1, 2):
        padded, random = pad(fixed("content", 100 * number)), fixed(f"random {number}", 12)
        out.good(
            f"nonce-{number}",
            "A nonce from randomness and text",
            "SEAL-13",
            "frame.nonce",
            {"key": one.key, "random": random, "padded": padded},
            nonce=mac(one.key, b"pcloud/1 nonce" + random + padded)[:12],
        )


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


def manifests(out: Vectors) -> None:
    """Op `manifest.open`."""
    seed, text = manifest_seed(SECRET), enc({1: 1, 2: 0, 3: 0, 4: 1798700000, 5: []})
    right = manifest_blob(seed, text)
    given = {"seed": seed, "blob": right}
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
    elsewhere = SEALER.seal(SEED, enc(["pcloud/1 manifest"]), key)
    bad("other-seed", "Sealed to another key", made([1, elsewhere, promise, nonce]))
    uninformed = SEALER.seal(seed, b"", key)
    bad("no-info", "Sealed without info", made([1, uninformed, promise, nonce]))
    bad("text-changed", "One bit of the ciphertext changed", flipped(right, -20))
    bad("nonce-changed", "One bit of the nonce changed", right.replace(nonce, flipped(nonce)))
    bad("version-2", "Another version", made([2, sealed, promise, nonce]), "version-unknown", "CONF-7")
    bad("commitment-31", "A commitment of 31 bytes", made([1, sealed, promise[:31], nonce]), "shape")
    bad("nonce-11", "A nonce of 11 bytes", enc([1, sealed, promise, nonce[:11], b"x" * 40]), "shape")
    bad("sealed-1167", "A sealed key that is too short", made([1, sealed[:-1], promise, nonce]), "shape")
    bad("four", "An array of four", enc([1, sealed, promise, nonce]), "shape")
    bad("trailing", "A byte after the end", right + b"\x00", "cbor-malformed", "CBOR-1")


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("sealing", "04-sealing", "Keys, start blocks, frames, padding, contents and manifests.")
    kem_keys(out)
    padding(out)
    starts(out)
    frames = Frames(out)
    SEALER.fresh.clear()
    frames_accepted(frames)
    frames_shapes(frames)
    frames_sealed(frames)
    nonces(out)
    contacts(out)
    contents(out)
    manifests(out)
    return [out]
