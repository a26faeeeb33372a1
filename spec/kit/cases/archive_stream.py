"""Vectors of the chapter on the archive: volumes as bytes, and chains of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spec.kit.archives import (
    FINAL,
    LINE,
    MESSAGE,
    NODE,
    SEED,
    TEXT,
    Row,
    Volume,
    encoded,
    filled,
    framed,
    manifest,
    node,
    with_texts,
)
from spec.kit.cbor import Value, enc, head
from spec.kit.keys import fixed

if TYPE_CHECKING:
    from spec.kit.vectors import Vectors

OPEN, CHAIN, HEAD = "volume.open", "chain.read", "manifest.read"


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def heads(out: Vectors) -> None:
    """The content of a manifest blob."""
    full, more = manifest(), manifest(number=3, base=1, previous=fixed("volume before"), after=40)
    for name, why, what in (
        ("manifest-full", "The head of a full volume", full),
        ("manifest-increment", "The head of an increment", more),
    ):
        out.good(name, why, "REC-49", HEAD, {"manifest": enc(what)}, fields=what)

    def bad(name: str, why: str, what: Value, code: str = "shape") -> None:
        out.bad("manifest-" + name, why, "REC-49", HEAD, {"manifest": enc(what)}, code)

    assert isinstance(full, dict)
    assert isinstance(more, dict)
    bad("version-2", "Another version", full | {1: 2}, "version-unknown")
    bad(
        "no-version", "No version", {key: value for key, value in full.items() if key != 1}, "version-unknown"
    )
    bad("no-time", "A field less", {key: value for key, value in full.items() if key != 4})
    bad("field-9", "A field more", full | {9: 0})
    bad("array", "An array", list(full.values()))
    bad("number-0", "Numbers begin with 1", full | {5: 0, 6: 0})
    bad("time-negative", "A time below 0", full | {4: -1})
    bad("previous-31", "A hash of 31 bytes", more | {7: bytes(31)})
    bad("previous-in-full", "A full volume that names the one before", full | {7: bytes(32)})
    bad("after-in-full", "A full volume that begins behind an entry", full | {8: 1})
    bad("no-previous", "An increment that names nothing before it", more | {7: None})
    bad("base-above", "A base above its own number", more | {6: 4})


def whole(out: Vectors) -> None:
    """Volumes that open."""
    small = Volume(encoded([node()]))
    out.good(
        "volume-small",
        "A full volume with the node alone",
        "ARCHIVE-1 ARCHIVE-2 ARCHIVE-3 ARCHIVE-4 ARCHIVE-5",
        OPEN,
        {"seed": SEED, "bytes": small.data()},
        {"stream_key": small.key, "text": filled(b"".join(map(framed, small.rows)))},
        fields=small.what,
        rows=list(small.rows),
    )
    row: Row = [1, "x-example/long", bytes(65_600)]
    long = Volume(encoded([node(), row]), name="long volume")
    out.good(
        "volume-of-two-pieces",
        "A row that goes on in the second piece",
        "ARCHIVE-3 ARCHIVE-5 ARCHIVE-6",
        OPEN,
        {"seed": SEED, "bytes": long.data()},
        fields=long.what,
        rows=list(long.rows),
    )


def lines(out: Vectors) -> None:
    """How a volume begins and ends."""
    small = Volume(encoded([node()]))
    data, front = small.data(), len(small.front())

    def bad(name: str, why: str, rule: str, given: bytes, code: str) -> None:
        out.bad("volume-" + name, why, rule, OPEN, {"seed": SEED, "bytes": given}, code)

    bad("empty", "Nothing", "ARCHIVE-4", b"", "cbor-malformed")
    bad("line-cut", "A part of the first line", "ARCHIVE-4", LINE[:9], "cbor-malformed")
    bad("line-other", "Another first line", "ARCHIVE-1", b"pcloud-export/1\n\n" + data[17:], "shape")
    later = LINE[:15] + b"2\n" + data[17:]
    bad("version-2", "A later version", "ARCHIVE-1 CONF-7", later, "version-unknown")
    bad("head-text", "A text as head", "ARCHIVE-2", LINE + head(3, 3) + b"abc", "shape")
    bad("head-4097", "A head that is too long", "ARCHIVE-2", LINE + head(2, 4097), "shape")
    bad(
        "head-long-form",
        "A longer head than needed",
        "ARCHIVE-2",
        LINE + b"\x58\x01\x80",
        "cbor-not-deterministic",
    )
    bad("head-other", "A head that is no blob", "ARCHIVE-2", LINE + framed(b"\x80"), "shape")
    wrong = replace(small, what={1: 2}).front()
    bad("manifest-version", "A manifest of a later version", "ARCHIVE-2 REC-49", wrong, "version-unknown")
    bad("front-alone", "No piece", "ARCHIVE-4", data[:front], "cbor-malformed")
    bad("header-cut", "A part of the header", "ARCHIVE-4", data[: front - 1], "cbor-malformed")
    bad("cut", "The last byte is missing", "ARCHIVE-3", data[:-1], "not-opened")
    bad("piece-17", "A piece without any text", "ARCHIVE-4", data[: front + 17], "cbor-malformed")
    bad("flipped", "One bit of the stream changed", "ARCHIVE-3", flipped(data, -40), "not-opened")
    bad(
        "header-flipped", "One bit of the header changed", "ARCHIVE-3", flipped(data, front - 1), "not-opened"
    )
    out.bad(
        "volume-other-seed",
        "Sealed to another key",
        "ARCHIVE-2",
        OPEN,
        {"seed": fixed("another seed"), "bytes": data},
        "not-opened",
    )
    other = Volume(small.rows, name="another volume")
    mixed = small.front()[:-24] + other.data()[len(other.front()) - 24 :]
    bad("stream-of-another", "The stream of another volume", "ARCHIVE-3", mixed, "not-opened")


def two_pieces(out: Vectors) -> None:
    """What goes wrong where there is more than one piece. The texts are short in writing: all zeros."""
    rows = encoded([node()])
    text = b"".join(map(framed, rows))
    volume = Volume(rows, name="two pieces")

    def bad(name: str, why: str, rule: str, given: bytes, code: str) -> None:
        out.bad("volume-" + name, why, rule, OPEN, {"seed": SEED, "bytes": given}, code)

    long = with_texts(volume, text.ljust(TEXT, b"\x00"), bytes(17))
    first, second = long.stream()
    bad("piece-missing", "The last piece is missing", "ARCHIVE-4", long.front() + first, "cbor-malformed")
    swapped = long.front() + second + first
    bad("pieces-swapped", "Pieces in the other order", "ARCHIVE-3", swapped, "not-opened")
    full = with_texts(volume, text.ljust(TEXT, b"\x00"))
    bad("bytes-behind", "A byte behind the last piece", "ARCHIVE-4", full.data() + b"\x00", "cbor-malformed")


def texts(out: Vectors) -> None:
    """Texts that are not as a writer makes them."""
    volume = Volume(encoded([node()]), name="texts")
    text = b"".join(map(framed, volume.rows))

    def bad(name: str, why: str, rule: str, made: bytes, code: str, tag: int = FINAL) -> None:
        given = with_texts(volume, made, tags=(tag,)).data()
        out.bad("text-" + name, why, rule, OPEN, {"seed": SEED, "bytes": given}, code)

    good = filled(text)
    bad("short", "A zero byte less", "ARCHIVE-5", good[:-1], "padding")
    bad("long", "A zero byte more", "ARCHIVE-5", good + b"\x00", "padding")
    bad("filler", "A byte that is not zero behind the rows", "ARCHIVE-5", good[:-1] + b"\x01", "padding")
    bad("bare", "Rows and nothing else", "ARCHIVE-5", text, "padding")
    bad("row-text", "A text as row", "ARCHIVE-6", filled(b"\x61a"), "shape")
    bad("row-array", "An array that is not wrapped", "ARCHIVE-6", filled(b"\x80"), "shape")
    bad("row-131073", "A row that is too long", "ARCHIVE-6", filled(head(2, 131_073)), "shape")
    bad(
        "row-long-form",
        "A longer head than needed",
        "ARCHIVE-6",
        filled(b"\x58\x01a"),
        "cbor-not-deterministic",
    )
    bad("row-cut", "A row that does not end", "ARCHIVE-6", b"\x59\xff\xff" + bytes(5000), "cbor-malformed")
    bad("tag-1", "The tag PUSH", "ARCHIVE-3", good, "shape", 1)
    bad("tag-2", "The tag REKEY", "ARCHIVE-3", good, "shape", 2)
    bad("tag-0", "A short piece with the tag MESSAGE", "ARCHIVE-3", good, "shape", MESSAGE)


def chains(out: Vectors) -> None:
    """A full volume and what follows it."""
    full = Volume(encoded([node()], 7), manifest(number=4), "chain full")
    second = Volume(
        encoded([node()], 9), manifest(number=5, base=4, previous=full.digest(), after=7), "chain 2"
    )
    third = Volume(
        encoded([node()], 9), manifest(number=6, base=4, previous=second.digest(), after=9), "chain 3"
    )
    made = [each.data() for each in (full, second, third)]
    out.good(
        "chain",
        "A full volume and two increments",
        "ARCHIVE-10 ARCHIVE-11",
        CHAIN,
        {"seed": SEED, "volumes": made},
        number=6,
        base=4,
        digest=third.digest(),
        last=9,
        rows=3,
    )

    def bad(name: str, why: str, volumes: list[bytes], code: str = "stale", rule: str = "ARCHIVE-11") -> None:
        out.bad("chain-" + name, why, rule, CHAIN, {"seed": SEED, "volumes": volumes}, code)

    bad("without-full", "An increment alone", made[1:2])
    bad("gap", "The second volume is missing", [made[0], made[2]])
    bad("twice", "The same volume twice", [made[0], made[0]])
    bad("order", "An increment first", [made[1], made[0]])
    named: tuple[tuple[str, str, Value], ...] = (
        ("other-hash", "The hash of another volume", manifest(number=5, base=4, previous=bytes(32), after=7)),
        ("other-last", "Another last entry", manifest(number=5, base=4, previous=full.digest(), after=8)),
        ("other-base", "Another base", manifest(number=5, base=3, previous=full.digest(), after=7)),
        ("other-number", "Another number", manifest(number=6, base=4, previous=full.digest(), after=7)),
    )
    for name, why, what in named:
        bad(name, why, [made[0], Volume(encoded([node()], 9), what, "chain " + name).data()])
    back = manifest(number=5, base=4, previous=full.digest(), after=7)
    below = Volume(encoded([node()], 6), back, "chain below").data()
    bad("back", "An increment that ends before it begins", [made[0], below], "shape", "ARCHIVE-7")


def stream(out: Vectors) -> None:
    """All of it."""
    assert node()[0] == NODE
    for make in (heads, whole, lines, two_pieces, texts, chains):
        make(out)
