"""The second implementation is written from the specification alone: nothing in it refers to the first."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECOND = ROOT / "interop" / "second"
MADE = {"node_modules", "dist"}
LINES_MAX = 400

FIRST = re.compile(
    r"\bsrc/pcloud\b|\bdrivers/python\b|\bspec/kit\b|\.py\b|\bbench/|(?:^|[\s(])import pcloud\b|from pcloud\b"
)
IMPORT = re.compile(
    r"""^(?:import|export)\b[^;"']*?\bfrom\s+["']([^"']+)|\bimport\(\s*["']([^"']+)""", re.MULTILINE
)
CLIMBS = re.compile(r"(?:\.\./){3,}[\w./-]*")


def sources() -> Iterator[Path]:
    """Every file that somebody wrote, and the wrapper that starts it as a driver."""
    for path in sorted(SECOND.rglob("*")):
        if (
            path.is_file()
            and not MADE & set(path.relative_to(SECOND).parts)
            and path.name != "package-lock.json"
        ):
            yield path
    yield from (ROOT / "interop" / "drivers" / "typescript").glob("*")


def test_no_file_of_the_second_implementation_names_the_first() -> None:
    named = {
        f"{path.relative_to(ROOT)}: {found.group().strip()}"
        for path in sources()
        if (found := FIRST.search(path.read_text(encoding="utf-8")))
    }
    assert not named, f"write it from spec/ alone: {sorted(named)}"


def test_it_imports_itself_and_its_packages_alone() -> None:
    packages = re.findall(
        r'"((?:@[\w-]+/)?[\w-]+)": "\d', (SECOND / "package.json").read_text(encoding="utf-8")
    )
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        if path.suffix in {".ts", ".mjs"}
        for name in map("".join, IMPORT.findall(path.read_text(encoding="utf-8")))
        if not name.startswith(("./", "../", "node:", *(f"{each}/" for each in packages)))
        and name not in packages
    }
    assert packages
    assert not foreign


def test_outside_its_folder_it_reads_the_specification_alone() -> None:
    climbs = {
        f"{path.relative_to(ROOT)}: {found}"
        for path in sources()
        if path.suffix in {".ts", ".mjs"}
        for found in CLIMBS.findall(path.read_text(encoding="utf-8"))
        if "/spec/" not in found and not found.endswith("package.json")
    }
    assert not climbs


def test_its_modules_are_small() -> None:
    large = {
        f"{path.relative_to(ROOT)}: {lines} lines, at most {LINES_MAX}"
        for path in sources()
        if path.suffix in {".ts", ".mjs"}
        and (lines := path.read_text(encoding="utf-8").count("\n")) > LINES_MAX
    }
    assert not large


def test_its_lock_file_has_hashes_and_no_addresses() -> None:
    lock = (SECOND / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
