"""Vectors of the chapter on recovery: positions."""

from __future__ import annotations

from spec.kit.cbor import Value
from spec.kit.cose import sign1, spoiled
from spec.kit.identity import Persona, grown, persona
from spec.kit.invitations import line, position, position_payload
from spec.kit.keys import box, fixed
from spec.kit.vectors import Vectors

ALICE, SHOP = grown(persona("alice", 0)), persona("shop", 1)
FIELDS = ["version", "sender", "recipient", "sender_epoch", "recipient_epoch", "session", "key", "event"]
FIELDS += ["events", "mailbox", "endpoints", "lines"]


def right() -> list[Value]:
    """Alice's position after a restore."""
    lines: list[Value] = [
        line(outgoing=True, last=20),
        line(outgoing=False, last=3, refusals=[[2, "not-in-state"]]),
    ]
    return position_payload(ALICE, SHOP, None, lines)


class Positions:
    """Writes the cases."""

    def __init__(self, out: Vectors) -> None:
        self.out = out

    def good(self, name: str, why: str, by: Persona, kind: str, payload: list[Value]) -> None:
        """A position as it should be."""
        made = position(by, kind, payload)
        given = {"bytes": made.data, "typ": f"pcloud-{kind}"}
        self.out.good(
            name,
            why,
            "REC-5 REC-9",
            "position.read",
            given,
            {"to_be_signed": made.to_be_signed},
            **dict(zip(FIELDS, payload, strict=True)),
            id=made.id,
        )

    def payload(
        self,
        name: str,
        why: str,
        payload: Value,
        code: str = "shape",
        rule: str = "REC-5",
        kind: str = "recover",
    ) -> None:
        """A payload that is no position."""
        made = position(ALICE, kind, payload)
        given = {"bytes": made.data, "typ": f"pcloud-{kind}"}
        self.out.bad(name, why, rule, "position.read", given, code)

    def field(
        self, index: int, name: str, why: str, value: Value, code: str = "shape", rule: str = "REC-5"
    ) -> None:
        """The right payload with one field replaced."""
        payload = right()
        payload[index] = value
        self.payload(name, why, payload, code, rule)

    def lines(self, name: str, why: str, *lines: Value, rule: str = "REC-5") -> None:
        """The right payload with other lines."""
        self.field(11, f"line-{name}", why, list(lines), rule=rule)


def accepted(positions: Positions) -> None:
    """What is right."""
    positions.good("recover", "A restored node with two lines", ALICE, "recover", right())
    positions.good(
        "recover-empty", "A node that lost its log", ALICE, "recover", position_payload(ALICE, SHOP, None, [])
    )
    for group in ((1, 2, 3, 4), (5, 6, 9, 10), (17, 18, 33, 2**40)):
        every: list[Value] = [
            line(outgoing=bool(place % 2), last=last, epochs=(place // 2, 0))
            for place, last in enumerate(group)
        ]
        payload = position_payload(ALICE, SHOP, None, every)
        name = f"recover-heads-{group[0]}"
        positions.good(name, "The numbers of lines of different length", ALICE, "recover", payload)
    mixed: list[Value] = [
        line(outgoing=False, last=3),
        line(outgoing=True, last=2, epochs=(1, 0)),
        line(outgoing=True, last=5),
        line(outgoing=True, last=5),
    ]
    payload = position_payload(ALICE, SHOP, None, mixed)
    positions.good("recover-lines-mixed", "Lines in any order, and one twice", ALICE, "recover", payload)
    beyond: list[Value] = [line(outgoing=False, last=3, refusals=[[2, "paused"], [9, "paused"]])]
    payload = position_payload(ALICE, SHOP, None, beyond)
    positions.good("recover-refusal-above", "A refusal above the last number", ALICE, "recover", payload)
    payload = right()
    payload[4] = 7
    positions.good("recover-recipient-epoch", "Any recipient epoch", ALICE, "recover", payload)
    old = persona("alice", 0)
    while old.epoch < 23:
        old = grown(old)
    longest = position_payload(old, SHOP, None, [refusals_line(48)])
    positions.good("recover-longest", "A log of 24 events and a line of 48 refusals", old, "recover", longest)
    answer = position_payload(SHOP, ALICE, ALICE.events[-1].id, [line(outgoing=False, last=7)])
    positions.good("recovered", "The answer names the event that it answers", SHOP, "recovered", answer)


def fronts(positions: Positions) -> None:
    """All fields before the lines."""
    field = positions.field
    public = box("alice receiving 1")[1]
    field(0, "version-2", "Another version", 2, "version-unknown", "CONF-7")
    field(1, "sender-31", "A sender of 31 bytes", bytes(31))
    field(1, "sender-null", "No sender", None)
    field(2, "recipient-33", "A recipient of 33 bytes", bytes(33))
    field(2, "recipient-text", "A recipient that is a text", "x" * 32)
    field(3, "sender-epoch-24", "No log has an event 24", 24)
    field(4, "recipient-epoch-negative", "An epoch below 0", -1)
    field(5, "session", "A position answers no start", fixed("session", 16))
    field(5, "session-empty", "Empty bytes instead of null", b"")
    field(6, "key-null", "No receiving key", None)
    field(6, "key-alone", "A key without its number", public)
    field(6, "key-zero", "Announced keys begin with 1", [0, public])
    field(6, "key-1215", "A key of 1,215 bytes", [1, public[:-1]], "key-encoding", "SEAL-3")
    field(
        6,
        "key-small-order",
        "A key of small order",
        [1, public[:1184] + bytes(32)],
        "key-small-order",
        "SEAL-4",
    )
    twice = right()
    twice[6], twice[9] = [1, public[:-1]], bytes(15)
    positions.payload("key-and-mailbox", "The shape is judged before the key in it", twice, "shape", "ERR-3")
    field(7, "event-in-recover", "A recover answers no event", ALICE.id)
    field(8, "events-none", "A log without events", [])
    field(8, "events-null", "No log", None)
    field(8, "events-25", "More events than a log may have", [ALICE.log[0]] * 25)
    field(8, "event-text", "An event that is a text", ["x"])
    field(9, "mailbox-15", "A mailbox of 15 bytes", bytes(15))
    field(9, "mailbox-null", "No mailbox", None)
    field(10, "endpoints-none", "No endpoint", [])
    field(10, "endpoints-4", "Four endpoints", ["https://relay.example/"] * 4)
    field(10, "endpoint-empty", "An empty endpoint", [""])
    field(10, "endpoint-256", "An endpoint of 256 bytes", ["x" * 256])
    field(10, "endpoint-bytes", "An endpoint that is bytes", [b"x"])
    field(11, "lines-null", "null instead of no lines", None)
    many: list[Value] = [line(outgoing=True, last=1, epochs=(epoch, 0)) for epoch in range(5)]
    field(11, "lines-5", "More lines than a position may have", many)
    whole = right()
    positions.payload("short", "An array of 11", whole[:-1])
    positions.payload("long", "An array of 13", [*whole, None])
    positions.payload("map", "A map", {0: 1})
    positions.payload(
        "recovered-without-event", "An answer that does not say what it answers", whole, kind="recovered"
    )


def lines(positions: Positions) -> None:
    """The lines, one at a time."""
    one = line(outgoing=True, last=20)
    heads = one[3]
    assert isinstance(heads, list)
    bad = positions.lines
    identifier = fixed("id")

    def with_heads(name: str, why: str, numbers: list[Value]) -> None:
        bad(name, why, [True, 0, 0, [[number, identifier] for number in numbers], []])

    with_heads("heads-missing-one", "18 is missing", [20, 19, 16, 12, 4, 1])
    with_heads("heads-without-1", "1 is missing", [20, 19, 18, 16, 12, 4])
    with_heads("heads-only-last", "Only the last", [20])
    with_heads("heads-all", "Every number of a longer line", [6, 5, 4, 3, 2, 1])
    with_heads("heads-ascending", "The lowest first", [1, 4, 12, 16, 18, 19, 20])
    with_heads("heads-1-twice", "1 stands twice", [3, 2, 1, 1])
    with_heads("heads-zero", "Numbers begin with 1", [1, 0])
    with_heads("heads-none", "A line without heads", [])
    with_heads("heads-other-step", "Steps of three", [20, 17, 14, 11, 8, 5, 2, 1])
    bad("head-id-31", "An id of 31 bytes", [True, 0, 0, [[1, bytes(31)]], []])
    bad("head-id-null", "No id", [True, 0, 0, [[1, None]], []])
    bad("head-number-only", "A head without id", [True, 0, 0, [[1]], []])
    bad("outgoing-1", "1 is not true", [1, 0, 0, heads, []])
    bad("outgoing-null", "null instead of true or false", [None, 0, 0, heads, []])
    bad("epoch-24", "No log has an event 24", [True, 24, 0, heads, []])
    bad("epoch-negative", "An epoch below 0", [True, 0, -1, heads, []])
    bad("four", "No refusals", [True, 0, 0, heads])
    bad("six", "An element more", [*one, None])
    bad("refusals-null", "null instead of no refusals", [True, 0, 0, heads, None])
    listed = "REC-5 REC-7"
    bad(
        "refusals-descending",
        "Refusals out of order",
        [True, 0, 0, heads, [[3, "paused"], [2, "paused"]]],
        rule=listed,
    )
    bad(
        "refusals-twice", "One number twice", [True, 0, 0, heads, [[3, "paused"], [3, "closed"]]], rule=listed
    )
    bad("refusals-49", "More refusals than a line may have", refusals_line(49), rule=listed)
    bad("refusal-code-empty", "An empty code", [True, 0, 0, heads, [[3, ""]]])
    bad("refusal-code-33", "A code of 33 bytes", [True, 0, 0, heads, [[3, "x" * 33]]])
    bad("refusal-zero", "A refusal of number 0", [True, 0, 0, heads, [[0, "paused"]]])


def refusals_line(count: int) -> Value:
    """A line with a number of refusals."""
    refused: Value = [[number, "paused"] for number in range(1, count + 1)]
    return line(outgoing=False, last=100, refusals=refused)


def signers(out: Vectors) -> None:
    """Who signed, and as what."""
    made = position(ALICE, "recover", right())

    def bad(name: str, why: str, rule: str, code: str, data: bytes) -> None:
        out.bad(name, why, rule, "position.read", {"bytes": data, "typ": "pcloud-recover"}, code)

    def changed(name: str, why: str, code: str, index: int, value: Value) -> None:
        payload = right()
        payload[index] = value
        bad(name, why, "REC-9", code, position(ALICE, "recover", payload).data)

    stranger = position(SHOP, "recover", right())
    bad(
        "other-key",
        "Signed by another key than that of its log",
        "REC-9 COSE-8",
        "key-mismatch",
        stranger.data,
    )
    former = position(persona("alice", 0), "recover", right())
    bad("former-key", "Signed by the key of the event before the last", "REC-9", "key-mismatch", former.data)
    broken = spoiled(made.data)
    bad("signature-wrong", "The signature does not verify", "REC-9 COSE-9", "bad-signature", broken)
    changed("log-of-another", "The log is that of another persona", "wrong-party", 8, list(SHOP.log))
    changed("sender-of-another-log", "The sender is not the persona of the log", "wrong-party", 1, SHOP.id)
    changed("epoch-below-log", "The sender epoch is below the last event", "log-invalid", 3, 0)
    changed("epoch-above-log", "The sender epoch is above the last event", "log-invalid", 3, 2)
    changed("log-without-first", "Event 0 is missing", "log-invalid", 8, list(ALICE.log[1:]))
    twice: list[Value] = [ALICE.log[0], ALICE.log[1], ALICE.log[1]]
    changed("log-event-twice", "An event stands twice", "log-invalid", 8, twice)
    torn: list[Value] = [ALICE.log[0], spoiled(ALICE.log[1])]
    changed("log-signature-wrong", "The last event is not signed", "bad-signature", 8, torn)
    as_answer = sign1(ALICE.key, "pcloud-recovered", right())
    bad(
        "recovered-for-recover",
        "An answer where a recover is expected",
        "COSE-5",
        "type-mismatch",
        as_answer.data,
    )
    as_header = sign1(ALICE.key, "pcloud-header", right())
    bad(
        "header-for-recover",
        "A header where a recover is expected",
        "COSE-5",
        "type-mismatch",
        as_header.data,
    )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors(
        "position", "06-recovery", "What a recovering node says of itself, and what it is answered."
    )
    positions = Positions(out)
    accepted(positions)
    fronts(positions)
    lines(positions)
    signers(out)
    return [out]
