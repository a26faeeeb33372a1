"""`make bench`: each figure beside its floor from the same run, the goal, and whether it is met."""

import json
import sys

from bench.message import frame_cost, measure, ratio

GOALS = {"send": 2.0, "receive": 1.5}
"""The most that ours may cost over the floor."""


def main() -> int:
    """Print the report; exit 1 where a goal is missed."""
    figures = {figure.name: figure for figure in measure()}
    print("CPU microseconds per message       min  median     max")
    for figure in figures.values():
        print(figure.line())
    missed = 0
    for name, goal in GOALS.items():
        cost = ratio(figures[name], figures[f"{name} floor"])
        missed += cost > goal
        print(f"{name}: {cost:.2f} x the floor, goal {goal} x: {'met' if cost <= goal else 'MISSED'}")
    print(frame_cost())
    if "--json" in sys.argv:
        print(json.dumps({name: figure.times for name, figure in figures.items()}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
