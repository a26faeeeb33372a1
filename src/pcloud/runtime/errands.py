"""Work that goes on beside the node, until it is done or the node stops."""

import asyncio
from collections.abc import Callable, Coroutine

from pcloud.ambient.port import WorkersClosedError


class Errands:
    """Tasks of one part of the node: a fault ends the one that has it, and nothing else."""

    def __init__(self, name: str, failed: Callable[[Exception], None]) -> None:
        """`failed` is told what went wrong."""
        self._name, self._failed = name, failed
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Let it go on beside the caller."""
        task = asyncio.create_task(self.do(work), name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # where it was ended before it had begun
        return task

    async def do(self, work: Coroutine[object, object, None]) -> None:
        """Wait for it, whatever comes of it."""
        try:
            await work
        except WorkersClosedError:
            return  # the node stops
        except Exception as error:  # noqa: BLE001 - the owner's log has it, and the rest goes on
            self._failed(error)

    async def stop(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
