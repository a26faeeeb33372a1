"""Vectors of the chapter on exports: files whose form is wrong, or whose end does not fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spec.kit.cases.export_right import OP, short
from spec.kit.cbor import Value, enc, head
from spec.kit.cose import sign1, spoiled
from spec.kit.exports import END, FORMER, LINE, LOG, OPENING, Export, Record, export, framed, receipt
from spec.kit.keys import fixed, signer
from spec.kit.talk import Talk

if TYPE_CHECKING:
    from spec.kit.vectors import Vectors


def spoken() -> Talk:
    """Short messages, so that the files are small. A verifier does not judge whether they were legal."""
    talk = Talk("export spoken")
    first = talk.say(talk.opener, "conversation.say", {}, items=(enc("One"),), why="The person speaks").id
    for text in ("Two", "Three"):
        talk.say(talk.opener, "conversation.say", {}, thread=first, items=(enc(text),), why="And again")
    talk.say(talk.other, "conversation.say", {}, thread=first, items=(enc("Four"),), why="The shop answers")
    return talk


class Files:
    """Writes the cases. Each begins with a right file; what is changed is signed again by the exporter."""

    def __init__(self, out: Vectors) -> None:
        self.out = out
        self.talk = spoken()

    def file(self) -> Export:
        """A right file: three messages of the exporter, then one of its peer."""
        return export(self.talk, self.talk.opener, met=False)

    def bare(self, *, met: bool = False) -> Export:
        """A right file in which nothing was said yet."""
        return replace(export(self.talk, self.talk.opener, met=met), lines=[])

    def bytes(self, name: str, why: str, rule: str, data: bytes, code: str) -> None:
        """A refusal of bytes."""
        self.out.bad(name, why, rule, OP, {"bytes": data}, code)

    def bad(self, name: str, why: str, rule: str, changed: Export, code: str) -> None:
        """A refusal of a file that its exporter has signed as it stands."""
        self.bytes(name, why, rule, changed.data(), code)

    def field(self, name: str, why: str, rule: str, code: str, *, at: tuple[int, int], value: Value) -> None:
        """The right file with one element of one message replaced."""
        changed = self.file()
        line, index = at
        changed.lines[line][index] = value
        self.bad(name, why, rule, changed, code)


def first_line(files: Files) -> None:
    """How a file begins and ends."""
    data = files.bare().data()
    wrong = [
        ("empty", "Nothing", b"", "EXPORT-2", "cbor-malformed"),
        ("first-line-cut", "A part of the first line", LINE[:9], "EXPORT-2", "cbor-malformed"),
        ("first-line-alone", "The first line alone", LINE, "EXPORT-2", "cbor-malformed"),
        ("first-line-other", "Another first line", b"another-thing/1\n" + data[16:], "EXPORT-1", "shape"),
        ("no-first-line", "Records alone", data[16:], "EXPORT-1", "shape"),
        (
            "version-2",
            "A later version",
            LINE[:14] + b"2\n" + data[16:],
            "EXPORT-1 CONF-7",
            "version-unknown",
        ),
        ("line-feed", "A carriage return", LINE[:15] + b"\r" + data[16:], "EXPORT-1", "version-unknown"),
        ("bytes-behind", "A byte behind the end", data + b"\x00", "EXPORT-2", "cbor-malformed"),
        ("file-twice", "A second file behind the end", data + data, "EXPORT-2", "cbor-malformed"),
        ("cut-in-the-end", "The last byte is missing", data[:-1], "EXPORT-2", "cbor-malformed"),
        ("no-end", "All records but the end", files.bare().before(), "EXPORT-2", "cbor-malformed"),
    ]
    for name, why, given, rule, code in wrong:
        files.bytes(name, why, rule, given, code)


def framing(files: Files) -> None:
    """Records that are none."""
    opening = enc(files.file().opening)
    wrong: list[tuple[str, str, bytes, str]] = [
        ("record-text", "A text instead of a byte string", head(3, len(opening)) + opening, "shape"),
        ("record-bare", "An array that is not wrapped", opening, "shape"),
        ("record-65536", "A record of 65,536 bytes", head(2, 65536), "shape"),
        ("record-2-63", "A record longer than there can be", head(2, 2**63 - 1), "shape"),
        ("record-indefinite", "A record of indefinite length", b"\x5f\x41\x80\xff", "shape"),
        ("record-head-long", "A longer head than needed", b"\x59\x00\x01\x80", "cbor-not-deterministic"),
        (
            "record-head-long-1",
            "A byte of length for a length below 24",
            b"\x58\x01\x80",
            "cbor-not-deterministic",
        ),
        (
            "record-head-long-4",
            "Four bytes of length for a length of one",
            b"\x5a\x00\x00\x00\x01\x80",
            "cbor-not-deterministic",
        ),
        ("record-head-cut", "A head of four bytes of length that ends early", b"\x5a\x00", "cbor-malformed"),
        ("record-head-reserved", "A head of reserved length", b"\x5c\x80", "shape"),
        ("record-empty", "An empty byte string", b"\x40", "cbor-malformed"),
        ("record-null", "null in a byte string", b"\x41\xf6", "shape"),
        ("record-no-kind", "An array without a kind", b"\x41\x80", "shape"),
        ("record-trailing", "A byte behind the array", b"\x42\x80\x00", "cbor-malformed"),
    ]
    for name, why, record, code in wrong:
        files.bytes(name, why, "EXPORT-2 EXPORT-3", LINE + record, code)


def kinds(files: Files) -> None:
    """Records in another order, or with other elements."""

    def bad(name: str, why: str, records: list[Record], code: str = "shape") -> None:
        files.bytes(name, why, "EXPORT-3", LINE + b"".join(map(framed, records)), code)

    good = files.file()
    bare = files.bare().records()
    end: Record = [END, b""]
    receipted: Record = [4, receipt(good.peer, good.exporter, files.talk.opener.sent[-1]).data]
    bad("opening-missing", "No opening", good.logs)
    bad("opening-twice", "Two openings", [good.opening, good.opening, *good.logs])
    bad("log-missing", "One log", [good.opening, good.logs[0], good.lines[0]])
    bad("log-third", "A third log", [good.opening, *good.logs, good.logs[0]])
    bad("kind-6", "A kind that there is not", [good.opening, *good.logs, [6, b""]])
    bad("kind-text", "A kind that is a text", [good.opening, *good.logs, ["message", b""]])
    bad("kind-true", "true is not 1", [good.opening, [True, *good.logs[0][1:]]])
    bad("message-behind-receipt", "A message behind the receipts", [*bare, receipted, good.lines[0]])
    bad("end-too-long", "An end with an element more", [*bare, [*end, None]])
    bad("end-no-bytes", "An end without an object", [*bare, [END, None]])
    bad("end-empty", "An end of nothing", [*bare, end], "cose-structure")
    opening = good.opening
    wrong: list[tuple[str, str, Record]] = [
        ("opening-short", "An element too few", opening[:-1]),
        ("opening-founding-31", "A founding persona of 31 bytes", [OPENING, bytes(31), *opening[2:]]),
        ("opening-invitation-text", "An invitation that is a text", [*opening[:3], "x", *opening[4:]]),
        ("opening-items-true", "true is not 1", [*opening[:5], True, 0]),
        ("opening-items-3", "Items of no kind that there is", [*opening[:5], 3, 0]),
        ("opening-left-out-negative", "Fewer than none left out", [*opening[:6], -1]),
    ]
    for name, why, record in wrong:
        bad(name, why, [record, *good.logs])
    bad("log-empty", "A log without events", [opening, [LOG, []]])
    events = good.logs[0][1]
    assert isinstance(events, list)
    bad("log-25", "A log of 25 events", [opening, [LOG, events * 25]])


def messages(files: Files) -> None:
    """Elements of a message."""
    field, own = files.field, files.file().lines[2]
    salt, body = fixed("salt", 16), b"\xa0"
    kept = own[5]
    assert isinstance(kept, list)
    first = kept[0]
    assert isinstance(first, list)
    form: list[tuple[str, str, int, Value]] = [
        ("message-signed-null", "No header", 1, None),
        ("message-verdict-empty", "An empty verdict", 2, ""),
        ("message-verdict-33", "A verdict of 33 bytes", 2, "x" * 33),
        ("message-unaffirmed-null", "null instead of false", 3, None),
        ("message-first-epoch-24", "No log has an event 24", 4, 24),
        ("message-first-epoch", "A first epoch of a message that was sent once", 4, 0),
        ("message-parts-null", "No parts", 5, None),
        ("message-salt-15", "A salt of 15 bytes", 5, [[salt[:15], body]]),
    ]
    for name, why, index, value in form:
        rule = "EXPORT-12" if name == "message-first-epoch" else "EXPORT-3"
        field(name, why, rule, "shape", at=(2, index), value=value)
    field(
        "verdict-of-the-peer",
        "A message of the peer without verdict",
        "EXPORT-12",
        "shape",
        at=(3, 2),
        value=None,
    )
    content: list[tuple[str, str, str, Value]] = [
        ("body-missing", "An applied message without its body", "part-missing", [None, None]),
        ("body-place-missing", "No place for the body", "part-missing", []),
        ("part-more", "A part more than there are digests", "part-mismatch", [*kept, [salt, body]]),
        ("body-other", "Another body than was signed", "part-mismatch", [[first[0], b"\xa1\x01\x01"], None]),
        ("salt-other", "Another salt", "part-mismatch", [[salt, first[1]], None]),
    ]
    for name, why, code, value in content:
        field(name, why, "EXPORT-14 MSG-13 MSG-14", code, at=(2, 5), value=value)
    refused = files.file()
    refused.lines[2][2:] = ["paused", False, None, []]
    files.bad("refused-places", "A refused message has its places too", "EXPORT-14", refused, "part-missing")
    items(files)


def items(files: Files) -> None:
    """Items that are to be left out, and one without its body."""
    talk = short("export items")
    text: Value = enc("Two bunches, please.")
    assert isinstance(text, bytes)
    say = talk.say(talk.opener, "conversation.say", {}, items=(text,), why="The person speaks")
    left = export(talk, talk.opener, met=False)
    left.opening[5] = 0
    files.bad("item-left-out", "An item, though items are left out", "EXPORT-12 EXPORT-25", left, "shape")
    bare = export(talk, talk.opener, met=False)
    bare.lines[3][2] = "paused"
    bare.lines[3][5] = [None, list(talk.parts[say.first][1] or ())]
    files.bad("item-without-body", "An item without its body", "EXPORT-14", bare, "part-missing")
    wrong = short("export body")
    wrong.say(
        wrong.opener,
        "relationship.resume",
        {1: 1},
        thread=wrong.log[0].id,
        verdict="body-form",
        why="A field",
    )
    formed = export(wrong, wrong.opener, met=False)
    formed.lines[3][2] = "applied"
    formed.lines[3][5] = [list(one or ()) for one in wrong.parts[wrong.opener.sent[3].first]]
    files.bad("body-form", "An applied message with a field too many", "EXPORT-14", formed, "body-form")


def order(files: Files) -> None:
    """Lines and headers in another order."""
    good = files.file()
    first, second, third, accept = good.lines

    def bad(name: str, why: str, *lines: Record) -> None:
        files.bad(name, why, "EXPORT-4", replace(good, lines=list(lines)), "shape")

    bad("lines-swapped", "The peer's line first", accept, first, second, third)
    bad("messages-swapped", "Number 3 before number 2", first, third, second, accept)
    bad("message-twice", "One message twice", first, second, second, third, accept)
    bad(
        "former-and-message", "One header as former and as message", [FORMER, second[1]], first, second, third
    )


def ends(files: Files) -> None:
    """What is signed under the whole."""
    good = files.bare()
    payload = good.payload()
    signer_of = good.exporter.key

    def bad(name: str, why: str, rule: str, signed: bytes, code: str) -> None:
        files.bytes(name, why, rule, good.before() + framed([END, signed]), code)

    def field(name: str, why: str, index: int, value: Value, code: str) -> None:
        changed: Record = [*payload]
        changed[index] = value
        bad(name, why, "EXPORT-20", sign1(signer_of, "pcloud-export", list(changed)).data, code)

    right = sign1(signer_of, "pcloud-export", list(payload)).data
    bad("end-spoiled", "One bit of the signature", "EXPORT-20", spoiled(right), "bad-signature")
    peer = sign1(good.peer.key, "pcloud-export", list(payload)).data
    bad("end-by-the-peer", "The peer's signature", "EXPORT-20", peer, "key-mismatch")
    foreign = sign1(signer("export stranger"), "pcloud-export", list(payload)).data
    bad("end-by-another", "A stranger's signature", "EXPORT-20", foreign, "key-mismatch")
    receipted = sign1(signer_of, "pcloud-receipt", list(payload)).data
    bad("end-type", "An object of another type", "EXPORT-20 COSE-5", receipted, "type-mismatch")
    field("end-version", "Another version", 0, 2, "version-unknown")
    field("end-exporter", "Another exporter", 1, bytes(32), "wrong-party")
    field("end-peer", "Another peer", 2, bytes(32), "wrong-party")
    field("end-epoch", "An epoch that is not the last", 3, 1, "log-invalid")
    field("end-peer-epoch", "The same of the peer", 4, 1, "log-invalid")
    field("end-epoch-24", "No log has an event 24", 3, 24, "shape")
    field("end-time-negative", "A time below 0", 5, -1, "shape")
    field("end-records", "One record more", 6, len(good.records()) + 1, "part-mismatch")
    field("end-digest", "Another digest", 7, bytes(32), "part-mismatch")
    field("end-digest-31", "A digest of 31 bytes", 7, bytes(31), "shape")
    long: Record = [*payload, None]
    longer = sign1(signer_of, "pcloud-export", list(long)).data
    bad("end-long", "An element more", "EXPORT-20", longer, "shape")
    whole = files.file()
    marked = files.file()
    marked.lines[2][3] = True
    changed = marked.before() + whole.end()
    files.bytes("mark-changed", "A mark changed after signing", "EXPORT-20", changed, "part-mismatch")
    less = replace(whole, lines=whole.lines[:2] + whole.lines[3:])
    files.bytes(
        "record-taken-out", "A record taken out", "EXPORT-20", less.before() + whole.end(), "part-mismatch"
    )
    extra = replace(whole, receipts=[[4, receipt(good.peer, good.exporter, files.talk.opener.sent[2]).data]])
    files.bytes(
        "record-put-in", "A record put in", "EXPORT-20", extra.before() + whole.end(), "part-mismatch"
    )


def formed(files: Files) -> None:
    """Files that are refused for their form, or for their end."""
    for group in (first_line, framing, kinds, messages, order, ends):
        group(files)
