"""One name everywhere: a message is four files with one stem.

`src/pcloud/features/terms/offer.py`, `spec/cddl/terms.offer.cddl`, `spec/vectors/terms.offer.json` and
`tests/unit/features/terms/test_offer.py` all belong to the message `terms.offer`, the class `TermsOffer`.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_MESSAGES = ("machine", "__init__")
UNKNOWN = "no message module for {}: write src/pcloud/features/{}.py or delete it"


def class_and_name(path: Path) -> tuple[str, str] | None:
    """The class of a message module and its NAME; nothing if the module defines no message."""
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for part in node.body:
            targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
            value = getattr(part, "value", None)
            if (
                any(isinstance(target, ast.Name) and target.id == "NAME" for target in targets)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
            ):
                return node.name, value.value
    return None


def messages(root: Path) -> dict[str, tuple[Path, str, str]]:
    """From `feature.verb`, as the path says it, to the path, the class and the NAME."""
    found = {}
    for path in sorted((root / "src/pcloud/features").glob("*/*.py")):
        if path.stem not in NOT_MESSAGES and (defined := class_and_name(path)):
            found[f"{path.parent.name}.{path.stem}"] = (path, *defined)
    return found


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace(".", "_").split("_"))


def test_path_name_and_class_of_a_message_agree() -> None:
    faults = []
    for stem, (path, class_name, name) in messages(ROOT).items():
        if name != stem:
            faults.append(f"{path}: NAME is {name!r}, the path says {stem!r}")
        if class_name != camel(stem):
            faults.append(f"{path}: the class is {class_name}, the path says {camel(stem)}")
    assert not faults, "\n".join(faults)


def missing_files(root: Path) -> list[str]:
    stems = set(messages(root))
    features = {path.name for path in (root / "src/pcloud/features").iterdir() if path.is_dir()}
    places = {
        "spec/cddl/{0}.{1}.cddl": (root / "spec/cddl").glob("*.*.cddl"),
        "spec/vectors/{0}.{1}.json": (root / "spec/vectors").glob("*.*.json"),
    }
    faults = []
    for pattern, paths in places.items():
        present = {path.stem for path in paths}
        faults += [f"missing: {pattern.format(*stem.split('.'))}" for stem in sorted(stems - present)]
        faults += [
            UNKNOWN.format(pattern.format(*stem.split(".")), stem.replace(".", "/"))
            for stem in sorted(present - stems)
            if stem.split(".")[0] in features
        ]
    for stem in sorted(stems):
        feature, verb = stem.split(".")
        test = f"tests/unit/features/{feature}/test_{verb}.py"
        if not (root / test).exists():
            faults.append(f"missing: {test}")
    for path in sorted((root / "tests/unit/features").glob("*/test_*.py")):
        module = f"src/pcloud/features/{path.parent.name}/{path.stem.removeprefix('test_')}.py"
        if not (root / module).exists():
            faults.append(f"{path.relative_to(root)} tests nothing: there is no {module}")
    return faults


def test_every_message_has_its_module_schema_vector_and_test() -> None:
    faults = missing_files(ROOT)
    assert messages(ROOT), "found no message module under src/pcloud/features"
    assert not faults, "\n".join(faults)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    module = tmp_path / "src/pcloud/features/terms/offer.py"
    module.parent.mkdir(parents=True)
    module.write_text('class TermsOffer:\n    NAME: ClassVar[str] = "terms.offer"\n')
    (tmp_path / "spec/cddl").mkdir(parents=True)
    (tmp_path / "spec/cddl/terms.lost.cddl").touch()

    assert missing_files(tmp_path) == [
        "missing: spec/cddl/terms.offer.cddl",
        UNKNOWN.format("spec/cddl/terms.lost.cddl", "terms/lost"),
        "missing: spec/vectors/terms.offer.json",
        "missing: tests/unit/features/terms/test_offer.py",
    ]
