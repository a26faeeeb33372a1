"""Terms, pauses, words and the end, between two real nodes; one of them away now and then."""

import pytest

from pcloud.engine.export.verify import verify_export
from pcloud.errors import Violation
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Negotiation
from pcloud.testing.home import Home, Street, quiet, related, texts, until


async def state(home: Home, wanted: str) -> Negotiation:
    async def look() -> Negotiation | None:
        found = await home.owner.terms()
        return found[0] if found and found[0].state == wanted else None

    found = await until(look)
    assert found is not None
    return found


async def test_terms_are_proffered_countered_and_signed_by_both(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    await anna.owner.proffer(mine.id, "sd-base")
    seen = await state(shop, "proffered")
    assert (seen.terms, seen.mine, seen.turn) == ("SD-BASE", False, "mine")
    await shop.owner.counter_terms(seen.id, "SD-BASE-A")
    named = await state(anna, "countered")
    assert (named.terms, named.turn) == ("SD-BASE-A", "mine")
    await anna.owner.counter_terms(named.id[:6], "SD-BASE-A")
    await shop.owner.accept_terms((await state(shop, "proffered-again")).id)
    agreed = await state(anna, "agreed")
    assert (await state(shop, "agreed")).agreement == agreed.agreement
    both = [await home.owner.show_terms(agreed.id) for home in (anna, shop)]
    assert both[0].record is not None
    assert both[0].record == both[1].record, "both hold the same bytes"
    assert (await anna.owner.peer(mine.id)).terms == ["SD-BASE-A"]
    await shop.owner.terminate_terms(agreed.id, reason="not-needed")
    await state(anna, "terminated")
    assert (await anna.owner.peer(mine.id)).terms == []
    assert (await shop.owner.peer(theirs.id)).terms == []


async def test_a_shop_proffers_nothing_to_a_person(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    _, theirs = await related(anna, shop)
    with pytest.raises(OwnerError) as refused:
        await shop.owner.proffer(theirs.id, "SD-BASE")
    assert refused.value.code == "proffer-by-organisation"
    assert await shop.owner.terms() == []


async def test_a_pause_stops_both_and_only_who_paused_resumes(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    paused = await anna.owner.pause(mine.id)
    assert (paused.state, paused.mine, paused.theirs) == ("paused", "paused", "active")

    async def seen() -> bool:
        peer = await shop.owner.peer(theirs.id)
        return (peer.state, peer.mine, peer.theirs) == ("paused", "active", "paused")

    await until(seen)
    for home, peer in ((anna, mine), (shop, theirs)):
        with pytest.raises(OwnerError) as refused:
            await home.owner.say(peer.id, "still there?")
        assert refused.value.code == "paused"
    with pytest.raises(OwnerError):
        await shop.owner.resume(theirs.id)
    await anna.owner.resume(mine.id)
    await quiet(anna, shop)
    assert (await shop.owner.peer(theirs.id)).state == "active"
    assert await texts(shop, theirs.id) == []


async def test_what_is_said_while_the_other_is_away_arrives_once_in_order(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await shop.down()
    said = [f"line {number}" for number in range(20)]
    for line in said:
        await anna.owner.say(mine.id, line)
    await anna.down()
    await shop.up()
    await anna.up()
    await quiet(anna)
    assert await texts(shop, theirs.id) == said
    answers = [f"answer {number}" for number in range(5)]
    for line in answers:
        await shop.owner.say(theirs.id, line)
    await quiet(anna, shop)
    assert await texts(anna, mine.id) == [*said, *answers]


async def test_a_new_session_after_rotation_carries_on(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.rotate(mine.id)
    await quiet(anna, shop)
    await anna.owner.say(mine.id, "with a new key")
    await shop.owner.say(theirs.id, "and back")
    await quiet(anna, shop)
    assert set(await texts(shop, theirs.id)) == {"with a new key", "and back"}


async def test_a_close_is_acknowledged_and_nothing_is_said_after_it(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.close(mine.id, held="erased")
    await quiet(anna)

    async def closed() -> bool:
        return (await shop.owner.peer(theirs.id)).state == "closed"

    await until(closed)
    with pytest.raises(OwnerError) as refused:
        await shop.owner.say(theirs.id, "wait")
    assert refused.value.code == "closed"
    assert (await anna.owner.peer(mine.id)).state == "closed"


async def test_a_peer_can_be_named_by_its_name_and_by_the_beginning_of_its_id(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    assert (await anna.owner.peer("flora")).id == mine.id
    assert (await anna.owner.peer(mine.id[:8])).id == mine.id
    with pytest.raises(OwnerError) as refused:
        await anna.owner.peer("nobody")
    assert refused.value.code == "unknown"


async def test_two_peers_of_one_name_are_ambiguous(street: Street) -> None:
    anna, first, second = await street.home("Anna"), await street.home("F1"), await street.home("F2")
    first.node.me = first.node.me._replace(name="Flora")
    second.node.me = second.node.me._replace(name="Flora")
    await related(anna, first)
    await related(anna, second)
    with pytest.raises(OwnerError) as refused:
        await anna.owner.say("Flora", "which of you?")
    assert refused.value.code == "ambiguous"


@pytest.mark.parametrize("text", ["", "x" * 8_193])
async def test_a_text_that_is_empty_or_too_long_is_refused_and_nothing_waits(
    street: Street, text: str
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    with pytest.raises(OwnerError) as refused:
        await anna.owner.say(mine.id, text)
    assert refused.value.code == "body-form"
    assert (await anna.owner.peer(mine.id)).waiting == 0
    await anna.owner.say(mine.id, "this one")
    await quiet(anna)
    assert await texts(shop, theirs.id) == ["this one"]


async def test_what_happens_can_be_followed_from_any_number_on(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await anna.owner.say(mine.id, "hello")
    await quiet(anna)
    seen = []
    async for happening in anna.owner.happenings(after=0):
        seen.append(happening)
        if happening.what == "conversation.say":
            break
    numbers = [each.number for each in seen if each.number is not None]
    assert numbers == sorted(numbers)
    assert [each.what for each in seen if each.what.startswith("relationship.")] == [
        "relationship.request",
        "relationship.accept",
        "relationship.confirm",
    ]
    last = seen[-1].number
    assert last is not None
    async for happening in anna.owner.happenings(after=last - 1):
        assert happening.what == "conversation.say"
        break


async def test_an_export_of_either_side_is_verified_without_a_node_and_says_the_same(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    await anna.owner.proffer(mine.id, "SD-BASE")
    await shop.owner.accept_terms((await state(shop, "proffered")).id)
    await state(shop, "agreed")
    await anna.owner.say(mine.id, "hello")
    await quiet(anna, shop)
    files = [await anna.owner.export(mine.id), await shop.owner.export(theirs.id)]
    reports = [verify_export(file) for file in files]
    assert len({report.digest for report in reports}) == 1, "both fold to one digest"
    assert all(len(report.agreements) == 1 for report in reports)
    with pytest.raises(Violation):
        verify_export(files[0][:-1])
