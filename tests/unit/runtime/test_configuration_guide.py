"""The guide to the settings says of every key and every metric what the program says."""

import io
import re
from pathlib import Path

from pcloud.ambient.fixed import FixedClock, SeededEntropy
from pcloud.cli.exits import Exit
from pcloud.runtime.config import Log as Settings
from pcloud.runtime.config import keys, toml_value
from pcloud.runtime.logs import Log
from pcloud.runtime.metrics import Gauges, Metrics

GUIDE = (Path(__file__).parents[3] / "docs/guide/configuration.md").read_text()


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| `")]


def test_every_key_stands_in_its_section_with_default_allowed_values_and_meaning() -> None:
    told = {
        name: rows(text.partition("\n## ")[0])
        for name, text in re.findall(r"^## \[(\w+)\]\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    }
    wanted: dict[str, list[str]] = {}
    for key in keys():
        row = f"| `{key.name}` | `{toml_value(key.default)}` | {key.allowed} | {key.meaning} |"
        wanted.setdefault(key.section, []).append(row)

    assert told == wanted


def test_every_metric_stands_in_the_guide() -> None:
    clock = FixedClock()
    log = Log(io.StringIO(), clock, SeededEntropy("guide"), Settings())
    metrics = Metrics(clock, log, lambda: Gauges(0, 0, 0, 0, 0))
    wanted = []
    for family in metrics.collect():
        ending = "_total" if family.type == "counter" else ""
        wanted.append(f"| `{family.name}{ending}` | {family.documentation} |")

    assert rows(GUIDE.partition("## What is counted")[2]) == wanted


def test_the_exit_code_is_that_of_the_command_line() -> None:
    assert f"exit code {Exit.CONFIG:d} " in GUIDE
