"""Vectors of what a relay is asked, what comes back, and what it keeps of a secret."""

from __future__ import annotations

from spec.kit.cases.service_requests import requests
from spec.kit.cbor import Value, enc
from spec.kit.keys import fixed, sha
from spec.kit.vectors import Vectors, run

BYTES_MAX = 65_536
"""Of a frame and of a blob."""
VOUCHER, PICKUP, MAILBOX = fixed("voucher"), fixed("pickup token"), fixed("mailbox", 16)
ADDRESS = sha(b"pcloud/1 relay address", MAILBOX)
PICKUP_HASH = sha(b"pcloud/1 relay pickup", PICKUP)
VOUCHER_HASH = sha(b"pcloud/1 relay voucher", VOUCHER)
UNTIL = 1_812_067_200
RULE = "TRANSPORT-35"
BACK = "TRANSPORT-36"
TOO_LONG = b"\x5a" + (65_537).to_bytes(4, "big")
"""The head of a byte string with one byte too many."""
REQUESTS: list[tuple[str, list[Value]]] = [
    ("open", [1, 1, VOUCHER, ADDRESS, PICKUP_HASH]),
    ("renew", [2, 2, VOUCHER, PICKUP]),
    ("watch", [4, 3, PICKUP]),
    ("taken", [5, 4, 1, 12]),
    ("close", [6, 5, PICKUP]),
]
"""One request of each operation; `publish` stands by itself."""


def publish(out: Vectors) -> None:
    """A blob is of any length up to its bound, and an empty one is a request too."""
    for name, why, blob in (
        ("publish", "A blob, and until when", fixed("blob", 300)),
        ("publish-empty", "An empty blob takes the blob away", b""),
    ):
        values: list[Value] = [3, 6, PICKUP, blob, UNTIL]
        given = {"message": enc(values)}
        out.good(name, why, RULE, "relay.read", given, op=3, number=6, fields=values[2:])
    head, tail = enc([3, 6, PICKUP]), enc(UNTIL)
    long = run(b"b", BYTES_MAX + 1, b"\x85" + head[1:] + TOO_LONG, tail)
    out.bad("publish-long", "A byte too many", RULE, "relay.read", {"message": long}, "shape")
    wrong: list[tuple[str, str, list[Value]]] = [
        ("text", "A text instead of bytes", [3, 6, PICKUP, "blob", UNTIL]),
        ("token-short", "A token that is too short", [3, 6, PICKUP[:-1], b"blob", UNTIL]),
        ("until-negative", "A time before 1970", [3, 6, PICKUP, b"blob", -1]),
        ("until-missing", "Without an end", [3, 6, PICKUP, b"blob"]),
    ]
    for name, why, value in wrong:
        out.bad(f"publish-{name}", why, RULE, "relay.read", {"message": enc(value)}, "shape")


def bounds(out: Vectors) -> None:
    """What has the right type and goes too far, or is none of the protocol."""
    wrong: list[tuple[str, str, Value]] = [
        ("taken-handle-0", "Handles begin with 1", [5, 4, 0, 12]),
        ("taken-number-0", "Frames are numbered from 1", [5, 4, 1, 0]),
        ("push", "A push is no request", [7, 1, 1, b"frame"]),
        ("answer", "An answer is no request", [0, 1, 0]),
        ("op-15", "An operation that nobody defined", [15, 1]),
        ("op-text", "An operation that is a text", ["open", 1]),
        ("op-negative", "An operation below 0", [-1, 1]),
        ("empty-array", "Nothing at all", []),
        ("map", "A map", {1: 1}),
    ]
    for name, why, value in wrong:
        out.bad(f"request-{name}", why, RULE, "relay.read", {"message": enc(value)}, "shape")
    for op in ("relay.read", "relay.back"):
        messages: list[tuple[str, str, object]] = [
            ("empty", "An empty message", b""),
            ("long", "A byte too many", run(b"x", 66_561)),
        ]
        for name, why, message in messages:
            out.bad(f"{op[6:]}-{name}", why, RULE, op, {"message": message}, "frame-too-large")


def back(out: Vectors) -> None:
    """Answers and pushes."""
    right: list[tuple[str, str, list[Value], dict[str, object]]] = [
        ("done", "Done, and nothing more", [0, 5, 0], {"number": 5, "outcome": 0, "fields": []}),
        ("opened", "Opened, until when", [0, 1, 0, UNTIL], {"number": 1, "outcome": 0, "fields": [UNTIL]}),
        ("watched", "Watched, under this handle", [0, 3, 0, 1], {"number": 3, "outcome": 0, "fields": [1]}),
        ("unknown", "Nothing answers to that", [0, 1, 1], {"number": 1, "outcome": 1, "fields": []}),
        ("full", "There is no room", [0, 1, 2], {"number": 1, "outcome": 2, "fields": []}),
        ("busy", "Not now", [0, 1, 3], {"number": 1, "outcome": 3, "fields": []}),
    ]
    for name, why, values, result in right:
        out.good(f"back-{name}", why, BACK, "relay.back", {"message": enc(values)}, **result)
    pushed: list[Value] = [7, 1, 12, fixed("frame", 400)]
    given = {"message": enc(pushed)}
    out.good("back-frame", "A frame", f"{BACK} RELAY-13", "relay.back", given, op=7, fields=pushed[1:])
    long = run(b"f", BYTES_MAX + 1, b"\x84" + enc([7, 1, 12])[1:] + TOO_LONG)
    out.bad("back-frame-long", "A byte too many", BACK, "relay.back", {"message": long}, "shape")
    wrong: list[tuple[str, str, Value]] = [
        ("outcome-4", "An outcome that nobody defined", [0, 1, 4]),
        ("outcome-missing", "No outcome", [0, 1]),
        ("outcome-text", "An outcome that is a text", [0, 1, "done"]),
        ("number-0", "Request numbers begin with 1", [0, 0, 0]),
        ("refused-and-more", "Only what is done gives something", [0, 1, 1, UNTIL]),
        ("done-and-more", "Nothing follows until when", [0, 1, 0, UNTIL, UNTIL]),
        ("done-text", "Until when is no text", [0, 1, 0, "soon"]),
        ("done-0", "It is at least 1", [0, 1, 0, 0]),
        ("request", "A request does not come back", [4, 3, PICKUP]),
        ("op-15", "An operation that nobody defined", [15, 1, 1, b"frame"]),
        ("frame-empty", "A frame without a byte", [7, 1, 12, b""]),
        ("frame-text", "A frame that is a text", [7, 1, 12, "frame"]),
        ("frame-handle-0", "Handles begin with 1", [7, 0, 12, b"frame"]),
        ("frame-number-0", "Frames are numbered from 1", [7, 1, 0, b"frame"]),
        ("frame-less", "An element too few", [7, 1, b"frame"]),
        ("frame-more", "An element too many", [7, 1, 12, b"frame", 0]),
        ("empty-array", "Nothing at all", []),
        ("map", "A map", {0: 1}),
    ]
    for name, why, value in wrong:
        out.bad(f"back-{name}", why, BACK, "relay.back", {"message": enc(value)}, "shape")


def kept(out: Vectors) -> None:
    """What a relay keeps of the three secrets."""
    out.good(
        "kept",
        "What a relay keeps of a mailbox id, a pickup token and a voucher",
        "RELAY-8",
        "relay.keep",
        {"mailbox": MAILBOX, "pickup": PICKUP, "voucher": VOUCHER},
        address=ADDRESS,
        pickup_hash=PICKUP_HASH,
        voucher_hash=VOUCHER_HASH,
    )


def make() -> list[Vectors]:
    """One file."""
    about = "What a relay is asked on a service line, what comes back, and what it keeps of secrets."
    out = Vectors("relay", "20-relay", about)
    requests(out, "relay.read", RULE, REQUESTS, 16)
    publish(out)
    bounds(out)
    back(out)
    kept(out)
    return [out]
