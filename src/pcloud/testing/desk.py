"""Both ends of the asks between two scopes, in memory (spec 05 §9)."""

from collections.abc import Callable

from pcloud.engine import asks
from pcloud.engine.asks import Inbound, Outbound
from pcloud.errors import Violation
from pcloud.kernel.effects import Ask


class Desk:
    """What one scope asks of another: written, applied once, answered."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.outbound = Outbound()
        self.inbound = Inbound()

    def ask(self, effect: Ask, apply: Callable[[], None]) -> str | None:
        """Ask, let the target apply it in its commit, and take the answer: applied, or a refusal's code."""
        self.outbound, row = asks.ask(self.outbound, self.source, effect)
        apply_now, answer = asks.admit(self.inbound, row)
        if apply_now:
            try:
                apply()
                answer = asks.APPLIED
            except Violation as violation:
                answer = violation.code.value
            self.inbound = asks.answered(self.inbound, row, answer)
        if answer is not None:
            self.outbound, _ = asks.settled(self.outbound, row, answer)
        return answer
