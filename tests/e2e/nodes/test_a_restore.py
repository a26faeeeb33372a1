"""A machine is gone; the words and a copy bring every relationship and message back (spec 21, spec 06)."""

from pathlib import Path

from tests.e2e.nodes.agreed import agreed
from tests.e2e.nodes.comeback import (
    assert_both_agree,
    backed_up,
    code_of,
    followed,
    found_in,
    restored,
    stands,
)
from tests.e2e.nodes.inside import at_rest

from pcloud.engine.archive.chain import read_chain
from pcloud.engine.archive.rows import Marked, Said
from pcloud.engine.archive.writing import Writer
from pcloud.runtime.recovering.finding import Words
from pcloud.testing.home import Street, quiet, related, texts, until
from pcloud.wire.header import sign_header
from pcloud.wire.keys import SigningKey
from pcloud.wire.manifest import Manifest


async def test_every_relationship_every_message_and_every_agreement_comes_back(
    street: Street, tmp_path: Path
) -> None:
    anna, shop, bert = [await street.home(name) for name in ("Anna", "Flora", "Bert")]
    pair = await agreed(anna, shop)
    mine, theirs = pair.mine, pair.theirs
    his, hers = await related(bert, anna)
    await anna.owner.say(mine.id, "before the copy")
    await bert.owner.say(his.id, "hello")
    await quiet(anna, shop, bert)
    copy = await backed_up(anna, tmp_path / "copy")
    await anna.owner.say(mine.id, "after the copy")
    await shop.owner.say(theirs.id, "an answer")
    await quiet(anna, shop, bert)
    await at_rest(anna, shop, bert)
    said, record = await texts(shop, theirs.id), (await anna.owner.terms())[0]
    before = await anna.owner.peer(mine.id)
    await anna.down()

    owner = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await owner.up()
    await followed(owner, mine.id, hers.id)
    await quiet(owner, shop, bert)
    await at_rest(owner, shop, bert)
    assert sorted(await texts(owner, mine.id)) == sorted(said)
    assert await texts(owner, hers.id) == ["hello"]
    after = await owner.owner.peer(mine.id)
    assert (after.name, after.code, after.terms, after.kind, after.purpose) == (
        before.name,
        before.code,
        ["SD-BASE"],
        before.kind,
        before.purpose,
    )
    (kept,) = await owner.owner.terms()
    assert (kept.id, kept.agreement, kept.state) == (record.id, record.agreement, "agreed")
    assert [one.text for one in await owner.owner.review()] == ["after the copy"]
    await owner.owner.affirm(mine.id)
    await owner.owner.say(mine.id, "here I am again")
    await quiet(owner, shop, bert)
    for here, there, home in ((mine.id, theirs.id, shop), (hers.id, his.id, bert)):
        await assert_both_agree(owner, here, home, there)
    exported = await owner.owner.export(mine.id)
    assert exported


async def test_yesterdays_copy_is_restored_while_the_original_still_runs(
    street: Street, tmp_path: Path
) -> None:
    """No key and no number is ever used by both."""
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "yesterday")
    await quiet(anna, shop)
    copy = await backed_up(anna, tmp_path / "copy")
    await anna.owner.say(mine.id, "today")
    await quiet(anna, shop)
    owner = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await owner.up()
    await followed(owner, mine.id)
    await owner.owner.say(mine.id, "from the new one")
    await quiet(owner, shop)

    async def told() -> bool:
        return await code_of(anna, mine.id, "from the old one") == "outdated"

    await until(told)
    await at_rest(anna, owner, shop)
    assert (await anna.owner.recovery()).stopped == [mine.id]
    assert (await anna.owner.peer(mine.id)).state == "stopped"
    assert sorted(await texts(shop, theirs.id)) == ["from the new one", "today", "yesterday"]
    assert sorted(await texts(owner, mine.id)) == ["from the new one", "today", "yesterday"]


async def test_a_node_that_has_recovered_before_comes_back_with_its_marks(
    street: Street, tmp_path: Path
) -> None:
    """Messages that were sent again stand at all their places, and what waits for the owner still waits."""
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "one")
    await quiet(anna, shop)
    first = await backed_up(anna, tmp_path / "first")
    await anna.owner.say(mine.id, "two")
    await shop.owner.say(theirs.id, "three")
    await quiet(anna, shop)
    await anna.owner.pause(mine.id)
    await quiet(anna, shop)
    await anna.down()

    second = restored(street, anna, tmp_path / "second-home", found_in(anna, first))
    await second.up()
    await followed(second, mine.id)
    await quiet(second, shop)
    await at_rest(second, shop)
    waits = [(one.what, one.text) for one in await second.owner.review()]
    assert waits == [("relationship.pause", None), ("conversation.say", "two")], "what ends something first"
    again = await backed_up(second, tmp_path / "again")
    await second.down()

    third = restored(street, second, tmp_path / "third-home", found_in(anna, again))
    await third.up()
    await followed(third, mine.id)
    await quiet(third, shop)
    await at_rest(third, shop)
    assert [(one.what, one.text) for one in await third.owner.review()] == waits
    assert (await third.owner.peer(mine.id)).state == "paused"
    await third.owner.affirm(mine.id, entries=[(await third.owner.review())[1].id])
    await third.owner.reject(mine.id)
    await quiet(third, shop)
    await shop.owner.say(theirs.id, "four")
    await quiet(third, shop)
    await at_rest(third, shop)
    for home, peer in ((third, mine.id), (shop, theirs.id)):
        assert sorted(await texts(home, peer)) == ["four", "one", "three", "two"]
    ours, its = await assert_both_agree(third, mine.id, shop, theirs.id)
    assert (ours.epochs, its.epochs) == ((2, 0), (0, 2))


async def test_meetings_that_were_not_over_can_be_begun_anew(street: Street, tmp_path: Path) -> None:
    """A persona that was only asked with, or not even that, does not come back (spec 06 §1)."""
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    unsent, sent = [await shop.owner.invite(purpose) for purpose in ("to look", "to ask")]
    await anna.owner.connect(unsent.link)
    await anna.owner.accept((await anna.owner.connect(sent.link)).id)
    await quiet(anna)
    copy = await backed_up(anna, tmp_path / "copy")
    await anna.down()

    owner = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await owner.up()
    await followed(owner, mine.id)
    (left,) = await owner.owner.contacts()
    assert (left.purpose, left.state) == ("to ask", "closed")
    assert [peer.id for peer in await owner.owner.peers()] == [mine.id]
    for link, purpose in ((unsent.link, "to look"), (sent.link, "to ask")):
        again = await owner.owner.connect(link)
        assert (again.purpose, again.state) == (purpose, "pending")
    third = await shop.owner.invite("to begin anew")
    await owner.owner.accept((await owner.owner.connect(third.link)).id)

    async def waits() -> str | None:
        found = [each for each in await shop.owner.contacts() if each.purpose == "to begin anew"]
        return found[0].id if found else None

    await shop.owner.accept(str(await until(waits)))
    await quiet(owner, shop)
    assert {peer.state for peer in await owner.owner.peers()} == {"active"}


async def test_a_marked_entry_of_another_version_hides_no_other_from_its_owner(
    street: Street, tmp_path: Path
) -> None:
    """A volume may hold own messages that this version does not know: a later one wrote them, or a thief."""
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await anna.owner.say(mine.id, "known")
    await quiet(anna, shop)
    key = Words.of(anna.secret).key
    whole = await backed_up(anna, tmp_path / "whole")
    rows = list(read_chain(key, [[whole.read_bytes()]]))
    await anna.down()
    (known,) = [
        row
        for row in rows
        if isinstance(row, Said) and row.entry.mine and row.entry.signed.header.name == "conversation.say"
    ]
    header = known.entry.signed.header._replace(name="later.thing", number=900)
    odd = known.entry._replace(signed=sign_header(SigningKey.from_seed(bytes(32)), header))
    rows += [Said(known.scope, odd), Marked(known.scope, (odd.first_id, known.entry.first_id))]
    writer = Writer(Manifest(0, 16, anna.clock.now(), 1, 1, None, 0), key.public, bytes(32), bytes(12))
    copy = tmp_path / "copy"
    copy.write_bytes(writer.begin() + writer.add(rows) + b"".join(writer.end(99)))

    owner = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await owner.up()
    listed = {one.what: one for one in await owner.owner.review()}
    assert set(listed) == {"conversation.say", "later.thing"}
    thing = listed["later.thing"]
    assert (thing.restricts, thing.suspended, thing.rejectable, thing.text) == (False, False, False, None)
    await followed(owner, mine.id)
    assert await texts(owner, mine.id) == ["known"]
    assert not (await stands(owner, mine.id)).stopped
