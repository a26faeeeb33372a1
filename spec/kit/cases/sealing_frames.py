"""Vectors of the chapter on sealing: session frames."""

from __future__ import annotations

from spec.kit.cases.sealing_content import contents, padding
from spec.kit.cases.sealing_starts import (
    ALICE,
    BOB,
    CONTENT,
    SEED,
    contacts,
    flipped,
    kem_keys,
    manifests,
    session,
    starts,
)
from spec.kit.cbor import Value, enc
from spec.kit.frames import frame, frame_nonce, pad, sealed_frame, start
from spec.kit.keys import SEALER, aead_seal, box, fixed, mac
from spec.kit.vectors import Vectors, run


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
    frames_other_start(frames, short, with_start)


def frames_other_start(frames: Frames, short: bytes, with_start: bytes) -> None:
    """Frames whose start block is missing or another one."""
    one = frames.session
    given: dict[str, object] = {"seed": SEED, "sender": ALICE, "recipient": BOB}
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
    rule = "SEAL-8 SEAL-16 ERR-3"
    why = "Of another session, and does not open: that is asked first"
    other = {**given, "seed": box("bob receiving 2")[0]}
    frames.bad("start-of-other-session-and-seed", why, rule, crossed, "start-mismatch", **other)
    why = "A start block of another session in a frame of a known one"
    known: dict[str, object] = {"secret": one.secret}
    frames.bad("start-of-other-session-known", why, rule, crossed, "start-mismatch", **known)
    bare = sealed_frame([1, one.id, b"\x80", frames.nonce], one.key, frames.nonce, frames.padded)
    why = "No start block in a frame of a known session"
    frames.bad("start-of-nothing-known", why, "SEAL-8 SEAL-5 ERR-3", bare, "shape", **known)


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
