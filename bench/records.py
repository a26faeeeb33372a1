"""Records of one owner, written, listed and found, among few and many: `python -m bench.records [COUNT]`.

Asked of a node that runs, as its owner asks it. Times are wall times; a page has 100 records. Goals are for
the median of the rounds: the slowest tells more of the machine.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from bench.report import Figure, quartiles, run, under
from pcloud.runtime.owner import Owner
from pcloud.runtime.recording.owning import PUT_MAX
from pcloud.runtime.recording.views import Put
from pcloud.testing.home import Street

COUNTS = (10, 1_000, 100_000)
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


async def asked(look: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of some rounds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await look()
        took.append((time.perf_counter() - began) * 1e3)
    return took


async def asked_of(numbers: Iterator[int], work: Callable[[str], Awaitable[object]]) -> list[float]:
    """The same, each round with another record."""
    took = []
    for number in numbers:
        began = time.perf_counter()
        await work(f"receipts/r{number:06}")
        took.append((time.perf_counter() - began) * 1e3)
    return took


def told(name: str, took: list[float], count: int, most: float | None = None) -> Figure:
    """The median, with its bound; printed with the slowest."""
    middle = statistics.median(took)
    print(f"{name:<42} {middle:8.1f} {max(took):8.1f}")
    full = f"records: {name}, of {count:,}"
    figure = Figure(full, middle, "ms") if most is None else under(full, middle, "ms", most)
    return figure._replace(spread=quartiles(took), growth=(name, count))


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
        found.append(told(name, await asked(way), count, LOOK_MS_MAX))
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
    name = f"records: one of many put at once, of {count:,}"
    many = count >= PUT_MAX  # else it is what one commit costs
    found = [under(name, each, "ms", WRITE_MS_MAX) if many else Figure(name, each, "ms")]
    found += await look(owner, count)
    changes = iter(draw.sample(range(count), min(ROUNDS, count)))
    change = await asked_of(changes, lambda path: owner.data_set(path, {"orderNumber": "B"}))
    found.append(told("one record changed", change, count))
    gone = iter(draw.sample(range(count), min(ROUNDS, count)))
    found.append(told("one deleted, the log cut off", await asked_of(gone, owner.data_delete), count))
    await street.clear()
    return found


def figures() -> list[Figure]:
    """Measure in a folder of its own."""
    counts = (int(sys.argv[1]),) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else COUNTS
    found = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            found += asyncio.run(measure(Path(folder), count))
    return found


if __name__ == "__main__":
    sys.exit(run(figures))
