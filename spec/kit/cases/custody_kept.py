"""Vectors of what a holder is asked, and of what finds and proves kept volumes."""

from __future__ import annotations

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


def requests(out: Vectors) -> None:
    """Each operation as it may be asked, and as it may not."""
    for name, values in REQUESTS:
        given = {"message": enc(values)}
        what = "A request as it should be"
        out.good(name, what, RULE, "custody.read", given, op=values[0], number=values[1], fields=values[2:])
        wrong: list[tuple[str, str, Value]] = [
            ("less", "An element too few", values[:-1]),
            ("more", "An element too many", [*values, None]),
            ("number-zero", "Request numbers begin with 1", [values[0], 0, *values[2:]]),
            ("number-text", "A number that is a text", [values[0], "1", *values[2:]]),
            ("other-op", "An operation that is not of custody", [1, *values[1:]]),
        ]
        for place, value in enumerate(values[2:], 1):
            wrong += changed(values, place, value)
        for label, why, value in wrong:
            out.bad(f"{name}-{label}", why, RULE, "custody.read", {"message": enc(value)}, "shape")
        head = b"\x98" + bytes([len(values)])
        for label, why, message, rule, code in (
            ("trailing", "A byte after the end", enc(values) + b"\x00", "CBOR-1", "cbor-malformed"),
            ("cut-short", "The last byte is missing", enc(values)[:-1], "CBOR-2", "cbor-malformed"),
            (
                "head-not-shortest",
                "A longer head than needed",
                head + enc(values)[1:],
                "CBOR-3",
                "cbor-not-deterministic",
            ),
        ):
            out.bad(f"{name}-{label}", why, f"{RULE} {rule}", "custody.read", {"message": message}, code)


def changed(values: list[Value], place: int, value: Value) -> list[tuple[str, str, Value]]:
    """The request with one field wrong."""
    others: list[tuple[str, str, Value]] = [("null", "null in the place of a value", None)]
    if isinstance(value, bytes):
        others.append(("text", "A text instead of bytes", "x" * len(value)))
        if len(value) == len(DIGEST):
            others += [("short", "A byte too few", value[:-1]), ("long", "A byte too many", value + b"\x00")]
        else:
            others.append(("empty", "No bytes", b""))
    else:
        others.append(("negative", "A number below 0", -1))
    before, after = values[: place + 1], values[place + 2 :]
    return [(f"field-{place}-{label}", why, [*before, other, *after]) for label, why, other in others]


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
    requests(out)
    bounds(out)
    secrets(out)
    return [out]
