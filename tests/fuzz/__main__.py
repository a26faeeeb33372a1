"""Fuzz every door: `python -m tests.fuzz --runs 20000` (see `make fuzz`).

Each door is driven by libFuzzer in a process of its own, by the branches that an input reaches. First it has
to find two faults that we have put in; then no door may raise anything but its refusals.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

import atheris
from tests.fuzz import reshaping

# What makes the inputs keeps a copy of the code that counts nothing, and takes a quarter of the time with it.
for name in [name for name in sys.modules if name.startswith(("pcloud", "tests.fuzz."))]:
    if sys.modules[name] is not reshaping:
        del sys.modules[name]

# What is imported here counts its branches.
with atheris.instrument_imports(include=["pcloud", "tests.fuzz.planted"]):
    from tests.fuzz.doors import DOORS
    from tests.fuzz.driving import Driven, Told
    from tests.fuzz.keeping import minimal
    from tests.fuzz.planted import PLANTED
    from tests.fuzz.seeds import save, seeds_of

PLANTED_RUNS = 2_000_000
"""Inputs within which a fault that we have put in is found: some 50,000 mostly, and at times over 100,000."""
UNCAUGHT = "=== Uncaught"
"""Where the fuzzer begins to tell of what a door has raised."""
OUTPUT_CHARACTERS_MAX = 8_000


def fuzz(doors: Sequence[str], runs: int, seed: int, workers: int) -> Iterator[Told]:
    """Fuzz some doors, so many at once, and tell of each as it ends."""
    waiting = list(doors)
    driven: dict[int, Driven] = {}
    while waiting or driven:
        while waiting and len(driven) < workers:
            one = Driven(waiting.pop(0), runs, seed)
            driven[one.process] = one
        process, status = os.wait()
        yield driven.pop(process).ended(status)


def replay(door: str, data: bytes) -> None:
    """Give one input to a door, without a fuzzer. Raises what the door raises."""
    refusal = (DOORS | PLANTED)[door].take(data)
    print(f"{door}: {'taken' if refusal is None else f'refused, {refusal!r}'}")


def tell(told: Told) -> None:
    """One line for a door; for a fault, how to see it again."""
    print(
        f"{told.door:<30} {told.runs:>10,} inputs {told.per_s:>7,}/s {told.features:>6,} features", flush=True
    )
    if told.status:
        print(told.output[max(told.output.find(UNCAUGHT), 0) :][:OUTPUT_CHARACTERS_MAX])
        print(f"FAILED: {told.door}")
    if told.fault is not None:
        print(f"  again: python -m tests.fuzz --door '{told.door}' --input {told.fault.hex()}", flush=True)


def main() -> int:
    """Fuzz what is asked for; 1 where a door let something out, or a planted fault was not found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=20_000, help="inputs for each door")
    asked.add_argument("--seed", type=int, default=1, help="of libFuzzer; 0 for another each time")
    asked.add_argument("--door", action="append", choices=sorted(DOORS | PLANTED), help="only this one")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--keep", action="store_true", help="keep in the corpus what reached more")
    asked.add_argument("--input", help="do not fuzz: give the door this input, in hexadecimal")
    given = asked.parse_args()
    doors = given.door or sorted(DOORS)
    if given.input is not None:
        replay(doors[0], bytes.fromhex(given.input))
        return 0
    if given.door is None:
        planted = fuzz(list(PLANTED), PLANTED_RUNS, given.seed, given.workers)
        missed = [told.door for told in planted if told.fault is None]
        print(f"planted faults that were not found: {', '.join(missed) or 'none'}", flush=True)
        if missed:
            return 1
    failed = 0
    for told in fuzz(doors, given.runs, given.seed, given.workers):
        tell(told)
        failed += bool(told.status)
        if given.keep and told.door in DOORS:
            save(told.door, minimal(DOORS[told.door], seeds_of(told.door, own=False), told.found))
    print(f"{len(doors)} doors, {failed} with a fault")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
