"""Level 2: every published conversation, folded step by step, and refused where it was tampered with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pcloud_interop.driver import Answer, Driver, DriverError
from pcloud_interop.result import Check, Chosen, Outcome, Result
from pcloud_interop.spec import TRACES, Spec, Trace
from pcloud_interop.vectors import compare

ROSTER_KEY: Final = "29b3f6b8ed3049749628afe44902376d1eaea447c0b8f282754af03c383ef69c"
"""Of the keeper of the roster that the traces name (its README)."""

Entries = Sequence[Mapping[str, Any]]
Run = Callable[[], Answer]


def run_traces(driver: Driver, spec: Spec, chosen: Chosen) -> Iterator[Result]:
    """Run all traces."""
    for trace in spec.traces():
        for name, expected, run in (
            *_steps(driver, trace),
            *_tampered(driver, trace),
            _judged(driver, spec, trace),
        ):
            check = Check(2, TRACES, trace.name, name, trace.rules)
            if check not in chosen:
                continue
            try:
                yield compare(check, expected, run())
            except DriverError as error:
                yield Result(check, Outcome.FAILED, str(error))


def _steps(driver: Driver, trace: Trace) -> Iterator[tuple[str, Answer, Run]]:
    """The digest after each entry, and the last one with the entries the other way round."""
    entries = trace.entries
    for count, entry in enumerate(entries, 1):
        expected = {"ok": True, "digest": entry["digest"]}
        yield f"{count:02}-{entry['name']}", expected, _fold(driver, trace, entries[:count])
    last = {"ok": True, "digest": entries[-1]["digest"]}
    yield "in-any-order", last, _fold(driver, trace, entries[::-1])


def _tampered(driver: Driver, trace: Trace) -> Iterator[tuple[str, Answer, Run]]:
    """What does not verify is refused, and is no other state."""
    first, *rest = trace.entries
    signed = {**first, "signed": _flipped(first["signed"])}
    yield "signature-changed", _refused("authentic", "bad-signature"), _fold(driver, trace, [signed, *rest])
    salt, data = first["parts"][0]
    part = {**first, "parts": [[salt, _flipped(data)], *first["parts"][1:]]}
    yield "part-changed", _refused("content", "part-mismatch"), _fold(driver, trace, [part, *rest])
    swapped = {**first, "from": "other" if first["from"] == "opener" else "opener"}
    # Its sender and its key are both another's: either may be seen first.
    yield (
        "said-to-be-of-the-other",
        {"ok": False, "stage": "authentic"},
        _fold(driver, trace, [swapped, *rest]),
    )


def _judged(driver: Driver, spec: Spec, trace: Trace) -> tuple[str, Answer, Run]:
    """What each receiver says of each entry."""
    verdicts = [entry["verdict"] for entry in trace.entries]
    entries = [{name: entry[name] for name in ("from", "signed", "parts")} for entry in trace.entries]

    def run() -> Answer:
        roster = spec.roster().hex()
        return driver.ask(
            "judge", context=trace.context, entries=entries, roster=roster, roster_key=ROSTER_KEY
        )

    return "verdicts", {"ok": True, "verdicts": verdicts}, run


def _fold(driver: Driver, trace: Trace, entries: Entries) -> Run:
    told = [{name: entry[name] for name in ("from", "signed", "parts", "verdict")} for entry in entries]
    return lambda: driver.ask("fold", context=trace.context, entries=told)


def _refused(stage: str, code: str) -> Answer:
    return {"ok": False, "stage": stage, "code": code}


def _flipped(data: str) -> str:
    """The same bytes but for the last bit."""
    return data[:-1] + f"{int(data[-1], 16) ^ 1:x}"
