"""`python -m bench.rivals PYTHON`: each in a process of its own, in turn; the best of three runs counts.

PYTHON is the interpreter of the environment in which the others are installed.
"""

import json
import subprocess
import sys
from typing import Any

RUNS = 3
TIMEOUT_S = 120
SIDES = {
    "pcloud": "ours",
    "didcomm 0.3.2, authcrypt": "didcomm_sealed",
    "nostr-sdk, NIP-59": "nostr_wrap",
}
CONDITIONS = """\
A text of 600 bytes to one peer that is known, processor time of one core, neither storage nor transport.
pcloud: signed, sealed under a session, judged by state and gate, a signed receipt made for each.
didcomm: the sender is known and nothing is signed, a key agreement for each message.
NIP-59: signed, sealed twice, with a new key for each message; in Rust.
Each does what its standard asks for; no two do the same."""


def run(python: str, module: str) -> dict[str, Any]:
    """One run. Raises subprocess.CalledProcessError where it fails."""
    command = [python, "-m", f"bench.rivals.{module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print a table, and the conditions."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(RUNS):
        for name, module in SIDES.items():
            found = run(sys.executable if module == "ours" else sys.argv[1], module)
            if (
                name not in best
                or found["send"] + found["receive"] < best[name]["send"] + best[name]["receive"]
            ):
                best[name] = found
    print(f"{'':<28} {'send us':>9} {'quartiles':>15} {'receive us':>11} {'quartiles':>15} {'bytes':>7}")
    for name, row in best.items():
        spreads = [f"{row[f'{way}_low']:.0f}-{row[f'{way}_high']:.0f}" for way in ("send", "receive")]
        print(
            f"{name:<28} {row['send']:9.0f} {spreads[0]:>15} {row['receive']:11.0f} {spreads[1]:>15}"
            f" {row['bytes']:7}"
        )
    print(f"\n{CONDITIONS}")
    if "--json" in sys.argv:
        print(json.dumps(best))


if __name__ == "__main__":
    main()
