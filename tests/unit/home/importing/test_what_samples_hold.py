"""Files that other software has written, as they are (tests/samples/ORIGIN.md)."""

from pathlib import Path

import pytest

from pcloud.features.disclosure.path import read_path
from pcloud.home.importing.detecting import Wishes, format_of, items
from pcloud.home.importing.found import Found, Item, Problem
from pcloud.wire import cbor

SAMPLES = Path(__file__).parents[3] / "samples"


def read(name: str, wishes: Wishes | None = None) -> list[Item]:
    with (SAMPLES / name).open("rb") as stream:
        known = format_of(stream, name)
        stream.seek(0)
        return list(items(stream, known, wishes or Wishes()))


def values(name: str) -> list[object]:
    return [one.value for one in read(name) if isinstance(one, Found)]


def problems(name: str) -> list[str]:
    return [one.reason for one in read(name) if isinstance(one, Problem)]


COUNTS = {
    "apple.ics": {"x-events": 1},
    "duck.vcf": {"x-contacts": 1},
    "goodreads.csv": {"ratings": 1, "x-readings": 1},
    "google.ics": {"x-events": 1},
    "imdb-ratings.csv": {"ratings": 2},
    "letterboxd-diary.csv": {"viewings": 1},
    "letterboxd-ratings.csv": {"ratings": 2},
    "mayor.vcf": {"x-contacts": 1},
    "mozilla.ics": {"x-events": 3},
    "netflix-activity.csv": {"viewings": 2},
    "netflix-history.csv": {"viewings": 3},
    "orders.mbox": {"receipts": 1, "reservations": 2},
    "outlook.ics": {"x-events": 1},
    "semicolons.ics": {"x-events": 1},
}
BROKEN = {"orders.mbox": 1, "semicolons.ics": 1}


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_a_sample_gives_what_is_in_it_and_says_what_is_broken(name: str) -> None:
    found = read(name)
    counts: dict[str, int] = {}
    for one in found:
        if isinstance(one, Found):
            counts[one.path] = counts.get(one.path, 0) + 1
    assert counts == COUNTS[name]
    assert sum(isinstance(one, Problem) for one in found) == BROKEN.get(name, 0)


def test_every_sample_is_read_by_a_test_and_named_in_the_list_of_origins() -> None:
    origins = (SAMPLES / "ORIGIN.md").read_text()
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix == ".eml":
            assert "python-*.eml" in origins
        elif path.name != "ORIGIN.md":
            assert path.name in COUNTS
            assert f"`{path.name}`" in origins


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_value_of_a_sample_fits_a_record_and_has_a_label_of_its_own(name: str) -> None:
    found = [one for one in read(name) if isinstance(one, Found)]
    for one in found:
        assert read_path(one.path).record is None
        assert len(cbor.encode(one.value)) <= 16_384
    assert len({(one.path, one.label) for one in found}) == len(found)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_a_file_read_twice_gives_the_same_labels(name: str) -> None:
    assert read(name) == read(name)


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.eml")))
def test_mail_that_tells_of_nothing_gives_nothing(name: str) -> None:
    assert read(name) == []


def test_a_card_of_a_phone_keeps_every_number_with_its_place() -> None:
    (duck,) = values("duck.vcf")
    assert isinstance(duck, dict)
    assert duck["name"] == "Daffy Duck Knudson (with Bugs Bunny and Mr. Pluto)"
    assert [one["contactType"] for one in duck["telephone"]] == ["home", "cell", "home"]
    assert duck["address"][0]["streetAddress"] == "Haight Street 512;\nEscape, Test"
    assert duck["x-vcard"] == {"ACCOUNT": ["010-1234567-05"]}


def test_ones_own_card_goes_to_the_places_of_the_profile() -> None:
    found = {one.path: one.value for one in read("duck.vcf", Wishes(mine=True)) if isinstance(one, Found)}
    assert found["profile.telephone.home"] == "+01-(0)2-765.43.21"
    assert found["profile.telephone.home-2"] == "+01-(0)2-876.54.32"
    assert found["profile.telephone.cell"] == "+01-(0)5-555.55.55"
    assert found["profile.address.home"] == {
        "@type": "PostalAddress",
        "streetAddress": "Haight Street 512;\nEscape, Test",
        "addressLocality": "Novosibirsk",
        "postalCode": "80214",
        "addressCountry": "Gnuland",
    }
    assert not any(path.startswith("x-contacts") for path in found)


def test_a_card_with_small_letters_and_groups_is_a_card() -> None:
    (mayor,) = values("mayor.vcf")
    assert isinstance(mayor, dict)
    assert (mayor["name"], mayor["birthDate"], mayor["jobTitle"]) == ("Meister Berger", "1963-09-21", "Mayor")
    assert mayor["email"] == [{"email": "mb@goerlitz.de"}]
    assert mayor["telephone"] == [{"contactType": "fax", "telephone": "+49 3581 123456"}]


def test_an_event_with_a_zone_says_its_distance_from_utc_and_how_it_repeats() -> None:
    first, second, _ = values("mozilla.ics")
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["startDate"] == "2017-10-09T20:30:00+02:00"
    assert first["scheduleTimezone"] == "Europe/Paris"
    assert first["x-recurrence"] == ["FREQ=WEEKLY;UNTIL=20180623T183000Z"]
    assert len(first["x-except"]) == 9
    assert second["x-instance-of"] == "2018-03-26T20:30:00+02:00"


def test_an_event_in_a_zone_that_nobody_knows_keeps_its_time_as_written() -> None:
    (event,) = values("outlook.ics")
    assert isinstance(event, dict)
    assert event["startDate"] == "2008-05-30T15:00:00"
    assert event["scheduleTimezone"] == "Canberra, Melbourne, Sydney"


def test_an_alarm_that_makes_no_sense_takes_no_event_along() -> None:
    assert problems("apple.ics") == []
    assert values("apple.ics") == [{"@type": "Event", "startDate": "2002-10-28T14:00:00+00:00"}]


def test_a_line_that_is_broken_is_told_and_the_rest_of_its_event_stands() -> None:
    assert values("semicolons.ics") == [
        {"@type": "Event", "name": "An Event with too many semicolons", "identifier": "abc"}
    ]


def test_orders_and_reservations_are_found_in_mail_of_every_encoding() -> None:
    found = {one.where: one for one in read("orders.mbox") if isinstance(one, Found)}
    flight, order, room = found.values()
    assert flight.value["reservationFor"]["departureTime"] == "2027-03-04T20:15:00-08:00"
    assert flight.value["reservationStatus"] == "ReservationConfirmed"
    assert order.value["merchant"] == {"@type": "Organization", "name": "Kräuter & Söhne"}
    assert order.value["orderDate"] == "2027-02-01"
    assert order.value["acceptedOffer"]["itemOffered"]["name"] == "Thyme, potted"
    assert order.value["price"] == "29.99"
    assert room.value["totalPrice"] == "480.50"
    (broken,) = (one for one in read("orders.mbox") if isinstance(one, Problem))
    assert broken.where.startswith("message 4")


def test_american_days_are_told_from_others_by_the_table_as_a_whole() -> None:
    days = [one["startTime"] for one in values("netflix-history.csv") if isinstance(one, dict)]
    assert days == ["2019-01-28", "2019-02-03", "2018-12-15"]


def test_ratings_and_viewings_have_the_names_of_schema_org() -> None:
    first = values("imdb-ratings.csv")[0]
    assert isinstance(first, dict)
    assert first["itemReviewed"]["name"] == "The Shawshank Redemption"
    assert first["reviewRating"] == {"@type": "Rating", "ratingValue": 10, "bestRating": 10}
    seen = values("netflix-activity.csv")[0]
    assert isinstance(seen, dict)
    assert (seen["@type"], seen["startTime"], seen["duration"]) == (
        "WatchAction",
        "2021-05-01T19:33:22Z",
        "PT0H52M10S",
    )
    read_book, unread = values("goodreads.csv")
    assert isinstance(read_book, dict)
    assert isinstance(unread, dict)
    assert read_book["itemReviewed"]["isbn"] == "9780553103540"
    assert (unread["@type"], unread["x-shelf"]) == ("ReadAction", "to-read")
