"""Lets every operation of a node's disk fail: `python -m tests.faults --stride 1`.

For every n the n-th write, sync, opening, truncation, deletion or renaming fails with each of four
errors, once or from there on; where the node may not go on it ends, by a kill or by a power cut. It has
to stop, to refuse or to say that the disk is full; and nothing that was acknowledged may be lost.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.faults.trace import Fault, run
from tests.faults.work import attempt, faults, parts, told

COMMAND = "python -m tests.faults"


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Let a disk fail, and look.")
    parser.add_argument("--stride", type=int, default=41, help="1: every operation")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--codes", type=int, default=1, help="of the four errors, so many at each operation")
    parser.add_argument("--deeds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, nargs=4, metavar=("OPERATION", "CODE", "LASTS", "POWER"))
    given = parser.parse_args()
    began = time.monotonic()
    _, seen = run(given.seed, given.deeds, None)
    work = list(faults(len(seen), given.first, given.stride, given.codes))
    if given.only:
        work = [Fault.named(*given.only)]
    print(f"{len(work):,} faults of a disk that does {len(seen):,} operations: {dict(Counter(seen))}")
    tally: Counter[str] = Counter()
    wrong = 0
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as processes:
        for heap in processes.map(attempt, parts(given.seed, given.deeds, work)):
            for fault, outcome in heap:
                tally[f"{outcome.failed or 'nothing'} failed: {outcome.ended}"] += 1
                for text in told(outcome):
                    wrong += 1
                    print(
                        f"WRONG {text}\n  again: {COMMAND} --deeds {given.deeds} --seed {given.seed} {fault}"
                    )
    for what in sorted(tally):
        print(f"  {tally[what]:>7,} {what}")
    print(f"{wrong} wrong of {len(work):,}, {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
