"""What the worst 64 KiB cost at each door: milliseconds and peak memory, against the bounds of spec 14.

`python -m bench.hostile [--all]`. No door may take more than 5 ms or 8 MiB; only a Violation may come out.
"""

import random
import sys
import time
import tracemalloc
from collections.abc import Callable

from bench.report import Figure, run, under
from pcloud.engine.registry import STANDARD
from pcloud.errors import Violation
from pcloud.limits import CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, FRAME_BYTES_MAX
from pcloud.wire import (
    answers,
    card,
    cbor,
    content,
    cose,
    header,
    invitation,
    keylog,
    manifest,
    position,
    session,
)
from pcloud.wire.keys import HybridKey, SigningKey

SIZE = FRAME_BYTES_MAX
MS_MAX, KIB_MAX = 5.0, 8 * 1_024
RUNS = 40
KEY = SigningKey.from_seed(b"\1" * 32)
HYBRID = HybridKey.from_seed(b"\2" * 32)

Door = Callable[[bytes], object]
DOORS: dict[str, Door] = {
    "frame": session.read_frame,
    "content": content.read_content,
    "header": header.read_header,
    "start": content.read_start,
    "start block": session.read_start,
    "answer": lambda data: answers.read_answer(cose.RECEIPT, data),
    "position": lambda data: position.read_position(cose.RECOVER, data),
    "signed object": lambda data: cose.parse_sign1(data, cose.HEADER),
    "co-signed object": lambda data: cose.parse_sign2(data, cose.AGREEMENT),
    "type": cose.peek_type,
    "key log": lambda data: keylog.read_log([data]),
    "invitation": invitation.read_invitation,
    "card": card.read_card,
    "link": lambda data: invitation.read_link(invitation.LINK_PREFIX + data.decode("latin-1")),
    "manifest": lambda data: manifest.open_manifest(HYBRID, data),
    "body": STANDARD.messages["relationship.returned"].read,
}


def filled(opening: bytes, piece: bytes) -> bytes:
    return opening + piece * ((SIZE - len(opening)) // len(piece))


def nested_inside(depth: int) -> bytes:
    """Arrays inside each other, again and again beside each other."""
    piece = b"\x81" * (depth - 1) + b"\x80"
    count = min((SIZE - 3) // len(piece), (CBOR_ITEMS_MAX - 1) // depth)
    return cbor.head(4, count) + piece * count


def signed(payload: bytes) -> bytes:
    """The largest object with this payload, so that the payload is what a door reads."""
    return cose.sign1(KEY, cose.INVITATION, payload[: SIZE - 200])


def inputs() -> dict[str, bytes]:
    most = CBOR_ITEMS_MAX - 1
    keys = cbor.encode(dict.fromkeys(range(most // 2), 0))
    texts = cbor.encode({f"{number:026}": "" for number in range(most // 2)})
    octets = cbor.head(2, SIZE - 5)
    noise = random.Random(1).randbytes(SIZE)
    return {
        "nested without end": b"\x81" * SIZE,
        "nested, wide": nested_inside(CBOR_DEPTH_MAX - 1),
        "too many items": filled(cbor.head(4, SIZE - 3), b"\0"),
        "most items": cbor.head(4, most) + bytes(most),
        "most items, long": cbor.head(4, most) + (b"\x4e" + bytes(14)) * most,
        "most numbers": cbor.head(4, most) + (b"\x1b" + bytes([0, 1] + [0] * 6)) * most,
        "most arrays": cbor.head(4, most) + b"\x80" * most,
        "most maps": cbor.head(4, most) + b"\xa0" * most,
        "most keys": keys,
        "most text keys": texts,
        "versioned items": cbor.head(4, most) + b"\1" + b"\xf6" * (most - 1),
        "long bytes": octets + bytes(SIZE - 5),
        "long text": cbor.head(3, SIZE - 5) + b"x" * (SIZE - 5),
        "long text, not UTF-8": cbor.head(3, SIZE - 5) + b"x" * (SIZE - 6) + b"\xff",
        "a length past the end": b"\x5b" + b"\0\0\0\0\xff\xff\xff\xff" + bytes(SIZE - 9),
        "a count past the end": b"\x9b" + b"\0\0\0\0\xff\xff\xff\xff" + bytes(SIZE - 9),
        "random": noise,
        "signed, most items": signed(cbor.head(4, most) + bytes(most)),
        "signed, most keys": signed(keys),
        "signed, long bytes": signed(bytes(SIZE - 300)),
        "signed, random": signed(noise),
        "letters": b"A" * SIZE,
    }


def taken(door: Door, data: bytes) -> None:
    """Read and let go; what is refused has cost as much as it will."""
    try:
        door(data)
    except Violation:
        return


def milliseconds(door: Door, data: bytes) -> float:
    """The best of some runs: what the work takes, without what else the machine does."""
    best = float("inf")
    for _ in range(RUNS):
        began = time.process_time_ns()
        taken(door, data)
        best = min(best, (time.process_time_ns() - began) / 1e6)
    return best


def kibibytes(door: Door, data: bytes) -> float:
    tracemalloc.start()
    taken(door, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1_024


def figures() -> list[Figure]:
    """Print the worst input of each door, or with --all every one."""
    worst_ms = worst_kib = 0.0
    given = inputs()
    print(f"{'door':<18}{'input':<24}{'ms':>8}{'KiB':>9}")
    for name, door in DOORS.items():
        costs = [(milliseconds(door, data), kibibytes(door, data), kind) for kind, data in given.items()]
        shown = costs if "--all" in sys.argv else {max(costs), max(costs, key=lambda cost: cost[1])}
        for ms, kib, kind in sorted(shown, reverse=True):
            print(f"{name:<18}{kind:<24}{ms:>8.3f}{kib:>9.0f}")
        worst_ms = max(worst_ms, *(ms for ms, _, _ in costs))
        worst_kib = max(worst_kib, *(kib for _, kib, _ in costs))
    return [
        under("64 KiB of anything, the worst", worst_ms, "ms", MS_MAX),
        under("64 KiB of anything, memory", worst_kib, "KiB", KIB_MAX),
    ]


if __name__ == "__main__":
    sys.exit(run(figures))
