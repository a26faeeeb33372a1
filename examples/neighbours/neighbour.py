"""Minds one neighbour's shop, as a program of its owner: `neighbour.py SHOP FOLDER`, beside a node that runs.

It prints an invitation, lets everybody in who asks, greets them, accepts terms that the shop knows, and then
asks for the data that the shop needs. All that it has to remember its node knows: it may end at any time.
"""

import asyncio
import contextlib
import sys
import tomllib
from pathlib import Path
from typing import Any

from pcloud.api import Client, OwnerError
from pcloud.runtime.views import Peer

SHOPS = tomllib.loads(Path(__file__).with_name("shops.toml").read_text())


async def mind(shop: dict[str, Any], folder: Path) -> None:
    """Look at everything whenever something happens: simple, and nothing is missed."""
    async with Client.at(folder) as node:
        print(await invitation(node, shop), flush=True)
        async for _ in node.happenings(after=0):
            for contact in await node.contacts():
                if contact.direction == "in" and contact.state == "requested":
                    await node.accept(contact.id, name=shop["name"])
            for proffer in await node.terms():
                if proffer.turn == "mine" and not proffer.mine and proffer.terms == shop["terms"]:
                    await node.accept_terms(proffer.id)
            for peer in await node.peers():
                if peer.state == "active":
                    await attend(node, shop, peer)


async def attend(node: Client, shop: dict[str, Any], peer: Peer) -> None:
    """See to one customer; what cannot be done now is tried again with the next happening."""
    try:
        await greet(node, shop, peer)
        if shop["terms"] in peer.terms:
            await ask(node, shop, peer)
    except OwnerError as problem:
        print(f"{shop['name']}: {problem}", file=sys.stderr)


async def invitation(node: Client, shop: dict[str, Any]) -> str:
    """The link of the shop's invitation, made where there is none yet."""
    for known in await node.invitations():
        if known.state == "open" and known.purpose == shop["purpose"]:
            return known.link
    return (await node.invite(shop["purpose"], uses=100, expires_s=None)).link


async def greet(node: Client, shop: dict[str, Any], peer: Peer) -> None:
    """Say welcome to who has heard nothing from the shop lately."""
    if not any(entry.mine and entry.text for entry in await node.log(peer.id)):
        await node.say(peer.id, shop["greeting"])


async def ask(node: Client, shop: dict[str, Any], peer: Peer) -> None:
    """Ask for what the shop needs, each thing once, whatever the answer is."""
    questions = (await node.questions(peer=peer.id)).questions
    known = [{wanted.path for wanted in question.wanted} for question in questions]
    for question in shop["asks"]:
        paths = [path.rstrip("?") for path in question["wanted"]]
        if set(paths) not in known:
            needed = [path for path in question["wanted"] if not path.endswith("?")]
            await node.ask(
                peer.id, paths, question["purposes"], standing=question["standing"], required=needed
            )


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(mind(SHOPS[sys.argv[1]], Path(sys.argv[2])))
