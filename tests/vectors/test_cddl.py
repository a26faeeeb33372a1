"""The CDDL of the specification against its vectors: what is right fits, what has a wrong shape does not."""

import base64
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase as fnmatch
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pycddl import Schema, ValidationError

from pcloud.errors import Violation
from pcloud.testing.vectors_input import written_out
from pcloud.wire import cbor, cose
from pcloud.wire.files import export

ROOT = Path(__file__).parents[2]
CDDL = ROOT / "spec/cddl"
FILES = sorted((ROOT / "spec/vectors").glob("*.json"))
CASES = [(path.stem, case) for path in FILES for case in json.loads(path.read_text())["cases"]]

SHAPE = {"shape", "version-unknown", "body-form"}
"""Codes of a refusal that a description of shape could know of."""
STRUCTURE = {"cose-structure", "cose-header"}
"""The same for the envelope of a signed object."""


class Layer(NamedTuple):
    """One encoding of a case and the rule that describes it."""

    file: str
    rule: str
    data: bytes


@cache
def schema(file: str, rule: str) -> Schema:
    """The rule as the start, its file, and the names that several files use (chapter 02 section 4)."""
    texts = [(CDDL / f"{name}.cddl").read_text() for name in dict.fromkeys((file, "common"))]
    return Schema("\n".join([f"start = {rule}", *texts]))


def fits(layer: Layer) -> bool:
    try:
        schema(layer.file, layer.rule).validate_cbor(layer.data)
    except ValidationError:
        return False
    return True


# The layers of a case

SIGNED = {
    "header.read": ("header", "header", cose.HEADER),
    "invitation.read": ("invitation", "invitation", cose.INVITATION),
    "card.read": ("card", "card", cose.CARD),
    "roster.read": ("roster", "roster", cose.ROSTER),
}
CO_SIGNED = {
    "agreement.read": ("agreement", "agreement", cose.AGREEMENT),
    "succession.read": ("succession", "succession", cose.SUCCESSION),
}
PLAIN = {
    "machine.read": ("roster", "machine-form", "bytes"),
    "start.open": ("sealing", "start-block", "block"),
    "content.read": ("sealing", "content", "content"),
    "manifest.open": ("sealing", "manifest-blob", "blob"),
    "manifest.read": ("archive", "manifest", "manifest"),
    "contact.open": ("sealing", "contact-frame", "frame"),
    "frame.open": ("sealing", "frame", "frame"),
    "said.read": ("conversation.say", "said", "item"),
    "token.read": ("custody.grant", "put-token", "item"),
    "custody.read": ("custody", "request", "message"),
    "vouchers.read": ("relay.grant", "vouchers", "item"),
    "relay.read": ("relay", "request", "message"),
    "relay.back": ("relay", "back", "message"),
}
OTHERS = {"answer.read", "position.read", "keylog.read", "body.read", "sign1.read", "sign2.read"}
OTHERS |= {"export.verify", "rows.read"}
RECORDS = ("opening", "log", "message", "former", "receipted", "end")
"""The records of an export by their kind."""

ROWS = "node-row own-row kept marked said former judged fork-row timed end-row".split()
"""The rows of a volume by their kind."""


def layers(stem: str, case: dict[str, Any]) -> Iterator[Layer]:
    """The encodings of a case from outside in, as far as they can be reached."""
    op, given = case["op"], case["input"]
    if op in SIGNED:
        file, rule, typ = SIGNED[op]
        yield from signed(octets(given["bytes"]), typ, file, rule)
    elif op in {"answer.read", "position.read"}:
        file, _, _ = op.partition(".")
        rule = "position" if file == "position" else given["typ"].removeprefix("pcloud-")
        yield from signed(octets(given["bytes"]), given["typ"], {"answer": "answers"}.get(file, file), rule)
    elif op in CO_SIGNED:
        file, rule, typ = CO_SIGNED[op]
        data = octets(given["bytes"])
        yield Layer("common", "cose-sign", data)
        yield Layer(file, rule, cose.parse_sign2(data, typ).payload)
    elif op == "keylog.read":
        yield Layer("common", "key-log", cbor.encode(list(map(octets, given["events"]))))
        for event in given["events"]:
            yield from signed(octets(event), cose.KEY_EVENT, "identity", "key-event")
    elif op in PLAIN:
        file, rule, name = PLAIN[op]
        yield from whole(file, rule, octets(given[name]))
    elif op == "rows.read":
        for row in map(octets, given["rows"]):
            yield from whole("archive", ROWS[array(row)[0]], row)
    elif op == "body.read":
        yield Layer(stem, "body", octets(given["body"]))
    elif op == "link.read":
        text = given["text"].removeprefix("pcloud:contact/1/")
        yield Layer("invitation", "short-link", base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    elif op in WALKS:
        yield from WALKS[op](octets(given["bytes"]))


def signed_by_one(data: bytes) -> Iterator[Layer]:
    yield Layer("common", "cose-sign1", data)
    yield Layer("common", "sign1-protected", array(data[1:])[0])


def signed_by_two(data: bytes) -> Iterator[Layer]:
    yield Layer("common", "cose-sign", data)
    outer = array(data[2:])
    yield Layer("common", "sign-protected", outer[0])
    for signer in outer[3]:
        yield Layer("common", "signer-protected", signer[0])


def exported(data: bytes) -> Iterator[Layer]:
    """The records of an export, and what its end signs."""
    at = len(export.MAGIC)
    while at < len(data):
        head = {0x58: 2, 0x59: 3}.get(data[at], 1)
        size = data[at] - 0x40 if head == 1 else int.from_bytes(data[at + 1 : at + head], "big")
        record = data[at + head : at + head + size]
        at += head + size
        values = array(record)
        yield Layer("export", RECORDS[values[0]], record)
        if RECORDS[values[0]] == "end":
            yield from signed(values[1], cose.EXPORT, "export", "closing")


WALKS = {"export.verify": exported, "sign1.read": signed_by_one, "sign2.read": signed_by_two}


def array(data: bytes) -> list[Any]:
    return list(cbor.decode_list(data))


def octets(value: Any) -> bytes:
    return bytes.fromhex(written_out(value))


def signed(data: bytes, typ: str, file: str, rule: str) -> Iterator[Layer]:
    yield Layer("common", "cose-sign1", data)
    yield from whole(file, rule, cose.parse_sign1(data, typ).payload)


NULLABLE = {
    "header": [(15, "origin")],
    "content": [(1, "introduction")],
    **{rule: [(6, "announcement")] for rule in ("receipt", "expected", "fork", "busy", "position")},
}
"""Where null or an array may stand, any array is taken: these are validated on their own too."""


def whole(file: str, rule: str, data: bytes) -> Iterator[Layer]:
    yield Layer(file, rule, data)
    values = cbor.decode(data)
    if not isinstance(values, list):
        return
    for at, inner in NULLABLE.get(rule, []):
        if isinstance(values[at], list):
            yield Layer(file if inner != "announcement" else "common", inner, cbor.encode(values[at]))
    if rule == "content" and isinstance(values[3], list):
        for part in values[3]:
            if part is not None:
                yield Layer("common", "part", cbor.encode(part))


def reached(stem: str, case: dict[str, Any]) -> list[Layer]:
    """The layers of a refusal up to the one that is not there."""
    found = []
    walk = layers(stem, case)
    while True:
        try:
            found.append(next(walk))
        except (StopIteration, Violation, ValueError, TypeError, LookupError):
            return found


# What a description of shape cannot say, and what this validator does not see

ENCODING = "not a shape: the description is of the decoded value, and the encoding has rules of its own"
RELATION = "a relation between fields, or between the entries of a list, which CDDL has no words for"
MEANING = "the value of a key or the content of bytes, which is judged and not described"
SIZED = "the validator takes texts for sized byte strings, and bytes and numbers for sized texts"
EMPTY = "the validator takes any map, key or array where a map may be empty or is one of a choice"
BOUNDS = "the validator does not count the entries of an array inside an array"
NULL_OR = "the validator takes any array where null or bytes may stand"
PATHS = "a path is a text of a form that chapter 09 tells"
FILE = "a file is no encoding: what is described is each of its records, and what its end signs"
INSIDE = "a layer inside a record, which the description of its own chapter refuses"

NOT_SEEN = {
    ENCODING: """
        */body-trailing */body-head-not-shortest */body-indefinite */body-key-twice */body-unsorted
        */body-deep cose/sign1-tag-not-shortest cose/sign2-tag-not-shortest
        conversation.say/said-trailing conversation.say/said-two conversation.say/said-head-*
        conversation.say/said-indefinite custody.grant/token-head-* custody.grant/token-indefinite
        custody.grant/token-trailing relay.grant/vouchers-trailing relay.grant/vouchers-head-*
        relay.grant/vouchers-indefinite
    """,
    RELATION: """
        answers/receipt-session-without-key answers/receipt-id-missing answers/receipt-id-without-number
        answers/receipt-refusals-descending answers/receipt-refusals-twice answers/receipt-refusal-ahead
        answers/receipt-refusal-behind answers/receipt-refusals-where-none answers/busy-session-without-key
        header/received-id-null header/received-id-without-number position/event-in-recover
        answers/fork-id-missing answers/fork-id-without-number
        position/recovered-without-event position/line-heads-* position/line-refusals-descending
        position/line-refusals-twice invitation/card-expires-* roster/machine-clauses-same-name
        roster/roster-entries-same-id sealing/content-nothing sealing/content-introduction-only
        sealing/content-parts-without-signed agreement/first-twice
        cose/sign2-same-twice identity/succession-invitation-twice
        relay.grant/vouchers-twice disclosure.*/body-field-?-twice
        archive/manifest-previous-in-full archive/manifest-after-in-full archive/manifest-no-previous
        archive/manifest-base-above archive/order-* archive/kept-no-invitation
        archive/said-no-verdict archive/said-first-signer archive/said-two-faults
        export/succession-alone export/message-first-epoch export/verdict-of-the-peer export/item-left-out
    """,
    PATHS: "disclosure.*/body-field-?-path-*",
    MEANING: """
        */body-field-?-small-order roster/roster-form-wrong roster/roster-version-of-a-form
        relationship.returned/body-field-1-null-inside
    """,
    SIZED: """
        */body-field-?-text */body-field-?-bytes */body-field-?-number agreement/terms-bytes
        agreement/second-text answers/receipt-recipient-text answers/receipt-refusal-code-number
        answers/fork-id-text cose/sign1-signature-text cose/sign1-kid-text header/sender-text
        header/recipient-text header/prev-text header/thread-text header/received-id-text
        header/agreement-text header/name-bytes header/name-number header/digests-text
        identity/log-previous-text invitation/*-endpoint-bytes position/recipient-text
        position/endpoint-bytes roster/machine-clauses-word-bytes conversation.say/said-bytes
        conversation.say/said-number conversation.say/said-wrapped custody.grant/token-text
        disclosure.*/body-field-?-word-bytes custody/*-field-?-text relay.grant/vouchers-text relay/*-text
    """,
    EMPTY: """
        disclosure.*/body-field-?-row-null
        relationship.close/body-array */body-key-* */body-unknown-* cose/sign1-unprotected-*
        cose/sign2-unprotected-not-empty cose/sign2-entry-unprotected-not-empty
    """,
    BOUNDS: """
        answers/receipt-refusals-257 position/lines-5 position/line-refusals-49 roster/machine-clauses-33
        roster/roster-entries-65 sealing/content-parts-65 disclosure.*/body-field-?-33
        cose/sign2-three-entries agreement/witness
    """,
    NULL_OR: """
        sealing/frame-start-array sealing/content-start-array sealing/content-signed-array
        export/message-salt-15
    """,
    FILE: """
        export/*first-line* export/version-2 export/line-feed export/record-* export/opening-missing
        export/opening-twice export/log-missing export/log-third export/kind-6 export/kind-text
        export/message-behind-receipt export/lines-swapped export/messages-swapped export/message-twice
        export/former-and-message archive/row-empty archive/row-kind-10 archive/row-map
    """,
    INSIDE: """
        export/header-short export/header-empty export/receipt-short export/body-form
        export/succession-two-faults sealing/frame-start-of-nothing-known
    """,
}
PATTERNS = [(pattern, reason) for reason, patterns in NOT_SEEN.items() for pattern in patterns.split()]

PANICS = {
    "relationship.close/body-field-1-bytes",
    "relationship.decline/body-field-1-bytes",
    "relationship.request/body-field-6-bytes",
    "terms.decline/body-field-1-bytes",
    "terms.terminate/body-field-2-bytes",
}
"""The validator ends itself where bytes stand in place of one of some words; these are not run."""

REFUSES_WRONGLY = {"position/recover-empty"}
"""The validator applies the bounds of the inner arrays to an empty outer one."""


def full_name(stem: str, case: dict[str, Any]) -> str:
    return f"{stem}/{case['name']}"


def named(value: Any) -> str:
    return value["name"] if isinstance(value, dict) else str(value)


ACCEPTED = [(stem, case) for stem, case in CASES if case["expect"]["ok"] and reached(stem, case)]
REFUSED = [
    (stem, case)
    for stem, case in CASES
    if case["expect"].get("code") in {*SHAPE, *STRUCTURE}
    and case["op"] in {*SIGNED, *CO_SIGNED, *PLAIN, *OTHERS}
    and full_name(stem, case) not in PANICS
]


@pytest.mark.parametrize(("stem", "case"), ACCEPTED, ids=named)
def test_what_is_accepted_fits(stem: str, case: dict[str, Any]) -> None:
    faults = [layer.rule for layer in layers(stem, case) if not fits(layer)]
    assert bool(faults) is (full_name(stem, case) in REFUSES_WRONGLY), f"{case['why']}: {faults}"


@pytest.mark.parametrize(("stem", "case"), REFUSED, ids=named)
def test_what_has_a_wrong_shape_does_not_fit(stem: str, case: dict[str, Any]) -> None:
    if not any(fnmatch(full_name(stem, case), pattern) for pattern, _ in PATTERNS):
        assert not all(map(fits, reached(stem, case))), f"{case['why']}: {case['expect']['code']}"


@pytest.mark.parametrize(("pattern", "reason"), PATTERNS)
def test_an_exception_is_needed(pattern: str, reason: str) -> None:
    covered = [(stem, case) for stem, case in REFUSED if fnmatch(full_name(stem, case), pattern)]
    assert any(all(map(fits, reached(stem, case))) for stem, case in covered), f"{reason}: drop it"


def test_every_rule_of_a_layer_is_met() -> None:
    met = {layer.rule for stem, case in CASES for layer in reached(stem, case)}
    assert len(met) >= 27
    assert {"header", "position", "key-event", "content", "frame", "start-block", "manifest-blob"} < met
