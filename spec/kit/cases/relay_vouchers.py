"""Vectors of the vouchers of `relay.grant`."""

from __future__ import annotations

from spec.kit.cbor import Value, enc
from spec.kit.keys import fixed
from spec.kit.vectors import Vectors

VOUCHER_BYTES = 32
RULE = "RELAY-2"


def vouchers(out: Vectors) -> None:
    """Vouchers as they may be, and as they may not."""
    one, two = fixed("voucher 1", VOUCHER_BYTES), fixed("voucher 2", VOUCHER_BYTES)
    for name, why, held in (("one", "A voucher", [one]), ("two", "Two vouchers", [two, one])):
        out.good(f"vouchers-{name}", why, RULE, "vouchers.read", {"item": enc([*held])}, vouchers=held)
    values: list[tuple[str, str, Value]] = [
        ("none", "No voucher", []),
        ("short", "A byte too few", [one[:-1]]),
        ("long", "A byte too many", [one, two + b"\x00"]),
        ("empty", "An empty voucher", [b""]),
        ("text", "A voucher that is a text", ["x" * VOUCHER_BYTES]),
        ("number", "A number", [7]),
        ("null", "null in the place of a voucher", [None]),
        ("bare", "A voucher that is in no array", one),
        ("map", "Vouchers in a map", {1: one}),
        ("nested", "Vouchers in an array of arrays", [[one]]),
        ("wrapped", "The encoding of vouchers, in bytes", enc([one])),
    ]
    for name, why, value in values:
        out.bad(f"vouchers-{name}", why, RULE, "vouchers.read", {"item": enc(value)}, "body-form")
    twice: Value = [one, two, one]
    out.bad("vouchers-twice", "A voucher twice", RULE, "vouchers.read", {"item": enc(twice)}, "body-form")
    right = enc([one])
    for name, why, item, rule in (
        ("no-bytes", "An item without data", b"", "CBOR-1"),
        ("trailing", "A byte after the end", right + b"\x00", "CBOR-1"),
        ("cut-short", "The last byte is missing", right[:-1], "CBOR-2"),
        ("head-not-shortest", "A longer head than needed", b"\x98\x01" + right[1:], "CBOR-3"),
        ("indefinite", "An array of indefinite length", b"\x9f" + right[1:] + b"\xff", "CBOR-4"),
        ("tagged", "A tag in front", b"\xc2" + right, "CBOR-8"),
    ):
        out.bad(f"vouchers-{name}", why, f"{RULE} {rule}", "vouchers.read", {"item": item}, "body-form")
