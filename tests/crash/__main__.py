"""Kills a real node at random instants while four peers send: `python -m tests.crash --cycles 200`.

Each round is a fresh victim with its peers, so that any round can be replayed alone. A seed fixes which life
ends when; how far the victim has come by then is the machine's to say.
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

from tests.crash.round import Round

LIVES = 250
"""Lives of one round; every start looks over the whole store, so that it has to stay small."""
TOLD_EVERY_S = 10.0


class Run:
    """All rounds, and what they came to."""

    def __init__(self, lives: int, seed: str) -> None:
        self._lives, self._seed = lives, seed
        self._began = time.monotonic()
        self._told = self._began
        self._before: Counter[str] = Counter()
        self._done = 0

    def run(self) -> None:
        """Raises what a round raises, after a line that says how to replay it."""
        number = 0
        while self._done < self._lives:
            lives = min(LIVES, self._lives - self._done)
            self._round(f"{self._seed}.{number}" if number else self._seed, lives)
            number += 1
        self._tell("all whole", self._done, self._before)
        for what, count in sorted(self._before.items()):
            print(f"  {count:>9,} {what}")

    def _round(self, seed: str, lives: int) -> None:
        folder = Path(tempfile.mkdtemp(prefix="pcloud-crash-"))
        round_ = Round(folder / "nodes", seed, lives, lambda: self._progress(round_))
        try:
            asyncio.run(round_.run())
        except Exception:
            print(
                f"FAILED in life {round_.life} of a round; its stores are in {folder}\n"
                f"  again: make crash CYCLES={lives} SEED={seed}",
                flush=True,
            )
            raise
        shutil.rmtree(folder)
        self._before += round_.counts
        self._done += lives

    def _progress(self, round_: Round) -> None:
        if time.monotonic() - self._told >= TOLD_EVERY_S:
            self._told = time.monotonic()
            self._tell("so far", self._done + round_.life, self._before + round_.counts)

    def _tell(self, what: str, lives: int, counts: Counter[str]) -> None:
        took_s = time.monotonic() - self._began
        print(
            f"{what}: {lives:,} cycles, {counts['acknowledged']:,} messages acknowledged to peers, "
            f"{counts['kept']:,} kept for the owner, {lives / took_s:.1f} cycles a second",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kill a node, and look.")
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", default="")
    given = parser.parse_args()
    seed = given.seed or ("ci" if os.environ.get("CI") else str(random.SystemRandom().randrange(10**6)))
    print(f"{given.cycles:,} cycles, seed {seed}", flush=True)
    Run(given.cycles, seed).run()


if __name__ == "__main__":
    main()
