"""Cuts the power of a real node: `python -m tests.power --images 20000 --deeds 1000`.

At every sync of a long life, with all lost that was not synced, and again with nothing lost; then at so many
random instants, with what was not synced torn. Each image has to open, to be whole, and to hold what the last
commit had left. On some of them the nodes start again, and have to come to an agreement.
"""

import argparse
import re
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.power.trace import Cut
from tests.power.work import cuts, parts, run

COMMAND = "python -m tests.power"
CUT = re.compile(r"--cut \d+ (?:''|[\w/]+)")
"""How what is lost names its cut, to be tried again alone."""


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Cut the power, and look.")
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--deeds", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cut", nargs=2, metavar=("OPERATION", "TEAR"), help="only this one")
    given = parser.parse_args()
    began = time.monotonic()
    one = given.cut and [Cut(int(given.cut[0]), given.cut[1])]
    all_cuts = one or cuts(given.seed, given.deeds, given.images)
    work = parts(given.seed, given.deeds, all_cuts, 1 if one else given.workers)
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as processes:
        found = list(processes.map(run, work))
    counts = sum((each.counts for each in found), Counter[str]())
    for what in sorted(counts):
        # What the nodes did is the same in every process, what was cut is not.
        many = counts[what] if what.startswith("images") else found[0].counts[what]
        print(f"  {many:>9,} {what}")
    violations = [text for each in found for text in each.violations]
    for text in violations:
        cut = CUT.search(text)
        print(f"LOST {text}")
        if cut is not None:
            print(f"  again: {COMMAND} --deeds {given.deeds} --seed {given.seed} {cut[0]}")
    print(
        f"{len(violations)} faults in {counts['images']:,} images, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
