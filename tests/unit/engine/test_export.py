"""A relationship as one file, and what it shows to somebody who has nothing else (spec 19)."""

import json
from dataclasses import asdict, replace

import pytest
from tests.unit.engine.exported import (
    file_of,
    messages,
    origin_of,
    records_of,
    refusal,
    report_of,
    said,
    signed,
)
from tests.unit.engine.probe import REGISTRY, Begin, Pair, commitment, held, strangers, tell
from tests.unit.engine.thief import agreed, newest, own

from pcloud.engine import answering, handshake
from pcloud.engine.compose import command
from pcloud.engine.export import telling
from pcloud.engine.export.verify import verify_export
from pcloud.engine.export.write import Origin
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Due
from pcloud.errors import Code, Violation
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.kernel.gate import StandardTerms
from pcloud.testing.node import ask, exchange, pend, welcome
from pcloud.wire import cbor
from pcloud.wire.answers import Refusal
from pcloud.wire.files.export import Items, Opening, Receipted

DAY = 86_400


def says(two: Pair, text: str = "hello") -> None:
    message, items = ConversationSay.pack(text)
    exchange(two.anna, two.shop, two.anna.say(message, items=items))


# Who, how, and what


def test_the_files_of_both_sides_are_verified_and_fold_to_one_digest(two: Pair) -> None:
    """[EXPORT-9], [EXPORT-16], [FOLD-5]"""
    agreed(two)
    says(two)
    mine, theirs = report_of(two.anna), report_of(two.shop)
    assert mine.digest == theirs.digest
    assert (mine.state, mine.code) == (theirs.state, theirs.code) == ("active", two.anna.code())
    assert (mine.opener, theirs.opener) == ("exporter", "peer")
    assert (mine.exporter.id, mine.peer.id) == (theirs.peer.id, theirs.exporter.id)
    assert mine.complete
    assert theirs.complete
    assert {message.id for message in mine.messages} == {message.id for message in theirs.messages}


def test_an_export_changes_nothing_and_can_be_made_at_any_time(two: Pair) -> None:
    before = held(two.anna)
    assert file_of(two.anna) == file_of(two.anna)
    assert held(two.anna) == before


def test_its_time_is_not_before_the_last_decision(two: Pair) -> None:
    two.clock.now += 100
    says(two)
    two.clock.now -= 50
    assert report_of(two.anna).time == two.clock.now + 50


def test_a_report_is_plain_enough_for_json(two: Pair) -> None:
    agreed(two)
    report = report_of(two.anna)
    assert json.loads(json.dumps(asdict(report)))["agreements"][0]["record"] == report.agreements[0].record


def test_with_the_invitation_and_the_succession_both_sides_prove_how_they_met() -> None:
    """[EXPORT-6], [EXPORT-7]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"), "person")
    wanted = handshake.request(anna.relationship, invitation, name=cbor.encode("Anna"))
    anna.commit(command(anna.relationship, wanted, anna.log, anna.setting))
    exchange(anna, shop, anna.frames()[-1])
    frame = welcome(shop, commitment("shop"))
    introduced = shop.relationship.me.introduction
    assert introduced is not None
    exchange(shop, anna, frame)
    succession = anna.relationship.peer.succession
    assert succession == introduced.succession
    for node in (anna, shop):
        report = report_of(node, origin=origin_of(shop, succession))
        meeting = report.meeting
        assert (meeting.proof, meeting.founding) == ("both", invitation.log.persona.hex())
        assert (meeting.invitation, meeting.purpose) == (invitation.id.hex(), invitation.purpose)
        persons = {side.id: (side.kind, side.name) for side in (report.exporter, report.peer)}
        assert persons[anna.relationship.me.log.persona.hex()] == ("person", "Anna")
        assert persons[shop.relationship.me.log.persona.hex()] == ("organisation", None)


def test_without_them_the_exporter_alone_says_who_was_asked(two: Pair) -> None:
    for node in (two.anna, two.shop):
        meeting = report_of(node).meeting
        assert (meeting.proof, meeting.purpose, meeting.title) == ("exporter", None, None)
        assert two.shop.scope is not None
        assert meeting.founding == two.shop.scope.invitation.log.persona.hex()


@pytest.mark.parametrize("item", [b"\xff", cbor.encode(7), cbor.encode(""), cbor.encode("x" * 101)])
def test_a_display_name_that_is_none_is_not_shown(item: bytes) -> None:
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    wanted = handshake.request(anna.relationship, invitation, name=item)
    anna.commit(command(anna.relationship, wanted, anna.log, anna.setting))
    exchange(anna, shop, anna.frames()[-1])
    assert report_of(shop).peer.name is None


# Before there is a relationship


def test_a_pending_contact_has_a_file_in_which_nothing_was_said() -> None:
    anna, _, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    report = report_of(anna)
    assert (report.opener, report.state, report.code, report.receipt) == (None, None, None, None)
    assert (report.lines, report.messages, report.threads) == ([], [], [])
    assert report.meeting.invitation is None
    met = report_of(anna, origin=Origin(invitation.data))
    assert met.meeting.invitation == invitation.id.hex()
    assert (met.exporter.kind, met.peer.kind) == (None, "organisation")
    assert (met.meeting.proof, met.meeting.founding) == ("both", invitation.log.persona.hex())


def test_a_request_that_waits_is_acknowledged_by_the_persona_of_the_invitation() -> None:
    """[EXPORT-15]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    report = report_of(anna)
    assert [message.receipt for message in report.messages] == ["applied"]
    assert report_of(shop).state == report.state == "requested"
    founding = {report_of(node).meeting.founding for node in (anna, shop)}
    assert founding == {invitation.log.persona.hex()}


def test_its_receipt_still_counts_once_there_is_a_successor_and_the_invitation_is_there() -> None:
    """[EXPORT-15]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    receipt = anna.relationship.notices.peer_receipt
    assert receipt is not None
    exchange(shop, anna, welcome(shop, commitment("shop")))
    succession = anna.relationship.peer.succession
    bare = anna.relationship
    anna.relationship = bare._replace(notices=bare.notices._replace(peer_receipt=None))
    (request,) = said(report_of(anna, receipts=[receipt]), "relationship.request")
    assert request.receipt is None
    origin = origin_of(shop, succession)
    (request,) = said(report_of(anna, receipts=[receipt], origin=origin), "relationship.request")
    assert (request.receipt, request.proof) == ("applied", "both")


def test_a_refusal_is_signed_by_the_persona_of_the_invitation() -> None:
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    exchange(anna, shop, ask(anna, invitation))
    exchange(shop, anna, shop.say(RelationshipDecline(), shop.thread))
    mine, theirs = report_of(anna), report_of(shop)
    assert mine.state == theirs.state == "declined"
    assert mine.meeting.proof == "both", "the founding persona is the one that speaks"
    assert mine.peer.id == invitation.log.persona.hex()


# Verdicts


def test_a_receipt_proves_a_verdict_and_a_message_that_waits_has_none(two: Pair) -> None:
    """[EXPORT-15]"""
    says(two)
    two.anna.say(RelationshipPause(), two.anna.thread)
    report = report_of(two.anna)
    proven, waiting = report.messages[2], report.messages[3]
    assert (proven.verdict, proven.receipt, proven.proof, proven.acknowledged) == (
        "applied",
        "applied",
        "both",
        True,
    )
    assert (waiting.verdict, waiting.receipt, waiting.proof, waiting.acknowledged) == (
        None,
        None,
        "exporter",
        False,
    )
    assert all(message.proof == "both" for message in report.messages if message.sender == "peer")


def test_a_refused_message_stands_with_its_code_and_without_its_parts(two: Pair) -> None:
    """[EXPORT-14], [MSG-18]"""
    shop_first = two.shop.say(RelationshipPause(), two.shop.thread)
    exchange(two.anna, two.shop, two.anna.say(ConversationSay(), items=(cbor.encode("x"),)))
    (mine,) = said(report_of(two.anna), "conversation.say")
    (theirs,) = said(report_of(two.shop), "conversation.say")
    assert (mine.verdict, mine.receipt, mine.proof) == ("crossed", "crossed", "both")
    assert (theirs.verdict, theirs.body, theirs.items, theirs.items_here) == ("crossed", False, 1, 0)
    exchange(two.shop, two.anna, shop_first)
    newest_receipt = report_of(two.anna).receipt
    assert newest_receipt is not None
    assert newest_receipt.refused == {3: "crossed"}


def test_beyond_the_window_of_a_receipt_a_verdict_is_the_exporters_word(two: Pair) -> None:
    for _ in range(260):
        says(two)
    report = report_of(two.anna)
    assert [message.proof for message in report.messages if message.sender == "exporter"] == (
        ["exporter"] * 6 + ["both"] * 256
    )
    assert all(message.acknowledged for message in report.messages)


def test_receipts_that_were_kept_prove_older_verdicts(two: Pair) -> None:
    kept = two.anna.relationship.notices.peer_receipt
    assert kept is not None
    for _ in range(260):
        says(two)
    report = report_of(two.anna, receipts=[kept, kept])
    assert [message.proof for message in report.messages if message.sender == "exporter"] == (
        ["both"] * 2 + ["exporter"] * 4 + ["both"] * 256
    )
    assert report.receipt is not None
    assert report.receipt.number == 262


def test_a_receipt_that_says_something_else_leaves_nothing_proven(two: Pair) -> None:
    says(two)
    entry = newest(two.anna)
    two.anna.log.put(entry._replace(verdict="paused"))
    (message,) = said(report_of(two.anna), "conversation.say")
    assert (message.verdict, message.receipt, message.proof) == ("paused", "applied", "none")


def test_of_receipts_that_contradict_each_other_the_newest_counts(two: Pair) -> None:
    """The one with the highest number; of two with one number the one that stands later in the file."""
    says(two)
    older = two.anna.relationship.notices.peer_receipt
    says(two)
    newer = two.anna.relationship.notices.peer_receipt
    line = two.shop.relationship.incoming._replace(refusals=(Refusal(3, "paused"),))
    lying = answering.make_answer(two.shop.relationship._replace(incoming=line), Due("receipt", None))
    records = [record for record in records_of(two.anna) if not isinstance(record, Receipted)]

    def word(*receipts: bytes | None) -> str | None:
        said_so = [Receipted(receipt) for receipt in receipts if receipt is not None]
        report = verify_export(signed(two.anna.relationship, [*records, *said_so]))
        return next(message.receipt for message in report.messages if message.number == 3)

    assert word(older) == word(newer) == "applied"
    assert word(older, lying) == word(lying, older) == "paused"
    assert (word(newer, lying), word(lying, newer)) == ("paused", "applied")
    assert word() is None


def test_a_message_without_a_verdict_has_none_whatever_a_receipt_says(two: Pair) -> None:
    says(two)
    two.anna.log.put(newest(two.anna)._replace(verdict=None))
    (message,) = said(report_of(two.anna), "conversation.say")
    assert (message.verdict, message.receipt, message.proof) == (None, "applied", "exporter")


@pytest.mark.parametrize(
    ("verdict", "mine", "needed"),
    [("paused", True, True), ("rejected", True, False), ("paused", False, False), ("rejected", False, False)],
)
def test_an_own_end_has_its_body_whatever_became_of_it(
    two: Pair,
    verdict: str,
    mine: bool,  # noqa: FBT001 - a case
    needed: bool,  # noqa: FBT001 - a case
) -> None:
    """[EXPORT-14], [FOLD-2]"""
    exchange(two.anna, two.shop, two.anna.say(RelationshipClose("none"), two.anna.thread))
    node = two.anna if mine else two.shop
    records = records_of(node)
    (close,) = [each for each in messages(records) if b"relationship.close" in each.signed]
    bare = close._replace(verdict=verdict, parts=(None,))
    data = signed(node.relationship, [bare if each is close else each for each in records])
    if needed:
        assert refusal(data) is Code.PART_MISSING
    else:
        assert verify_export(data).state == "active"


def test_a_refused_message_of_ones_own_name_needs_no_body(two: Pair) -> None:
    """[EXPORT-14]"""
    exchange(two.anna, two.shop, two.anna.say(Begin("hello")))
    records = records_of(two.anna)
    (begin,) = [each for each in messages(records) if b"x-probe" in each.signed]
    bare = begin._replace(verdict="paused", parts=(None,))
    data = signed(two.anna.relationship, [bare if each is begin else each for each in records])
    assert verify_export(data).unknown == []


def test_a_reject_of_the_exporter_proves_nothing_of_the_peer(two: Pair) -> None:
    """Only its own sender rejects a message."""
    exchange(two.shop, two.anna, two.shop.say(RelationshipPause(), two.shop.thread))
    pause = newest(two.shop).first_id
    exchange(two.anna, two.shop, two.anna.say(RelationshipReject((pause,)), two.anna.thread))
    entry = two.anna.log.find(pause)
    assert entry is not None
    assert entry.verdict == "applied"
    two.anna.log.put(entry._replace(verdict="rejected"))
    (message,) = said(report_of(two.anna), "relationship.pause")
    assert message.proof == "exporter"


def test_a_peer_that_claims_a_reject_of_an_end_has_refused_it(two: Pair) -> None:
    """[FOLD-2]"""
    exchange(two.anna, two.shop, two.anna.say(RelationshipClose("none"), two.anna.thread))
    two.anna.log.put(newest(two.anna)._replace(verdict="internal"))
    records = records_of(two.anna)
    receipt = two.anna.relationship.notices.peer_receipt
    assert receipt is not None
    two.shop.relationship = two.shop.relationship._replace(
        incoming=two.shop.relationship.incoming._replace(refusals=(Refusal(3, "rejected"),))
    )
    lie = answering.make_answer(two.shop.relationship, Due("receipt", None))
    changed = [Receipted(lie) if record == Receipted(receipt) else record for record in records]
    report = verify_export(signed(two.anna.relationship, changed))
    (close,) = said(report, "relationship.close")
    assert (close.verdict, close.receipt, close.proof) == ("internal", "rejected", "both")
    assert report.state == "closed", "an own end acts whatever its receiver says"


# Items


def test_items_are_there_or_left_out_and_every_proof_holds_the_same(two: Pair) -> None:
    """[EXPORT-25], [EXPORT-14]"""
    says(two, "a text that nobody else should read")
    whole, bare = file_of(two.anna), file_of(two.anna, items=Items.NONE)
    assert b"a text that nobody" in whole
    assert b"a text that nobody" not in bare
    with_items, without = verify_export(whole), verify_export(bare)
    assert (with_items.items, without.items) == ("all", "none")
    assert [message.items_here for message in without.messages] == [0] * 4
    assert [replace(message, items_here=0) for message in with_items.messages] == without.messages
    assert with_items.digest == without.digest


def test_an_item_that_was_erased_leaves_the_message_proven(two: Pair) -> None:
    says(two)
    entry = newest(two.anna)
    two.anna.log.put(entry._replace(parts=(entry.parts[0], None)))
    (message,) = said(report_of(two.anna), "conversation.say")
    assert (message.items, message.items_here, message.body, message.proof) == (1, 0, True, "both")


# Agreements


def test_an_agreement_is_shown_with_its_record_and_whether_the_roster_has_its_text(two: Pair) -> None:
    """[EXPORT-19], [TERMS-19], [TERMS-26]"""
    thread = agreed(two)
    rosters = two.anna.rosters
    (mine,) = report_of(two.anna, rosters=rosters).agreements
    (theirs,) = report_of(two.shop, rosters=rosters).agreements
    assert mine.record == theirs.record
    assert mine.id == thread.data["agreement"].hex() == theirs.id
    assert (mine.first, theirs.first) == ("exporter", "peer")
    assert (mine.proof, theirs.proof, mine.listed) == ("both", "both", "matches")
    assert mine.sealed == thread.data["sealed"]
    (key, standard), *_ = [each for each in rosters.items() if each[0][1] == mine.terms]
    other: dict[tuple[bytes, str], StandardTerms] = {key: standard._replace(text_hash=bytes(32))}
    assert report_of(two.anna, rosters=other).agreements[0].listed == "differs"
    assert report_of(two.anna).agreements[0].listed == "not-loaded"


def test_that_it_came_into_force_is_the_exporters_word_until_the_second_party_says_so(two: Pair) -> None:
    """[TERMS-19]"""
    thread = agreed(two)
    bare = two.anna.relationship
    two.anna.relationship = bare._replace(notices=bare.notices._replace(peer_receipt=None))
    assert report_of(two.anna).agreements[0].proof == "exporter"
    end = TermsTerminate(thread.data["agreement"])
    exchange(two.shop, two.anna, two.shop.say(end, thread.id))
    relation = two.anna.relationship
    two.anna.relationship = relation._replace(notices=relation.notices._replace(peer_receipt=None))
    (ended,) = report_of(two.anna).agreements
    assert (ended.proof, ended.ended) == ("both", ["peer"])


def test_what_the_exporter_says_of_it_proves_nothing(two: Pair) -> None:
    """[TERMS-19]"""
    thread = agreed(two)
    message, items = ConversationSay.pack("under our terms")
    named = tell(two.anna, message, items=items, agreement=thread.data["agreement"])
    exchange(two.anna, two.shop, named)
    exchange(two.anna, two.shop, two.anna.say(TermsTerminate(thread.data["agreement"]), thread.id))
    relation = two.anna.relationship
    two.anna.relationship = relation._replace(notices=relation.notices._replace(peer_receipt=None))
    assert report_of(two.anna).agreements[0].proof == "exporter"


def test_a_negotiation_that_came_to_nothing_is_a_thread_and_no_agreement(two: Pair) -> None:
    standard = min(two.shop.rosters.values(), key=lambda each: each.terms)
    two.anna.rosters = two.shop.rosters = {(standard.roster, standard.terms): standard}
    exchange(two.anna, two.shop, two.anna.say(TermsProffer.choose(standard, two.clock.now + DAY)))
    report = report_of(two.anna)
    assert report.agreements == []
    assert [thread.state for thread in report.threads if thread.feature == "terms"] == ["proffered"]


def test_a_message_of_the_second_party_under_it_proves_it_too(two: Pair) -> None:
    """[TERMS-19]"""
    thread = agreed(two)
    message, items = ConversationSay.pack("under our terms")
    exchange(two.shop, two.anna, tell(two.shop, message, items=items, agreement=thread.data["agreement"]))
    relation = two.anna.relationship
    two.anna.relationship = relation._replace(notices=relation.notices._replace(peer_receipt=None))
    assert report_of(two.anna).agreements[0].proof == "both"


def test_an_agreement_in_place_of_another_names_it_and_its_end(two: Pair) -> None:
    thread = agreed(two)
    old = thread.data["agreement"]
    standard = max(two.anna.rosters.values(), key=lambda each: each.terms)
    proffer = TermsProffer.choose(standard, two.clock.now + DAY, until=two.clock.now + 9 * DAY, replaces=old)
    exchange(two.anna, two.shop, two.anna.say(proffer))
    id_ = newest(two.anna).first_id
    accept = TermsAccept.sign(two.shop.log.threads[id_], own(two.shop), two.clock.now + 2 * DAY)
    exchange(two.shop, two.anna, two.shop.say(accept, id_))
    by_id = {made.id: made for made in report_of(two.anna).agreements}
    assert by_id[old.hex()].ended == ["exporter"]
    (new,) = [made for made in by_id.values() if made.replaces == old.hex()]
    assert (new.until, new.ended) == (two.clock.now + 9 * DAY, [])


def test_one_key_for_both_sides_signs_no_agreement(two: Pair) -> None:
    """[EXPORT-19]: an exporter that made its peer up."""
    thread = agreed(two)
    alone = thread._replace(data={**thread.data, "second_key": thread.data["first_key"]})
    with pytest.raises(Violation) as refused:
        telling._signed_by_both(alone)
    assert refused.value.code is Code.AGREEMENT_SIGNATURE


# Names of one's own


def test_a_name_of_ones_own_is_reported_unless_the_verifier_knows_it(two: Pair) -> None:
    """[EXPORT-24]"""
    exchange(two.anna, two.shop, two.anna.say(Begin("hello")))
    data = file_of(two.anna)
    plain, known = verify_export(data, STANDARD), verify_export(data, REGISTRY)
    assert (plain.unknown, known.unknown) == (["x-probe.begin"], [])
    assert known.digest == two.anna.state().digest().hex() != plain.digest
    assert "x-probe" in {thread.feature for thread in known.threads}


# The file


def test_pieces_of_any_length_are_the_same_file(two: Pair) -> None:
    """[EXPORT-2]"""
    data = file_of(two.anna)
    whole = verify_export(data)
    for size in (1, 7, 1_000, len(data)):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert verify_export([b"", *pieces, b""]) == whole


def test_what_is_put_in_without_the_exporters_signature_is_refused(two: Pair) -> None:
    """[EXPORT-20]"""
    records = records_of(two.anna)
    assert verify_export(signed(two.anna.relationship, records)).complete
    opening = records[0]
    assert isinstance(opening, Opening)
    lie = [opening._replace(left_out=1), *records[1:]]
    assert not verify_export(signed(two.anna.relationship, lie)).complete
    other = two.anna.relationship._replace(me=two.shop.relationship.me)
    assert refusal(signed(other, lie)) is Code.WRONG_PARTY
    thief = two.anna.relationship._replace(
        me=two.anna.relationship.me._replace(key=two.shop.relationship.me.key)
    )
    assert refusal(signed(thief, lie)) is Code.KEY_MISMATCH


def test_a_message_that_the_exporter_calls_applied_has_to_be_readable(two: Pair) -> None:
    """[EXPORT-14]"""
    says(two)
    records = records_of(two.anna)
    message = messages(records)[2]
    bare = message._replace(parts=())
    changed = [bare if record is message else record for record in records]
    assert refusal(signed(two.anna.relationship, changed)) is Code.PART_MISSING
    refused = message._replace(verdict="paused", parts=(None, None))
    changed = [refused if record is message else record for record in records]
    assert verify_export(signed(two.anna.relationship, changed)).messages[2].verdict == "paused"
