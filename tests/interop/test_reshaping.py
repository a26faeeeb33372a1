"""A field of an encoding is changed, and all around it still fits."""

import random
from collections.abc import Iterator

import pytest

from pcloud_interop.reshaping import reshaped
from pcloud_interop.spec import Spec, written_out

ROUNDS = 200


def published(file: str, op: str, name: str) -> Iterator[bytes]:
    """An argument of the published cases that are accepted."""
    for each in Spec().vectors():
        if each.name == file:
            for case in each.cases:
                if case["op"] == op and case["expect"]["ok"]:
                    yield bytes.fromhex(str(written_out(case["input"][name])))


def length(data: bytes, at: int) -> tuple[int, int]:
    """Where a byte string begins and ends, from its head."""
    info = data[at] & 31
    behind = at + 1 + (0 if info < 24 else 1 << (info - 24))
    return behind, behind + (info if info < 24 else int.from_bytes(data[at + 1 : behind], "big"))


def fits(signed: bytes) -> bool:
    """Whether the three byte strings of a signed object fill it to its last byte."""
    try:
        _, header_end = length(signed, 2)
        _, payload_end = length(signed, header_end + 1)
        _, end = length(signed, payload_end)
    except IndexError:
        return False
    return signed[:2] == b"\xd2\x84" and end == len(signed)


def test_a_signed_object_with_another_field_is_still_one() -> None:
    signed = next(published("header", "header.read", "bytes"))
    assert fits(signed)
    made = [reshaped(signed, random.Random(seed)) for seed in range(ROUNDS)]
    changed = [each for each in made if each != signed]
    assert len(changed) > ROUNDS * 0.9
    assert sum(map(fits, changed)) > len(changed) * 0.7
    assert len(set(changed)) > ROUNDS * 0.5


def test_the_same_chance_makes_the_same_change() -> None:
    signed = next(published("cose", "sign1.read", "bytes"))
    assert reshaped(signed, random.Random(5)) == reshaped(signed, random.Random(5))


@pytest.mark.parametrize("data", [b"\x5f", b"\x44abc", b"\x1c", bytes(30) + b"\xff"])
def test_what_has_no_shape_is_left_as_it_is(data: bytes) -> None:
    assert reshaped(data, random.Random(1)) == data


def test_a_file_keeps_its_first_line_and_gets_other_records() -> None:
    file = next(published("export", "export.verify", "bytes"))
    line = file[: file.index(b"\n") + 1]
    made = [reshaped(file, random.Random(seed)) for seed in range(50)]
    assert all(each.startswith(line) for each in made)
    assert sum(each != file for each in made) > 40


def test_every_published_input_is_written_again() -> None:
    for file, op, name in [
        ("position", "position.read", "bytes"),
        ("relationship.request", "body.read", "body"),
    ]:
        for data in published(file, op, name):
            assert isinstance(reshaped(data, random.Random(len(data))), bytes)
