"""Two real nodes meet, speak while one is away, and nothing is lost. The README shows this file."""

import asyncio
import tempfile
from pathlib import Path

from pcloud.testing.home import Street, quiet, related, texts


async def main() -> None:
    """One story, on real sockets."""
    with tempfile.TemporaryDirectory() as folder:
        street = Street(Path(folder))
        anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
        mine, theirs = await related(anna, shop)  # a link, two owners' yes
        print("both show", mine.code, theirs.code)

        await shop.down()
        await anna.owner.say(mine.id, "Two bunches of tulips, please.")
        await shop.up()
        await quiet(anna)  # until the shop has acknowledged it
        print("the shop reads:", await texts(shop, theirs.id))
        await street.clear()


asyncio.run(main())
