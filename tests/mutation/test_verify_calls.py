"""Every deletion of a verification call is caught by a test.

`make mutants` tries some of them, others with each change of the code; `make mutants MUTANTS=0` tries all.
"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutation_runner", Path(__file__).with_name("runner.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MODULE = b"""
def read(data: bytes) -> bytes:
    cose.verify_text(data)
    if data: _check(
        data,  # all of it
    ); first = data[0]
    valid = verify_quietly(data)
    checkpoint(data)
    return data
"""


def test_the_runner_finds_the_calls_that_only_verify_and_deletes_one(
    runner: ModuleType, tmp_path: Path
) -> None:
    module = tmp_path / "wire/frame.py"
    module.parent.mkdir()
    module.write_bytes(MODULE)

    first, second = runner.verification_calls(tmp_path)
    assert (first.text, second.text) == ("cose.verify_text(data)", "_check(data)")
    assert runner.without(MODULE, first) == MODULE.replace(b"cose.verify_text(data)", b"pass")

    shorter = runner.without(MODULE, second)
    assert b"if data: pass; first = data[0]\n" in shorter
    assert shorter.count(b"\n") == MODULE.count(b"\n")
    compile(shorter, "frame.py", "exec")


def test_some_calls_are_different_ones_of_all(runner: ModuleType) -> None:
    source = runner.ROOT / "src"
    calls = list(runner.verification_calls(source / "pcloud"))
    for limit in (1, 2, 16, len(calls) - 1):
        found = runner.some(calls, limit, source)
        assert len(set(found)) == limit
        assert set(found) <= set(calls)
    for limit in (0, len(calls), len(calls) + 1):
        assert runner.some(calls, limit, source) == calls


def test_every_deletion_of_a_verification_call_is_noticed_by_a_test(runner: ModuleType) -> None:
    known = {call.name for call in runner.verification_calls(runner.ROOT / "src/pcloud")}
    assert known, "found no call of a verify_, check_ or require_ function in layers 1 to 4"
    gone = sorted(set(runner.EQUIVALENT) - known)
    assert not gone, f"drop from EQUIVALENT in tests/mutation/runner.py, the code has it no more: {gone}"

    results = runner.run(int(os.environ.get("MUTANTS") or 0))
    survivors = [
        f"{result.call.module}:{result.call.line} {result.call.text}"
        for result in results
        if result.killer is None
    ]
    assert not survivors, "write a test that fails without each of these:\n" + "\n".join(survivors)
