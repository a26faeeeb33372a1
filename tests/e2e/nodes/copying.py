"""Homes that keep copies of each other: what several tests do."""

from collections.abc import AsyncIterator

from pcloud.engine.archive.chain import Checked, check_chain
from pcloud.holdings.port import Held
from pcloud.net.port import Net
from pcloud.runtime.keeping.fetching import fetch_over, list_over
from pcloud.runtime.keeping.visiting import visit
from pcloud.runtime.views import Holding
from pcloud.testing.home import Home, loopback, related, until
from pcloud.wire.keylog import manifest_seed
from pcloud.wire.keys import HybridKey
from pcloud.wire.services.custody import FULL, Kept, locator


async def list_kept(net: Net, where: str, secret: bytes) -> tuple[Kept, ...]:
    """What a holder lists, over a line of its own."""
    async with visit(net, where) as holder:
        return await list_over(holder, secret)


async def fetch(net: Net, where: str, secret: bytes, row: Kept) -> AsyncIterator[bytes]:
    """One volume, over a line of its own."""
    async with visit(net, where) as holder:
        async for data in fetch_over(holder, secret, row):
            yield data


def endpoint(home: Home) -> str:
    return f"http://127.0.0.1:{home.port}"


async def peers(home: Home) -> list[Holding]:
    """Who keeps copies of this home."""
    return [row for row in await home.owner.holders() if row.place == "peer"]


async def kept_for(home: Home) -> list[Holding]:
    """Whose copies this home keeps."""
    return [row for row in await home.owner.holders() if row.place == "for-peer"]


async def hurry(home: Home) -> None:
    """Let its copies be looked after now."""
    for place in home.node.keepings.copying.places:
        home.node.keepings.copying.hurry(place)


async def brought(home: Home, count: int = 1) -> Holding | None:
    """The first holder, once all have everything."""
    await hurry(home)
    rows = [row for row in await peers(home) if row.current and row.newest]
    return rows[0] if len(rows) == count else None


async def trouble(home: Home) -> str | None:
    """Why the copies at a holder are not as they should be."""
    await hurry(home)
    return next((row.problem for row in await peers(home) if row.problem), None)


async def holds(anna: Home, holder: Home, room: int = 2**30) -> str:
    """Anna asks, the holder grants, and the first copy is there. Gives what the holder calls her."""
    mine, theirs = await related(anna, holder)
    before = len(await peers(anna))
    await holder.owner.holder_serve(on=True)
    await anna.owner.holder_ask(mine.id, bytes_max=room)
    await until(lambda: kept_for(holder))
    await holder.owner.holder_grant(theirs.id)
    await until(lambda: brought(anna, before + 1))
    return theirs.id


async def volumes(home: Home, holder: Home) -> tuple[Kept, ...]:
    """What somebody with the words finds, without any node."""
    net = loopback(0, listens=False)
    try:
        for index in range(16):
            found = await list_kept(net, endpoint(holder), locator(home.secret, index))
            if found:
                return found
        return ()
    finally:
        await net.close()


async def fetched(home: Home, holder: Home, row: Kept) -> bytes:
    """One volume, with the words alone."""
    net = loopback(0, listens=False)
    try:
        for index in range(16):
            secret = locator(home.secret, index)
            if await list_kept(net, endpoint(holder), secret):
                return b"".join([piece async for piece in fetch(net, endpoint(holder), secret, row)])
        raise LookupError("nothing is kept there")
    finally:
        await net.close()


async def opened(home: Home, holder: Home, upto: int | None = None) -> Checked:
    """The newest chain at a holder, or that of the full volume at a place; it has to hold."""
    rows = await volumes(home, holder)
    fulls = [at for at, row in enumerate(rows) if row.kind == FULL and (upto is None or row.place <= upto)]
    end = next((at for at, row in enumerate(rows) if at > fulls[-1] and row.kind == FULL), len(rows))
    chain = [[await fetched(home, holder, row)] for row in rows[fulls[-1] : end]]
    checked = check_chain(HybridKey.from_seed(manifest_seed(home.secret)), chain)
    assert checked is not None
    return checked


async def held(home: Home) -> list[Held]:
    """What its holdings say."""
    keeper = home.node.keepings.keeper
    assert keeper is not None
    return list(await keeper.do(lambda holdings: list(holdings.held())))


async def newest_entry(home: Home) -> int:
    """The number of the newest message that a home has."""
    return await home.node.decider.do(lambda batch: batch.store.feed_end())
