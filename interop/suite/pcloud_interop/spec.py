"""Where the specification is, and what of it is run: vectors and traces (chapter 16 §2)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

Case = Mapping[str, Any]

VERBS: Final = frozenset(
    ("cbor.check", "ed25519.verify", "key.check", "did.key", "hpke.open", "sign1.verify")
)
"""Operations that are verbs of their own (chapter 16 §3)."""
VERSION: Final = "1 draft 1"
"""Of the specification that travels with the suite."""
PROFILES: Final = {
    "reader": ("02", "03"),
    "sealer": ("02", "03", "04"),
    "node": ("02", "03", "04", "05", "06", "07", "08", "09", "18", "19"),
    "services": ("02", "03", "04", "05", "06", "07", "08", "09", "18", "19", "20", "21", "22"),
}
"""The chapters whose vectors each profile has to pass (chapter 16 §1); from `node` on the traces too."""
WITH_TRACES: Final = frozenset(("node", "services"))
TRACES: Final = "traces"
"""What stands for a chapter where the traces are counted."""
_PARTS: Final = frozenset(("prefix", "fill", "count", "suffix"))
_PACKAGE: Final = Path(__file__).parent


class SpecError(Exception):
    """There is no specification where it was looked for."""


class VectorFile(NamedTuple):
    """One file of cases."""

    name: str
    chapter: str
    cases: tuple[Case, ...]


class Trace(NamedTuple):
    """One published conversation."""

    name: str
    context: Mapping[str, Any]
    entries: tuple[Mapping[str, Any], ...]
    rules: tuple[str, ...]


class Spec:
    """The part of the specification that is data."""

    def __init__(self, folder: Path | None = None) -> None:
        """The folder that is given, what came with the package, or the checkout around it."""
        places = [folder] if folder is not None else [_PACKAGE / "spec", _PACKAGE.parents[2] / "spec"]
        found = [place for place in places if (place / "vectors").is_dir()]
        if not found:
            raise SpecError(f"no folder vectors in {' or '.join(map(str, places))}")
        self.folder = found[0]

    def vectors(self) -> Iterator[VectorFile]:
        """The files of cases, by name."""
        for path in sorted((self.folder / "vectors").glob("*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            yield VectorFile(path.stem, content["chapter"], tuple(content["cases"]))

    def traces(self) -> Iterator[Trace]:
        """The conversations, by name."""
        for path in sorted((self.folder / "vectors/traces").glob("*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            if "entries" in content:
                entries, rules = tuple(content["entries"]), tuple(content["rules"])
                yield Trace(path.stem, content["context"], entries, rules)

    def roster(self) -> bytes:
        """The signed roster that traces and live nodes name."""
        return (self.folder / "rosters/customer-commons.cbor").read_bytes()


def written_out(value: object) -> object:
    """A byte string in its short form by the long one (chapter 16 §2)."""
    if isinstance(value, dict) and value.keys() == _PARTS:
        prefix, fill, suffix = (str(written_out(value[part])) for part in ("prefix", "fill", "suffix"))
        return prefix + fill * int(value["count"]) + suffix
    return value
