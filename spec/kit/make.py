"""Writes every vector file. `python spec/kit/make.py`, or with `--check` to compare and write nothing."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Put the repository in front of the path, so that the kit is found as `spec.kit`."""
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    return int(importlib.import_module("spec.kit.write").run(check="--check" in arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
