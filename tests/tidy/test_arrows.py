"""Imports go only downwards, features do not know each other, and layers 0 to 4 are pure.

The contracts stand in pyproject.toml. A contract that nobody ever saw broken proves nothing: so each of
them is broken here on purpose, on a copy.
"""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ("errors.py", "limits.py", "wire", "kernel", "features", "engine")

LAYERS = "Imports go only downwards, and every module has a layer"
INDEPENDENCE = "Features do not know each other"
PURITY = "Layers 0 to 4 are pure: no clock, no randomness, no IO"

IMPURE_MODULES = """
    asyncio datetime io logging os pathlib random secrets socket sqlite3 ssl subprocess tempfile
    threading time
""".split()

# Calls that read a clock, make randomness, or reach the machine without an import the contract would see.
# HPKE draws its own randomness inside `encrypt`: the one exception.
IMPURE_CALLS = frozenset(
    """
    getrandbits monotonic perf_counter randbelow randint random random_bytes randombytes time_ns
    token_bytes token_hex urandom utcnow uuid1 uuid4
    crypto_box_keypair crypto_sign_keypair generate generate_key
    """.split()
)
IMPURE_BUILTINS = frozenset({"__import__", "breakpoint", "eval", "exec", "input", "open"})
IMPURE_OWNERS = frozenset({"datetime", "os", "random", "secrets", "time", "uuid"})


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(copy: Path, module: str, text: str) -> None:
    path = copy / "src/pcloud" / module
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(f"\n{text}\n")


def test_the_contracts_are_kept() -> None:
    answer = lint_imports(ROOT)
    assert answer.returncode == 0, f"an import goes the wrong way:\n{answer.stdout}{answer.stderr}"
    assert all(f"{name} KEPT" in answer.stdout for name in (LAYERS, INDEPENDENCE, PURITY)), answer.stdout


@pytest.mark.parametrize(
    ("contract", "module", "text"),
    [
        (LAYERS, "utils/__init__.py", ""),
        (LAYERS, "wire/__init__.py", "import pcloud.kernel"),
        (LAYERS, "kernel/__init__.py", "import pcloud.features"),
        (LAYERS, "features/terms/__init__.py", "import pcloud.engine"),
        (LAYERS, "engine/__init__.py", "import pcloud.testing"),
        (LAYERS, "errors.py", "import pcloud.limits"),
        (INDEPENDENCE, "features/terms/__init__.py", "import pcloud.features.relationship"),
        (INDEPENDENCE, "features/newborn/__init__.py", "import pcloud.features.terms"),
        (PURITY, "features/terms/__init__.py", "import time"),
        (PURITY, "wire/__init__.py", "from os import urandom"),
        (PURITY, "limits.py", "import datetime"),
    ],
)
def test_a_deliberate_violation_breaks_its_contract(
    copy: Path, contract: str, module: str, text: str
) -> None:
    plant(copy, module, text)
    answer = lint_imports(copy)
    assert answer.returncode != 0, f"{module} may not say {text!r}, and nobody objected:\n{answer.stdout}"
    assert f"{contract} BROKEN" in answer.stdout, answer.stdout + answer.stderr


def test_every_door_out_of_the_pure_layers_is_watched(copy: Path) -> None:
    plant(copy, "engine/__init__.py", "\n".join(f"import {module}" for module in IMPURE_MODULES))
    answer = lint_imports(copy)
    unseen = [name for name in IMPURE_MODULES if f"pcloud.engine -> {name} " not in answer.stdout]
    assert not unseen, f"add to forbidden_modules in pyproject.toml: {unseen}\n{answer.stdout}"


def impure_calls(package: Path) -> list[str]:
    faults = []
    for place in (package / name for name in PURE):
        for path in [place] if place.suffix else sorted(place.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                owner, _, name = ast.unparse(node.func).rpartition(".")
                builtin = not owner and name in IMPURE_BUILTINS
                if builtin or name in IMPURE_CALLS or owner.split(".")[0] in IMPURE_OWNERS:
                    faults.append(
                        f"{path}:{node.lineno}: {ast.unparse(node.func)}(): a pure layer gets time, "
                        "randomness and bytes as arguments"
                    )
    return faults


def test_no_pure_layer_calls_a_clock_or_makes_randomness() -> None:
    faults = impure_calls(ROOT / "src/pcloud")
    assert not faults, "\n".join(faults)


def test_such_a_call_is_noticed(copy: Path) -> None:
    plant(
        copy,
        "engine/__init__.py",
        "KEY = SigningKey.generate()\nNOW = time.time()\nSALT = nacl.utils.random(16)\nopen(KEY)",
    )
    assert len(impure_calls(copy / "src/pcloud")) == 4


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def test_the_maker_of_vectors_and_the_second_implementation_never_import_ours() -> None:
    faults = [
        f"{path}: imports pcloud, so it would prove our mistakes right"
        for folder in ("spec/kit", "interop/second", "interop/suite")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if any(name.split(".")[0] == "pcloud" for name in imports(path))
    ]
    assert not faults, "\n".join(faults)


def test_the_decision_names_no_feature() -> None:
    """What is special to a feature stands in its table; a decision that knows one is a second table."""
    path = ROOT / "src/pcloud/engine/decide.py"
    tree = ast.parse(path.read_text())
    prefixes = tuple(f"{folder.name}." for folder in (ROOT / "src/pcloud/features").iterdir())
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    named = [word for word in words if isinstance(word, str) and word.startswith(prefixes)]
    named += [name for name in imports(path) if name.startswith("pcloud.features")]
    assert not named, f"engine/decide.py names {named}: make it a row, a gate or a mark"
