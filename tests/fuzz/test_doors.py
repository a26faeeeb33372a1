"""Without a fuzzer: every reader has a door, and what fuzzing has found is refused or taken to this day."""

import pytest
from tests.fuzz.doors import DOORS, Door
from tests.fuzz.keeping import SAVED_BYTES_MAX, minimal
from tests.fuzz.objects import SAMPLES
from tests.fuzz.planted import PLANTED, SEEDS
from tests.fuzz.readers import READERS
from tests.fuzz.seeds import CORPUS, file_name, saved

from pcloud.errors import Code, Violation
from pcloud.wire import cbor


@pytest.mark.parametrize("name", sorted(DOORS))
def test_what_was_found_at_a_door_raises_nothing_but_its_refusals(name: str) -> None:
    for data in saved(name):
        DOORS[name].take(data)


def test_every_reader_of_the_protocol_is_behind_a_door() -> None:
    behind = {reader for door in DOORS.values() for reader in door.readers}
    assert set(READERS.values()) <= behind


def test_the_corpus_is_small_and_every_file_of_it_is_some_doors() -> None:
    names = {f"{file_name(name)}.txt" for name in DOORS}
    assert len(names) == len(DOORS)
    for path in CORPUS.glob("*"):
        assert path.name in names
        assert path.stat().st_size <= 3 * SAVED_BYTES_MAX


def test_a_door_lets_refusals_through_and_nothing_else() -> None:
    def read(data: bytes) -> None:
        if data == b"refused":
            raise Violation(Code.SHAPE)
        raise KeyError(data)

    door = Door((read,))
    assert isinstance(door.take(b"refused"), Violation)
    with pytest.raises(KeyError):
        door.take(b"fault")


def test_the_first_byte_chooses_a_reader_only_where_there_are_several() -> None:
    seen: list[tuple[int, bytes]] = []
    first, second = (lambda data: seen.append((0, data))), (lambda data: seen.append((1, data)))
    Door((first,)).take(b"\x01x")
    for data in (b"\x00x", b"\x01x", b"\x03x", b""):
        Door((first, second)).take(data)
    assert seen == [(0, b"\x01x"), (0, b"x"), (1, b"x"), (1, b"x")]


def test_the_faults_that_are_put_in_are_none_that_a_sample_meets() -> None:
    for name, door in PLANTED.items():
        for data in (*SAMPLES, *SEEDS[name]):
            door.take(data)


def test_what_reaches_nothing_new_is_not_kept() -> None:
    door = Door((cbor.decode,))
    seeds = [b"\x00", b"\x80"]
    tag, other_tag, one_more, pair = b"\xc0\x00", b"\xc1\x00", b"\x01", b"\xa1\x00\x00"
    assert minimal(door, seeds, [pair, other_tag, tag, one_more]) == [tag, pair]
    assert minimal(door, [tag, pair], [pair, other_tag]) == []
