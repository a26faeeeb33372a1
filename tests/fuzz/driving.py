"""One door under libFuzzer, in a child of this process: what is instrumented is imported once for all."""

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import atheris
from tests.fuzz.doors import DOORS, Door
from tests.fuzz.planted import PLANTED, SEEDS
from tests.fuzz.reshaping import reshaped
from tests.fuzz.seeds import seeds_of

INPUT_S_MAX = 20
"""One input that takes longer is a fault: the machine may be busy, so this is no measure of speed."""
MEMORY_MIB_MAX = 2_048


class Told(NamedTuple):
    """How the fuzzing of one door ended."""

    door: str
    status: int
    """libFuzzer's; 0 where it found nothing."""
    runs: int
    per_s: int
    features: int
    output: str
    fault: bytes | None
    found: list[bytes]
    """Inputs that reached more than those before them."""


class Driven:
    """A door whose fuzzing goes on in a child."""

    def __init__(self, door: str, runs: int, seed: int) -> None:
        self.door = door
        self._folder = tempfile.TemporaryDirectory(prefix="pcloud-fuzz-")
        self._path = Path(self._folder.name)
        self._began = time.monotonic()
        self.process = os.fork()
        if not self.process:
            self._drive(runs, seed)

    def _drive(self, runs: int, seed: int) -> None:
        """Become libFuzzer, which ends the process."""
        try:
            output = os.open(self._path / "output", os.O_CREAT | os.O_WRONLY)
            os.dup2(output, 1)
            os.dup2(output, 2)
            for name in ("start", "found", "faults"):
                (self._path / name).mkdir()
            for data in SEEDS.get(self.door) or seeds_of(self.door):
                (self._path / "start" / sha256(data).hexdigest()).write_bytes(data)
            options = [f"-runs={runs}", f"-seed={seed}", f"-timeout={INPUT_S_MAX}", "-print_final_stats=1"]
            options += [f"-rss_limit_mb={MEMORY_MIB_MAX}", f"-artifact_prefix={self._path}/faults/"]
            options += [str(self._path / "found"), str(self._path / "start")]
            _become_libfuzzer(self.door, options, self._path / "faults")
        finally:
            os._exit(1)  # after a fault, or where libFuzzer never began: never go on as a second parent

    def ended(self, status: int) -> Told:
        """What came of it, once the child has ended with this status."""
        took_s = time.monotonic() - self._began
        output = (self._path / "output").read_text(errors="replace")
        faults = sorted((self._path / "faults").iterdir())
        ran = max(
            map(int, re.findall(r"(?:^#|number_of_executed_units: )(\d+)", output, re.MULTILINE)), default=0
        )
        told = Told(
            self.door,
            os.waitstatus_to_exitcode(status),
            ran,
            round(ran / took_s),
            max(map(int, re.findall(r"\bft: (\d+)", output)), default=0),
            output,
            faults[0].read_bytes() if faults else None,
            [path.read_bytes() for path in (self._path / "found").iterdir()],
        )
        self._folder.cleanup()
        return told


def _become_libfuzzer(name: str, options: list[str], faults: Path) -> None:
    """Fuzz a door in this process. An input that raises what is no refusal is kept among the faults."""
    door = (DOORS | PLANTED)[name]

    def take(data: bytes) -> None:
        try:
            door.take(data)
        except BaseException:
            (faults / "raised").write_bytes(data)
            raise

    arguments = [sys.argv[0], f"-max_len={door.bytes_max}", *options]
    atheris.Setup(arguments, take, custom_mutator=_mutator(door))
    atheris.Fuzz()


def _mutator(door: Door) -> Callable[[bytes, int, int], bytes]:
    def mutate(data: bytes, bytes_max: int, seed: int) -> bytes:
        if not door.is_cbor:
            return bytes(atheris.Mutate(data, bytes_max))

        def anyhow(part: bytes) -> bytes:
            return bytes(atheris.Mutate(part, max(bytes_max, len(part))))

        chance = random.Random(seed)
        first, rest = data[: door.chosen], data[door.chosen :]
        if first and chance.random() < 0.05:
            first = bytes([chance.randrange(len(door.readers))])
        return (first + reshaped(rest, chance, anyhow))[:bytes_max]

    return mutate
