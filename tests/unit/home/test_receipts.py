"""Receipts say what the signed messages say, refusals too, and hold no value."""

import json
from typing import Any

import pytest
from tests.unit.features.disclosure.conftest import ANNA, BREMEN, HOME, KIEL, MAIL, NAME, Shared, agreed

from pcloud.engine.ledger.projection import ledger
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased, Kept
from pcloud.features.disclosure.fields import Declined, Field
from pcloud.features.disclosure.request import Wanted
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.home.linked import CONTEXT, UNKNOWN, document
from pcloud.home.receipts import Known, Receipt, Refused, receipt, refusal
from pcloud.testing.node import Node


@pytest.fixture
def shared() -> Shared:
    return agreed()


def known(shared: Shared, node: Node, **more: Any) -> Known:
    me, other = node.relationship.me.log.persona, shared.other(node).relationship.me.log.persona
    told = Known("ab" * 32, "Flora", me, other, shared.now, {shared.agreement: "SD-BASE"})
    return told._replace(**more)


def seen(shared: Shared, node: Node, thread: bytes, **more: Any) -> Receipt:
    found = receipt(node.log.entries(thread), node.registry, known(shared, node, **more))
    assert found is not None
    return found


def whats(told: Receipt) -> list[tuple[str, str]]:
    return [(each.what, each.by) for each in told.events]


def test_a_question_and_its_answer_in_part(shared: Shared) -> None:
    wanted = (Wanted(NAME, required=True), Wanted(HOME, required=True), Wanted(MAIL, required=False))
    thread = shared.does(shared.shop, shared.request(wanted=wanted))
    assert seen(shared, shared.anna, thread).state == "asked"
    shared.does(
        shared.anna,
        shared.present(declined=(Declined(MAIL, "not-needed"),)),
        thread,
        (ANNA, BREMEN),
    )

    mine, theirs = seen(shared, shared.anna, thread), seen(shared, shared.shop, thread)

    assert (mine.mine, theirs.mine) == (True, False)
    assert (mine.state, mine.terms, mine.purposes) == ("given", "SD-BASE", ["dpv:DeliveryOfGoods"])
    assert mine.wanted == {NAME: True, HOME: True, MAIL: False}
    assert (mine.given, mine.declined) == ([NAME, HOME], {MAIL: "not-needed"})
    assert whats(mine) == [("asked", "taker"), ("given", "giver"), ("declined", "giver")]
    assert (theirs.giver, theirs.taker, theirs.events) == (mine.giver, mine.taker, mine.events)


def test_a_refusal_is_a_receipt_too(shared: Shared) -> None:
    thread = shared.asked(NAME, HOME)
    shared.does(shared.anna, DisclosureDecline("not-you", (Declined(HOME, "not-needed"),)), thread)

    told = seen(shared, shared.anna, thread)

    assert (told.state, told.given) == ("declined", [])
    assert told.declined == {NAME: "not-you", HOME: "not-needed"}


def test_what_is_taken_back_bit_by_bit(shared: Shared) -> None:
    thread, grant = shared.granted()
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), thread, (KIEL,))
    shared.does(shared.anna, DisclosureRevoke((NAME,)), thread)
    assert (seen(shared, shared.anna, thread).state, seen(shared, shared.anna, thread).given) == (
        "given",
        [HOME],
    )
    shared.does(shared.anna, DisclosureErase((HOME,)), thread)
    gone = DisclosureErased((Field(HOME, 2),), shared.now + 5, (Kept(NAME, "legal-duty"),))
    shared.does(shared.shop, gone, thread)

    told = seen(shared, shared.anna, thread)

    assert (told.state, told.given) == ("withdrawn", [])
    assert whats(told)[2:] == [
        ("updated", "giver"),
        ("withdrawn", "giver"),
        ("erase", "giver"),
        ("erased", "taker"),
    ]
    assert (told.events[-1].backups, told.events[-1].reasons) == (shared.now + 5, {NAME: "legal-duty"})


def test_a_taker_that_gives_up_is_told_from_an_owner_who_takes_back(shared: Shared) -> None:
    thread = shared.given()
    shared.does(shared.shop, DisclosureRevoke(), thread)
    told = seen(shared, shared.anna, thread)
    assert (told.state, whats(told)[-1]) == ("withdrawn", ("given-up", "taker"))
    assert told.wanted == {}


@pytest.mark.parametrize("answered", [False, True])
def test_its_day_ends_a_question_and_a_grant(shared: Shared, *, answered: bool) -> None:
    thread = shared.granted()[0] if answered else shared.asked()
    now = seen(shared, shared.anna, thread).until
    assert now is not None
    assert seen(shared, shared.anna, thread, now=now).state != "expired"
    assert seen(shared, shared.anna, thread, now=now + 1).state == "expired"


def test_what_a_receipt_says_is_given_is_what_the_ledger_says_is_held(shared: Shared) -> None:
    thread, _ = shared.granted()
    shared.does(shared.anna, DisclosureRevoke((NAME,)), thread)
    node = shared.shop
    rows = ledger(node.log.entries(thread), node.registry, frozenset(), node.relationship.agreements)
    held = [row.path for row in rows if row.state not in ("revoked", "erasing", "erased", "kept")]
    assert seen(shared, node, thread).given == held == [HOME]


def test_other_threads_have_no_receipt(shared: Shared) -> None:
    assert (
        receipt(shared.anna.log.entries(shared.deal), shared.anna.registry, known(shared, shared.anna))
        is None
    )
    assert receipt([], shared.anna.registry, known(shared, shared.anna)) is None


def test_what_the_terms_forbade_is_told_with_its_clause(shared: Shared) -> None:
    told = refusal(
        Refused(b"r" * 32, shared.now, "no-marketing", shared.agreement), known(shared, shared.anna)
    )
    assert (told.state, told.clause, told.terms) == ("refused", "no-marketing", "SD-BASE")
    record = document([told], shared.now)["dpv:hasRecordOfActivity"][0]
    assert "no-marketing" in record["dct:description"]
    require_record(record)


# ---------------------------------------------------------------- the exported form

REQUIRED = (
    "dct:identifier",
    "dct:conformsTo",
    "dpv:hasDataSubject",
    "dpv:hasDataController",
    "dpv:hasJurisdiction",
    "dpv:hasNotice",
    "dpv:hasConsentControl",
    "dpv:hasProcess",
    "dpv:hasConsentStatus",
)
"""What ISO/IEC TS 27560 makes mandatory, under the names that the DPV guide gives it."""
REQUIRED_OF_PROCESS = (
    "dpv:hasPurpose",
    "dpv:hasPersonalData",
    "dpv:hasRecipient",
    "dpv:hasStorageCondition",
    "dpv:hasLegalBasis",
)


def require_record(record: dict[str, Any]) -> None:
    assert record["@type"] == "dpv:ConsentRecord"
    assert all(record.get(name) for name in REQUIRED), record
    process = record["dpv:hasProcess"]
    assert all(process.get(name) for name in REQUIRED_OF_PROCESS), process
    kinds = [each["@type"] for each in process["dpv:hasStorageCondition"]]
    assert kinds == ["dpv:StorageLocation", "dpv:StorageDuration"]
    assert record["dpv:hasNotice"]["dct:language"]
    for each in record["dpv:hasConsentStatus"]:
        assert each["@type"][0].startswith("dpv:Consent")
        assert each["dpv:isIndicatedAtTime"]["@type"] == "xsd:dateTime"


def prefixes(value: Any) -> set[str]:
    """Every prefix in front of a name or an id of a document."""
    if isinstance(value, dict):
        found = {key.partition(":")[0] for key in value if not key.startswith("@")}
        for key, inner in value.items():
            if key in ("@id", "@type"):
                texts = inner if isinstance(inner, list) else [inner]
                found |= {text.partition(":")[0] for text in texts}
            else:
                found |= prefixes(inner)
        return found
    return set().union(*(prefixes(each) for each in value)) if isinstance(value, list) else set()


def whole(shared: Shared) -> list[Receipt]:
    """Everything that can happen to a consent."""
    first, grant = shared.granted()
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), first, (KIEL,))
    shared.does(shared.anna, DisclosureErase(), first)
    shared.does(shared.shop, DisclosureErased((Field(HOME, 2), Field(NAME, 1)), shared.now + 9), first)
    second = shared.asked(NAME)
    shared.does(shared.anna, DisclosureDecline("not-now"), second)
    third, fourth = shared.given(), shared.asked(MAIL)
    told = [seen(shared, shared.anna, each) for each in (first, second, third, fourth)]
    told.append(seen(shared, shared.anna, third, rules={third: ("abc",)}, now=shared.now + 40 * 86_400))
    return told


def test_the_document_has_what_the_standard_wants_and_needs_no_network(shared: Shared) -> None:
    made = document(whole(shared), shared.now)
    assert made["@type"] == "dpv:ConsentReceipt"
    assert made["dct:identifier"]
    assert made["dct:conformsTo"]
    assert made["@context"] == CONTEXT, "the context stands in the document"
    for record in made["dpv:hasRecordOfActivity"]:
        require_record(record)
    del made["@context"]
    assert prefixes(made) - {"https", "pcloud"} <= set(CONTEXT)
    assert json.loads(json.dumps(made)) == made


def test_the_document_tells_each_state_in_the_words_of_the_vocabulary(shared: Shared) -> None:
    first, second, third, fourth, fifth = document(whole(shared), shared.now)["dpv:hasRecordOfActivity"]
    statuses = [
        [each["@type"][0] for each in record["dpv:hasConsentStatus"]]
        for record in (first, second, third, fourth, fifth)
    ]
    assert statuses == [
        ["dpv:ConsentRequested", "dpv:ConsentGiven", "dpv:ConsentWithdrawn"],
        ["dpv:ConsentRequested", "dpv:ConsentRefused"],
        ["dpv:ConsentGiven"],
        ["dpv:ConsentRequested"],
        ["dpv:ConsentGiven", "dpv:ConsentExpired"],
    ]
    assert fifth["dpv:hasConsentStatus"][0]["dpv:hasIndicationMethod"] == "standing rules abc"
    (deletion,) = first["dct:provenance"]
    assert {each["dct:identifier"] for each in deletion["dpv:hasPersonalData"]} == {NAME, HOME}
    (datum,) = fourth["dpv:hasProcess"]["dpv:hasPersonalData"]
    assert datum["skos:broader"] == {"@id": "pd:EmailAddress"}
    assert first["dpv:hasJurisdiction"] == {"@id": UNKNOWN}


def test_who_else_gets_it_and_what_has_to_be_kept_stand_in_the_document() -> None:
    shared = agreed(onward=True)
    thread = shared.does(shared.shop, shared.request(NAME, HOME, onward="ex:Post"))
    shared.does(shared.anna, shared.present(onward="ex:Post"), thread, (ANNA, BREMEN))
    shared.does(shared.anna, DisclosureErase(), thread)
    gone = DisclosureErased((Field(HOME, 1),), shared.now + 9, (Kept(NAME, "legal-duty"),))
    shared.does(shared.shop, gone, thread)

    (record,) = document([seen(shared, shared.anna, thread)], shared.now)["dpv:hasRecordOfActivity"]

    recipients = record["dpv:hasProcess"]["dpv:hasRecipient"]
    assert recipients[1] == {"@type": "dpv:ThirdParty", "dct:identifier": "ex:Post"}
    (deletion,) = record["dct:provenance"]
    assert [each["dct:identifier"] for each in deletion["dpv:hasPersonalData"]] == [HOME]
    assert deletion["dct:description"] == f"{NAME} kept: legal-duty"


def test_what_is_taken_back_in_a_thread_that_is_not_known_has_no_receipt(shared: Shared) -> None:
    thread = shared.given()
    shared.does(shared.anna, DisclosureRevoke(), thread)
    only = [entry for entry in shared.shop.log.entries(thread) if entry.first_id != thread]
    assert len(only) == 1
    assert receipt(only, shared.shop.registry, known(shared, shared.shop)) is None


def test_no_value_is_in_a_receipt(shared: Shared) -> None:
    told = whole(shared)
    written = json.dumps(document(told, shared.now)) + repr(told)
    for value in ("Anna", "Bremen", "Kiel"):
        assert value not in written


def test_a_time_beyond_every_calendar_is_shown_as_the_last_one(shared: Shared) -> None:
    thread = shared.asked()
    (record,) = document([seen(shared, shared.anna, thread)], 2**53 - 1)["dpv:hasRecordOfActivity"]
    require_record(record)
    assert document([], 2**53 - 1)["dct:created"]["@value"].startswith("9999-12-31")
