"""Asks the PyPI package `cwt` whether our signed objects verify, from JSON lines on standard input.

Runs in .venv-oracle, where our code is not installed: `make oracle`. It also has to refuse each object with
one bit of the payload or of a signature turned, and under a stranger's key; otherwise its consent is worth
nothing.
"""

import json
import sys
from collections.abc import Callable

from cwt import COSE, COSEKey
from cwt.exceptions import DecodeError, VerifyError


def cose_key(public: str) -> COSEKey:
    raw = bytes.fromhex(public)
    return COSEKey.new({1: 1, 2: raw, 3: -19, -1: 6, -2: raw})


def accepted(data: bytes, public: str) -> bytes | None:
    """The payload, if a signature under this key verifies."""
    try:
        payload = COSE.new(verify_kid=False).decode(data, [cose_key(public)])
    except (DecodeError, VerifyError, ValueError):
        return None
    return bytes(payload)


def turn_bit(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def faults(made: dict[str, str], signers: list[str]) -> list[str]:
    data, payload = bytes.fromhex(made["bytes"]), bytes.fromhex(made["payload"])
    checks: list[tuple[str, Callable[[], bool]]] = [
        ("refuses our signature", lambda: any(accepted(data, signer) != payload for signer in signers)),
        ("accepts a stranger's key", lambda: accepted(data, made["stranger"]) is not None),
        (
            "accepts a changed signature",
            lambda: accepted(turn_bit(data, len(data) - 1), signers[-1]) is not None,
        ),
    ]
    if payload:
        middle = data.index(payload) + len(payload) // 2
        checks.append(
            ("accepts a changed payload", lambda: accepted(turn_bit(data, middle), signers[0]) is not None)
        )
    return [f"{made['typ']}, {len(payload)} bytes: cwt {told}" for told, wrong in checks if wrong()]


def main() -> int:
    count, found = 0, []
    for line in sys.stdin:
        made = json.loads(line)
        found += faults(made, made["signers"])
        count += 1
    print("\n".join([*found, f"{count} signed objects shown to cwt, {len(found)} disagreements"]))
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
