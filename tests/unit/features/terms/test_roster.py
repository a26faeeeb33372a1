"""[TERMS-32], [TERMS-33], [TERMS-34]."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.roster import read_roster
from pcloud.limits import ROSTER_BYTES_MAX
from pcloud.wire import cbor, cose
from pcloud.wire.keys import SigningKey

ROSTERS = Path(__file__).parents[4] / "spec/rosters"
KEEPER = SigningKey.from_seed(sha256(b"pcloud development roster key").digest())
FORM = cbor.encode({1: 1, 2: [["any", True, [], [], []]], 3: [], 5: True})
ENTRY = ["SD-BASE", "https://example.org/SD-BASE", bytes(32), FORM]
PAYLOAD: dict[int | str, Any] = {1: 1, 2: "Test", 3: 7, 4: [ENTRY]}


def signed(payload: Any, typ: str = cose.ROSTER) -> bytes:
    return cose.sign1(KEEPER, typ, cbor.encode(payload))


def test_the_development_roster_has_the_thirteen_ids() -> None:
    """[TERMS-32] [TERMS-33]"""
    data = (ROSTERS / "customer-commons.cbor").read_bytes()
    roster = read_roster(data, KEEPER.public)
    source = json.loads((ROSTERS / "customer-commons.json").read_text())

    series = ["SD-BASE", "SD-BASE-A", "SD-BASE-AT", "SD-BASE-ATP", "SD-BASE-ATP-S3P"]
    ids = [entry.standard.terms for entry in roster.entries]
    assert sorted(ids) == sorted(
        [*series, *(f"{name}-DP" for name in series), "PDC-INTENT", "PDC-AI", "PDC-GOOD"]
    )
    assert roster.id == cose.parse_sign1(data, cose.ROSTER).id
    assert (roster.name, roster.issued) == (source["name"], source["issued"])
    assert set(roster.standards()) == {(roster.id, name) for name in ids}
    for entry in roster.entries:
        name = entry.standard.terms
        assert entry.url == f"https://myterms.info/agreements/{name}"
        assert entry.standard.text_hash == sha256((ROSTERS / f"texts/{name}.txt").read_bytes()).digest()
        assert ("p7012:PortabilityRequiredOnRequest" in entry.duties) is name.endswith("-DP")
        assert entry.standard.policy.onward is False


def test_the_file_is_what_its_source_says() -> None:
    """[TERMS-32]"""
    made = subprocess.run([sys.executable, ROSTERS / "make.py", "--check"], check=False)
    assert made.returncode == 0


def test_an_entry_is_found_by_roster_and_id() -> None:
    """[TERMS-33]"""
    roster = read_roster(signed(PAYLOAD), KEEPER.public)
    standard = roster.standards()[roster.id, "SD-BASE"]
    assert (standard.text_hash, standard.machine_hash) == (bytes(32), sha256(FORM).digest())
    assert standard.policy.onward is True


@pytest.mark.parametrize(
    "change",
    [
        {4: []},
        {4: [ENTRY, ENTRY]},
        {4: [ENTRY[:3]]},
        {4: [[*ENTRY[:3], "text"]]},
        {4: [["", *ENTRY[1:]]]},
        {4: [[*ENTRY[:2], bytes(31), FORM]]},
        {3: -1},
        {2: ""},
        {5: 0},
    ],
)
def test_what_is_no_roster_is_refused(change: Any) -> None:
    """[TERMS-34]"""
    with pytest.raises(Violation) as found:
        read_roster(signed({**PAYLOAD, **change}), KEEPER.public)
    assert found.value.code is Code.SHAPE


def test_version_type_signature_and_size_are_checked() -> None:
    """[TERMS-34]"""
    good = signed(PAYLOAD)
    other = SigningKey.from_seed(bytes(32)).public
    for data, keeper, code in [
        (signed({**PAYLOAD, 1: 2}), KEEPER.public, Code.VERSION_UNKNOWN),
        (signed(PAYLOAD, cose.CARD), KEEPER.public, Code.TYPE_MISMATCH),
        (good[:-1] + bytes([good[-1] ^ 1]), KEEPER.public, Code.BAD_SIGNATURE),
        (good, other, Code.KEY_MISMATCH),
        (bytes(ROSTER_BYTES_MAX + 1), KEEPER.public, Code.SHAPE),
    ]:
        with pytest.raises(Violation) as found:
            read_roster(data, keeper)
        assert found.value.code is code
