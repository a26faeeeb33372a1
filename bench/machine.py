"""On what was measured: enough to tell two machines apart, and nothing that names one."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CPUS = Path("/proc/cpuinfo")
MEMORY = Path("/proc/meminfo")


class Machine(NamedTuple):
    """What figures depend on besides the code."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    load: float
    """Of the last five minutes, when the run ended; above the number of cores its figures say little."""

    def line(self) -> str:
        """For people."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB, {self.system},"
            f" {self.python}, load {self.load:.1f}"
        )


def this_machine() -> Machine:
    """Describe where this runs, now."""
    memory = next(_values(MEMORY, "MemTotal"), "0 kB").split()[0]
    return Machine(
        next(_values(CPUS, "model name"), platform.machine()),
        os.cpu_count() or 1,
        int(memory) / 2**20,
        f"{platform.system()} {platform.machine()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        os.getloadavg()[1],
    )


def _values(file: Path, key: str) -> Iterator[str]:
    if file.exists():
        for line in file.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                yield value.strip()
