"""Byte strings one after the other, in pieces of any length: nothing is read that was not asked for."""

from collections.abc import Iterator

import pytest

from pcloud.errors import Code, Violation
from pcloud.wire.files.stream import Stream, content_of, framed, take_framed

SIZES = (0, 1, 23, 24, 255, 256, 65_535, 65_536, 131_072)


def refused(data: bytes, most: int = 131_072) -> Code:
    with pytest.raises(Violation) as refusal:
        take_framed(Stream([data]), most)
    return refusal.value.code


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cut", [1, 7, 100_000])
def test_a_byte_string_comes_back_whatever_the_pieces(size: int, cut: int) -> None:
    whole = framed(b"x" * size) + b"rest"
    stream = Stream(whole[at : at + cut] for at in range(0, len(whole), cut))
    record = take_framed(stream, 131_072)
    assert record == whole[:-4]
    assert content_of(record) == b"x" * size
    assert stream.next_byte() == ord("r")
    assert stream.take(4) == b"rest"
    assert stream.is_over()


def test_empty_pieces_are_nothing() -> None:
    stream = Stream([b"", b"a", b"", b""])
    assert stream.up_to(5) == b"a"
    assert stream.is_over()
    assert stream.up_to(5) == b""


def test_a_stream_that_ends_too_early_is_cut_short() -> None:
    with pytest.raises(Violation) as refusal:
        Stream([b"ab"]).take(3)
    assert refusal.value.code is Code.CBOR_MALFORMED
    assert refused(b"\x58\x20" + b"x" * 31) is Code.CBOR_MALFORMED
    assert refused(b"\x58") is Code.CBOR_MALFORMED
    assert refused(b"") is Code.CBOR_MALFORMED


@pytest.mark.parametrize("first", [0x00, 0x20, 0x3F, 0x60, 0x78, 0x80, 0xA0, 0xC0, 0xF6, 0xFF, 0x5C, 0x5F])
def test_what_is_no_byte_string_is_refused_before_more_is_read(first: int) -> None:
    def pieces() -> Iterator[bytes]:
        yield bytes([first])
        raise AssertionError("it was read on")

    with pytest.raises(Violation) as refusal:
        take_framed(Stream(pieces()), 131_072)
    assert refusal.value.code is Code.SHAPE


def test_a_longer_one_than_may_be_is_refused_before_it_is_read() -> None:
    for data, most in (
        (b"\x5a\x00\x02\x00\x01", 131_072),
        (b"\x59\x01\x00", 255),
        (b"\x5a\x00\x01\x00\x00", 65_535),
    ):
        assert refused(data, most) is Code.SHAPE


@pytest.mark.parametrize("data", [b"\x58\x17", b"\x59\x00\xff", b"\x5a\x00\x00\xff\xff", b"\x58\x00"])
def test_a_longer_head_than_needed_is_refused(data: bytes) -> None:
    assert refused(data) is Code.CBOR_NOT_DETERMINISTIC
