"""The published traces: every header verifies, and the log folds to the published digest at each step.

[FOLD-5] [CONF-2]
"""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Entry
from pcloud.wire import cose, keylog
from pcloud.wire.content import Introduction, read_introduced
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.invitation import read_invitation
from pcloud.wire.parts import Part, check_parts

ROOT = Path(__file__).parents[2]
FILES = {
    path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "spec/vectors/traces").glob("*.json"))
}
NAMES = [name for name, trace in FILES.items() if "entries" in trace]
TRACES = [FILES[name] for name in NAMES]


def parts_of(step: dict[str, Any]) -> tuple[Part | None, ...]:
    return tuple(part and Part(*map(bytes.fromhex, part)) for part in step["parts"])


def entry_of(step: dict[str, Any]) -> Entry:
    data = bytes.fromhex(step["signed"])
    signed = cose.parse_sign1(data, cose.HEADER)
    header = SignedHeader(read_header(signed.payload), signed.id, signed.kid, data)
    return Entry(header, parts_of(step), step["verdict"], mine=False)


def logs(context: dict[str, Any]) -> dict[str, keylog.KeyLog]:
    return {
        side: keylog.read_log([bytes.fromhex(event) for event in context[f"{side}_events"]])
        for side in ("opener", "other")
    }


@pytest.mark.parametrize("trace", TRACES, ids=NAMES)
def test_every_step_is_signed_by_its_side_and_brings_its_parts(trace: dict[str, Any]) -> None:
    sides = logs(trace["context"])
    for step in trace["entries"]:
        entry = entry_of(step)
        header, log = entry.signed.header, sides[step["from"]]
        signed = cose.parse_sign1(entry.signed.data, cose.HEADER)
        cose.verify_sign1(signed, log.events[header.sender_epoch].signing_key)
        assert header.sender == log.persona
        assert (header.name, header.time, entry.signed.id.hex()) == (step["name"], step["time"], step["id"])
        check_parts(header.digests, entry.parts)


@pytest.mark.parametrize("trace", TRACES, ids=NAMES)
def test_the_other_side_is_the_invitation_or_its_successor(trace: dict[str, Any]) -> None:
    context, sides = trace["context"], logs(trace["context"])
    invitation = read_invitation(bytes.fromhex(context["invitation"]))
    events = tuple(bytes.fromhex(event) for event in context["other_events"])
    succession = context["succession"] and bytes.fromhex(context["succession"])
    log = read_introduced(
        Introduction(events, succession),
        known=invitation.log.persona,
        known_key=invitation.log.current.signing_key,
        peer=sides["opener"].persona,
    )
    assert log.persona == sides["other"].persona


@pytest.mark.parametrize("trace", TRACES, ids=NAMES)
def test_the_log_folds_to_the_digest_of_each_step_in_whatever_order_it_came(trace: dict[str, Any]) -> None:
    chance, sides = random.Random(1), tuple(logs(trace["context"]).values())
    held: dict[bytes, Entry] = {}
    for step in trace["entries"]:
        entry = entry_of(step)
        held[entry.first_id] = entry
        shuffled = list(held.values())
        for _ in range(3):
            digest = fold(shuffled, STANDARD, logs=sides).digest().hex()
            assert digest == step["digest"], f"{step['name']}: {step['why']}"
            chance.shuffle(shuffled)
