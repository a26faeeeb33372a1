"""Draw each table of `spec/tables` as a Mermaid state diagram, in the chapters that ask for it.

    python spec/kit/diagrams.py           write the diagrams
    python spec/kit/diagrams.py --check   say which are out of date (exit status 1 if any)

A chapter asks with the two lines `<!-- diagram:terms -->` and `<!-- /diagram -->`; what stands between them
is replaced by the diagram of `tables/terms.csv`. Names of chapters as arguments limit it to these.
"""

import csv
import re
import sys
from pathlib import Path

SPEC = Path(__file__).parents[1]
PLACE = re.compile(r"(<!-- diagram:([a-z]+) -->\n).*?(<!-- /diagram -->)", re.DOTALL)


def diagram(table: Path) -> str:
    """Give the diagram of one table: an arrow for each step, crossing rows marked as such."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    name = {"start": "[*]"}
    lines = ["```mermaid", "stateDiagram-v2"]
    for state in dict.fromkeys(state for row in rows for state in (row["state"], row["next"])):
        if state != "start":
            name[state] = state.replace("-", "_")
            if name[state] != state:
                lines.append(f'    state "{state}" as {name[state]}')
    steps: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        verb = row["message"].partition(".")[2]
        mark = " (crossing)" if row["crossing"] == "true" else ""
        steps.setdefault((row["state"], row["next"]), []).append(f"{row['by']} {verb}{mark}")
    lines += [
        f"    {name[state]} --> {name[after]} : {', '.join(said)}" for (state, after), said in steps.items()
    ]
    ends = {row["next"] for row in rows} - {row["state"] for row in rows if row["crossing"] != "true"}
    lines += [f"    {name[state]} --> [*]" for state in name if state in ends]
    return "\n".join([*lines, "```"]) + "\n"


def redrawn(text: str, tables: Path) -> str:
    """Give a chapter with its diagrams drawn anew."""
    return PLACE.sub(lambda found: found[1] + diagram(tables / f"{found[2]}.csv") + found[3], text)


def main(arguments: list[str]) -> int:
    """Draw into the chapters, or with `--check` compare."""
    check = "--check" in arguments
    wanted = [argument for argument in arguments if argument != "--check"]
    stale = []
    for chapter in sorted(SPEC.glob("*.md")):
        text = chapter.read_text()
        new = redrawn(text, SPEC / "tables")
        if new != text and (not wanted or chapter.name in wanted):
            stale.append(chapter.name)
            if not check:
                chapter.write_text(new)
    print(f"diagrams {'out of date' if check else 'drawn anew'}: {', '.join(stale) or 'none'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
