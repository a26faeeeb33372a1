"""Level 1: every case of the specification through a driver, and its manners."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pcloud_interop.driver import Answer, Driver, DriverError, unsupported
from pcloud_interop.result import Check, Chosen, Outcome, Result
from pcloud_interop.spec import VERBS, Case, Spec, VectorFile, written_out

FAULTS_MAX: Final = 5
"""How often a driver may end or be silent before it is asked nothing more at this level."""
CONTRACT: Final = "16-conformance"
SHAPE: Final = {"ok": False, "stage": "form", "code": "shape"}
DETAIL_MAX: Final = 300


def run_vectors(driver: Driver, spec: Spec, chosen: Chosen) -> Iterator[Result]:
    """Run the manners of a driver and all cases."""
    faults = 0
    for check, run in _all(driver, spec):
        if check not in chosen:
            continue
        if faults >= FAULTS_MAX:
            yield Result(check, Outcome.FAILED, "not asked: the driver failed too often")
            continue
        try:
            yield run(check)
        except DriverError as error:
            faults += 1
            yield Result(check, Outcome.FAILED, str(error))


Run = Callable[[Check], Result]


def _all(driver: Driver, spec: Spec) -> Iterator[tuple[Check, Run]]:
    for name, manner in MANNERS.items():
        yield Check(1, CONTRACT, "manners", name), _mannered(driver, manner)
    for file in spec.vectors():
        for case in file.cases:
            rules = tuple(case["rules"])
            yield Check(1, file.chapter, file.name, case["name"], rules), _case(driver, file, case)


def _case(driver: Driver, file: VectorFile, case: Case) -> Run:
    def run(check: Check) -> Result:
        if case["op"] in VERBS:
            answer = driver.ask(case["op"], **case["input"])
        else:
            asked = {"op": case["op"], "input": case["input"]}
            answer = driver.ask("vector", chapter=file.name, case=asked)
        return compare(check, case["expect"], answer)

    return run


def compare(check: Check, expected: Mapping[str, Any], answer: Answer) -> Result:
    """Whether an answer has all that is expected; what it has beside that does no harm."""
    if unsupported(answer):
        return Result(check, Outcome.NOT_IMPLEMENTED)
    for name, value in sorted(expected.items(), key=lambda member: member[0] != "ok"):
        wanted, got = written_out(value), written_out(answer.get(name))
        if name not in answer or not same(wanted, got):
            told = difference(name, wanted, got) if name in answer else f"{name} is not in {short(answer)}"
            return Result(check, Outcome.FAILED, told)
    return Result(check, Outcome.PASSED)


def difference(place: str, wanted: object, got: object) -> str:
    """Where two values begin to differ, and what stands there."""
    inside: Iterable[tuple[object, object, object]] = ()
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        inside = zip(range(len(wanted)), wanted, got, strict=True)
    elif isinstance(wanted, dict) and isinstance(got, dict) and wanted.keys() == got.keys():
        inside = ((key, wanted[key], got[key]) for key in wanted)
    for key, one, other in inside:
        if not same(one, other):
            return difference(f"{place}/{key}", one, other)
    return f"{place}: expected {short(wanted)}, got {short(got)}"


def same(wanted: object, got: object) -> bool:
    """Equal as JSON is: true is not 1."""
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(same(wanted[key], got[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(same, wanted, got))
    return type(wanted) is type(got) and wanted == got


def short(value: object) -> str:
    """As much of a value as helps."""
    text = repr(value)
    return text if len(text) <= DETAIL_MAX else text[:DETAIL_MAX] + "…"


# The manners of a driver (interop/DRIVER.md)

Manner = Callable[[Driver], str]
"""Gives what is wrong; nothing where it is right."""


def _mannered(driver: Driver, manner: Manner) -> Run:
    def run(check: Check) -> Result:
        wrong = manner(driver)
        return Result(check, Outcome.FAILED if wrong else Outcome.PASSED, wrong)

    return run


def _says_what_it_is(driver: Driver) -> str:
    hello = driver.ask("hello")
    texts = all(isinstance(hello.get(name), str) for name in ("implementation", "version"))
    lists = all(isinstance(hello.get(name), list) for name in ("profiles", "verbs", "levels"))
    if not (hello["ok"] and texts and lists and hello.get("protocol") == 1):
        return f"hello: {short(hello)}"
    return ""


def _unknown_verb(driver: Driver) -> str:
    for answer in (
        driver.ask("tea.make"),
        driver.ask("vector", chapter="tea", case={"op": "tea.make", "input": {}}),
    ):
        if not unsupported(answer) or "code" in answer or "stage" in answer:
            return f"what it does not know is unsupported, without stage and code: {short(answer)}"
    return ""


def _unreadable_lines(driver: Driver) -> str:
    for line in (b"nonsense", b"[1]", b"7", b"null", b'{"verb": "cbor.check"', b"\xff\xfe"):
        answer = driver.line(line)
        if answer != SHAPE:
            return f"{line!r} is refused form, shape; got {short(answer)}"
    return ""


def _unreadable_arguments(driver: Driver) -> str:
    for given in ("0", "AB", "zz", 7, None, ["00"]):
        answer = driver.ask("cbor.check", bytes=given)
        if not unsupported(answer) and answer != SHAPE:
            return f"bytes {given!r} are refused form, shape; got {short(answer)}"
    return ""


def _blank_lines(driver: Driver) -> str:
    answer = driver.line(b'\n  \n{"verb": "hello"}')
    return "" if answer["ok"] else f"a blank line is no line; got {short(answer)}"


def _ends_by_itself(driver: Driver) -> str:
    driver.ask("hello")
    status = driver.close()
    return f"it ended with status {status}" if status else ""


MANNERS: Final[Mapping[str, Manner]] = {
    "says-what-it-is": _says_what_it_is,
    "unknown-verbs-are-unsupported": _unknown_verb,
    "unreadable-lines-are-refused": _unreadable_lines,
    "unreadable-arguments-are-refused": _unreadable_arguments,
    "blank-lines-are-skipped": _blank_lines,
    "ends-with-its-input": _ends_by_itself,
}
