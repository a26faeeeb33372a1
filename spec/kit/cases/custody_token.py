"""Vectors of the token of `custody.grant`."""

from __future__ import annotations

from spec.kit.cbor import Value, enc
from spec.kit.keys import fixed
from spec.kit.vectors import Vectors, run

TOKEN_BYTES = 32
RULE = "CUSTODY-3"


def token(out: Vectors) -> None:
    """The token as it may be, and as it may not."""
    right = fixed("custody token", TOKEN_BYTES)
    out.good("token", "The token", RULE, "token.read", {"item": enc(right)}, token=right)
    same: Value = [right]
    values: list[tuple[str, str, Value]] = [
        ("short", "A byte too few", right[:-1]),
        ("long", "A byte too many", right + b"\x00"),
        ("empty", "Empty bytes", b""),
        ("text", "A text", "x" * TOKEN_BYTES),
        ("number", "A number", 7),
        ("null", "null: the place would be null, and not its data", None),
        ("array", "The token in an array", same),
        ("map", "The token in a map", {1: right}),
        ("wrapped", "The encoding of a token, in bytes", enc(right)),
    ]
    for name, why, value in values:
        out.bad(f"token-{name}", why, RULE, "token.read", {"item": enc(value)}, "body-form")
    for name, why, item, rule in (
        ("no-bytes", "An item without data", b"", "CBOR-1"),
        ("bare", "The token without its head", right, "CBOR-1"),
        ("trailing", "A byte after the end", enc(right) + b"\x00", "CBOR-1"),
        ("cut-short", "The last byte is missing", enc(right)[:-1], "CBOR-2"),
        ("head-not-shortest", "A longer head than needed", b"\x59\x00\x20" + right, "CBOR-3"),
        ("indefinite", "Bytes of indefinite length", b"\x5f" + enc(right) + b"\xff", "CBOR-4"),
        ("tagged", "A tag in front", b"\xc2" + enc(right), "CBOR-8"),
    ):
        out.bad(f"token-{name}", why, f"{RULE} {rule}", "token.read", {"item": item}, "body-form")
    longest = run(b"\x00", 49_000, b"\x59\xbf\x68")
    out.bad(
        "token-longest", "As long as a message may be", RULE, "token.read", {"item": longest}, "body-form"
    )
