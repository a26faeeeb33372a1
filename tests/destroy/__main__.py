"""Destroys a real node at random instants; the words bring it back: `python -m tests.destroy --runs 50`.

A seed fixes what each owner says and when the node dies; how far they have come by then is the machine's to
say.
"""

import argparse
import asyncio
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.destroy.run import Loss


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.destroy", description="Destroy a node, and look.")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", default="")
    given = parser.parse_args()
    seed = given.seed or ("ci" if os.environ.get("CI") else str(random.SystemRandom().randrange(10**6)))
    print(f"{given.runs:,} runs, seed {seed}", flush=True)
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for number in range(given.runs):
        mine = f"{seed}.{number}" if number else seed
        folder = Path(tempfile.mkdtemp(prefix="pcloud-destroy-"))
        loss = Loss(folder, mine)
        try:
            asyncio.run(loss.run())
        except BaseException:
            print(
                f"FAILED in run {number + 1}; its stores are in {folder}\n"
                f"  again: make destroy RUNS=1 SEED={mine}",
                flush=True,
            )
            raise
        shutil.rmtree(folder)
        counts += loss.counts
    took_s = time.monotonic() - began
    print(f"all back: {given.runs:,} runs in {took_s:.0f} s")
    for what, count in sorted(counts.items()):
        print(f"  {count:>9,} {what}")


if __name__ == "__main__":
    main()
