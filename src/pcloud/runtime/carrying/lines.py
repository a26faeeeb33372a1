"""Service lines that came in: each message goes to whom it is for, by its operation (spec 13 §10)."""

from typing import Protocol

from pcloud.errors import PcloudError
from pcloud.net.port import Line
from pcloud.runtime.relaying.relays import Relays
from pcloud.wire.services.service import operation_of

RELAY_OPERATIONS = range(1, 16)


class Keeper(Protocol):
    """Who answers requests that need no memory of the line."""

    async def answer(self, message: bytes) -> bytes:
        """One answer to one request. Raises Violation for what is none."""


async def serve(line: Line, relays: Relays, keeper: Keeper | None) -> None:
    """Answer one line until it ends, or until it says what nobody here understands."""
    visit = await relays.visit(line)
    try:
        while (message := await line.receive()) is not None:
            if operation_of(message) in RELAY_OPERATIONS:
                if not relays.counter.open:
                    return
                await visit.hear(message)
            elif keeper is None:
                return
            else:
                await line.send(await keeper.answer(message))
    except PcloudError:
        return  # it has ended, it is nonsense, or a store that fails was told of
    finally:
        await relays.leave(line, visit)
