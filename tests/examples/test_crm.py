"""The table of customers of `examples/crm` is right after whatever happens, and whenever it was killed."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.nodes.agreed import agreed
from tests.e2e.nodes.taker import HOME, MAIL, NAME, erase, give, revoke, update

from pcloud.ambient.system import system_entropy
from pcloud.api.server import OwnerServer, Places
from pcloud.testing.home import Home, Street, until

CRM = Path(__file__).resolve().parents[2] / "examples/crm/crm.py"


class Running:
    """The program, as its own process."""

    def __init__(self, node: Path, database: Path) -> None:
        self._line = [sys.executable, str(CRM), "--node", str(node), "--database", str(database)]
        self._process: asyncio.subprocess.Process | None = None

    async def up(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )

    async def killed(self) -> None:
        if self._process is not None and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)
            await self._process.communicate()
        self._process = None


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(tmp_path)
    yield street
    await street.clear()


async def served(home: Home) -> OwnerServer:
    server = OwnerServer(
        home.owner, Places(home.folder, None, None, frozenset()), system_entropy, lambda *_: None
    )
    await server.start()
    return server


def rows(database: Path) -> dict[str, tuple[str | None, ...]]:
    """What the rest of the business sees."""
    if not database.exists():
        return {}
    with sqlite3.connect(database, timeout=5) as found:
        try:
            return {
                row[0]: row[1:]
                for row in found.execute("SELECT peer, name, email, street, city FROM customer")
            }
        except sqlite3.OperationalError:
            return {}  # it has not made its tables yet


async def becomes(database: Path, wanted: dict[str, tuple[str | None, ...]]) -> None:
    async def there() -> bool:
        return rows(database) == wanted

    await until(there)


def address(number: int) -> dict[str, str]:
    return {"streetAddress": f"Quendelweg {number}", "addressLocality": "Sagehorn"}


async def test_rows_follow_what_customers_do(street: Street, tmp_path: Path) -> None:
    anna, berta = await street.home("Anna"), await street.home("Berta")
    shop = await street.home("Flora", "organisation")
    one, other = await agreed(anna, shop), await agreed(berta, shop)
    database = tmp_path / "customers.db"
    server, crm = await served(shop), Running(shop.folder, database)
    try:
        await crm.up()
        grant = await give(one, {NAME: {"givenName": "Anna", "familyName": "Berg"}, HOME: address(1)})
        await give(other, {NAME: "Berta", MAIL: "berta@example.org"})
        first, second = one.theirs.id, other.theirs.id
        theirs = ("Berta", "berta@example.org", None, None)
        await becomes(database, {first: ("Anna Berg", None, "Quendelweg 1", "Sagehorn"), second: theirs})
        await update(one, grant, {HOME: address(2)}, 2)
        await becomes(database, {first: ("Anna Berg", None, "Quendelweg 2", "Sagehorn"), second: theirs})
        await revoke(one, grant, HOME)
        await becomes(database, {first: ("Anna Berg", None, None, None), second: theirs})
        assert b"Quendelweg" not in database.read_bytes()
        await erase(one, grant)
        await becomes(database, {second: theirs})
        assert b"Anna Berg" not in database.read_bytes()
        await anna.owner.close(one.mine.id)
        await berta.owner.close(other.mine.id)
        await becomes(database, {})
    finally:
        await crm.killed()
        await server.stop()


async def test_it_may_be_killed_at_any_time(street: Street, tmp_path: Path) -> None:
    chance = random.Random(7)
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    database = tmp_path / "customers.db"
    server, crm = await served(shop), Running(shop.folder, database)
    try:
        grant = await give(pair, {NAME: "Anna", HOME: address(1)})
        for version in range(2, 6):
            await crm.up()
            await update(pair, grant, {HOME: address(version)}, version)
            await asyncio.sleep(chance.uniform(0.1, 0.8))  # the moment of the kill, anywhere in its work
            await crm.killed()
            whole = rows(database).get(pair.theirs.id)
            assert whole is None or whole[0] == "Anna", "a row is there whole or not at all"
        await revoke(pair, grant, NAME)
        await crm.up()
        await becomes(database, {pair.theirs.id: (None, None, "Quendelweg 5", "Sagehorn")})
        await crm.killed()
        await erase(pair, grant)
        await crm.up()
        await becomes(database, {})
        for gone in (b"Quendelweg", b"Anna"):
            assert gone not in database.read_bytes()
    finally:
        await crm.killed()
        await server.stop()
