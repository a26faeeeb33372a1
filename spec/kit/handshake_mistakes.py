"""What common mistakes give instead: so that who finds one of these values knows what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.kit.cbor import Value, dec, enc
from spec.kit.cose import protected1
from spec.kit.handshake_example import short_code
from spec.kit.keys import hkdf, mac, sha, xwing

if TYPE_CHECKING:
    from collections.abc import Callable

    Octets = Callable[[str], bytes]

SHOWN = 8
SECTIONS = {
    "contact key": "2",
    "persona id": "2",
    "bytes of the persona's text": "2",
    "hash in the link": "3",
    "commitment of the requester": "4",
    "nonce commitment": "5.1",
    "part digest": "5.1",
    "`prev` of the request": "5.2",
    "request id": "5.3",
    "`info` of the start block of S": "5.4",
    "session id of S": "5.4",
    "frame key of S": "5.4",
    "first bytes of the padded content": "5.6",
    "length of the padded content": "5.6",
    "nonce of frame 1": "5.7",
    "state digest after the request": "6",
    "`prev` of the accept": "9.2",
    "state digest after the accept": "9.3",
    "`info` of the start block of U": "10.1",
    "`prev` of the confirm": "10.3",
    "short code": "11",
}
"""Where each value stands in the chapter."""


def alphabetical(value: Value) -> bytes:
    """An encoding whose maps are ordered by the text of their keys."""
    if isinstance(value, dict):
        pairs = sorted((str(key), enc(key) + alphabetical(item)) for key, item in value.items())
        return bytes([0xA0 + len(pairs)]) + b"".join(pair for _, pair in pairs)
    if isinstance(value, list):
        return bytes([0x80 + len(value)]) + b"".join(map(alphabetical, value))
    return enc(value)


def padded_wrongly(content: bytes) -> int:
    """The Padmé length of the content alone, with the four bytes added behind."""
    exponent = len(content).bit_length() - 1
    free = exponent - exponent.bit_length()
    return (-(-len(content) >> free) << free) + 4


def of_personas(at: Octets) -> list[tuple[str, str, bytes, bytes]]:
    """Key events, ids and links."""
    event, invitation = "personas.inviting", "invitation"
    wide = xwing(at(f"{event}.contact_seed"))[1]
    turned = wide[1184:] + wide[:1184]
    text = b"\x01\x71\x12\x20" + at(f"{event}.id")
    old = at(f"{event}.protected").replace(b"\x01\x32\x04", b"\x01\x27\x04")
    eddsa = enc(["Signature1", old, b"", at(f"{event}.payload")])
    return [
        ("contact key", "X25519 part in front of the ML-KEM part", turned, wide),
        ("persona id", "hash of the signed object", sha(at(f"{event}.signed")), at(f"{event}.id")),
        ("persona id", "hash of the payload", sha(at(f"{event}.payload")), at(f"{event}.id")),
        ("persona id", "`alg` -8 instead of -19", sha(eddsa), at(f"{event}.id")),
        ("bytes of the persona's text", "codec 0x71 instead of 0x51", text, b"\x01\x51" + text[2:]),
        ("hash in the link", "the invitation id", at(f"{invitation}.id"), at(f"{invitation}.hash")),
        ("commitment of the requester", "without the label", sha(at("personas.requester.next.public")),
         at("personas.requester.next.commitment")),
    ]  # fmt: skip


def of_messages(at: Octets) -> list[tuple[str, str, bytes, bytes]]:
    """Parts, headers and lines."""
    salt, body, request = at("frames.0.salt"), at("frames.0.body"), "frames.0"
    one, two, three = (at(f"personas.{name}.id") for name in ("requester", "inviting", "successor"))
    kid = protected1("pcloud-header", one)
    return [
        ("nonce commitment", "hash of the nonce without the label",
         sha(at("nonces.requester")), at("commitment")),
        ("part digest", "`H(data ‖ salt)`", sha(body, salt), at(f"{request}.digest")),
        ("part digest", "`H(CBOR [salt, data])`", sha(enc([salt, body])), at(f"{request}.digest")),
        ("part digest", "hash of the data alone", sha(body), at(f"{request}.digest")),
        ("`prev` of the request", "recipient's event id in front", sha(two, one), at(f"{request}.prev")),
        ("request id", "hash of the signed object", sha(at(f"{request}.signed")), at(f"{request}.id")),
        ("request id", "persona id as `kid`",
         sha(enc(["Signature1", kid, b"", at(f"{request}.payload")])), at(f"{request}.id")),
        ("`prev` of the accept", "event id of the invitation persona, not of the successor",
         sha(two, one), at("frames.3.prev")),
        ("`prev` of the confirm", "line begun anew for the successor", sha(one, three), at("frames.5.prev")),
    ]  # fmt: skip


def of_sealing(at: Octets) -> list[tuple[str, str, bytes, bytes]]:
    """Sessions and frames."""
    there, first = "sessions.there", "frames.0"
    key, random, secret = at(f"{there}.key"), at(f"{first}.random"), at(f"{there}.secret")
    session, content, padded = at(f"{there}.session"), at(f"{first}.content"), at(f"{first}.padded")
    info = dec(at(f"{there}.info"))
    assert isinstance(info, list)
    named = enc([info[0], at("personas.requester.id"), *info[2:]])
    inviting, following = at("personas.inviting.id"), at("personas.successor.id")
    successor = at("sessions.anew.info").replace(inviting, following)
    label = b"pcloud/1 nonce"
    return [
        ("`info` of the start block of S", "requester's persona in place of `null`",
         named, at(f"{there}.info")),
        ("`info` of the start block of U", "the successor in place of the founding persona",
         successor, at("sessions.anew.info")),
        ("session id of S", "hash of the HPKE output alone", sha(at(f"{there}.sealed"))[:16], session),
        ("frame key of S", "the bare ASCII label as `info`, neither CBOR nor session id",
         hkdf(secret, b"pcloud/1 frame key"), key),
        ("frame key of S", "label and session id joined without CBOR",
         hkdf(secret, b"pcloud/1 frame key" + session), key),
        ("frame key of S", "the secret itself", secret, key),
        ("nonce of frame 1", "made over the content, not the padded content",
         mac(key, label, random, content)[:12], at(f"{first}.nonce")),
        ("nonce of frame 1", "random bytes behind the padded content",
         mac(key, label, padded, random)[:12], at(f"{first}.nonce")),
        ("nonce of frame 1", "the random bytes themselves", random, at(f"{first}.nonce")),
        ("first bytes of the padded content", "length little-endian",
         len(content).to_bytes(4, "little"), padded[:4]),
    ]  # fmt: skip


def of_states(at: Octets) -> list[tuple[str, str, bytes, bytes]]:
    """Folds and the short code."""
    state = at("frames.3.state")
    value = dec(state)
    assert isinstance(value, list)
    threads = value[1]
    assert isinstance(threads, list)
    bare = enc([value[0], threads[0], *value[2:]])
    return [
        ("state digest after the request", "without the label",
         sha(enc(first_left_out(dec(at("frames.0.state"))))), at("frames.0.state_digest")),
        ("state digest after the accept", "keys of the data in alphabetical order, lengths not looked at",
         sha(alphabetical(value)), at("frames.3.state_digest")),
        ("state digest after the accept", "the one thread not inside an array of threads",
         sha(bare), at("frames.3.state_digest")),
    ]  # fmt: skip


def first_left_out(value: Value) -> Value:
    """An array without its first element."""
    assert isinstance(value, list)
    return value[1:]


def beginning(wrong: bytes, right: bytes) -> tuple[str, str]:
    """Where two values begin to differ: from their first byte, or from a later one."""
    assert wrong != right
    same = next(place for place, pair in enumerate(zip(wrong, right, strict=False)) if pair[0] != pair[1])
    if same < SHOWN:
        return f"`{wrong[:SHOWN].hex()}`", f"`{right[:SHOWN].hex()}`"
    shown = slice(same, same + SHOWN)
    return f"`… {wrong[shown].hex()}` at byte {same}", f"`… {right[shown].hex()}` at byte {same}"


def mistakes(at: Octets) -> str:
    """The table of values, in the order of the chapter."""
    listed = [*of_personas(at), *of_messages(at), *of_sealing(at), *of_states(at)]
    rows = [(name, done, *beginning(wrong, right)) for name, done, wrong, right in listed]
    content, padded, name = at("frames.0.content"), at("frames.0.padded"), "length of the padded content"
    power = 1 << (len(content) + 3).bit_length()
    for done, size in (
        ("computed without the four bytes of the length", padded_wrongly(content)),
        ("rounded up to a power of two", power),
    ):
        rows.append((name, done, f"{size:,}", f"{len(padded):,}"))
    label, ids = at("code.input")[:19], at("code.input")[19:]
    swapped = label + ids[32:64] + ids[:32] + ids[64:]
    nonces = label + ids[:64] + ids[96:] + ids[64:96]
    code = short_code(sha(at("code.input")))
    for done, turned in (("accept id in front", swapped), ("nonce of the inviting side in front", nonces)):
        rows.append(("short code", done, f"`{short_code(sha(turned))}`", f"`{code}`"))
    order = list(SECTIONS)
    rows.sort(key=lambda row: order.index(row[0]))
    lines = [
        "| Section | Value | What was done | Then it begins | It should begin |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {SECTIONS[row[0]]} | {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
