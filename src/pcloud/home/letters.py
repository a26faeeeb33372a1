"""Letters to holders without a node: what is to be corrected, deleted or told, filled in, to send by hand.

They say what the law gives everybody: access, correction, erasure (GDPR articles 15, 16 and 17, with articles
12 and 19). A value stands in one only where its writer says so: the letter to be sent is nobody's item.
"""

import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pcloud.home.rules import Reach, reach
from pcloud.limits import DISCLOSED_MAX, PATH_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.shape import array, fixed, shape, text, unsigned

NAME_BYTES_MAX: Final = 256
ADDRESS_BYTES_MAX: Final = 1_024
RECORDS_MAX: Final = 512
"""Records that a holder or a letter names at most."""
ANSWER_S: Final = 30 * 86_400
"""How long an answer may take: one month, of which 30 days are taken (GDPR article 12 §3)."""
WIDTH: Final = 78
"""Letters in a line."""


class Right(StrEnum):
    """What a letter asks for."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"


class Stage(StrEnum):
    """How far a letter is."""

    DUE = "due"
    PRINTED = "printed"
    SENT = "sent"
    ANSWERED = "answered"


class Holder(NamedTuple):
    """Somebody without a node who holds data of the owner."""

    name: str
    address: str
    """Of paper; lines end in a line feed. Empty for none."""
    mail: str
    holds: tuple[str, ...]
    """Paths, or places with all that is below them."""
    since: int
    until: int | None
    known: Mapping[str, int]
    """By record, the version that they were last told."""

    def write(self) -> bytes:
        """As it is kept."""
        rows = [[path, number] for path, number in sorted(self.known.items())]
        return cbor.encode([*self[:3], list(self.holds), self.since, self.until, rows])

    def has(self, record: str) -> bool:
        """Whether a record, or a fact of it, is among what they hold."""
        return any(reach(each.partition(":")[0], record) is Reach.WHOLE for each in self.holds)


class Letter(NamedTuple):
    """A letter that is to be sent to one holder, or was."""

    right: Right
    stage: Stage
    due: int
    """When there was a reason to write it."""
    printed: int | None = None
    sent: int | None = None
    answered: int | None = None
    changes: Mapping[str, int] = {}
    """Records that have changed since they were told, with the version that the letter tells; 0 before."""

    def write(self) -> bytes:
        """As it is kept."""
        rows = [[path, number] for path, number in sorted(self.changes.items())]
        return cbor.encode([str(self.right), str(self.stage), *self[2:6], rows])


def read_holder(kept: bytes) -> Holder:
    """A holder as it was kept. Raises Violation (form)."""
    name, address, mail, holds, since, until, known = fixed(cbor.decode_list(kept), 7)
    return Holder(
        text(name, NAME_BYTES_MAX),
        _text(address, ADDRESS_BYTES_MAX),
        _text(mail, NAME_BYTES_MAX),
        tuple(text(each, PATH_BYTES_MAX) for each in array(holds, 1, DISCLOSED_MAX)),
        unsigned(since),
        None if until is None else unsigned(until),
        _versions(known),
    )


def read_letter(kept: bytes) -> Letter:
    """A letter as it was kept. Raises Violation (form)."""
    right, stage, due, *moments, changes = fixed(cbor.decode_list(kept), 7)
    if right not in tuple(Right) or stage not in tuple(Stage):
        raise shape("letter")
    printed, sent, answered = (None if each is None else unsigned(each) for each in moments)
    return Letter(Right(right), Stage(stage), unsigned(due), printed, sent, answered, _versions(changes))


def _text(value: Any, bytes_max: int) -> str:
    return "" if value == "" else text(value, bytes_max)


def _versions(value: Any) -> dict[str, int]:
    rows = (fixed(row, 2) for row in array(value, 0, RECORDS_MAX))
    return {text(path, PATH_BYTES_MAX): unsigned(number) for path, number in rows}


# What it says


class Change(NamedTuple):
    """One record that is not any more as they were told; values only where the owner says so."""

    label: str
    old: str | None = None
    new: str | None = None
    gone: bool = False
    """Whether its owner has deleted it."""


class Content(NamedTuple):
    """What a letter is filled with."""

    sender: str
    """Name and address, in lines."""
    to: str
    day: int
    """Seconds since 1970."""
    right: Right
    reference: str
    held: tuple[str, ...]
    """In plain words, what they are thought to hold."""
    changes: tuple[Change, ...] = ()
    answered_by: int = 0


_SUBJECT: Final = {
    Right.ACCESS: "Access to my personal data",
    Right.CORRECTION: "Correction of my personal data",
    Right.ERASURE: "Erasure of my personal data",
}
_WANTED: Final = {
    Right.ACCESS: (
        "Please tell me under article 15 of the General Data Protection Regulation which data of mine you "
        "process, for which purposes, where you have them from, to whom you have given them, and until when "
        "you keep them; and give me a copy of them."
    ),
    Right.CORRECTION: (
        "Please correct this under article 16 of the General Data Protection Regulation, and tell it under "
        "article 19 to everybody to whom you have given these data."
    ),
    Right.ERASURE: (
        "Please erase these data under article 17 of the General Data Protection Regulation, with every "
        "copy, and tell it under article 19 to everybody to whom you have given them. I withdraw any consent "
        "to process them. Where a law obliges you to keep something, please name it, and restrict the "
        "processing to that."
    ),
}
_GONE: Final = (
    "What is marked as no longer valid please erase under article 17. Where a law obliges you to keep it, "
    "please name it."
)


def compose(content: Content) -> str:
    """The whole letter as plain text, in lines of at most 78 letters where words allow it."""
    paragraphs = [f"Subject: {_SUBJECT[content.right]}", "To whom it may concern,"]
    paragraphs.append(f"you hold, or held, data about me: {', '.join(content.held)}.")
    if content.changes:
        paragraphs.append("They have changed:")
    blocks = ["\n".join(_filled(each)) for each in paragraphs]
    blocks += ["\n".join(_change(each)) for each in content.changes]
    asked = [_WANTED[Right.CORRECTION]] if content.changes else []
    if any(each.gone for each in content.changes):
        asked.append(_GONE)
    if not asked or content.right is not Right.CORRECTION:
        asked.append(_WANTED[content.right])
    asked.append(
        f"I ask for your answer within one month (article 12 §3), by {_day(content.answered_by)}, under the "
        f"reference {content.reference}. If you need anything to know that it is me who asks, tell me what."
    )
    blocks += ["\n".join(_filled(each)) for each in asked]
    head = [content.sender, content.to, _day(content.day)]
    return "\n\n".join([*head, *blocks, "Sincerely,", "\n", content.sender.partition("\n")[0]]) + "\n"


def _change(change: Change) -> list[str]:
    if change.gone:
        return _filled(f"- {change.label}: no longer valid")
    lines = _filled(f"- {change.label}")
    for word, value in (("before", change.old), ("now", change.new)):
        if value is not None:
            lines += textwrap.wrap(
                f"{word}: {value}", WIDTH, initial_indent="    ", subsequent_indent="      "
            )
    return lines


def _filled(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, WIDTH) or [""]


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
