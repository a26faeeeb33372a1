"""Vectors of the chapter on the archive: rows, and what does not hold in them."""

from __future__ import annotations

from spec.kit.archives import (
    END,
    FORK,
    FORMER,
    JUDGED,
    MARKED,
    NODE,
    OWN,
    SAID,
    SCOPE,
    TIMED,
    Row,
    changed,
    encoded,
    kept,
    node,
    said,
)
from spec.kit.cases.archive_stream import stream
from spec.kit.cbor import Value, enc
from spec.kit.cose import spoiled
from spec.kit.exports import header_of
from spec.kit.identity import persona
from spec.kit.keys import fixed
from spec.kit.messages import header
from spec.kit.talk import Talk
from spec.kit.vectors import Vectors

OP = "rows.read"


def talked() -> Talk:
    """A handshake, a word in two parts, one that was refused, and one that was sent again."""
    talk = Talk("archive")
    request = talk.handshake().id
    why = "The shop says something"
    talk.say(talk.other, "conversation.say", {}, items=(enc("On Friday."),), why=why)
    talk.say(
        talk.other, "relationship.resume", {}, thread=request, verdict="not-in-state", why="And a mistake"
    )
    asked = talk.say(
        talk.opener, "conversation.say", {}, items=(enc("When?"),), gone=True, why="An item is gone"
    )
    talk.recover(talk.opener)
    talk.again(talk.opener, asked, "The person sends it again")
    talk.say(talk.other, "conversation.say", {}, items=(enc("As I said."),), why="The shop answers")
    return talk


class Rows:
    """Writes the cases. Each begins with right rows."""

    def __init__(self, out: Vectors) -> None:
        self.out = out
        self.talk = talked()
        self.kept = kept(self.talk, self.talk.opener)
        self.said = said(self.talk, self.talk.opener)

    def good(self, name: str, why: str, rule: str, rows: list[Row], last: int = 0, after: int = 0) -> None:
        """Rows that are taken."""
        given = encoded(rows, last)
        self.out.good(name, why, rule, OP, {"rows": list(given), "after": after}, rows=list(given))

    def bad(self, name: str, why: str, rule: str, code: str, *rows: Row) -> None:
        """A refusal of the node, the relationship, and more rows."""
        self.raw(name, why, rule, code, encoded([node(), self.kept, *rows]))

    def raw(self, name: str, why: str, rule: str, code: str, rows: tuple[bytes, ...], after: int = 0) -> None:
        """A refusal of rows as they are."""
        self.out.bad(name, why, rule, OP, {"rows": list(rows), "after": after}, code)

    def field(self, name: str, why: str, path: tuple[int, ...], value: Value, code: str = "shape") -> None:
        """A refusal of the relationship with another value in it."""
        rule = "ARCHIVE-6" if code == "shape" else "ARCHIVE-8"
        row = changed(self.kept, path, value)
        self.raw("kept-" + name, why, rule, code, encoded([node(), row]))


def right(rows: Rows) -> None:
    """What a node puts in."""
    rows.good("nothing-but-the-node", "A node that knows nobody", "ARCHIVE-7", [node()])
    more: list[Row] = [
        [OWN, "x-example/kept", b"\xa0"],
        [OWN, "x-example/gone", None],
        rows.kept,
        [MARKED, SCOPE, [rows.talk.log[0].first]],
        *rows.said,
        [JUDGED, SCOPE, rows.talk.log[0].first, "rejected"],
        [FORK, SCOPE, header_of(rows.talk, rows.talk.log[1])],
        [TIMED, SCOPE, "resume", b"", 1_798_900_000],
    ]
    rows.good(
        "everything", "Rows of every kind", "ARCHIVE-6 ARCHIVE-7 ARCHIVE-8 ARCHIVE-9", [node(), *more], 9, 9
    )


def order(rows: Rows) -> None:
    """Which rows stand where."""
    rule = "ARCHIVE-7"
    one, two = enc(node()), enc(rows.kept)
    end: Value = [END, 0, 1]
    rows.raw("order-none", "No row", rule, "shape", ())
    rows.raw("order-no-end", "No end", rule, "shape", (one,))
    rows.raw("order-no-node", "The relationship first", rule, "shape", encoded([rows.kept]))
    rows.raw("order-node-twice", "The node twice", rule, "shape", encoded([node(), node()]))
    rows.raw("order-end-alone", "The end alone", rule, "shape", (enc([END, 0, 0]),))
    rows.raw("order-end-twice", "The end twice", rule, "shape", (one, enc(end), enc(end)))
    rows.raw("order-behind-the-end", "A row behind the end", rule, "shape", (one, enc(end), two))
    why = "What is no row behind the end: the row comes before its place"
    rows.raw("order-malformed-behind", why, "ARCHIVE-6 ERR-3", "cbor-malformed", (one, enc(end), b"\x81"))
    rows.raw("order-count-low", "One row too few counted", rule, "shape", (one, two, enc(end)))
    rows.raw("order-count-high", "One row too many counted", rule, "shape", (one, enc([END, 0, 2])))
    rows.raw("order-last-below", "The last entry before the first", rule, "shape", encoded([node()], 6), 7)
    later: list[tuple[str, Row]] = [
        ("said", rows.said[-1]),
        ("marked", [MARKED, SCOPE, [fixed("id")]]),
        ("judged", [JUDGED, SCOPE, fixed("id"), "applied"]),
        ("timed", [TIMED, SCOPE, "resume", b"", 1]),
    ]
    for name, row in later:
        why = "A relationship that was not named"
        rows.raw("order-unnamed-" + name, why, rule, "shape", encoded([node(), row, rows.kept]))


def plain(rows: Rows) -> None:
    """Rows that are none."""
    wrong: list[tuple[str, str, Value]] = [
        ("empty", "An empty array", []),
        ("kind-10", "A kind that there is not", [10]),
        ("kind-true", "true is not 1", [True, "x", b""]),
        ("map", "A map", {0: NODE}),
        ("node-nameless", "A node without a name", [NODE, "", "person", 1]),
        ("node-robot", "Another kind of node", [NODE, "Anna", "robot", 1]),
        ("node-short", "A node without its time", [NODE, "Anna", "person"]),
        ("own-129", "A name that is too long", [OWN, "x" * 129, b""]),
        ("own-text", "A value that is a text", [OWN, "x", "y"]),
        ("marked-none", "No mark", [MARKED, SCOPE, []]),
        ("marked-31", "An id of 31 bytes", [MARKED, SCOPE, [bytes(31)]]),
        ("marked-scope-15", "A relationship of 15 bytes", [MARKED, SCOPE[:15], [bytes(32)]]),
        ("judged-null", "No verdict", [JUDGED, SCOPE, bytes(32), None]),
        ("timed-negative", "A time below 0", [TIMED, SCOPE, "resume", b"", -1]),
        ("timed-nameless", "A command without a name", [TIMED, SCOPE, "", b"", 1]),
        ("timed-key-129", "A key that is too long", [TIMED, SCOPE, "resume", bytes(129), 1]),
    ]
    for name, why, row in wrong:
        raw = (enc(node()), enc(rows.kept), enc(row), enc([END, 0, 3]))
        rows.raw("row-" + name, why, "ARCHIVE-6", "shape", raw)
    many = (enc(node()), enc(rows.kept), b"\x83\x03" + b"\xff", enc([END, 0, 3]))
    rows.raw("row-malformed", "What is no encoding", "ARCHIVE-6", "cbor-malformed", many)


def relationships(rows: Rows) -> None:
    """A relationship that is not one, or does not hold."""
    log = rows.kept[3][1]  # type: ignore[index] # it was made as an array
    assert isinstance(log, list)
    first, last = log[0], log[-1]
    assert isinstance(first, bytes)
    assert isinstance(last, bytes)
    rows.field("asked-1", "1 is not true", (2, 0), 1)
    rows.field("state-empty", "No state", (2, 1), "")
    rows.field("purpose-null", "null instead of a purpose", (2, 3), None)
    rows.field("no-mailbox", "No own mailbox", (3, 3), [])
    rows.field("mailbox-15", "A mailbox of 15 bytes", (3, 3), [bytes(15)])
    rows.field("nonce-31", "A nonce of 31 bytes", (3, 5), bytes(31))
    rows.field("no-seed", "No contact key", (3, 6), [])
    rows.field("no-log", "No log", (3, 1), [])
    rows.field("four-endpoints", "Four endpoints", (4, 4), ["https://relay.example"] * 4)
    rows.field("two-proofs", "A proof less", (5,), [None, None])
    rows.field("number-negative", "A number below 0", (6, 0), -1)
    rows.field("closed-null", "null instead of 0", (8,), None)
    rows.field(
        "log-spoiled",
        "An own key event that does not verify",
        (3, 1),
        [spoiled(first), last],
        "bad-signature",
    )
    rows.field("log-cut", "A log without its beginning", (3, 1), [last], "log-invalid")
    rows.field("founding-other", "A founding persona that is neither", (3, 0), fixed("nobody"), "wrong-party")
    seeds = [fixed("a key of another"), fixed("and another")]
    rows.field("seed-other", "A contact key that the log does not show", (3, 6), list(seeds), "key-mismatch")
    inside = changed(changed(rows.kept, (3, 1), [b"\xff"]), (7,), -1)
    why = "An own log of nothing, and a clock below 0: the row comes before what is inside"
    rows.raw("kept-two-faults", why, "ARCHIVE-6 ERR-3", "shape", encoded([node(), inside]))
    inside = changed(changed(rows.kept, (3, 1), [spoiled(first), last]), (4, 1), [b"\xff"])
    why = "Two logs that are none: the own one comes first"
    rows.raw("kept-two-logs", why, "ARCHIVE-6 ARCHIVE-8", "bad-signature", encoded([node(), inside]))
    inside = changed(changed(rows.kept, (3, 1), [spoiled(first), last]), (5, 0), None)
    why = "A succession without its invitation, and a log that does not verify: the logs come first"
    rows.raw("kept-log-and-proofs", why, "ARCHIVE-8 EXPORT-7", "bad-signature", encoded([node(), inside]))
    inside = [SAID, SCOPE, True, b"\xff", "applied", None, []]
    why = "A relationship that was not named, and no header: the place comes first"
    rows.raw("said-two-faults", why, "ARCHIVE-6 ARCHIVE-7", "shape", encoded([node(), inside]))
    proofs = rows.kept[5]
    assert isinstance(proofs, list)
    invitation, succession, receipt = proofs
    assert isinstance(invitation, bytes)
    assert isinstance(succession, bytes)
    assert isinstance(receipt, bytes)
    rows.field("no-invitation", "A succession without its invitation", (5, 0), None)
    rows.field(
        "invitation-spoiled",
        "An invitation that does not verify",
        (5, 0),
        spoiled(invitation),
        "bad-signature",
    )
    rows.field(
        "succession-spoiled",
        "A succession that does not verify",
        (5, 1),
        spoiled(succession),
        "bad-signature",
    )
    rows.field("receipt-spoiled", "A receipt that does not verify", (5, 2), spoiled(receipt), "bad-signature")
    rows.field("receipt-other", "Another object as receipt", (5, 2), invitation, "type-mismatch")
    one_time: Value = list(persona("archive one-time").log)
    rows.field("one-time", "An own persona that cannot grow", (3, 1), one_time, "log-invalid")


def messages(rows: Rows) -> None:
    """A message that does not hold."""
    rule = "ARCHIVE-9"
    theirs = next(row for row in rows.said if row[0] == SAID and not row[2] and row[6][0] and len(row[6]) > 1)  # type: ignore[index,arg-type] # arrays
    former = next(row for row in rows.said if row[0] == FORMER)
    parts = theirs[6]
    assert isinstance(parts, list)
    signed = theirs[3]
    assert isinstance(signed, bytes)
    wrong: list[tuple[str, str, int, Value, str]] = [
        ("mine", "A message of the peer called one's own", 2, True, "wrong-party"),
        ("spoiled", "A signature that does not verify", 3, spoiled(signed), "bad-signature"),
        ("no-verdict", "A message of the peer without verdict", 4, None, "shape"),
        ("first-signer", "A first signer of what was sent once", 5, fixed("key"), "shape"),
        ("first-signer-31", "A key of 31 bytes", 5, bytes(31), "shape"),
        ("no-body", "An applied message without its body", 6, [None, None], "part-missing"),
        ("part-more", "A part more than digests", 6, [*parts, None], "part-mismatch"),
        ("part-less", "A part less than digests", 6, parts[:1], "part-missing"),
        ("part-other", "A part that is another", 6, [parts[0], parts[0]], "part-mismatch"),
    ]
    for name, why, at, value, code in wrong:
        rows.bad("said-" + name, why, rule, code, changed(theirs, (at,), value))
    thief = persona("archive thief", 1)
    entry = rows.talk.other.sent[-1]
    forged = header(thief, entry.header).data
    rows.bad(
        "said-forged",
        "A word of the peer under another key",
        rule,
        "key-mismatch",
        changed(theirs, (3,), forged),
    )
    fork: Row = [FORK, SCOPE, forged]
    rows.bad("fork-forged", "A fork under another key", rule, "key-mismatch", fork)
    own = former[3]
    assert isinstance(own, bytes)
    mine: Row = [FORK, SCOPE, own]
    rows.bad("fork-own", "A fork of one's own", rule, "wrong-party", mine)
    rows.bad(
        "former-spoiled",
        "An earlier header that does not verify",
        rule,
        "bad-signature",
        changed(former, (3,), spoiled(own)),
    )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("archive", "21-archive", "Volumes, the rows in them, and what a reader refuses.")
    stream(out)
    rows = Rows(out)
    for add in (right, order, plain, relationships, messages):
        add(rows)
    return [out]
