"""Exports after recoveries: which key signed what, what was sent again, what is gone (spec 19, spec 06)."""

import pytest
from tests.unit.engine.exported import messages, records_of, refusal, report_of, said, signed
from tests.unit.engine.thief import newest
from tests.unit.engine.two import Two

from pcloud.engine import sealing
from pcloud.engine.export.reading import Reading
from pcloud.engine.export.report import Line, Report
from pcloud.engine.export.sides import Sides
from pcloud.engine.export.verify import verify_export
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.seal import TermsSeal
from pcloud.kernel.context import Me
from pcloud.kernel.thread import Thread
from pcloud.testing.node import Node, exchange
from pcloud.wire.files.export import Former, Items, Message, Receipted, Record
from pcloud.wire.header import First, sign_header
from pcloud.wire.keys import SigningKey
from pcloud.wire.parts import Part, digest

DAY = 86_400


@pytest.fixture
def both() -> Two:
    return Two()


def lines(report: Report) -> dict[tuple[str, int, int], Line]:
    return {(line.sender, line.sender_epoch, line.recipient_epoch): line for line in report.lines}


def speak(both: Two, *texts: str) -> None:
    """The shop says something."""
    for text in texts:
        message, items = ConversationSay.pack(text)
        exchange(both.shop, both.anna, both.shop.say(message, items=items))


def at_once(both: Two, thread: bytes) -> TermsAccept:
    """The shop's acceptance of the proffer in a thread."""
    me = both.shop.relationship.me
    signer = Me(me.log.persona, me.kind, me.key)
    return TermsAccept.sign(both.shop.log.threads[thread], signer, both.world.clock.now + 2 * DAY)


def agree(both: Two, terms: str = "") -> Thread:
    """Anna's terms, accepted and sealed: those with this name, or any."""
    known = sorted(both.world.rosters.values(), key=lambda each: each.terms)
    standard = next(each for each in known if each.terms.startswith(terms))
    proffer = TermsProffer.choose(standard, both.world.clock.now + DAY)
    exchange(both.anna, both.shop, both.anna.say(proffer))
    thread = newest(both.anna).first_id
    exchange(both.shop, both.anna, both.shop.say(at_once(both, thread), thread))
    return both.anna.log.threads[thread]


# What comes back


def test_what_the_peer_sent_again_is_proven_by_its_first_header_only_where_that_is_left(both: Two) -> None:
    """[EXPORT-12], [EXPORT-13], [EXPORT-22]"""
    copy = both.world.copy(both.hers)
    speak(both, "one", "two")
    both.returns(both.hers, copy)
    mine, theirs = report_of(both.anna), report_of(both.shop)
    assert mine.digest == theirs.digest
    assert [each.first for each in said(mine, "conversation.say")] == ["said", "said"]
    assert [each.first for each in said(theirs, "conversation.say")] == ["proven", "proven"]
    old, new = lines(mine)["peer", 0, 0], lines(mine)["peer", 0, 1]
    assert (old.headers, old.elsewhere, old.missing, new.headers) == (1, 2, [], 2)
    assert mine.complete
    assert theirs.complete


def test_each_header_is_held_to_the_key_of_its_epoch(both: Two) -> None:
    """[EXPORT-9]"""
    both.lost()
    both.says(both.hers, RelationshipAffirm(tuple(sorted(both.anna.relationship.unaffirmed))))
    report = report_of(both.shop)
    epochs = [message.sender_epoch for message in report.messages if message.sender == "peer"]
    assert sorted(set(epochs)) == [0, 1]
    assert report.peer.epoch == 1
    forged = _signed_again(both.shop, both.anna.relationship.me.key, epoch=0)
    assert refusal(forged) is Code.KEY_MISMATCH


def _signed_again(node: Node, key: SigningKey, epoch: int) -> bytes:
    """A file in which the last header of the peer of an epoch is signed with another of its keys."""
    records = records_of(node)
    for at, record in reversed(list(enumerate(records))):
        if isinstance(record, Message):
            entry = node.log.find(_id(node, record))
            assert entry is not None
            if not entry.mine and entry.signed.header.sender_epoch == epoch:
                records[at] = record._replace(signed=sign_header(key, entry.signed.header).data)
                break
    return signed(node.relationship, records)


def _id(node: Node, record: Message) -> bytes:
    return next(each.first_id for each in node.log.by_first_id.values() if each.signed.data == record.signed)


def test_an_acceptance_that_was_sent_again_is_held_to_the_key_of_its_first_epoch(both: Two) -> None:
    """[EXPORT-12], [EXPORT-13], [EXPORT-19], [TERMS-40]"""
    copy = both.world.copy(both.its)
    both.says(both.its, RelationshipRotate(sealing.announced(both.shop.relationship)))
    both.returns(both.its, copy)  # one message of the shop is unaffirmed, so it claims none after it
    thread = agree(both)
    both.returns(both.its, both.world.copy(both.its))
    both.agree()
    for node in (both.anna, both.shop):
        report = report_of(node)
        (accept,) = said(report, "terms.accept")
        assert (accept.first, accept.sender_epoch) == ("proven", 2)
        assert report.agreements[0].record
        assert report.agreements[0].id == thread.data["agreement"].hex()
    records = records_of(both.anna)
    (record,) = [each for each in messages(records) if each.first_epoch == 1]
    lie = [record._replace(first_epoch=2) if each is record else each for each in records]
    assert refusal(signed(both.anna.relationship, lie)) is Code.KEY_MISMATCH
    unproven = [each for each in lie if not isinstance(each, Former)]
    assert refusal(signed(both.anna.relationship, unproven)) is Code.AGREEMENT_SIGNATURE
    bare = [each for each in records if not isinstance(each, Former)]
    assert verify_export(signed(both.anna.relationship, bare)).agreements


def test_what_came_back_is_marked_until_its_owner_has_spoken(both: Two) -> None:
    """[EXPORT-16]"""
    both.lost()
    report = report_of(both.anna)
    assert [message.name for message in report.messages if message.unaffirmed] == [
        "relationship.pause",
        "relationship.resume",
    ]
    both.says(both.hers, RelationshipAffirm(tuple(sorted(both.anna.relationship.unaffirmed))))
    assert not any(message.unaffirmed for message in report_of(both.anna).messages)


def test_a_reject_of_the_peer_proves_what_it_rejects(both: Two) -> None:
    both.lost()
    both.says(both.hers, RelationshipReject(tuple(sorted(both.anna.relationship.unaffirmed))))
    (mine, theirs) = (said(report_of(node), "relationship.pause")[0] for node in (both.anna, both.shop))
    assert (mine.verdict, mine.proof) == ("rejected", "exporter")
    assert (theirs.verdict, theirs.proof) == ("rejected", "both")
    records = records_of(both.shop)
    (reject,) = [each for each in messages(records) if _name(both.shop, each) == "relationship.reject"]
    without = [each for each in records if each is not reject]
    (alone,) = said(verify_export(signed(both.shop.relationship, without)), "relationship.pause")
    assert alone.proof == "exporter"


def test_a_reject_by_the_peer_of_what_the_exporter_said_is_none(both: Two) -> None:
    """[REC-33]: only its sender rejects."""
    both.says(both.hers, RelationshipPause())
    pause = newest(both.anna)
    both.says(both.its, RelationshipReject((pause.first_id,)))
    both.anna.log.put(pause._replace(verdict="rejected"))
    (message,) = said(report_of(both.anna), "relationship.pause")
    assert (message.verdict, message.proof) == ("rejected", "exporter")


def _name(node: Node, record: Message) -> str:
    entry = node.log.find(_id(node, record))
    assert entry is not None
    return entry.signed.header.name


def test_after_three_recoveries_every_header_that_is_held_is_in_the_file(both: Two) -> None:
    """[EXPORT-18]"""
    speak(both, "one")
    for owner in (both.hers, both.its, both.hers):
        copy = both.world.copy(owner)
        speak(both, "more")
        both.returns(owner, copy)
    both.agree()
    for node in (both.anna, both.shop):
        file = records_of(node)
        headers = {each.signed for each in file if isinstance(each, Message | Former)}
        assert {each.signed.data for each in node.log._by_place.values()} == headers
        report_of(node)


def test_an_earlier_header_is_found_behind_a_gap(both: Two) -> None:
    """[EXPORT-18]"""
    copy = both.world.copy(both.hers)
    speak(both, "one", "two", "three")
    both.returns(both.hers, copy)
    log = both.shop.log
    lost = [(True, 0, 0, number) for number in (2, 4)]
    for place in lost:
        del log._by_place[place]
    (former,) = [each for each in records_of(both.shop) if isinstance(each, Former)]
    assert former.signed == log._by_place[True, 0, 0, 3].signed.data
    assert [each.first for each in said(report_of(both.shop), "conversation.say")] == [
        "said",
        "proven",
        "said",
    ]


def test_a_recovery_that_waits_for_its_answer_can_be_exported(both: Two) -> None:
    both.back(both.hers, both.world.copy(both.hers))
    report = report_of(both.anna)
    assert (report.exporter.epoch, report.peer.epoch) == (1, 0)
    assert report.complete


def test_the_id_of_a_repeat_is_no_first_id_that_proves_anything(both: Two) -> None:
    """[EXPORT-13], [REC-48]: it stood in an earlier line, but it was not first."""
    copy = both.world.copy(both.hers)
    speak(both, "one")
    both.returns(both.hers, copy)
    repeat = next(each for each in both.anna.log.by_first_id.values() if each.signed.header.first is not None)
    named = First(repeat.signed.id, *repeat.signed.rank, 0)
    header = repeat.signed.header._replace(sender_epoch=1, first=named)
    later = repeat._replace(signed=repeat.signed._replace(header=header))
    relationship = both.anna.relationship
    logs = relationship.me.log, relationship.peer.log
    reading = Reading(Sides(logs, relationship.sealing.founding, None, tied=False), STANDARD, Items.ALL)
    reading.formers[repeat.signed.id] = repeat.signed
    assert later.first_id == repeat.signed.id
    assert reading.first_of(later) is None


# What is gone


def test_a_gap_is_stated_and_not_hidden(both: Two) -> None:
    """[EXPORT-22], [EXPORT-23]"""
    both.says(both.hers, RelationshipPause(), RelationshipResume())
    both.says(both.its, RelationshipPause())  # it names the number that will be missing
    both.says(both.hers, RelationshipPause())
    whole = report_of(both.shop)
    records = records_of(both.shop)
    without = [each for each in records if not (isinstance(each, Message) and _is(both.shop, each, 4))]
    report = verify_export(signed(both.shop.relationship, without))
    assert (whole.complete, report.complete) == (True, False)
    assert lines(report)["peer", 0, 0].missing == [[4, 4]]
    cut = [each for each in records if not (isinstance(each, Message) and _is(both.shop, each, 5))]
    assert verify_export(signed(both.shop.relationship, cut)).complete, "only the exporter knows its end"


def _is(node: Node, record: Message, number: int) -> bool:
    entry = node.log.find(_id(node, record))
    assert entry is not None
    return not entry.mine and entry.signed.header.number == number


def test_what_the_peer_has_received_is_missing_where_the_exporter_leaves_it_out(both: Two) -> None:
    """[EXPORT-11], [EXPORT-22]"""
    both.says(both.hers, RelationshipPause(), RelationshipResume())
    both.says(both.its, RelationshipPause())
    records = [each for each in records_of(both.anna) if not _own_above(both.anna, each, 1)]
    report = verify_export(signed(both.anna.relationship, records))
    line = lines(report)["exporter", 0, 0]
    assert (line.headers, line.last, line.acknowledged, line.missing) == (1, 4, 1, [[2, 4]])
    assert not report.complete


def _own_above(node: Node, record: Record, number: int) -> bool:
    if not isinstance(record, Message):
        return False
    entry = node.log.find(_id(node, record))
    assert entry is not None
    return entry.mine and entry.signed.header.number > number


# Lines that do not hold


def forked(node: Node, key: SigningKey, pause: Entry) -> bytes:
    """The node's file with another message under the number of the pause."""
    twin = sign_header(key, pause.signed.header._replace(time=1))
    records = records_of(node)
    places = enumerate(records)
    at = next(at for at, each in places if isinstance(each, Message) and each.signed == pause.signed.data)
    record = records[at]
    assert isinstance(record, Message)
    pair = {pause.signed.id: record, twin.id: record._replace(signed=twin.data)}
    records[at : at + 1] = [each for _, each in sorted(pair.items())]
    return signed(node.relationship, records)


def test_a_fork_is_refused_and_only_reported_once_a_recovery_has_ended_it(both: Two) -> None:
    """[EXPORT-11], [EXPORT-21], [EXPORT-23]"""
    key = both.anna.relationship.me.key
    both.says(both.hers, RelationshipPause())
    pause = newest(both.anna)
    both.says(both.its, RelationshipPause())  # it names Anna's
    assert refusal(forked(both.shop, key, pause)) is Code.FORK
    both.returns(both.hers, both.world.copy(both.hers))
    report = verify_export(forked(both.shop, key, pause))
    line = lines(report)["peer", 0, 0]
    assert (line.headers, line.forks, report.complete) == (3, [3], False)
    mine = said(verify_export(forked(both.anna, key, pause)), "relationship.pause")
    acknowledged = {each.id for each in mine if each.sender == "exporter" and each.acknowledged}
    assert acknowledged == {pause.first_id.hex()}, "the peer has named one of the two"


# What nobody can prove


def test_a_message_under_a_key_that_lost_is_left_out_and_counted(both: Two) -> None:
    """[EXPORT-18], [EXPORT-23]"""
    both.returns(both.hers, both.world.copy(both.hers))
    held_before = len(report_of(both.anna).messages)
    both.says(both.hers, RelationshipPause())
    header = newest(both.anna).signed.header
    stranger = SigningKey.from_seed(bytes(32))
    for epoch, number in ((1, 9), (2, 1)):
        dead = sign_header(stranger, header._replace(sender_epoch=epoch, number=number, time=epoch))
        both.anna.log.put(Entry(dead, newest(both.anna).parts, "paused", mine=True))
    report = report_of(both.anna)
    assert (report.left_out, report.complete) == (2, False)
    assert len(report.messages) == held_before + 1


def test_what_a_thief_signed_for_epochs_that_never_were_spoils_no_export(both: Two) -> None:
    """[EXPORT-18]: the peer gave it back as applied, and every signature holds."""
    key = both.anna.relationship.me.key
    both.says(both.hers, RelationshipPause())
    pause = newest(both.anna)
    both.returns(both.hers, both.world.copy(both.hers))
    whole = report_of(both.anna)
    header = pause.signed.header._replace(thread=bytes(32), number=99, prev=bytes(32))
    founding = both.anna.relationship.sealing.founding[1]
    lies = [
        header._replace(recipient_epoch=7),
        header._replace(recipient=founding, recipient_epoch=1),
        header._replace(first=First(bytes(32), 0, 10**15, 0)),
    ]
    for lie in lies:
        both.anna.log.put(Entry(sign_header(key, lie), pause.parts, "applied", mine=True))
    report = report_of(both.anna)
    assert (report.left_out, len(report.messages)) == (len(lies), len(whole.messages))
    far = header._replace(sender_epoch=1, highest=0, highest_id=None, first=First(b"\1" * 32, 0, 10**15, 0))
    both.anna.log.put(
        Entry(sign_header(both.anna.relationship.me.key, far), pause.parts, "applied", mine=True)
    )
    assert lines(report_of(both.anna))["exporter", 0, 0].missing == [[4, 10**15 - 1]]


def test_a_message_of_a_thread_that_nothing_opens_is_not_read(both: Two) -> None:
    """[EXPORT-14]: a thief signed a body that is none."""
    both.says(both.hers, RelationshipPause())
    pause = newest(both.anna)
    part = Part(bytes(16), b"\xff")
    lost = pause.signed.header._replace(
        thread=bytes(32), number=4, digests=(digest(*part),), prev=pause.signed.id
    )
    signed_header = sign_header(both.anna.relationship.me.key, lost)
    both.anna.log.put(Entry(signed_header, (part,), "applied", mine=True))
    assert report_of(both.anna).complete


def test_a_message_whose_newest_header_nobody_can_prove_stands_under_the_one_before(both: Two) -> None:
    """[EXPORT-18]"""
    both.says(both.hers, RelationshipPause())
    pause = newest(both.anna)
    first = First(pause.first_id, *pause.signed.rank, pause.signed.knew[1])
    lost = pause.signed.header._replace(sender_epoch=1, number=1, first=first)
    dead = sign_header(SigningKey.from_seed(bytes(32)), lost)
    both.anna.log.put(Entry(dead, pause.parts, "applied", mine=True, first_signer=pause.signer))
    report = report_of(both.anna)
    (message,) = said(report, "relationship.pause")
    assert (message.sender_epoch, message.number, message.first) == (0, 3, "here")
    assert (report.left_out, report.complete) == (0, True)


def test_a_first_epoch_that_is_in_no_log_is_not_named(both: Two) -> None:
    """[EXPORT-12]"""
    copy = both.world.copy(both.hers)
    speak(both, "lost")
    both.returns(both.hers, copy)
    entry = next(each for each in both.anna.log.by_first_id.values() if each.signed.header.first is not None)
    both.anna.log.put(entry._replace(first_signer=bytes(32)))
    (record,) = [each for each in messages(records_of(both.anna)) if each.signed == entry.signed.data]
    assert record.first_epoch is None
    assert report_of(both.anna).complete


def test_what_a_thief_sealed_with_anything_is_no_agreement_unless_the_owner_says_it_is(both: Two) -> None:
    """[EXPORT-19]"""
    thread = agree(both)
    seal = both.anna.log.find(thread.data["seal"])
    assert seal is not None
    body = TermsSeal(thread.data["accept"], bytes(64)).write()
    part = Part(bytes(16), body)
    header = seal.signed.header._replace(digests=(digest(*part),))
    lie = sign_header(both.anna.relationship.me.key, header)
    records = records_of(both.anna)
    at = next(
        at for at, each in enumerate(records) if isinstance(each, Message) and each.signed == seal.signed.data
    )
    record = Message(lie.data, "applied", unaffirmed=True, first_epoch=None, parts=(part,))
    records[at:] = [record, *(each for each in records[at + 1 :] if not isinstance(each, Receipted))]
    assert verify_export(signed(both.anna.relationship, records)).agreements == []
    records[at] = record._replace(unaffirmed=False)
    assert refusal(signed(both.anna.relationship, records)) is Code.AGREEMENT_SIGNATURE


def test_an_agreement_that_a_thief_made_is_shown_as_unaffirmed(both: Two) -> None:
    copy = both.world.copy(both.hers)
    agree(both)
    both.returns(both.hers, copy)
    for node in (both.anna, both.shop):
        (made,) = report_of(node).agreements
        assert made.unaffirmed
    both.says(both.hers, RelationshipAffirm(tuple(sorted(both.anna.relationship.unaffirmed))))
    assert not report_of(both.anna).agreements[0].unaffirmed
