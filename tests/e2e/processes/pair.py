"""Two houses whose people know each other: made once, then copied for whoever wants to spoil one."""

import asyncio
import copy
import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.processes.cli import House, run, until

from pcloud.api import Client
from pcloud.cli.exits import Exit
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Contact
from pcloud.testing.home import until as eventually

SAID = ("Two bunches of tulips, please.", "They are ready at four.")
ON_ITS_WAY = "Make it three."
"""Said while the other node was down: what is kept of it must survive everything."""

Held = dict[str, Any]


class Pair(NamedTuple):
    """A customer and a shop, with what each holds."""

    anna: House
    shop: House
    annas: Held
    shops: Held


class Refusal(NamedTuple):
    """How a command ends that cannot be done."""

    exit: int
    code: str
    text: str


async def _held(folder: Path) -> Held:
    async with Client.at(folder) as node:
        peers = await node.peers()
        return {
            # When a peer was last heard changes with every start of either.
            "peers": [dataclasses.replace(peer, last_contact=None) for peer in peers],
            "logs": [await node.log(peer.id, limit=100) for peer in peers],
            "contacts": await node.contacts(),
            "invitations": await node.invitations(),
            "terms": await node.terms(),
        }


def held(house: House) -> Held:
    """Everything that a node tells its owner of what it keeps. The command line's JSON is the same data."""
    return asyncio.run(_held(house.folder))


def said(house: House, peer: str | None = None) -> list[str]:
    """All texts of a relationship, oldest first: of its first one, where none is named."""
    state = held(house)
    at = 0 if peer is None else [each.id for each in state["peers"]].index(peer)
    return [entry.text for entry in reversed(state["logs"][at]) if entry.text is not None]


def waiting(house: House) -> int:
    """Words that the peer has not acknowledged."""
    return int(held(house)["peers"][0].waiting)


def say(house: House, text: str) -> None:
    """Say something in its first relationship."""

    async def asked() -> None:
        async with Client.at(house.folder) as node:
            await node.say((await node.peers())[0].id, text)

    asyncio.run(asked())


def say_all(house: House, peer: str, texts: Sequence[str]) -> tuple[list[str], str]:
    """Say them one by one; gives those of which the owner was told that they are kept, and why no more."""

    async def asked() -> tuple[list[str], str]:
        told: list[str] = []
        async with Client.at(house.folder) as node:
            for text in texts:
                try:
                    await node.say(peer, text)
                except OwnerError as refused:
                    return told, refused.code
                told.append(text)
        return told, ""

    return asyncio.run(asked())


def acquainted(folder: Path) -> Pair:
    """Make them, let them meet and speak, and stop both, with one message still on its way to the shop."""
    anna, shop = House(folder, "Anna").up(), House(folder, "Flora", "organisation").up()
    try:
        introduce(anna, shop, "flowers on order")
        say(anna, SAID[0])
        until(lambda: said(shop) == [SAID[0]])
        say(shop, SAID[1])
        until(lambda: waiting(anna) == waiting(shop) == 0)
        shops = held(shop)
        shop.down()
        say(anna, ON_ITS_WAY)
        annas = held(anna)
        anna.down()
    finally:
        stop(anna, shop)
    return Pair(anna, shop, annas, shops)


def introduce(guest: House, host: House, purpose: str) -> str:
    """They become peers; gives the guest's id of the host."""

    async def asked() -> str:
        async with Client.at(guest.folder) as one, Client.at(host.folder) as other:
            return (await related(one, other, purpose))[0]

    return asyncio.run(asked())


async def related(guest: Client, host: Client, purpose: str) -> tuple[str, str]:
    """They become peers; gives each one's id of the other."""
    invitation = await host.invite(purpose)
    mine = (await guest.connect(invitation.link)).id
    await guest.accept(mine)

    async def asks() -> list[Contact]:
        return [each for each in await host.contacts() if each.state == "requested"]

    theirs = (await eventually(asks))[0].id
    await host.accept(theirs)

    async def both() -> bool:
        here = [peer for peer in await guest.peers() if peer.id == mine]
        there = [peer for peer in await host.peers() if peer.id == theirs]
        states = [peer.state for peer in (*here, *there)]
        return states == ["active", "active"] and bool(here[0].code) and here[0].code == there[0].code

    await eventually(both)
    return mine, theirs


def moved(house: House, folder: Path) -> House:
    """A copy of a house that may be spoilt."""
    other = copy.copy(house)
    other.folder, other.passphrase = folder / house.folder.name, folder / house.passphrase.name
    shutil.copytree(house.folder, other.folder)
    other.folder.chmod(0o700)
    shutil.copy2(house.passphrase, other.passphrase)
    return other


def stop(*houses: House) -> None:
    """End what runs, whatever became of it, and free what was heard from it."""
    for house in houses:
        if house.process is not None:
            if house.process.poll() is None:
                house.process.kill()
            house.process.communicate()


def refusal(*words: str, folder: Path, notes: int = 0, shown: bool = False) -> Refusal:
    """How a command is refused: one line after so many notes; if `shown`, the same as a person sees it."""
    asked = run(*words, "--json", folder=folder)
    assert asked.returncode != Exit.DONE
    assert asked.stdout == ""
    lines = asked.stderr.splitlines()
    assert len(lines) == notes + 1, asked.stderr
    error = json.loads(lines[-1])["error"]
    if shown:
        plain = run(*words, folder=folder)
        assert (plain.returncode, plain.stdout) == (asked.returncode, "")
        assert plain.stderr.splitlines()[notes:] == [f"pcloud: {error['text']}"]
    return Refusal(asked.returncode, **error)


def refused_up(house: House, *, shown: bool = False) -> Refusal:
    """How a node does not start."""
    words = ("up", "--listen", f"127.0.0.1:{house.port}", "--passphrase-file", str(house.passphrase))
    return refusal(*words, folder=house.folder, shown=shown)


def files(folder: Path) -> dict[str, bytes]:
    """What stands in a folder, but for the lock, which is empty and comes and goes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }
