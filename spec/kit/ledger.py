"""The ledger of the chapter on disclosure, computed anew from a log."""

from __future__ import annotations

from typing import Any

from spec.kit.cbor import Value
from spec.kit.fold import Entry, folded, merged

OUTCOMES = {"applied": "confirmed", "refused": "refused", "need-more": "need-more"}


def ledger(log: list[Entry], in_force: list[bytes], sent: list[bytes]) -> list[list[Value]]:
    """One row for each field of each grant."""
    found: list[list[Value]] = []
    for name, thread in sorted(folded(log).items()):
        if thread.feature != "disclosure" or thread.state not in {"granted", "given"}:
            continue
        own = [one for one in merged([one for one in log if one.thread == name]) if acts(one)]
        data: dict[Any, Any] = dict(thread.data)
        (grant,) = (one for one in own if one.first == data["grant"])
        over = "ended" in data or data["agreement"] not in in_force
        for path, (version, standing) in sorted(data["fields"].items()):
            giving, item = newest(own, path)
            gone, backups = data.get("erased", {}).get(path, (0, None))
            row: list[Value] = [name, data["grant"], path, grant.header.sender, grant.header.recipient]
            row += [data["agreement"], data["until"], data["standing"], version, giving.first, item]
            row += [applied(own, path), state(own, path, giving, standing, sent, over=over)]
            if gone >= version:
                row[-1] = "erased"
            found.append([*row, backups])
    return found


def acts(entry: Entry) -> bool:
    """Whether an entry counts."""
    return entry.verdict in {"applied", None}


def verb(entry: Entry) -> str:
    """What follows the dot in its name."""
    return entry.header.name.partition(".")[2]


def gives(entry: Entry) -> dict[str, tuple[int, int]]:
    """Paths with version and number of the item."""
    if verb(entry) not in {"present", "update"}:
        return {}
    rows: Any = entry.body[2]
    return {path: (version, item) for item, (path, version) in enumerate(rows, 1)}


def newest(own: list[Entry], path: str) -> tuple[Entry, int]:
    """The last entry that gives a field."""
    giving = [one for one in own if path in gives(one)][-1]
    return giving, gives(giving)[path][1]


def applied(own: list[Entry], path: str) -> int:
    """The newest version that arrived."""
    return max((gives(one)[path][0] for one in own if path in gives(one) and one.verdict), default=0)


def state(own: list[Entry], path: str, giving: Entry, standing: int, sent: list[bytes], *, over: bool) -> str:
    """What became of a field that was not erased."""
    if standing == 2:
        receipts: list[Any] = [one.body.get(3, []) for one in own if verb(one) == "erased"]
        return "kept" if any(row[0] == path for kept in receipts for row in kept) else "erasing"
    if standing or over:
        return "revoked"
    if giving.verdict is None:
        return "sent" if giving.first in sent else "queued"
    told: Any = [row for one in own if verb(one) == "acknowledge" for row in rows(one)]
    last = [outcome for name, version, outcome in told if (name, version) == (path, gives(giving)[path][0])]
    return OUTCOMES[last[-1]] if last else "applied"


def rows(entry: Entry) -> list[Any]:
    """The outcomes of an acknowledgement."""
    found = entry.body[1]
    assert isinstance(found, list)
    return list(found)
