"""Waiting for whichever comes first."""

import asyncio
from collections.abc import Coroutine


async def first(*awaited: Coroutine[object, object, object]) -> None:
    """Wait until one of them has ended, and end the others."""
    tasks = [asyncio.create_task(each) for each in awaited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
