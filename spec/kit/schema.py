"""What a body may hold, and everything that it may hold wrongly."""

from __future__ import annotations

from dataclasses import dataclass, field

from spec.kit.cbor import Value
from spec.kit.identity import persona
from spec.kit.keys import box, fixed, sha
from spec.kit.messages import Header, header

Wrong = list[tuple[str, str, Value]]
SMALL_ORDER = box("small")[1][:1184] + bytes(32)


@dataclass
class Field:
    """A field of a body: a right value and wrong ones."""

    key: int
    right: Value
    wrong: Wrong
    optional: bool = False
    also: list[Value] = field(default_factory=list)


def exact(key: int, size: int, name: str, *, optional: bool = False) -> Field:
    """A byte string of one size."""
    right = fixed(name, size)
    listed: Value = [right]
    wrong: Wrong = [
        ("short", "A byte too few", right[:-1]),
        ("long", "A byte too many", right + b"\x00"),
        ("empty", "Empty bytes", b""),
        ("text", "A text instead of bytes", "x" * size),
        ("number", "A number instead of bytes", 1),
        ("array", "The bytes in an array", listed),
    ]
    return Field(key, right, wrong, optional)


def time(key: int, value: int, *, optional: bool = False, also: int | None = None) -> Field:
    """Seconds since 1970."""
    true: Value = True
    wrong: Wrong = [
        ("negative", "A time below 0", -1),
        ("text", "A time that is a text", "2027-01-01"),
        ("float", "A time with a fraction", 1.5),
        ("true", "true is not 1", true),
        ("beyond", "A time beyond the integers", 2**53),
    ]
    return Field(key, value, wrong, optional, [] if also is None else [also])


def count(key: int, value: int, least: int = 1, *, optional: bool = False) -> Field:
    """A number of at least 1, or of more."""
    true: Value = True
    wrong: Wrong = [
        ("zero", "Not one", 0),
        *([("less", "One too few", least - 1)] if least > 1 else []),
        ("negative", "A number below 0", -1),
        ("text", "A number that is a text", "1"),
        ("float", "A number with a fraction", 1.5),
        ("true", "true is not 1", true),
        ("beyond", "A number beyond the integers", 2**53),
    ]
    return Field(key, value, wrong, optional, [least, 2**53 - 1])


def text(key: int, value: str, size: int, *, optional: bool = False) -> Field:
    """A text of 1 byte to a number of bytes."""
    wrong: Wrong = [
        ("empty", "An empty text", ""),
        ("long", "A byte too many", "x" * (size + 1)),
        (
            "long-in-bytes",
            "Too many bytes in few characters",
            "x" * (size % 2) + "\u00e9" * (size // 2) + "x",
        ),
        ("bytes", "Bytes instead of a text", b"x"),
        ("number", "A number instead of a text", 7),
    ]
    return Field(key, value, wrong, optional, ["x" * size])


def choice(key: int, *words: str, optional: bool = False) -> Field:
    """One of some words."""
    wrong: Wrong = [
        ("other", "A word that is not in the list", "something-else"),
        ("empty", "An empty text", ""),
        ("upper-case", "A word in upper case", words[0].upper()),
        ("number", "The place in the list", 0),
        ("bytes", "The word as bytes", words[0].encode()),
    ]
    return Field(key, words[0], wrong, optional, list(words[1:]))


def announcement(key: int, *, only: int | None = None) -> Field:
    """A numbered receiving key."""
    public = box("announced")[1]
    wrong: Wrong = [
        ("bare", "A key without its number", public),
        ("zero", "Announced keys begin with 1", [0, public]),
        ("negative", "A number below 0", [-1, public]),
        ("three", "An element more", [1, public, None]),
        ("1215", "A key of 1,215 bytes", [1, public[:-1]]),
        ("1217", "A key of 1,217 bytes", [1, public + b"\x00"]),
        ("small-order", "A key of small order", [1, SMALL_ORDER]),
        ("text", "A key that is a text", [1, "x"]),
        ("number-text", "A number that is a text", ["1", public]),
    ]
    if only is not None:
        wrong.append(("number-2", "The first key has number 1", [2, public]))
    also: list[Value] = [] if only is not None else [[2**53 - 1, public]]
    return Field(key, [1, public], wrong, also=also)


def endpoints(key: int) -> Field:
    """One to three endpoints."""
    one = "https://relay.example/m"
    wrong: Wrong = [
        ("none", "No endpoint", []),
        ("four", "Four endpoints", [one] * 4),
        ("empty", "An empty endpoint", [one, ""]),
        ("256", "An endpoint of 256 bytes", ["x" * 256]),
        ("bytes", "An endpoint that is bytes", [b"x"]),
        ("bare", "An endpoint without an array", one),
    ]
    return Field(key, [one], wrong, also=[[one, "x" * 255, one]])


def ids(key: int, most: int) -> Field:
    """A list of ids."""
    one = fixed("id")
    wrong: Wrong = [
        ("none", "An empty list", []),
        ("many", "An id too many", [fixed(f"id {number}") for number in range(most + 1)]),
        ("31", "An id of 31 bytes", [one[:31]]),
        ("33", "An id of 33 bytes", [one, one + b"\x00"]),
        ("text", "An id that is a text", ["x" * 32]),
        ("entry-null", "null in the list", [one, None]),
        ("nested", "A list in the list", [[one]]),
        ("bare", "An id without a list", one),
        ("number", "A number", 1),
        ("map", "A map", {1: one}),
    ]
    return Field(key, [one], wrong, also=[[fixed(f"id {number}") for number in range(most)]])


def entries(key: int) -> Field:
    """Returned entries: signed header, salt and body of part 0, verdict."""
    salt, body = fixed("salt", 16), b"\xa0"
    alice, bob = persona("alice", 0), persona("bob", 1)
    digests = [sha(salt, body)]
    fields = Header(alice.id, bob.id, "relationship.resume", 4, fixed("previous"), 1798700000, digests)
    fields.thread, fields.received = fixed("thread"), (2, fixed("received"))
    signed = header(alice, fields).data
    one: Value = [signed, salt, body, "applied"]
    wrong: Wrong = [
        ("none", "No entry", []),
        ("null-inside", "null in the list", [one, None]),
        ("three", "An entry without verdict", [[signed, salt, body]]),
        ("five", "An element more", [[signed, salt, body, "applied", None]]),
        ("header-text", "A header that is a text", [["x", salt, body, "applied"]]),
        ("header-null", "No header", [[None, salt, body, "applied"]]),
        ("salt-15", "A salt of 15 bytes", [[signed, salt[:15], body, "applied"]]),
        ("salt-17", "A salt of 17 bytes", [[signed, salt + b"\x00", body, "applied"]]),
        ("salt-null", "No salt", [[signed, None, body, "applied"]]),
        ("body-null", "No body", [[signed, salt, None, "applied"]]),
        ("body-bare", "A body that is not wrapped", [[signed, salt, {1: 1}, "applied"]]),
        ("verdict-empty", "An empty verdict", [[signed, salt, body, ""]]),
        ("verdict-33", "A verdict of 33 bytes", [[signed, salt, body, "x" * 33]]),
        ("verdict-null", "No verdict", [[signed, salt, body, None]]),
        ("verdict-true", "true instead of a verdict", [[signed, salt, body, True]]),
        ("verdict-number", "A verdict that is a number", [[signed, salt, body, 0]]),
        ("bare", "An entry without a list", one),
        ("map", "A map of entries", {1: one}),
    ]
    return Field(key, [one], wrong, also=[[[signed, salt, body, "not-in-state"], one]])
