"""The file of an export as a stream: one record at a time, nothing read that was not asked for."""

from collections.abc import Iterator

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import EXPORT_RECORD_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.answers import Parties
from pcloud.wire.cose import EXPORT, parse_sign1
from pcloud.wire.files.export import (
    MAGIC,
    Closing,
    End,
    Former,
    Items,
    Log,
    Message,
    Opening,
    Receipted,
    Record,
    open_file,
    read_closing,
    write_file,
)
from pcloud.wire.keys import SigningKey
from pcloud.wire.parts import Part

KEY = SigningKey.from_seed(b"\1" * 32)
WHO = Parties(b"\2" * 32, b"\3" * 32, 1, 2)
OPENING = Opening((b"\4" * 32, b"\5" * 32), None, b"succession", Items.SOME, 3)
LOGS = Log((b"event",)), Log((b"event", b"another"))
MESSAGE = Message(b"header", "paused", True, 2, (None, Part(bytes(16), b"item")))  # noqa: FBT003 - a record
RECORDS: list[Record] = [OPENING, *LOGS, MESSAGE, Former(b"former"), Receipted(b"receipt")]


def written(*records: Record) -> bytes:
    return b"".join(write_file(records, WHO, 7, KEY))


def framed(content: bytes) -> bytes:
    return cbor.head(2, len(content)) + content


def read(*pieces: bytes) -> list[Record | End]:
    file = open_file(pieces)
    return [file.opening, *file.logs, *file.records]


def refused(*pieces: bytes) -> Violation:
    with pytest.raises(Violation) as refusal:
        read(*pieces)
    return refusal.value


def test_what_was_written_is_read_and_the_end_knows_what_came_before() -> None:
    """[EXPORT-3], [EXPORT-20]"""
    *records, end = read(written(*RECORDS))
    assert records == RECORDS
    assert isinstance(end, End)
    closing = read_closing(parse_sign1(end.signed, EXPORT).payload)
    assert closing == Closing(WHO, 7, len(RECORDS), end.digest)
    assert end.records == len(RECORDS)


def test_each_record_is_a_piece_of_its_own() -> None:
    pieces = list(write_file(RECORDS, WHO, 7, KEY))
    assert pieces[0] == MAGIC
    assert len(pieces) == len(RECORDS) + 2
    assert b"".join(pieces) == written(*RECORDS)


def test_records_are_taken_as_they_are_asked_for() -> None:
    """[EXPORT-2]"""
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for piece in write_file(RECORDS, WHO, 7, KEY):
            taken += 1
            yield piece

    file = open_file(pieces())
    assert taken == 2
    assert next(file.logs) == LOGS[0]
    assert taken == 3, "the first log is verified before what is behind it"
    assert next(file.logs) == LOGS[1]
    assert next(file.records) == MESSAGE
    assert taken == 5


def test_a_record_that_claims_to_be_long_is_refused_before_anything_of_it_is_read() -> None:
    """[EXPORT-2], [ERR-22]"""

    def endless() -> Iterator[bytes]:
        yield MAGIC
        yield cbor.head(2, EXPORT_RECORD_BYTES_MAX + 1)
        raise AssertionError("read on")

    with pytest.raises(Violation) as refusal:
        open_file(endless())
    assert refusal.value.code is Code.SHAPE


def test_the_longest_record_is_read() -> None:
    events = (b"x" * (EXPORT_RECORD_BYTES_MAX - 6),)
    file = open_file([MAGIC, *(framed(cbor.encode(value)) for value in _fixed(events))])
    assert next(file.logs).events == events


def _fixed(events: tuple[bytes, ...]) -> list[list[object]]:
    return [[0, bytes(32), bytes(32), None, None, 0, 0], [1, list(events)], [1, [b""]]]


def test_nothing_stands_behind_a_receipt_but_receipts_and_the_end() -> None:
    """[EXPORT-3]"""
    assert read(written(OPENING, *LOGS, Receipted(b"1"), Receipted(b"2")))[3:5] == [
        Receipted(b"1"),
        Receipted(b"2"),
    ]
    for late in (MESSAGE, Former(b"former")):
        assert refused(written(OPENING, *LOGS, Receipted(b"1"), late)).code is Code.SHAPE


@pytest.mark.parametrize("size", range(len(MAGIC)))
def test_a_first_line_that_is_cut_short_is_no_file(size: int) -> None:
    """[EXPORT-1]"""
    assert refused(MAGIC[:size]).code is Code.CBOR_MALFORMED


def test_every_place_at_which_a_file_ends_early_is_refused_at_form() -> None:
    """[EXPORT-2]"""
    data = written(*RECORDS)
    for size in range(len(data)):
        refusal = refused(data[:size])
        assert (refusal.stage, refusal.code) == (Stage.FORM, Code.CBOR_MALFORMED), size
