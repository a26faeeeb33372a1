"""A volume as bytes: it opens whole, in its order, with its key, or it says what is wrong."""

from collections.abc import Iterator
from typing import Any

import nacl.bindings as sodium
import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import ARCHIVE_HEAD_BYTES_MAX, ARCHIVE_ROW_BYTES_MAX, ARCHIVE_TEXT_BYTES_MIN
from pcloud.wire import cbor, keys, manifest
from pcloud.wire.files import archive
from pcloud.wire.files.archive import MAGIC, SEALED_BYTES, TEXT_BYTES, Sealer, open_volume, read_head
from pcloud.wire.files.stream import Stream, framed, take_framed
from pcloud.wire.keys import HybridKey
from pcloud.wire.manifest import Manifest
from pcloud.wire.padding import padme

KEY, OTHER = HybridKey.from_seed(b"\1" * 32), HybridKey.from_seed(b"\2" * 32)
SECRET, NONCE = b"\3" * 32, b"\4" * 12
FULL = Manifest(0, 4_096, 1_800_000_000, 1, 1, None, 0)
ROWS = [b"one", b"", b"x" * 70_000, b"two", b"y" * ARCHIVE_ROW_BYTES_MAX]
HEADER = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES


def volume(rows: list[bytes], secret: bytes = SECRET, made: Manifest = FULL) -> bytes:
    sealer = Sealer(made, KEY.public, secret, NONCE)
    return sealer.opening + b"".join(sealer.add(row) for row in rows) + b"".join(sealer.end())


def rows_in(data: bytes, key: HybridKey = KEY) -> list[bytes]:
    return list(open_volume(key, [data]).rows)


def refused(data: bytes, key: HybridKey = KEY) -> Code:
    with pytest.raises(Violation) as refusal:
        rows_in(data, key)
    return refusal.value.code


def front(data: bytes) -> int:
    """Where the first piece begins."""
    head = take_framed(Stream([data[len(MAGIC) :]]), ARCHIVE_HEAD_BYTES_MAX)
    return len(MAGIC) + len(head) + HEADER


def pieces_of(data: bytes) -> tuple[bytes, list[bytes]]:
    """The front of a volume, and its sealed pieces."""
    at = front(data)
    return data[:at], [data[start : start + SEALED_BYTES] for start in range(at, len(data), SEALED_BYTES)]


@pytest.mark.parametrize("rows", [[], [b"one"], ROWS, [b"z" * 60_000] * 9], ids=range(4))
@pytest.mark.parametrize("cut", [1_000, 65_536, 10_000_000])
def test_rows_come_back_whatever_the_pieces(rows: list[bytes], cut: int) -> None:
    """[ARCHIVE-1], [ARCHIVE-3]"""
    data = volume(rows)
    opened = open_volume(KEY, (data[at : at + cut] for at in range(0, len(data), cut)))
    assert opened.manifest == FULL
    assert list(opened.rows) == rows


def test_a_volume_holds_nothing_that_can_be_read_without_the_key() -> None:
    data = volume([b"a canary in a row"])
    assert b"canary" not in data
    assert data != volume([b"a canary in a row"])  # the stream begins with fresh randomness
    assert refused(data, OTHER) is Code.NOT_OPENED


def test_its_head_is_read_from_its_first_bytes_alone() -> None:
    """[ARCHIVE-2]"""
    data = volume(ROWS)

    def first() -> Iterator[bytes]:
        yield data[: front(data) - HEADER]
        raise AssertionError("it was read on")

    assert read_head(KEY, first()) == FULL
    with pytest.raises(Violation) as refusal:
        read_head(OTHER, [data])
    assert (refusal.value.stage, refusal.value.code) == (Stage.AUTHENTIC, Code.NOT_OPENED)


@pytest.mark.parametrize("size", [0, 1, 4_000, 4_096, 5_000, TEXT_BYTES - 4, 1_000_000])
def test_its_length_is_one_of_few(size: int) -> None:
    """[ARCHIVE-5]"""
    rows = [b"r" * min(left, 60_000) for left in range(size, 0, -60_000)]
    text = sum(len(framed(row)) for row in rows)
    data = volume(rows)
    sealed = padme(max(text, ARCHIVE_TEXT_BYTES_MIN))
    count = -(-sealed // TEXT_BYTES)
    assert len(data) == front(data) + sealed + count * (SEALED_BYTES - TEXT_BYTES)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"pcloud-archive/2\n", Code.VERSION_UNKNOWN),
        (b"pcloud-archive/11", Code.VERSION_UNKNOWN),
        (b"pcloud-export/1\n\n", Code.SHAPE),
        (b"x" * 17, Code.SHAPE),
    ],
)
def test_another_first_line_is_refused(line: bytes, code: Code) -> None:
    """[ARCHIVE-1]"""
    assert refused(line + volume([b"one"])[len(MAGIC) :]) is code


def test_a_head_that_is_too_long_is_refused_before_it_is_read() -> None:
    """[ARCHIVE-2]"""
    size = ARCHIVE_HEAD_BYTES_MAX + 1
    assert refused(MAGIC + cbor.head(2, size)) is Code.SHAPE


def test_a_volume_that_ends_early_or_goes_on_is_refused() -> None:
    """[ARCHIVE-4]"""
    data = volume([b"z" * 60_000] * 9)
    opening, pieces = pieces_of(data)
    assert len(pieces) > 3
    assert refused(data[: len(MAGIC) - 1]) is Code.CBOR_MALFORMED
    assert refused(data[: len(MAGIC) + 40]) is Code.CBOR_MALFORMED
    assert refused(opening[:-1]) is Code.CBOR_MALFORMED
    assert refused(opening) is Code.CBOR_MALFORMED
    for count in range(1, len(pieces)):
        assert refused(opening + b"".join(pieces[:count])) is Code.CBOR_MALFORMED
    assert refused(data[:-1]) is Code.NOT_OPENED
    assert refused(data[: len(opening) + 17]) is Code.CBOR_MALFORMED
    assert refused(data + b"\0") is Code.NOT_OPENED
    full = opening + b"".join(pieces[:-1])
    assert refused(full + pieces[-1] + pieces[-1]) is Code.NOT_OPENED


def test_bytes_after_a_last_piece_that_is_full_are_refused() -> None:
    """[ARCHIVE-4]"""
    text = framed(b"r" * 60_000)
    data = made_of([text.ljust(TEXT_BYTES, b"\0")], padded=False)
    assert refused(data) is Code.PADDING  # whole, but of another length than it may have
    assert refused(data + b"more") is Code.CBOR_MALFORMED


def test_pieces_in_another_order_are_refused() -> None:
    """[ARCHIVE-4]"""
    opening, pieces = pieces_of(volume([b"z" * 60_000] * 9))
    for first, second in ((0, 1), (1, 2), (0, len(pieces) - 1)):
        swapped = list(pieces)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert refused(opening + b"".join(swapped)) is Code.NOT_OPENED
    assert refused(opening + b"".join(pieces[1:])) is Code.NOT_OPENED
    assert refused(opening + pieces[0] + b"".join(pieces)) is Code.NOT_OPENED


def test_the_stream_of_another_volume_is_refused() -> None:
    """[ARCHIVE-3] Also of one with the same secret, whose head differs."""
    mine = volume([b"one"])
    for secret, made in ((b"\5" * 32, FULL), (SECRET, FULL._replace(time=1_800_000_001))):
        other = volume([b"two"], secret, made)
        at = front(mine) - HEADER
        assert refused(mine[:at] + other[front(other) - HEADER :]) is Code.NOT_OPENED


def test_any_bit_that_is_another_is_refused() -> None:
    """[ARCHIVE-4]"""
    data = volume([b"one", b"two"])
    for at in range(0, len(data), 37):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(Violation):
            rows_in(bytes(changed))


def made_of(texts: list[bytes], tags: list[int] | None = None, *, padded: bool = True) -> bytes:
    """A volume of any texts as its pieces, under any tags."""
    head = manifest.seal_manifest(KEY.public, manifest.write_manifest(FULL), SECRET, NONCE)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    key = archive._stream_key(SECRET, head)
    header = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    if padded:
        size = sum(map(len, texts))
        texts = [*texts[:-1], texts[-1].ljust(padme(max(size, 4_096)) - size + len(texts[-1]), b"\0")]
    tags = tags or [0] * (len(texts) - 1) + [3]
    sealed = (
        sodium.crypto_secretstream_xchacha20poly1305_push(state, text, tag=tag)
        for text, tag in zip(texts, tags, strict=True)
    )
    return MAGIC + framed(head) + header + b"".join(sealed)


def test_pieces_of_another_length_or_tag_are_refused() -> None:
    """[ARCHIVE-3]"""
    row = framed(b"one")
    assert rows_in(made_of([row])) == [b"one"]
    for tag in (1, 2):
        assert refused(made_of([row], [tag])) is Code.SHAPE
    whole = framed(b"r" * (TEXT_BYTES - 3))
    assert refused(made_of([whole, row], [1, 3])) is Code.SHAPE
    assert refused(made_of([row], [0])) is Code.SHAPE


@pytest.mark.parametrize("text", [b"", b"\x43one\0\0", framed(b"r" * 5_000)], ids=range(3))
def test_a_text_that_is_not_filled_up_as_it_should_be_is_refused(text: bytes) -> None:
    """[ARCHIVE-5]"""
    size = padme(max(len(framed(b"r" * 5_000)), ARCHIVE_TEXT_BYTES_MIN))
    good = text.ljust(size if len(text) > 4_096 else ARCHIVE_TEXT_BYTES_MIN, b"\0")
    rows_in(made_of([good], padded=False))
    for other in (good[:-1], good + b"\0", good + b"\0" * 5_000, good[:-1] + b"\1"):
        assert refused(made_of([other], padded=False)) is Code.PADDING


def test_rows_that_are_no_byte_strings_are_refused() -> None:
    """[ARCHIVE-6]"""
    cases: list[tuple[Any, Code]] = [
        (b"\x63one", Code.SHAPE),
        (b"\x83", Code.SHAPE),
        (b"\x58\x03one", Code.CBOR_NOT_DETERMINISTIC),
        (b"\x5a\x00\x02\x00\x01", Code.SHAPE),
        (b"\x59\xff\xff", Code.CBOR_MALFORMED),
    ]
    for text, code in cases:
        assert refused(made_of([text.ljust(4_096, b"\1")], padded=False)) is code


def test_a_refused_volume_costs_little() -> None:
    """Nothing is opened where the head does not: the rest is not even asked for."""
    data = volume([b"z" * 60_000] * 9)

    def pieces() -> Iterator[bytes]:
        yield data[:3_000]
        raise AssertionError("it was read on")

    with pytest.raises(Violation):
        open_volume(OTHER, pieces())


def test_a_secret_shows_in_no_text() -> None:
    head = take_framed(Stream([volume([])[len(MAGIC) :]]), ARCHIVE_HEAD_BYTES_MAX)
    opened = manifest.open_manifest(KEY, head[3:])
    assert opened.secret == SECRET
    assert repr(opened) == f"Unsealed({len(opened.content)} bytes)"
    assert keys.hkdf(SECRET, b"") != SECRET
