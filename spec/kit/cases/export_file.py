"""Vectors of the chapter on exports."""

from __future__ import annotations

from spec.kit.cases.export_disclosed import given
from spec.kit.cases.export_form import Files, formed
from spec.kit.cases.export_lies import lied
from spec.kit.cases.export_right import right
from spec.kit.vectors import Vectors


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("export", "19-export", "A relationship as one file, and what a verifier refuses.")
    right(out)
    given(out)
    files = Files(out)
    formed(files)
    lied(files)
    return [out]
