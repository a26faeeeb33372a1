"""The owner's page with 1,000 relationships and 100,000 records: `python -m bench.page [RECORDS]`.

Each page is asked for over its own socket by an owner who has come in; the time is from the request to the
last byte. Its weight is that of the page with the files that it names. Pages are found as people find them:
by links, from the first one on.
"""

import asyncio
import html
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import aiohttp

from bench.records import receipt
from bench.report import Figure, run, under
from pcloud.ambient.system import SystemClock, system_entropy
from pcloud.runtime.recording.owning import PUT_MAX
from pcloud.store.port import Changes, Contact, Direction, Route, ScopeKind
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import PASSPHRASE, Home, Street, related
from pcloud.web.codes import make_code, read_file
from pcloud.web.ports import Ground, Ports
from pcloud.web.rendering import static
from pcloud.web.server import PageServer
from pcloud.web.table import PAGES

PEERS = 1_000
COUNT = 20_000
"""Records; `bench.records` has what grows with more of them."""
ROUNDS = 15
ANSWER_MS_MAX = 100.0
WEIGHT_KB_MAX = 100.0
BESIDE = frozenset({"/live", "/people/meet/near", "/leave"})
"""What waits for something on purpose, or ends the visit."""
_LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
_FILE = re.compile(r'"/static/([^"?]+)\?')


class Measured(NamedTuple):
    """One page."""

    path: str
    answer_ms: float
    weight_kb: float


async def filled(street: Street, count: int) -> Home:
    """A home with all of that."""
    home, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    mine, _ = await related(home, shop)
    draw = random.Random(1)
    records = [receipt(number, draw) for number in range(count)]
    for at in range(0, count, PUT_MAX):
        await home.owner.data_put(records[at : at + PUT_MAX])
    scope = await home.node.decider.do(lambda batch: batch.scope(bytes.fromhex(mine.id)))
    await home.down()
    store = SqliteStore.open(home.folder / "store.db", home.key)
    changes = Changes()
    for number in range(1, PEERS):
        id_ = number.to_bytes(16, "big")
        side = scope.relationship.me._replace(mailbox=id_)
        changes.relationships[id_] = scope.relationship._replace(me=side)
        about = (f"Shop number {number}", "to be a customer", "organisation", None, id_, number, number)
        changes.contacts[id_] = Contact(id_, Direction.OUT, "active", *about)
        changes.routes[id_] = Route(id_, id_, ScopeKind.RELATIONSHIP)
    store.commit(changes)
    store.close()
    return await home.up()


def weight(text: str) -> float:
    """Kilobytes of a page with the files that it names."""
    files = [found[0] for name in {*_FILE.findall(text)} if (found := static(name)) is not None]
    return (len(text.encode()) + sum(map(len, files))) / 1e3


def row_of(path: str) -> str | None:
    """The row of the table that answers a path."""
    bare = path.partition("?")[0]
    rows = (page.path for page in PAGES if page.method == "GET")
    return next((row for row in rows if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", row), bare)), None)


async def ask(session: aiohttp.ClientSession, path: str) -> tuple[str, float]:
    """A page, empty where it is none, and the milliseconds that it took."""
    began = time.perf_counter()
    async with session.get(path, allow_redirects=False) as answer:
        body = await answer.read()
        taken = (time.perf_counter() - began) * 1e3
        return (body.decode() if answer.content_type == "text/html" else ""), taken


async def measured(session: aiohttp.ClientSession) -> list[Measured]:
    """One page of each row that links lead to."""
    found, waiting, known = [], ["/"], {"/"}
    seen = set(BESIDE)
    while waiting:
        path = waiting.pop(0)
        row = row_of(path)
        if row is None or row in seen:
            continue
        seen.add(row)
        text, _ = await ask(session, path)
        if not text:
            continue
        times = [(await ask(session, path))[1] for _ in range(ROUNDS)]
        found.append(Measured(row, median(times), weight(text)))
        links = [html.unescape(link) for link in _LINK.findall(text)]
        waiting += [link for link in links if link not in known]
        known.update(links)
    return found


async def measure(folder: Path, count: int) -> list[Figure]:
    """Fill a node, come in, look at every page."""
    street = Street(folder)
    home = await filled(street, count)
    faults: list[BaseException] = []
    ground = Ground(
        home.folder,
        home.vault,
        home.vault.open(PASSPHRASE).derive("page"),
        SystemClock(),
        system_entropy,
        lambda _, fault: faults.append(fault),
    )
    server = PageServer(home.owner, ground, Ports(0, "127.0.0.1", 0))
    await server.start()
    served = read_file(home.folder)
    async with aiohttp.ClientSession(served.urls[0], cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        code = make_code(served.key, int(time.time()), system_entropy)
        headers = {"Origin": served.urls[0], "Sec-Fetch-Site": "same-origin"}
        async with session.post("/enter", data={"code": code}, headers=headers, allow_redirects=False):
            pages = await measured(session)
    await server.stop()
    await street.clear()
    if faults:
        raise faults[0]
    print(f"{PEERS:,} relationships, {count:,} records\n{'':<32} {'median ms':>10} {'kB':>8}")
    for page in sorted(pages, key=lambda page: -page.answer_ms):
        print(f"{page.path:<32} {page.answer_ms:10.1f} {page.weight_kb:8.1f}")
    slowest, heaviest = (
        max(pages, key=lambda page: page.answer_ms),
        max(pages, key=lambda page: page.weight_kb),
    )
    return [
        under("page: the slowest answer", slowest.answer_ms, "ms", ANSWER_MS_MAX),
        under("page: the heaviest", heaviest.weight_kb, "kB", WEIGHT_KB_MAX),
        under("page: the first one", next(each.answer_ms for each in pages if each.path == "/"), "ms", 100.0),
    ]


def figures() -> list[Figure]:
    """Measure in a folder of its own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else COUNT
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        return asyncio.run(measure(Path(folder), count))


if __name__ == "__main__":
    sys.exit(run(figures))
