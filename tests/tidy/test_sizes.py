"""A file too long for one sitting is two files. The bounds are hard: an average hides the tail."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
PACKAGE_MODULES_MAX = 20
TEST_LINES_MAX = 600


def overlong_files(folder: Path, lines_max: int) -> list[str]:
    counted = {path: len(path.read_text().splitlines()) for path in sorted(folder.rglob("*.py"))}
    return [
        f"{path}: {lines} lines, at most {lines_max}: split it by what changes together"
        for path, lines in counted.items()
        if lines > lines_max
    ]


def overlong_functions(folder: Path) -> list[str]:
    faults = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    faults.append(
                        f"{path}:{node.lineno} {node.name}(): {lines} lines, at most {FUNCTION_LINES_MAX}: "
                        "give its steps names"
                    )
    return faults


def crowded_packages(folder: Path) -> list[str]:
    faults = []
    for package in sorted(init.parent for init in folder.rglob("__init__.py")):
        modules = [path for path in package.glob("*.py") if path.name != "__init__.py"]
        if len(modules) > PACKAGE_MODULES_MAX:
            faults.append(
                f"{package}: {len(modules)} modules, at most {PACKAGE_MODULES_MAX}: open a package for some"
            )
    return faults


def test_no_module_is_longer_than_its_bound() -> None:
    faults = overlong_files(ROOT / "src", MODULE_LINES_MAX)
    assert not faults, "\n".join(faults)


def test_no_test_file_is_longer_than_its_bound() -> None:
    faults = overlong_files(ROOT / "tests", TEST_LINES_MAX)
    assert not faults, "\n".join(faults)


def test_no_function_is_longer_than_its_bound() -> None:
    faults = overlong_functions(ROOT / "src")
    assert not faults, "\n".join(faults)


def test_no_package_is_more_crowded_than_its_bound() -> None:
    faults = crowded_packages(ROOT / "src")
    assert not faults, "\n".join(faults)


def test_whatever_grows_past_its_bound_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "long.py").write_text("def f() -> None:\n" + "    f()\n" * MODULE_LINES_MAX)
    for number in range(PACKAGE_MODULES_MAX):
        (tmp_path / f"m{number}.py").write_text("")

    assert len(overlong_files(tmp_path, MODULE_LINES_MAX)) == 1
    assert len(overlong_functions(tmp_path)) == 1
    assert len(crowded_packages(tmp_path)) == 1
