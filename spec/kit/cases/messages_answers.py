"""Vectors of the chapter on messages: the five answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.kit.cbor import Value
from spec.kit.cose import sign1, spoiled
from spec.kit.identity import grown, persona
from spec.kit.keys import box, fixed
from spec.kit.messages import answer, answer_front
from spec.kit.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Mapping

ALICE, BOB = grown(persona("alice", 0)), persona("bob", 1)
SESSION, KEY = fixed("session", 16), box("bob receiving 2")[1]
ID = fixed("message")
FRONT = ["version", "sender", "recipient", "sender_epoch", "recipient_epoch", "session", "key"]
REST = {
    "receipt": ["number", "id", "refusals"],
    "expected": ["number"],
    "fork": ["number", "id"],
    "busy": [],
    "stale": ["events"],
}


def front(*, named: bool = False, key: bool = False) -> list[Value]:
    """What Bob's answers begin with."""
    announced: Value = [2, KEY] if named or key else None
    return answer_front(BOB, ALICE, SESSION if named else None, announced)


GOOD: dict[str, tuple[str, str, list[Value]]] = {
    "receipt": (
        "receipt",
        "All up to 7 were judged, 5 was refused",
        [*front(), 7, ID, [[5, "not-in-state"]]],
    ),
    "receipt-start": ("receipt", "It names a session and announces a key", [*front(named=True), 7, ID, []]),
    "receipt-key-only": (
        "receipt",
        "It announces a key without naming a session",
        [*front(key=True), 7, ID, []],
    ),
    "receipt-none": ("receipt", "A start was received and no message yet", [*front(named=True), 0, None, []]),
    "receipt-window": (
        "receipt",
        "The first and the last number of the window",
        [*front(), 300, ID, [[45, "expired"], [300, "paused"]]],
    ),
    "receipt-codes": (
        "receipt",
        "Codes are texts: one that nobody registered, and those of 1 and of 32 bytes",
        [*front(), 7, ID, [[3, "x"], [4, "x" * 32], [5, "rejected"], [6, "applied"]]],
    ),
    "expected": ("expected", "Number 3 is judged next", [*front(), 3]),
    "fork": ("fork", "Another message was judged under number 3", [*front(), 3, ID]),
    "fork-none": ("fork", "Nothing was judged and number 1 follows something else", [*front(), 0, None]),
    "busy": ("busy", "Not now", front()),
    "busy-start": ("busy", "Not now, and the start was taken", front(named=True)),
    "stale": ("stale", "The log of the recipient, as Bob knows it", [*front(), list(ALICE.log)]),
}


class Answers:
    """Writes the cases of answers."""

    def __init__(self, out: Vectors) -> None:
        self.out = out

    def good(self, name: str, why: str, kind: str, payload: list[Value]) -> None:
        """An answer as it should be."""
        made = answer(BOB, kind, payload)
        given: Mapping[str, object] = {"bytes": made.data, "key": BOB.key.public, "typ": f"pcloud-{kind}"}
        named = dict(zip([*FRONT, *REST[kind]], payload, strict=True))
        self.out.good(
            name,
            why,
            "ORDER-17 ORDER-18",
            "answer.read",
            given,
            {"to_be_signed": made.to_be_signed},
            **named,
            id_of=made.id,
        )

    def bad(
        self, kind: str, name: str, why: str, payload: Value, code: str = "shape", rule: str = "ORDER-17"
    ) -> None:
        """An answer signed as it stands."""
        made = answer(BOB, kind, payload)
        given = {"bytes": made.data, "key": BOB.key.public, "typ": f"pcloud-{kind}"}
        self.out.bad(f"{kind}-{name}", why, rule, "answer.read", given, code)


def fronts(answers: Answers) -> None:
    """The seven elements, shown on the receipt."""
    right = [*front(named=True), 7, ID, []]
    wrong: list[tuple[int, str, str, Value]] = [
        (1, "sender-31", "A sender of 31 bytes", bytes(31)),
        (1, "sender-null", "No sender", None),
        (2, "recipient-33", "A recipient of 33 bytes", bytes(33)),
        (2, "recipient-text", "A recipient that is a text", "x" * 32),
        (3, "sender-epoch-negative", "An epoch below 0", -1),
        (3, "sender-epoch-24", "No log has an event 24", 24),
        (3, "sender-epoch-null", "No epoch", None),
        (4, "recipient-epoch-false", "false is not 0", False),
        (4, "recipient-epoch-24", "No log has an event 24", 24),
        (5, "session-15", "A session id of 15 bytes", SESSION[:15]),
        (5, "session-32", "A session id of 32 bytes", bytes(32)),
        (5, "session-empty", "Empty bytes instead of null", b""),
        (6, "session-without-key", "A session is named and no key announced", None),
        (6, "key-alone", "A key without its number", KEY),
        (6, "key-zero", "Announced keys begin with 1", [0, KEY]),
        (6, "key-negative", "A key number below 0", [-1, KEY]),
        (6, "key-three", "An announcement of three", [2, KEY, None]),
    ]
    for index, name, why, value in wrong:
        payload = list(right)
        payload[index] = value
        answers.bad("receipt", name, why, payload)
    short: list[Value] = [*right[:6], [2, KEY[:-1]], *right[7:]]
    answers.bad("receipt", "key-1215", "A key of 1,215 bytes", short, "key-encoding", "SEAL-3")
    small: list[Value] = [*right[:6], [2, KEY[:1184] + bytes(32)], *right[7:]]
    answers.bad("receipt", "key-small-order", "A key of small order", small, "key-small-order", "SEAL-4")
    twice: list[Value] = [*short[:7], "x", *short[8:]]
    answers.bad("receipt", "key-and-number", "The shape is judged before the key in it", twice, rule="ERR-3")
    version: list[Value] = [2, *right[1:]]
    answers.bad("receipt", "version-2", "Another version", version, "version-unknown", "CONF-7")


def receipts(answers: Answers) -> None:
    """Number, id and refusals."""

    def bad(name: str, why: str, number: Value, identifier: Value, refusals: Value) -> None:
        answers.bad("receipt", name, why, [*front(), number, identifier, refusals], rule="ORDER-18")

    bad("number-negative", "A number below 0", -1, ID, [])
    bad("number-text", "A number that is a text", "7", ID, [])
    bad("id-missing", "A number without its id", 7, None, [])
    bad("id-without-number", "An id where nothing was judged", 0, ID, [])
    bad("id-31", "An id of 31 bytes", 7, ID[:31], [])
    bad("refusals-null", "null instead of no refusals", 7, ID, None)
    bad("refusals-map", "A map of refusals", 7, ID, {5: "paused"})
    bad("refusal-one", "A refusal without a code", 7, ID, [[5]])
    bad("refusal-three", "A refusal of three", 7, ID, [[5, "paused", None]])
    bad("refusal-zero", "A refusal of number 0", 7, ID, [[0, "paused"]])
    bad("refusal-code-number", "A code that is a number", 7, ID, [[5, 1]])
    bad("refusal-code-empty", "An empty code", 7, ID, [[5, ""]])
    bad("refusal-code-33", "A code of 33 bytes", 7, ID, [[5, "x" * 33]])
    bad("refusals-descending", "Refusals out of order", 7, ID, [[5, "paused"], [4, "paused"]])
    bad("refusals-twice", "One number twice", 7, ID, [[5, "paused"], [5, "closed"]])
    bad("refusal-ahead", "A number that was not judged", 7, ID, [[8, "paused"]])
    bad("refusal-behind", "A number below the last 256", 300, ID, [[44, "paused"]])
    bad(
        "refusals-257",
        "More than the window holds",
        300,
        ID,
        [[number, "paused"] for number in range(44, 301)],
    )
    bad("refusals-where-none", "A refusal where nothing was judged", 0, None, [[1, "paused"]])


def rests(answers: Answers) -> None:
    """The other four."""
    bad = answers.bad
    bad("receipt", "short", "No refusals", [*front(), 7, ID])
    bad("receipt", "long", "An element more", [*front(), 7, ID, [], None])
    bad("expected", "zero", "Number 0 is never expected", [*front(), 0])
    bad("expected", "null", "No number", [*front(), None])
    bad("expected", "short", "No number at all", front())
    bad("expected", "long", "An element more", [*front(), 3, ID])
    bad("fork", "short", "No id", [*front(), 3])
    bad("fork", "number-negative", "A number below 0", [*front(), -1, ID])
    bad("fork", "id-text", "An id that is a text", [*front(), 3, "x" * 32])
    bad("fork", "id-31", "An id of 31 bytes", [*front(), 3, ID[:31]])
    bad("fork", "id-missing", "A number without its id", [*front(), 3, None], rule="ORDER-18")
    bad("fork", "id-without-number", "An id where nothing was judged", [*front(), 0, ID], rule="ORDER-18")
    bad("busy", "long", "An element more", [*front(), 3])
    bad("busy", "session-without-key", "A session and no key", [*front()[:5], SESSION, None])
    bad("busy", "short", "An array of six", front()[:6])
    bad("stale", "session", "It answers no start", [*front(named=True), list(ALICE.log)])
    bad("stale", "key", "It announces no key", [*front(key=True), list(ALICE.log)])
    bad("stale", "no-events", "A log without events", [*front(), []])
    bad("stale", "events-null", "No log", [*front(), None])
    bad("stale", "event-text", "An event that is a text", [*front(), ["x"]])
    bad("stale", "25-events", "More events than a log may have", [*front(), [ALICE.log[0]] * 25])
    bad("stale", "short", "No log at all", front())


def signers(out: Vectors) -> None:
    """Who signed, and as what."""
    for kind, payload in (
        ("receipt", GOOD["receipt"][2]),
        ("expected", GOOD["expected"][2]),
        ("busy", GOOD["busy"][2]),
    ):
        made = answer(BOB, kind, payload)
        given = {"bytes": made.data, "key": BOB.key.public, "typ": f"pcloud-{kind}"}
        broken = spoiled(made.data)
        out.bad(
            f"{kind}-signature",
            "The signature does not verify",
            "COSE-9",
            "answer.read",
            {**given, "bytes": broken},
            "bad-signature",
        )
        other = {**given, "key": ALICE.key.public}
        out.bad(
            f"{kind}-other-key", "Signed by somebody else", "COSE-8", "answer.read", other, "key-mismatch"
        )
        renamed = sign1(BOB.key, "pcloud-fork", payload)
        out.bad(
            f"{kind}-as-fork",
            "Signed as another answer",
            "COSE-5",
            "answer.read",
            {**given, "bytes": renamed.data},
            "type-mismatch",
        )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("answers", "05-messages", "Receipts, and the four other answers.")
    answers = Answers(out)
    for name, (kind, why, payload) in GOOD.items():
        answers.good(name, why, kind, payload)
    fronts(answers)
    receipts(answers)
    rests(answers)
    signers(out)
    return [out]
