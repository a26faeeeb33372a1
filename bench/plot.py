"""Draw the newest run that is kept, for the documentation: `make plots`.

It reads files and imports nothing of the project, so that only it needs a drawing library.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
MET, MISSED = "#2f6f4f", "#b3532c"
DOTS_PER_INCH = 120
FLOOR_COLOUR = "#444444"


def run_of(arguments: list[str]) -> dict[str, Any]:
    """The run that was named, else the newest. Raises SystemExit where none is kept."""
    found = [Path(each) for each in arguments] or sorted((ROOT / "bench" / "results").glob("*.json"))
    if not found:
        raise SystemExit("No run is kept yet. Make one with: make bench")
    run: dict[str, Any] = json.loads(found[-1].read_text())
    return run


def bound_of(figure: dict[str, Any]) -> float:
    """The number of a goal such as `at most 2.0`."""
    return float(figure["goal"].split()[2])


def draw_ratios(run: dict[str, Any]) -> None:
    """Every goal that is a ratio, as a part of what it allows, with the middle half of its rounds."""
    rows = [figure for figure in run["figures"] if figure["goal"] and figure["ratio"] is not None]
    rows.reverse()
    _, axes = plt.subplots(figsize=(9.0, 1.2 + 0.32 * len(rows)), layout="constrained")
    for place, figure in enumerate(rows):
        bound, least = bound_of(figure), figure["goal"].startswith("at least")
        low, high = figure["spread"] or (figure["ratio"], figure["ratio"])
        parts = [bound / each if least else each / bound for each in (figure["ratio"], low, high)]
        colour = MET if figure["met"] else MISSED
        axes.plot(sorted(parts[1:]), [place, place], color=colour, linewidth=5.0, alpha=0.35)
        axes.plot(parts[0], place, marker="o", color=colour, markersize=6.0)
        axes.annotate(
            f"{figure['ratio']:.2f}",
            (max(parts), place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
        )
    axes.axvline(1.0, color=FLOOR_COLOUR, linewidth=1.0)
    axes.set_yticks(range(len(rows)), [f"{row['name']}  ({row['goal']})" for row in rows], fontsize=7.5)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.margins(x=0.12)
    axes.grid(axis="y", linewidth=0.3)
    axes.set_xlabel(
        "cost, as a part of what the goal allows; beside each its ratio to the floor", fontsize=8.5
    )
    axes.set_title(caption(run), fontsize=8.5)
    save("bench-goals.png")


def draw_growth(run: dict[str, Any]) -> None:
    """What takes how long among how many."""
    series: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for figure in run["figures"]:
        if figure["growth"]:
            name, size = figure["growth"]
            series[name, figure["unit"]].append((size, figure["ours"]))
    if not series:
        return
    _, axes = plt.subplots(figsize=(9.0, 5.5), layout="constrained")
    for (name, unit), points in sorted(series.items()):
        sizes, times = zip(*sorted(points), strict=True)
        scale = 1e-3 if unit == "us" else 1.0
        axes.plot(sizes, [each * scale for each in times], marker="o", linewidth=1.2, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("relationships, or records", fontsize=8.5)
    axes.set_ylabel("milliseconds, median", fontsize=8.5)
    axes.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    axes.set_title(caption(run), fontsize=8.5)
    save("bench-growth.png")


def caption(run: dict[str, Any]) -> str:
    """Where and when it was measured."""
    machine = run["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['python']},"
        f" load {machine['load']:.1f}, {run['ended'][:10]}"
    )


def save(name: str) -> None:
    """Write a picture that is the same for the same run."""
    plt.savefig(PICTURES / name, dpi=DOTS_PER_INCH, metadata={"Software": None})
    plt.close()
    print(f"docs/pictures/{name}")


def main() -> None:
    """Draw both."""
    mpl.use("agg")
    run = run_of(sys.argv[1:])
    draw_ratios(run)
    draw_growth(run)


if __name__ == "__main__":
    main()
