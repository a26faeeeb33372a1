"""The documents a newcomer opens first are there and say what they must."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME_DEPENDENCIES_MAX = 15

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECISIONS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def bare_names(requirements: list[str]) -> list[str]:
    return [re.split(r"[\s\[<>=!~;]", requirement)[0] for requirement in requirements]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("README.md", ["make run", "make test", "pcloud"]),
        ("CONTRIBUTING.md", ["make check", "make test", "spec/cddl", "spec/vectors", "machine.py"]),
        ("SECURITY.md", ["spec/15-security.md", "report"]),
        ("CHANGELOG.md", ["Unreleased"]),
        ("LICENSE", ["Apache License"]),
        ("spec/LICENSE", ["CC0"]),
    ],
)
def test_each_document_says_what_a_newcomer_looks_for(document: str, words: list[str]) -> None:
    path = ROOT / document
    assert path.exists(), f"missing: {document}"
    missing = [word for word in words if word not in path.read_text()]
    assert not missing, f"{document} does not mention {missing}"


def test_every_command_that_a_document_names_is_a_target_of_make() -> None:
    targets = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    faults = [
        f"{path.name}: there is no `make {target}`"
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(), re.MULTILINE)
        if target not in targets
    ]
    assert not faults, "\n".join(faults)


def test_every_target_of_make_explains_itself() -> None:
    text = (ROOT / "Makefile").read_text()
    wanted = {"help", "run", "test", "check", "vectors", "vectors-check", "bench", "format", "clean"}
    explained = set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE))
    assert wanted <= explained, f"write `## what it does` behind {sorted(wanted - explained)}"


def test_the_core_needs_few_dependencies() -> None:
    names = bare_names(PYPROJECT["project"]["dependencies"])
    assert len(names) <= RUNTIME_DEPENDENCIES_MAX, f"{len(names)}: make the newest an extra"


def test_every_dependency_has_its_reason() -> None:
    groups = [PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"].values()]
    groups += PYPROJECT["project"].get("optional-dependencies", {}).values()
    reasons = (ROOT / "docs/adr/0003-dependencies.md").read_text().splitlines()
    missing = [
        name
        for name in bare_names([requirement for group in groups for requirement in group])
        if not any(line.startswith(f"| `{name}` |") for line in reasons)
    ]
    assert not missing, f"give each a line in docs/adr/0003-dependencies.md: {missing}"


IMPORTED_AS = {"apsw-sqlite3mc": "apsw", "prometheus-client": "prometheus_client", "PyNaCl": "nacl"}


def test_every_dependency_of_a_node_is_imported_somewhere() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    names = bare_names(PYPROJECT["project"]["dependencies"])
    idle = [
        name
        for name in names
        if not re.search(rf"^\s*(?:import|from) {IMPORTED_AS.get(name, name)}\b", source, re.MULTILINE)
    ]
    assert not idle, f"nothing in src imports {idle}: drop them"


def test_every_dependency_is_locked_and_every_lock_holds_hashes() -> None:
    core = (ROOT / "requirements/core.txt").read_text()
    for name in bare_names(PYPROJECT["project"]["dependencies"]):
        assert re.search(rf"^{name}==", core, re.MULTILINE | re.IGNORECASE), f"{name}: run `make lock`"
    for lock in LOCKS:
        entries = re.split(r"\n(?=[a-z0-9])", lock.read_text(), flags=re.IGNORECASE)
        bare = [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
        assert not bare, f"{lock.name}: no hash for {bare}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_no_lock_says_where_to_download(lock: Path) -> None:
    found = re.findall(
        r".*(?:://|--(?:extra-)?index-url|--find-links|--trusted-host|\bpypi\b).*", lock.read_text()
    )
    assert not found, "where packages come from is the user's choice:\n" + "\n".join(found)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_a_decision_tells_its_context_options_choice_and_consequences(decision: Path) -> None:
    headings = re.findall(r"^## (.+)$", decision.read_text(), re.MULTILINE)
    assert headings == ["Context", "Options", "Decision", "Consequences"], f"{decision.name}: {headings}"


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs/adr/README.md").read_text()
    missing = [decision.name for decision in DECISIONS if f"({decision.name})" not in index]
    assert DECISIONS, "no decision under docs/adr"
    assert not missing, f"add to docs/adr/README.md: {missing}"
