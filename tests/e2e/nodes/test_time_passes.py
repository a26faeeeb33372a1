"""What the clock asks of a node: tries, ends of pauses, greetings; and a clock that jumps (spec 05 §5)."""

import time

import pytest
from tests.e2e.nodes.inside import at_rest, memory_agrees, standing

from pcloud.ambient.fixed import FixedClock
from pcloud.engine.snapshot import Decision
from pcloud.limits import RETRY_FIRST_S, RETRY_S_MAX, RETRY_SILENT_S, SILENCE_S_MAX
from pcloud.runtime import timekeeper
from pcloud.runtime.deciding.batch import RESUMED, Batch
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.owning import speaking
from pcloud.runtime.timekeeper import LOOK_S, PUT_OFF_S
from pcloud.store.port import Delivery, Timer
from pcloud.testing.home import Home, Street, quiet, related, texts, until

DAY_S = 86_400


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(int(time.time()))


async def delivery(home: Home, peer: str) -> Delivery | None:
    return await home.node.decider.do(lambda batch: batch.store.delivery(bytes.fromhex(peer)))


async def next_try(home: Home, peer: str, tries: int) -> Delivery:
    """The row once there were so many tries."""

    async def look() -> Delivery | None:
        found = await delivery(home, peer)
        return found if found is not None and found.tries >= tries else None

    found = await until(look)
    assert found is not None
    return found


async def tried_soon(home: Home, peer: str) -> None:
    """Wait until the next try is not far off, whatever it was before."""

    async def soon() -> bool:
        row = await delivery(home, peer)
        return row is not None and row.next_try - home.clock.now() <= RETRY_FIRST_S * 3

    await until(soon)


async def pass_time(clock: FixedClock, home: Home, seconds: float) -> None:
    """Let time pass, and the node look at its clock."""
    await clock.advance(seconds)
    for _ in range(3):
        home.node._timekeeper.wake(0, clock.now() - clock.elapsed())
        await home.node.decider.do(lambda _batch: None)


async def alone(anna: Home, shop: Home, peer: str, *said: str) -> None:
    """One says something to the other, who is away."""
    await at_rest(anna, shop)
    await shop.down()
    for text in said:
        await anna.owner.say(peer, text)


async def test_a_node_at_rest_looks_at_its_clock_and_asks_its_store_nothing(
    street: Street, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    await related(anna, shop)
    await at_rest(anna, shop)
    await clock.advance(10 * LOOK_S)
    await at_rest(anna, shop)
    looked = 0

    def keep_time(*_: object, **__: object) -> tuple[bool, None]:
        nonlocal looked
        looked += 1
        return False, None

    monkeypatch.setattr(timekeeper, "keep_time", keep_time)
    for _ in range(10):
        await clock.advance(LOOK_S)
    assert not looked
    await alone(anna, shop, (await anna.owner.peers())[0].id, "hello")
    await clock.advance(RETRY_FIRST_S * 2)
    assert looked


async def test_what_fails_after_a_commit_keeps_nothing_from_being_tried_again(
    street: Street, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, _ = await related(anna, shop)
    await at_rest(anna, shop)
    await shop.down()

    def tell(_committed: object) -> None:
        monkeypatch.undo()
        raise ValueError("once")

    monkeypatch.setattr(anna.node.following, "tell", tell)
    await anna.owner.say(mine.id, "hello")

    async def tried() -> bool:
        await clock.advance(RETRY_FIRST_S)
        row = await delivery(anna, mine.id)
        return row is not None and row.tries >= 3

    await until(tried)


async def test_what_is_to_follow_at_once_does_not_wait_for_a_clock_that_was_wrong(
    street: Street, clock: FixedClock
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, _ = await related(anna, shop)
    await at_rest(anna, shop)
    scope, decider = bytes.fromhex(mine.id), anna.node.decider
    clock.jump(PUT_OFF_S)
    await decider.do(lambda batch: batch.ask(scope, RESUMED, b"key"))
    clock.jump(-PUT_OFF_S)

    async def done() -> bool:
        timers = await decider.do(lambda batch: batch.store.copying.timers(scope))
        return all(timer.command != RESUMED for timer in timers)

    await until(done)


async def test_what_is_not_answered_is_tried_again_at_doubled_waits_up_to_six_hours(
    street: Street, clock: FixedClock
) -> None:
    """[ORDER-26]"""
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await alone(anna, shop, mine.id, "hello")
    waits = []
    row = await next_try(anna, mine.id, 1)
    for tries in range(2, 15):
        waits.append(row.next_try - clock.now())
        await clock.advance(row.next_try - clock.now() - 1)
        assert await delivery(anna, mine.id) == row, "not a second too early"
        await pass_time(clock, anna, 1)
        row = await next_try(anna, mine.id, tries)
    least = [min(RETRY_FIRST_S << number, RETRY_S_MAX) for number in range(len(waits))]
    for wait, base in zip(waits, least, strict=True):
        assert base <= wait <= base + base // 4
    assert len({wait - base for wait, base in zip(waits, least, strict=True)}) > 3, "a random time is added"
    await shop.up()
    await pass_time(clock, anna, row.next_try - clock.now())
    await quiet(anna)
    assert await texts(shop, theirs.id) == ["hello"]
    assert await delivery(anna, mine.id) is None


async def test_the_waits_begin_anew_with_each_receipt(street: Street, clock: FixedClock) -> None:
    """[ORDER-26]"""
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, _ = await related(anna, shop)
    await alone(anna, shop, mine.id, "one", "two")
    for tries in (1, 2, 3):
        row = await next_try(anna, mine.id, tries)
        await pass_time(clock, anna, row.next_try - clock.now())

    def first_is_acknowledged(batch: Batch) -> None:
        scope = batch.scope(bytes.fromhex(mine.id))
        line = scope.relationship.outgoing
        less = line._replace(receipted=line.pending[0].number, pending=line.pending[1:])
        batch.apply(scope, Decision(scope.relationship._replace(outgoing=less)))

    await next_try(anna, mine.id, 4)
    await anna.node.decider.do(first_is_acknowledged)
    row = await next_try(anna, mine.id, 1)
    assert (row.first_try, row.tries) == (clock.now(), 1)
    assert row.next_try - clock.now() <= RETRY_FIRST_S * 5 // 4


async def test_after_a_month_it_is_weekly_and_the_message_comes_without_its_text(
    street: Street, clock: FixedClock
) -> None:
    """[ORDER-27], [ORDER-29]"""
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await alone(anna, shop, mine.id, "old news")
    await clock.advance(SILENCE_S_MAX - DAY_S)
    await anna.owner.say(mine.id, "fresh news")
    before = await next_try(anna, mine.id, 1)
    await pass_time(clock, anna, DAY_S + 1)
    row = await next_try(anna, mine.id, before.tries + 1)
    assert RETRY_SILENT_S <= row.next_try - clock.now() <= RETRY_SILENT_S * 5 // 4
    assert await texts(anna, mine.id) == ["fresh news"], "the text is gone here too"
    await shop.up()
    await pass_time(clock, anna, RETRY_SILENT_S * 5 // 4)
    await quiet(anna)
    log = [each for each in await shop.owner.log(theirs.id) if each.what == "conversation.say"]
    assert [(each.text, each.verdict) for each in log] == [("fresh news", "applied"), (None, "applied")]
    assert await memory_agrees(anna)
    assert await memory_agrees(shop)


async def test_a_pause_with_an_end_ends_by_itself(street: Street, clock: FixedClock) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await anna.owner.pause(mine.id, until=clock.now() + 600)
    await quiet(anna)
    await pass_time(clock, anna, 599)
    assert (await anna.owner.peer(mine.id)).state == "paused"
    assert (await shop.owner.peer(theirs.id)).state == "paused"
    await pass_time(clock, anna, 1)

    async def over() -> bool:
        peers = [await anna.owner.peer(mine.id), await shop.owner.peer(theirs.id)]
        return [peer.state for peer in peers] == ["active", "active"]

    await until(over)
    await anna.owner.say(mine.id, "back again")
    await quiet(anna)


async def test_a_pause_that_was_ended_by_hand_or_begun_anew_is_not_ended_by_the_old_time(
    street: Street, clock: FixedClock
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, _ = await related(anna, shop)
    await anna.owner.pause(mine.id, until=clock.now() + 600)
    await anna.owner.resume(mine.id)
    await anna.owner.pause(mine.id)
    await pass_time(clock, anna, 1_000)
    await at_rest(anna, shop)
    assert (await anna.owner.peer(mine.id)).state == "paused"


async def test_a_resume_that_has_no_room_is_said_later_and_holds_up_nothing(
    street: Street, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    bert = await street.home("Bert", clock=clock)
    mine, theirs = await related(anna, shop)
    other, _ = await related(anna, bert)
    monkeypatch.setattr(speaking, "WAITING_MAX", 3)
    await alone(anna, shop, mine.id, "1", "2", "3")
    await anna.owner.pause(mine.id, until=clock.now() + 600)
    await pass_time(clock, anna, 600)
    assert (await anna.owner.peer(mine.id)).state == "paused"
    await anna.owner.pause(other.id, until=clock.now() + 60)
    await pass_time(clock, anna, 60)

    async def bert_is_back() -> bool:
        return (await anna.owner.peer(other.id)).state == "active"

    await until(bert_is_back)
    await shop.up()
    await pass_time(clock, anna, PUT_OFF_S)
    await quiet(anna)
    await pass_time(clock, anna, PUT_OFF_S)

    async def over() -> bool:
        return (await shop.owner.peer(theirs.id)).state == "active"

    await until(over)
    assert await texts(shop, theirs.id) == ["1", "2", "3"]
    assert "fault" not in anna.log.getvalue(), "nothing is wrong with a queue that is full"


async def test_one_thing_that_cannot_be_done_is_put_off_and_holds_up_no_other(
    street: Street, clock: FixedClock
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await alone(anna, shop, mine.id, "hello")
    nobody = Timer(bytes(16), "nobody-knows", b"", clock.now())

    def spoil(batch: Batch) -> None:
        batch.steps += 1
        batch.changes.timers[nobody.scope, nobody.command, nobody.key] = nobody

    await anna.node.decider.do(spoil)
    await shop.up()
    await pass_time(clock, anna, 40)
    await quiet(anna)
    assert await texts(shop, theirs.id) == ["hello"]
    assert "fault" in anna.log.getvalue()

    async def put_off() -> bool:
        timers = await anna.node.decider.do(lambda batch: batch.store.timers_due(clock.now() + DAY_S, 9))
        return [each.at > clock.now() for each in timers if each.scope == nobody.scope] == [True]

    await until(put_off)


async def test_a_clock_that_is_set_back_takes_no_decision_back_and_stops_nothing(
    street: Street, clock: FixedClock
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "before")
    await quiet(anna)
    await alone(anna, shop, mine.id, "while away")
    clock.jump(-400 * DAY_S)
    await pass_time(clock, anna, LOOK_S)
    await tried_soon(anna, mine.id)
    assert "clock-jumped" in anna.log.getvalue()
    await anna.owner.say(mine.id, "after")
    times = [each.at for each in await anna.owner.log(mine.id) if each.text is not None]
    assert times == sorted(times, reverse=True)
    await shop.up()
    await pass_time(clock, anna, RETRY_FIRST_S * 2)
    await quiet(anna)
    await shop.owner.say(theirs.id, "and you?")
    await quiet(anna, shop)
    assert await texts(shop, theirs.id) == ["before", "while away", "after", "and you?"]
    assert anna.node.broken is None
    assert "fault" not in anna.log.getvalue()


@pytest.mark.parametrize(("step", "noted"), [(-3_600, True), (-600, False)])
async def test_what_waits_is_tried_soon_after_the_clock_was_set_back_by_no_more_than_an_hour(
    street: Street, clock: FixedClock, step: int, *, noted: bool
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await alone(anna, shop, mine.id, "while away")
    before = (await standing(anna))[mine.id]
    clock.jump(step)
    row = await delivery(anna, mine.id)
    assert row is not None
    assert row.next_try - clock.now() > -step - RETRY_FIRST_S
    await pass_time(clock, anna, LOOK_S)
    await tried_soon(anna, mine.id)
    assert ("clock-jumped" in anna.log.getvalue()) is noted
    assert ((await standing(anna))[mine.id]["started"] > before["started"]) is noted, "a new session"
    await shop.up()
    await pass_time(clock, anna, RETRY_FIRST_S * 3)
    await quiet(anna)
    assert await texts(shop, theirs.id) == ["while away"]


async def test_a_clock_that_jumps_ahead_loses_nothing_that_waits(street: Street, clock: FixedClock) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await alone(anna, shop, mine.id, "while away")
    started = (await standing(anna))[mine.id]["started"]
    clock.jump(400 * DAY_S)
    await pass_time(clock, anna, 0)
    await tried_soon(anna, mine.id)
    assert "clock-jumped" in anna.log.getvalue()
    await pass_time(clock, anna, RETRY_FIRST_S)
    assert await texts(anna, mine.id) == ["while away"], "a clock that is wrong withdraws nothing"
    await shop.up()
    await quiet(anna)
    assert await texts(shop, theirs.id) == ["while away"], "the text is there: it had waited for a minute"
    assert (await standing(anna))[mine.id]["started"] > started, "and a new session was begun"
    clock.jump(-400 * DAY_S)
    await pass_time(clock, anna, LOOK_S)
    await anna.owner.say(mine.id, "the clock is right again")
    await quiet(anna)
    assert (await texts(shop, theirs.id))[-1] == "the clock is right again"


async def test_a_clock_that_stays_where_it_was_set_is_believed_after_a_month_of_waiting(
    street: Street, clock: FixedClock
) -> None:
    """[ORDER-29]"""
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await alone(anna, shop, mine.id, "while away")
    clock.jump(400 * DAY_S)

    async def noticed() -> bool:
        await clock.advance(1)
        return "clock-jumped" in anna.log.getvalue()

    await until(noticed)
    await pass_time(clock, anna, SILENCE_S_MAX - 2 * LOOK_S)
    assert await texts(anna, mine.id) == ["while away"]

    async def withdrawn() -> bool:
        row = await delivery(anna, mine.id)
        await pass_time(clock, anna, 1 if row is None else max(1, row.next_try - clock.now()))
        return await texts(anna, mine.id) == []

    await until(withdrawn)
    assert (await anna.owner.peer(mine.id)).waiting == 1


async def test_after_a_start_what_waits_is_tried_soon_however_long_the_wait_had_become(
    street: Street, clock: FixedClock
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await alone(anna, shop, mine.id, "hello")
    for tries in range(1, 12):
        row = await next_try(anna, mine.id, tries)
        await pass_time(clock, anna, row.next_try - clock.now())
    row = await next_try(anna, mine.id, 12)
    assert row.next_try - clock.now() >= RETRY_S_MAX
    await anna.down()
    await anna.up()
    await tried_soon(anna, mine.id)
    now = await delivery(anna, mine.id)
    assert now is not None
    assert now.tries == row.tries
    await at_rest(anna)
    await shop.up()
    await pass_time(clock, anna, RETRY_FIRST_S)
    await quiet(anna)
    assert await texts(shop, theirs.id) == ["hello"]


async def test_after_a_start_each_peer_gets_a_new_session_and_one_that_is_away_as_soon_as_it_is_back(
    street: Street, clock: FixedClock
) -> None:
    """[ROLL-6]"""
    anna = await street.home("Anna", clock=clock)
    others = [await street.home(name, clock=clock) for name in ("Flora", "Bert")]
    known = [(await related(anna, other))[1] for other in others]
    await at_rest(anna, *others)
    sessions = [
        (await standing(other))[peer.id]["sessions"] for other, peer in zip(others, known, strict=True)
    ]
    flora, bert = others
    await bert.down()
    await anna.down()
    await anna.up()

    async def flora_has_one() -> bool:
        found = (await standing(flora))[known[0].id]["sessions"]
        return bool(found[-1] not in sessions[0])

    await until(flora_has_one)
    await at_rest(anna, flora)
    waiting = {peer.name: await delivery(anna, peer.id) for peer in await anna.owner.peers()}
    assert waiting["Flora"] is None, "it was answered"
    assert waiting["Bert"] is not None, "it is repeated"
    await bert.up()
    await at_rest(anna, bert)
    await pass_time(clock, anna, waiting["Bert"].next_try - clock.now())

    async def bert_has_one() -> bool:
        found = (await standing(bert))[known[1].id]["sessions"]
        return bool(found[-1] not in sessions[1])

    await until(bert_has_one)

    async def answered() -> bool:
        return all([await delivery(anna, peer.id) is None for peer in await anna.owner.peers()])

    await until(answered)


@pytest.mark.parametrize("noticed", ["while it was wrong", "when it was right again"])
async def test_what_was_kept_while_the_clock_was_wrong_for_a_moment_is_tried_soon(
    street: Street, clock: FixedClock, noticed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await alone(anna, shop, mine.id)
    told = anna.node.committed

    def late(committed: Committed) -> None:
        if noticed == "when it was right again":
            clock.jump(-400 * DAY_S)
        told(committed)

    clock.jump(400 * DAY_S)
    monkeypatch.setattr(anna.node.decider, "_after", late)
    await anna.owner.say(mine.id, "while away")
    monkeypatch.setattr(anna.node.decider, "_after", told)
    if noticed == "while it was wrong":
        await until(lambda: in_log(anna, "clock-jumped"))
        clock.jump(-400 * DAY_S)
    await clock.advance(LOOK_S)
    await tried_soon(anna, mine.id)


async def test_a_clock_that_was_wrong_for_a_while_makes_nobody_silent_for_a_month(
    street: Street, clock: FixedClock
) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    contact = await anna.owner.connect((await shop.owner.invite("to meet")).link)
    await shop.down()
    clock.jump(-400 * DAY_S)
    await anna.owner.accept(contact.id)
    await next_try(anna, contact.id, 1)
    clock.jump(400 * DAY_S)
    await clock.advance(LOOK_S)
    await until(lambda: in_log(anna, "clock-jumped"))
    await tried_soon(anna, contact.id)
    for _ in range(3):
        row = await next_try(anna, contact.id, 0)
        await pass_time(clock, anna, row.next_try - clock.now())
        row = await next_try(anna, contact.id, row.tries + 1)
        assert row.next_try - clock.now() < RETRY_S_MAX


async def in_log(home: Home, word: str) -> bool:
    return word in home.log.getvalue()


async def test_repeats_and_receipts_are_counted(street: Street, clock: FixedClock) -> None:
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await quiet(anna, shop)
    receipts = shop.node.metrics.receipts
    assert receipts > 0
    assert anna.node.metrics.retries == 0
    await alone(anna, shop, mine.id, "while away")
    await pass_time(clock, anna, RETRY_FIRST_S * 2)
    await next_try(anna, mine.id, 2)
    assert anna.node.metrics.retries == 1
    await shop.up()
    await pass_time(clock, anna, RETRY_FIRST_S * 3)
    await quiet(anna, shop)
    assert shop.node.metrics.receipts > 0
