"""Nothing in src is there "for later": what no other code uses is deleted."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Modules a person or another program starts with, each with its reason.
ENTRIES = {
    "pcloud.__main__": "`python -m pcloud`",
    "pcloud.testing.simulation.__main__": "`python -m pcloud.testing.simulation`, which is `make sim`",
    "pcloud.testing.home": "whole nodes for tests of one's own; ours and the benchmarks begin there",
    "pcloud.testing.story": "`python -m pcloud.testing.story`",
    "pcloud.testing.vectors": "`python -m pcloud.testing.vectors`, and the driver",
    "pcloud.testing.world": "`python -m pcloud.testing.world SEED`",
}

# Public names that only code outside src uses, each with its reason: "module.name": "reason".
USED_FROM_OUTSIDE: dict[str, str] = {
    "pcloud.kernel.message.boolean": "a kind of field for message types of one's own",
    "pcloud.kernel.message.nullable": "a kind of field for message types of one's own",
    "pcloud.testing.home.Street": "real homes for tests of one's own",
    "pcloud.testing.home.Village": "homes in memory for tests of one's own",
    "pcloud.testing.home.related": "the first step of most such tests",
    "pcloud.wire.ids.did_key_public": "reads at an edge what did_key writes; the command line needs it",
    "pcloud.wire.card.sign_card": "a public node publishes its card; the transport needs it",
    "pcloud.engine.answering.may_be_busy": "a runtime that answers busy asks it; ours reads slowly instead",
}


def modules(src: Path) -> dict[str, Path]:
    found = {}
    for path in sorted(src.rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported_by(name: str, path: Path) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*anchor, *filter(None, [node.module])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def orphans(src: Path) -> list[str]:
    known = modules(src)
    reached = {target for name, path in known.items() for target in imported_by(name, path) if target != name}
    return [
        f"{path}: nothing in src imports {name}: delete it, or use it"
        for name, path in known.items()
        if path.name != "__init__.py" and name not in reached and name not in ENTRIES
    ]


def names_used(tree: ast.AST, skipped: ast.AST | None = None) -> set[str]:
    """Every name the code reads, leaving out one definition (a function that calls itself is not used)."""
    used: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node is skipped:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
        waiting.extend(ast.iter_child_nodes(node))
    return used


def unused_definitions(src: Path) -> list[str]:
    trees = {name: ast.parse(path.read_text()) for name, path in modules(src).items()}
    # A package's __init__ only passes names on, which uses nothing.
    counting = {name: tree for name, tree in trees.items() if modules(src)[name].name != "__init__.py"}
    uses = {name: names_used(tree) for name, tree in counting.items()}
    faults = []
    for module, tree in trees.items():
        elsewhere = set().union(*(used for name, used in uses.items() if name != module))
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_") or f"{module}.{node.name}" in USED_FROM_OUTSIDE:
                continue
            if node.name not in elsewhere | names_used(tree, skipped=node):
                faults.append(f"{module}:{node.lineno} `{node.name}` is used nowhere in src: delete it")
    return faults


def test_every_module_is_reached_from_another_or_is_an_entry() -> None:
    faults = orphans(ROOT / "src")
    assert not faults, "\n".join(faults)


def test_every_public_function_and_class_is_used_in_src() -> None:
    faults = unused_definitions(ROOT / "src")
    assert not faults, "\n".join(faults)


def test_every_name_said_to_be_used_from_outside_exists_and_has_a_reason() -> None:
    known = modules(ROOT / "src")
    for name, reason in USED_FROM_OUTSIDE.items():
        module, _, defined = name.rpartition(".")
        assert module in known, f"no module {module}: drop {name} from USED_FROM_OUTSIDE"
        assert defined in known[module].read_text(), f"{name} is gone: drop it from USED_FROM_OUTSIDE"
        assert len(reason.split()) > 2, f"{name}: say who uses it and why"


def test_dead_code_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "pcloud"
    package.mkdir()
    (package / "__init__.py").write_text("from pcloud.dead import idle, used\n__all__ = ['idle', 'used']")
    (package / "dead.py").write_text("def idle():\n    idle()\n\ndef used(): ...\n\ndef _own(): ...")
    (package / "alone.py").write_text("import pcloud\n\npcloud.used()")

    assert [fault.split()[1] for fault in unused_definitions(tmp_path)] == ["`idle`"]
    assert len(orphans(tmp_path)) == 1
    assert "pcloud.alone" in orphans(tmp_path)[0]
