"""The node that is destroyed: it talks, agrees and keeps copies of itself until somebody kills it."""

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.crash.clock import QuickClock

from pcloud.runtime.config import Limits
from pcloud.runtime.owner import Owner
from pcloud.runtime.surface import OwnerError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Kept, assemble, loopback

STORE, LOG = "store.db", "log"
PAUSE_S_MAX = 0.02
RECORDS = 12
"""Paths at which the owner's own data stand."""
COPY_PAUSE_S_MAX = 0.2


class Order(NamedTuple):
    """One life, which ends with a kill."""

    folder: str
    copies: str
    key: bytes
    port: int
    zero: float
    seed: str
    peers: tuple[str, ...]


async def live(order: Order) -> None:
    """Be the node."""
    clock = QuickClock(order.zero)
    store = SqliteStore.open(Path(order.folder) / STORE, order.key)
    with (Path(order.folder) / LOG).open("a", buffering=1) as log:
        kept = Kept(Path(order.folder))
        node = assemble(store, loopback(order.port), clock, Limits(), log, kept=kept)
        await node.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep(Owner(node), order))
            tasks.create_task(_record(Owner(node), random.Random(f"{order.seed} records")))
            for peer in order.peers:
                tasks.create_task(_act(Owner(node), peer, random.Random(f"{order.seed} {peer}")))


async def _keep(owner: Owner, order: Order) -> None:
    """Copies under rising names, each there as a whole or not at all."""
    draw = random.Random(order.seed)
    number = 0
    while True:
        number += 1
        path = Path(order.copies) / f"{number:04}.part"
        with path.open("wb") as file:
            async for piece in owner.backup():
                file.write(piece)
        path.rename(path.with_suffix(".volume"))
        os.write(1, b"copied\n")
        await asyncio.sleep(draw.uniform(0, COPY_PAUSE_S_MAX))


async def _record(owner: Owner, draw: random.Random) -> None:
    """What an owner does with its own data: sets, changes, deletes it with its history or without."""
    number = 0
    while True:
        number += 1
        path = f"x-things/{draw.randrange(RECORDS)}"
        known = await owner.data_list(prefix=path)
        if known and draw.random() < 0.2:
            await owner.data_delete(path, keep_history=draw.random() < 0.5)
        else:
            await owner.data_set(path, {"number": number})
        await asyncio.sleep(draw.uniform(0, PAUSE_S_MAX))


async def _act(owner: Owner, peer: str, draw: random.Random) -> None:
    """What an owner does, pauses apart (spec 06 §12); what cannot be done now is left."""
    number = 0
    while True:
        number += 1
        try:
            await _once(owner, peer, draw, number)
        except OwnerError as refused:
            if refused.code in ("internal", "store"):
                raise
        await asyncio.sleep(draw.uniform(0, PAUSE_S_MAX))


async def _once(owner: Owner, peer: str, draw: random.Random, number: int) -> None:
    roll = draw.random()
    if roll < 0.05:
        await owner.rotate(peer)
    elif roll < 0.15:
        await owner.proffer(peer, draw.choice(("SD-BASE", "SD-BASE-A")))
    elif roll < 0.18:
        for each in await owner.terms(peer):
            if each.agreement is not None and each.ended is None:
                await owner.terminate_terms(each.id)
                return
    else:
        await owner.say(peer, f"victim {number}")


if __name__ == "__main__":
    asyncio.run(live(msgspec.json.decode(sys.argv[1], type=Order)))
