"""Make `customer-commons.cbor`, a signed roster, from `customer-commons.json` and the texts beside it.

    python spec/rosters/make.py           write the file
    python spec/rosters/make.py --check   say whether it is what would be written (exit status 1 if not)

Knows nothing of src: it follows chapter 08, section 7. The key is a development key; see README.md.
"""

# ruff: noqa: INP001, T201 - a program, not a package; it speaks to whoever runs it

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import cbor2
from nacl.signing import SigningKey

HERE = Path(__file__).parent
TARGET = HERE / "customer-commons.cbor"
SEED = hashlib.sha256(b"pcloud development roster key").digest()
DAY_S = 86_400


def encode(value: Any) -> bytes:
    """Encode deterministically; every map here has small integer keys, so sorting them is enough."""
    return cbor2.dumps(value, canonical=True)


def machine_form(entry: dict[str, Any], clauses: dict[str, Any]) -> bytes:
    """Write one machine form: version, clauses, duties, retention in seconds, onward."""
    chosen = ((name, clauses[name]) for name in entry["clauses"])
    form: dict[int, Any] = {
        1: 1,
        2: [
            [name, clause["allowed"], clause["actions"], clause["categories"], clause["purposes"]]
            for name, clause in chosen
        ],
        3: entry["duties"],
        5: entry["onward"],
    }
    if entry["retention_days"] is not None:
        form[4] = entry["retention_days"] * DAY_S
    return encode(form)


def roster(source: dict[str, Any]) -> bytes:
    """Write and sign the roster: COSE_Sign1 of type pcloud-roster."""
    entries = [
        [
            entry["id"],
            entry["url"],
            hashlib.sha256((HERE / "texts" / f"{entry['id']}.txt").read_bytes()).digest(),
            machine_form(entry, source["clauses"]),
        ]
        for entry in source["entries"]
    ]
    payload = encode({1: 1, 2: source["name"], 3: source["issued"], 4: entries})
    key = SigningKey(SEED)
    protected = encode({1: -19, 4: bytes(key.verify_key), 16: "pcloud-roster"})
    signature = key.sign(encode(["Signature1", protected, b"", payload])).signature
    return b"\xd2" + encode([protected, {}, payload, signature])


def main() -> int:
    """Write the file, or with `--check` compare it."""
    made = roster(json.loads((HERE / "customer-commons.json").read_text()))
    if "--check" in sys.argv[1:]:
        if TARGET.read_bytes() != made:
            print(f"{TARGET.name} is not what make.py makes: run it")
            return 1
        return 0
    TARGET.write_bytes(made)
    print(f"{TARGET.name}: {len(made)} bytes, keeper {bytes(SigningKey(SEED).verify_key).hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
