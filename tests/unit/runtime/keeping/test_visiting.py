"""[TRANSPORT-35] [TRANSPORT-36]: a holder that says what no holder says is as one that cannot be reached."""

import pytest
from tests.e2e.nodes.copying import fetch, list_kept

from pcloud.net.memory import MemoryNet, Switchboard
from pcloud.net.port import Line, Link, Packet, UnreachableError
from pcloud.net.quiet import Quiet
from pcloud.runtime.keeping.fetching import FalseVolumeError
from pcloud.runtime.keeping.visiting import RefusedError
from pcloud.wire.services.custody import Kept
from pcloud.wire.services.service import Outcome, write_answer

WHERE = "https://holder.example"
LOCATOR, DIGEST = b"l" * 32, b"d" * 32
ROW = Kept(1, 0, 5, DIGEST, 1_800_000_000)


class Rogue(Quiet):
    """A node that answers every request with the next of these messages."""

    def __init__(self, *says: bytes | None) -> None:
        self.says = list(says)

    @property
    def serves(self) -> bool:
        return True

    async def serve(self, line: Line) -> None:
        while self.says and await line.receive() is not None:
            said = self.says.pop(0)
            if said is None:
                return
            await line.send(said)

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        raise AssertionError("nothing is sent to it")


async def nets(rogue: Rogue) -> tuple[MemoryNet, MemoryNet]:
    """One that listens, and one that calls it."""
    board = Switchboard()
    theirs, mine = MemoryNet(board, WHERE, "holder"), MemoryNet(board, "", "somebody")
    await theirs.listen(rogue)
    return theirs, mine


def rows(*places: int) -> bytes:
    return write_answer(1, Outcome.DONE, [[place, *ROW[1:]] for place in places])


@pytest.mark.parametrize(
    "says",
    [
        (None,),
        (b"\x80",),
        (b"\xff" * 100,),
        (write_answer(2, Outcome.DONE, []),),
        (write_answer(1, Outcome.DONE),),
        (write_answer(1, Outcome.DONE, [], []),),
        (write_answer(1, Outcome.DONE, 7),),
        (b"\x83\x00\x01\x18\x63",),
        (rows(2, 1),),
        (rows(1, 1),),
        (b"\x82\x07\x01",),
    ],
    ids=repr,
)
async def test_an_answer_of_another_form_is_none(says: tuple[bytes | None, ...]) -> None:
    theirs, mine = await nets(Rogue(*says))
    with pytest.raises(UnreachableError):
        await list_kept(mine, WHERE, LOCATOR)
    await mine.close()
    await theirs.close()


async def test_a_list_that_goes_back_has_come_to_its_end() -> None:
    again = write_answer(2, Outcome.DONE, [[1, *ROW[1:]]])
    theirs, mine = await nets(Rogue(rows(1, 2), again))
    assert [row.place for row in await list_kept(mine, WHERE, LOCATOR)] == [1, 2]
    await mine.close()
    await theirs.close()


async def test_a_holder_that_cannot_now_is_not_one_that_knows_nothing() -> None:
    theirs, mine = await nets(Rogue(write_answer(1, Outcome.BUSY)))
    with pytest.raises(RefusedError) as found:
        await list_kept(mine, WHERE, LOCATOR)
    assert found.value.outcome is Outcome.BUSY
    await mine.close()
    await theirs.close()


@pytest.mark.parametrize("data", [b"", b"longer than it said", b"other"])
async def test_other_bytes_than_were_listed_are_no_volume(data: bytes) -> None:
    theirs, mine = await nets(Rogue(write_answer(1, Outcome.DONE, data)))
    with pytest.raises(FalseVolumeError):
        assert not [piece async for piece in fetch(mine, WHERE, LOCATOR, ROW)]
    await mine.close()
    await theirs.close()


async def test_nobody_there_is_unreachable() -> None:
    mine = MemoryNet(Switchboard(), "", "somebody")
    with pytest.raises(UnreachableError):
        await list_kept(mine, WHERE, LOCATOR)
    await mine.close()
