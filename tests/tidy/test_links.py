"""What points somewhere points at something: links between documents, and the spec cited in the code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE_FOLDERS = ("src", "tests", "spec/kit", "interop", "bench", "examples")

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
EXPLICIT_ID = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")

CITED_CHAPTER = re.compile(r"\bspec(?:/| )(\d\d)(?![\d/])([\w-]*\.md)?(?:,? ?§ ?(\d+(?:\.\d+)*))?")
CITED_FILE = re.compile(r"\bspec/(?:cddl|tables|vectors|registry)/[\w./-]*\w\.(?:cddl|csv|json)\b")
NUMBERED = re.compile(r"^#{1,6}\s+§?\s?(\d+(?:\.\d+)*)\.?\s", re.MULTILINE)
# A reader of this repository has this repository only.
CITED_ELSEWHERE = re.compile(
    r"\bdesign (?:D\d+|§ ?\d+)|\bcore[- ]rules? \d+|\bthreats? (?:T\d+|C-[A-Z]+)", re.IGNORECASE
)


def documents(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*.md")):
        if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(root).parts):
            yield path


def fragments(text: str) -> set[str]:
    """The names under which a page's headings are reached, made as the common forges make them."""
    found: set[str] = set(EXPLICIT_ID.findall(text))
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = sum(1 for name in found if name == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", name))
        found.add(f"{slug}-{number}" if number else slug)
    return found


def broken_links(root: Path) -> list[str]:
    faults = []
    for path in documents(root):
        for target in LINK.findall(FENCE.sub("", path.read_text())):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, fragment = target.partition("#")
            there = (path.parent / name).resolve() if name else path
            if not there.exists():
                faults.append(f"{path.relative_to(root)}: there is no {target}")
            elif fragment and there.suffix == ".md" and fragment not in fragments(there.read_text()):
                faults.append(f"{path.relative_to(root)}: {name or 'this page'} has no heading #{fragment}")
    return faults


def unresolved(root: Path, line: str) -> Iterator[str]:
    for number, rest, section in CITED_CHAPTER.findall(line):
        chapters = list((root / "spec").glob(f"{number}-*.md"))
        if not chapters:
            yield f"there is no chapter spec/{number}-….md"
        elif rest and f"{number}{rest}" != chapters[0].name:
            yield f"spec/{number}{rest} is called spec/{chapters[0].name}"
        elif section and section not in NUMBERED.findall(chapters[0].read_text()):
            yield f"spec/{chapters[0].name} has no section {section}"
    for cited in CITED_FILE.findall(line):
        if not (root / cited).exists():
            yield f"there is no {cited}"
    for cited in CITED_ELSEWHERE.findall(line):
        yield f"`{cited}` is no document of this repository: cite the chapter or the ADR"


def broken_citations(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{number}: {fault}"
        for folder in CODE_FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        if path.parent != Path(__file__).parent
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for fault in unresolved(root, line)
    ]


def test_every_relative_link_leads_somewhere() -> None:
    faults = broken_links(ROOT)
    assert not faults, "\n".join(faults)


def test_every_citation_of_the_spec_in_the_code_resolves() -> None:
    faults = broken_citations(ROOT)
    assert not faults, "\n".join(faults)


def test_what_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "spec/05-relationship.md").write_text(
        "# Relationship\n\n## 2. Words\n\n[here](#2-words) [a](#3-more) [b](lost.md)\n"
        "[c](05-relationship.md#relationship)\n"
    )
    (tmp_path / "src/it.py").write_text(
        "# spec 05 §2, spec/05-relationship.md\n# spec 05 §3\n# spec 06\n# spec/05-terms.md\n"
        "# spec/cddl/terms.offer.cddl\n# design D6, core rule 7, threats T09\n"
    )

    assert broken_links(tmp_path) == [
        "spec/05-relationship.md: this page has no heading #3-more",
        "spec/05-relationship.md: there is no lost.md",
    ]
    assert [fault.split(": ")[0] for fault in broken_citations(tmp_path)] == [
        f"src/it.py:{line}" for line in (2, 3, 4, 5, 6, 6, 6)
    ]
