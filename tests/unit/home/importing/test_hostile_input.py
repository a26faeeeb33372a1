"""Whatever is read: nothing is raised, what is broken is told, the rest goes through, memory is bounded."""

import contextlib
import gzip
import io
import json
import random
import string
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcloud.home.importing import calendars, cards, mails, markup, tables
from pcloud.home.importing.detecting import FormatError, Wishes, format_of, items, open_packed
from pcloud.home.importing.documents import documents
from pcloud.home.importing.found import FORMATS, Format, Found, Problem
from pcloud.home.importing.tables import ColumnsError
from pcloud.wire import cbor

SAMPLES = Path(__file__).parents[3] / "samples"
_WORDS = [
    "BEGIN:VCARD",
    "END:VCARD",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "BEGIN:VCALENDAR",
    "UID:1",
    "DTSTART;TZID=x:20260101T000000",
    "RRULE:FREQ=",
    "FN:a",
    "ADR;TYPE=home:;;;",
    'X;Y="',
    "From a",
    "Content-Type: text/html",
    "Content-Type: multipart/mixed; boundary=b",
    "Content-Transfer-Encoding: base64",
    "--b",
    "",
    "<script type='application/ld+json'>",
    '{"@type": "Order", "orderNumber": "1"}',
    "</script>",
    "<div itemscope itemtype=http://schema.org/Order>",
    "<b itemprop=orderNumber>",
    "</div>",
    "Title,Date",
    '"a","1/2/03"',
    '"',
    "[",
    "{",
    "\0",
    "\xff",
]
_lines = st.lists(st.sampled_from(_WORDS) | st.text(max_size=20), max_size=40).map(
    lambda lines: "\r\n".join(lines).encode(errors="replace")
)


def read(data: bytes, known: Format, wishes: Wishes | None = None) -> list[Found | Problem]:
    try:
        return list(items(io.BytesIO(data), known, wishes or Wishes()))
    except ColumnsError:
        return []


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400) | _lines, st.sampled_from(FORMATS))
def test_nothing_that_is_read_raises_or_gives_what_no_record_holds(data: bytes, known: Format) -> None:
    for one in read(data, known) + read(data, known, Wishes(mine=True)):
        assert isinstance(one, Found | Problem)
        if isinstance(one, Found):
            assert len(cbor.encode(one.value)) <= 16_384


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".md"))
def test_a_sample_with_bytes_that_fell_over_raises_nothing(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    chance = random.Random(name)
    for _ in range(15):
        broken = bytearray(data)
        for _ in range(chance.randrange(1, 8)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
        for known in FORMATS:
            read(bytes(broken), known)


@given(st.binary(max_size=64))
def test_what_a_file_is_can_be_told_or_not_but_nothing_else(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert format_of(io.BytesIO(data), "file") in FORMATS


_PAGES = {
    "comments": "<!--",
    "tags": "<a ",
    "ends": "</",
    "declarations": "<!",
    "quotes": '<a b="',
    "both quotes": "<a b='\"",
    "elements": "<div>",
    "scopes": "<div itemscope>",
    "properties": "<b itemprop=a>x",
    "nested": "<div itemscope itemprop=x>a",
    "attributes": "x=1 ",
    "scripts": '<script type="application/ld+json">{',
    "entities": "&amp;<b itemprop=x>",
}


@pytest.mark.parametrize("kind", sorted(_PAGES))
def test_a_page_of_a_million_characters_takes_no_more_than_its_size(kind: str) -> None:
    def cost(size: int) -> float:
        page = "<a " + _PAGES[kind] * (size // len(_PAGES[kind]))
        start = time.process_time()
        for _ in markup.told(page):
            pass
        return time.process_time() - start

    # Twenty times as much takes some twenty times as long; what grows with the square takes 400 times as long
    assert cost(1_000_000) < 100 * max(cost(50_000), 0.001)


@pytest.mark.parametrize(
    "unit", ["BEGIN:VEVENT\n", "BEGIN:VCARD\n", "BEGIN:VCARD\nFN:a\n", "\n ", ";", "a;b=c:\n", "x:y\n"]
)
def test_lines_without_an_end_take_no_more_than_their_size(unit: str) -> None:
    def cost(size: int) -> float:
        data = b"BEGIN:VCARD\n" + unit.encode() * (size // len(unit))
        start = time.process_time()
        for known in ("vcard", "ical"):
            read(data, known)
        return time.process_time() - start

    assert cost(400_000) < 200 * max(cost(20_000), 0.002)


def test_mail_in_mail_in_mail_is_told_and_the_next_message_goes_through() -> None:
    deep = b"From a\n" + b"Content-Type: message/rfc822\n\n" * 20_000 + b"\n"
    order = (SAMPLES / "orders.mbox").read_bytes()
    found = list(mails.mailbox(io.BytesIO(deep + order)))
    assert isinstance(found[0], Problem)
    assert found[0].where.startswith("message 1 ")
    assert sum(isinstance(one, Found) for one in found) == 3


def test_json_that_is_nested_without_end_is_told() -> None:
    page = b'Content-Type: text/html\n\n<script type="application/ld+json">' + b"[" * 100_000 + b"</script>"
    (only,) = mails.letter(io.BytesIO(page))
    assert isinstance(only, Problem)
    assert "JSON-LD" in only.reason


def test_numbers_that_are_none_are_told() -> None:
    for told in ("NaN", "Infinity", "9" * 5_000):
        script = f'<script type="application/ld+json">{{"@type":"Order","price":{told}}}</script>'
        page = f"Content-Type: text/html\n\n{script}"
        (only,) = mails.letter(io.BytesIO(page.encode()))
        assert isinstance(only, Problem)


def test_an_order_that_is_too_large_for_a_record_is_told_and_not_cut() -> None:
    page = '{"@type": "Order", "orderNumber": "1", "description": "%s"}' % ("x" * 17_000)
    (only,) = documents(io.BytesIO(page.encode()))
    assert isinstance(only, Problem)
    assert "16384" in only.reason


def test_a_context_is_never_fetched_and_means_nothing() -> None:
    page = '{"@context": {"Order": "https://evil.example/x"}, "@type": "Order", "orderNumber": "1"}'
    (only,) = documents(io.BytesIO(page.encode()))
    assert isinstance(only, Found)
    assert only.value == {"@type": "Order", "orderNumber": "1"}


def test_a_packed_file_that_ends_too_early_gives_what_came_before() -> None:
    order = (SAMPLES / "orders.mbox").read_bytes()
    noise = random.Random(1).randbytes(200_000).hex().encode()
    packed = gzip.compress(order + b"\nFrom z\n\n" + noise)[:-20_000]
    stream = open_packed(io.BytesIO(packed))
    found = list(items(stream, "mail", Wishes()))
    assert sum(isinstance(one, Found) for one in found) >= 2
    assert isinstance(found[-1], Problem)
    assert "damaged" in found[-1].reason


@pytest.mark.parametrize("known", ["vcard", "ical", "mail", "jsonld", "csv"])
def test_a_packed_file_that_is_damaged_from_its_beginning_on_is_told(known: Format) -> None:
    """The fuzzer found it: what a format reads before its first item met the damage without being asked."""
    stream = open_packed(io.BytesIO(b"\x1f\x8b\x00" + bytes(20)))
    (only,) = items(stream, known, Wishes(mapping={"a": "name"}, into="receipts"))
    assert isinstance(only, Problem)
    assert "damaged" in only.reason


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ColumnsError, match="There are: a, b"):
        tables.rows(io.BytesIO(b"a,b\n1,2\n"), {"c": "name"}, "receipts")
    with pytest.raises(ColumnsError, match="--into"):
        tables.rows(io.BytesIO(b"a,b\n1,2\n"), {}, "")
    with pytest.raises(ColumnsError, match="no name of a property"):
        tables.rows(io.BytesIO(b"a,b\n1,2\n"), {"a": "x y"}, "receipts")


def test_rows_that_are_broken_are_told_by_their_line() -> None:
    data = b'Title,Date\nRoma,12/15/18\na,b,c\n"%s\nDark,1/28/19\n' % (b"x" * 200_000)
    found = list(tables.rows(io.BytesIO(data), {}))
    assert [one.where for one in found if isinstance(one, Problem)][:2] == ["line 3", "line 4"]
    assert isinstance(found[0], Found)


class _Mailbox(io.RawIOBase):
    """A mailbox that is made while it is read: it is never anywhere as a whole."""

    def __init__(self, size: int) -> None:
        self._parts = self._made(size)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the type of the base is wider
        while len(self._rest) < len(buffer):
            part = next(self._parts, None)
            if part is None:
                break
            self._rest += part
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _made(self, size: int) -> Iterator[bytes]:
        made, number = 0, 0
        attached = b"".join(b"%076d\n" % line for line in range(1_000))
        while made < size:
            number += 1
            part = self._message(number, attached)
            made += len(part)
            yield part

    def _message(self, number: int, attached: bytes) -> bytes:
        head = b"From shop@example Mon Feb  1 10:00:00 2027\nSubject: %d\n" % number
        page = b'<script type="application/ld+json">{"@type":"Order","orderNumber":"%d"%s</script>' % (
            number,
            b"" if number % 10 == 0 else b"}",
        )
        if number % 7 == 0:
            return head + b"Content-Type: text/html\n\n" + b"y" * 3_000_000 + b"\n" + page + b"\n\n"
        return (
            head
            + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/html\n\n'
            + page
            + b"\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
            + attached * 4
            + b"--b--\n\n"
        )


def test_a_large_mailbox_with_broken_parts_streams_in_bounded_memory() -> None:
    def peak(size: int) -> tuple[int, int, int]:
        tracemalloc.start()
        orders, broken = 0, 0
        for one in mails.mailbox(io.BufferedReader(_Mailbox(size))):
            orders, broken = orders + isinstance(one, Found), broken + isinstance(one, Problem)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return orders, broken, most

    orders, broken, most = peak(50_000_000)
    assert orders > 50
    assert broken > 10
    assert most < 40_000_000
    assert most < 2 * peak(8_000_000)[2]


def test_many_cards_are_read_one_by_one() -> None:
    class Cards(io.RawIOBase):
        def __init__(self) -> None:
            self.left, self.rest = 3_000, b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # as above
            while len(self.rest) < len(buffer) and self.left:
                self.left -= 1
                self.rest += b"BEGIN:VCARD\nVERSION:4.0\nUID:%d\nFN:P %d\nEND:VCARD\n" % (
                    self.left,
                    self.left,
                )
            taken = self.rest[: len(buffer)]
            self.rest = self.rest[len(taken) :]
            buffer[: len(taken)] = taken
            return len(taken)

    tracemalloc.start()
    count = sum(isinstance(one, Found) for one in cards.cards(io.BufferedReader(Cards())))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 3_000
    assert most < 2_000_000


def test_a_calendar_carries_reservations_where_it_has_them() -> None:
    lines = (
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "UID:1",
        "SUMMARY:Flight",
        'STRUCTURED-DATA;VALUE=TEXT:{"@type":"FlightReservation"\\,"reservationNumber":"X"}',
        "END:VEVENT",
        "BEGIN:VTODO",
        "END:VTODO",
        "END:VCALENDAR",
    )
    found, task = calendars.events(io.BytesIO("\r\n".join(lines).encode()))
    assert isinstance(found, Found)
    assert (found.path, found.value) == (
        "reservations",
        {"@type": "FlightReservation", "reservationNumber": "X"},
    )
    assert isinstance(task, Problem)
    assert "a task" in task.reason


def test_two_people_of_one_name_are_two_records_and_one_person_twice_is_one() -> None:
    def labels(*lines: str) -> list[str | None]:
        data = "".join(f"BEGIN:VCARD\n{one}\nEND:VCARD\n" for one in lines)
        return [one.label for one in cards.cards(io.BytesIO(data.encode())) if isinstance(one, Found)]

    first, second, third = labels("FN:Ann\nTEL:1", "FN:Ann\nTEL:2", "FN:Ann\nTEL:1")
    assert first == third != second
    before, after = labels("UID:u\nFN:Ann\nTEL:1", "UID:u\nFN:Ann\nTEL:2")
    assert before == after


def test_an_order_told_again_is_the_same_and_each_leg_of_a_journey_another() -> None:
    def labels(*told: str) -> list[str | None]:
        data = "[\n" + ",\n".join(told) + "\n]\n"
        return [one.label for one in documents(io.BytesIO(data.encode())) if isinstance(one, Found)]

    sent = '{"@type":"Order","orderNumber":"1","merchant":{"name":"A"},"orderStatus":"OrderInTransit"}'
    first, again, other = labels(sent.replace("InTransit", "Processing"), sent, sent.replace('"A"', '"B"'))
    assert first == again != other
    leg = '{"@type":"FlightReservation","reservationNumber":"1","reservationFor":{"flightNumber":"%s"}}'
    one, two = labels(leg % "10", leg % "11")
    assert one != two


def test_letters_of_every_kind_survive() -> None:
    said = "".join(chr(one) for one in range(32, 0x2FF) if chr(one) not in "\\,;\x85") + string.ascii_letters
    (only,) = cards.cards(io.BytesIO(f"BEGIN:VCARD\nFN:{said}\nEND:VCARD\n".encode()))
    assert isinstance(only, Found)
    assert only.value["name"] == said.strip()


@pytest.mark.parametrize("kind", ["Review", "WatchAction", "Person", "ProgramMembership", "Event"])
def test_no_sender_says_how_the_owner_rates_what_it_watches_and_whom_it_knows(kind: str) -> None:
    told = json.dumps({"@type": kind, "name": "x", "membershipNumber": "1"})
    page = f'Content-Type: text/html\n\n<script type="application/ld+json">{told}</script>'
    assert list(mails.letter(io.BytesIO(page.encode()))) == []
    (found,) = documents(io.BytesIO(told.encode()))
    assert isinstance(found, Found), "a file of the owner's own may"


def test_a_long_label_is_short_and_still_tells_one_item_from_another() -> None:
    def labels(*said: str) -> list[str | None]:
        data = "".join(f"BEGIN:VCARD\nFN:Ann\nNOTE:{one}\nEND:VCARD\n" for one in said)
        return [one.label for one in cards.cards(io.BytesIO(data.encode())) if isinstance(one, Found)]

    first, second, again = labels("x" * 9_000 + "1", "x" * 9_000 + "2", "x" * 9_000 + "1")
    assert first == again != second
    assert first is not None
    assert len(first) == 64


_PAGE = b"From: a\nContent-Type: text/html\n\n"


def test_items_in_items_by_two_names_each_take_no_more_than_their_size() -> None:
    depth = 60
    page = b'<i itemscope itemprop="a b">' * depth + b"<b itemprop=x>y</b>" + b"</i>" * depth
    letter = _PAGE + b"<p itemscope itemtype=https://schema.org/Order>" + page + b"</p>"
    (told,) = mails.letter(io.BytesIO(letter))
    assert isinstance(told, Problem)


@pytest.mark.parametrize("depth", [40, 300, 600, 900])
@pytest.mark.parametrize(("opening", "end"), [("[", "]"), ('{"a":', "}")])
def test_things_that_hold_lists_or_maps_without_end_are_told(depth: int, opening: str, end: str) -> None:
    deep = opening * depth + "1" + end * depth
    thing = f'{{"@type": "Order", "orderNumber": "1", "seller": {deep}}}'
    for text in (thing, f'{{"x-place": "receipts/a", "a": {deep}}}'):
        (told,) = items(io.BytesIO(text.encode()), "jsonld", Wishes())
        assert isinstance(told, Problem)
    page = f'<script type="application/ld+json">{thing}</script>'
    (told,) = mails.letter(io.BytesIO(_PAGE + page.encode()))
    assert isinstance(told, Problem)
    (told,) = tables.rows(io.BytesIO(f"x-place,a=\nreceipts/a,{deep.replace(',', ' ')}\n".encode()), {})
    assert isinstance(told, Problem)


@pytest.mark.parametrize("field", ["x-place", "@id"])
def test_half_a_letter_is_told(field: str) -> None:
    place = "receipts/a" if field != "x-place" else "receipts/\ud800"
    text = json.dumps({"x-place": place, "@id": "\ud800"})
    (told,) = items(io.BytesIO(text.encode()), "jsonld", Wishes())
    assert isinstance(told, Problem)


def test_a_header_of_parameters_without_end_takes_no_more_than_its_size() -> None:
    letter = b"From: a\nContent-Type: text/html" + b";" * 2_000_000 + b"\n\n<p>"
    assert all(isinstance(told, Problem) for told in mails.letter(io.BytesIO(letter)))
    folded = b"From: a\nContent-Type: multipart/mixed" + b";\n a" * 400_000 + b"\n\n--a\n"
    assert all(isinstance(told, Problem) for told in mails.letter(io.BytesIO(folded)))


def test_parts_in_parts_without_end_are_told_and_the_next_message_goes_through() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(65)
    )
    order = b'<script type="application/ld+json">{"@type": "Order", "orderNumber": "1"}</script>\n'
    box = b"From a\n" + deep + b"Content-Type: text/html\n\n" + order + b"\nFrom b\n" + _PAGE + order
    problem, told = mails.mailbox(io.BytesIO(box))
    assert isinstance(problem, Problem)
    assert "64" in problem.reason
    assert isinstance(told, Found)
    assert told.path == "receipts"


def test_a_message_of_too_many_lines_is_told() -> None:
    letter = _PAGE + b"\n" * mails.LINES_MAX + b"<p>"
    (told,) = mails.letter(io.BytesIO(letter))
    assert isinstance(told, Problem)
