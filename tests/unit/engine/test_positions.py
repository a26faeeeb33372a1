"""What positions say, and what they leave out (spec 06 §2, §4)."""

import pytest
from tests.unit.engine.two import Two, held, recover_of

from pcloud.engine import recovery, sealing
from pcloud.engine.snapshot import APPLIED, REJECTED
from pcloud.engine.statement import read_statement
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.limits import POSITION_REFUSALS_MAX
from pcloud.testing.node import exchange
from pcloud.wire import cose


@pytest.fixture
def two() -> Two:
    return Two()


def rotates(two: Two, count: int) -> None:
    for _ in range(count):
        two.says(two.hers, RelationshipRotate(sealing.announced(two.anna.relationship)))


def test_a_line_names_the_newest_refusals_and_says_nothing_of_older_ones(two: Two) -> None:
    """[REC-7], [REC-25]"""
    rotates(two, POSITION_REFUSALS_MAX + 4)
    copy = two.world.copy(two.its)
    entries = copy.log.sequence(mine=False)[2:]
    for entry in entries:
        copy.log.put(entry._replace(verdict="internal"))
    (line,) = (
        line for line in recovery.position_of(copy.relationship, copy.log, None).lines if not line.outgoing
    )
    numbers = [refusal.number for refusal in line.refusals]
    last = entries[-1].signed.header.number
    assert numbers == list(range(last - POSITION_REFUSALS_MAX + 1, last + 1))
    for entry in entries[POSITION_REFUSALS_MAX - 4 :]:
        copy.log.put(entry._replace(verdict=APPLIED))
    (line, *_) = (
        line for line in recovery.position_of(copy.relationship, copy.log, None).lines if not line.outgoing
    )
    assert len(line.refusals) == POSITION_REFUSALS_MAX - 4, "all of them"
    for entry in entries:
        copy.log.put(entry._replace(verdict="internal"))
    two.returns(two.its, copy)
    verdicts = [held(two.anna, entry.first_id).verdict for entry in entries]
    assert verdicts == [APPLIED] * 4 + ["internal"] * POSITION_REFUSALS_MAX


def test_a_position_names_the_lines_of_the_two_newest_pairs_of_epochs(two: Two) -> None:
    """[REC-8]"""
    for _ in range(3):
        rotates(two, 1)
        two.returns(two.hers, two.world.copy(two.hers))
    rotates(two, 1)
    lines = recovery.position_of(two.anna.relationship, two.anna.log, None).lines
    assert [(line.outgoing, line.sender_epoch) for line in lines if line.outgoing] == [(True, 2), (True, 3)]
    used = {entry.signed.header.recipient_epoch for entry in two.anna.log.sequence(mine=False)}
    listed = [line.recipient_epoch for line in lines if not line.outgoing]
    assert listed == sorted(used)[-2:]


def test_what_was_rejected_keeps_that_verdict_when_the_peer_recovers(two: Two) -> None:
    """[REC-25]"""
    two.lost()
    rejected = two.anna.relationship.unaffirmed
    two.says(two.hers, RelationshipReject(tuple(sorted(rejected))))
    two.returns(two.its, two.world.copy(two.its))
    two.agree()
    assert {held(two.anna, id_).verdict for id_ in rejected} == {REJECTED}


def test_a_reissue_that_was_refused_takes_the_verdict_of_an_older_copy(two: Two) -> None:
    """[REC-25]"""
    before = two.world.copy(two.its)
    rotates(two, 2)
    judged = two.world.copy(two.its)
    two.returns(two.its, before)
    entry = two.anna.log.sequence(mine=True)[-1]
    assert entry.signed.header.first is not None
    two.anna.log.put(entry._replace(verdict="paused"))
    refused = two.anna.receive(two.back(two.its, judged))
    two.shop.receive(refused.frames[0])
    frame = two.its.recover()
    assert frame is not None
    exchange(two.shop, two.anna, frame)
    two.agree()
    assert held(two.anna, entry.first_id).verdict == APPLIED


def test_a_log_without_its_own_thread_gives_nothing_back(two: Two) -> None:
    two.shop.relationship = two.shop.relationship._replace(thread=None)
    frame = two.back(two.hers, two.world.copy(two.hers))
    two.anna.log.by_first_id.clear()
    statement = read_statement(two.shop.relationship, recover_of(two.anna), cose.RECOVER)
    assert frame
    decision = recovery.accept_recover(two.shop.relationship, statement, two.shop.log, two.shop.setting)
    assert all(entry.signed.header.name != "relationship.returned" for entry in decision.entries)
