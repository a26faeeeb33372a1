"""`python spec/kit` writes every vector file."""

from __future__ import annotations

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).with_name("make.py")), run_name="__main__")
