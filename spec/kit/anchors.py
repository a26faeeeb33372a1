"""Which rule a case is about: anchors as the chapters write them."""

from __future__ import annotations

import re
from pathlib import Path

SPEC = Path(__file__).resolve().parents[1]
ANCHOR = re.compile(r"^[A-Z]+-[0-9]+$")
WRITTEN = re.compile(r"^\s*[*-] \[([A-Z]+-[0-9]+)\]", re.MULTILINE)


def anchors(rule: str) -> list[str]:
    """The anchors named in a text, each once."""
    names = rule.split()
    wrong = [name for name in names if not ANCHOR.match(name)]
    assert not wrong, f"not anchors: {wrong}"
    return list(dict.fromkeys(names))


def written() -> set[str]:
    """Every anchor that a chapter defines."""
    return {name for path in SPEC.glob("*.md") for name in WRITTEN.findall(path.read_text())}
