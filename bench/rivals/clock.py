"""How each side of the comparison measures and tells; the standard library alone, for every environment."""

import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median, quantiles

TEXT = "x" * 600
"""What everybody sends: 600 bytes of text."""
TIMES, ROUNDS = 60, 7


async def measured(work: Callable[[], Awaitable[object]]) -> list[float]:
    """Microseconds of processor time for each, round by round; the first round warms up."""
    found = []
    for _ in range(ROUNDS + 1):
        began = time.process_time()
        for _ in range(TIMES):
            await work()
        found.append((time.process_time() - began) / TIMES * 1e6)
    return found[1:]


def tell(wire_bytes: int, sent: Sequence[float], received: Sequence[float]) -> None:
    """One line of JSON for who compares."""
    found: dict[str, float] = {"bytes": wire_bytes}
    for name, times in (("send", sent), ("receive", received)):
        low, _, high = quantiles(times, n=4, method="inclusive")
        found |= {name: round(median(times), 1), f"{name}_low": round(low, 1), f"{name}_high": round(high, 1)}
    json.dump(found, sys.stdout)
