"""Houses whose process is wrapped, and what their owners are told while something is wrong."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.processes.cli import PROGRAM, WAIT_S_MAX, House
from tests.e2e.processes.pair import held

from pcloud.api import Client
from pcloud.runtime.surface import OwnerError


def up(house: House, prefix: Sequence[str] = (), **environment: str) -> House:
    """Start a house under another program, or with a changed environment, and wait until it is ready."""
    command = [
        *prefix, sys.executable, *PROGRAM, "up", "--json", "--dir", str(house.folder),
        "--listen", f"127.0.0.1:{house.port}", "--passphrase-file", str(house.passphrase),
    ]  # fmt: skip
    house.process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    assert house.process.stdout is not None
    assert json.loads(house.process.stdout.readline())["ready"] is True
    return house


def ended(house: House) -> int:
    """How it ended by itself."""
    assert house.process is not None
    code = house.process.wait(WAIT_S_MAX)
    house.process.communicate()
    house.process = None
    return code


async def _say(folder: Path, peer: str, texts: Sequence[str]) -> tuple[list[str], str]:
    told: list[str] = []
    async with Client.at(folder) as node:
        for text in texts:
            try:
                await node.say(peer, text)
            except OwnerError as refused:
                return told, refused.code
            told.append(text)
    return told, ""


def say_all(house: House, peer: str, texts: Sequence[str]) -> tuple[list[str], str]:
    """Say them one by one; gives those of which the owner was told that they are kept, and why no more."""
    return asyncio.run(_say(house.folder, peer, texts))


def texts_with(house: House, peer: str) -> list[str]:
    """All texts of a relationship, oldest first."""
    state = held(house)
    at = [each.id for each in state["peers"]].index(peer)
    return [entry.text for entry in reversed(state["logs"][at]) if entry.text is not None]
