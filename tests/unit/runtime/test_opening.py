"""A batch opened beside the decisions: what each packet gave, and none of it without its signature."""

from collections.abc import Sequence

import pytest
from tests.unit.engine.probe import Begin, Pair, made, pair

from pcloud.ambient.fixed import SeededEntropy
from pcloud.engine import sealing
from pcloud.engine.intake import open_frame
from pcloud.errors import Code, Violation
from pcloud.net.port import Packet
from pcloud.runtime.carrying.opening import open_all
from pcloud.runtime.deciding.receiving import Arrived
from pcloud.wire.content import Content, write_content
from pcloud.wire.keys import Check, verify
from pcloud.wire.session import seal_frame

COUNT = 5
DRAW = SeededEntropy("opening")


class Checker:
    """Says of signatures whether they hold, and notes how many it was asked about at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, checks: Sequence[Check]) -> list[bool]:
        self.asked.append(len(checks))
        return [self._holds(check) for check in checks]

    def _holds(self, check: Check) -> bool:
        try:
            verify(*check)
        except Violation:
            return False
        return True


@pytest.fixture
def two() -> Pair:
    return pair()


def arrived(two: Pair, frames: list[bytes]) -> list[Arrived]:
    before = two.shop.relationship
    return [
        Arrived(Packet(before.me.mailbox, frame), number, before=before)
        for number, frame in enumerate(frames)
    ]


def forged(two: Pair) -> bytes:
    """A frame under the right key whose message is signed by nobody."""
    signed, _ = made(two.anna, Begin("a"))
    out = two.anna.relationship.sealing.out
    assert out is not None
    broken = signed.data[:-1] + bytes([signed.data[-1] ^ 1])
    return seal_frame(
        out.frame_key, out.block, write_content(Content(out.start, None, broken, ())), bytes(12)
    )


def test_signatures_of_a_batch_are_checked_together_and_each_packet_gets_its_own(two: Pair) -> None:
    frames = [two.anna.say(Begin(str(number))) for number in range(COUNT)]
    frames.insert(2, forged(two))
    checker, waiting = Checker(), arrived(two, frames)
    found = open_all(waiting, two.shop.clock.now, DRAW, checker)
    assert checker.asked == [COUNT + 1]
    assert [each.number for each in found] == list(range(COUNT + 1))
    for number, (each, frame) in enumerate(zip(found, frames, strict=True)):
        if number == 2:
            assert each.opened is None
            assert each.refused is not None
            assert each.refused.code is Code.BAD_SIGNATURE
        else:
            assert each.refused is None
            expected = open_frame(two.shop.relationship, frame, two.shop.clock.now, two.shop.draw)
            assert each.opened == expected


def test_what_is_refused_before_its_signature_is_not_asked_about(two: Pair) -> None:
    frame = two.anna.say(Begin("a"))
    checker = Checker()
    broken, good = open_all(
        arrived(two, [frame[:-1] + bytes([frame[-1] ^ 1]), frame]),
        two.shop.clock.now,
        DRAW,
        checker,
    )
    assert checker.asked == [1]
    assert broken.refused is not None
    assert broken.refused.code is Code.NOT_OPENED
    assert broken.opened is None
    assert good.opened is not None


def test_a_start_is_opened_once_for_all_that_carry_it(two: Pair) -> None:
    two.anna.relationship = sealing.renew(two.anna.relationship)
    frames = [two.anna.say(Begin(str(number))) for number in range(COUNT)]
    checker = Checker()
    first, *others = open_all(arrived(two, frames), two.shop.clock.now, DRAW, checker)
    assert checker.asked == [COUNT - 1], "that of the first was checked before its session was taken"
    assert first.opened is not None
    after = first.opened.relationship
    assert after is not two.shop.relationship
    for each in others:
        assert each.opened is not None
        assert each.before is after
        assert each.opened.relationship is after


def test_packets_for_no_relationship_in_memory_are_left_as_they_came(two: Pair) -> None:
    checker = Checker()
    (waiting,) = arrived(two, [two.anna.say(Begin("a"))])
    stranger = waiting._replace(before=None)
    assert open_all([stranger], two.shop.clock.now, DRAW, checker) == [stranger]
