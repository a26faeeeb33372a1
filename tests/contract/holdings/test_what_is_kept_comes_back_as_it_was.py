"""[CUSTODY-8] to [CUSTODY-12]: putting, listing, fetching, proving."""

from hashlib import sha256

import pytest
from tests.contract.holdings.conftest import ADDRESS, BLOCK, NOW, Body, custody, digest, token

from pcloud.holdings import shelves
from pcloud.holdings.port import NoRoomError, UnknownError
from pcloud.wire.services.custody import FULL, INCREMENT, Kept

VOLUME = bytes(range(256)) * 40


def test_a_volume_is_listed_with_its_place_and_read_in_pieces(body: Body) -> None:
    """[CUSTODY-11]"""
    first, second = body.put(VOLUME), body.put(b"more", INCREMENT, now=NOW + 60)
    assert body.listed() == [first, second]
    assert first == Kept(1, FULL, len(VOLUME), digest(VOLUME), NOW)
    assert second == Kept(2, INCREMENT, 4, digest(b"more"), NOW + 60)
    pieces = [
        body.holdings.read(ADDRESS, digest(VOLUME), at, 1_000) for at in range(0, len(VOLUME) + 1, 1_000)
    ]
    assert b"".join(pieces) == VOLUME
    assert body.holdings.read(ADDRESS, digest(VOLUME), len(VOLUME), 1_000) == b""
    assert body.holdings.read(ADDRESS, digest(VOLUME), 2**40, 1_000) == b""


def test_a_list_goes_on_after_a_place_and_ends(body: Body) -> None:
    """[CUSTODY-11]"""
    rows = [body.put(bytes([n])) for n in range(5)]
    assert list(body.holdings.volumes(ADDRESS, 0, 2)) == rows[:2]
    assert list(body.holdings.volumes(ADDRESS, 2, 2)) == rows[2:4]
    assert list(body.holdings.volumes(ADDRESS, 5, 2)) == []


def test_the_proof_is_over_the_nonce_and_the_volume(body: Body) -> None:
    """[CUSTODY-12]"""
    body.put(VOLUME)
    assert body.holdings.prove(token(), digest(VOLUME), b"prefix") == sha256(b"prefix" + VOLUME).digest()


def test_a_volume_that_was_interrupted_goes_on_where_it_was(body: Body) -> None:
    """[CUSTODY-8] [CUSTODY-9]"""
    mine, name = token(), digest(VOLUME)
    body.holdings.begin(mine, FULL, len(VOLUME), name)
    assert body.holdings.add(mine, name, 0, VOLUME[:5_000]) == 5_000
    later = body.again()
    assert later.begin(mine, FULL, len(VOLUME), name) == 5_000
    assert later.add(mine, name, 5_000, VOLUME[5_000:]) == len(VOLUME)
    later.finish(mine, name, NOW)
    assert later.read(ADDRESS, name, 0, 2**20) == VOLUME


@pytest.mark.parametrize("offset", [0, 99, 101, 2**40])
def test_bytes_that_do_not_follow_change_nothing(body: Body, offset: int) -> None:
    """[CUSTODY-9]"""
    mine, name = token(), digest(VOLUME)
    body.holdings.begin(mine, FULL, len(VOLUME), name)
    body.holdings.add(mine, name, 0, VOLUME[:100])
    assert body.holdings.add(mine, name, offset, b"other") == 100
    assert body.holdings.add(mine, name, 100, VOLUME[100:] + b"x") == 100, "it would go beyond the size"
    assert body.holdings.add(mine, name, 100, VOLUME[100:]) == len(VOLUME)
    body.holdings.finish(mine, name, NOW)


def test_finishing_too_early_keeps_nothing_and_goes_on(body: Body) -> None:
    """[CUSTODY-10]"""
    mine, name = token(), digest(VOLUME)
    body.holdings.begin(mine, FULL, len(VOLUME), name)
    body.holdings.add(mine, name, 0, VOLUME[:100])
    with pytest.raises(UnknownError):
        body.holdings.finish(mine, name, NOW)
    assert body.holdings.begin(mine, FULL, len(VOLUME), name) == 100
    with pytest.raises(UnknownError):
        body.listed()


def test_bytes_of_another_digest_are_dropped(body: Body) -> None:
    """[CUSTODY-10]"""
    mine, name = token(), digest(VOLUME)
    body.holdings.begin(mine, FULL, len(VOLUME), name)
    body.holdings.add(mine, name, 0, VOLUME[:-1] + b"\0")
    with pytest.raises(UnknownError):
        body.holdings.finish(mine, name, NOW)
    with pytest.raises(UnknownError):
        body.listed()
    assert body.holdings.begin(mine, FULL, len(VOLUME), name) == 0


def test_what_is_kept_already_is_not_put_again(body: Body) -> None:
    """[CUSTODY-8] [CUSTODY-10]"""
    row = body.put(VOLUME)
    assert body.holdings.begin(token(), INCREMENT, len(VOLUME), digest(VOLUME)) == len(VOLUME)
    body.holdings.finish(token(), digest(VOLUME), NOW + 1)
    assert body.listed() == [row]


def test_another_that_is_begun_drops_the_one_before(body: Body) -> None:
    """[CUSTODY-8]"""
    mine = token()
    body.holdings.begin(mine, FULL, 9, digest(b"first one"))
    body.holdings.add(mine, digest(b"first one"), 0, b"first")
    assert body.holdings.begin(mine, FULL, 5, digest(b"other")) == 0
    with pytest.raises(UnknownError):
        body.holdings.add(mine, digest(b"first one"), 5, b" one")
    assert body.holdings.begin(mine, FULL, 9, digest(b"first one")) == 0


def test_what_does_not_fit_is_refused_and_what_was_there_stays(body: Body) -> None:
    """[CUSTODY-8]"""
    body.holdings.allow(custody(room=3 * BLOCK))
    rows = [body.put(b"x"), body.put(b"y" * (BLOCK + 1))]
    with pytest.raises(NoRoomError):
        body.holdings.begin(token(), FULL, 1, digest(b"z"))
    assert body.listed() == rows
    body.holdings.allow(custody(room=4 * BLOCK))
    assert body.put(b"z").place == 3


def test_so_many_volumes_and_no_more(body: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    """[CUSTODY-8]: whoever has the token cannot make the list endless."""
    monkeypatch.setattr(shelves, "CUSTODY_VOLUMES_MAX", 3)
    rows = [body.put(bytes([n])) for n in range(3)]
    with pytest.raises(NoRoomError):
        body.holdings.begin(token(), FULL, 1, digest(b"more"))
    assert body.listed() == rows


def test_what_was_begun_counts_until_another_takes_its_place(body: Body) -> None:
    """[CUSTODY-8]"""
    body.holdings.allow(custody(room=3 * BLOCK))
    body.holdings.begin(token(), FULL, 3 * BLOCK, digest(b"large"))
    (held,) = body.holdings.held()
    assert held.bytes == 3 * BLOCK
    with pytest.raises(NoRoomError):
        body.holdings.begin(token(), FULL, 3 * BLOCK + 1, digest(b"larger"))
    assert body.holdings.begin(token(), FULL, 3 * BLOCK, digest(b"large")) == 0, "it is still the one"
    assert body.holdings.begin(token(), FULL, 3 * BLOCK, digest(b"another")) == 0


def test_nothing_answers_to_what_is_not_there(body: Body) -> None:
    """[CUSTODY-7]"""
    body.put(VOLUME)
    holdings, other = body.holdings, b"o" * 32
    with pytest.raises(UnknownError):
        holdings.begin(other, FULL, 1, other)
    with pytest.raises(UnknownError):
        holdings.add(token(), other, 0, b"x")
    with pytest.raises(UnknownError):
        holdings.finish(token(), other, NOW)
    with pytest.raises(UnknownError):
        holdings.volumes(other, 0, 10)
    with pytest.raises(UnknownError):
        holdings.read(ADDRESS, other, 0, 10)
    with pytest.raises(UnknownError):
        holdings.read(other, digest(VOLUME), 0, 10)
    with pytest.raises(UnknownError):
        holdings.prove(token(), other, b"")
    with pytest.raises(UnknownError):
        holdings.prove(ADDRESS, digest(VOLUME), b"")


def test_two_custodies_do_not_see_each_other(body: Body) -> None:
    """[CUSTODY-7]"""
    where = b"b" * 32
    body.holdings.allow(custody("ben", address=where))
    body.put(VOLUME)
    with pytest.raises(UnknownError):
        body.listed(where)
    with pytest.raises(UnknownError):
        body.holdings.prove(token("ben"), digest(VOLUME), b"")
    mine = token("ben")
    body.holdings.begin(mine, FULL, len(VOLUME), digest(VOLUME))
    body.holdings.add(mine, digest(VOLUME), 0, VOLUME)
    body.holdings.finish(mine, digest(VOLUME), NOW)
    assert [row.place for row in body.listed(where)] == [1], "places tell nothing of others"


def test_two_custodies_of_one_address_are_one_list(body: Body) -> None:
    """[CUSTODY-11]"""
    first = body.put(b"before")
    body.holdings.allow(custody("anna again"))
    second = body.put(b"after", who="anna again")
    assert [row.place for row in body.listed()] == [first.place, second.place] == [1, 2]
    assert body.holdings.read(ADDRESS, digest(b"before"), 0, 10) == b"before"


def test_all_is_there_after_a_stop(body: Body) -> None:
    """[CUSTODY-10]"""
    rows = [body.put(VOLUME), body.put(b"more", INCREMENT)]
    before = list(body.holdings.held())
    body.holdings.close()
    later = body.again()
    assert list(later.volumes(ADDRESS, 0, 10)) == rows
    assert list(later.held()) == before
    assert later.read(ADDRESS, digest(VOLUME), 0, 2**20) == VOLUME


def test_a_new_token_takes_the_place_of_the_old_and_what_is_kept_stays(body: Body) -> None:
    row = body.put(VOLUME)
    body.holdings.allow(custody()._replace(token=b"n" * 32))
    with pytest.raises(UnknownError):
        body.holdings.prove(token(), digest(VOLUME), b"")
    assert body.holdings.begin(b"n" * 32, FULL, len(VOLUME), digest(VOLUME)) == len(VOLUME)
    assert body.listed() == [row]
