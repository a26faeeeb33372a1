"""Makes all files in memory, then writes them or compares them with what is there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from spec.kit import handshake_example, traces
from spec.kit.cases import ALL
from spec.kit.keys import SEALER
from spec.kit.vectors import FOLDER, published_seals

if TYPE_CHECKING:
    from pathlib import Path


def files() -> dict[Path, str]:
    """Path and text of every vector file."""
    SEALER.published = published_seals()
    made = {one.name: one.text() for make in ALL for one in make()}
    made |= traces.texts() | handshake_example.texts()
    return {FOLDER / f"{name}.json": text for name, text in made.items()}


def run(*, check: bool) -> int:
    """Write, or say what differs."""
    differs = 0
    made = files()
    for path, text in made.items():
        if path.exists() and path.read_text() == text:
            continue
        differs += 1
        print(f"{'differs' if check else 'written'}: {path.relative_to(FOLDER)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in sorted(set(FOLDER.rglob("*.json")) - set(made)):
        differs += 1
        print(f"not made by the kit: {path.relative_to(FOLDER)}", file=sys.stderr)
    return 1 if check and differs else 0
