"""Work that crosses scopes: asked once, applied once, always answered (spec 05 §9)."""

from collections.abc import Mapping
from typing import NamedTuple

from pcloud.errors import Code, UsageError
from pcloud.kernel.effects import Ask
from pcloud.limits import ASK_KEPT_S

APPLIED = "applied"


class AskRow(NamedTuple):
    """One ask as written in the source's commit: unique by source, target and number."""

    source: str
    target: str
    number: int
    command: str
    id: bytes
    answer: str | None = None


class Outbound(NamedTuple):
    """A source's asks: the last number per target, and those without an answer."""

    numbers: Mapping[str, int] = {}
    open: tuple[AskRow, ...] = ()


class Taken(NamedTuple):
    """One ask that a target has answered, and when its source's row went."""

    number: int
    answer: str
    gone_at: int | None = None


class Inbound(NamedTuple):
    """A target's memory of what each source asked."""

    taken: Mapping[str, tuple[Taken, ...]] = {}
    forgotten: Mapping[str, int] = {}
    """Per source, the highest number whose row is no longer kept."""


class Admission(NamedTuple):
    """Whether an ask is to be applied now; else the answer it got, or None to wait."""

    apply: bool
    answer: str | None


def ask(outbound: Outbound, source: str, effect: Ask) -> tuple[Outbound, AskRow]:
    """Number an ask, in the commit that makes it."""
    number = outbound.numbers.get(effect.target, 0) + 1
    row = AskRow(source, effect.target, number, effect.command, effect.id)
    numbers = {**outbound.numbers, effect.target: number}
    return Outbound(numbers, (*outbound.open, row)), row


def admit(inbound: Inbound, row: AskRow) -> Admission:
    """Judge an ask that arrives: the next of its source is applied, a known one keeps its answer."""
    taken = inbound.taken.get(row.source, ())
    last = max(inbound.forgotten.get(row.source, 0), *(each.number for each in taken), 0)
    if row.number == last + 1:
        return Admission(apply=True, answer=None)
    if row.number > last:
        return Admission(apply=False, answer=None)
    known = next((each.answer for each in taken if each.number == row.number), Code.ASK_FORGOTTEN)
    return Admission(apply=False, answer=str(known))


def answered(inbound: Inbound, row: AskRow, answer: str) -> Inbound:
    """Store the answer, in the commit that applied or refused the ask."""
    taken = (*inbound.taken.get(row.source, ()), Taken(row.number, answer))
    return inbound._replace(taken={**inbound.taken, row.source: taken})


def settled(outbound: Outbound, row: AskRow, answer: str) -> tuple[Outbound, AskRow]:
    """Take an answer, which is not answered. Raises UsageError for an ask that is not open."""
    known = next((each for each in outbound.open if each == row), None)
    if known is None:
        raise UsageError(Code.ASK_FORGOTTEN)
    rest = tuple(each for each in outbound.open if each != row)
    return outbound._replace(open=rest), row._replace(answer=answer)


def source_gone(inbound: Inbound, source: str, number: int, now: int) -> Inbound:
    """Note that the source has dropped its row; the target keeps its own a week longer."""
    taken = tuple(
        each._replace(gone_at=now) if each.number == number else each
        for each in inbound.taken.get(source, ())
    )
    return inbound._replace(taken={**inbound.taken, source: taken})


def forget(inbound: Inbound, source: str, now: int) -> Inbound:
    """Drop what is older than a week after its source's row went."""
    taken = inbound.taken.get(source, ())
    old = [each for each in taken if each.gone_at is not None and now - each.gone_at >= ASK_KEPT_S]
    if not old:
        return inbound
    kept = tuple(each for each in taken if each not in old)
    forgotten = max(inbound.forgotten.get(source, 0), *(each.number for each in old))
    return Inbound({**inbound.taken, source: kept}, {**inbound.forgotten, source: forgotten})
