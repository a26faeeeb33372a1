"""Vectors of the chapter on sealing: padding and contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.kit.cbor import Value, enc
from spec.kit.frames import pad, padded_length
from spec.kit.keys import fixed
from spec.kit.vectors import run

if TYPE_CHECKING:
    from spec.kit.vectors import Vectors

# Content length and padded length as the chapter gives them.
PUBLISHED = {0: 256, 252: 256, 253: 272, 300: 304, 508: 512, 509: 544, 1000: 1024, 57344: 59392}


def padding(out: Vectors) -> None:
    """Ops `pad` and `unpad`."""
    for size, length in PUBLISHED.items():
        assert padded_length(size) == length
        given = {"content": run(b"\x61", size) if size else b""}
        padded = run(b"\x61", size, size.to_bytes(4, "big"), bytes(length - size - 4)) if size else pad(b"")
        out.good(f"pad-{size}", "Length, content and zeros", "SEAL-18 SEAL-19", "pad", given, padded=padded)
    given = {"content": run(b"\x61", 57345)}
    out.bad(
        "pad-57345", "A content longer than a frame carries", "SEAL-17", "pad", given, "content-too-large"
    )
    for size in (0, 100, 5000):
        content = fixed("content", size)
        out.good(
            f"unpad-{size}",
            "The content comes back",
            "SEAL-18",
            "unpad",
            {"padded": pad(content)},
            content=content,
        )
    right = pad(fixed("content", 280))

    def bad(name: str, why: str, padded: object, rule: str = "SEAL-18") -> None:
        out.bad("unpad-" + name, why, rule, "unpad", {"padded": padded}, "padding")

    bad("empty", "No bytes", b"")
    bad("3-bytes", "Shorter than the length itself", b"\x00\x00\x00")
    bad("4-bytes", "An empty content without padding", bytes(4))
    bad("255-bytes", "Shorter than the least padded length", bytes(255))
    bad("longer-than-256", "An empty content padded to the next step", bytes(272))
    bad(
        "not-padded",
        "A content that ends where the text ends",
        (280).to_bytes(4, "big") + fixed("content", 280),
    )
    bad("one-zero-less", "A zero less than it should be", right[:-1])
    bad("one-zero-more", "A zero more than it should be", right + b"\x00")
    bad("next-step", "Padded to the next step", right + bytes(16))
    bad("next-power", "Padded to the next power of two", right + bytes(512 - len(right)))
    bad("filler-last", "The last byte is not zero", right[:-1] + b"\x01", "SEAL-19")
    bad(
        "filler-first",
        "The first byte after the content is not zero",
        right[:284] + b"\x80" + right[285:],
        "SEAL-19",
    )
    bad("length-above-text", "The length points past the end", (400).to_bytes(4, "big") + right[4:])
    bad("length-little-endian", "The other byte order", (280).to_bytes(4, "little") + right[4:])
    bad("length-huge", "A length of 2^32 - 1", b"\xff\xff\xff\xff" + right[4:])
    beyond = run(b"\x61", 57345, (57345).to_bytes(4, "big"), bytes(59392 - 57345 - 4))
    bad("length-57345", "A length above what a content may have, in the right place", beyond)


def contents(out: Vectors) -> None:
    """Op `content.read`."""
    salt, log = fixed("salt", 16), [b"event 0", b"event 1"]
    part: Value = [salt, b"\xa0"]
    for name, why, value in content_forms(part, log):
        start, introduction, signed, parts = value
        seen = None if introduction is None else {"log": log, "succession": introduction[1]}
        out.good(
            f"content-{name}",
            why,
            "SEAL-20",
            "content.read",
            {"content": enc(value)},
            start=start,
            introduction=seen,
            signed=signed,
            parts=parts,
        )

    def bad(name: str, why: str, value: Value, rule: str = "SEAL-20") -> None:
        out.bad(f"content-{name}", why, rule, "content.read", {"content": enc(value)}, "shape")

    bad("nothing", "Neither a start nor a signed element", [None, None, None, []])
    bad("introduction-only", "An introduction alone", [None, [[b"event"], None], None, []])
    bad("parts-without-signed", "Parts that belong to nothing", [b"start", None, None, [part]])
    bad("three", "An array of three", [b"start", None, b"signed"])
    bad("five", "An array of five", [b"start", None, b"signed", [], None])
    bad("map", "A map", {0: b"start"})
    bad("start-text", "A start that is a text", ["start", None, b"signed", []])
    bad("start-array", "A start that is not wrapped", [[1], None, b"signed", []], "SEAL-20 COSE-12")
    bad("signed-text", "A signed element that is a text", [None, None, "signed", []])
    bad("signed-array", "A signed element that is not wrapped", [None, None, [1], []], "SEAL-20 COSE-12")
    bad("signed-true", "true instead of a signed element", [None, None, True, []])
    bad("parts-null", "null instead of no parts", [None, None, b"signed", None])
    bad("part-one", "A part without data", [None, None, b"signed", [[salt]]])
    bad("part-three", "A part of three", [None, None, b"signed", [[salt, b"", b""]]])
    bad("salt-15", "A salt of 15 bytes", [None, None, b"signed", [[salt[:15], b""]]])
    bad("salt-17", "A salt of 17 bytes", [None, None, b"signed", [[salt + b"\x00", b""]]])
    bad("data-text", "Data that are a text", [None, None, b"signed", [[salt, "x"]]])
    bad(
        "data-null",
        "A part whose data are gone and whose salt is not",
        [None, None, b"signed", [[salt, None]]],
    )
    bad("part-bytes", "A part without its salt", [None, None, b"signed", [b"data"]])
    introductions(out)
    trailing = enc([None, None, b"signed", []]) + b"\x00"
    out.bad(
        "content-trailing",
        "A byte after the end",
        "CBOR-1",
        "content.read",
        {"content": trailing},
        "cbor-malformed",
    )
    out.bad("content-empty", "No bytes", "CBOR-1", "content.read", {"content": b""}, "cbor-malformed")


def introductions(out: Vectors) -> None:
    """Contents whose introduction is none, or with too many parts."""

    def bad(name: str, why: str, value: Value) -> None:
        out.bad(f"content-{name}", why, "SEAL-20", "content.read", {"content": enc(value)}, "shape")

    part: Value = [fixed("salt", 16), b"\xa0"]
    bad(
        "introduction-one",
        "An introduction without a place for the succession",
        [None, [[b"event"]], b"signed", []],
    )
    bad("introduction-empty", "An introduction without events", [None, [[], None], b"signed", []])
    bad("introduction-text", "An event that is a text", [None, [["event"], None], b"signed", []])
    bad(
        "introduction-succession-text",
        "A succession that is a text",
        [None, [[b"event"], "x"], b"signed", []],
    )
    bad("introduction-25", "More events than a log may have", [None, [[b"event"] * 25, None], b"signed", []])
    bad("parts-65", "More parts than a message may have", [None, None, b"signed", [part] * 65])


def content_forms(
    part: Value, log: list[bytes]
) -> list[tuple[str, str, tuple[bytes | None, tuple[Value, bytes | None] | None, bytes | None, list[Value]]]]:
    """The forms a content takes."""
    events: Value = list(log)
    return [
        ("start", "A session begins with nothing to say", (b"start", None, None, [])),
        ("message", "A message with a body", (None, None, b"signed", [part])),
        ("erased-item", "An item that is gone", (None, None, b"signed", [part, None])),
        ("answer", "An answer has no parts", (None, None, b"signed", [])),
        (
            "introduced",
            "A message with start and introduction",
            (b"start", (events, None), b"signed", [part]),
        ),
        ("succession", "A successor is introduced", (b"start", (events, b"succession"), b"signed", [part])),
    ]
