"""Vectors of the chapter on identity: public keys and signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nacl.bindings import crypto_sign_open
from spec.kit.curve import (
    BASE,
    IDENTITY,
    L,
    P,
    add,
    challenge,
    decode,
    encode,
    scalar_of,
    times,
    verifies,
    x_of,
)
from spec.kit.identity import SECRET, commitment, did_key, id_text, next_key
from spec.kit.keys import Signer, fixed, hkdf, sha, signer

if TYPE_CHECKING:
    from spec.kit.vectors import Vectors

SMALL = """
00*31 00|00*31 80|01 00*31|01 00*30 80|ec ff*30 7f|ec ff*31|ed ff*30 7f|ed ff*31|ee ff*30 7f|ee ff*31
26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05
26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85
c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a
c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa
"""


def spelled(text: str) -> bytes:
    """Bytes from a text in which `ff*30` stands for thirty times ff."""
    out = b""
    for part in text.split():
        byte, _, count = part.partition("*")
        out += bytes.fromhex(byte) * int(count or 1)
    return out


def small_order() -> list[bytes]:
    """The fourteen encodings of points of small order."""
    found = [spelled(text) for line in SMALL.strip().splitlines() for text in line.split("|")]
    assert len(set(found)) == 14
    assert all(times(8, decode(data) or IDENTITY) == IDENTITY and len(data) == 32 for data in found)
    return found


TORSION = (
    decode(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")) or IDENTITY
)


def keys(out: Vectors) -> None:
    """Op `key.check`."""

    def bad(name: str, why: str, rule: str, key: bytes, code: str) -> None:
        out.bad("key-" + name, why, rule, "key.check", {"key": key}, code)

    alice = signer("alice 0").public
    out.good("key", "A public key of a seed", "ID-1 ID-3", "key.check", {"key": alice})
    mixed = encode(add(decode(alice) or IDENTITY, TORSION))
    out.good(
        "key-mixed-order",
        "A component of small order beside the large one",
        "ID-8",
        "key.check",
        {"key": mixed},
    )
    for number, data in enumerate(small_order(), 1):
        bad(f"small-order-{number:02}", "A point of small order", "ID-2", data, "key-small-order")
    y = next(y for y in range(2, 200) if x_of(y, 0) is None)
    bad("not-on-curve", "No point has this y", "ID-3", y.to_bytes(32, "little"), "key-encoding")
    k = next(k for k in range(3, 19) if x_of(k, 0) is not None)
    bad(
        "not-canonical",
        "A point on the curve whose y is not reduced",
        "ID-3",
        (P + k).to_bytes(32, "little"),
        "key-encoding",
    )
    bad(
        "not-canonical-sign",
        "The same with the sign bit",
        "ID-3",
        (P + k | 1 << 255).to_bytes(32, "little"),
        "key-encoding",
    )
    bad("empty", "No bytes", "ID-1", b"", "key-encoding")
    bad("31-bytes", "A byte too few", "ID-1", alice[:31], "key-encoding")
    bad("33-bytes", "A byte too many", "ID-1", alice + b"\x00", "key-encoding")


def forged_small_r(seed: bytes, message: bytes, r: bytes) -> bytes:
    """A signature whose R is of small order and which fulfils the equation for R = identity."""
    scalar, _ = scalar_of(seed)
    k = challenge(r, Signer(seed).public, message)
    return r + (k * scalar % L).to_bytes(32, "little")


def cofactored_only(seed: bytes, message: bytes) -> bytes:
    """A signature that fulfils only the equation multiplied by 8."""
    scalar, prefix = scalar_of(seed)
    nonce = int.from_bytes(sha(prefix, message), "little") % L
    r = encode(add(times(nonce, BASE), TORSION))
    k = challenge(r, Signer(seed).public, message)
    made = r + ((nonce + k * scalar) % L).to_bytes(32, "little")
    assert verifies(Signer(seed).public, message, made, cofactor=8)
    assert not verifies(Signer(seed).public, message, made)
    return made


def signatures(out: Vectors) -> None:
    """Op `ed25519.verify`."""
    one, message = signer("alice 0"), b"pcloud"
    right = one.sign(message)

    def bad(name: str, why: str, rule: str, key: bytes, text: bytes, signature: bytes) -> None:
        given = {"key": key, "message": text, "signature": signature}
        out.bad("ed25519-" + name, why, rule, "ed25519.verify", given, "bad-signature")

    for name, text in (("empty", b""), ("short", message), ("long", fixed("message", 1000))):
        given = {"key": one.public, "message": text, "signature": one.sign(text)}
        assert crypto_sign_open(one.sign(text) + text, one.public) == text
        out.good(f"ed25519-{name}", "A signature over a message", "ID-7", "ed25519.verify", given)
    s = int.from_bytes(right[32:], "little")
    bad(
        "s-plus-l",
        "S is not reduced",
        "ID-5",
        one.public,
        message,
        right[:32] + (s + L).to_bytes(32, "little"),
    )
    bad("s-is-l", "S is L itself", "ID-5", one.public, message, right[:32] + L.to_bytes(32, "little"))
    bad("message-changed", "One bit of the message changed", "ID-7", one.public, b"qcloud", right)
    bad("r-changed", "One bit of R changed", "ID-7", one.public, message, bytes([right[0] ^ 1]) + right[1:])
    bad(
        "s-changed",
        "One bit of S changed",
        "ID-7",
        one.public,
        message,
        right[:32] + bytes([right[32] ^ 1]) + right[33:],
    )
    bad("other-key", "Another key", "ID-7", signer("bob").public, message, right)
    identity = spelled("01 00*31")
    small = forged_small_r(one.seed, message, identity)
    assert verifies(one.public, message, small)
    bad("r-identity", "R is the identity; the equation holds", "ID-6", one.public, message, small)
    twisted = forged_small_r(one.seed, message, spelled("ee ff*30 7f"))
    assert verifies(one.public, message, twisted)
    bad(
        "r-not-canonical",
        "R is the identity, not reduced; the equation holds",
        "ID-6",
        one.public,
        message,
        twisted,
    )
    bad(
        "cofactored",
        "Only the equation multiplied by 8 holds",
        "ID-7",
        one.public,
        message,
        cofactored_only(one.seed, message),
    )
    bad("zero", "A signature of zeros", "ID-6", one.public, message, bytes(64))


def texts(out: Vectors) -> None:
    """Ops `did.key`, `id.text`, `id.read`."""
    for number in range(3):
        seed = number.to_bytes(32, "big")
        out.good(
            f"did-key-{number}",
            "The text form of a key",
            "ID-22",
            "did.key",
            {"seed": seed},
            did=did_key(Signer(seed).public),
        )
    right = id_text(sha(b""))
    out.good("id-text", "An id in text and back", "ID-21", "id.read", {"text": right}, id=sha(b""))
    last = right[:-1] + chr(ord(right[-1]) + 1)
    for name, why, text in (
        ("upper-case", "Upper case", right.upper()),
        ("one-upper-case", "One letter in upper case", right[:20] + right[20:21].upper() + right[21:]),
        ("no-prefix", "The prefix is missing", right[1:]),
        ("base58-prefix", "The prefix of another base", "z" + right[1:]),
        ("padding", "Padding", right + "="),
        ("short", "A letter too few", right[:-1]),
        ("long", "A letter too many", right + "a"),
        ("bits-after-end", "Bits after the last byte", last),
        ("raw-codec", "The codec of raw bytes", "bafkrei" + right[7:]),
        ("space", "A space in front", " " + right),
        ("digit-outside", "A digit that base32 does not have", right[:20] + "0" + right[21:]),
        ("empty", "Nothing", ""),
    ):
        out.bad(f"id-text-{name}", why, "ID-21", "id.read", {"text": text}, "id-text")


def next_keys(out: Vectors) -> None:
    """Op `nextkey`."""
    for generation, index in ((0, 0), (0, 1), (1, 0), (1, 24), (2, 4095)):
        made = next_key(generation, index)
        assert made.seed == hkdf(SECRET, made_info(generation, index))
        out.good(
            f"nextkey-{generation}-{index}",
            "A next key and its commitment from the rotation secret",
            "ID-23",
            "nextkey",
            {"secret": SECRET, "generation": generation, "index": index},
            {"seed": made.seed, "info": made_info(generation, index)},
            public=made.public,
            commitment=commitment(made.public),
        )


def made_info(generation: int, index: int) -> bytes:
    """The info of a next key, spelled out."""

    def small(number: int) -> bytes:
        return (
            bytes([number])
            if number < 24
            else b"\x18" + bytes([number])
            if number < 256
            else b"\x19" + number.to_bytes(2, "big")
        )

    return b"\x83\x71pcloud/1 next key" + small(generation) + small(index)
