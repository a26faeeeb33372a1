"""An archive that somebody else has written: each line is judged, and no line takes the others along."""

import io
import json
import zipfile

import msgspec
import pytest

from pcloud.home.archive import FORMAT, MANIFEST, RECORDS, ArchiveReader, record
from pcloud.home.importing.found import Problem

GOOD = record("profile.name", 1, 1_700_000_000, "owner", {"givenName": "Anna"})


def read(*lines: bytes) -> list[dict[str, object] | Problem]:
    """What is read of an archive with these lines."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT}))
        archive.writestr(RECORDS, b"".join(lines))
    file.seek(0)
    return list(ArchiveReader(file).records())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("value", "[" * 900 + "]" * 900),
        ("value", '{"a":' * 900 + "1" + "}" * 900),
        ("value", "[" * 100_000),
        ("value", '"\\ud800"'),
        ("value", '{"\\ud800": 1}'),
        ("value", "9" * 30),
        ("value", "9" * 5_000),
        ("value", "1.5e400"),
        ("value", json.dumps("x" * 20_000)),
        ("path", '"receipts/\\ud800"'),
        ("source", '"\\ud800"'),
        ("path", "7"),
        ("version", "1.0"),
        ("at", "true"),
    ],
)
def test_a_line_that_is_no_version_is_told_and_the_next_goes_through(key: str, value: str) -> None:
    fields = {"path": '"a"', "version": "1", "at": "1", "source": '"owner"', "value": '"b"', key: value}
    line = "{" + ", ".join(f'"{name}": {told}' for name, told in fields.items()) + "}\n"
    problem, good = read(line.encode(), GOOD)
    assert isinstance(problem, Problem)
    assert good == json.loads(GOOD)
    assert msgspec.json.encode(good), "it can be sent to the node"


def test_a_value_that_was_let_go_of_is_a_version_too() -> None:
    gone = record("profile.name", 2, 1_700_000_000, "owner", None)
    assert read(GOOD, gone) == [json.loads(GOOD), json.loads(gone)]
