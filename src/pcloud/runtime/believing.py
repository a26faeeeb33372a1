"""What a node writes down of its clock, so that its next start knows whether to believe it (ADR 36)."""

from pcloud.ambient.jump import DOUBTED_S, ClockTrust, Doubt
from pcloud.errors import Violation
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.wire import cbor
from pcloud.wire.shape import fixed, unsigned

BELIEVED_NOTED_S = 3_600
"""How often it is written down that the clock is believed."""
DOUBTED_NOTED_S = 600
"""How often it is written down that it is not, and for how long by then."""


def every_s(*, sure: bool) -> int:
    """How often a note is due."""
    return BELIEVED_NOTED_S if sure else DOUBTED_NOTED_S


def believed_before(batch: Batch) -> tuple[int | None, Doubt | None]:
    """When this node last believed its clock, and its doubts since; None for never and for none."""
    last, doubt = batch.store.fact(facts.CLOCK), batch.store.fact(facts.DOUBT)
    return None if last is None else int(last), None if doubt is None else _read(doubt)


def _read(doubt: bytes) -> Doubt | None:
    """A note that cannot be read says nothing."""
    try:
        at, spent_s = fixed(cbor.decode_list(doubt), 2)
        return Doubt(unsigned(at), min(unsigned(spent_s), DOUBTED_S))
    except Violation:
        return None


class Notes:
    """What was written down in this run."""

    def __init__(self, trust: ClockTrust) -> None:
        self._trust = trust
        self._last: tuple[bool, int] | None = None
        """Whether the clock was believed, and what it said."""

    def due(self, looked: int, *, sure: bool) -> dict[str, bytes | None]:
        """The facts to write by now, if any: the clock says `looked`, and is believed or not."""
        if self._last is not None:
            was_sure, noted = self._last
            if sure is was_sure and abs(looked - noted) < every_s(sure=sure):
                return {}
        if sure:
            return {facts.CLOCK: str(looked).encode(), facts.DOUBT: None}
        return {facts.DOUBT: cbor.encode(list(self._trust.doubt))}

    def written(self, looked: int, *, sure: bool) -> None:
        """They stand."""
        self._last = sure, looked
