"""Vectors of what a holder is asked, and of what finds and proves kept volumes."""

from __future__ import annotations

from spec.kit.cases.service_requests import requests
from spec.kit.cbor import Value, enc
from spec.kit.identity import SECRET
from spec.kit.keys import fixed, hkdf, sha
from spec.kit.vectors import Vectors

LOCATORS = 16
TOKEN, LOCATOR, DIGEST = fixed("custody token"), fixed("locator"), fixed("volume digest")
RULE = "TRANSPORT-35"
REQUESTS: list[tuple[str, list[Value]]] = [
    ("begin", [16, 1, TOKEN, 0, 5_000, DIGEST]),
    ("chunk", [17, 2, TOKEN, DIGEST, 0, b"volume"]),
    ("finish", [18, 3, TOKEN, DIGEST]),
    ("list", [19, 4, LOCATOR, 0]),
    ("fetch", [20, 5, LOCATOR, DIGEST, 65_536]),
    ("challenge", [21, 6, TOKEN, DIGEST, fixed("custody nonce")]),
]
"""One request of each operation."""


def bounds(out: Vectors) -> None:
    """What has the right type and goes too far."""
    kind: Value = [16, 1, TOKEN, 2, 5_000, DIGEST]
    size: Value = [16, 1, TOKEN, 0, 0, DIGEST]
    long: Value = [17, 1, TOKEN, DIGEST, 0, bytes(65_537)]
    for name, why, value in (
        ("begin-kind-2", "There are two kinds of volumes", kind),
        ("begin-size-0", "No volume is empty", size),
        ("chunk-long", "A byte too many in one chunk", long),
    ):
        out.bad(name, why, RULE, "custody.read", {"message": enc(value)}, "shape")


def secrets(out: Vectors) -> None:
    """What is derived, and what a holder keeps of it."""
    for index in (0, LOCATORS - 1):
        locator = hkdf(SECRET, enc(["pcloud/1 locator", index]))
        out.good(
            f"locator-{index}",
            "A locator of the words, and what a holder keeps of it",
            "CUSTODY-1 CUSTODY-15",
            "locator.make",
            {"secret": SECRET, "index": index},
            locator=locator,
            address=sha(b"pcloud/1 locator address", locator),
        )
    kept = sha(b"pcloud/1 custody token", TOKEN)
    why = "What a holder keeps of a put token"
    out.good("token", why, "CUSTODY-15", "token.keep", {"token": TOKEN}, kept=kept)
    nonce, volume = fixed("custody nonce"), fixed("volume", 5000)
    given = {"nonce": nonce, "volume": volume}
    proof = sha(b"pcloud/1 custody proof", nonce, volume)
    out.good("proof", "A proof that a volume is there", "CUSTODY-12", "custody.prove", given, proof=proof)


def make() -> list[Vectors]:
    """One file."""
    about = "What a holder is asked; what finds kept volumes again, and what proves that they are kept."
    out = Vectors("custody", "22-custody", about)
    requests(out, "custody.read", RULE, REQUESTS, 1)
    bounds(out)
    secrets(out)
    return [out]
