"""Volumes of the archive, right and wrong: rows of a conversation, and the stream around them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from spec.kit.cbor import Value, enc, head
from spec.kit.exports import header_of, line_order, receipt
from spec.kit.frames import manifest_blob, manifest_seed
from spec.kit.identity import SECRET, succession
from spec.kit.keys import box, fixed, hkdf, sha

if TYPE_CHECKING:
    from spec.kit.fold import Entry
    from spec.kit.talk import Side, Talk

LINE = b"pcloud-archive/1\n"
NODE, OWN, KEPT, MARKED, SAID, FORMER, JUDGED, FORK, TIMED, END = range(10)
SEED = manifest_seed(SECRET)
SCOPE = fixed("archive scope", 16)
TEXT = 65_519
MESSAGE, FINAL = 0, 3
Row = list[Value]


def framed(content: bytes) -> bytes:
    """A byte string of the stream."""
    return head(2, len(content)) + content


def manifest(
    *, number: int = 1, base: int | None = None, previous: bytes | None = None, after: int = 0
) -> Value:
    """What a volume is."""
    return {1: 1, 2: 0, 3: 4096, 4: 1798800000, 5: number, 6: base or number, 7: previous, 8: after}


def filled(text: bytes) -> bytes:
    """The text with the zero bytes behind it (chapter 04 section 4)."""
    least = max(len(text), 4_096)
    exponent = least.bit_length() - 1
    mask = (1 << exponent - exponent.bit_length()) - 1
    return text.ljust(least + mask & ~mask, b"\x00")


def pieces(text: bytes) -> list[bytes]:
    """The text in pieces; the last has what is left."""
    return [text[at : at + TEXT] for at in range(0, len(text), TEXT)]


def sealed(key: bytes, header: bytes, texts: list[bytes], tags: list[int]) -> list[bytes]:
    """The pieces under a fixed header, so that every run gives the same.

    libsodium draws the header where one begins to write. A state for reading is the same as one for writing.
    """
    state = crypto_secretstream_xchacha20poly1305_state()
    crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    return [
        crypto_secretstream_xchacha20poly1305_push(state, text, tag=tag)
        for text, tag in zip(texts, tags, strict=True)
    ]


@dataclass(frozen=True)
class Volume:
    """A volume in parts that can be changed before it is put together."""

    rows: tuple[bytes, ...]
    what: Value = field(default_factory=manifest)
    name: str = "volume"
    line: bytes = LINE
    texts: tuple[bytes, ...] | None = None
    tags: tuple[int, ...] | None = None

    @property
    def blob(self) -> bytes:
        """The sealed head."""
        return manifest_blob(SEED, enc(self.what), self.name)

    @property
    def key(self) -> bytes:
        """The key of the stream."""
        return hkdf(fixed("key of " + self.name), enc(["pcloud/1 archive stream", sha(self.blob)]))

    def front(self) -> bytes:
        """All before the pieces."""
        return self.line + framed(self.blob) + fixed("header of " + self.name, 24)

    def stream(self) -> list[bytes]:
        """The pieces, each sealed."""
        texts = list(self.texts or pieces(filled(b"".join(map(framed, self.rows)))))
        tags = list(self.tags or [*[MESSAGE] * (len(texts) - 1), FINAL])
        return sealed(self.key, self.front()[-24:], texts, tags)

    def data(self) -> bytes:
        """The whole volume."""
        return self.front() + b"".join(self.stream())

    def digest(self) -> bytes:
        """What the volume after it names."""
        return sha(self.data())


def encoded(rows: list[Row], last: int = 0) -> tuple[bytes, ...]:
    """Rows as they stand in a volume, with the end behind them."""
    end: Row = [END, last, len(rows)]
    return tuple(enc(row) for row in [*rows, end])


def node() -> Row:
    """The node itself."""
    return [NODE, "Anna", "person", 1798700000]


def kept(talk: Talk, side: Side) -> Row:
    """A relationship as one side keeps it."""
    peer = talk.other if side is talk.opener else talk.opener
    founding = [side.one.id, peer.one.id]
    founding[0 if side is talk.other else 1] = talk.inviting.id
    tied = succession(talk.inviting, talk.other.one, talk.opener.one.id).data
    met: Value = [side is talk.opener, "active", None, "to meet", "organisation", None, talk.invitation.id]
    assert isinstance(met, list)
    met += [1798700000, talk.clock]
    seeds: Value = [box(f"{side.one.name} contact {number}")[0] for number in range(side.one.epoch + 1)]
    mine: Value = [
        founding[0],
        list(side.one.log),
        "person",
        [fixed("mailbox 1", 16), fixed("an older mailbox", 16)],
        ["https://relay.example/1"],
        talk.nonce("opener"),
        seeds,
    ]
    theirs: Value = [
        founding[1],
        list(peer.one.log),
        "organisation",
        fixed("mailbox 2", 16),
        ["https://relay.example/2"],
    ]
    given = receipt(peer.one, side.one, side.sent[-1]).data if side.sent else None
    lines: Value = [*heads(side), len(side.sent), *heads(peer)]
    return [KEPT, SCOPE, met, mine, theirs, [talk.invitation.data, tied, given], lines, talk.clock, 0]


def heads(side: Side) -> Row:
    """The last number of a side and its id."""
    return [len(side.sent), side.sent[-1].id] if side.sent else [0, fixed("genesis")]


def said(talk: Talk, side: Side) -> list[Row]:
    """All messages, each under its newest header, in the order of the log; earlier headers before them."""
    newest = {entry.first: entry for entry in talk.log}
    own = {persona.id for persona in (side.one, talk.inviting if side is talk.other else side.one)}
    rows: list[Row] = []
    for entry in sorted(talk.log, key=line_order):
        first = signer_of(talk, entry) if entry.header.first else None
        front: Row = [SCOPE, entry.header.sender in own, header_of(talk, entry), entry.verdict, first]
        parts: Value = [None if one is None else list(one) for one in talk.parts[entry.first]]
        if entry.verdict != "applied":
            parts = [None for _ in talk.parts[entry.first]]
        rows.append([SAID, *front, parts] if newest[entry.first] is entry else [FORMER, *front])
    return sorted(rows, key=lambda row: row[0] != FORMER)


def signer_of(talk: Talk, entry: Entry) -> bytes:
    """The key that signed a message when it was first sent."""
    return next(one.key for one in talk.log if one.id == entry.first)


def changed(row: Row, path: tuple[int, ...], value: Value) -> Row:
    """The row with another value at one place inside."""
    made: Row = list(row)
    place = made
    for step in path[:-1]:
        inner = place[step]
        assert isinstance(inner, list)
        place[step] = list(inner)
        place = place[step]  # type: ignore[assignment] # it was made a list in the line above
    place[path[-1]] = value
    return made


def with_texts(volume: Volume, *texts: bytes, tags: tuple[int, ...] | None = None) -> Volume:
    """The volume with other texts as its pieces."""
    return replace(volume, texts=texts, tags=tags)
