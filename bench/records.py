"""100,000 records of one owner, written, listed and found: `python -m bench.records [COUNT]`.

Asked of a node that runs, as its owner asks it. Times are wall times; a page has 100 records. Goals are for
the median of the rounds: the slowest tells more of the machine.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.report import Figure, run, under
from pcloud.runtime.owner import Owner
from pcloud.runtime.recording.owning import PUT_MAX
from pcloud.runtime.recording.views import Put
from pcloud.testing.home import Street

COUNT = 100_000
ROUNDS = 50
LOOK_MS_MAX = 50.0
WRITE_MS_MAX = 2.0
"""For each of many that are put at once."""
SELLERS = [f"Seller {number} of Example Street" for number in range(400)]
WORDS = [f"word{number}" for number in range(20_000)]


def receipt(number: int, draw: random.Random) -> Put:
    """An order as shops write them; each has the word `order`, and one of its own."""
    value = {
        "orderNumber": f"A-{number}",
        "orderDate": f"20{number % 25:02}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "seller": {"name": draw.choice(SELLERS)},
        "orderedItem": [" ".join(draw.choices(WORDS, k=8))],
        "orderStatus": "order delivered",
        "totalPaymentDue": {"value": f"{number % 900}.{number % 100:02}", "currency": "EUR"},
    }
    return Put(f"receipts/r{number:06}", value)


async def asked(look: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Median and slowest of some rounds, in milliseconds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await look()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took), max(took)


async def look(owner: Owner, count: int) -> list[Figure]:
    """Every way to find something."""
    draw = random.Random(2)
    middle = f"receipts/r{count // 2:06}"
    ways: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("the first page of a list", lambda: owner.data_list(prefix="receipts")),
        ("a page from its middle", lambda: owner.data_list(prefix="receipts", after=middle)),
        ("one record", lambda: owner.data_get(f"receipts/r{draw.randrange(count):06}")),
        ("a word that one record has", lambda: owner.data_search(f"A {draw.randrange(count)}")),
        ("a word that some have", lambda: owner.data_search(draw.choice(WORDS))),
        ("a word that every record has", lambda: owner.data_search("delivered")),
        ("three words, two that every one has", lambda: owner.data_search(f"order eur {draw.choice(WORDS)}")),
        ("the last page of a common word", lambda: owner.data_search("delivered", after="receipts/r000100")),
        ("a word that none has", lambda: owner.data_search("delivered nowhere")),
    ]
    found = []
    for name, way in ways:
        median, slowest = await asked(way)
        print(f"{name:<42} {median:8.1f} {slowest:8.1f}")
        found.append(under(f"records: {name}", median, "ms", LOOK_MS_MAX))
    return found


async def measure(folder: Path, count: int) -> list[Figure]:
    """Fill a node, look for things, change some."""
    street, draw = Street(folder), random.Random(1)
    owner = (await street.home("Anna")).owner
    records = [receipt(number, draw) for number in range(count)]
    began = time.perf_counter()
    for at in range(0, count, PUT_MAX):
        await owner.data_put(records[at : at + PUT_MAX])
    each = (time.perf_counter() - began) * 1e3 / count
    print(f"{count:,} records\n{'':<42} {'median':>8} {'slowest':>8}   ms")
    found = [under("records: one of many put at once", each, "ms", WRITE_MS_MAX), *await look(owner, count)]
    changes = iter(draw.sample(range(count), ROUNDS))
    median, slowest = await asked(
        lambda: owner.data_set(f"receipts/r{next(changes):06}", {"orderNumber": "B"})
    )
    print(f"{'one record changed':<42} {median:8.1f} {slowest:8.1f}")
    gone = iter(draw.sample(range(count), ROUNDS))
    median, slowest = await asked(lambda: owner.data_delete(f"receipts/r{next(gone):06}"))
    print(f"{'one deleted, the log cut off':<42} {median:8.1f} {slowest:8.1f}")
    await street.clear()
    return found


def figures() -> list[Figure]:
    """Measure in a folder of its own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else COUNT
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder), count))


if __name__ == "__main__":
    sys.exit(run(figures))
