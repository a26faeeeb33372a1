"""`make bench`: every part in a process of its own, then all figures together.

`python -m bench [--json] [PART...]`; without parts all of them. It exits 1 where a goal is missed.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.report import Figure, measured, tell

PARTS = (
    "message",
    "hostile",
    "store",
    "archive",
    "records",
    "relay",
    "relayed",
    "net",
    "node",
    "crowd",
    "fanout",
    "costs",
    "page",
    "process",
)


def main() -> int:
    """Run the parts that were asked for."""
    asked = [argument for argument in sys.argv[1:] if not argument.startswith("-")] or PARTS
    figures: list[Figure] = []
    for part in asked:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            figures += own.submit(measured, part).result()
    busy, cores = os.getloadavg()[1], os.cpu_count()
    print(f"\n== all, with a load of {busy:.1f} in the last five minutes on {cores} cores")
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
