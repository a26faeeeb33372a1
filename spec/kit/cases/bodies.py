"""Vectors of every message of the features: its body, and its rows in the table."""

from __future__ import annotations

from dataclasses import dataclass, field

from spec.kit.cases.conversation_said import said
from spec.kit.cases.custody_token import token
from spec.kit.cases.disclosure_values import disclosed
from spec.kit.cases.relay_vouchers import vouchers
from spec.kit.cbor import Value, enc
from spec.kit.disclosed import REASONS, chosen, fields, flag, paths, wanted, words
from spec.kit.refusal import RefusedError
from spec.kit.schema import Field, announcement, choice, count, endpoints, entries, exact, ids, text, time
from spec.kit.tables import PARTIES, states, step, table
from spec.kit.vectors import Vectors, fields_of

TIME = 1798761600


@dataclass
class Message:
    """A message: its fields, and wrong bodies that no single field explains."""

    rules: str
    fields: list[Field]
    wrong: list[tuple[str, str, dict[Value, Value]]] = field(default_factory=list)


MESSAGES = {
    "conversation.say": Message("TALK-4", [exact(1, 32, "answered message", optional=True)]),
    "custody.ask": Message("CUSTODY-1", [exact(1, 32, "locator address"), count(2, 2**30), count(3, 90)]),
    "custody.grant": Message("CUSTODY-2", [count(1, 2**30), count(2, 90), endpoints(3)]),
    "custody.refuse": Message("", [choice(1, "not-wanted", "no-room", "not-now", optional=True)]),
    "custody.end": Message("", []),
    "disclosure.request": Message(
        "DISC-1 DISC-2 DISC-7",
        [
            exact(1, 32, "agreement id"),
            wanted(2),
            text(3, "dpv:Use", 64),
            words(4, 8),
            time(5, TIME),
            flag(6),
            text(7, "partner.example", 64, optional=True),
            count(8, 1, optional=True),
        ],
    ),
    "disclosure.present": Message(
        "DISC-1 DISC-2 DISC-12",
        [
            exact(1, 32, "agreement id"),
            fields(2),
            text(3, "dpv:Use", 64),
            words(4, 8),
            time(5, TIME),
            flag(6),
            text(7, "partner.example", 64, optional=True),
            chosen(8, *REASONS, pattern=True),
            exact(9, 32, "request id", optional=True),
        ],
    ),
    "disclosure.decline": Message(
        "DISC-17", [choice(1, *REASONS, optional=True), chosen(2, *REASONS, pattern=True)]
    ),
    "disclosure.update": Message(
        "DISC-19", [exact(1, 32, "grant id"), fields(2), text(3, "dpv:Use", 64), words(4, 8)]
    ),
    "disclosure.acknowledge": Message("DISC-22", [chosen(1, "applied", "refused", "need-more", after=[1])]),
    "disclosure.revoke": Message("DISC-24", [paths(1)]),
    "disclosure.erase": Message("DISC-27", [paths(1)]),
    "disclosure.erased": Message(
        "DISC-29",
        [fields(1, empty=True), time(2, TIME), chosen(3, "legal-duty", "legal-claim", "other-grant")],
    ),
    "disclosure.handback": Message("DISC-32", [fields(1)]),
    "disclosure.rights": Message(
        "DISC-34",
        [
            choice(1, "access", "correction", "portability", "erasure"),
            paths(2, pattern=True),
            time(3, TIME, optional=True),
        ],
    ),
    "disclosure.answer": Message(
        "DISC-36",
        [
            choice(1, "done", "partly", "extended", "refused"),
            choice(2, "legal-duty", "legal-claim", "not-identified", "not-held", "excessive", optional=True),
            time(3, TIME, optional=True),
            fields(4, optional=True),
        ],
    ),
    "relay.ask": Message("", [count(1, 64)]),
    "relay.grant": Message(
        "RELAY-1",
        [
            endpoints(1),
            count(2, 31_536_000, least=2_592_000),
            count(3, 1_024),
            count(4, 8_388_608),
            time(5, 1_812_067_200),
        ],
    ),
    "relay.refuse": Message("", [choice(1, "not-wanted", "no-room", "not-now", optional=True)]),
    "relay.end": Message("", []),
    "relationship.request": Message(
        "REL-18 REL-21",
        [
            exact(1, 32, "invitation id"),
            announcement(2, only=1),
            exact(3, 16, "mailbox"),
            endpoints(4),
            exact(5, 32, "nonce commitment"),
            choice(6, "person", "organisation"),
            text(7, "guest", 64, optional=True),
            text(8, "We met at the market", 200, optional=True),
        ],
    ),
    "relationship.accept": Message(
        "REL-18 REL-21",
        [announcement(1), exact(2, 16, "mailbox"), endpoints(3), exact(4, 32, "other's nonce")],
    ),
    "relationship.decline": Message("", [choice(1, "not-wanted", "unknown", "later", optional=True)]),
    "relationship.confirm": Message("REL-22", [exact(1, 32, "opener's nonce"), exact(2, 32, "accept id")]),
    "relationship.pause": Message("REL-25", [time(1, TIME, optional=True)]),
    "relationship.resume": Message("", []),
    "relationship.rotate": Message("REL-26", [announcement(1)]),
    "relationship.move": Message("REL-28", [exact(1, 16, "new mailbox"), endpoints(2)]),
    "relationship.close": Message(
        "REL-31",
        [choice(1, "kept", "erased", "none"), time(2, TIME, optional=True)],
        wrong=[
            ("erased-until", "An end for what was erased", {1: "erased", 2: TIME}),
            ("none-until", "An end for nothing", {1: "none", 2: TIME}),
        ],
    ),
    "relationship.returned": Message("REC-23", [entries(1)]),
    "relationship.affirm": Message("REC-32", [ids(1, 256)]),
    "relationship.reject": Message("REC-33", [ids(1, 256)]),
    "terms.proffer": Message(
        "TERMS-2",
        [
            exact(1, 32, "roster id"),
            text(2, "SD-BASE", 64),
            exact(3, 32, "text hash"),
            exact(4, 32, "machine hash"),
            time(5, TIME),
            time(6, TIME + 86400, optional=True, also=TIME),
            exact(7, 32, "replaced agreement", optional=True),
        ],
    ),
    "terms.accept": Message(
        "TERMS-8", [exact(1, 32, "proffer id"), time(2, TIME), exact(3, 64, "second signature")]
    ),
    "terms.counter": Message("TERMS-10", [text(1, "SD-BASE-A", 64)]),
    "terms.decline": Message(
        "TERMS-14", [choice(1, "not-these-terms", "not-now", "not-needed", optional=True)]
    ),
    "terms.withdraw": Message("TERMS-15", []),
    "terms.seal": Message("TERMS-18", [exact(1, 32, "accept id"), exact(2, 64, "first signature")]),
    "terms.terminate": Message(
        "TERMS-14 TERMS-28",
        [exact(1, 32, "agreement id"), choice(2, "not-needed", "breach", "other", optional=True)],
    ),
    "terms.replace": Message("TERMS-29", [exact(1, 32, "agreement id"), exact(2, 32, "newer agreement id")]),
}


CHAPTERS = {
    "conversation": ("18-conversation", "TALK-6"),
    "custody": ("22-custody", "CUSTODY-5"),
    "disclosure": ("09-disclosure", "DISC-38"),
    "relay": ("20-relay", "RELAY-4"),
    "relationship": ("07-relationship", "REL-11"),
    "terms": ("08-terms", "TERMS-39"),
}
"""The chapter of each feature, and the anchor of its table."""


class Bodies:
    """Writes the cases of one message."""

    def __init__(self, name: str, message: Message) -> None:
        self.name, self.message = name, message
        feature = name.partition(".")[0]
        chapter, self.chapter = CHAPTERS[feature]
        self.out = Vectors(name, chapter, f"The body of {name} and its place in the table.")
        self.feature, self.rows = feature, table(feature)
        self.least: dict[Value, Value] = {one.key: one.right for one in message.fields if not one.optional}
        self.most: dict[Value, Value] = {one.key: one.right for one in message.fields}

    def good(self, name: str, why: str, body: dict[Value, Value]) -> None:
        """A body as it should be."""
        given = {"name": self.name, "body": enc(body)}
        rules = f"MSG-8 {self.message.rules}"
        self.out.good(f"body-{name}", why, rules, "body.read", given, fields=fields_of(dict(body)))

    def raw(self, name: str, why: str, body: bytes, rule: str) -> None:
        """A body that is refused."""
        given = {"name": self.name, "body": body}
        self.out.bad(f"body-{name}", why, rule, "body.read", given, "body-form")

    def bad(self, name: str, why: str, body: Value, rule: str = "MSG-8") -> None:
        """A body that is refused, encoded as it should be."""
        self.raw(name, why, enc(body), rule)

    def accepted(self) -> None:
        """The least, the most, and the bounds."""
        self.good("least", "Only what is required", self.least)
        if self.most != self.least:
            self.good("most", "With every optional field", self.most)
        for one in self.message.fields:
            for number, value in enumerate(one.also, 1):
                base = self.least if self.name == "relationship.close" else self.most
                self.good(
                    f"field-{one.key}-also-{number}",
                    "Another value that the field may have",
                    base | {one.key: value},
                )

    def fields(self) -> None:
        """One field wrong at a time."""
        for one in self.message.fields:
            if not one.optional:
                less = {key: value for key, value in self.most.items() if key != one.key}
                self.bad(f"without-{one.key}", "A required field is missing", less, "MSG-9")
            self.bad(
                f"field-{one.key}-null", "null in the place of a value", self.most | {one.key: None}, "MSG-9"
            )
            for name, why, value in one.wrong:
                rule = "MSG-11" if name == "long-in-bytes" else f"MSG-8 {self.message.rules}"
                self.bad(f"field-{one.key}-{name}", why, self.most | {one.key: value}, rule)
        for name, why, body in self.message.wrong:
            self.bad(name, why, self.most | body, self.message.rules)

    def forms(self) -> None:
        """Bodies that are not the map at all."""
        right = enc(self.most)
        top = max((one.key for one in self.message.fields), default=0)
        unknown: list[tuple[str, str, Value]] = [
            ("unknown-next", "The key after the last", top + 1),
            ("unknown-zero", "Key 0", 0),
            ("unknown-negative", "A negative key", -1),
            ("unknown-text", "A key that is a text", "1"),
            ("unknown-100", "A key far above the others", 100),
            ("unknown-empty-text", "A key that is an empty text", ""),
        ]
        for name, why, key in unknown:
            self.bad(name, why, self.most | {key: 0})
        others: list[tuple[str, str, Value]] = [
            ("array", "An array", list(self.most.values())),
            ("null", "null", None),
            ("bytes", "The map in a byte string", right),
            ("text", "A text", "{}"),
            ("number", "A number", 0),
            ("false", "false", False),
        ]
        for name, why, value in others:
            self.bad(name, why, value)
        self.raw("empty", "No bytes", b"", "MSG-10 CBOR-1")
        self.raw("trailing", "A byte after the end", right + b"\x00", "MSG-10 CBOR-1")
        self.raw("cut-short", "The last byte is missing", right[:-1], "MSG-10 CBOR-2")
        self.raw("tagged", "A tag in front", b"\xd9\xd9\xf7" + right, "MSG-10 CBOR-8")
        for name, why, key in (
            ("key-bytes", "A key that is bytes", b"\x41\x01"),
            ("key-array", "A key that is an array", b"\x80"),
            ("key-true", "A key that is true", b"\xf5"),
            ("key-float", "A key that is a float", b"\xf9\x3e\x00"),
        ):
            self.raw(name, why, b"\xa1" + key + b"\x00", "MSG-10 CBOR-6")
        self.raw("undefined", "undefined", b"\xf7", "MSG-10 CBOR-9")
        self.raw("deep", "Seventeen maps inside each other", b"\xa1\x01" * 16 + b"\xa0", "MSG-10 CBOR-15")
        self.raw("not-utf-8", "A text that is not UTF-8", b"\xa1\x01\x61\xff", "MSG-10 CBOR-14")
        self.raw("map-cut-short", "A map without its entries", b"\xa1", "MSG-10 CBOR-2")
        count = len(self.most)
        self.raw(
            "head-not-shortest",
            "A longer head than needed",
            b"\xb8" + bytes([count]) + right[1:],
            "MSG-10 ERR-4 CBOR-3",
        )
        self.raw("indefinite", "A map of indefinite length", b"\xbf" + right[1:] + b"\xff", "MSG-10 CBOR-4")
        if count:
            first = enc(min(key for key in self.most if isinstance(key, int)))
            item = first + enc(self.most[int.from_bytes(first, "big")])
            again = bytes([right[0] + 1]) + item + right[1:]
            self.raw("key-twice", "The first key twice", again, "MSG-10 CBOR-5")
        if count > 1:
            pairs = [enc(key) + enc(value) for key, value in self.most.items()]
            self.raw("unsorted", "The last key first", right[:1] + b"".join(pairs[::-1]), "MSG-10 CBOR-5")

    def steps(self) -> None:
        """Every state, either party, seen or not: the refusals, and each row once."""
        own = [row for row in self.rows if row.message == self.name]
        assert own, f"no row for {self.name}"
        for row in own:
            party = row.by if row.by in PARTIES else "opener"
            self.step(f"step-{row.state}-{party}", row.state, party, crossing=row.crossing)
        for state in states(self.rows):
            for party in PARTIES:
                for crossing in (False, True):
                    try:
                        step(self.rows, state, self.name, party, crossing=crossing)
                    except RefusedError:
                        word = "crossing" if crossing else "seen"
                        self.step(f"step-{state}-{party}-{word}", state, party, crossing=crossing)

    def step(self, name: str, state: str, party: str, *, crossing: bool) -> None:
        """One step, taken or refused."""
        given = {
            "feature": self.feature,
            "state": state,
            "name": self.name,
            "by": party,
            "crossing": crossing,
        }
        try:
            following = step(self.rows, state, self.name, party, crossing=crossing)
        except RefusedError as refused:
            here = [row for row in self.rows if row.state == state and row.message == self.name]
            lone = any(row.takes(party) for row in here)
            why = "A crossing row, and the sender had seen everything" if lone else "No row for this party"
            rule = f"TABLE-4 {self.chapter}" if lone else f"TABLE-2 {self.chapter}"
            self.out.bad(
                name, why if here else "No row in this state", rule, "table.step", given, refused.code
            )
            return
        why = "On its way while the other party acted" if crossing else "A row of the table"
        self.out.good(
            name,
            why,
            ("TABLE-4 " if crossing else "TABLE-2 ") + self.chapter,
            "table.step",
            given,
            next=following,
        )


def make() -> list[Vectors]:
    """One file for each message."""
    made = []
    for name, message in MESSAGES.items():
        bodies = Bodies(name, message)
        bodies.accepted()
        bodies.fields()
        bodies.forms()
        bodies.steps()
        if name == "conversation.say":
            said(bodies.out)
        if name == "custody.grant":
            token(bodies.out)
        if name == "relay.grant":
            vouchers(bodies.out)
        disclosed(name, bodies.out)
        made.append(bodies.out)
    return made
