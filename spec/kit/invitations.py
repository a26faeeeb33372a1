"""Invitations, short links, blobs and cards; and positions of a recovery."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from spec.kit.cbor import Value, enc
from spec.kit.cose import Signed, sign1
from spec.kit.keys import aead_seal, box, fixed, hkdf, sha

if TYPE_CHECKING:
    from spec.kit.identity import Persona

PREFIX = "pcloud:contact/1/"
TIME = 1798700000


def invitation_payload(by: Persona) -> dict[Value, Value]:
    """The required fields of an invitation."""
    return {
        1: 1,
        2: list(by.log),
        3: box(f"{by.name} invitation")[1],
        4: fixed(f"{by.name} mailbox", 16),
        5: ["https://relay.example/m"],
        6: "Meet at the market",
        7: "person",
        10: 1,
        11: TIME,
    }


def invitation(by: Persona, payload: Value) -> Signed:
    """A signed invitation."""
    return sign1(by.key, "pcloud-invitation", payload)


def card_payload(by: Persona) -> dict[Value, Value]:
    """The required fields of a card."""
    return {1: 1, 2: list(by.log), 3: "organisation", 4: ["https://shop.example/"], 5: TIME, 6: TIME + 86400}


def base64url(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def link_text(parts: Value) -> str:
    """A link around any parts."""
    return PREFIX + base64url(enc(parts))


def blob(key: bytes, identifier: bytes, plaintext: bytes) -> bytes:
    """A sealed invitation under the key of a link."""
    return aead_seal(
        hkdf(key, enc(["pcloud/1 invitation blob", identifier])), bytes(12), plaintext, identifier
    )


def heads(last: int, name: str) -> list[Value]:
    """Numbers and ids at n, n-1, n-2, n-4, n-8 … and at 1."""
    numbers, step = [last], 1
    while last - step > 1:
        numbers.append(last - step)
        step *= 2
    if last > 1:
        numbers.append(1)
    return [[number, sha(f"{name} {number}".encode())] for number in numbers]


def line(
    *, outgoing: bool, last: int, epochs: tuple[int, int] = (0, 0), refusals: Value = None
) -> list[Value]:
    """A line of a position."""
    name = f"line {outgoing} {epochs}"
    return [outgoing, *epochs, list(heads(last, name)), [] if refusals is None else refusals]


def position_payload(by: Persona, to: Persona, event: bytes | None, lines: list[Value]) -> list[Value]:
    """The array of a position."""
    front: list[Value] = [
        1,
        by.id,
        to.id,
        by.epoch,
        to.epoch,
        None,
        [1, box(f"{by.name} receiving 1")[1]],
        event,
    ]
    return [*front, list(by.log), fixed(f"{by.name} mailbox", 16), ["https://relay.example/m"], lines]


def position(by: Persona, kind: str, payload: Value) -> Signed:
    """A signed position."""
    return sign1(by.key, f"pcloud-{kind}", payload)
