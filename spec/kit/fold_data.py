"""What each message leaves in the data of its thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spec.kit.cbor import Value, enc
from spec.kit.cose import ALG
from spec.kit.keys import sha

if TYPE_CHECKING:
    from spec.kit.fold import Data, Entry

PROFFER: list[tuple[str, int]] = [
    ("roster", 1),
    ("terms", 2),
    ("text", 3),
    ("machine", 4),
    ("expires", 5),
    ("until", 6),
    ("replaces", 7),
]


def relationship_data(data: Data, _state: str, party: str, entry: Entry) -> None:
    """Invitation and commitment, accept and nonce, what was opened, who closed."""
    body, verb = entry.body, entry.header.name.partition(".")[2]
    if verb == "request":
        data |= {"invitation": body[1], "commitment": body[5]}
    elif verb == "accept":
        data |= {"accept": entry.first, "nonce": body[4]}
    elif verb == "confirm":
        data["opened"] = body[1]
    elif verb == "close":
        closed = data.get("closed", {})
        assert isinstance(closed, dict)
        said: Value = [body[1], body.get(2), entry.first, *entry.rank, entry.header.time]
        data["closed"] = closed | {party: said}


def conversation_data(_data: Data, _state: str, _party: str, _entry: Entry) -> None:
    """What is said leaves nothing there."""


def custody_data(data: Data, state: str, _party: str, entry: Entry) -> None:
    """What is wished for, what was granted, and after the end the address alone."""
    body, verb = entry.body, entry.header.name.partition(".")[2]
    if verb == "ask":
        data |= {"address": body[1], "bytes": body[2], "days": body[3]}
    elif verb == "grant" and state in {"asked", "kept"}:
        data |= {"bytes": body[1], "days": body[2], "endpoints": body[3], "grant": entry.first}
    elif verb in {"refuse", "end"}:
        for name in data.keys() - {"address"}:
            del data[name]


def relay_data(data: Data, state: str, _party: str, entry: Entry) -> None:
    """What is wished for beside what was granted last, and after the end nothing."""
    body, verb = entry.body, entry.header.name.partition(".")[2]
    if verb == "end":
        data.clear()
    elif state == "ended":
        return
    elif verb == "ask":
        data["asked"] = body[1]
    elif verb == "refuse":
        del data["asked"]
    else:
        data.clear()
        names = ("endpoints", "lease", "frames", "bytes", "until")
        data |= {"grant": entry.first, **{name: body[key] for key, name in enumerate(names, 1)}}


GRANT = [("agreement", 1), ("action", 3), ("purposes", 4), ("until", 5), ("standing", 6), ("onward", 7)]


def disclosure_data(data: Data, state: str, party: str, entry: Entry) -> None:
    """What is asked for, what is granted and how each field stands, what is erased, which right it is."""
    body, verb = entry.body, entry.header.name.partition(".")[2]
    if verb in {"request", "present"}:
        data.clear()
        data |= {name: body[key] for name, key in GRANT if key in body}
    if verb == "request":
        data["wanted"] = [row[0] for row in listed(body[2])]
    elif verb == "present":
        data["grant"] = entry.first
        data["fields"] = {row[0]: [row[1], 0] for row in listed(body[2])}
    elif verb == "decline" or state in {"asked", "declined"}:
        data.clear()
    elif verb == "update":
        newer = {row[0]: row[1] for row in listed(body[2])}
        data["fields"] = {path: [newer.get(path, old), now] for path, (old, now) in fields(data).items()}
    elif verb in {"revoke", "erase"}:
        if party == ("other" if state == "granted" else "opener"):
            lowered(data, body, 1 if verb == "revoke" else 2)
        if 1 not in body:
            end(data, entry, verb)
    elif verb == "erased":
        before = data.get("erased", {})
        assert isinstance(before, dict)
        data["erased"] = before | {row[0]: [row[1], body[2]] for row in listed(body[1])}
    elif verb in {"rights", "answer"}:
        data["right" if verb == "rights" else "outcome"] = body[1]


def listed(value: Value) -> list[list[Any]]:
    """Rows of a body."""
    assert isinstance(value, list)
    return [row for row in value if isinstance(row, list)]


def fields(data: Data) -> dict[str, list[Any]]:
    """The fields of a grant."""
    held = data["fields"]
    assert isinstance(held, dict)
    return {str(path): list(row) for path, row in held.items() if isinstance(row, list)}


def lowered(data: Data, body: Data, standing: int) -> None:
    """Fields that are taken back: those named, or all."""
    named = body.get(1)
    data["fields"] = {
        path: [
            old,
            max(now, standing) if named is None or (isinstance(named, list) and path in named) else now,
        ]
        for path, (old, now) in fields(data).items()
    }


def proffered(data: Data) -> Data:
    """What a proffer sets, of what is there."""
    kept = ["proffer", *(name for name, _ in PROFFER)]
    return {name: data[name] for name in kept if name in data}


def terms_data(data: Data, state: str, _party: str, entry: Entry) -> None:
    """The data of a negotiation."""
    body, verb = entry.body, entry.header.name.partition(".")[2]
    if verb == "proffer":
        counter: Data = {"counter": data["counter"]} if "counter" in data else {}
        data.clear()
        data |= counter
        data["proffer"] = entry.first
        for name, key in PROFFER:
            if key in body:
                data[name] = body[key]
    elif state in {"withdrawn", "declined"} or verb in {"decline", "withdraw"}:
        kept = proffered(data)
        data.clear()
        data |= kept
    elif verb == "counter":
        data["counter"] = body[1]
    elif verb == "accept":
        data |= {"accept": entry.first, "seal_by": body[2], "second": entry.header.sender}
        data |= {"second_key": entry.key, "second_signature": body[3]}
    elif verb == "seal":
        data |= {
            "seal": entry.first,
            "sealed": entry.header.time,
            "first_key": entry.key,
            "first_signature": body[2],
        }
        data["agreement"] = sha(party_input(agreement_payload(data, entry.header.sender), entry.key))
    elif verb in {"terminate", "replace"}:
        end(data, entry, verb)


def end(data: Data, entry: Entry, verb: str) -> None:
    """Note who ended the agreement, each party once."""
    noted = data.get("ended", [])
    assert isinstance(noted, list)
    said: Value = [entry.header.sender, *entry.rank, entry.first]
    if all(isinstance(one, list) and one[0] != entry.header.sender for one in noted):
        data["ended"] = sorted([*noted, said], key=enc)
    if verb == "replace":
        data["by"] = entry.body[2]


def agreement_payload(data: Data, first: bytes) -> bytes:
    """The payload that both parties sign."""
    payload: Data = {1: 1, 2: data["roster"], 3: data["terms"], 4: data["text"], 5: data["machine"]}
    payload |= {6: first, 7: data["second"], 8: data["proffer"], 9: data["seal_by"]}
    payload |= {key: data[name] for key, name in ((10, "until"), (11, "replaces")) if name in data}
    return enc(payload)


def party_input(payload: bytes, key: bytes) -> bytes:
    """What one party of an agreement signs."""
    return enc(["Signature", enc({16: "pcloud-agreement"}), enc({1: ALG, 4: key}), b"", payload])
