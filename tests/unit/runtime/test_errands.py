"""Work beside the node: a fault of one errand is told and touches no other; all end with the node."""

import asyncio

from pcloud.ambient.port import WorkersClosedError
from pcloud.runtime.errands import Errands


async def test_a_fault_ends_the_errand_that_has_it_and_nothing_else() -> None:
    told: list[Exception] = []
    errands, go_on, done = Errands("test", told.append), asyncio.Event(), []

    async def fails() -> None:
        raise ValueError("a fault")

    async def lasts() -> None:
        await go_on.wait()
        done.append(1)

    lasting = errands.begin(lasts())
    await errands.begin(fails())
    assert [str(error) for error in told] == ["a fault"]
    assert not lasting.done()
    go_on.set()
    await lasting
    assert done == [1]
    await errands.do(fails())
    assert len(told) == 2


async def test_a_node_that_stops_is_no_fault_and_ends_what_is_under_way() -> None:
    told: list[Exception] = []
    errands = Errands("test", told.append)

    async def finds_it_closed() -> None:
        raise WorkersClosedError

    await errands.begin(finds_it_closed())
    lasting = errands.begin(asyncio.sleep(3_600))
    await errands.stop()
    assert lasting.cancelled()
    assert told == []
