"""[EXPORT-25] [EXPORT-27]: one disclosed field can be shown to somebody while the others stay hidden."""

from collections.abc import Collection
from functools import partial

import pytest
from tests.unit.engine.exported import file_of, records_of, refusal, report_of, signed
from tests.unit.engine.probe import made
from tests.unit.features.disclosure.conftest import ANNA, BREMEN, HOME, KIEL, NAME, Shared, agreed

from pcloud.engine.export.disclosed import places_of
from pcloud.engine.export.report import Report
from pcloud.engine.export.write import Show
from pcloud.errors import Code
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.handback import DisclosureHandback
from pcloud.wire import cbor
from pcloud.wire.cose import HEADER, parse_sign1
from pcloud.wire.files.export import Items, Message
from pcloud.wire.header import read_header
from pcloud.wire.parts import Part


def only(*paths: str) -> Show:
    return partial(places_of, paths=paths)


def moved() -> Shared:
    """Name and address were given; the address changed; somebody spoke, and a receipt came back."""
    shared = agreed()
    grant = shared.given()
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), grant, (KIEL,))
    message, items = ConversationSay.pack("nobody else should read this")
    shared.does(shared.anna, message, None, items)
    bill = DisclosureHandback((Field("receipts/7fQ2", 1),))
    shared.does(shared.shop, bill, None, (cbor.encode({"price": "12.50"}),))
    return shared


def shown(report: Report) -> dict[str, object]:
    return {field.path: field.value for field in report.fields if field.shown}


@pytest.mark.parametrize("shows", ["anna", "shop"])
def test_one_field_is_shown_as_proven_as_with_all_of_them(shows: str) -> None:
    shared = moved()
    node = shared.anna if shows == "anna" else shared.shop
    whole, one, bare = (
        report_of(node, registry=node.registry, items=each) for each in (Items.ALL, only(HOME), Items.NONE)
    )

    assert (whole.items, one.items, bare.items) == ("all", "some", "none")
    assert shown(whole) == {NAME: "Anna", HOME: "Kiel"}
    assert shown(one) == {HOME: "Kiel"}
    assert shown(bare) == {}
    assert whole.digest == one.digest == bare.digest
    assert [(each.id, each.proof, each.verdict) for each in one.messages] == [
        (each.id, each.proof, each.verdict) for each in whole.messages
    ]
    home, name = one.fields
    assert (home.path, home.version, name.version) == (HOME, 2, 1)
    assert home.giver == name.giver == ("exporter" if shows == "anna" else "peer")
    assert not name.shown


def test_no_byte_of_what_is_hidden_is_in_the_file() -> None:
    shared = moved()
    everything = file_of(shared.anna)
    some = file_of(shared.anna, items=only(HOME))
    for hidden in (ANNA, b"nobody else should read this", b"12.50"):
        assert hidden in everything
        assert hidden not in some
    assert BREMEN in some, "an earlier value of the same field"
    assert KIEL in some


@pytest.mark.parametrize("paths", [(), ("profile.nothing",), ("profile",), ("receipts/7fQ2",)])
def test_a_path_shows_itself_and_nothing_else(paths: Collection[str]) -> None:
    shared = moved()
    data = file_of(shared.anna, items=only(*paths))
    assert ANNA not in data
    assert KIEL not in data
    assert (b"12.50" in data) == ("receipts/7fQ2" in paths)
    assert shown(report_of(shared.anna, registry=shared.anna.registry, items=only(*paths))) == {}


def test_another_value_than_was_given_is_refused() -> None:
    shared = moved()
    entry = shared.anna.log.find(shared.anna.log.threads[_grant(shared)].data["grant"])
    assert entry is not None
    salt = entry.parts[1]
    assert salt is not None
    shared.anna.log.put(
        entry._replace(parts=(entry.parts[0], Part(salt[0], cbor.encode("Berta")), *entry.parts[2:]))
    )
    assert refusal(file_of(shared.anna, items=only(NAME))) == Code.PART_MISMATCH


def _grant(shared: Shared) -> bytes:
    return next(id_ for id_, each in shared.anna.log.threads.items() if each.state == "given")


def test_values_of_every_kind_are_told_as_json_tells_them() -> None:
    shared = agreed()
    home = cbor.encode({"list": [1, True, b"\1\2"], "map": {1: "one"}})
    shared.does(shared.anna, shared.present(), None, (ANNA, home))
    assert shown(report_of(shared.anna, registry=shared.anna.registry)) == {
        NAME: "Anna",
        HOME: {"list": [1, True, "0102"], "map": {"1": "one"}},
    }


def test_a_field_without_a_place_is_refused_and_so_is_what_is_no_value() -> None:
    """An exporter may sign what it likes of its own, and say that nobody has judged it yet."""
    for items, code in (((), Code.PART_MISMATCH), ((b"\xff", BREMEN), Code.CBOR_MALFORMED)):
        shared = agreed()
        records = records_of(shared.anna)
        message, anna = shared.present(), shared.anna
        header, parts = made(anna, message, items=items, agreement=shared.agreement)
        said = Message(header.data, None, False, None, parts)  # noqa: FBT003 - a record
        last = max(at for at, each in enumerate(records) if isinstance(each, Message) and _mine(shared, each))
        records.insert(last + 1, said)
        assert refusal(signed(anna.relationship, records)) == code


def _mine(shared: Shared, record: Message) -> bool:
    return (
        read_header(parse_sign1(record.signed, HEADER).payload).sender
        == shared.anna.relationship.me.log.persona
    )
