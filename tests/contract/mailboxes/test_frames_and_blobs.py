"""What comes is kept in its order, within quotas, until it is taken or over."""

import pytest
from tests.contract.mailboxes.bodies import DAY, NOW, QUOTA, Body, Box

from pcloud.mailboxes.port import (
    EXPIRED_AT_ONCE,
    AddVouchers,
    CloseBox,
    PublishBlob,
    PutFrame,
    Quota,
    Stats,
    TakeFrames,
)
from pcloud.wire.services.relay import voucher_hash
from pcloud.wire.services.service import Outcome

DONE, UNKNOWN, FULL = Outcome.DONE, Outcome.UNKNOWN, Outcome.FULL


def number_of(body: Body, box: Box) -> int:
    number = body.boxes.find(box.token, body.now)
    assert number is not None
    return number


def test_frames_come_out_as_they_came_in_numbered_from_one(body: Body) -> None:
    """[RELAY-12]"""
    box, other = body.opened("a"), body.opened("b")
    results = body.do(box.put(b"one"), other.put(b"x"), box.put(b"two"), box.put(b"one"))
    assert [result.number for result in results] == [1, 1, 2, 3]
    assert [result.box for result in results] == [number_of(body, each) for each in (box, other, box, box)]
    assert body.frames(box) == [(1, b"one"), (2, b"two"), (3, b"one")]
    assert body.frames(box, after=2) == [(3, b"one")]
    assert body.frames(other) == [(1, b"x")]
    assert body.boxes.stats() == Stats(0, 2, 4, 10)


def test_as_many_are_read_as_there_is_room_for_and_one_at_least(body: Body) -> None:
    """[RELAY-13]"""
    box = body.opened("a")
    body.do(*[box.put(bytes(10)) for _ in range(5)])
    assert [number for number, _ in body.frames(box, many=2)] == [1, 2]
    assert [number for number, _ in body.frames(box, size=29)] == [1, 2]
    assert [number for number, _ in body.frames(box, size=30)] == [1, 2, 3]
    assert [number for number, _ in body.frames(box, after=3, size=1)] == [4]
    assert body.frames(box, after=5) == []
    assert body.boxes.read(12345, 0, 10, 10) == []


def test_what_is_taken_is_gone_with_all_before_it_and_numbers_go_on(body: Body) -> None:
    """[RELAY-14]"""
    box, other = body.opened("a"), body.opened("b")
    body.do(*[box.put(bytes([n])) for n in range(4)], other.put(b"y"))
    number = number_of(body, box)
    assert body.outcomes(TakeFrames(number, 2), TakeFrames(number, 2), TakeFrames(number, 1)) == [DONE] * 3
    assert body.frames(box) == [(3, b"\2"), (4, b"\3")]
    assert body.outcomes(TakeFrames(number, 5), TakeFrames(number + 1, 1)) == [UNKNOWN, UNKNOWN]
    assert body.frames(box) == [(3, b"\2"), (4, b"\3")]
    assert body.outcomes(TakeFrames(number, 4)) == [DONE]
    assert body.do(box.put(b"more"))[0].number == 5
    assert body.frames(other) == [(1, b"y")]


def test_a_frame_for_nobody_is_not_kept(body: Body) -> None:
    box = body.opened("a")
    near = PutFrame(box.address[:8] + bytes(24), b"frame")
    assert body.outcomes(Box("b").put(), near, PutFrame(box.token, b"frame")) == [UNKNOWN] * 3
    assert body.boxes.stats() == Stats(0, 1, 0, 0)


def test_a_mailbox_takes_no_more_than_its_quota_and_others_go_on(body: Body) -> None:
    """[RELAY-15]"""
    box, other = body.opened("a"), body.opened("b")
    puts = [box.put(b"x")] * QUOTA.frames
    assert body.outcomes(*puts, box.put(b"x"), other.put(b"x")) == [DONE] * QUOTA.frames + [FULL, DONE]
    body.do(TakeFrames(number_of(body, box), 1))
    assert body.outcomes(box.put(b"y"), box.put(b"z")) == [DONE, FULL]
    assert [frame for _, frame in body.frames(box)] == [b"x"] * 5 + [b"y"]


def test_the_quota_counts_bytes_too_and_a_short_one_may_still_fit(body: Body) -> None:
    """[RELAY-15]"""
    box = body.opened("a")
    assert body.outcomes(box.put(bytes(3_000)), box.put(bytes(1_001)), box.put(bytes(1_000)), box.put()) == [
        DONE,
        FULL,
        DONE,
        FULL,
    ]
    assert body.boxes.stats() == Stats(0, 1, 2, 4_000)


def test_all_mailboxes_together_take_no_more_than_the_relay_has(body: Body) -> None:
    """[RELAY-15]"""
    boxes = [body.opened(number) for number in range(3)]
    assert body.outcomes(*[box.put(bytes(4_000)) for box in boxes]) == [DONE, DONE, FULL]
    assert body.outcomes(PublishBlob(boxes[2].token, bytes(1_001), NOW * 2)) == [FULL]
    assert body.outcomes(CloseBox(boxes[0].token), boxes[2].put(bytes(4_000))) == [DONE, DONE]
    assert body.boxes.stats() == Stats(0, 2, 2, 8_000)


def test_a_smaller_quota_after_a_stop_loses_nothing_that_is_there(body: Body) -> None:
    box = body.opened("a")
    body.do(*[box.put(b"x")] * 4)
    body.again(Quota(frames=2, bytes=2, mailboxes=0, bytes_in_all=1))
    assert len(body.frames(box)) == 4
    assert body.outcomes(box.put()) == [FULL]


def test_frames_that_nobody_takes_go_after_their_time(body: Body) -> None:
    """[RELAY-16]"""
    box, other = body.opened("a"), body.opened("b")
    body.do(box.put(b"old"), other.put(b"old too"))
    body.now += DAY
    body.do(box.put(b"young"))
    body.now = NOW + QUOTA.kept_s
    body.expire()
    assert len(body.frames(box)) == 2
    body.now = NOW + QUOTA.kept_s + 3_600
    body.expire()
    assert body.frames(box) == [(2, b"young")]
    assert body.frames(other) == []
    assert body.boxes.stats() == Stats(0, 2, 1, 5)
    assert body.do(other.put(b"new"))[0].number == 2


def test_a_clock_that_went_back_makes_nothing_go_early(body: Body) -> None:
    box = body.opened("a")
    body.do(box.put(b"one"))
    body.now -= 400 * DAY
    body.expire()
    body.do(box.put(b"two"))
    body.expire()
    assert [frame for _, frame in body.frames(box)] == [b"one", b"two"]


def test_what_is_over_goes_a_little_at_a_time(body: Body) -> None:
    quota = Quota(frames=10 * EXPIRED_AT_ONCE, mailboxes=100)
    body.again(quota)
    boxes = [body.opened(number) for number in range(3)]
    body.do(*[box.put(b"x") for box in boxes for _ in range(EXPIRED_AT_ONCE)])
    hashes = tuple(voucher_hash(bytes([n]) * 32) for n in range(20))
    body.do(AddVouchers(hashes, NOW))
    body.now += 800 * DAY
    rounds, before = 1, body.boxes.stats()
    while body.boxes.expire(body.now):
        now = body.boxes.stats()
        gone = sum(before) - before.bytes - sum(now) + now.bytes
        assert 0 < gone <= EXPIRED_AT_ONCE + 1
        rounds, before = rounds + 1, now
    assert rounds > 3
    assert body.boxes.stats() == Stats(0, 0, 0, 0)
    assert not body.boxes.expire(body.now)


def test_a_blob_is_served_until_its_end_and_nothing_else_is(body: Body) -> None:
    """[RELAY-17]"""
    shown, other = body.opened("a"), body.opened("b")
    assert body.outcomes(PublishBlob(shown.token, b"blob", NOW + DAY)) == [DONE]
    assert body.boxes.blob(shown.address, NOW) == b"blob"
    for address in (other.address, shown.token, Box("c").address, shown.address[:8] + bytes(24)):
        assert body.boxes.blob(address, NOW) is None
    assert body.boxes.blob(shown.address, NOW + DAY - 1) == b"blob"
    assert body.boxes.blob(shown.address, NOW + DAY) is None


def test_a_blob_takes_the_place_of_the_one_before_and_an_empty_one_takes_it_away(body: Body) -> None:
    shown = body.opened("a")
    for blob in (b"first", bytes(4_000), b"third"):
        assert body.outcomes(PublishBlob(shown.token, blob, NOW + DAY)) == [DONE]
        assert body.boxes.blob(shown.address, NOW) == blob
        assert body.boxes.stats().bytes == len(blob)
    for _ in range(2):
        assert body.outcomes(PublishBlob(shown.token, b"", NOW)) == [DONE]
        assert body.boxes.blob(shown.address, NOW) is None
        assert body.boxes.stats() == Stats(0, 1, 0, 0)
    assert body.outcomes(shown.put()) == [DONE]


def test_a_mailbox_holds_frames_or_a_blob(body: Body) -> None:
    """[RELAY-17]"""
    box, shown = body.opened("a"), body.opened("b")
    body.do(box.put())
    for blob in (b"blob", b""):
        assert body.outcomes(PublishBlob(box.token, blob, NOW + DAY)) == [FULL]
    assert body.outcomes(PublishBlob(shown.token, b"blob", NOW + DAY), shown.put()) == [DONE, FULL]
    assert body.boxes.blob(box.address, NOW) is None
    assert body.frames(shown) == []
    assert body.boxes.stats() == Stats(0, 2, 1, 9)
    body.do(TakeFrames(number_of(body, box), 1))
    assert body.outcomes(PublishBlob(box.token, b"blob", NOW + DAY)) == [DONE]


@pytest.mark.parametrize("size", [QUOTA.bytes + 1, 2 * QUOTA.bytes])
def test_a_blob_beyond_the_quota_leaves_the_one_before(body: Body, size: int) -> None:
    """[RELAY-15]"""
    shown = body.opened("a")
    body.do(PublishBlob(shown.token, b"blob", NOW + DAY))
    assert body.outcomes(PublishBlob(shown.token, bytes(size), NOW + DAY)) == [FULL]
    assert body.boxes.blob(shown.address, NOW) == b"blob"
    assert body.boxes.stats().bytes == 4


def test_nobody_publishes_without_the_token(body: Body) -> None:
    shown = body.opened("a")
    for wrong in (shown.address, shown.pickup, Box("b").token):
        assert body.outcomes(PublishBlob(wrong, b"blob", NOW + DAY)) == [UNKNOWN]
    assert body.boxes.stats() == Stats(0, 1, 0, 0)


def test_no_changes_are_no_commit(body: Body) -> None:
    assert body.do() == []
