"""What is registered in the spec is what the code knows, and nothing else."""

import ast
import csv
import importlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def registry(name: str, columns: list[str]) -> list[dict[str, str]]:
    path = ROOT / f"spec/registry/{name}.csv"
    assert path.exists(), f"missing: spec/registry/{name}.csv"
    with path.open(newline="") as file:
        table = csv.DictReader(file)
        assert table.fieldnames == columns, f"{path.name}: the columns are {columns}"
        rows = list(table)
    keys = [row[columns[0]] for row in rows]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    assert not twice, f"{path.name}: registered twice: {twice}"
    empty = [row[columns[0]] for row in rows if not all((value or "").strip() for value in row.values())]
    assert not empty, f"{path.name}: an empty column for {empty}"
    return rows


def constants(module: str) -> dict[str, Any]:
    return {name: value for name, value in vars(importlib.import_module(module)).items() if name.isupper()}


def word(value: Any) -> str:
    value = getattr(value, "value", value)
    return value.decode() if isinstance(value, bytes) else str(value)


def assert_same(name: str, spec: dict[str, Any], code: dict[str, Any]) -> None:
    faults = [f"in the code, not in {name}.csv: {key}" for key in sorted(code.keys() - spec.keys())]
    faults += [f"in {name}.csv, not in the code: {key}" for key in sorted(spec.keys() - code.keys())]
    faults += [
        f"{key}: {name}.csv says {spec[key]}, the code {code[key]}"
        for key in sorted(spec.keys() & code.keys())
        if spec[key] != code[key]
    ]
    assert not faults, "\n".join(faults)


def test_every_error_code_is_registered_with_its_stage() -> None:
    errors = importlib.import_module("pcloud.errors")
    spec = {row["code"]: row["stage"] for row in registry("errors", ["code", "stage", "meaning"])}
    code = {word(code): word(stage) for code, stage in errors.STAGE_OF.items()}
    assert set(errors.STAGE_OF) == set(errors.Code), "every Code has a row in STAGE_OF"
    assert_same("errors", spec, code)


def test_every_error_code_is_raised_or_answered_somewhere() -> None:
    errors = importlib.import_module("pcloud.errors")
    used = {
        node.attr
        for path in (ROOT / "src").rglob("*.py")
        if path != ROOT / "src/pcloud/errors.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    idle = [code.value for code in errors.Code if code.name not in used]
    assert not idle, f"no code in src gives these refusals; use them or strike them from the registry: {idle}"


def test_every_type_of_signed_object_is_registered() -> None:
    spec = {row["typ"]: None for row in registry("types", ["typ", "object", "chapter"])}
    types = importlib.import_module("pcloud.wire.cose").TYPES
    assert_same("types", spec, dict.fromkeys(map(word, types)))


def test_every_domain_separation_string_is_registered() -> None:
    spec = {row["label"]: None for row in registry("labels", ["label", "used_for", "chapter"])}
    values = [value for value in constants("pcloud.wire.labels").values() if isinstance(value, str | bytes)]
    assert len(values) == len(set(values)), "two labels with one value do not separate anything"
    assert_same("labels", spec, dict.fromkeys(map(word, values)))


def test_every_message_name_is_registered_with_gate_and_mark() -> None:
    standard = importlib.import_module("pcloud.engine.registry").STANDARD
    rows = registry("names", ["name", "gate", "mark", "chapter"])
    spec = {row["name"]: (row["gate"], row["mark"]) for row in rows}
    code = {name: (word(cls.GATE), word(cls.MARK)) for name, cls in standard.messages.items()}
    assert all(name == cls.NAME for name, cls in standard.messages.items())
    assert_same("names", spec, code)


def test_every_limit_is_registered_with_its_value() -> None:
    rows = registry("limits", ["name", "value", "unit", "chapter"])
    spec = {row["name"]: row["value"] for row in rows}
    assert_same("limits", spec, {name: word(value) for name, value in constants("pcloud.limits").items()})


def test_every_outcome_of_a_request_is_registered() -> None:
    outcomes = importlib.import_module("pcloud.wire.services.service").Outcome
    spec = {
        row["outcome"]: row["name"] for row in registry("outcomes", ["outcome", "name", "meaning", "chapter"])
    }
    assert_same("outcomes", spec, {str(each.value): each.name.lower() for each in outcomes})


def test_every_registry_names_chapters_that_exist() -> None:
    faults = []
    for path in sorted((ROOT / "spec/registry").glob("*.csv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                chapter = (row.get("chapter") or "").split()[:1]
                if chapter and not list((ROOT / "spec").glob(f"{chapter[0].split('-')[0]}-*.md")):
                    faults.append(f"{path.name}: no chapter spec/{chapter[0]}-….md")
    assert not faults, "\n".join(faults)
