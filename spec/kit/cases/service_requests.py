"""Vectors of requests on a service line, whatever the service."""

from __future__ import annotations

from spec.kit.cbor import Value, enc
from spec.kit.vectors import Vectors

DIGEST_BYTES = 32


def requests(out: Vectors, op: str, rule: str, rows: list[tuple[str, list[Value]]], other: int) -> None:
    """Each operation as it may be asked, and as it may not; `other` is one of another service.

    Bytes of 32 have that length only; others are of any length but none.
    """
    for name, values in rows:
        given = {"message": enc(values)}
        what = "A request as it should be"
        out.good(name, what, rule, op, given, op=values[0], number=values[1], fields=values[2:])
        wrong: list[tuple[str, str, Value]] = [
            ("less", "An element too few", values[:-1]),
            ("more", "An element too many", [*values, None]),
            ("number-zero", "Request numbers begin with 1", [values[0], 0, *values[2:]]),
            ("number-text", "A number that is a text", [values[0], "1", *values[2:]]),
            ("other-op", "An operation of another service", [other, *values[1:]]),
        ]
        for place, value in enumerate(values[2:], 1):
            wrong += changed(values, place, value)
        for label, why, value in wrong:
            out.bad(f"{name}-{label}", why, rule, op, {"message": enc(value)}, "shape")
        head = b"\x98" + bytes([len(values)])
        for label, why, message, further, code in (
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
            out.bad(f"{name}-{label}", why, f"{rule} {further}", op, {"message": message}, code)


def changed(values: list[Value], place: int, value: Value) -> list[tuple[str, str, Value]]:
    """The request with one field wrong."""
    others: list[tuple[str, str, Value]] = [("null", "null in the place of a value", None)]
    if isinstance(value, bytes):
        others.append(("text", "A text instead of bytes", "x" * len(value)))
        if len(value) == DIGEST_BYTES:
            others += [("short", "A byte too few", value[:-1]), ("long", "A byte too many", value + b"\x00")]
        else:
            others.append(("empty", "No bytes", b""))
    else:
        others.append(("negative", "A number below 0", -1))
    before, after = values[: place + 1], values[place + 2 :]
    return [(f"field-{place}-{label}", why, [*before, other, *after]) for label, why, other in others]
