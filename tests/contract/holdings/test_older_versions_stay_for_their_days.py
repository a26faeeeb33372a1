"""[CUSTODY-13] [CUSTODY-14]: time alone takes a volume away."""

import pytest
from tests.contract.holdings.conftest import ADDRESS, BLOCK, DAY, NOW, Body, custody, digest, token

from pcloud.holdings.port import UnknownError
from pcloud.wire.services.custody import FULL, INCREMENT


def places(body: Body, now: int) -> list[int]:
    body.holdings.expire(now)
    try:
        return [row.place for row in body.listed()]
    except UnknownError:
        return []


def test_the_newest_version_is_kept_as_long_as_the_custody_lasts(body: Body) -> None:
    """[CUSTODY-13]"""
    body.put(b"full")
    body.put(b"more", INCREMENT, now=NOW + 60)
    assert places(body, NOW + 10_000 * DAY) == [1, 2]


def test_an_older_version_is_kept_for_its_days_from_when_a_newer_came(body: Body) -> None:
    """[CUSTODY-13]"""
    body.put(b"first")
    newer = NOW + 200 * DAY
    body.put(b"second", now=newer)
    assert places(body, newer + 90 * DAY - 1) == [1, 2]
    assert places(body, newer + 90 * DAY) == [2]


def test_increments_go_a_week_after_the_next_full_volume(body: Body) -> None:
    """[CUSTODY-13]"""
    body.put(b"full")
    body.put(b"more", INCREMENT)
    body.put(b"again", now=NOW + DAY)
    body.put(b"newest", INCREMENT, now=NOW + DAY)
    assert places(body, NOW + 8 * DAY - 1) == [1, 2, 3, 4]
    assert places(body, NOW + 8 * DAY) == [1, 3, 4]


def test_increments_are_not_kept_longer_than_was_granted(body: Body) -> None:
    """[CUSTODY-13]"""
    body.holdings.allow(custody(days=2))
    body.put(b"full")
    body.put(b"more", INCREMENT)
    body.put(b"again", now=NOW + DAY)
    assert places(body, NOW + 3 * DAY) == [3]


def test_whoever_puts_much_takes_nothing_away(body: Body) -> None:
    """[CUSTODY-13]: a thief with the token fills the room; what the owner put stays."""
    body.holdings.allow(custody(room=10 * BLOCK))
    mine = body.put(b"the owner's")
    for number in range(9):
        body.put(b"thief %d" % number, now=NOW + number)
    assert places(body, NOW + 89 * DAY)[0] == mine.place
    assert body.holdings.read(ADDRESS, mine.digest, 0, 100) == b"the owner's"


def test_an_end_takes_nothing_away_and_nothing_more_is_taken(body: Body) -> None:
    """[CUSTODY-14] [CUSTODY-7]"""
    row = body.put(b"full")
    body.holdings.begin(token(), FULL, 9, digest(b"half done"))
    body.holdings.end(custody().id, NOW + DAY)
    for later in (body.holdings, body.again()):
        with pytest.raises(UnknownError):
            later.begin(token(), FULL, 1, digest(b"x"))
        with pytest.raises(UnknownError):
            later.prove(token(), row.digest, b"")
        assert list(later.volumes(ADDRESS, 0, 10)) == [row]
        assert later.read(ADDRESS, row.digest, 0, 10) == b"full"


def test_days_after_an_end_everything_is_gone(body: Body) -> None:
    """[CUSTODY-14]"""
    body.put(b"older")
    body.put(b"full", now=NOW + DAY)
    body.holdings.end(custody().id, NOW + 5 * DAY)
    body.holdings.end(custody().id, NOW + 50 * DAY)
    assert places(body, NOW + 91 * DAY) == [2]
    assert places(body, NOW + 95 * DAY - 1) == [2]
    assert places(body, NOW + 95 * DAY) == []
    assert list(body.again().held()) == []


def test_an_end_that_a_wrong_clock_has_put_off_is_now(body: Body) -> None:
    body.put(b"full")
    body.holdings.end(custody().id, NOW + 400 * DAY)
    body.holdings.end(custody().id, NOW + DAY)
    assert body.again().held()[0].custody.ended == NOW + DAY
    assert places(body, NOW + 91 * DAY) == []


def test_what_is_over_is_gone_after_a_stop_too(body: Body) -> None:
    body.put(b"older")
    body.put(b"full", now=NOW + DAY)
    body.holdings.expire(NOW + 91 * DAY)
    later = body.again()
    assert [row.place for row in later.volumes(ADDRESS, 0, 10)] == [2]
    assert later.held()[0].bytes == BLOCK
    assert body.put(b"next", now=NOW + 92 * DAY).place == 3


def test_an_end_of_nothing_changes_nothing(body: Body) -> None:
    row = body.put(b"full")
    body.holdings.end(b"o" * 32, NOW)
    assert body.listed() == [row]
    assert body.holdings.held()[0].custody.ended is None
