"""[DISC-21] to [DISC-23]: what a taker does with what it is given, by itself, once, and no more than that."""

import pytest
from tests.e2e.nodes.agreed import SERVICE
from tests.e2e.nodes.taker import (
    ANNA,
    HOME,
    MAIL,
    NAME,
    STREET_,
    done,
    give,
    held,
    holds,
    pair_in,
    revoke,
    said,
    say,
    settled,
    traces,
    update,
    versions,
)

from pcloud.errors import UsageError
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.runtime import reactions
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import backups
from pcloud.testing.home import Home, Village, quiet

ACKNOWLEDGED = DisclosureAcknowledge.NAME


async def outcomes(home: Home, peer: str) -> list[list[list[object]]]:
    """What was acknowledged, message by message."""
    bodies = [entry.parts[0] for entry in await said(home, peer, ACKNOWLEDGED)]
    return [
        [list(each) for each in DisclosureAcknowledge.read(body.data).outcomes] for body in bodies if body
    ]


async def test_each_field_is_taken_over_and_said_to_be(village: Village) -> None:
    pair = await pair_in(village)
    grant = await give(pair, {NAME: ANNA, HOME: STREET_})

    fields = await holds(pair, {NAME: 1, HOME: 1})

    assert fields[HOME].value == STREET_
    assert (fields[HOME].thread, fields[HOME].state, fields[HOME].said) == (grant, "held", "applied")
    assert (fields[NAME].terms, fields[NAME].purposes) == ("SD-BASE", [SERVICE])
    assert await outcomes(pair.shop, pair.theirs.id) == [[[HOME, 1, "applied"], [NAME, 1, "applied"]]]
    assert (await pair.anna.owner.held()).fields == [], "the giver holds nothing of its own"


async def test_an_older_version_is_gone_once_there_is_a_newer(village: Village) -> None:
    pair = await pair_in(village)
    grant = await give(pair, {NAME: ANNA, HOME: STREET_})
    await holds(pair, {NAME: 1, HOME: 1})

    moved = {"streetAddress": "Salbeigasse 3"}
    await update(pair, grant, {HOME: moved}, 4)
    fields = await holds(pair, {NAME: 1, HOME: 4})

    assert (fields[HOME].value, fields[NAME].value) == (moved, ANNA)
    assert await traces(pair.shop, STREET_["streetAddress"]) == []
    assert await traces(pair.shop, ANNA["familyName"]) == ["disclosure.present"]
    assert (await outcomes(pair.shop, pair.theirs.id))[1:] == [[[HOME, 4, "applied"]]]


async def test_two_versions_that_come_at_once_are_acknowledged_as_the_newest(village: Village) -> None:
    pair = await pair_in(village)
    grant = await give(pair, {HOME: STREET_})
    await holds(pair, {HOME: 1})
    await pair.shop.down()
    await update(pair, grant, {HOME: "two"}, 2)
    await update(pair, grant, {HOME: "three"}, 3)

    await pair.shop.up()
    await holds(pair, {HOME: 3})
    await settled(pair)

    assert (await outcomes(pair.shop, pair.theirs.id))[-1] == [[HOME, 3, "applied"]]
    assert await traces(pair.shop, "two") == []


async def test_what_is_refused_is_not_held(village: Village) -> None:
    """From who is not the giver, out of order, not granted, under another thread, once given."""
    pair = await pair_in(village)
    grant = await give(pair, {HOME: STREET_})
    once = await give(pair, {NAME: ANNA}, standing=False)
    await holds(pair, {HOME: 1, NAME: 1})
    agreement = bytes.fromhex(pair.agreement)
    before = len(await said(pair.shop, pair.theirs.id, ACKNOWLEDGED))

    for values, version, code in (({HOME: "x"}, 1, "version-order"), ({MAIL: "x"}, 2, "not-granted")):
        with pytest.raises(UsageError) as refused:
            await update(pair, grant, values, version)
        assert refused.value.code == code
    with pytest.raises(UsageError) as refused:
        await update(pair, once, {NAME: "x"}, 2)
    assert refused.value.code == "not-granted"
    theirs = DisclosureUpdate(bytes.fromhex(grant), (Field(HOME, 2),), "dpv:Use", (SERVICE,))
    with pytest.raises(UsageError) as refused:
        await say(pair.shop, pair.theirs.id, theirs, grant, "x", agreement=agreement)
    assert refused.value.code == "not-your-turn"

    await settled(pair)
    assert await versions(pair) == {HOME: 1, NAME: 1}
    assert len(await said(pair.shop, pair.theirs.id, ACKNOWLEDGED)) == before


async def test_what_was_queued_and_taken_back_is_never_held(village: Village) -> None:
    """[DISC-31] [DISC-16]"""
    pair = await pair_in(village)
    await pair.shop.down()
    grant = await give(pair, {HOME: STREET_})
    await revoke(pair, grant)
    await pair.shop.up()
    await quiet(pair.anna)
    await done(pair.shop)

    assert await versions(pair) == {}
    assert await traces(pair.shop, STREET_["streetAddress"]) == []
    assert await said(pair.shop, pair.theirs.id, ACKNOWLEDGED) == []


async def test_a_resting_relationship_hears_of_it_when_it_goes_on(village: Village) -> None:
    pair = await pair_in(village)
    await pair.shop.down()
    await give(pair, {HOME: STREET_})
    await pair.anna.owner.pause(pair.mine.id)
    await pair.shop.up()
    await quiet(pair.anna)
    await holds(pair, {HOME: 1})
    assert await said(pair.shop, pair.theirs.id, ACKNOWLEDGED) == [], "nothing may be said now"

    await village.clock.advance(4_000)
    assert await said(pair.shop, pair.theirs.id, ACKNOWLEDGED) == []
    await pair.anna.owner.resume(pair.mine.id)
    await quiet(pair.anna)
    await village.clock.advance(4_000)
    await settled(pair)
    assert await outcomes(pair.shop, pair.theirs.id) == [[[HOME, 1, "applied"]]]


async def test_an_owner_who_confirms_is_not_spoken_for(village: Village) -> None:
    pair = await pair_in(village)

    def confirming(batch: Batch) -> None:
        backups.note(batch, backups.Settings(confirms=True))

    await pair.shop.node.decider.do(confirming)
    grant = await give(pair, {NAME: ANNA, HOME: STREET_})
    fields = await holds(pair, {NAME: 1, HOME: 1})
    assert {row.said for row in fields.values()} == {None}
    await settled(pair)
    assert await said(pair.shop, pair.theirs.id, ACKNOWLEDGED) == []

    owner, peer = pair.shop.owner, pair.theirs.id
    taken = {"path": NAME, "version": 1, "outcome": "applied"}
    for wrong in (
        {**taken, "outcome": "done"},
        {**taken, "path": MAIL},
        {**taken, "version": "1"},
        {"path": NAME, "version": 1},
        {**taken, "more": 1},
    ):
        with pytest.raises(OwnerError):
            await owner.confirm(peer, grant, [wrong])
    with pytest.raises(OwnerError):
        await owner.confirm(peer, grant, [])
    with pytest.raises(OwnerError):
        await owner.confirm(peer, "ffff", [taken])
    assert await said(pair.shop, pair.theirs.id, ACKNOWLEDGED) == []

    await owner.confirm(peer, grant[:8], [taken, {"path": HOME, "version": 1, "outcome": "need-more"}])
    fields = await held(pair)
    assert (fields[NAME].said, fields[HOME].said) == ("applied", "need-more")


async def test_a_kill_between_a_commit_and_what_follows_changes_nothing(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await pair_in(village)

    def killed(_batch: Batch, _scope: Scope, _key: bytes) -> None:
        raise RuntimeError("the program ended here")

    honest = pair.shop.node.decider.handlers
    pair.shop.node.decider.handlers = dict.fromkeys(honest, killed)
    grant = await give(pair, {HOME: STREET_})
    await quiet(pair.anna)
    assert await said(pair.shop, pair.theirs.id, ACKNOWLEDGED) == []
    await pair.shop.down()
    await pair.shop.up()
    assert pair.shop.node.decider.handlers is reactions.HANDLERS
    await village.clock.advance(3_601)
    await holds(pair, {HOME: 1})
    assert await outcomes(pair.shop, pair.theirs.id) == [[[HOME, 1, "applied"]]]

    def again(batch: Batch) -> None:
        for command in ("disclosure.presented", "disclosure.updated", "grant-over", "settle-again"):
            batch.ask(bytes.fromhex(pair.theirs.id), command, bytes.fromhex(grant))
        batch.ask(bytes.fromhex(pair.theirs.id), "ground-gone", b"")

    await pair.shop.node.decider.do(again)
    await settled(pair)
    assert await outcomes(pair.shop, pair.theirs.id) == [[[HOME, 1, "applied"]]], (
        "said once, whoever asks again"
    )
    assert await versions(pair) == {HOME: 1}


async def test_pages_of_what_is_held_follow_each_other(village: Village) -> None:
    pair = await pair_in(village)
    for path in ("profile.name", "profile.email", "profile.gender"):
        await give(pair, {path: path})
    await holds(pair, {"profile.name": 1, "profile.email": 1, "profile.gender": 1})

    for of in (None, pair.theirs.id):
        found: list[str] = []
        after: str | None = None
        while True:
            page = await pair.shop.owner.held(peer=of, after=after, limit=2)
            found += [row.path for row in page.fields]
            after = page.next
            if after is None:
                break
        assert sorted(found) == ["profile.email", "profile.gender", "profile.name"]
    assert [row.path for row in (await pair.shop.owner.held(path="profile.email")).fields] == [
        "profile.email"
    ]
    assert (await pair.shop.owner.held(path="receipts")).fields == []
    for wrong in ("x", "00.zz.profile", "00.00"):
        with pytest.raises(OwnerError):
            await pair.shop.owner.held(after=wrong)


async def test_a_value_of_a_peer_cannot_steer_a_screen(village: Village) -> None:
    pair = await pair_in(village)
    await give(pair, {NAME: {"givenName": "An\x1b[2Jna\u202e", 5: b"\x01", "list": [True, "\x07"]}})
    fields = await holds(pair, {NAME: 1})
    assert fields[NAME].value == {"givenName": "An [2Jna", "5": {"base64": "AQ=="}, "list": [True, " "]}
    assert "\x1b" not in str(fields[NAME].value)
