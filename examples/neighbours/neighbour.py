"""Minds one neighbour's shop, as a program of its owner: `neighbour.py SHOP FOLDER`, beside a node that runs.

It prints an invitation, then lets everybody in who asks, greets them, and accepts terms that the shop knows.
"""

import asyncio
import contextlib
import sys
import tomllib
from pathlib import Path

from pcloud.api import Client

SHOPS = tomllib.loads(Path(__file__).with_name("shops.toml").read_text())


async def mind(shop: dict[str, str], folder: Path) -> None:
    """Look at everything whenever something happens: simple, and nothing is missed."""
    greeted: set[str] = set()
    async with Client.at(folder) as node:
        invitation = await node.invite(shop["purpose"], uses=100, expires_s=None)
        print(invitation.link, flush=True)
        async for _ in node.happenings(after=0):
            for contact in await node.contacts():
                if contact.direction == "in" and contact.state == "requested":
                    await node.accept(contact.id, name=shop["name"])
            for peer in await node.peers():
                if peer.state == "active" and peer.id not in greeted:
                    greeted.add(peer.id)
                    await node.say(peer.id, shop["greeting"])
            for proffer in await node.terms():
                if proffer.turn == "mine" and not proffer.mine and proffer.terms == shop["terms"]:
                    await node.accept_terms(proffer.id)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(mind(SHOPS[sys.argv[1]], Path(sys.argv[2])))
