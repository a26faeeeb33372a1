"""The next keys that the 24 words give, found by the commitments in key logs (spec 03 §4, spec 06 §13)."""

from collections.abc import Iterator

from pcloud.limits import KEY_EVENTS_MAX, POOL_SIZE
from pcloud.wire import keylog
from pcloud.wire.keys import SigningKey

BLOCKS_MAX = 16
"""Pools of one generation that are looked through: an owner who made more has some 65,000 relationships."""
GENERATIONS_MAX = 32
"""Generations before the newest: every recovery renews all personas, but for those it could not."""


class NextKeys:
    """Looked through from the newest generation of this node downwards, then upwards, a pool at a time.

    A pool takes some 150 ms and is made once; a commitment that no pool has costs all of them, once.
    """

    def __init__(self, secret: bytes, generation: int, pool_end: int) -> None:
        """`pool_end`: how many commitments of its newest generation the node has made."""
        self._secret = secret
        self._blocks = _blocks(generation, pool_end)
        self._places: dict[bytes, tuple[int, int]] = {}

    def __repr__(self) -> str:
        """Without the secret: what is printed ends in logs."""
        return "NextKeys()"

    def generation_of(self, commitment: bytes) -> int | None:
        """The generation that a commitment is of; None where these words never made it."""
        place = self._place(commitment)
        return None if place is None else place[0]

    def find(self, commitment: bytes) -> SigningKey | None:
        """The key behind a commitment; None where these words never made it."""
        place = self._place(commitment)
        return None if place is None else keylog.next_key(self._secret, *place)

    def _place(self, commitment: bytes) -> tuple[int, int] | None:
        while commitment not in self._places:
            block = next(self._blocks, None)
            if block is None:
                return None
            generation, start = block
            made = keylog.pool(self._secret, generation, start, POOL_SIZE)
            self._places.update((each, (generation, start + index)) for index, each in enumerate(made))
        return self._places[commitment]


def _blocks(generation: int, pool_end: int) -> Iterator[tuple[int, int]]:
    """Generations and first indexes, the likeliest first."""
    lowest = max(generation - GENERATIONS_MAX, -1)
    for known in range(generation, lowest, -1):
        yield known, 0
    for block in range(1, min(-(-pool_end // POOL_SIZE), BLOCKS_MAX)):
        for known in range(generation, lowest, -1):
            yield known, block * POOL_SIZE
    # Another copy of this node may have recovered as often as a key log can grow.
    for later in range(generation + 1, generation + KEY_EVENTS_MAX):
        yield later, 0
