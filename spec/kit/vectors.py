"""A vector file: its cases, and how they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from spec.kit.anchors import anchors
from spec.kit.cbor import Raw, Tag, Value
from spec.kit.keys import SEALER
from spec.kit.refusal import STAGE_OF

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).resolve().parents[1] / "vectors"

Given: TypeAlias = "Mapping[str, object]"
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def plain(value: object) -> Json:
    """JSON: byte strings in hexadecimal, map keys as text."""
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    raise TypeError(f"not for a vector: {type(value)}")


def run(fill: bytes, count: int, prefix: bytes = b"", suffix: bytes = b"") -> Given:
    """A long byte string of one repeated part, written short."""
    return {"prefix": prefix, "fill": fill, "count": count, "suffix": suffix}


def rows(table: str) -> list[list[str]]:
    """The columns of a table."""
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def fields_of(value: Value) -> Json:
    """A decoded value as JSON."""
    assert not isinstance(value, Raw | Tag)
    return plain(value)


@dataclass
class Vectors:
    """The cases of one file."""

    name: str
    chapter: str
    about: str
    cases: list[dict[str, Json]] = field(default_factory=list)

    def _case(
        self,
        name: str,
        why: str,
        rule: str,
        op: str,
        given: Given,
        expect: Given,
        seen: Given | None,
    ) -> None:
        intermediates = dict(seen or {})
        if SEALER.fresh:
            intermediates["hpke"] = list(dict.fromkeys(SEALER.fresh))
            SEALER.fresh.clear()
        case: dict[str, Json] = {
            "name": name,
            "why": why,
            "rules": plain(anchors(rule)),
            "op": op,
            "input": plain(given),
            "intermediates": plain(intermediates),
            "expect": plain(expect),
        }
        assert name not in {known["name"] for known in self.cases}, f"{self.name}: {name} twice"
        self.cases.append(case)

    def good(
        self,
        name: str,
        why: str,
        rule: str,
        op: str,
        given: Given,
        seen: Given | None = None,
        /,
        **out: object,
    ) -> None:
        """A case that is accepted and gives `out`."""
        self._case(name, why, rule, op, given, {"ok": True, **out}, seen)

    def bad(
        self,
        name: str,
        why: str,
        rule: str,
        op: str,
        given: Given,
        code: str,
        seen: Given | None = None,
    ) -> None:
        """A case that is refused with a code."""
        self._case(name, why, rule, op, given, {"ok": False, "stage": STAGE_OF[code], "code": code}, seen)

    def text(self) -> str:
        """The file."""
        content = {"chapter": self.chapter, "about": self.about, "cases": self.cases}
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def published_seals() -> list[bytes]:
    """Every HPKE output in the files as they stand."""
    found: dict[bytes, None] = {}
    for path in sorted(FOLDER.rglob("*.json")):
        for case in json.loads(path.read_text()).get("cases", []):
            for sealed in case.get("intermediates", {}).get("hpke", []):
                found[bytes.fromhex(sealed)] = None
    return list(found)
