"""The matrix on a terminal: chapters by implementation, and who goes together with whom."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pcloud_interop.found import Run
from pcloud_interop.result import Outcome, Result

SHOWN_MAX = 40
"""Failures that are told one by one."""
_NOTHING = "-"


def lines(found: Run) -> Iterator[str]:
    """The whole report as text."""
    if any(subject.results for subject in found.subjects):
        yield from _chapters(found)
        yield ""
    if found.told:
        yield from _pairs(found)
        yield ""
    if found.attacked:
        yield from _attacks(found)
        yield ""
    yield from found.left_out
    for subject in found.subjects:
        known = subject.implementation
        wanted, earned = ", ".join(known.claimed) or "none", ", ".join(subject.earned()) or "none"
        levels = ", ".join(map(str, known.levels))
        yield f"{known.name} {known.version}: levels {levels}; {len(known.commands)} commands of level 3"
        yield f"{known.name} {known.version}: profiles claimed: {wanted}; earned in this run: {earned}"
    yield from _failures(found)


def cell(counted: Counter[Outcome]) -> str:
    """How the checks of a chapter ended, in a word."""
    whole, good = counted.total(), counted[Outcome.PASSED]
    words = [f"{good}/{whole}"] if whole else [_NOTHING]
    for outcome, mark in MARKS.items():
        if counted[outcome]:
            words.append(f"{counted[outcome]} {mark}")
    return " ".join(words)


MARKS = {
    Outcome.FAILED: "FAILED",
    Outcome.UNEXPECTED: "UNEXPECTED",
    Outcome.EXPECTED: "known",
    Outcome.NOT_IMPLEMENTED: "not done",
}


def _chapters(found: Run) -> Iterator[str]:
    counts = [subject.chapters() for subject in found.subjects]
    names = sorted({chapter for count in counts for chapter in count})
    heads = [subject.implementation.name for subject in found.subjects]
    rows = [[name, *(cell(count.get(name, Counter())) for count in counts)] for name in names]
    yield from _table(["chapter", *heads], rows)


def pairs(found: Run) -> list[list[Counter[Outcome]]]:
    """How the stories ended, by guest and host."""
    size = len(found.subjects)
    table: list[list[Counter[Outcome]]] = [[Counter() for _ in range(size)] for _ in range(size)]
    for guest, host, result in found.told:
        table[guest][host][result.outcome] += 1
    return table


def stories(found: Run) -> tuple[list[str], dict[str, list[Counter[Outcome]]]]:
    """The pairs by name, and by chapter how its stories ended with each of them."""
    names = [subject.implementation.name for subject in found.subjects]
    places = [(guest, host) for guest in range(len(names)) for host in range(len(names))]
    counts: dict[str, list[Counter[Outcome]]] = {}
    for guest, host, result in found.told:
        row = counts.setdefault(result.check.chapter, [Counter() for _ in places])
        row[places.index((guest, host))][result.outcome] += 1
    return [f"{names[guest]} with {names[host]}" for guest, host in places], dict(sorted(counts.items()))


def _pairs(found: Run) -> Iterator[str]:
    heads = [subject.implementation.name for subject in found.subjects]
    rows = [[name, *map(cell, row)] for name, row in zip(heads, pairs(found), strict=True)]
    yield from _table(["guest \\ host", *heads], rows)
    yield ""
    names, counts = stories(found)
    yield from _table(
        ["stories of chapter", *names], [[name, *map(cell, row)] for name, row in counts.items()]
    )


def attacks(found: Run) -> tuple[list[str], dict[str, list[Counter[Outcome]]]]:
    """Each driver in each role, and by part how the attacks on it ended."""
    roles = sorted({(each.subject, each.role) for each in found.attacked})
    counts: dict[str, list[Counter[Outcome]]] = {}
    for each in found.attacked:
        row = counts.setdefault(each.result.check.part, [Counter() for _ in roles])
        row[roles.index((each.subject, each.role))][each.result.outcome] += 1
    names = [f"{found.subjects[subject].implementation.name} as {role}" for subject, role in roles]
    return names, dict(sorted(counts.items()))


def _attacks(found: Run) -> Iterator[str]:
    names, counts = attacks(found)
    whole = [sum((row[place] for row in counts.values()), Counter()) for place in range(len(names))]
    rows = [[part, *map(cell, row)] for part, row in counts.items()]
    yield from _table(["attacks", *names], [*rows, ["all", *map(cell, whole)]])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def bad(found: Run) -> list[tuple[str, Result]]:
    """What did not end well, and with whom."""
    names = [subject.implementation.name for subject in found.subjects]
    alone = [(one.implementation.name, result) for one in found.subjects for result in one.results]
    told = [(f"{names[each.guest]} with {names[each.host]}", each.result) for each in found.told]
    hit = [(f"{names[each.subject]} as {each.role}", each.result) for each in found.attacked]
    return [(who, result) for who, result in (*alone, *told, *hit) if result.outcome.bad]


def _failures(found: Run) -> Iterator[str]:
    failed = bad(found)
    for who, result in failed[:SHOWN_MAX]:
        rules = f" [{' '.join(result.check.rules)}]" if result.check.rules else ""
        yield f"{result.outcome}: {result.check.id} ({who}){rules}: {result.detail}"
    if len(failed) > SHOWN_MAX:
        yield f"and {len(failed) - SHOWN_MAX} more; the report on a page lists them all"
