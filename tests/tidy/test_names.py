"""Names that say nothing, marks of unfinished work, and traces of somebody's machine stay out."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE_FOLDERS = ("src", "tests", "spec/kit", "interop", "bench", "examples")
PURE = ("errors.py", "limits.py", "wire", "kernel", "features", "engine")

BETTER_NAMES = {
    "utils": "name the thing it works on (cbor, ids, padding)",
    "util": "name the thing it works on (cbor, ids, padding)",
    "helpers": "put each function beside its only caller, or name the thing",
    "helper": "put it beside its only caller, or name the thing",
    "common": "move each part down to the layer that owns it",
    "manager": "say what it does to what (outbox, timers, registry)",
    "base": "name the idea the others share (message, port)",
    "misc": "split it: each part has a name of its own",
}

# Written in halves, so that this file does not accuse itself.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[)")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:work|tmp|root|opt|Users)/|\.\./shared/")
REGISTRY = re.compile(
    r"\bpypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|\bcrates\.io|proxy\.golang\.org"
)


def code_files(root: Path) -> list[Path]:
    return sorted(path for folder in CODE_FOLDERS for path in (root / folder).rglob("*.py"))


def repository_files(root: Path) -> Iterator[tuple[Path, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [root / name for name in sorted(set(listed.stdout.split("\0"))) if name]
    else:  # an unpacked source archive
        paths = [path for path in sorted(root.rglob("*")) if "/." not in str(path.relative_to(root.parent))]
    for path in paths:
        if path.is_file() and path != Path(__file__):
            try:
                yield path, path.read_text()
            except UnicodeDecodeError:
                continue


def empty_names(root: Path) -> list[str]:
    faults = []
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if "node_modules" in path.parts:
                continue  # what a package manager put there is not ours
            if (path.is_dir() or path.suffix == ".py") and path.stem in BETTER_NAMES:
                faults.append(f"{path}: `{path.stem}` says nothing: {BETTER_NAMES[path.stem]}")
    return faults


def unfinished_marks(root: Path) -> list[str]:
    return [
        f"{path}:{number}: `{found.group()}`: do it now, or open an issue and drop the mark"
        for path in code_files(root)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := UNFINISHED.search(line))
    ]


def swallowed_errors(root: Path) -> list[str]:
    faults = []
    for path in code_files(root):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler):
                continue
            if node.type is None:
                faults.append(f"{path}:{node.lineno}: bare except: name the error you can answer")
            elif (
                isinstance(node.type, ast.Name)
                and node.type.id in {"Exception", "BaseException"}
                and all(isinstance(part, ast.Pass) for part in node.body)
            ):
                faults.append(f"{path}:{node.lineno}: swallows every error: name the one you can answer")
    return faults


def prints_in_the_pure_layers(root: Path) -> list[str]:
    places = [root / "src/pcloud" / name for name in PURE]
    files = [file for place in places for file in ([place] if place.suffix else sorted(place.rglob("*.py")))]
    return [
        f"{path}:{node.lineno}: print() in a pure layer: return a value instead"
        for path in files
        if path.exists()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def unexplained_ignores(root: Path) -> list[str]:
    return [
        f"{path}:{token.start[0]}: say which error is ignored: `# type: ignore[code]`"
        for path in code_files(root)
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        if token.type == tokenize.COMMENT and BARE_IGNORE.search(token.string)
    ]


def traces_of_a_machine(root: Path) -> list[str]:
    faults = []
    for path, text in repository_files(root):
        for number, line in enumerate(text.splitlines(), 1):
            if found := MACHINE_PATH.search(line):
                faults.append(f"{path}:{number}: `{found.group()}` exists on one machine only")
            if found := REGISTRY.search(line):
                faults.append(
                    f"{path}:{number}: `{found.group()}`: the user chooses where packages come from"
                )
    return faults


@pytest.mark.parametrize(
    "faults_in",
    [
        empty_names,
        unfinished_marks,
        swallowed_errors,
        prints_in_the_pure_layers,
        unexplained_ignores,
        traces_of_a_machine,
    ],
    ids=lambda check: check.__name__,
)
def test_the_repository_has_no(faults_in: Callable[[Path], list[str]]) -> None:
    faults = faults_in(ROOT)
    assert not faults, "\n".join(faults)


BAD_MODULE = """
def read(data):  # {mark}
    try:
        print(data)
    except Exception:
        pass
    try:
        return open("{path}")  # type: ignore
    except:
        return "{host}"
"""


def test_each_of_these_is_noticed_when_it_comes_in(tmp_path: Path) -> None:
    package = tmp_path / "src/pcloud/wire/utils"
    package.mkdir(parents=True)
    (package / "bad.py").write_text(
        BAD_MODULE.format(mark="TO" + "DO", path="/work" + "/x", host="https://pypi" + ".org")
    )

    assert len(empty_names(tmp_path)) == 1
    assert len(unfinished_marks(tmp_path)) == 1
    assert len(swallowed_errors(tmp_path)) == 2
    assert len(prints_in_the_pure_layers(tmp_path)) == 1
    assert len(unexplained_ignores(tmp_path)) == 1
    assert len(traces_of_a_machine(tmp_path)) == 2
