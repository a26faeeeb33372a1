"""Personal data: what was set last stands, what stood before is found until it is let go."""

from collections.abc import Sequence

import pytest
from tests.contract.store.bodies import Body

from pcloud.store.personal import WORDS_MAX, Version
from pcloud.store.port import Changes, Store
from pcloud.wire import cbor

HOME = "profile.address.home"


def version(path: str, number: int, value: object, at: int = 10, source: str = "owner") -> Version:
    return Version(path, number, None if value is None else cbor.encode(value), at, source)


def put(store: Store, *versions: Version) -> None:
    store.commit(Changes(versions={(each.path, each.number): each for each in versions}))


def numbers(versions: Sequence[Version]) -> list[int]:
    return [each.number for each in versions]


def paths(versions: Sequence[Version]) -> list[str]:
    return [each.path for each in versions]


def test_a_record_comes_back_with_all_that_stood_there(body: Body) -> None:
    old, new = version(HOME, 1, {"addressLocality": "Bremen"}), version(HOME, 2, "Kiel", 20, "import:vcard")
    put(body.store, old)
    put(body.store, new)
    personal = body.reopen().personal
    assert personal.newest(HOME) == new
    assert list(personal.history(HOME, None, 9)) == [new, old]
    assert list(personal.history(HOME, 2, 9)) == [old]
    assert list(personal.history(HOME, None, 1)) == [new]
    assert (personal.version(HOME, 1), personal.version(HOME, 3)) == (old, None)


def test_nothing_stands_where_nothing_was_put(store: Store) -> None:
    put(store, version(HOME, 1, "Kiel"))
    personal = store.personal
    assert personal.newest("profile.address") is None
    assert personal.version("profile.address", 1) is None
    assert not personal.history("profile.address", None, 9)
    assert not personal.list("profile.name", None, 9)
    assert not personal.search("bremen", None, 9)


def test_an_older_version_that_comes_later_is_no_newer_for_it(body: Body) -> None:
    """A copy of the node is read newest first or oldest first."""
    put(body.store, version(HOME, 3, "Kiel"))
    put(body.store, version(HOME, 1, "Bremen"), version(HOME, 2, None))
    personal = body.reopen().personal
    assert personal.newest(HOME) == version(HOME, 3, "Kiel")
    assert numbers(personal.history(HOME, None, 9)) == [3, 2, 1]
    assert paths(personal.search("kiel", None, 9)) == [HOME]
    assert not personal.search("bremen", None, 9)


def test_to_put_a_version_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        put(store, version(HOME, 1, "Kiel"), version(HOME, 2, "Bremen"))
    assert numbers(store.personal.history(HOME, None, 9)) == [2, 1]
    assert paths(store.personal.search("bremen", None, 9)) == [HOME]
    assert not store.personal.search("kiel", None, 9)


def test_what_is_deleted_is_in_no_list_and_its_history_says_so(body: Body) -> None:
    put(body.store, version(HOME, 1, "Kiel"), version("profile.name", 1, "Anna Kiel"))
    put(body.store, version(HOME, 2, None, 30), version(HOME, 1, None))
    personal = body.reopen().personal
    assert paths(personal.list("", None, 9)) == ["profile.name"]
    assert paths(personal.search("kiel", None, 9)) == ["profile.name"]
    assert personal.newest(HOME) == version(HOME, 2, None, 30)
    assert list(personal.history(HOME, None, 9)) == [version(HOME, 2, None, 30), version(HOME, 1, None)]
    put(body.store, version(HOME, 3, "Bonn"))
    assert paths(personal.list("", None, 9)) == [HOME, "profile.name"]


def test_a_value_is_let_go_and_the_newest_stays(body: Body) -> None:
    put(body.store, *(version(HOME, number, f"street {number}") for number in (1, 2, 3)))
    put(body.store, version(HOME, 1, None), version(HOME, 2, None))
    personal = body.reopen().personal
    assert [each.value for each in personal.history(HOME, None, 9)] == [cbor.encode("street 3"), None, None]
    assert paths(personal.search("street 3", None, 9)) == [HOME]


def test_of_a_value_that_is_let_go_time_and_source_stay(body: Body) -> None:
    put(body.store, version(HOME, 1, "Kiel", 10, "import:vcard"), version(HOME, 2, "Bonn"))
    put(body.store, version(HOME, 1, None, 99, "owner"))
    assert body.reopen().personal.version(HOME, 1) == version(HOME, 1, None, 10, "import:vcard")
    put(body.store, version(HOME, 1, None, 99, "owner"))
    assert body.reopen().personal.version(HOME, 1) == version(HOME, 1, None, 10, "import:vcard")


def test_a_list_shows_a_place_and_what_is_below_it_page_by_page(store: Store) -> None:
    below = ["profile.name", "profile.name.given", "profile.name/x1", "profile.name/x2"]
    beside = ["profile", "profile.name-2", "profile.names", "profile.na", "a", "profile.nameX.b"]
    put(store, *(version(path, 1, path) for path in (*below, *beside)))
    listing = store.personal.list
    assert paths(listing("profile.name", None, 9)) == sorted(below)
    assert paths(listing("profile.name", None, 2)) == sorted(below)[:2]
    assert paths(listing("profile.name", "profile.name", 2)) == sorted(below)[1:3]
    assert paths(listing("profile.name", sorted(below)[2], 9)) == sorted(below)[3:]
    assert not listing("profile.name", None, 0)
    assert paths(listing("", None, 99)) == sorted((*below, *beside))
    assert paths(listing("", "profile.name-2", 99)) == sorted((*below, *beside))[5:]


def test_a_copy_reads_every_version_of_everything_page_by_page(store: Store) -> None:
    versions = [
        *(version("receipts/b", number, "x" if number % 2 else None) for number in range(1, 6)),
        version("receipts/a", 1, "y"),
        version("receipts", 3, None),
    ]
    put(store, *versions)
    found: list[Version] = []
    after = None
    while page := store.personal.all(after, 3):
        found += page
        after = page[-1].path, page[-1].number
    assert found == sorted(versions, key=lambda each: each[:2])
    assert not store.personal.all(None, 0)


def test_all_words_are_found_whatever_their_case_and_the_last_that_came_first(store: Store) -> None:
    put(store, version("receipts/a", 1, {"seller": "Blumen Müller", "total": {"value": "12.50"}}))
    put(store, version("receipts/b", 1, {"seller": "Müller & Söhne", "items": ["Tulpen", 12]}))
    put(store, version("receipts/c", 1, [{"seller": "Schuh-Haus"}, True, b"mueller", 15]))
    search = store.personal.search
    assert paths(search("müller", None, 9)) == ["receipts/b", "receipts/a"]
    assert paths(search("MULLER", None, 9)) == ["receipts/b", "receipts/a"]
    assert paths(search("tulpen soehne", None, 9)) == []
    assert paths(search("söhne, tulpen!", None, 9)) == ["receipts/b"]
    assert paths(search("12", None, 9)) == ["receipts/b", "receipts/a"]
    assert paths(search("12.50", None, 9)) == ["receipts/a"]
    assert paths(search("haus", None, 9)) == ["receipts/c"]
    assert paths(search("seller", None, 9)) == []
    assert paths(search(" -- ", None, 9)) == []


def test_what_is_found_comes_page_by_page(store: Store) -> None:
    put(store, *(version(f"receipts/{name}", 1, "tulips") for name in "abc"))
    search = store.personal.search
    assert paths(search("tulips", None, 2)) == ["receipts/c", "receipts/b"]
    assert paths(search("tulips", "receipts/b", 2)) == ["receipts/a"]
    assert not search("tulips", "receipts/a", 2)
    assert not search("tulips", "receipts/never", 2)
    assert not search("tulips", None, 0)


@pytest.mark.parametrize("words", ['"', "a AND b", "words:x", "NEAR(a b)", "x*", "(", "a^b", "\0"])
def test_a_search_is_for_words_and_never_an_expression(store: Store, words: str) -> None:
    put(store, version(HOME, 1, "anything else"))
    assert not store.personal.search(words, None, 9)


def test_a_search_for_too_many_words_is_refused_and_the_store_goes_on(store: Store) -> None:
    most = " ".join(f"w{number}" for number in range(WORDS_MAX))
    put(store, version(HOME, 1, most))
    assert paths(store.personal.search(most, None, 9)) == [HOME]
    with pytest.raises(ValueError, match="at most"):
        store.personal.search(f"{most} more", None, 9)
    assert store.personal.newest(HOME) is not None


def test_the_newest_value_is_what_is_searched(body: Body) -> None:
    put(body.store, version(HOME, 1, "Kiel"))
    put(body.store, version(HOME, 2, "Bremen"))
    personal = body.reopen().personal
    assert not personal.search("kiel", None, 9)
    assert paths(personal.search("bremen", None, 9)) == [HOME]
    assert not body.store.check()


def test_a_version_is_printed_without_its_value() -> None:
    assert "Kiel" not in repr(version(HOME, 1, "Kiel"))
