"""What a run does at the same time: each job has processes of its own, and gives results as they come."""

import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")
Job = Callable[[], Iterator[T]]

AT_ONCE: Final = (os.cpu_count() or 1) + 1
"""Jobs at the same time. Nodes wait more than they compute, so one more than there are processors."""


def results(jobs: Sequence[Job[T]], at_once: int = AT_ONCE) -> Iterator[T]:
    """What all jobs give, as it comes. What a job raises is raised when all that runs has ended."""
    came: queue.SimpleQueue[T | None] = queue.SimpleQueue()

    def done(job: Job[T]) -> None:
        try:
            for each in job():
                came.put(each)
        finally:
            came.put(None)

    threads = ThreadPoolExecutor(max(1, at_once))
    try:
        running = [threads.submit(done, job) for job in jobs]
        left = len(running)
        while left:
            each = came.get()
            if each is None:
                left -= 1
            else:
                yield each
        for one in running:
            one.result()
    finally:
        threads.shutdown(cancel_futures=True)
