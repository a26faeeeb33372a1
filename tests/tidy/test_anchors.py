"""Every MUST of the spec has an anchor such as `[CBOR-3]`, and every anchor a test or vector naming it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]

ANCHOR = r"[A-Z][A-Z0-9]+-[0-9]+"
DEFINED = re.compile(rf"\**\[({ANCHOR})\](?!\()")
CITED = re.compile(rf"(?<![\w\])])\[({ANCHOR})\](?!\()")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
CODE_SPAN = re.compile(r"`[^`]*`")


class Block(NamedTuple):
    """A paragraph or one list item, as a reader sees it."""

    line: int
    text: str


def blocks(text: str) -> Iterator[Block]:
    """The paragraphs, list items and table rows of a chapter; code in fences is left out."""
    start, lines, fenced = 0, list[str](), False
    for number, quoted in enumerate([*text.splitlines(), ""], 1):
        line = quoted.lstrip("> ") if quoted.startswith(">") else quoted
        fence = line.lstrip().startswith(("```", "~~~"))
        item = LIST_ITEM.match(line)
        if fence or fenced or not line.strip() or item or line.startswith(("#", "|")):
            if lines:
                yield Block(start, " ".join(lines))
            lines = []
        fenced ^= fence
        if line.strip() and not fence and not fenced:
            start = start if lines else number
            lines.append(line[item.end() :] if item else line.strip())


def definitions(spec: Path) -> list[tuple[str, str]]:
    return [
        (found.group(1), f"{path.name}:{block.line}")
        for path in sorted(spec.glob("*.md"))
        for block in blocks(path.read_text())
        if (found := DEFINED.match(block.text))
    ]


def rules_in(value: Any) -> Iterator[str]:
    """The anchors that vectors name: every `rules` list, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "rules" and isinstance(inner, list):
                yield from (str(rule).strip("[]") for rule in inner)
            else:
                yield from rules_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from rules_in(inner)


def citations(root: Path) -> Iterator[tuple[str, str]]:
    for folder in ("src", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            if path.parent != Path(__file__).parent:
                for anchor in CITED.findall(path.read_text()):
                    yield anchor, str(path.relative_to(root))
    for path in sorted((root / "spec/vectors").rglob("*.json")):
        for anchor in rules_in(json.loads(path.read_text())):
            yield anchor, str(path.relative_to(root))


def unanchored(spec: Path) -> list[str]:
    return [
        f"{path.name}:{block.line}: begins with no anchor but says MUST: {block.text[:70].strip()}…"
        for path in sorted(spec.glob("[0-9][0-9]-*.md"))
        for block in blocks(path.read_text())
        if re.search(r"\bMUST\b", CODE_SPAN.sub("", block.text)) and not DEFINED.match(block.text)
    ]


def defined_twice(spec: Path) -> list[str]:
    seen: dict[str, str] = {}
    faults = []
    for anchor, place in definitions(spec):
        if anchor in seen:
            faults.append(
                f"[{anchor}] is defined at {seen[anchor]} and again at {place}: give one a new number"
            )
        seen.setdefault(anchor, place)
    return faults


def untested(root: Path) -> list[str]:
    named = {anchor for anchor, place in citations(root) if not place.startswith("src/")}
    return [
        f"[{anchor}] ({place}) is named by no test and no vector"
        for anchor, place in definitions(root / "spec")
        if anchor not in named
    ]


def undefined(root: Path) -> list[str]:
    known = {anchor for anchor, _ in definitions(root / "spec")}
    return sorted(
        {
            f"{place} cites [{anchor}], which no chapter defines"
            for anchor, place in citations(root)
            if anchor not in known
        }
    )


def test_every_must_begins_with_an_anchor() -> None:
    faults = unanchored(ROOT / "spec")
    assert not faults, "\n".join(faults)


def test_every_anchor_is_defined_once() -> None:
    faults = defined_twice(ROOT / "spec")
    assert not faults, "\n".join(faults)


def test_every_anchor_is_named_by_a_test_or_a_vector() -> None:
    assert definitions(ROOT / "spec"), "found no anchor in spec/*.md"
    faults = untested(ROOT)
    assert not faults, f"{len(faults)} rules without proof:\n" + "\n".join(faults)


def test_every_anchor_that_is_cited_exists() -> None:
    faults = undefined(ROOT)
    assert not faults, "\n".join(faults)


CHAPTER = """# Notation

[CBOR-1] A node MUST sort
keys.

* [CBOR-2] It MUST refuse others.
* It MUST do this too.
1. **[CBOR-1]** Again.

> It may. The word `MUST` is explained here.

```
MUST in code
```
"""


def test_each_fault_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "spec/vectors").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "spec/02-notation.md").write_text(CHAPTER)
    (tmp_path / "spec/vectors/cbor.json").write_text('{"cases": [{"rules": ["CBOR-1"]}]}')
    (tmp_path / "tests/test_it.py").write_text('"""[CBOR-9]"""')

    assert [fault.split(":")[1] for fault in unanchored(tmp_path / "spec")] == ["7"]
    assert len(defined_twice(tmp_path / "spec")) == 1
    assert untested(tmp_path) == ["[CBOR-2] (02-notation.md:6) is named by no test and no vector"]
    assert undefined(tmp_path) == ["tests/test_it.py cites [CBOR-9], which no chapter defines"]
