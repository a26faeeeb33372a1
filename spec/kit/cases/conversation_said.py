"""Vectors of the text of `conversation.say`."""

from __future__ import annotations

from spec.kit.cbor import Value, enc
from spec.kit.vectors import Vectors, run

TEXT_BYTES_MAX = 8192
RULES = "TALK-2 TALK-5"
LONGEST = b"\x79" + TEXT_BYTES_MAX.to_bytes(2, "big")
TOO_LONG = b"\x79" + (TEXT_BYTES_MAX + 1).to_bytes(2, "big")


def said(out: Vectors) -> None:
    """Texts as they may be, and as they may not."""
    accepted(out)
    values(out)
    encodings(out)


def accepted(out: Vectors) -> None:
    """The least, the most, and what is kept as it was written."""
    texts = [
        ("one-byte", "The shortest text", "x"),
        ("line-feed", "Two lines", "Are there tulips?\nI need two bunches."),
        ("controls", "Control characters travel as they are", "a\x00b\x07c\x1b[31md\x7fe\u0085f"),
        ("direction", "So do characters that turn the direction", "abc\u202efed\u2066x\u2069\u200f"),
        ("not-normalised", "A text is never normalised", "e\u0301 \u00e9 \ufb01 \U0001f337\ufe0f\u200d"),
        ("space", "A space is a text", " "),
        ("link", "A link is a text", "https://flowers.example/?tulips=2"),
    ]
    for name, why, text in texts:
        out.good(f"said-{name}", why, RULES, "said.read", {"item": enc(text)}, text=text)
    longest: list[tuple[str, str, str]] = [
        ("longest", "As many bytes as there may be", "x"),
        ("longest-in-bytes", "The bytes are counted, and not the characters", "\u00e9"),
    ]
    for name, why, letter in longest:
        count = TEXT_BYTES_MAX // len(letter.encode())
        given = {"item": run(letter.encode(), count, LONGEST)}
        out.good(f"said-{name}", why, RULES, "said.read", given, text=letter * count)


def bad(out: Vectors, name: str, why: str, item: object, rule: str = RULES) -> None:
    """An item that is refused."""
    out.bad(f"said-{name}", why, rule, "said.read", {"item": item}, "body-form")


def values(out: Vectors) -> None:
    """Another value than a text of these lengths."""
    text: Value = "x"
    wrong: list[tuple[str, str, Value]] = [
        ("empty", "Nothing is said", ""),
        ("null", "null: the place would be null, and not its data", None),
        ("bytes", "Bytes instead of a text", b"x"),
        ("number", "A number", 7),
        ("true", "true", True),
        ("array", "The text in an array", [text]),
        ("map", "The text in a map", {1: text}),
        ("empty-array", "An empty array", []),
        ("empty-map", "An empty map", {}),
        ("wrapped", "The encoding of a text, in bytes", enc("x")),
    ]
    for name, why, value in wrong:
        bad(out, name, why, enc(value))
    bad(out, "long", "A byte too many", run(b"x", TEXT_BYTES_MAX + 1, TOO_LONG))
    long_in_bytes = run("\u00e9".encode(), TEXT_BYTES_MAX // 2, TOO_LONG, b"x")
    bad(out, "long-in-bytes", "Too many bytes in few characters", long_in_bytes)
    bad(out, "longest-message", "As long as a message may be", run(b"x", 49_000, b"\x79\xbf\x68"))


def encodings(out: Vectors) -> None:
    """Bytes that are no encoding of a text."""
    for name, why, item, rule in (
        ("no-bytes", "An item without data", "", "CBOR-1"),
        ("bare", "The text without its head", "74756c697073", "CBOR-1"),
        ("trailing", "A byte after the end", "617800", "CBOR-1"),
        ("two", "Two texts", "61786179", "CBOR-1"),
        ("cut-short", "The last byte is missing", "627a", "CBOR-2"),
        ("no-text", "A head without its text", "61", "CBOR-2"),
        ("length-beyond", "A length that no text can have", "7bffffffffffffffff78", "CBOR-2"),
        ("reserved", "A reserved head", "7c78", "CBOR-2"),
        ("break", "A break", "ff", "CBOR-2"),
        ("head-not-shortest", "A longer head than needed", "780178", "CBOR-3"),
        ("head-of-two-bytes", "A head of two bytes for a short text", "79000178", "CBOR-3"),
        ("head-of-four-bytes", "A head of four bytes for a short text", "7a0000000178", "CBOR-3"),
        ("indefinite", "A text of indefinite length", "7f6178ff", "CBOR-4"),
        ("tagged", "A text with the tag of a link", "d8206178", "CBOR-8"),
        ("undefined", "undefined", "f7", "CBOR-9"),
        ("float", "A float", "f93e00", "CBOR-10"),
        ("not-utf-8", "Not UTF-8", "61ff", "CBOR-14"),
        ("overlong", "An overlong form", "62c0af", "CBOR-14"),
        ("surrogate", "Half a surrogate", "63eda080", "CBOR-14"),
        ("cut-sequence", "Half a character", "61c3", "CBOR-14"),
        ("too-high", "A character above the last", "64f4908080", "CBOR-14"),
        ("deep", "Seventeen arrays inside each other", "81" * 17 + "6178", "CBOR-15"),
    ):
        bad(out, name, why, bytes.fromhex(item), f"TALK-2 {rule}")
