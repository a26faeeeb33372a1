"""Deletes every call that verifies something, one at a time, and asks the tests whether they notice.

    python tests/mutation/runner.py [how many]

A check that can be deleted without a failing test protects nobody: the next refactoring loses it in silence.
First the quick tests run once and record which of them reach which line. Then each deletion is made in its
own copy of src, and only the tests that reach that line run, nearest first, until one fails.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import coverage

ROOT = Path(__file__).parents[2]
LAYERS = ("wire", "kernel", "features", "engine")
NEAR = ("ambient", "engine", "features", "holdings", "kernel", "mailboxes", "runtime", "store", "wire")
"""Tests of what verifies, and of what stands right above it. Those of the command line are slow."""
QUICK = [*(f"tests/unit/{each}" for each in NEAR), "tests/vectors", "tests/property"]
VERIFYING = re.compile(r"_*(?:verify|check|require)(?:_|$)")
WORKERS = 2
MUTANT_SECONDS_MAX = 120

# Deletions that cannot change behaviour, each with its reason: "wire/cose.py: verify_text(data)": "why".
EQUIVALENT: dict[str, str] = {}


class Call(NamedTuple):
    """One statement that does nothing but verify: it raises, or nothing happens."""

    module: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.module}: {self.text}"


class Result(NamedTuple):
    """What became of one deletion: the test that failed, or nothing."""

    call: Call
    killer: str | None


def verification_calls(package: Path) -> Iterator[Call]:
    for layer in LAYERS:
        for path in sorted((package / layer).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
                    continue
                function = ast.unparse(node.value.func).rpartition(".")[2]
                if VERIFYING.match(function):
                    yield Call(
                        str(path.relative_to(package)),
                        node.lineno,
                        node.col_offset,
                        node.end_lineno or node.lineno,
                        node.end_col_offset or node.col_offset,
                        ast.unparse(node),
                    )


def without(source: bytes, call: Call) -> bytes:
    """The module with the call replaced by `pass`; all other lines keep their numbers."""
    lines = source.splitlines(keepends=True)
    head = lines[call.line - 1][: call.column] + b"pass"
    tail = lines[call.end_line - 1][call.end_column :]
    gap = b"\n" * (call.end_line - call.line)
    return b"".join([*lines[: call.line - 1], head, tail, gap, *lines[call.end_line :]])


def run_tests(copy: Path, arguments: Iterable[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the tests of the repository with the code of the copy."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(copy),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HYPOTHESIS_PROFILE": "mutants",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=None if environment else MUTANT_SECONDS_MAX,
    )


def tests_by_line(work: Path, source: Path) -> dict[tuple[str, int], set[str]]:
    """Which quick tests reach which line, from one run on an unchanged copy; that run must be green."""
    copy = work / "whole"
    shutil.copytree(source, copy)
    data_file = work / "coverage"
    measure = ["--cov=pcloud", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
    answer = run_tests(copy, ["-n", str(WORKERS), *measure, *QUICK], COVERAGE_FILE=str(data_file))
    if answer.returncode:
        raise SystemExit(f"the tests fail before anything was deleted:\n{answer.stdout}{answer.stderr}")
    data = coverage.CoverageData(str(data_file))
    data.read()
    reached: dict[tuple[str, int], set[str]] = {}
    for file in data.measured_files():
        if Path(file).is_relative_to(copy):
            module = str(Path(file).relative_to(copy / "pcloud"))
            for line, contexts in data.contexts_by_lineno(file).items():
                reached[module, line] = {context.rpartition("|")[0] for context in contexts if context}
    if not reached:
        raise SystemExit("the tests ran other code than the copy: is PYTHONPATH ignored?")
    return reached


def nearest_first(call: Call, tests: set[str]) -> list[str]:
    """The module's own unit test is likeliest to notice; the others follow in a fixed order."""
    stem = Path(call.module).stem

    def distance(test: str) -> tuple[bool, bool, str]:
        return (f"test_{stem}.py" not in test, not test.startswith("tests/unit"), test)

    return sorted(tests, key=distance)


def killer_of(call: Call, number: int, tests: set[str], work: Path, source: Path) -> str | None:
    """Delete the call in a copy and name the test that fails; None if all pass."""
    if not tests:
        return None
    copy = work / f"mutant{number}"
    shutil.copytree(source, copy)
    module = copy / "pcloud" / call.module
    module.write_bytes(without(module.read_bytes(), call))
    chosen = work / f"tests{number}"
    chosen.write_text("\n".join(nearest_first(call, tests)))
    try:
        answer = run_tests(copy, ["-x", "-rfE", f"@{chosen}"])
    except subprocess.TimeoutExpired:
        return f"(did not end within {MUTANT_SECONDS_MAX} s)"
    finally:
        shutil.rmtree(copy)
    if answer.returncode == 0:
        return None
    if answer.returncode != 1:
        raise SystemExit(f"pytest itself failed on {call.name}:\n{answer.stdout}{answer.stderr}")
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", answer.stdout, re.MULTILINE)
    return failed.group(1) if failed else "(a test that gave no name)"


def some(calls: list[Call], limit: int, source: Path) -> list[Call]:
    """So many of them, spread over all; which ones changes with the code. All with 0."""
    if not 0 < limit < len(calls):
        return calls
    code = b"".join(path.read_bytes() for path in sorted(source.rglob("*.py")))
    first = int.from_bytes(sha256(code).digest()) % len(calls)
    return [calls[(first + number * len(calls) // limit) % len(calls)] for number in range(limit)]


def run(limit: int = 0, source: Path = ROOT / "src") -> list[Result]:
    """Try `limit` deletions, or with 0 all of them; print a line for each as it is known."""
    calls = list(verification_calls(source / "pcloud"))
    chosen = some([call for call in calls if call.name not in EQUIVALENT], limit, source)
    print(
        f"\n{len(calls)} verification calls, {len(chosen)} to delete, {len(EQUIVALENT)} known as equivalent"
    )
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        work = Path(folder)
        reached = tests_by_line(work, source) if chosen else {}

        def attempt(numbered: tuple[int, Call]) -> Result:
            number, call = numbered
            tests = set().union(*(reached.get((call.module, at), set()) for at in lines_of(call)))
            return Result(call, killer_of(call, number, tests, work, source))

        results = []
        for result in pool.map(attempt, enumerate(chosen)):
            verdict = f"killed by {result.killer}" if result.killer else "SURVIVED: no test noticed"
            print(f"{result.call.module}:{result.call.line} {result.call.text}\n    -> {verdict}", flush=True)
            results.append(result)
    killed = sum(result.killer is not None for result in results)
    print(f"{killed} of {len(results)} deletions were noticed")
    return results


def lines_of(call: Call) -> range:
    return range(call.line, call.end_line + 1)


if __name__ == "__main__":
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    sys.exit(any(result.killer is None for result in run(how_many)))
