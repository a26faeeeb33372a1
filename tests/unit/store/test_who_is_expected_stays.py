"""What was used last stays in memory, and beside it what is about to be used; neither without a bound."""

import random

from pcloud.store.recent import Expected


def even(number: int) -> bool:
    return number % 2 == 0


def made(*numbers: int) -> Expected[int, int]:
    kept: Expected[int, int] = Expected(2, 3, even)
    for number in numbers:
        kept.keep(number, number)
    return kept


def test_the_oldest_go_and_those_that_are_expected_stay() -> None:
    kept = made(1, 2, 3, 4, 5, 7)
    assert kept.trim() == [1, 3]
    assert len(kept) == 4
    assert [kept.recall(number) for number in (1, 3)] == [None, None]
    assert [kept.recall(number) for number in (2, 4, 5, 7)] == [2, 4, 5, 7]


def test_beyond_their_own_bound_those_expected_longest_go() -> None:
    kept = made(2, 4, 6, 8, 10, 12, 14)
    assert kept.trim() == [2, 4]
    assert [kept.recall(number) for number in (2, 4)] == [None, None]
    assert all(kept.recall(number) for number in (6, 8, 10, 12, 14))


def test_one_that_was_used_is_judged_anew_when_it_is_old() -> None:
    kept = made(2, 3, 5)
    assert kept.trim() == []
    kept.keep(2, 1)  # what was expected has come
    kept.keep(3, 3)
    kept.keep(5, 5)
    assert kept.trim() == [2]
    assert kept.recall(2) is None


def test_one_that_is_dropped_is_gone_wherever_it_was() -> None:
    kept = made(2, 3, 5)
    kept.trim()
    assert (kept.drop(2), kept.drop(3), kept.drop(9)) == (2, 3, None)
    assert (kept.recall(2), kept.recall(3), kept.recall(5)) == (None, None, 5)


def test_with_no_bound_left_nothing_stays() -> None:
    kept: Expected[int, int] = Expected(0, 0, even)
    kept.keep(2, 2)
    kept.keep(3, 3)
    assert sorted(kept.trim()) == [2, 3]
    assert len(kept) == 0


def test_random_histories_keep_the_bounds_and_say_what_went() -> None:
    draw = random.Random(7)
    kept, known = made(), set()
    for _ in range(5_000):
        number = draw.randrange(40)
        if draw.random() < 0.6:
            kept.keep(number, number)
            known.add(number)
        elif draw.random() < 0.5:
            assert kept.recall(number) == (number if number in known else None)
        else:
            assert kept.drop(number) == (number if number in known else None)
            known.discard(number)
        if draw.random() < 0.5:
            gone = kept.trim()
            assert len(gone) == len(set(gone))
            known -= set(gone)
            assert len(kept) <= 2 + 3
        assert len(kept) == len(known)
