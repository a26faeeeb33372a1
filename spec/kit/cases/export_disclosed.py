"""Vectors of the chapter on exports: what was disclosed, shown whole or in part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spec.kit.cbor import Value, enc
from spec.kit.disclosure_told import NEW, Told
from spec.kit.exports import export
from spec.kit.ledger import ledger
from spec.kit.talk import Talk
from spec.kit.traces import agreed, agreement_of

if TYPE_CHECKING:
    from spec.kit.vectors import Vectors

OP = "export.verify"
KIEL: Value = {"addressLocality": "Kiel"}


def given(out: Vectors) -> None:
    """Two fields were given, one of them changed: with both values, with one, with none, and spoilt."""
    talk = Talk("export disclosed")
    talk.handshake()
    under = agreement_of(talk, agreed(talk, "SD-BASE").id)
    told = Told(talk, under)
    thread = told.shop("request", told.wish, None, "The shop asks for three fields")
    grant = told.presented(thread)
    body = told.changed(thread, grant)
    update = talk.log[-1]
    assert update.body == body
    rows = ledger(talk.log, [under], [])
    times: dict[Any, int] = {entry.first: entry.header.time for entry in talk.log}
    values: dict[Any, Value] = {"profile.name": "Anna", "profile.address": KIEL}
    cases: list[tuple[str, str, list[tuple[bytes, int]] | None]] = [
        ("disclosed", "Two fields were given, one of them in a newer version", None),
        ("disclosed-one-shown", "One value is shown; the others stay hidden", [(update.first, 1)]),
        ("disclosed-none-shown", "No value is shown, and as much is proven", []),
    ]
    for name, why, shown in cases:
        file = export(talk, talk.opener, shown=shown, met=False)
        fields: list[Value] = []
        for row in rows:
            is_there = shown is None or (row[9], row[10]) in shown
            granted: list[Value] = [row[2], row[8], "exporter", under, row[6], row[7], row[12]]
            value = values[row[2]] if is_there else None
            fields.append([*granted, row[9], times[row[9]], is_there, value])
        which = "all" if shown is None else "some" if shown else "none"
        out.good(
            name,
            why,
            "EXPORT-25 EXPORT-27 EXPORT-14",
            OP,
            {"bytes": file.data()},
            {"end": file.payload()},
            items=which,
            fields=fields,
            complete=True,
        )
    other = export(talk, talk.opener, met=False)
    lines: list[Any] = other.lines
    parts = next(record[5] for record in lines if is_of(record, NEW[0]))
    parts[1] = [parts[1][0], NEW[0].replace(b"Kiel", b"Koln")]
    out.bad(
        "disclosed-otherwise",
        "Another value than was signed",
        "EXPORT-14 EXPORT-27",
        OP,
        {"bytes": other.data()},
        "part-mismatch",
    )
    unreadable(out)


def unreadable(out: Vectors) -> None:
    """Rows of the ledger whose item is not what a verifier could report."""
    cases: list[tuple[str, str, str, tuple[bytes, ...]]] = [
        ("item", "An item that is no encoding", "cbor-malformed", (enc("Anna"), b"\xff")),
        ("place", "A field without a place for its item", "part-mismatch", (enc("Anna"),)),
    ]
    for name, why, code, items in cases:
        talk = Talk(f"export disclosed {name}")
        talk.handshake()
        told = Told(talk, agreement_of(talk, agreed(talk, "SD-BASE").id))
        told.person("present", told.free, None, "The person gives two fields", items=items)
        data = export(talk, talk.opener, met=False).data()
        out.bad(f"disclosed-no-{name}", why, "EXPORT-27", OP, {"bytes": data}, code)


def is_of(record: Any, item: bytes) -> bool:
    """Whether a message has this item first."""
    places = record[5]
    return len(places) > 1 and places[1] is not None and places[1][1] == item
