"""A volume is what was sealed, whole, or it is refused; whatever it holds, it gives rows or a refusal."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_any_export import mutated
from tests.unit.engine.archive.archived import (
    FULL,
    KEY,
    back,
    linked,
    made_of,
    pieces_of,
    rows_in,
    rows_of,
    told,
    volume,
)

from pcloud.engine.archive import coding
from pcloud.engine.archive.chain import check_chain, read_chain
from pcloud.engine.archive.rows import Kept, Node, Row
from pcloud.errors import STAGE_OF, Violation
from pcloud.wire import cbor, cose
from pcloud.wire.keys import SigningKey

sides = st.booleans()


@cache
def rows(*, mine: bool) -> list[Row]:
    return rows_of(told().anna if mine else told().shop)


@cache
def volume_of(*, mine: bool) -> bytes:
    return volume(rows(mine=mine), upto=99)


def answers(data: bytes) -> list[Any]:
    """The reader gives rows or a refusal with stage and code, and no other error."""
    try:
        return rows_in(data)
    except Violation as violation:
        assert violation.stage is STAGE_OF[violation.code]  # noqa: PT017 - either outcome is right
        return []


@given(sides, st.data())
def test_a_volume_in_which_any_bit_is_another_is_refused(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[ARCHIVE-4]"""
    file = bytearray(volume_of(mine=mine))
    file[data.draw(st.integers(0, len(file) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Violation):
        rows_in(bytes(file))


@given(sides, st.data())
def test_a_volume_from_which_bytes_are_cut_or_to_which_bytes_are_added_is_refused(
    mine: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """[ARCHIVE-4]"""
    file = volume_of(mine=mine)
    start = data.draw(st.integers(0, len(file)))
    end = data.draw(st.integers(start, len(file)))
    other = file[:start] + data.draw(st.binary(max_size=40)) + file[end:]
    if other != file:
        with pytest.raises(Violation):
            rows_in(other)


@given(sides, st.data())
def test_two_parts_of_a_volume_that_changed_places_are_refused(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[ARCHIVE-4]"""
    file = volume_of(mine=mine)
    a, b, c = sorted(data.draw(st.lists(st.integers(0, len(file)), min_size=3, max_size=3)))
    swapped = file[:a] + file[b:c] + file[a:b] + file[c:]
    if swapped != file:
        with pytest.raises(Violation):
            rows_in(swapped)


@given(sides, st.lists(st.integers(0, 1 << 20), max_size=12))
def test_however_a_volume_is_cut_into_pieces_it_says_the_same(mine: bool, cuts: list[int]) -> None:  # noqa: FBT001 - drawn
    assert rows_in(pieces_of(volume_of(mine=mine), cuts))[:-1] == rows(mine=mine)


@given(st.binary(max_size=4_096))
def test_any_bytes_get_a_refusal(data: bytes) -> None:
    """[ERR-2]"""
    with pytest.raises(Violation):
        rows_in(data)
    with pytest.raises(Violation):
        rows_in(volume_of(mine=True)[:17] + data)


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_any_rows_get_a_refusal(encoded: list[bytes]) -> None:
    with pytest.raises(Violation):
        rows_in(made_of(encoded))


@given(sides, st.data())
def test_whatever_stands_in_rows_gets_rows_or_a_refusal(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[ARCHIVE-6]"""
    values = [cbor.decode_list(coding.encode(row)) for row in rows(mine=mine)]
    at = data.draw(st.integers(0, len(values) - 1))
    values[at] = data.draw(mutated(values[at]))
    answers(made_of(cbor.encode(value) for value in [*values, [9, 0, len(values)]]))


@given(sides, st.data())
def test_whatever_stands_in_a_header_gets_rows_or_a_refusal(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[ARCHIVE-9] Headers signed anew, with any fields: no message of the peer is made so."""
    values: list[Any] = [cbor.decode_list(coding.encode(row)) for row in rows(mine=mine)]
    at = data.draw(st.sampled_from([at for at, value in enumerate(values) if value[0] in (4, 5)]))
    fields = data.draw(mutated(cbor.decode(cose.parse_sign1(values[at][3], cose.HEADER).payload)))
    signed = cose.sign1(SigningKey.from_seed(b"t" * 32), cose.HEADER, cbor.encode(fields))
    values[at][3] = signed
    found = answers(made_of(cbor.encode(value) for value in [*values, [9, 0, len(values)]]))
    assert not found or values[at][2] is True


@given(sides, st.data())
def test_however_rows_are_spread_over_a_chain_it_says_the_same(mine: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    """[ARCHIVE-10]"""
    whole = rows(mine=mine)
    named: list[Row] = [row for row in whole if isinstance(row, Node | Kept)]
    rest = [row for row in whole if not isinstance(row, Node | Kept)]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rest)), max_size=4)))
    volumes, link = [], None
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rest)], strict=True)):
        made, link = linked([*named, *rest[start:end]], link, number)
        volumes.append([made])
    restored = back(read_chain(KEY, volumes))
    node = told().anna if mine else told().shop
    assert restored.log.by_first_id == node.log.by_first_id
    assert check_chain(KEY, volumes) is not None
    if len(volumes) > 1:
        order = data.draw(st.permutations(range(len(volumes))))
        if order != list(range(len(volumes))):
            with pytest.raises(Violation):
                check_chain(KEY, [volumes[at] for at in order])


def test_the_volumes_of_these_tests_are_accepted_as_they_are() -> None:
    for mine in (True, False):
        assert rows_in(volume_of(mine=mine))[:-1] == rows(mine=mine)
    assert FULL.is_full
