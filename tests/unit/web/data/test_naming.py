"""What data are called on the page."""

import pytest

from pcloud.home import vocabulary
from pcloud.web import naming


def test_every_kind_has_the_name_that_the_vocabulary_gives_it() -> None:
    assert {place: kind.name for place, kind in vocabulary.kinds().items()} == naming.KINDS


def test_every_place_of_the_vocabulary_has_a_name_in_words() -> None:
    tops = {place.partition(".")[0] for place in vocabulary.kinds()}
    assert tops <= naming.PLACES.keys()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("profile.email", "E-mail address"),
        ("profile.address.home", "Home address"),
        ("profile.birthDate:over-18", "Being over 18"),
        ("receipts/7fQ2", "Receipt"),
        ("receipts/*", "All receipts"),
        ("x-own.wifi", "Wifi"),
    ],
)
def test_a_path_is_told_as_people_say_it(path: str, expected: str) -> None:
    assert naming.label(path) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("streetAddress", "Street and number"),
        ("seller.name", "Seller: name"),
        ("x-floorNumber", "Floor number"),
        ("orderStatus", "Order status"),
    ],
)
def test_a_property_is_told_as_people_say_it(name: str, expected: str) -> None:
    assert naming.property_name(name) == expected
