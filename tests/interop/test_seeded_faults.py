"""A driver with a fault is caught, by the check that is about it; the same checks pass without the fault."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/bin/python"
FAULTY = Path(__file__).with_name("faulty.py")
WAIT_S = 5
"""Enough for who keeps the contract to be caught not to; who is whole gets as long as it takes."""

CAUGHT = {
    "any_signature": ("1/cose/*", "1/cose/sign1-payload-changed"),
    "small_keys": ("1/identity/*", "key-small-order"),
    "without_depth": ("1/cbor/*", "cbor-depth"),
    "another_code": ("1/cose/*", "key-mismatch"),
    "yes_to_everything": ("1/manners/*", "1/manners/unknown-verbs-are-unsupported"),
    "dies": ("1/cbor/*", "the driver ended"),
    "order_of_arrival": ("2/crossings/*", "digest"),
    "refusals_act": ("2/refused/*", "digest"),
    "loose_parts": ("2/relay/*", "2/relay/part-changed"),
    "forgets": ("3/talking/a-sender-that-is-killed*", "what the host reads"),
    "stutters": ("3/talking/an-answer-stands*", "the conversation"),
    "beyond_terms": ("3/data/nothing-is-asked*", "ask has to be refused terms-forbid"),
    "shows_all": ("3/ending/a-file-shows-no-value*", "the other does not"),
    "another_state": ("3/meeting/two-owners-meet", "the state digests"),
    "any_yes": ("3/hostile-terms/a-yes-that-is-no-signature", "refused agreement-signature, and is applied"),
    "believes_receipts": (
        "3/hostile-answers/a-receipt-for-what-was-never-sent*",
        "the node has stopped here",
    ),
    "any_epoch": ("3/hostile-order/an-epoch-of-the-sender*", "hostile-order/an-epoch-of-the-sender"),
    "any_name": ("3/hostile-carrier/a-page-that-calls-the-node-by-its-own-name", "answered 421, and is 404"),
}


def run(folder: Path, fault: str, *more: str) -> "subprocess.CompletedProcess[str]":
    driver = folder / "driver"
    driver.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{FAULTY}" {fault}\n')
    driver.chmod(0o700)
    return subprocess.run(
        [sys.executable, "-m", "pcloud_interop", "run", str(driver), "--quiet", *more],
        env={"PYTHONPATH": str(ROOT / "interop/suite"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("fault", CAUGHT)
def test_a_driver_with_a_fault_is_caught(tmp_path: Path, fault: str) -> None:
    pattern, told = CAUGHT[fault]
    done = run(tmp_path, fault, "--only", pattern, "--wait", str(WAIT_S))
    assert done.returncode == 1, done.stdout + done.stderr
    failures = [line for line in done.stdout.splitlines() if line.startswith("failed: ")]
    assert any(told in line for line in failures), done.stdout


def test_the_same_driver_without_a_fault_passes_the_same_checks(tmp_path: Path) -> None:
    patterns = sorted({pattern for pattern, _ in CAUGHT.values()})
    done = run(tmp_path, "none", *(each for pattern in patterns for each in ("--only", pattern)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
