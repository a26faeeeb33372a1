"""`make bench`: every part in a process of its own, then all figures together, beside those of the last run.

`python -m bench [--keep] [--json] [PART...]`; without parts all of them. A run of all parts is kept in
`bench/results`, one of some where `--keep` says so. It exits 1 where a goal is missed.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench import goals, history
from bench.machine import this_machine
from bench.report import Figure, measured, tell

PARTS = (
    "message",
    "hostile",
    "store",
    "archive",
    "restore",
    "records",
    "relay",
    "relayed",
    "net",
    "node",
    "strangers",
    "posts",
    "crowd",
    "fanout",
    "costs",
    "page",
    "process",
)


def main() -> int:
    """Run the parts that were asked for."""
    asked = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    figures: list[Figure] = []
    for part in asked or PARTS:
        began = time.monotonic()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            figures += own.submit(measured, part).result()
        print(f"({part} took {time.monotonic() - began:.0f} s)", flush=True)
    machine = this_machine()
    print(f"\n== all: {machine.line()}")
    missed = tell(figures)
    goals.tell({figure.name: figure for figure in figures})
    if not asked or "--keep" in sys.argv:
        before = history.runs()
        file = history.write(figures, machine)
        if before:
            history.tell(before[-1], file)
        print(f"\nkept in bench/results/{file.name}; `make plots` draws it")
    return missed


if __name__ == "__main__":
    sys.exit(main())
