"""A refusal: a stage and a code of the registry of errors."""

from __future__ import annotations

import csv
from pathlib import Path

REGISTRY = Path(__file__).resolve().parents[1] / "registry" / "errors.csv"


def registered() -> dict[str, str]:
    """Every registered code with its stage."""
    with REGISTRY.open(newline="") as file:
        return {row["code"]: row["stage"] for row in csv.DictReader(file)}


# Codes the chapters use: the registry is compared with this in check.py.
STAGES = {
    "size": "frame-too-large content-too-large",
    "form": "cbor-malformed cbor-not-deterministic cbor-type cbor-depth cbor-items shape cose-structure "
    "cose-header type-mismatch key-encoding key-small-order id-text padding version-unknown link-text",
    "authentic": "bad-signature key-mismatch log-invalid not-opened wrong-party "
    "unknown-session start-missing start-mismatch key-spent",
    "order": "fork epoch-unknown stale",
    "gate": "terms-forbid",
    "content": "part-mismatch part-missing body-form expired not-in-state not-your-turn unknown-thread "
    "invitation-mismatch agreement-signature",
}
STAGE_OF = {code: stage for stage, codes in STAGES.items() for code in codes.split()}


class RefusedError(Exception):
    """What a reader answers instead of a value."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def stage(self) -> str:
        """The stage that gives this code."""
        return STAGE_OF[self.code]
