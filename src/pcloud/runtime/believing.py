"""What a node writes down of its clock, so that its next start knows whether to believe it (ADR 36)."""

from typing import cast

from pcloud.ambient.jump import ClockTrust, Doubt
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.wire import cbor

BELIEVED_NOTED_S = 3_600
"""How often it is written down that the clock is believed."""
DOUBTED_NOTED_S = 600
"""How often it is written down that it is not, and how long still."""


def believed_before(batch: Batch) -> tuple[int | None, Doubt | None]:
    """When this node last believed its clock, and its doubts since; None for never and for none."""
    last, doubt = batch.store.fact(facts.CLOCK), batch.store.fact(facts.DOUBT)
    doubted = None if doubt is None else Doubt(*cast("list[int]", cbor.decode_list(doubt)))
    return None if last is None else int(last), doubted


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
            if sure is was_sure and abs(looked - noted) < (BELIEVED_NOTED_S if sure else DOUBTED_NOTED_S):
                return {}
        if sure:
            return {facts.CLOCK: str(looked).encode(), facts.DOUBT: None}
        return {facts.DOUBT: cbor.encode(list(self._trust.doubt))}

    def written(self, looked: int, *, sure: bool) -> None:
        """They stand."""
        self._last = sure, looked
