"""How a command asks the node that runs: over its Unix socket, one question or several, then away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from pcloud.cli.place import Place

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface

T = TypeVar("T")


def ask(place: Place, question: Callable[["Surface"], Awaitable[T]]) -> T:
    """Put a question to the node of this place. Raises CommandError where none runs, OwnerError."""
    folder = place.need_node()

    async def asked() -> T:
        async with place.reach(folder) as node:
            return await question(node)

    return asyncio.run(asked())
