"""A thief runs the stolen folder; the owner comes back elsewhere with the words (spec 06 §6, §7, §11)."""

import shutil
from pathlib import Path

from tests.e2e.nodes.comeback import assert_both_agree, code_of, elsewhere, followed, renewed, stopped
from tests.e2e.nodes.inside import at_rest

from pcloud.testing.home import Street, quiet, related, texts, until


async def test_every_peer_ends_with_the_owner_and_what_the_thief_said_supports_nothing(
    street: Street, tmp_path: Path
) -> None:
    """[REC-21] [REC-24] [REC-27] [REC-31] [REC-33] [REC-40] [REC-41] with real nodes."""
    anna, shop, bert = [await street.home(name) for name in ("Anna", "Flora", "Bert")]
    mine, theirs = await related(anna, shop)
    his, hers = await related(anna, bert)
    await anna.owner.say(mine.id, "on sunday")
    await quiet(anna, shop, bert)
    await anna.down()
    shutil.copytree(anna.folder, tmp_path / "backup")
    await anna.up()
    await anna.owner.say(mine.id, "on monday")
    await shop.owner.say(theirs.id, "yes, on monday")
    await quiet(anna, shop, bert)
    await anna.down()

    thief = elsewhere(street, anna, tmp_path / "stolen", anna.folder)
    await thief.up()
    await thief.owner.say(mine.id, "send it to my new address")
    await thief.owner.pause(mine.id)
    await thief.owner.close(his.id)
    await quiet(thief)
    await at_rest(thief, shop, bert)
    assert (await bert.owner.peer(hers.id)).state == "closed"

    owner = elsewhere(street, anna, tmp_path / "new", tmp_path / "backup")
    renewed(owner)
    await owner.up()
    await followed(owner, mine.id, his.id)
    await at_rest(owner, thief, shop, bert)
    listed = await owner.owner.review()
    assert [(one.what, one.text, one.suspended) for one in listed if one.peer == mine.id] == [
        ("relationship.pause", None, False),
        ("conversation.say", "on monday", False),
        ("conversation.say", "send it to my new address", False),
    ]
    assert [(one.what, one.suspended) for one in listed if one.peer == his.id] == [
        ("relationship.close", True)
    ]
    assert (await bert.owner.peer(hers.id)).state == "active", "the close does not act"
    assert (await owner.owner.peer(mine.id)).state == "paused", "what restricts stays in force"

    known = {one.what if one.text is None else one.text: one.id for one in listed}
    await owner.owner.affirm(mine.id, entries=[known["on monday"]])
    await owner.owner.reject(mine.id)
    await owner.owner.reject(his.id)
    await quiet(owner, shop, bert)
    await at_rest(owner, thief, shop, bert)
    assert await owner.owner.review() == []
    for here, there, home in ((mine.id, theirs.id, shop), (his.id, hers.id, bert)):
        assert (await owner.owner.peer(here)).state == "active"
        assert (await home.owner.peer(there)).state == "active"
        await assert_both_agree(owner, here, home, there)
    await shop.owner.say(theirs.id, "only for you")
    await owner.owner.say(mine.id, "it is me")
    await quiet(owner, shop)
    wanted = ["it is me", "on monday", "on sunday", "only for you", "yes, on monday"]
    assert sorted(await texts(owner, mine.id)) == wanted
    assert sorted(await texts(shop, theirs.id)) == wanted

    await thief.owner.resume(mine.id)  # it wants to go on, and so is told
    await until(lambda: stopped(thief, mine.id))
    assert await code_of(thief, mine.id, "still me") == "outdated"
    await at_rest(owner, thief, shop, bert)
    assert (await thief.owner.recovery()).stopped == [mine.id]
    assert "only for you" not in await texts(thief, mine.id), "the thief reads nothing more"
    assert sorted(await texts(shop, theirs.id)) == wanted
