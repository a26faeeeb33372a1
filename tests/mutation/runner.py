"""Deletes every call that verifies something, one at a time, and asks the tests whether they notice.

    python tests/mutation/runner.py [how many]

A check that can be deleted without a failing test protects nobody: the next refactoring loses it in silence.
Each deletion is made in its own copy of src, and tests run ring by ring, the nearest first, until one fails.
That the tests pass as long as nothing is deleted is what the rest of `make test` shows.
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

ROOT = Path(__file__).parents[2]
LAYERS = ("wire", "kernel", "features", "engine")
FAR = ("ambient", "holdings", "mailboxes", "runtime", "store")
"""Unit tests of what stands right above what verifies. Those of the command line are slow."""
VERIFYING = re.compile(r"_*(?:verify|check|require)(?:_|$)")
WORKERS = 2
NEAR_RING_S_MAX = 120
"""Near tests take seconds: whoever is not back by then was sent round in circles by the deletion."""
FAR_RING_S_MAX = 1_800

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


def rings(call: Call) -> tuple[list[str], ...]:
    """Which tests to run, the nearest first: of the module, of its layer, of the wire, all that are quick."""
    layer, stem = Path(call.module).parts[0], Path(call.module).stem
    own = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/unit").rglob(f"test_{stem}*.py"))
    above = [f"tests/unit/{each}" for each in (*LAYERS, *FAR) if each != layer]
    return own, [f"tests/unit/{layer}"], ["tests/vectors"], [*above, "tests/property"]


def run_tests(copy: Path, tests: Iterable[str], within_s: int) -> subprocess.CompletedProcess[str]:
    """Run tests of the repository on the code of the copy, until one fails."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "-p", "no:cacheprovider", "--tb=no", *tests],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(copy),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HYPOTHESIS_PROFILE": "mutants",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=within_s,
    )


def killer_of(call: Call, number: int, work: Path, source: Path) -> str | None:
    """Delete the call in a copy and name the test that fails; None if all pass."""
    copy = work / f"mutant{number}"
    shutil.copytree(source, copy)
    module = copy / "pcloud" / call.module
    module.write_bytes(without(module.read_bytes(), call))
    *near, far = rings(call)
    try:
        for ring in filter(None, near):
            if killer := _killer_in(copy, ring, NEAR_RING_S_MAX, call):
                return killer
        return _killer_in(copy, far, FAR_RING_S_MAX, call)
    except subprocess.TimeoutExpired as over:
        return f"(did not end within {over.timeout:.0f} s)" if over.timeout == NEAR_RING_S_MAX else None
    finally:
        shutil.rmtree(copy)


def _killer_in(copy: Path, ring: list[str], within_s: int, call: Call) -> str | None:
    answer = run_tests(copy, ring, within_s)
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

        def attempt(numbered: tuple[int, Call]) -> Result:
            number, call = numbered
            return Result(call, killer_of(call, number, Path(folder), source))

        results = []
        for result in pool.map(attempt, enumerate(chosen)):
            verdict = f"killed by {result.killer}" if result.killer else "SURVIVED: no test noticed"
            print(f"{result.call.module}:{result.call.line} {result.call.text}\n    -> {verdict}", flush=True)
            results.append(result)
    killed = sum(result.killer is not None for result in results)
    print(f"{killed} of {len(results)} deletions were noticed")
    return results


if __name__ == "__main__":
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    sys.exit(any(result.killer is None for result in run(how_many)))
